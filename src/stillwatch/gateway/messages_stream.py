"""A streamed message of the Anthropic API, with only what may pass.

Thinking and redacted thinking go with their signatures; the blocks after them move up, because clients put a
block where its index says. See ``streams`` for what is held back.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from stillwatch.core.reasoning_tags import ReasoningFilter
from stillwatch.gateway.allowed import (
    Redaction,
    kept,
    obj,
    piece,
    scrubbed_arguments,
    text,
    without_logprobs,
    word,
)
from stillwatch.gateway.answer_shapes import BLOCK, CITATION, MESSAGES, USAGE
from stillwatch.gateway.endings import is_an_end

__all__ = ["MESSAGE_EVENTS", "MessagesStream"]

MESSAGE_EVENTS = frozenset(
    {
        "message_start",
        "content_block_start",
        "content_block_delta",
        "content_block_stop",
        "message_delta",
        "message_stop",
        "ping",
        "completion",
    }
)

_ENDING = obj(type=word, delta=obj(stop_reason=word, stop_sequence=text), usage=USAGE)
_COMPLETION = obj(type=word, id=word, completion=piece, stop_reason=word, stop=text, model=word)
_START = obj(type=word, message=MESSAGES)


@dataclass(slots=True)
class _Block:
    """A block that passes: its new number, and what of it is held back."""

    index: int
    text: ReasoningFilter
    arguments: list[str] = field(default_factory=list)


class MessagesStream:
    """Events of one message.

    Args:
        redaction: what is taken out.
        hold: keep text back until this upstream has shown that it tells its reasoning apart.
    """

    def __init__(self, redaction: Redaction, *, hold: bool) -> None:
        self._redaction = redaction.pieces()
        self._hides = redaction.hide_reasoning
        self._hold = hold
        self._blocks: dict[Any, _Block] = {}
        self._passed = 0
        self._within = redaction.within
        self._begun = redaction.begun
        self._completion = ReasoningFilter(hold=hold, within=redaction.within, begun=redaction.begun)
        self._before: ReasoningFilter | None = None
        self._spent: dict[str, Any] | None = None

    def event(self, kind: str, body: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
        """What may pass of one event."""
        match kind:
            case "message_start":
                yield kept(_START, body, replace(self._redaction.whole(), under_way=self._hold))
            case "content_block_start":
                yield from self._start(body)
            case "content_block_delta" if body.get("index") in self._blocks:
                yield from self._delta(self._blocks[body["index"]], body.get("delta"))
            case "content_block_stop" if body.get("index") in self._blocks:
                block = self._blocks.pop(body["index"])
                yield from self._rest(block)
                yield {"type": kind, "index": block.index}
            case "message_delta":
                yield from self._ending(kept(_ENDING, body, self._redaction))
            case "message_stop":
                yield from [self._spent] if self._spent else []
                yield {"type": kind}
            case "ping":
                yield {"type": kind}
            case "completion":
                yield self._piece_of_completion(body)

    def _ending(self, passed: dict[str, Any]) -> Iterator[dict[str, Any]]:
        """What was spent is said at the end: before, it would tell how long each thought is."""
        over = not self._hides or (passed.get("delta") or {}).get("stop_reason")
        self._spent = None if over else passed
        if over:
            yield passed

    def _start(self, body: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
        block = kept(BLOCK, body.get("content_block"), self._redaction)
        if block is None or not isinstance(body.get("index"), int):
            # Whoever sends reasoning in a block of its own does not open it in the prompt.
            self._hold = self._within = False
            return
        seen = ReasoningFilter(hold=self._hold, after=self._before, within=self._within, begun=self._begun)
        if block.get("type") == "text":
            self._before = seen
        self._blocks[body["index"]] = _Block(self._passed, seen)
        self._passed += 1
        if self._hides and block.get("text"):
            block["text"] = seen.feed(block["text"])
        yield {"type": "content_block_start", "index": self._blocks[body["index"]].index, "content_block": block}

    def _delta(self, block: _Block, delta: object) -> Iterator[dict[str, Any]]:
        if not isinstance(delta, Mapping):
            return
        passed: dict[str, Any] | None = None
        match delta.get("type"):
            case "text_delta" if isinstance(delta.get("text"), str):
                piece = block.text.feed(delta["text"]) if self._hides else delta["text"]
                passed = {"type": "text_delta", "text": piece} if piece else None
            case "input_json_delta" if isinstance(delta.get("partial_json"), str):
                if self._hides:
                    block.arguments.append(delta["partial_json"])
                else:
                    passed = {"type": "input_json_delta", "partial_json": delta["partial_json"]}
            case "citations_delta" if not (self._hides and block.text.is_within):
                citation = kept(CITATION, delta.get("citation"), Redaction(hide_reasoning=self._hides))
                passed = {"type": "citations_delta", "citation": citation}
            case "thinking_delta" | "signature_delta" if not self._hides:
                passed = dict(delta if self._redaction.top_logprobs is None else without_logprobs(delta))
        if passed:
            yield {"type": "content_block_delta", "index": block.index, "delta": passed}

    def _rest(self, block: _Block) -> Iterator[dict[str, Any]]:
        if not self._hides:
            return
        piece = block.text.finish()
        whole = scrubbed_arguments("".join(block.arguments))
        for name, value in (("text", piece), ("partial_json", whole)):
            if value:
                kind = "text_delta" if name == "text" else "input_json_delta"
                delta = {"type": kind, name: value}
                yield {"type": "content_block_delta", "index": block.index, "delta": delta}

    def _piece_of_completion(self, body: Mapping[str, Any]) -> dict[str, Any]:
        passed: dict[str, Any] = kept(_COMPLETION, body, self._redaction)
        if self._hides and isinstance(passed.get("completion"), str):
            ends = is_an_end(passed.get("stop_reason"))
            shown = self._completion.feed(passed["completion"])
            passed["completion"] = shown + self._completion.finish() if ends else shown
        return passed
