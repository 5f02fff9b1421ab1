"""A record that says what was asked, and beside it the answer as the API gave it: neither is the record alone.

The answer says when it was made and by which model, which stands for the record's own time and model where it has none.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from stillwatch.core.bodies.shapes import Json
from stillwatch.ingest.plain_names import ANSWERS, DOUBTFUL, OTHERS, TEXTS, TIMES, spelt_names

__all__ = ["asks_beside", "dated_by_its_answer"]

_OBJECTS = {"chat.completion": "choices", "text_completion": "choices", "response": "output"}
_WHEN = ("created", "created_at")
_ASKED = (*TEXTS, *DOUBTFUL)


def _answer_in(value: Any) -> Json | None:
    """An answer of the API that says what it is and not what was asked; None for anything else."""
    if not isinstance(value, dict) or not isinstance(value.get("object"), str):
        return None
    held = _OBJECTS.get(value["object"])
    return value if held in value and "messages" not in value and not value.get("input") else None


def asks_beside(record: Mapping[str, Any], key: str) -> bool:
    """Whether what lies under a key is an answer alone, and what was asked stands beside it."""
    if _answer_in(record.get(key)) is None:
        return False
    names = spelt_names(tuple(map(str, record)))
    return any(names[name] != key and record[names[name]] for name in _ASKED if name in names)


def dated_by_its_answer(record: Json) -> dict[str, Any] | None:
    """A record without a time, with that of its answer; None for any other."""
    names = spelt_names(tuple(map(str, record)))
    if not names.keys().isdisjoint(TIMES):
        return None
    answer = next((one for name in ANSWERS if name in names and (one := _answer_in(record[names[name]]))), None)
    if answer is None or not any(record[names[name]] for name in _ASKED if name in names):
        return None
    when = next((answer[name] for name in _WHEN if answer.get(name) is not None), None)
    if when is None:
        return None
    model = {} if any(name in names for name in OTHERS["model"]) else {"model": answer.get("model")}
    return {**record, **model, "created_at": when}
