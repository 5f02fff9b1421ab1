"""What is done about one request: the actions of every decision that covers it, put together.

Of several decisions the union holds, and of one kind of action the strongest. A decision takes hold of an account
some time after it was made, at a moment drawn by a keyed hash of the two: it is the same in every gateway that
has the key, and nobody outside can tell which of an account's requests brought it about.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

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

    @property
    def customer_text(self) -> str:
        """What the customer is told: the first decision's own words."""
        return self.rules[0].customer_text if self.rules else ""


NOTHING = Treatment()
_ORDER = [
    "observe",
    "tag",
    "rate-limit",
    "cap-logprobs",
    "strip-logprobs",
    "summarise-reasoning",
    "hide-reasoning",
    "watermark",
    "verify",
    "block",
]


def drawn(secret: bytes, *parts: str) -> float:
    """A number in [0, 1) that nobody without the secret can foresee."""
    text = "\0".join(parts).encode("utf-8", "surrogatepass")
    return int.from_bytes(hashlib.blake2b(text, key=secret, digest_size=7).digest(), "little") / 2**56


def treatment_of(rules: Iterable[Rule], matches: Iterable[Match] = ()) -> Treatment:
    """The union of the rules' actions, the strongest of each kind."""
    rules = tuple(rules)
    if not rules:
        return NOTHING
    asked: dict[str, list[dict[str, Any]]] = {}
    for rule in rules:
        for action in rule.actions:
            asked.setdefault(action.kind, []).append(dict(action.parameters))
    limits = asked.get("rate-limit", [])
    slowest = min(limits, key=lambda one: one["requests_per_minute"]) if limits else {}
    tags = [one.get("tag") for one in asked.get("tag", [])]
    urls = [one["url"] for one in asked.get("verify", []) if "url" in one]
    keys = [str(one.get("key", "")) for one in asked.get("watermark", [])]
    campaigns = [f"campaign:{match.campaign_id}" for match in matches if match.campaign_id]
    return Treatment(
        rules=rules,
        actions=tuple(sorted(asked, key=_ORDER.index)),
        refusal="block" if "block" in asked else "verify" if "verify" in asked else None,
        verify_url=urls[0] if urls else None,
        requests_per_minute=slowest.get("requests_per_minute"),
        burst=slowest.get("burst"),
        tokens_per_minute=min((one["tokens_per_minute"] for one in limits if "tokens_per_minute" in one), default=None),
        redaction=_redaction(asked),
        tags=tuple(dict.fromkeys([tag or "stillwatch" for tag in tags] + (campaigns if tags else []))),
        watermark=keys[0] if keys else None,
    )


def _redaction(asked: dict[str, list[dict[str, Any]]]) -> Redaction:
    caps = [one["top_logprobs"] for one in asked.get("cap-logprobs", [])]
    strip = "strip-logprobs" in asked
    return Redaction(
        hide_reasoning="hide-reasoning" in asked or "summarise-reasoning" in asked,
        keep_summaries="hide-reasoning" not in asked,
        top_logprobs=-1 if strip else min(caps) if caps else None,
    )
