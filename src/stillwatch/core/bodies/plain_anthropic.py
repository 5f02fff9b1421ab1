"""Bodies of Anthropic's messages as most of them are, typed, as ``plain_openai`` has those of the OpenAI API."""

from __future__ import annotations

from typing import Literal

import msgspec
from msgspec import UNSET, UnsetType

from stillwatch.core.bodies.plain_openai import Int64, Name, Said, Text, account_and_session

__all__ = ["Answer", "Asked", "Block", "Usage"]


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

    def end_user(self) -> tuple[str | None, str | None] | None:
        """The account and the session that it names; None where that is to be looked at."""
        return account_and_session(self.metadata.user_id if self.metadata is not None else None)

    def names_of_tools(self) -> list[str] | None:
        """Of those that are offered."""
        return [one.name for one in self.tools] if self.tools is not None else None


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
