"""Formats of spans: what they hold becomes an OTLP export, and the spans of one trace are read together.

A span says little alone. Who asked stands in the span around it, which ends later and so is written later, into another
line or another file; an agent's span holds once more what the calls below it said; events that hold the texts come in
records of their own. So an export is taken apart by trace, its pieces are laid aside (``parts``), and when all files
were read, those of one trace are put together, whichever format wrote them down.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, ClassVar

import msgspec

from stillwatch.core.bodies.optional_parts import UNFORESEEN, said
from stillwatch.core.bodies.shapes import Json, first
from stillwatch.ingest.base import PartsFormat
from stillwatch.ingest.genai_events import DETAILS, Event, attributes_told, log_events, own_events
from stillwatch.ingest.genai_spans import AGENTS, ANSWERED, ASKED, NO_CALLS, attribute_at, fields_of, named_by
from stillwatch.ingest.otlp import attributes_of, spans
from stillwatch.ingest.record import Fields, RecordError
from stillwatch.ingest.span_attributes import is_foreign, unified
from stillwatch.ingest.span_pieces import pieces_by_trace
from stillwatch.ingest.span_tree import Span, SpanTree, key_of

__all__ = ["SpanFormat"]

_NOBODY = "neither the span nor one around it, in the files that were read, has `user.id` or `enduser.id`"
_MODELS = ("gen_ai.request.model", "gen_ai.response.model")


class SpanFormat(PartsFormat):
    """A format whose records are spans, or hold them: a subclass says what their export would be."""

    joined_as: ClassVar[str] = "otel-genai"
    counts_repeats: ClassVar[bool] = True
    comes_at_once: ClassVar[bool] = True
    holds_nothing: ClassVar[str] = "the export holds no span that calls a model with `gen_ai.` attributes"

    @abstractmethod
    def exported(self, record: Json) -> Json:
        """A record as OTLP's JSON has it: ``resourceSpans``, ``resourceLogs`` or both.

        Raises:
            RecordError: it is none.
        """

    def key(self, record: Json) -> str | None:
        """None: the pieces of a record have their keys."""
        return None

    def pieces(self, record: Json) -> Iterable[tuple[str | None, Json]]:
        """An export's spans and events by trace; what names none, or is malformed, together and without a key."""
        return pieces_by_trace(self.exported(record))

    def read(self, record: Json) -> Iterable[Fields | RecordError]:
        """The calls of a record alone.

        Raises:
            RecordError: it holds none.
        """
        found = self.join([self.exported(record)])
        if not found:
            raise RecordError(self.holds_nothing)
        return found

    def join(self, parts: Sequence[Json]) -> list[Fields | RecordError]:
        """An exchange a call of a model, each with the place of its ``part``; none where there is none."""
        given, broken, events = _held(parts)
        logged: dict[tuple[str, str] | None, list[Event]] = {}
        for event in events:
            logged.setdefault(event.span, []).append(event)
        whole = list(_spans(given, logged, broken))
        tree = SpanTree(whole)
        read: list[Fields | RecordError] = [_read_span(span, tree) for span in whole if _is_call(span, tree)]
        known = {span.key for span in whole}
        read += _read_events([event for event in events if event.span not in known], tree)
        return [*read, *broken]


def _held(parts: Sequence[Json]) -> tuple[list[tuple[int, dict[str, Any], Json]], list[RecordError], list[Event]]:
    """Spans with their place and what their resource says, why others are none, and events in order of time."""
    given: list[tuple[int, dict[str, Any], Json]] = []
    broken: list[RecordError] = []
    # An event that came twice is one, or its message would stand twice in a conversation.
    events: dict[bytes, Event] = {}
    for place, part in enumerate(parts):
        found, refused = spans(part)
        given += [(place, shared, span) for shared, span in found]
        told, unread = log_events(part, place)
        for event in told:
            events.setdefault(msgspec.json.encode((event.record, event.attributes), order="deterministic"), event)
        broken += [why.of(place) for why in (*refused, *unread)]
    return given, broken, sorted(events.values(), key=lambda event: event.moment)


def _spans(
    given: Sequence[tuple[int, dict[str, Any], Json]],
    logged: Mapping[tuple[str, str] | None, list[Event]],
    broken: list[RecordError],
) -> Iterator[Span]:
    """The spans of an export with all that is said of them; why others are none goes to ``broken``."""
    for place, shared, span in given:
        try:
            key = key_of(span)
            yield _whole(span, shared, logged.get(key, ()) if key else (), place)
        except UNFORESEEN as error:
            broken.append(RecordError(said(error, "spans")).of(place))


