"""Bodies of chat completions as most of them are, typed: what ``openai`` makes of them, without a look at each part.

A body with anything that ``openai`` would look at twice (parts that are no text, a tool without a name, a number where
an object is wanted) is none of these: its decoder refuses it, or ``None`` is given for it, and ``openai`` reads it. A
name whose type is ``UnsetType`` is one that must not be there, for ``openai`` would read the body in another way.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any, Literal

import msgspec
from msgspec import UNSET, UnsetType

from stillwatch.core.bodies.end_user import composite_id

__all__ = [
    "Answer", "Asked", "Int64", "Name", "Parameters", "Said", "Text", "Usage", "account_and_session", "is_text",
    "settled", "text_of",
]  # fmt: skip

Int64 = Annotated[int, msgspec.Meta(ge=-(2**63), le=2**63 - 1)]
Name = Annotated[str, msgspec.Meta(min_length=1)]


class Text(msgspec.Struct, gc=False):
    """A part of a message's content that is text."""

    text: Annotated[str, msgspec.Meta(min_length=1)]
    type: Literal["text"] = "text"


class Said(msgspec.Struct, gc=False):
    """A message of a request; with its content ``settled`` it stands where a ``Message`` is wanted."""

    role: str
    content: str | list[Text] | None = None
    # Where a text may stand that has no content.
    parts: None = None
    message: None = None
    text: None = None


class _Named(msgspec.Struct, gc=False):
    name: Name


class _Function(msgspec.Struct, gc=False):
    function: _Named


class _Typed(msgspec.Struct, gc=False):
    type: str | None = None


class _Metadata(msgspec.Struct, gc=False):
    user_id: str | None = None


class Parameters(msgspec.Struct, gc=False):
    """A request's body less its messages."""

    model: str | None = None
    temperature: float | None = None
    top_p: float | None = None
    top_k: Int64 | None = None
    n: Int64 | None = None
    seed: Int64 | None = None
    stream: bool | None = None
    logprobs: bool | None = None
    top_logprobs: Int64 | None = None
    max_completion_tokens: Int64 | None = None
    max_tokens: Int64 | None = None
    max_output_tokens: Int64 | None = None
    stop: list[str] | str | None = None
    response_format: _Typed | None = None
    tools: list[_Function] | None = None
    safety_identifier: str | None = None
    user: str | None = None
    metadata: _Metadata | None = None
    # Of other calls and of other APIs.
    include: None = None
    functions: None = None
    text: None = None
    body: UnsetType = UNSET
    system: UnsetType = UNSET
    options: UnsetType = UNSET
    # Of bodies that are encrypted, or lie beside the log.
    type: UnsetType = UNSET
    iv: UnsetType = UNSET
    inputBodyS3Path: UnsetType = UNSET  # noqa: N815 - as Bedrock spells it

    def most_tokens(self) -> int | None:
        """The first of the names for it that has a value."""
        if self.max_completion_tokens is not None:
            return self.max_completion_tokens
        return self.max_tokens if self.max_tokens is not None else self.max_output_tokens

    def end_user(self) -> tuple[str | None, str | None] | None:
        """The account and the session that it names; None where that is to be looked at."""
        named = self.safety_identifier or self.user or (self.metadata.user_id if self.metadata is not None else None)
        return account_and_session(named)

    def names_of_tools(self) -> list[str] | None:
        """Of those that are offered."""
        return [one.function.name for one in self.tools] if self.tools is not None else None


class Asked(Parameters, gc=False, kw_only=True):
    """A request's body."""

    messages: list[Said]


class _Reasoned(msgspec.Struct, gc=False):
    reasoning_tokens: Int64 | None = None


class Usage(msgspec.Struct, gc=False):
    """Tokens that were counted."""

    prompt_tokens: Int64 | None = None
    input_tokens: Int64 | None = None
    completion_tokens: Int64 | None = None
    output_tokens: Int64 | None = None
    completion_tokens_details: _Reasoned | None = None
    output_tokens_details: _Reasoned | None = None


class _Reply(msgspec.Struct, gc=False):
    """What was answered."""

    role: str | None = None
    content: str | list[Text] | None = None
    refusal: str | None = None
    reasoning_content: str | None = None
    reasoning: str | None = None

    def said(self) -> tuple[str | None] | None:
        """Its text; None where that is to be looked for."""
        content = self.content
        if content is None or content == "":
            content = self.refusal
            if self.content is None and content is None and self.role is None:
                return None
        if type(content) is str:
            return (content or None,) if content[:2] != "[{" else None
        return (text_of(content),)


class _Choice(msgspec.Struct, gc=False):
    message: _Reply
    index: int | None = None
    finish_reason: str | None = None


class Answer(msgspec.Struct, gc=False):
    """A chat completion."""

    choices: list[_Choice]
    id: str | None = None
    created: str | int | float | None = None
    model: str | None = None
    usage: Usage | None = None
    created_at: None = None
    # Of other APIs' answers, and of a body in its HTTP frame.
    body: UnsetType = UNSET
    type: UnsetType = UNSET
    content: UnsetType = UNSET
    candidates: UnsetType = UNSET
    usageMetadata: UnsetType = UNSET  # noqa: N815 - as Gemini spells it
    outputBodyS3Path: UnsetType = UNSET  # noqa: N815

    def said(self) -> dict[str, str | None] | None:
        """Text, reasoning and why it ended, of the answer that counts; None where they are to be looked for."""
        if not self.choices or not (self.choices[0].index == 0 or len(self.choices) == 1):
            return None
        choice = self.choices[0]
        text, thought = choice.message.said(), choice.message.reasoning_content or choice.message.reasoning
        if text is None or not is_text(thought):
            return None
        return {"response": text[0], "reasoning": thought or None, "stop_reason": choice.finish_reason}

    def counts(self) -> dict[str, int | None]:
        """Tokens that went in, that came out, and those of reasoning."""
        usage = self.usage
        if usage is None:
            return {}
        details = usage.completion_tokens_details or usage.output_tokens_details
        return {
            "input_tokens": usage.prompt_tokens if usage.prompt_tokens is not None else usage.input_tokens,
            "output_tokens": usage.completion_tokens if usage.completion_tokens is not None else usage.output_tokens,
            "reasoning_tokens": details.reasoning_tokens if details is not None else None,
        }

    done: UnsetType = UNSET


def account_and_session(named: str | None) -> tuple[str | None, str | None] | None:
    """Whom an end user's id names; None where it is an object, as which ``composite_id`` reads it."""
    if not named:
        return None, None
    return composite_id(named) if named.lstrip()[:1] != "{" else None


def text_of(content: str | list[Text] | None) -> str | None:
    """A content's text."""
    if content is None or isinstance(content, str):
        return content
    return "\n".join([part.text for part in content]) if content else None


def is_text(content: object) -> bool:
    """Whether a content is what it seems, and no parts that were written as JSON text."""
    return not (type(content) is str and content[:2] == "[{")


def settled(said: Sequence[list[Said]], left: set[int]) -> Sequence[list[Any]]:
    """Messages of requests, each content as text, in place; the places of those that are to be looked at are added to
    ``left``."""
    for place, of in enumerate(said):
        for one in of:
            content = one.content
            if type(content) is str:
                if content[:2] == "[{":
                    left.add(place)
            elif content is not None:
                one.content = text_of(content)
    return said
