"""Honest explanations: what else could make these accounts look like one.

Each is a measurement of its own with a stated line. Where one holds, the accounts are not called a
campaign. They are considered for every cluster and shown with every campaign, held or not.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from stillwatch.campaigns.families import apartness
from stillwatch.campaigns.interchangeability import MARGIN
from stillwatch.campaigns.world import World

__all__ = ["OFFICE", "REPEATS", "Explanation", "explain"]

I64 = npt.NDArray[np.int64]

REPEATS = 0.10
"""Share of an account's distinct prompts that other accounts send too, beyond which all of them run one
published set. Shards of one pool have next to none, subsets of a benchmark .12 and more."""

APART_ERRORS = 2.33
"""Standard errors by which the intraclass correlation must exceed the margin for accounts to count as set apart
by content of their own (99 %, one-sided)."""

ONE_DOOR = 0.8
_SMALL = 40

LICENSED = 0.5

OFFICE = "one organisation or office with several accounts"
"""Name of the explanation that a few accounts of a larger whole cannot decide."""


@dataclass(frozen=True, slots=True)
class Explanation:
    """One honest explanation: what was measured, and whether it holds."""

    name: str
    statement: str
    holds: bool


def _one_door(world: World, members: I64) -> float:
    """Largest share of the members that one address, network, payment or domain has."""
    hands = world.traits.hands
    if hands is None:
        return 0.0
    within = hands.matrix[members]
    scarce = within.indices[hands.rarity()[within.indices] < 2]
    return float(np.bincount(scarce, minlength=1).max() / len(members))


def explain(world: World, members: I64, bystanders: I64) -> tuple[Explanation, ...]:
    """Consider the honest explanations of a cluster.

    Args:
        world: the log as the tests see it.
        members: the cluster.
        bystanders: linked to it and set aside; what members repeat of theirs counts as repeated.
    """
    repeated = float(np.median(world.asked.repeats(np.concatenate([members, bystanders]))[: len(members)]))
    apart = apartness(world, members)
    own = bool(np.isfinite(apart.icc) and apart.icc - APART_ERRORS * apart.standard_error > MARGIN)
    door = _one_door(world, members)
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
            OFFICE,
            "Accounts of one declared organisation were counted as one before anything was compared; these claim to be "
            f"{len(members)} strangers. One address or payment is shared by {door:.0%} of them.",
            door >= ONE_DOOR and len(members) <= _SMALL,
        ),
        Explanation(
            "licensed distillation",
            f"{licensed:.0%} of the accounts have a licence on record.",
            licensed > LICENSED,
        ),
    )
