"""Bodies of Anthropic's messages as most of them are, typed, as ``plain_openai`` has those of the OpenAI API."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import msgspec
from msgspec import UNSET, UnsetType

from stillwatch.core.bodies.columns import Column, Columns, columns_of, either, is_empty, named, within
from stillwatch.core.bodies.plain_chat import set_end_users
from stillwatch.core.bodies.plain_openai import Int64, Name, Said, Text, is_text, settled, text_of

__all__ = ["Answer", "Asked", "Block", "Usage", "message_columns"]

_AS_THEY_ARE = ("temperature", "top_p", "top_k", "max_tokens", "stream")
_ASKED = (*_AS_THEY_ARE, "model", "system", "messages", "stop_sequences", "tools", "metadata")


class _Tool(msgspec.Struct, gc=False):
    name: Name
    function: None = None
    toolSpec: None = None  # noqa: N815 - as Bedrock spells it


class _Metadata(msgspec.Struct, gc=False):
    user_id: str | None = None


class Asked(msgspec.Struct, gc=False):
    """A request's body."""

    messages: list[Said]
    model: str | None = None
    system: str | list[Text] | None = None
    max_tokens: Int64 | None = None
    temperature: float | None = None
    top_p: float | None = None
    top_k: Int64 | None = None
    stop_sequences: list[str] | str | None = None
    stream: bool | None = None
    tools: list[_Tool] | None = None
    metadata: _Metadata | None = None
    max_tokens_to_sample: None = None
    body: UnsetType = UNSET


class Block(msgspec.Struct, gc=False):
    """A block of an answer: text, or a call of a tool, which is none."""

    type: Literal["text", "thinking", "tool_use"]
    text: str | None = None
    thinking: str | None = None
    content: None = None
    refusal: None = None


class Usage(msgspec.Struct, gc=False):
    """Tokens that were counted."""

    input_tokens: Int64 | None = None
    output_tokens: Int64 | None = None


class Answer(msgspec.Struct, gc=False):
    """A message."""

    type: Literal["message"]
    content: list[Block]
    id: str | None = None
    model: str | None = None
    stop_reason: str | None = None
    usage: Usage | None = None
    error: None = None
    body: UnsetType = UNSET

    def texts(self) -> tuple[str | None, str | None]:
        """What it says, and what it thought."""
        said = [one.text for one in self.content if one.type == "text" and one.text]
        thought = [one.thinking or one.text for one in self.content if one.type == "thinking"]
        thoughts = [one for one in thought if one]
        return "\n".join(said) if said else None, "\n".join(thoughts) if thoughts else None


_NOTHING = Usage()


def message_columns(asked: Sequence[Asked], answers: Sequence[Answer]) -> tuple[Columns, set[int]]:
    """Columns of requests and their answers, and the places of those that ``anthropic`` is to read; ids as written.

    Args:
        asked: requests, whose messages are changed in place to what a column has.
        answers: what was answered, in the same order.
    """
    held = named(asked, _ASKED)
    identified, models, stops, usage = columns_of(answers, ("id", "model", "stop_reason", "usage"))
    went_in, came_out = within(usage, _NOTHING, ("input_tokens", "output_tokens"))
    left: set[int] = set()
    columns: Columns = {name: held[name] for name in _AS_THEY_ARE}
    columns |= {
        "exchange_id": identified,
        "model": either(held["model"], models),
        "operation": ["messages"] * len(answers),
        "messages": settled(held["messages"], left),
        "stop": held["stop_sequences"],
        "stop_reason": stops,
        "input_tokens": went_in,
        "output_tokens": came_out,
    }
    if not is_empty(tools := held["tools"]):
        columns["tools"] = [None if of is None else [one.name for one in of] for of in tools]
    if not is_empty(system := held["system"]):
        left.update(place for place, one in enumerate(system) if not is_text(one))
        columns["system"] = [*map(text_of, system)]
    set_end_users(columns, [held["metadata"]], left)
    columns["response"], columns["reasoning"] = _texts_of(answers)
    return columns, left


def _texts_of(answers: Sequence[Answer]) -> tuple[Column, Column]:
    """What answers say, and what they thought."""
    told = [
        (of.content[0].text or None, None) if len(of.content) == 1 and of.content[0].type == "text" else of.texts()
        for of in answers
    ]
    said, thought = zip(*told, strict=True) if told else ((), ())
    return said, thought
