"""The canonical record as one line of a log, for the instant between its bytes and Arrow columns.

``Exchange`` mirrors ``tables.EXCHANGES`` field by field, less the two columns that say where a
record was read from. ``conform`` turns a format's loose fields into one, or says in a sentence why
it cannot. To add a column, add it to ``EXCHANGES`` and here under the same name and place.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from operator import attrgetter
from typing import Annotated, Any

import msgspec
import pyarrow as pa

from stillwatch.core.bodies.nobody import is_nobody
from stillwatch.core.bodies.roles import USUAL_ROLES, role_of
from stillwatch.core.bodies.shapes import Fields, Message, RecordError, identity, noted, shown
from stillwatch.ingest.time_notations import in_parts
from stillwatch.tables import EXCHANGES

__all__ = [
    "COLUMNS",
    "FLOATS",
    "IDS",
    "LOST",
    "NAMES",
    "Exchange",
    "Fields",
    "Message",
    "RecordError",
    "conform",
    "shown",
]

Time = str | int | float
Int64 = Annotated[int, msgspec.Meta(ge=-(2**63), le=2**63 - 1)]


class Exchange(msgspec.Struct, gc=False):
    """A request and its response, typed as ``EXCHANGES`` is.

    ``time`` and ``created`` are still as written; ``stop`` may be one string, ``status`` a number.
    """

    exchange_id: str | None = None
    # A union with null would cost the decoder's own message; absence is checked in `conform`.
    time: Time = 0
    provider: str | None = None
    pathway: str | None = None
    account_id: str = ""
    org_id: str | None = None
    api_key_id: str | None = None
    session_id: str | None = None
    model: str | None = None
    operation: str | None = None
    system: str | None = None
    prompt: str | None = None
    messages: list[Message] | None = None
    tools: list[str] | None = None
    temperature: float | None = None
    top_p: float | None = None
    top_k: Int64 | None = None
    n: Int64 | None = None
    max_tokens: Int64 | None = None
    seed: Int64 | None = None
    stop: list[str] | str | None = None
    stream: bool | None = None
    logprobs: bool | None = None
    top_logprobs: Int64 | None = None
    response_format: str | None = None
    response: str | None = None
    reasoning: str | None = None
    stop_reason: str | None = None
    status: str | Int64 | None = None
    input_tokens: Int64 | None = None
    output_tokens: Int64 | None = None
    reasoning_tokens: Int64 | None = None
    latency_ms: float | None = None
    client_address: str | None = None
    asn: Int64 | None = None
    country: str | None = None
    user_agent: str | None = None
    tls_fingerprint: str | None = None
    created: Time | None = None
    payment_id: str | None = None
    email_domain: str | None = None
    plan: str | None = None
    verified: bool | None = None
    declared_use: str | None = None
    licence_id: str | None = None
    note: str | None = None


COLUMNS: tuple[str, ...] = Exchange.__struct_fields__
"""The canonical column names that a record may carry, in the order of ``EXCHANGES``."""

NAMES = frozenset(COLUMNS)

LOST = "\ufffd"
"""What stands where bytes were lost."""

IDS = ("exchange_id", "org_id", "api_key_id", "session_id", "payment_id", "licence_id")
"""Columns of ids beside the account's."""

_ids_of = attrgetter(*IDS)
FLOATS = tuple(name for name in COLUMNS if pa.types.is_floating(EXCHANGES.field(name).type))
_floats_of = attrgetter(*FLOATS)
_REQUIRED = ("time", "account_id", "prompt", "messages", "note")
_PLACE = re.compile(r"at `\$\.(\w+)(\S*)`")
_KINDS = {
    pa.string(): "text",
    pa.int64(): "a whole number that fits 64 bits",
    pa.float64(): "a number",
    pa.bool_(): "true or false",
}


_THOUSANDS = re.compile(r"[1-9]\d{0,2}(?:,\d{3})+(?:\.\d+)?")
# Beyond it not every whole number is a float.
_EXACT = 2**53
_NONE: Mapping[str, Any] = {}


def _expected(name: str) -> str:
    if name in ("time", "created"):
        return "seconds since 1970 or ISO 8601 text"
    if name == "messages":
        return "a list of {role, content}"
    kind = EXCHANGES.field(name).type
    return _KINDS.get(kind, "a list of text")


def _explained(error: msgspec.ValidationError, fields: Mapping[str, Any]) -> str:
    place = _PLACE.search(str(error))
    if place is None:
        return str(error)
    name = place.group(1)
    return f"`{name}`: expected {_expected(name)}, got {shown(fields.get(name))}"


