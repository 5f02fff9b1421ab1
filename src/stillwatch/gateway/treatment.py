"""What is done about one request: the actions of every decision that covers it, put together.

Of several decisions the union holds, and of one kind of action the strongest. A decision takes hold of an account
some time after it was made, at a moment drawn by a keyed hash of the two: it is the same in every gateway that
has the key, and nobody outside can tell which of an account's requests brought it about.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, field

from stillwatch.decisions import ACTIONS, effect_of
from stillwatch.gateway.allowed import Redaction
from stillwatch.gateway.snapshot import Match, Rule

__all__ = ["NOTHING", "Treatment", "drawn", "treatment_of"]


@dataclass(frozen=True, slots=True)
class Treatment:
    """What is done.

    Attributes:
        rules: the decisions behind it.
        actions: kinds of action, weakest first.
        refusal: ``block``, ``verify`` or nothing.
        verify_url: where the customer can prove who they are.
        requests_per_minute, burst, tokens_per_minute: the rate limit, if there is one.
        redaction: what is taken out of the answer.
        tags: said to the upstream and in the record, never to the client.
        watermark: the key to ask the upstream's watermark for; empty for its own.
        is_of_each_answer: whether it is done with, or to, each answer, and so no websocket can be open.
    """

    rules: tuple[Rule, ...] = ()
    actions: tuple[str, ...] = ()
    refusal: str | None = None
    verify_url: str | None = None
    requests_per_minute: int | None = None
    burst: int | None = None
    tokens_per_minute: int | None = None
    redaction: Redaction = field(default_factory=Redaction)
    tags: tuple[str, ...] = ()
    watermark: str | None = None
    is_of_each_answer: bool = False


NOTHING = Treatment()
_ORDER = list(ACTIONS)


def drawn(secret: bytes, *parts: str) -> float:
    """A number in [0, 1) that nobody without the secret can foresee."""
    text = "\0".join(parts).encode("utf-8", "surrogatepass")
    return int.from_bytes(hashlib.blake2b(text, key=secret, digest_size=7).digest(), "little") / 2**56


def treatment_of(rules: Iterable[Rule], matches: Iterable[Match] = ()) -> Treatment:
    """The union of the rules' actions, the strongest of each kind."""
    rules = tuple(rules)
    if not rules:
        return NOTHING
    actions = [action for rule in rules for action in rule.actions]
    effect = effect_of(actions)
    campaigns = [f"campaign:{match.campaign_id}" for match in matches if match.campaign_id]
    return Treatment(
        rules=rules,
        actions=tuple(sorted({action.kind for action in actions}, key=_ORDER.index)),
        refusal="block" if effect.blocks else "verify" if effect.verify else None,
        verify_url=effect.verify_url,
        requests_per_minute=effect.requests_per_minute,
        burst=effect.burst,
        tokens_per_minute=effect.tokens_per_minute,
        redaction=Redaction(
            hide_reasoning=effect.hides_reasoning,
            keep_summaries=effect.keeps_summaries or not effect.hides_reasoning,
            top_logprobs=effect.top_logprobs,
        ),
        tags=tuple(dict.fromkeys([*effect.tags, *(campaigns if effect.tags else [])])),
        watermark=effect.watermark,
        is_of_each_answer=effect.is_of_each_answer,
    )
