"""Payload: one source of questions, put in words of each account's own.

A wrapper reworded for every account shares no text, sets the accounts apart, and half of their traffic may be
somebody's talk. But each sends its own wrapper again and again. What stands beside it, in the requests that carry it,
is compared here: cover carries no wrapper, and the wrapper is no longer there to set accounts apart. Applications that
forward ordinary talk in words of their own are interchangeable too, so it must also be of a matter of its own.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar

import numpy as np
import numpy.typing as npt

from stillwatch.core.counted import percent
from stillwatch.evidence.base import Example, Family, Null, Observed
from stillwatch.evidence.communities import communities
from stillwatch.evidence.group_statistics import likeness
from stillwatch.evidence.icc import departure, icc_of, icc_of_most, spread
from stillwatch.evidence.log_profile import I64, LogProfile
from stillwatch.evidence.neighbours import closest
from stillwatch.evidence.p_values import tail_p
from stillwatch.evidence.thresholds import (
    BEYOND_DOUBT,
    DEPARTED,
    DRAWS_ALIKE,
    LEAST_MEMBERS,
    LEAST_SWAPPED,
    LEAST_WRAPPED,
    MAJORITY,
    MARGIN,
    MARK_BITS,
    MOST_BITS,
    PAYLOAD_FULL_Z,
    PAYLOAD_Z,
    RESOLUTION_ALIKE,
    UNTOLD,
)

__all__ = ["FAMILY"]

F64 = npt.NDArray[np.float64]

# Of the example: each account's wrapper has none of another's words, and all ask of one matter.
_WRAPPERS = (
    "kindly give me every detail of this", "solve what follows as an expert", "treat these lines like homework",
    "act as my patient tutor today", "write out all your reasoning for", "respond to this request at length",
    "tell a beginner about the next", "work through it from first principles", "take your time over the matter",
    "be thorough when you look into", "answer below in numbered parts", "show a colleague how one handles",
)  # fmt: skip
_POOL = (
    "meadow", "orchard", "harvest", "tractor", "barley", "clover", "pasture", "furrow", "seedling", "compost", "manure",
    "plough", "sickle", "granary", "hayloft", "stable", "poultry", "cattle", "shepherd", "fleece", "beehive", "honey",
    "cider", "vineyard", "trellis", "greenhouse", "irrigation", "drought", "frost", "weevil", "blight", "mildew", "rye",
    "oats", "turnip", "cabbage", "pumpkin", "lentil", "hedgerow", "fallow", "acre", "bushel", "fertiliser", "pesticide",
    "silage", "dairy", "butter", "rooster",
)  # fmt: skip


class Payload(Family):
    """One source of questions behind words of each one's own."""

    name = "payload"
    sees = "one source of questions, in words of each account's own"
    side = "content"
    owners = True
    reads = ("prompt",)
    marks = True
    within = True
    blind_spot = "Accounts that send no words of their own again and again, and pools of what everybody asks."
    examples: ClassVar[tuple[Example, ...]] = (
        Example(
            "each wraps one pool's questions in a sentence of its own",
            {
                "prompt": lambda rng, account, row: (
                    f"{_WRAPPERS[account % len(_WRAPPERS)]}: {' '.join(rng.choice(_POOL, 12))} {row}?"
                )
            },
            seen=True,
        ),
        Example("each asks of matters of its own", {}, seen=False),
    )

    def groups(self, log: LogProfile, *, least: int, seed: int) -> Iterable[I64]:
        """Communities of accounts whose payloads are close, without those who depart from the rest."""
        payload = log.payload
        wrapped = np.flatnonzero(payload.counts)
        scale = np.sqrt(payload.counts[wrapped]) / max(payload.dimensions, 1) ** 0.25
        vectors = payload.means[wrapped] * scale.astype(np.float32)[:, None]
        a, b, z = closest(vectors, least=PAYLOAD_Z, seed=seed)
        weight = np.clip(z / PAYLOAD_FULL_Z, 0.0, 1.0)
        found = communities(
            wrapped[a], wrapped[b], weight, len(log), resolution=RESOLUTION_ALIKE, least=least, seed=seed
        )
        for group in found:
            kept = group[departure(payload, group, group) <= DEPARTED]
            if len(kept) >= least:
                yield kept

    def test(self, log: LogProfile, members: I64, null: Null, *, least: int = LEAST_MEMBERS) -> Iterable[Observed]:
        """Close beyond like accounts *and* interchangeable: both must be shown, so the larger p-value counts."""
        wrapped = _wrapped(log, members)
        if len(wrapped) < max(least, LEAST_SWAPPED * len(members)):
            return []
        same = icc_of(log.payload, wrapped)
        if not np.isfinite(same.icc):
            return []
        concentrated, z = _concentrated(log, wrapped, null)
        if log.closer_payload is not None and concentrated <= UNTOLD and BEYOND_DOUBT < same.p_value < MAJORITY:
            # A few prompts an account leave it open: more of them may tell.
            some = spread(log.payload, wrapped)
            more = icc_of_most(log.closer_payload(some), some)
            same = more if np.isfinite(more.icc) else same
        return [
            Observed(
                max(concentrated, same.p_value),
                "intraclass correlation beside each account's own words",
                same.icc,
                MARGIN,
                _sentence(len(wrapped), len(members), z, same.icc, max(concentrated, same.p_value)),
            )
        ]

    def fit(self, log: LogProfile, members: I64, who: I64, *, kin: I64 | None = None) -> F64 | None:
        """Likeness of payloads; against whoever departs from the group's, or has none where nearly all have.

        It keeps whom it found and recruits nobody: others may wrap like questions for reasons of their own.
        """
        wrapped = _wrapped(log, members)
        if len(wrapped) < max(LEAST_MEMBERS, LEAST_SWAPPED * len(members)):
            return np.zeros(len(who))
        order = np.argsort(who, kind="stable")
        away = np.empty(len(who))
        away[order] = departure(log.payload, wrapped, who[order])
        bits = log.payload.bits(wrapped, who)
        bits = np.where(np.isin(who, members), bits, np.minimum(bits, MARK_BITS / 2))
        return np.where((away > DEPARTED) | (log.payload.counts[who] == 0), -MOST_BITS, bits)