def conform(fields: Mapping[str, Any], *, textual: bool = False, defaults: Mapping[str, Any] = _NONE) -> Exchange:
    """``fields`` as an ``Exchange``; an optional value of the wrong type or range is null, and ``note`` says so.

    Args:
        fields: canonical names to values; names that are not columns are ignored, but ``account_in``, ``time_in`` and
            ``text_in``, which say where a record would have its account, its time and its text. (``named``, of a
            span, finds an attribute by its name.)
        textual: values are text, as in CSV: ``"0.7"`` may stand for 0.7, ``"true"`` for true.
        defaults: what stands for values that a record lacks.

    Raises:
        RecordError: a required value is missing, or has the wrong type or range.
    """
    if lacking := [name for name in defaults if _lacks(fields, name)]:
        fields = {**fields, **{name: defaults[name] for name in lacking}}
    time = fields.get("time")
    if isinstance(time, dict | list):
        time = in_parts(time)
        fields = {**fields, "time": time}
    if time is None or time == "":
        raise RecordError(_said("no `time`", fields, "time_in"))
    account = fields.get("account_id")
    if type(account) is str and account != (bare := account.strip()):
        fields, account = {**fields, "account_id": bare}, bare
    if account is None or account == "" or (type(account) is str and is_nobody(account)):
        if account:
            raise RecordError(f"no `account_id`: {shown(account)} stands for nobody")
        raise RecordError(_said("no `account_id`", fields, "account_in"))
    if type(account) is str and LOST in account:
        raise RecordError(f"`account_id`: {shown(account)} lost bytes: it may be any other's")
    if fields.get("prompt") is None and not fields.get("messages"):
        raise RecordError(_said("neither `prompt` nor `messages`", fields, "text_in"))
    exchange = _converted(fields, textual)
    for name, value in zip(IDS, _ids_of(exchange), strict=True):
        # Whatever a format made of them: who have an empty key, or `-`, have none in common.
        if value is not None and (bare := identity(value)) != value:
            setattr(exchange, name, bare)
    for message in exchange.messages or ():
        if message.role not in USUAL_ROLES:
            # A question under another word for who asked would be no question.
            message.role = role_of(message.role)
    if not math.isfinite(sum(filter(None, _floats_of(exchange)))):
        _leave_out_infinities(exchange)
    return exchange


def _leave_out_infinities(exchange: Exchange) -> None:
    """JSON has no infinity, but 1e999 reads as one."""
    for name in FLOATS:
        value = getattr(exchange, name)
        if value is not None and not math.isfinite(value):
            setattr(exchange, name, None)
            sentence = f"`{name}`: expected a number, got {value!r}"
            exchange.note = f"{exchange.note}; {sentence}" if exchange.note else sentence


def _said(problem: str, fields: Mapping[str, Any], looked: str) -> str:
    where = fields.get(looked)
    return f"{problem}: {where}" if where else problem


def _lacks(fields: Mapping[str, Any], name: str) -> bool:
    value = fields.get(name)
    return value is None or value == "" or (name == "account_id" and type(value) is str and is_nobody(value))


def _converted(given: Mapping[str, Any], textual: bool) -> Exchange:
    """The fields as an exchange, less what is optional and cannot be one of its values."""
    try:
        return msgspec.convert(given, Exchange, strict=not textual)
    except msgspec.ValidationError:
        fields = dict(given)
    for _ in range(2 * len(COLUMNS)):
        try:
            return msgspec.convert(fields, Exchange, strict=not textual)
        except msgspec.ValidationError as error:
            place = _PLACE.search(str(error))
            name = place.group(1) if place else ""
            if name not in fields or name in _REQUIRED:
                raise RecordError(_explained(error, fields)) from None
            if (truth := _truth_of(fields[name], name)) is not None:
                fields[name] = truth
                continue
            if (number := _number_of(fields[name], name)) is not None:
                fields[name] = number
                continue
            sentence = _explained(error, fields)
            fields[name] = None
            noted(fields, sentence)
    raise RecordError("none of its values can be read")


def _truth_of(value: object, name: str) -> bool | None:
    """A truth that was written as text, where a column wants one; else None."""
    if not isinstance(value, str) or not pa.types.is_boolean(EXCHANGES.field(name).type):
        return None
    return {"true": True, "false": False}.get(value.strip().lower())


def _number_of(value: object, name: str) -> int | float | None:
    """A number that was written as text, or a whole one with a point, where a column wants it; else None."""
    kind = EXCHANGES.field(name).type
    if isinstance(value, float) and value.is_integer() and pa.types.is_integer(kind) and abs(value) < _EXACT:
        return int(value)
    if not isinstance(value, str) or not (pa.types.is_integer(kind) or pa.types.is_floating(kind)):
        return None
    if _THOUSANDS.fullmatch(value):
        value = value.replace(",", "")
    try:
        return int(value) if pa.types.is_integer(kind) else float(value)
    except ValueError:
        return None
