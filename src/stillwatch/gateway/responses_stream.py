"""A streamed answer of the responses API, with only what may pass.

Events about reasoning go, and so do the items they are about; the items after them move up, and the events are
numbered anew. See ``streams`` for what is held back.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from stillwatch.core.reasoning_tags import ReasoningFilter, without_reasoning_tags
from stillwatch.gateway.allowed import (
    Redaction,
    arguments,
    identifier,
    kept,
    logprobs,
    number,
    obj,
    piece,
    scrubbed_arguments,
    text,
    without_logprobs,
    word,
)
from stillwatch.gateway.answer_shapes import CITATION, ITEM, PART, RESPONSE

__all__ = ["ResponsesStream"]

_PLACE = {"item_id": identifier, "output_index": number, "content_index": number, "sequence_number": number}
_WHOLE = obj(type=word, sequence_number=number, response=RESPONSE)
_ITEM = obj(type=word, sequence_number=number, output_index=number, item=ITEM)
_PART = obj(type=word, **_PLACE, part=PART)
_PIECE = obj(type=word, **_PLACE, delta=piece, text=text, refusal=text, logprobs=logprobs)
_CALL = obj(type=word, **_PLACE, delta=piece, arguments=arguments, input=text, name=word)
_NOTE = obj(type=word, **_PLACE, annotation_index=number, annotation=CITATION)
_STATUS = obj(type=word, **_PLACE)
_SUMMARY = obj(type=word, **_PLACE, summary_index=number, delta=text, text=text, part=obj(type=word, text=text))

_EVENTS = {
    **dict.fromkeys(("created", "queued", "in_progress", "completed", "failed", "incomplete"), _WHOLE),
    **dict.fromkeys(("output_item.added", "output_item.done"), _ITEM),
    **dict.fromkeys(("content_part.added", "content_part.done"), _PART),
    **dict.fromkeys(("output_text.delta", "output_text.done", "refusal.delta", "refusal.done"), _PIECE),
    **dict.fromkeys(("function_call_arguments.delta", "function_call_arguments.done"), _CALL),
    **dict.fromkeys(("custom_tool_call_input.delta", "custom_tool_call_input.done"), _CALL),
    "output_text.annotation.added": _NOTE,
    **{
        f"{call}.{step}": _STATUS
        for call in ("web_search_call", "file_search_call", "image_generation_call")
        for step in ("in_progress", "searching", "generating", "completed")
    },
}
_BEFORE = frozenset(("created", "queued", "in_progress"))
_SUMMARIES = frozenset(f"reasoning_summary_{kind}" for kind in ("part.added", "part.done", "text.delta", "text.done"))


class ResponsesStream:
    """Events of one response.

    Args:
        redaction: what is taken out.
        hold: keep text back until this upstream has shown that it tells its reasoning apart.
    """

    def __init__(self, redaction: Redaction, *, hold: bool) -> None:
        self._whole = redaction
        self._pieces = redaction.pieces()
        self._hides = redaction.hide_reasoning
        self._hold = hold
        self._within = redaction.within
        self._begun = redaction.begun
        self._texts: dict[tuple[Any, Any], ReasoningFilter] = {}
        self._shown: dict[tuple[Any, Any], list[str]] = {}
        self._before: ReasoningFilter | None = None
        self._arguments: dict[Any, list[str]] = {}
        self._numbers: dict[Any, int] = {}
        self._left_out: set[Any] = set()
        self._said: set[str] = set()
        self._sent = 0
        self._from_start = False

    def event(self, kind: str, body: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
        """What may pass of one event."""
        first = kind == "response.output_item.added" and body.get("output_index") == 0
        self._from_start |= first or kind in ("response.created", "response.queued", "response.in_progress")
        for passed in self._event(kind.removeprefix("response."), body):
            if "sequence_number" in body:
                passed["sequence_number"] = self._sent
            self._sent += 1
            yield passed

    def _event(self, name: str, body: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
        if not self._hides and name.startswith("reasoning"):
            yield dict(body if self._whole.top_logprobs is None else without_logprobs(body))
            return
        shape = _EVENTS.get(name)
        if self._hides and shape is _WHOLE and name in _BEFORE:
            # Said again and again, it would count what is hidden.
            if name in self._said:
                return
            self._said.add(name)
        if shape is None and self._whole.keep_summaries and name in _SUMMARIES:
            shape = _SUMMARY
        place = body.get("output_index")
        if shape is None or (name != "output_item.added" and place in self._left_out):
            return
        # Texts that come whole are filtered whole; pieces go through the filters below.
        whole = shape in (_WHOLE, _ITEM, _PART) or name.endswith(".done")
        passed = kept(shape, body, self._whole if whole else self._pieces)
        if shape is _ITEM and not passed.get("item"):
            self._left_out.add(place)
            # Of a stream that is taken up again in the middle nobody knows what was opened before.
            self._hold = self._hold and not self._from_start
            self._within = self._within and not self._from_start
            return
        if place is not None:
            passed["output_index"] = self._numbers.setdefault(place, len(self._numbers))
        if not self._hides:
            yield passed
        elif shape is _CALL:
            yield from self._call(name, place, passed)
        elif shape is _PIECE:
            yield from self._piece(name, (place, body.get("content_index")), passed, body)
        elif shape is _PART:
            self._whole_parts([passed.get("part")], [body.get("part")], place, body.get("content_index"), name)
            yield passed
        elif shape is _ITEM:
            self._whole_parts(passed["item"].get("content"), body["item"].get("content"), place, 0, name)
            yield passed
        elif shape is _NOTE and self._seen((place, body.get("content_index"))).is_within:
            return
        elif shape is not _SUMMARY or passed.get("delta") != "":
            yield passed

    def _seen(self, place: tuple[Any, Any]) -> ReasoningFilter:
        """The filter of one text. What the text before it opened is open in it."""
        if place not in self._texts:
            self._before = self._texts[place] = ReasoningFilter(
                hold=self._hold, after=self._before, within=self._within, begun=self._begun
            )
        return self._texts[place]

    def _piece(
        self, name: str, place: tuple[Any, Any], passed: dict[str, Any], body: Mapping[str, Any]
    ) -> Iterator[dict[str, Any]]:
        # A piece has its text there and nowhere else.
        bare = {key: value for key, value in passed.items() if key not in ("text", "refusal")}
        if name.endswith(".delta"):
            delta = self._seen(place).feed(passed.get("delta") or "")
            self._shown.setdefault(place, []).append(delta)
            if delta:
                yield {**bare, "delta": delta}
            return
        field = "refusal" if name.startswith("refusal") else "text"
        began = sum(map(len, self._shown.get(place, ())))
        whole = self._all_of(place, body.get(field))
        if len(whole) > began:
            yield {**bare, "type": f"response.{name[:-5]}.delta", "delta": whole[began:]}
        yield {**bare, field: whole}

    def _all_of(self, place: tuple[Any, Any], given: object) -> str:
        """What may be shown of one text that is whole now: of its pieces or, where none came, of what is given."""
        fed = place in self._texts
        seen = self._seen(place)
        shown = self._shown.setdefault(place, [])
        if not fed and isinstance(given, str):
            shown.append(seen.feed(given))
        shown.append(seen.finish())
        return "".join(shown)

    def _whole_parts(self, passed: Any, given: Any, place: Any, first: Any, name: str) -> None:
        """Put into parts that come whole what of their texts may be shown; of parts that only begin, nothing."""
        if not isinstance(given, list) or not isinstance(passed, list):
            return
        stay = [(index, was) for index, was in enumerate(given) if kept(PART, was, self._whole) is not None]
        for (index, was), part in zip(stay, passed, strict=True):
            for field in ("text", "refusal"):
                if isinstance(part.get(field), str):
                    at = (place, first + index if isinstance(first, int) else first)
                    shown = self._all_of(at, was.get(field)) if name.endswith(".done") else ""
                    # What the parts of one item hide together, and what was open before it: of both what hides more.
                    part[field] = min(shown, part[field], key=len)

    def _call(self, name: str, place: Any, passed: dict[str, Any]) -> Iterator[dict[str, Any]]:
        if name.endswith(".delta"):
            self._arguments.setdefault(place, []).append(passed.get("delta") or "")
            return
        field = "arguments" if "arguments" in passed else "input"
        given = "".join(self._arguments.pop(place, ())) or passed.get(field) or ""
        clean = scrubbed_arguments(given) if name.startswith("function") else without_reasoning_tags(given)
        step = {key: value for key, value in passed.items() if key not in ("arguments", "input", "name")}
        yield {**step, "type": f"response.{name[:-5]}.delta", "delta": clean}
        yield {**passed, field: clean}
