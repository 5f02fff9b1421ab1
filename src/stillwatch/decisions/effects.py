"""What actions do: one description, of which the gateway makes what happens and the letter makes what is said.

    effect_of(actions) > Effect > Effect.said    sentences for the customer
                                > the gateway's treatment

To add an action, give it a line in ``ACTIONS``, its part in ``effect_of`` and its words in ``Effect.said``.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from stillwatch.decisions.decision import Action

__all__ = ["Effect", "effect_of"]


@dataclass(frozen=True, slots=True)
class Effect:
    """What several actions do together, of each kind the strongest.

    Attributes:
        blocks: no request is answered.
        verify: no request is answered until the account has shown who it is.
        verify_url: where it can.
        requests_per_minute, burst, tokens_per_minute: answers, answers at once and tokens asked for; None: no limit.
        hides_reasoning: no reasoning, and no log probabilities, which would spell it out.
        keeps_summaries: what the model itself calls a summary of its reasoning stays.
        top_logprobs: alternatives a token at most; -1: no log probabilities at all; None: as asked.
        watermark: the key of a mark in the answers; empty for the server's own; None for no mark.
        tags: said to the server behind, never to the customer.
    """

    blocks: bool = False
    verify: bool = False
    verify_url: str | None = None
    requests_per_minute: int | None = None
    burst: int | None = None
    tokens_per_minute: int | None = None
    hides_reasoning: bool = False
    keeps_summaries: bool = False
    top_logprobs: int | None = None
    watermark: str | None = None
    tags: tuple[str, ...] = ()

    @property
    def takes_out(self) -> bool:
        """Whether answers come with something left out; sent elsewhere they would come whole, so they are not."""
        return self.hides_reasoning or self.top_logprobs is not None

    @property
    def is_of_each_answer(self) -> bool:
        """Whether it is done with, or to, each answer: where answers are not told apart, nothing can be open."""
        counted = self.requests_per_minute or self.tokens_per_minute
        return bool(self.blocks or self.verify or self.takes_out or counted or self.watermark is not None)

    @property
    def said(self) -> tuple[str, ...]:
        """What changes for the customer, in sentences; none where nothing is felt."""
        if self.blocks:
            return ("Your requests are refused.",)
        if self.verify:
            where = f" at {self.verify_url}" if self.verify_url else ""
            first = f"Your requests are refused until you have shown who you are{where}."
            rest = self._milder()
            return (first, f"After that {rest}.") if rest else (first,)
        rest = self._milder()
        if not rest:
            return ()
        return (f"From now on {rest}.", "The answers themselves are as good as before.")

    def _milder(self) -> str:
        said = []
        if self.requests_per_minute is not None:
            said.append(f"you can ask for {self.requests_per_minute:,} answers a minute at most, spread over it")
        if self.tokens_per_minute is not None:
            said.append(f"your requests can ask for {self.tokens_per_minute:,} tokens a minute at most")
        if self.hides_reasoning:
            said.append(
                "the model's reasoning is shown only where the model itself makes a summary of it"
                if self.keeps_summaries
                else "the model's reasoning is not shown"
            )
        if self.hides_reasoning or self.top_logprobs == -1:
            said.append("answers come without log probabilities")
        elif self.top_logprobs is not None:
            said.append(f"answers show the log probabilities of the {self.top_logprobs} likeliest tokens at most")
        if self.watermark is not None:
            said.append("answers may carry a watermark that software can find")
        if self.takes_out:
            said.append("answers go to you alone, and to no webhook, bucket or log elsewhere")
        if self.is_of_each_answer:
            said.append("websockets and realtime sessions stay closed; files are taken whole, not in parts")
        # Some hold commas.
        return "; ".join(said)


def effect_of(actions: Iterable[Action]) -> Effect:
    """What these actions do together; of several of one kind the strongest."""
    asked: dict[str, list[dict[str, Any]]] = {}
    for action in actions:
        asked.setdefault(action.kind, []).append(dict(action.parameters))
    limits = asked.get("rate-limit", [])
    slowest = min(limits, key=lambda one: one["requests_per_minute"]) if limits else {}
    caps = [one["top_logprobs"] for one in asked.get("cap-logprobs", [])]
    urls = [one["url"] for one in asked.get("verify", []) if one.get("url")]
    keys = [str(one.get("key", "")) for one in asked.get("watermark", [])]
    return Effect(
        blocks="block" in asked,
        verify="verify" in asked,
        verify_url=urls[0] if urls else None,
        requests_per_minute=slowest.get("requests_per_minute"),
        burst=slowest.get("burst"),
        tokens_per_minute=min((one["tokens_per_minute"] for one in limits if "tokens_per_minute" in one), default=None),
        hides_reasoning="hide-reasoning" in asked or "summarise-reasoning" in asked,
        keeps_summaries="summarise-reasoning" in asked and "hide-reasoning" not in asked,
        top_logprobs=-1 if "strip-logprobs" in asked else min(caps) if caps else None,
        watermark=keys[0] if keys else None,
        tags=tuple(dict.fromkeys(one.get("tag") or "stillwatch" for one in asked.get("tag", []))),
    )
