"""The plain shape of flat records of one set of names, as ``formats.flat`` reads them.

Which of a record's names are columns is the same for all records of those names, and is settled once for them: an
account, a time and a text, each under the first of its names, and whatever else stands there alone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from keyword import iskeyword
from operator import attrgetter
from typing import Any, Literal

import msgspec

from stillwatch.core.bodies.chat_templates import may_be_written_out
from stillwatch.core.bodies.optional_parts import is_streamed
from stillwatch.core.bodies.plain_openai import Int64, Name
from stillwatch.core.bodies.shapes import Message, RecordError, may_be_json, parsed_or_text
from stillwatch.ingest.beside_bodies import COUNTED
from stillwatch.ingest.plain_names import (
    ANSWERS,
    DOUBTFUL,
    ENDINGS,
    OTHERS,
    PERSONS,
    RESULTS,
    SECONDS,
    TALKS,
    TEXTS,
    TIMES,
    WHOSE,
    WHOSE_IN_TURN,
    spelt_names,
)
from stillwatch.ingest.plain_shape import PlainShape
from stillwatch.ingest.record import COLUMNS, IDS, Exchange
from stillwatch.ingest.told_beside import FAILURES, HOLDERS, ORIGINS, VERDICTS
from stillwatch.ingest.told_durations import durations_in
from stillwatch.ingest.told_times import ZONES

__all__ = ["plain_flat"]

_KINDS = {field.name: field.type for field in msgspec.structs.fields(Exchange)}
# Read in ways of their own.
_APART = frozenset((*WHOSE, *TIMES, *TEXTS, *ANSWERS, *DOUBTFUL, *SECONDS))
# Records with these are read one by one.
_APART_TOO = frozenset((*SECONDS, *ENDINGS, *TALKS, *RESULTS))
_OBJECTS = frozenset((*COUNTED, *ZONES, *HOLDERS, *FAILURES, *ORIGINS, "choices", "content", "done", "object"))
_OF_OTHERS = {name: column for column, names in OTHERS.items() for name in names}


class _Turn(msgspec.Struct, gc=False, forbid_unknown_fields=True):
    """A message as most are."""

    role: Literal["system", "developer", "user", "assistant", "tool"]
    content: Name


def _first(of: Sequence[str], names: Mapping[str, str], *, alone: bool = False) -> str | None:
    """The key of the first of some names that a record has; none where several could each be it."""
    found = [name for name in of if name in names]
    if not found or (alone and len(found) > 1 and found[0] != "account_id"):
        return None
    return names[found[0]]


def _account(names: Mapping[str, str]) -> str | None:
    """Under which key a record names its account."""
    for group in WHOSE_IN_TURN:
        if not names.keys().isdisjoint(group):
            return _first(group, names, alone=group is not PERSONS)
    return None


def plain_flat(keys: tuple[str, ...]) -> PlainShape | None:
    """The shape of flat records that have these keys, each of them; None where they are to be read one by one.

    Args:
        keys: of a record that ``flat`` alone recognises, whatever its values are.
    """
    names = spelt_names(keys)
    # A document's `_id` says that any value in it may be one of Extended JSON.
    if (
        "_id" in keys
        or not _OBJECTS.isdisjoint(keys)
        or not all(key.isidentifier() and not iskeyword(key) for key in keys)
    ):
        return None
    account, time, text = _account(names), _first(TIMES, names), _first(TEXTS, names)
    answers = [names[name] for name in ANSWERS if name in names]
    if time is not None and time != "date" and "date" in keys:
        # A day may stand apart from its clock.
        return None
    if account is None or time is None or text is None or len(answers) > 1 or not names.keys().isdisjoint(_APART_TOO):
        return None
    columns = _columns(names)
    lasted = [(key, per) for key, per in durations_in(keys) if key not in columns.get("latency_ms", ())]
    if any(per is not None for _, per in lasted):
        return None
    kinds: dict[str, Any] = dict.fromkeys(keys, msgspec.Raw)
    for column, its in columns.items():
        kinds |= dict.fromkeys(its, str | Int64 | None if column in IDS else _KINDS[column])
    # As texts these say something.
    kinds |= {key: int | float | None for key, _ in lasted}
    kinds |= {key: bool | None for key in keys if key in VERDICTS}
    kinds |= dict.fromkeys(answers, str | None)
    kinds |= {account: str | Int64, time: str | int | float, text: str | list[_Turn]}
    record = msgspec.defstruct("Flat", [*kinds.items()], kw_only=True, gc=False, forbid_unknown_fields=True)
    exchange = _reader(columns, (account, time, text), answers)
    verdicts = [(key, VERDICTS[key][0]) for key in keys if key in VERDICTS]
    return PlainShape(record, lambda rows: [exchange(row) if _went_well(row, verdicts) else None for row in rows])


def _went_well(row: Any, verdicts: Sequence[tuple[str, bool]]) -> bool:
    """Whether no truth beside a call says that it did not go well."""
    return all(getattr(row, key) in (None, well) for key, well in verdicts)


def _columns(names: Mapping[str, str]) -> Mapping[str, list[str]]:
    """The keys of each column that has any, beside the account, the time, the text and the answer."""
    found: dict[str, list[str]] = {}
    for column, of in OTHERS.items():
        found[column] = [names[name] for name in of if name in names]
    for name in COLUMNS:
        if name in names and name not in _APART and name not in _OF_OTHERS:
            found[name] = [names[name]]
    return {column: keys for column, keys in found.items() if keys}


def _value(values: Iterable[Any]) -> Any:
    """The first that says something."""
    return next((value for value in values if value is not None and value != ""), None)


def _reader(
    columns: Mapping[str, Sequence[str]], of: tuple[str, str, str], answers: Sequence[str]
) -> Callable[[Any], Exchange | None]:
    """What makes an exchange of a record."""
    alone = {column: keys[0] for column, keys in columns.items() if len(keys) == 1}
    several = {column: attrgetter(*keys) for column, keys in columns.items() if len(keys) > 1}
    ids = [column for column in columns if column in IDS]
    placed = attrgetter(*of, *(answers or of[:1]), *alone.values())

    def exchange(row: Any) -> Exchange | None:
        account, time, asked, answer, *values = placed(row)
        known = dict(zip(alone, values, strict=True))
        for column, its in several.items():
            known[column] = _value(its(row))
        for column, value in known.items():
            if value == "":
                known[column] = None
        for column in ids:
            if type(known[column]) is int:
                known[column] = str(known[column])
        one = Exchange(**known)
        one.account_id, one.time = account if type(account) is str else str(account), time
        if answers and answer:
            if may_be_json(answer) or is_streamed(answer):
                return None
            one.response = answer
        return _with_text(one, asked)

    return exchange


def _text(asked: str) -> str | None:
    """What is no JSON though it may begin as such; None where it is, or is cut."""
    if not may_be_json(asked):
        return asked
    try:
        found = parsed_or_text(asked, "prompt")
    except RecordError:
        return None
    return found if type(found) is str else None


def _with_text(one: Exchange, asked: str | list[_Turn]) -> Exchange | None:
    """An exchange with what was asked; None where that may be something else than it seems."""
    if isinstance(asked, str):
        if may_be_written_out(asked):
            return None
        one.prompt = _text(asked) or None
        return one if one.prompt else None
    if not asked or (one.response is None and asked[-1].role == "assistant"):
        return None
    if any(turn.content[:1] == "[" for turn in asked):
        return None
    one.messages = [Message(turn.role, turn.content) for turn in asked]
    # As a request that has messages is one of that API's.
    one.operation = one.operation or "chat.completions"
    return one
