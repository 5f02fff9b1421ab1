"""What an audit sees of a model: ``AuditedModel``, and ``Answers``, what one said to the audit's prompts.

A model at an endpoint and one in a folder are joined to this protocol outside the package, so that
nothing here knows the network or torch. ``ScriptedModel`` is one in memory.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

__all__ = ["Answers", "AuditedModel", "Chat", "ScriptedModel", "ask", "said_by_user"]

Chat = tuple[tuple[str, str], ...]
"""Messages of a conversation as (role, text), the last one the user's."""

NextTokens = Mapping[str, float]
"""Text of a token to its log-probability, nats: the most probable first tokens of an answer."""


class AuditedModel(Protocol):
    """A model under audit, a teacher or a control."""

    @property
    def name(self) -> str:
        """What the report calls it."""
        ...

    def answers(self, chats: Sequence[Chat]) -> list[str]:
        """The most probable answer to each conversation (temperature nought)."""
        ...

    def next_tokens(self, chats: Sequence[Chat]) -> list[NextTokens] | None:
        """First tokens of the answers with log-probabilities; None where they are not to be had."""
        ...

    def token_counts(self, texts: Sequence[str]) -> list[int] | None:
        """Tokens of a conversation that says just this text; None where usage is not told."""
        ...


@dataclass(frozen=True, slots=True)
class Answers:
    """What one model said to the prompts of an audit, in their order.

    Attributes:
        name: of the model.
        texts: its answers.
        next_tokens: the distribution of the first token of each; None where not shown.
    """

    name: str
    texts: tuple[str, ...]
    next_tokens: tuple[NextTokens, ...] | None = None


@dataclass(frozen=True)
class ScriptedModel:
    """A subject in memory, for tests and examples.

    Args:
        name: of the model.
        reply: the answer to a conversation.
        first: its first tokens.
        count: tokens of a text.
    """

    name: str
    reply: Callable[[Chat], str]
    first: Callable[[Chat], NextTokens] | None = None
    count: Callable[[str], int] | None = None

    def answers(self, chats: Sequence[Chat]) -> list[str]:
        """As scripted."""
        return [self.reply(chat) for chat in chats]

    def next_tokens(self, chats: Sequence[Chat]) -> list[NextTokens] | None:
        """As scripted."""
        return None if self.first is None else [self.first(chat) for chat in chats]

    def token_counts(self, texts: Sequence[str]) -> list[int] | None:
        """As scripted."""
        return None if self.count is None else [self.count(text) for text in texts]


def said_by_user(text: str, system: str = "") -> Chat:
    """A conversation of one message, after a system prompt where there is one."""
    return (("system", system), ("user", text)) if system else (("user", text),)


def ask(subject: AuditedModel, chats: Sequence[Chat], *, logprobs: bool = True) -> Answers:
    """Everything a subject shows for some conversations."""
    texts = tuple(subject.answers(chats))
    tokens = subject.next_tokens(chats) if logprobs else None
    return Answers(subject.name, texts, None if tokens is None else tuple(tokens))