def _whole(span: Json, shared: Json, logged: Sequence[Event], place: int) -> Span:
    """A span with its attributes under the conventions' names, and what its events say that they do not."""
    attributes = {**shared, **unified(attributes_of(span))}
    own = own_events(span, attributes)
    if not (own or logged):
        return Span(span, attributes, place)
    told = {**attributes_told(logged), **attributes_told(own)}
    for names in (ASKED, ANSWERED):
        if first(attributes, *names) is not None:
            told.pop(names[0], None)
    known = {name: value for name, value in attributes.items() if value not in (None, "")}
    return Span(span, {**told, **known}, place)


def _read_events(events: Sequence[Event], tree: SpanTree) -> list[Fields | RecordError]:
    """The calls of which only events tell: an exchange a span that they name, or an event that holds a whole call."""
    groups: dict[Any, list[Event]] = {}
    lone: list[Event] = []
    for event in events:
        if event.span is not None:
            groups.setdefault(event.span, []).append(event)
        elif event.name == DETAILS:
            groups[id(event)] = [event]
        else:
            lone.append(event)
    calls: list[list[Event]] = []
    for group in groups.values():
        details = [event for event in group if event.name == DETAILS]
        calls += [group] if len(details) < 2 else [[event] for event in details]
    read: list[Fields | RecordError] = []
    before: set[tuple[Any, Any, Any]] = set()
    for call in calls:
        record = call[0].record
        trace, own = call[0].span or (None, first(record, "spanId", "span_id"))
        span = {"traceId": trace, "spanId": own, "startTimeUnixNano": call[0].time}
        place = min(event.place for event in call)
        try:
            told = Span(span, unified(attributes_told(call)), place)
            fields = _read_span(told, tree)
            if trace is not None and isinstance(fields, dict) and first(told.attributes, *_MODELS) is None:
                # An agent's event says once more what that of a call in its trace said before.
                same = (trace, _last_said(fields), fields.get("response"))
                if same in before:
                    continue
                before.add(same)
            read.append(fields)
        except UNFORESEEN as error:
            read.append(RecordError(said(error, "logRecords")).of(place))
    if lone:
        names = ", ".join(sorted({f"`{event.name}`" for event in lone}))
        why = RecordError(f"{len(lone)} events ({names}) name no span: what they belong to cannot be told")
        read.append(why.of(lone[0].place))
    return read


def _last_said(fields: Fields) -> Any:
    """What the user said last."""
    of_users = [one.content for one in fields.get("messages") or () if one.role == "user"]
    return of_users[-1] if of_users else fields.get("prompt")


def _is_call(span: Span, tree: SpanTree) -> bool:
    """Whether a span is one call of a model, and not what one of the spans below it says again."""
    # LiteLLM says what it sent once more below its call, under names of the provider's.
    foreign = is_foreign(span.attributes) and (span.operation or _calls(span))
    if not (foreign or span.is_named_so("gen_ai.")):
        return False
    if span.operation == "embeddings":
        return True
    if span.operation in NO_CALLS:
        asked = first(span.attributes, *ASKED) is not None
        return span.operation in AGENTS and asked and not tree.has_below(span, _calls)
    # A gateway tells of its attempts below a call, without the text, which the call holds.
    if _speaks(span):
        return not tree.has_below(span, _speaks)
    return not (tree.has_below(span, _calls) or tree.has_above(span, _speaks))


def _speaks(span: Span) -> bool:
    return _calls(span) and first(span.attributes, *ASKED) is not None


def _calls(span: Span) -> bool:
    return span.operation not in NO_CALLS and first(span.attributes, *ASKED, *_MODELS) is not None


def _read_span(span: Span, tree: SpanTree) -> Fields | RecordError:
    try:
        if span.operation == "embeddings":
            raise RecordError("an embeddings span holds no conversation")
        fields = fields_of(span)
    except UNFORESEEN as error:
        return RecordError(said(error, "attributes")).of(span.place)
    if fields.get("account_id") is None:
        found = tree.inherited(span, lambda one: named_by(one.attributes, "account_id"))
        if found is not None:
            fields["account_id"] = found
    fields["account_in"] = _NOBODY
    fields["part"] = span.place
    fields["named"] = lambda path: attribute_at(span, path) or tree.inherited(span, lambda one: attribute_at(one, path))
    return fields
