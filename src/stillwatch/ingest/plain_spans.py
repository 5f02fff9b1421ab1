"""Spans as most exports have them, read without being laid aside: a line of OTLP's JSON that holds one call of a model.

A span says little alone: who asked may stand in one around it, and one below it may say the same call again. So spans
wait for their trace. But where no other span or event of the scan's files names a span's trace, nothing is to be
waited for, and its line is read by the block as other formats' are. Which are such, ``span_ids``
finds out.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache, partial
from operator import attrgetter, itemgetter
from typing import Any, Literal

import msgspec
import numpy as np
from msgspec import UNSET, UnsetType

from stillwatch.core.bodies.columns import Columns, either
from stillwatch.core.bodies.optional_parts import UNFORESEEN
from stillwatch.core.bodies.shapes import Message, may_be_json, names_of_tools, parsed
from stillwatch.core.not_json import NOT_JSON
from stillwatch.ingest.genai_spans import ANSWERED, ASKED, NO_CALLS, attribute_names
from stillwatch.ingest.otlp import any_value
from stillwatch.ingest.plain_pairs import made
from stillwatch.ingest.plain_shape import PlainShape
from stillwatch.ingest.record import Exchange
from stillwatch.ingest.span_attributes import has_foreign_names
from stillwatch.ingest.span_ids import told_again
from stillwatch.ingest.span_tree import trace_of

__all__ = ["plain_of_spans"]

# Nanoseconds of the years 2001 to 2100, in text.
_NANOSECONDS = 19
_EARLIEST, _LATEST = 978_307_200 * 10**9, 4_102_444_800 * 10**9
_PERSONS = ("account_id", "api_key_id", "org_id", "session_id")
_REASONS = ("gen_ai.response.finish_reasons", "gen_ai.response.finish_reason")
_SYSTEM, _STOPS = "gen_ai.system_instructions", "gen_ai.request.stop_sequences"
_TOOLS = ("gen_ai.tool.definitions", "gen_ai.request.tools")
# What says nothing of the call, and must not be there at all: it is read in ways of its own.
_APART = frozenset(("events", "response_data", "request_data", "ai.response.finishReason"))


class _Pair(msgspec.Struct, gc=False):
    key: str
    value: dict[str, Any]


class _Span(msgspec.Struct, gc=False):
    """A span without events, and without another spelling of what is read of it."""

    traceId: str  # noqa: N815 - the protocol's names
    spanId: str  # noqa: N815
    startTimeUnixNano: str | int  # noqa: N815
    endTimeUnixNano: str | int  # noqa: N815
    attributes: list[_Pair]
    events: tuple[()] | UnsetType = UNSET
    unreadable: UnsetType = UNSET


class _Scope(msgspec.Struct, gc=False):
    spans: tuple[_Span]
    unreadable: UnsetType = UNSET


class _About(msgspec.Struct, gc=False):
    attributes: list[_Pair] = []


class _Resource(msgspec.Struct, gc=False):
    scopeSpans: tuple[_Scope]  # noqa: N815
    resource: _About | None = None
    unreadable: UnsetType = UNSET


class _Export(msgspec.Struct, gc=False, forbid_unknown_fields=True):
    resourceSpans: tuple[_Resource]  # noqa: N815


class _Part(msgspec.Struct, gc=False, forbid_unknown_fields=True):
    type: Literal["text", "reasoning"]
    content: str


class _Said(msgspec.Struct, gc=False):
    """A message of parts."""

    role: str
    parts: list[_Part]


_said, _parts = msgspec.json.Decoder(list[_Said]), msgspec.json.Decoder(list[_Part])


def plain_of_spans(several: np.ndarray) -> PlainShape:
    """The shape of lines that hold one span, less those of traces that are told of more than once."""
    return PlainShape(_Export, partial(_exchanges, several), texts=True)


def _exchanges(several: np.ndarray, rows: Sequence[_Export]) -> list[Exchange | None]:
    """Lines of one span as ``SpanFormat.join`` reads them; None for each that is to be read so."""
    resources = [one.resourceSpans[0] for one in rows]
    spans = [one.scopeSpans[0].spans[0] for one in resources]
    known = told_again(several, [span.traceId for span in spans])
    found: list[Exchange | None] = [None] * len(rows)
    groups: dict[tuple[tuple[str, ...], tuple[str, ...]], list[int]] = {}
    for place, (span, one, again) in enumerate(zip(spans, resources, known, strict=True)):
        if not again and span.spanId and trace_of({"traceId": span.traceId}) is not None:
            shared = one.resource.attributes if one.resource is not None else ()
            groups.setdefault((tuple(map(_key_of, shared)), tuple(map(_key_of, span.attributes))), []).append(place)
    for (shared_names, names), of in groups.items():
        plan = _columns(names, shared_names)
        if plan is None:
            continue
        about = [resources[place].resource for place in of] if shared_names else []
        own = [spans[place] for place in of]
        held = {
            **_values([one.attributes for one in about if one is not None], shared_names),
            **_values([span.attributes for span in own], names),
        }
        columns = _read(held, plan, own, left := set[int]())
        if columns is not None:
            for place, row in zip(of, made(columns, left, len(of)), strict=True):
                found[place] = row
    return found


_key_of = attrgetter("key")


def _values(pairs: Sequence[Sequence[_Pair]], names: Sequence[str]) -> dict[str, list[Any]]:
    """The values of each name, of lists of pairs that all have these names in this order; the last of one that comes
    again."""
    return {name: _column([one[at].value for one in pairs]) for at, name in enumerate(names)}


def _column(values: Sequence[dict[str, Any]]) -> list[Any]:
    """OTLP's values as plain ones."""
    kinds = set[str]().union(*values)
    if len(kinds) == 1 and sum(map(len, values)) == len(values):
        if kinds <= _BARE:
            return [*map(itemgetter(*kinds), values)]
        if kinds == {"intValue"} and {*map(type, given := [*map(itemgetter("intValue"), values)])} == {str}:
            return [*map(int, given)] if all(map(str.isdecimal, given)) else [*map(any_value, values)]
    return [*map(any_value, values)]


