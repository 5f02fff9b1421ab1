"""What an audit sees of a model: ``AuditedModel``, and ``Answers``, what one said to the audit's prompts.

A model at an endpoint and one in a folder are joined to this protocol outside the package, so that
nothing here knows the network or torch. ``ScriptedModel`` is one in memory.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Protocol

import numpy as np
import numpy.typing as npt

from stillwatch.core.reasoning_tags import without_reasoning_tags
from stillwatch.provenance.hollow import echoes, repeated
from stillwatch.provenance.missing import count_missing, why_missing
from stillwatch.provenance.refusals import refuses

__all__ = ["Answers", "AuditedModel", "Chat", "Reply", "ScriptedModel", "ask", "said_by_user"]

Chat = tuple[tuple[str, str], ...]
"""Messages of a conversation as (role, text), the last one the user's."""

Reply = tuple[str, str]
"""An answer's text, and the API's own word for why it ended (``stop``, ``length``, ``content_filter``); "" where it
does not say."""

NextTokens = Mapping[str, float]
"""Text of a token to its log-probability, nats: the most probable first tokens of an answer."""


class AuditedModel(Protocol):
    """A model under audit, a teacher or a control."""

    @property
    def name(self) -> str:
        """What the report calls it."""
        ...

    @property
    def remarks(self) -> tuple[str, ...]:
        """What a reader of the report must know of how it was asked, in sentences; settled when it has answered."""
        ...

    def answers(self, chats: Sequence[Chat], *, again: int = 0) -> list[Reply]:
        """The most probable answer to each conversation (temperature nought), and why each ended.

        Args:
            chats: conversations.
            again: how many times the same was asked before: an answer of its own each time.
        """
        ...

    def next_tokens(self, chats: Sequence[Chat]) -> list[NextTokens] | None:
        """First tokens of the answers with log-probabilities, none for an answer that shows none; None where no
        answer does."""
        ...

    def token_counts(self, texts: Sequence[str]) -> list[int] | None:
        """Tokens of a conversation that says just this text; None where usage is not told."""
        ...


@dataclass(frozen=True)
class Answers:
    """What one model said to the prompts of an audit, in their order.

    Attributes:
        name: of the model.
        texts: its answers.
        next_tokens: the distribution of the first token of each; None where not shown.
        endings: why each ended, as ``Reply`` has it; none given where nothing is told of any.
        asked: what it was asked, by which an answer that only says it again is known; none given where that is all one.
    """

    name: str
    texts: tuple[str, ...]
    next_tokens: tuple[NextTokens, ...] | None = None
    endings: tuple[str, ...] = ()
    asked: tuple[str, ...] = ()

    @property
    def missing(self) -> tuple[str, ...]:
        """Of each answer, why there is none to compare: ``empty``, ``truncated``, ``filtered``; "" where there is."""
        endings = self.endings or ("",) * len(self.texts)
        return tuple(why_missing(text, end) for text, end in zip(self.texts, endings, strict=True))

    @property
    def whole(self) -> npt.NDArray[np.bool_]:
        """(prompts,), where there is an answer, and all of it."""
        return np.array([not why for why in self.missing], dtype=bool)

    @cached_property
    def refused(self) -> npt.NDArray[np.bool_]:
        """(prompts,), where there is an answer or the beginning of one, and it declines."""
        return np.array([refuses(text) for text in self.texts], dtype=bool)

    @cached_property
    def repeated(self) -> npt.NDArray[np.bool_]:
        """(prompts,), where it says what it says to several prompts, or its prompt again."""
        again = repeated(self.texts)
        return again | echoes(self.asked, self.texts) if self.asked else again

    @cached_property
    def decided(self) -> npt.NDArray[np.bool_]:
        """(prompts,), where it answers or refuses, in whole."""
        return self.whole & ~self.repeated

    @cached_property
    def telling(self) -> npt.NDArray[np.bool_]:
        """(prompts,), where a whole answer says something of its prompt: it is no refusal and not said to several."""
        return self.decided & ~self.refused

    @property
    def shown(self) -> npt.NDArray[np.bool_]:
        """(prompts,), where the first token's distribution is shown: an answer cut at its end began as it began."""
        told = self.next_tokens or ({},) * len(self.texts)
        begun = [bool(text) and why in ("", "truncated") for text, why in zip(self.texts, self.missing, strict=True)]
        return np.asarray(np.array([bool(one) for one in told]) & np.array(begun, dtype=bool))

    @property
    def hollow(self) -> npt.NDArray[np.bool_]:
        """(prompts,), where what it says, whole or cut, says nothing of the prompt."""
        return np.asarray(self.refused | self.repeated)

    def counts(self) -> dict[str, int]:
        """How many were asked for, how many are missing, by why, and how many whole ones tell nothing."""
        lost = {"refused": int((self.whole & self.refused).sum()), "repeated": int((self.whole & self.repeated).sum())}
        return {**count_missing(self.missing), **lost}


@dataclass(frozen=True)
class ScriptedModel:
    """A subject in memory, for tests and examples.

    Args:
        name: of the model.
        reply: the answer to a conversation, with why it ended where that is to be told.
        first: its first tokens.
        count: tokens of a text.
        remarks: on how it was asked.
    """

    name: str
    reply: Callable[[Chat], str | Reply]
    first: Callable[[Chat], NextTokens] | None = None
    count: Callable[[str], int] | None = None
    remarks: tuple[str, ...] = ()

    def answers(self, chats: Sequence[Chat], *, again: int = 0) -> list[Reply]:
        """As scripted, however often it is asked."""
        said = [self.reply(chat) for chat in chats]
        return [(one, "") if isinstance(one, str) else one for one in said]

    def next_tokens(self, chats: Sequence[Chat]) -> list[NextTokens] | None:
        """As scripted."""
        return None if self.first is None else [self.first(chat) for chat in chats]

    def token_counts(self, texts: Sequence[str]) -> list[int] | None:
        """As scripted."""
        return None if self.count is None else [self.count(text) for text in texts]


def said_by_user(text: str, system: str = "") -> Chat:
    """A conversation of one message, after a system prompt where there is one."""
    return (("system", system), ("user", text)) if system else (("user", text),)


def ask(subject: AuditedModel, chats: Sequence[Chat], *, logprobs: bool = True, again: int = 0) -> Answers:
    """Everything a subject shows for some conversations. What it thinks between tags is no part of an answer."""
    said = subject.answers(chats, again=again) if chats else []
    tokens = subject.next_tokens(chats) if logprobs and chats else None
    texts = [without_reasoning_tags(text).strip() for text, _ in said]
    if tokens is not None:
        # The first token of a thought, its tag as a rule, is not how the answer begins.
        begins = [text.strip().startswith(spoken[:1] or "\0") for (text, _), spoken in zip(said, texts, strict=True)]
        tokens = [one if there else {} for one, there in zip(tokens, begins, strict=True)]
    asked = tuple(chat[-1][1] for chat in chats)
    shown = None if tokens is None else tuple(tokens)
    return Answers(subject.name, tuple(texts), shown, tuple(end for _, end in said), asked)
