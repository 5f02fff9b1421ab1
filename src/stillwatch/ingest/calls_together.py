"""Several calls in one record, which says once for all of them whose they are: ``{"user_id": ..., "calls": [...]}``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from stillwatch.core.bodies.shapes import Json
from stillwatch.ingest.plain_names import OTHERS, TIMES, WHOSE, known_names
from stillwatch.ingest.registry import recognising

__all__ = ["calls_of"]

# What holds for all calls of a session; when it began is the time of none of them.
_SHARED = frozenset((*WHOSE, *(name for column in (
    "session_id", "org_id", "api_key_id", "client_address", "user_agent", "model", "system") for name in OTHERS[column]
)))  # fmt: skip
_MOST_TRIED = 8


def calls_of(record: Mapping[str, Any]) -> list[tuple[str, Json]] | None:
    """Each call of a record, with where it lay and with what the record says of all; None where it holds no such list.

    Each call has a time of its own, and says less than the record of whose it is.
    """
    lists = [key for key, value in record.items() if isinstance(value, list) and value and _are_calls(value)]
    if len(lists) != 1:
        return None
    names = known_names(tuple(map(str, record))) or {}
    shared = {key: record[key] for name, key in names.items() if name in _SHARED and isinstance(record[key], str | int)}
    if not any(name in WHOSE and key in shared for name, key in names.items()):
        return None
    whole = [{**shared, **one} for one in record[lists[0]]]
    if any(recognising(one) is None for one in whole[:_MOST_TRIED]):
        return None
    return [(f"`{lists[0]}[{place}]`", one) for place, one in enumerate(whole)]


def _are_calls(value: list[Any]) -> bool:
    """Whether each item may be a call, with its time and without an account."""
    for one in value:
        names = known_names(tuple(map(str, one))) if isinstance(one, dict) else None
        if not names or names.keys().isdisjoint(TIMES) or not names.keys().isdisjoint(WHOSE):
            return False
    return True
