"""An exchange before anybody wrote it down, its bodies as three APIs have them, and the register of who writes it how.

To add a format, write one function from a ``Made`` exchange to its records and put ``@writer("its-name")`` above it. A
format without one is told by name. ``lacks`` names the columns that the layout has no place for, ``step_us`` the
microseconds between two times that it can write.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

__all__ = [
    "WRITERS",
    "Made",
    "Record",
    "Writer",
    "answered_anthropic",
    "answered_gemini",
    "answered_openai",
    "asked_anthropic",
    "asked_gemini",
    "asked_openai",
    "expected",
    "text",
    "writer",
]

Record = dict[str, Any]
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Made:
    """An exchange before anybody wrote it down; ``time`` counts microseconds since 1970, UTC."""

    exchange_id: str
    time: int
    account_id: str
    session_id: str
    model: str
    system: str
    prompt: str
    response: str
    tools: tuple[str, ...] = ("search", "book")
    temperature: float = 0.25
    max_tokens: int = 512
    input_tokens: int = 31
    output_tokens: int = 17
    before: tuple[tuple[str, str], ...] = (("user", "Hello."), ("assistant", "Good day."))

    @property
    def iso(self) -> str:
        """When, to the microsecond."""
        return (EPOCH + timedelta(microseconds=self.time)).isoformat(timespec="microseconds")

    @property
    def later(self) -> str:
        """A second and a half later."""
        return (EPOCH + timedelta(microseconds=self.time + 1_500_000)).isoformat(timespec="microseconds")

    @property
    def turns(self) -> list[Record]:
        """The conversation less its system message."""
        said = [*self.before, ("user", self.prompt)]
        return [{"role": role, "content": text} for role, text in said]


@dataclass(frozen=True)
class Writer:
    """How a format is written.

    Attributes:
        write: an exchange's records; of a batch the request and its result.
        lacks: columns that it has no place for.
        step_us: the grain of its times.
        flat: whether a record is a row of a table, its objects JSON text.
    """

    write: Callable[[Made], list[Record]]
    lacks: frozenset[str] = frozenset()
    step_us: int = 1
    flat: bool = False


WRITERS: dict[str, Writer] = {}


def writer(
    name: str, *, lacks: Iterable[str] = (), step_us: int = 1, flat: bool = False
) -> Callable[[Callable[[Made], list[Record]]], Callable[[Made], list[Record]]]:
    """Register a format's writer."""

    def registered(write: Callable[[Made], list[Record]]) -> Callable[[Made], list[Record]]:
        WRITERS[name] = Writer(write, frozenset(lacks), step_us, flat)
        return write

    return registered


def expected(made: Made, how: Writer) -> dict[str, Any]:
    """The columns that a reader must give for an exchange written so."""
    whole = {
        "exchange_id": made.exchange_id,
        "time": EPOCH + timedelta(microseconds=made.time - made.time % how.step_us),
        "account_id": made.account_id,
        "session_id": made.session_id,
        "model": made.model,
        "system": made.system,
        "prompt": made.prompt,
        "response": made.response,
        "tools": list(made.tools),
        "temperature": made.temperature,
        "max_tokens": made.max_tokens,
        "input_tokens": made.input_tokens,
        "output_tokens": made.output_tokens,
    }
    return {name: value for name, value in whole.items() if name not in how.lacks}


def text(value: Any) -> str:
    """JSON text."""
    return json.dumps(value, ensure_ascii=False)


def asked_openai(made: Made, **more: Any) -> Record:
    """A chat completion's request."""
    return {
        "model": made.model,
        "messages": [{"role": "system", "content": made.system}, *made.turns],
        "tools": [{"type": "function", "function": {"name": name}} for name in made.tools],
        "temperature": made.temperature,
        "max_tokens": made.max_tokens,
        **more,
    }


def answered_openai(made: Made) -> Record:
    """A chat completion."""
    return {
        "id": made.exchange_id,
        "object": "chat.completion",
        "created": made.time // 1_000_000,
        "model": made.model,
        "choices": [{"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": made.response}}],
        "usage": {"prompt_tokens": made.input_tokens, "completion_tokens": made.output_tokens},
    }


def asked_anthropic(made: Made, **more: Any) -> Record:
    """A request to the messages API."""
    return {
        "model": made.model,
        "system": [{"type": "text", "text": made.system}],
        "messages": made.turns,
        "tools": [{"name": name, "input_schema": {"type": "object"}} for name in made.tools],
        "temperature": made.temperature,
        "max_tokens": made.max_tokens,
        **more,
    }


def answered_anthropic(made: Made) -> Record:
    """A message."""
    return {
        "id": made.exchange_id,
        "type": "message",
        "role": "assistant",
        "model": made.model,
        "content": [{"type": "text", "text": made.response}],
        "stop_reason": "end_turn",
        "usage": {"input_tokens": made.input_tokens, "output_tokens": made.output_tokens},
    }


def asked_gemini(made: Made, *, snake: bool = False) -> Record:
    """A ``generateContent`` request, in camel case or snake case."""
    roles = {"assistant": "model", "user": "user"}
    return {
        "contents": [{"role": roles[one["role"]], "parts": [{"text": one["content"]}]} for one in made.turns],
        "system_instruction" if snake else "systemInstruction": {"parts": [{"text": made.system}]},
        "generation_config" if snake else "generationConfig": {
            "temperature": made.temperature,
            "max_output_tokens" if snake else "maxOutputTokens": made.max_tokens,
        },
        "tools": [
            {"function_declarations" if snake else "functionDeclarations": [{"name": name} for name in made.tools]}
        ],
    }


def answered_gemini(made: Made, *, snake: bool = False) -> Record:
    """A ``generateContent`` answer."""
    counts = ("prompt_token_count", "candidates_token_count") if snake else ("promptTokenCount", "candidatesTokenCount")
    return {
        "candidates": [{"content": {"role": "model", "parts": [{"text": made.response}]}}],
        "usage_metadata" if snake else "usageMetadata": dict(
            zip(counts, (made.input_tokens, made.output_tokens), strict=True)
        ),
        "model_version" if snake else "modelVersion": made.model,
    }
