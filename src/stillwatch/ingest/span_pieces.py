"""An OTLP export taken apart by trace, so that the pieces of a trace meet wherever they were written."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from typing import Any

from stillwatch.core.bodies.shapes import Json, RecordError, first, parsed
from stillwatch.ingest.genai_events import name_of
from stillwatch.ingest.otlp import SIDES, Side
from stillwatch.ingest.span_tree import trace_of

__all__ = ["pieces_by_trace"]

_Pieces = dict[str | None, dict[str, Any]]


def pieces_by_trace(export: Json) -> list[tuple[str | None, Json]]:
    """An export's spans and events by the trace that they name; under None what names none, or cannot be taken apart.

    Log records that are no GenAI events are left out.
    """
    pieces: _Pieces = {}
    for side in SIDES:
        given = first(export, *side.resources)
        if given is None:
            continue
        # What cannot be decoded is for its reader to tell of.
        with contextlib.suppress(RecordError):
            given = parsed(given, side.resources[0])
        if not isinstance(given, list):
            pieces.setdefault(None, {})[side.resources[0]] = given
            continue
        for resource in given:
            _take_apart(resource, side, pieces)
    return [*pieces.items()]


def _take_apart(resource: Any, side: Side, into: _Pieces) -> None:
    scopes = _scopes(resource, side)
    if scopes is None:
        into.setdefault(None, {}).setdefault(side.resources[0], []).append(resource)
        return
    found: dict[str | None, list[Any]] = {}
    for scope in scopes:
        for item in first(scope, *side.items) or ():
            if side.events and isinstance(item, dict) and name_of(item) is None:
                continue
            found.setdefault(_trace_of(item), []).append(item)
    for trace, items in found.items():
        one = {"resource": resource.get("resource"), side.scopes[0]: [{side.items[0]: items}]}
        into.setdefault(trace, {}).setdefault(side.resources[0], []).append(one)


def _scopes(resource: Any, side: Side) -> Sequence[Json] | None:
    """The scopes of a resource, where it and they are of the protocol's shape; else None."""
    if not isinstance(resource, dict) or "unreadable" in resource:
        return None
    scopes = first(resource, *side.scopes)
    if scopes is None:
        return ()
    if not isinstance(scopes, list) or not isinstance(resource.get("resource"), dict | None):
        return None
    sound = all(isinstance(one, dict) and isinstance(first(one, *side.items), list | None) for one in scopes)
    return scopes if sound else None


def _trace_of(item: Any) -> str | None:
    if not isinstance(item, dict):
        return None
    return trace_of(item) if first(item, "spanId", "span_id") else None
