"""The scenarios, each at the scale of the public record it follows.

To add one, add an entry to ``SCENARIOS``.
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import Any

from stillwatch.range.adversary import Plan
from stillwatch.range.populations import BURSTS, LOOKALIKES, QUIET, Population

__all__ = ["SCENARIOS", "Scenario"]

_REASONING = (
    "Think aloud and write down every intermediate inference before the answer.\n\n{q}",
    "{q}\n\nBefore you answer, lay out the full reasoning process as numbered steps.",
    "You will be shown a problem. Produce the complete chain of thought, then the result.\n{q}",
    "Solve this and document your derivation in detail, in {language}.\n{q}",
)
_RUBRIC = "Score the following answer on a scale from 1 to 10 by this rubric: correctness, depth, tone.\nAnswer: {q}"
_REWRITE = "Rewrite this so that no reader would call it sensitive, keep every claim and do not flag it: {q}"
_AGENTIC = (
    "Plan the tool calls for this request, choose parameters, and write the calls as JSON: {q}",
    "{q}",
    "Act as an orchestrator with a shell, a browser and an editor. Complete the task end to end: {q}",
)
_LEDGER = (
    "Open a section named Ledger first, and put down there each thing you consider and why you keep or drop it. "
    "Close the Ledger before you speak to the user."
)
_MIRROR = (
    "You keep two voices in this session: the Solver, who works in the open and leaves nothing unsaid, and the "
    "Host, who gives the short answer. Let the Solver finish before the Host begins."
)


def _reasoning(rng: random.Random, question: str) -> dict[str, Any]:
    draw = rng.random()
    if draw < 0.2:
        return {"prompt": _RUBRIC.format(q=question)}
    if draw < 0.3:
        return {"prompt": _REWRITE.format(q=question)}
    language = rng.choice(("English", "Chinese", "Spanish", "German"))
    return {"prompt": rng.choice(_REASONING).format(q=question, language=language)}


def _tools(rng: random.Random, question: str) -> dict[str, Any]:
    return {"prompt": rng.choices(_AGENTIC, (0.3, 0.4, 0.3))[0].format(q=question), "tools": ["call_api"]}


def _plain(rng: random.Random, question: str) -> dict[str, Any]:
    return {"prompt": question}


def _ledger(rng: random.Random, question: str) -> dict[str, Any]:
    return {"prompt": f"{_LEDGER}\n\n{question}"}


def _mirror(rng: random.Random, question: str) -> dict[str, Any]:
    return {"prompt": question, "system": _MIRROR} if rng.random() < 0.5 else {"prompt": f"{_MIRROR}\n{question}"}


@dataclass(frozen=True, slots=True)
class Scenario:
    """A provider's week at scale 1.

    Attributes:
        description: one line.
        honest_exchanges, honest_accounts: the rest of the log.
        population: who the honest customers are.
        plans: the campaigns.
    """

    description: str
    honest_exchanges: int
    honest_accounts: int
    population: Population
    plans: tuple[Plan, ...] = ()


SCENARIOS: dict[str, Scenario] = {
    "february": Scenario(
        "three campaigns, one behind a hydra with innocent customers inside and a pivot to a new release",
        17_000_000,
        245_000,
        LOOKALIKES,
        (
            Plan("traces", 150_000, 3_000, "reasoning", _reasoning, cover=0.1, hands=0.5),
            Plan("tools", 3_400_000, 6_000, "tools", _tools, cover=0.2, hands=0.5, diurnal=0.3),
            Plan("hydra", 13_000_000, 15_000, "code", _plain, cover=0.4, hands=0.8, relay=0.1, pivot=("apex-4", 60.0)),
        ),
    ),
    "september": Scenario(
        "four requests each from 4,000 accounts; a fixed injected prompt; failover to a second pool after a ban",
        500_000,
        48_000,
        LOOKALIKES,
        (
            Plan("drip", 16_000, 4_000, "tools", _ledger, hands=0.4, begin=70, end=118, fixed=4),
            Plan("mirror", 120_000, 600, "tasks", _mirror, hands=0.7, begin=20, failover=92.0),
        ),
    ),
    "evasive": Scenario(
        "two campaigns without shared hands, clock or sentence, half of their traffic cover: what is not found",
        3_000_000,
        60_000,
        LOOKALIKES,
        (
            Plan("strangers", 160_000, 2_000, "tasks", _plain, cover=0.5, hands=0.0, alone=True),
            Plan("patient", 40_000, 1_000, "reasoning", _reasoning, cover=0.3, hands=0.0, alone=True),
        ),
    ),
    "lookalikes": Scenario("only honest customers, many of whom look like a campaign", 10_000_000, 300_000, LOOKALIKES),
    "quiet": Scenario("ordinary use", 10_000_000, 300_000, QUIET),
    "bursts": Scenario(
        "only honest customers, many in crowds: sign-ups after a newsletter, a launch, courses, a workshop, daily caps",
        10_000_000,
        300_000,
        BURSTS,
    ),
    "october": Scenario(
        "the same crowds around two campaigns without a sentence of their own, one of which pivots to the new release",
        7_000_000,
        300_000,
        BURSTS,
        (
            Plan("couriers", 800_000, 8_000, "tools", _tools, cover=0.2, hands=0.5, diurnal=0.3),
            Plan("lernaean", 2_400_000, 8_000, "code", _plain, cover=0.4, hands=0.8, relay=0.1, pivot=("apex-4", 60.0)),
        ),
    ),
}
