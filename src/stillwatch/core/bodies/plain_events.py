"""A streamed message of Anthropic's as most are, typed: the list of its events, put back together.

As ``plain_anthropic`` has whole messages; ``anthropic.merged_events`` is whose result it must give.
"""

from __future__ import annotations

from typing import Literal

import msgspec
from msgspec import UNSET, UnsetType

from stillwatch.core.bodies.plain_anthropic import Answer, Block, Usage
from stillwatch.core.bodies.plain_openai import Int64

__all__ = ["Event", "whole_message"]


class _Counted(msgspec.Struct, gc=False):
    # What is null takes the place of what was said before; what is absent does not.
    input_tokens: Int64 | UnsetType | None = UNSET
    output_tokens: Int64 | UnsetType | None = UNSET


class _Opened(msgspec.Struct, gc=False):
    content: list[UnsetType] | None = None
    id: str | None = None
    model: str | None = None
    stop_reason: str | None = None
    usage: _Counted | None = None
    error: None = None


class _Delta(msgspec.Struct, gc=False):
    text: str | None = None
    thinking: str | None = None
    stop_reason: str | UnsetType | None = UNSET
    # Of a message's end they would take the place of the message's own.
    id: UnsetType = UNSET
    model: UnsetType = UNSET
    content: UnsetType = UNSET
    error: UnsetType = UNSET
    completion: UnsetType = UNSET


class _Begun(msgspec.Struct, gc=False):
    type: Literal["text", "thinking", "tool_use"]
    text: str | None = None
    thinking: str | None = None
    content: None = None
    refusal: None = None


class Event(msgspec.Struct, gc=False):
    """An event of a stream."""

    type: Literal[
        "message_start", "content_block_start", "content_block_delta", "content_block_stop", "message_delta",
        "message_stop", "ping",
    ]  # fmt: skip
    index: Int64 = 0
    message: _Opened | None = None
    content_block: _Begun | None = None
    delta: _Delta | None = None
    usage: _Counted | None = None
    completion: None = None


def whole_message(events: list[Event]) -> Answer | None:
    """The message that events make; None where they are to be looked at: it must be opened once, at the beginning."""
    opened = events[0].message if events and events[0].type == "message_start" else None
    if opened is None:
        return None
    usage, stopped = Usage(), opened.stop_reason
    blocks: dict[int, _Begun | None] = {}
    _count(usage, opened.usage)
    for event in events[1:]:
        if event.message is not None:
            return None
        if event.type == "message_delta":
            if event.delta is not None and event.delta.stop_reason is not UNSET:
                stopped = event.delta.stop_reason
            _count(usage, event.usage)
        elif event.type in ("content_block_start", "content_block_delta"):
            block = blocks.get(event.index)
            if block is None:
                begun = event.content_block
                block = blocks[event.index] = _Begun(begun.type, begun.text, begun.thinking) if begun else None
            if not _go_on(blocks, event, block):
                return None
    said = [Block(one.type, one.text, one.thinking) for one in blocks.values() if one is not None]
    return Answer("message", said, opened.id, opened.model, stopped, usage)


def _go_on(blocks: dict[int, _Begun | None], event: Event, block: _Begun | None) -> bool:
    """Add what an event brings to its block; whether it is plain: a text to a text, a thought to a thought."""
    delta = event.delta
    if delta is None:
        return block is not None
    if block is None:
        kind: Literal["text", "thinking"] = "text" if delta.text is not None else "thinking"
        block = blocks[event.index] = _Begun(kind)
    if delta.text is not None:
        block.text = (block.text or "") + delta.text
    if delta.thinking is not None:
        block.thinking = (block.thinking or "") + delta.thinking
    return (delta.text is None or block.type == "text") and (delta.thinking is None or block.type == "thinking")


def _count(usage: Usage, told: _Counted | None) -> None:
    if told is None:
        return
    if told.input_tokens is not UNSET:
        usage.input_tokens = told.input_tokens
    if told.output_tokens is not UNSET:
        usage.output_tokens = told.output_tokens
