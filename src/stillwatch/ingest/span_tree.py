"""Spans of one export as a tree: which lie below which, and what one says for those that do not say it themselves."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from stillwatch.core.bodies.shapes import Json, first

__all__ = ["Span", "SpanTree", "key_of", "trace_of"]

# The invalid id, in hexadecimal, as a UUID or in base64: what has it lies in no trace.
_NO_TRACE = re.compile("[0-]+|A{22}==")


def trace_of(record: Json) -> str | None:
    """The id of the trace that a span or an event names; None where it names none."""
    trace = first(record, "traceId", "trace_id")
    return None if trace is None or _NO_TRACE.fullmatch(str(trace)) else str(trace) or None


def key_of(record: Json) -> tuple[str, str] | None:
    """What other spans name as their parent; None where a span has no id."""
    own = first(record, "spanId", "span_id")
    return (trace_of(record) or "", str(own)) if own else None


class Span:
    """A span as it was written, with its own attributes and those of its resource, and the place of its part.

    Attributes:
        record: as it was written.
        attributes: its own, and those of its resource.
        place: of its part.
        operation: ``gen_ai.operation.name``, or nothing.
        trace: its trace's id, or nothing.
        key: what other spans name as their parent; None where it has no id.
        parent: key of the span that it lies below; None at the top.
    """

    __slots__ = ("attributes", "key", "operation", "parent", "place", "record", "trace")

    def __init__(self, record: Json, attributes: Mapping[str, Any], place: int = 0) -> None:
        self.record, self.attributes, self.place = record, attributes, place
        self.operation = str(attributes.get("gen_ai.operation.name") or "")
        self.trace = trace_of(record) or ""
        own = first(record, "spanId", "span_id")
        self.key = (self.trace, str(own)) if own else None
        above = first(record, "parentSpanId", "parent_span_id", "parentId", "parent_id")
        self.parent = (self.trace, str(above)) if above else None

    def is_named_so(self, beginning: str) -> bool:
        """Whether one of its own attributes, none of its resource's, has a name that begins so."""
        given = self.record.get("attributes")
        if isinstance(given, dict):
            return any(str(name).startswith(beginning) for name in given)
        pairs = given if isinstance(given, list) else ()
        return any(isinstance(one, dict) and str(one.get("key", "")).startswith(beginning) for one in pairs)


class SpanTree:
    """The spans of one export."""

    def __init__(self, spans: Sequence[Span]) -> None:
        self._of = {span.key: span for span in spans if span.key is not None}
        self._below: dict[tuple[str, str], list[Span]] = {}
        self._in_trace: dict[str, list[Span]] = {}
        for span in spans:
            if span.parent is not None:
                self._below.setdefault(span.parent, []).append(span)
            if span.trace:
                self._in_trace.setdefault(span.trace, []).append(span)

    def has_below(self, span: Span, holds: Callable[[Span], bool]) -> bool:
        """Whether it holds of a span anywhere below this one."""
        left, seen = [span], {span.key}
        while left:
            key = left.pop().key
            for one in self._below.get(key, ()) if key is not None else ():
                if holds(one):
                    return True
                # What names itself as its own ancestor is walked once.
                if one.key not in seen:
                    seen.add(one.key)
                    left.append(one)
        return False

    def has_above(self, span: Span, holds: Callable[[Span], bool]) -> bool:
        """Whether it holds of a span that this one lies below."""
        return any(holds(above) for above in self._above(span))

    def inherited(self, span: Span, read: Callable[[Span], Any]) -> Any:
        """What the nearest span above says; else what all of its trace that say anything agree on; else None."""
        for above in self._above(span):
            if (found := read(above)) is not None:
                return found
        said = {value for one in self._in_trace.get(span.trace, ()) if (value := read(one)) is not None}
        return said.pop() if len(said) == 1 else None

    def _above(self, span: Span) -> Iterator[Span]:
        seen = {span.key}
        while span.parent in self._of and span.parent not in seen:
            seen.add(span.parent)
            span = self._of[span.parent]
            yield span