_BARE = frozenset(("stringValue", "doubleValue", "boolValue"))


@lru_cache(maxsize=1024)
def _columns(own: tuple[str, ...], shared: tuple[str, ...]) -> Mapping[str, tuple[str, ...]] | None:
    """The names under which a span has each column, the first of which counts; None where it is read otherwise."""
    names = {*own, *shared}
    if has_foreign_names(tuple(names)) or not _APART.isdisjoint(names):
        return None
    if not any(name.startswith("gen_ai.") for name in own):
        return None
    found = {column: tuple(name for name in known if name in names) for column, known in attribute_names().items()}
    return {column: known for column, known in found.items() if known}


def _read(
    held: Mapping[str, list[Any]], plan: Mapping[str, tuple[str, ...]], spans: Sequence[_Span], left: set[int]
) -> Columns | None:
    """The columns of spans of like attributes; None where they are no calls that say who asked and what."""
    columns: Columns = {}
    for column, names in plan.items():
        columns[column] = _of_kind(column, _first(held, names), left)
    asked, answered = _first(held, ASKED), _first(held, ANSWERED)
    if "account_id" not in columns or asked is None:
        return None
    left.update(place for place, one in enumerate(columns["account_id"]) if one is None)
    if not NO_CALLS.isdisjoint(columns.get("operation", ())):
        left.update(place for place, one in enumerate(columns["operation"]) if one in NO_CALLS)
    own = [span.spanId for span in spans]
    columns["exchange_id"] = either(columns["exchange_id"], own) if "exchange_id" in columns else own
    _set_times(columns, spans, left)
    columns["messages"] = [_messages(one, left, place) for place, one in enumerate(asked)]
    if answered is not None:
        said = [_answer(one, left, place) for place, one in enumerate(answered)]
        columns["response"], columns["reasoning"] = ([*one] for one in zip(*said, strict=True))
    _set_others(columns, held, left)
    return columns


def _first(held: Mapping[str, list[Any]], names: Sequence[str]) -> list[Any] | None:
    """The values of the first of some names that has one, None where none has; None where no span has such a name."""
    found: list[Any] | None = None
    for name in names:
        if name not in held:
            continue
        values = held[name]
        if "" in values:
            values = [None if one == "" else one for one in values]
        found = (
            values if found is None else [two if one is None else one for one, two in zip(found, values, strict=True)]
        )
        if None not in found:
            break
    return found


