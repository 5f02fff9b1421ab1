"""Honest explanations: what else could make these accounts look like one.

Each is a measurement of its own with a stated line. Where one holds, the accounts are not called a
campaign. They are considered for every cluster and shown with every campaign, held or not.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from stillwatch.campaigns.families import World, apartness

__all__ = ["APART", "REPEATS", "Explanation", "explain"]

I64 = npt.NDArray[np.int64]

REPEATS = 0.10
"""Share of an account's distinct prompts that other accounts send too, beyond which all of them run one
published set. Shards of one pool have next to none, subsets of a benchmark .12 and more."""

APART = 0.08
"""Intraclass correlation beyond which accounts plainly have content of their own."""

LICENSED = 0.5


@dataclass(frozen=True, slots=True)
class Explanation:
    """One honest explanation: what was measured, and whether it holds."""

    name: str
    statement: str
    holds: bool


def explain(world: World, members: I64) -> tuple[Explanation, ...]:
    """Consider the honest explanations of a cluster."""
    repeated = float(np.median(world.asked.repeats(members)))
    apart = apartness(world, members)
    own = bool(np.isfinite(apart.icc) and apart.icc > APART and apart.p_apart < 0.01)
    licensed = float(world.traits.entities.licensed[members].mean())
    return (
        Explanation(
            "a published set that each runs for itself",
            f"{repeated:.0%} of a typical account's prompts are sent by others of these accounts too. An evaluation "
            "harness or a class with one homework repeats; accounts that share out a pool do not.",
            repeated > REPEATS,
        ),
        Explanation(
            "customers of one framework, each with content of their own",
            f"The account explains {max(apart.icc, 0):.1%} of the differences between prompts."
            if np.isfinite(apart.icc)
            else "Too few prompts an account to tell.",
            own,
        ),
        Explanation(
            "one organisation with several accounts",
            "Accounts of one declared organisation were counted as one before anything was compared; these claim to be "
            f"{len(members)} strangers.",
            False,
        ),
        Explanation(
            "licensed distillation",
            f"{licensed:.0%} of the accounts have a licence on record.",
            licensed > LICENSED,
        ),
    )