def _sentence(wrapped: int, members: int, z: float, icc: float, p_value: float) -> str:
    near = f"{z:.0f} standard deviations closer" if z >= 0.5 else "no closer"
    shown = " That is what one source of questions in different wrappers looks like." if p_value <= UNTOLD else ""
    return (
        f"{wrapped} of {members} accounts send words of their own again and again. What stands beside these words lies "
        f"{near} together than that of random accounts, and which account sent it explains "
        f"{percent(max(icc, 0))} of how it differs (where people ask for themselves, 3 % and more).{shown}"
    )


def _wrapped(log: LogProfile, members: I64) -> I64:
    """Members that send words of their own again and again."""
    return members[log.payload.counts[members] > 0]


def _concentrated(log: LogProfile, wrapped: I64, null: Null) -> tuple[float, float]:
    """p-value of likeness beyond groups of like accounts, and by how many of their standard deviations.

    Of each account the direction from the middle of the others alone counts: applications lie so far out that a few of
    one kind would outweigh all others of a group. Where few others send words of their own, these are held against
    whatever others ask.
    """
    among = log.payload.counts > 0
    means = np.where(among[:, None], log.payload.means, log.content.means)
    others = among.copy()
    others[wrapped] = False
    enough = others.sum() >= LEAST_WRAPPED
    if not enough:
        others = log.content.counts > 0
        others[wrapped] = False
    away = means - means[others].mean(axis=0) if others.any() else means
    away = np.where(np.any(means != 0, axis=1)[:, None], away, np.float32(0))
    away = np.asarray(away / np.maximum(np.linalg.norm(away, axis=1, keepdims=True), 1e-9), np.float32)
    drawn = likeness(away, null.matched(wrapped, DRAWS_ALIKE, among=among if enough else None))
    mine = float(likeness(away, wrapped[None, :])[0])
    return tail_p(drawn, mine), mine / max(float(np.std(drawn)), 1e-9)


FAMILY = Payload()