_WHOLE = frozenset(
    ("top_k", "n", "max_tokens", "seed", "top_logprobs", "input_tokens", "output_tokens", "reasoning_tokens")
)
_FLOATS = frozenset(("temperature", "top_p"))
_TRUTHS = frozenset(("stream", "logprobs"))


def _of_kind(column: str, values: list[Any] | None, left: set[int]) -> list[Any]:
    """A column's values; places of those that are of another kind, or stand for nobody, are left."""
    given = values or []
    kinds = {*map(type, given)} - {type(None)}
    if column in _WHOLE:
        sound = kinds <= {int} and all(one is None or -(2**63) <= one < 2**63 for one in given)
    elif column in _FLOATS:
        sound = kinds <= {float, int}
        given = [*map(_float, given)] if sound and int in kinds else given
    elif column in _TRUTHS:
        sound = kinds <= {bool}
    elif column == "status":
        sound = kinds <= {str, int}
    else:
        sound = kinds <= {str} and not (column in _PERSONS and "None" in given)
    if not sound:
        left.update(range(len(given)))
        return [None] * len(given)
    return given


def _float(value: Any) -> float | None:
    return None if value is None else float(value)


def _set_times(columns: Columns, spans: Sequence[_Span], left: set[int]) -> None:
    """Set when they were and how long they took; places of those that are written otherwise are left."""
    both = []
    for texts in ([span.startTimeUnixNano for span in spans], [span.endTimeUnixNano for span in spans]):
        bad = {
            place
            for place, text in enumerate(texts)
            if not (type(text) is int or (type(text) is str and len(text) == _NANOSECONDS and text.isdecimal()))
        }
        moments = [0 if place in bad else int(text) for place, text in enumerate(texts)]
        left.update(place for place, moment in enumerate(moments) if not _EARLIEST < moment < _LATEST)
        both.append(moments)
    columns["time"] = both[0]
    columns["latency_ms"] = [(end // 1000 - start // 1000) / 1000 for start, end in zip(*both, strict=True)]


def _text(parts: Sequence[_Part], kind: str) -> str | None:
    if len(parts) == 1 and parts[0].type == kind:
        return parts[0].content
    texts = [part.content for part in parts if part.type == kind]
    return "\n".join(texts) if texts else None


def _decoded(text: Any, decoder: msgspec.json.Decoder[Any]) -> Any:
    """What JSON text holds of a type; None where it is none, or of another."""
    if type(text) is not str or text[:1] != "[":
        return None
    try:
        return decoder.decode(text)
    except NOT_JSON:
        return None


def _messages(text: Any, left: set[int], place: int) -> list[Message] | None:
    said = _decoded(text, _said)
    if not said:
        left.add(place)
        return None
    return [Message(one.role, _text(one.parts, "text")) for one in said]


def _answer(text: Any, left: set[int], place: int) -> tuple[str | None, str | None]:
    """The text and the reasoning of the first answer."""
    if text is None:
        return None, None
    said = _decoded(text, _said)
    if not said:
        left.add(place)
        return None, None
    parts = said[0].parts
    return _text(parts, "text"), _text(parts, "reasoning")


def _set_others(columns: Columns, held: Mapping[str, list[Any]], left: set[int]) -> None:
    """Set the system's text, the tools, why it ended and what would end it; places of those told otherwise are left."""
    for column, names, read in (
        ("system", (_SYSTEM,), _system),
        ("tools", _TOOLS, _tools),
        ("stop_reason", _REASONS, _reason),
        ("stop", (_STOPS,), _stops),
    ):
        values = _first(held, names)
        if values is None:
            continue
        found: list[Any] = []
        for place, value in enumerate(values):
            one = None if value is None else read(value)
            if one is None and value is not None:
                left.add(place)
            found.append(one)
        columns[column] = found


def _system(value: Any) -> str | None:
    if type(value) is not str:
        return None
    if not may_be_json(value):
        return value
    parts = _decoded(value, _parts)
    return None if parts is None else _text(parts, "text")


def _tools(value: Any) -> list[str] | None:
    try:
        return names_of_tools(parsed(value, "tools"))
    except UNFORESEEN:
        return None


def _reason(value: Any) -> str | None:
    if isinstance(value, str):
        return None if may_be_json(value) else value
    first = value[0] if isinstance(value, list) and value else None
    return first if type(first) is str else None


def _stops(value: Any) -> list[str] | None:
    return value if isinstance(value, list) and value and all(type(one) is str for one in value) else None
