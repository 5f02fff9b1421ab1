"""Who sends the same prompts, letter for letter.

An evaluation harness or a class with one homework repeats across accounts; accounts that share out
a pool do not. This is the plainest thing that tells them apart.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import numpy.typing as npt
from scipy import sparse

from stillwatch.evidence.dispatch_thresholds import FAVOURITE, LEAST_DEALT
from stillwatch.evidence.last_asked import LastAsked
from stillwatch.evidence.postings import in_runs
from stillwatch.evidence.thresholds import CARRIED, MAJORITY, REPEATS, SHARED_BY, STRANGERS_DRAWN

__all__ = ["PromptSets", "most_by_chance"]

I64 = npt.NDArray[np.int64]
U64 = npt.NDArray[np.uint64]


@dataclass(frozen=True)
class PromptSets:
    """Distinct prompts of each of E entities.

    Attributes:
        prompts: hashes, those of one entity together.
        offsets: E + 1 offsets into them.
        short: those of a few words that many send, by hash, sorted.
        holders: how many entities send each of these.
        asked: what was last asked of it.
    """

    prompts: U64
    offsets: I64
    short: U64 = field(default_factory=lambda: np.zeros(0, np.uint64))
    holders: I64 = field(default_factory=lambda: np.zeros(0, np.int64))
    asked: LastAsked = field(default_factory=LastAsked, compare=False)

    def repeats(self, members: I64) -> npt.NDArray[np.float64]:
        """Share of each member's distinct prompts that another of the members sends too; small talk, a few words that
        many others send as well, is left out: "continue" is nobody's benchmark."""
        owner, kept, senders, _ = self._sent(members)
        repeated = np.bincount(owner, weights=kept & (senders > 1), minlength=len(members))
        return np.asarray(repeated / np.maximum(np.bincount(owner, weights=kept, minlength=len(members)), 1))

    def usual_repeats(self, group: I64) -> float:
        """Share of a typical account's prompts that as many others of the log have in common among them, at a fixed
        draw: of two thousand strangers each sends something that another sends too; 0 where there are no others."""
        others = np.setdiff1d(np.arange(len(self.offsets) - 1), group)
        rng = np.random.default_rng(len(group))
        size = min(len(group), len(others))
        drawn = [rng.choice(others, size, replace=False) for _ in range(max(1, STRANGERS_DRAWN // max(size, 1)))]
        return float(np.median(np.concatenate([self.repeats(np.sort(some)) for some in drawn]))) if size else 0.0

    def overlaps(self, members: I64) -> tuple[npt.NDArray[np.float64], float]:
        """Share of each member's prompts that one other member sends too (mean over the others; small talk left out),
        and how many members send a prompt that several do (mean over who sends them, without what far more send, such
        as "go on"; 1 where none do)."""
        owner, kept, senders, _ = self._sent(members)
        shared = np.bincount(owner, weights=kept * (senders - 1), minlength=len(members))
        sent = np.maximum(np.bincount(owner, weights=kept, minlength=len(members)), 1)
        several = senders[kept & (senders > 1)]
        several = several[several <= most_by_chance(several)]
        return shared / sent / max(len(members) - 1, 1), float(several.mean()) if len(several) else 1.0

    def several(self, members: I64, most: float) -> U64:
        """Prompts, small talk left out, that two to ``most`` of the members send, sorted."""
        _, kept, senders, names = self._sent(members)
        return np.unique(names[kept & (senders >= 2) & (senders <= most)])

    def runners(self, members: I64) -> I64:
        """Who of the log sends what several of the members send, as more than a tenth of its own prompts and three of
        them at least: members or not, sorted. The members alone where that is too little to be a set."""
        names = self.several(members, float(len(members)))
        if len(names) < LEAST_DEALT:
            return members
        first, behind = (
            np.searchsorted(self.prompts, names, side, sorter=self._in_order) for side in ("left", "right")
        )
        places = self._in_order[in_runs(first, behind - first)]
        who = np.searchsorted(self.offsets, places, side="right") - 1
        shared = np.bincount(who, minlength=len(self.offsets) - 1)
        runs = (shared >= CARRIED[0]) & (shared > REPEATS * np.diff(self.offsets))
        return np.union1d(members, np.flatnonzero(runs))

    @cached_property
    def _in_order(self) -> I64:
        """Where each prompt stands, by its hash."""
        return np.argsort(self.prompts, kind="stable")

    def partners(self, members: I64) -> I64:
        """How many others each member has who send most of what it sends, and at least three prompts of it."""
        owner, kept, _, prompts = self._sent(members)
        different, names = np.unique(prompts[kept], return_inverse=True)
        sent = np.bincount(owner[kept], minlength=len(members))
        size = len(members), max(len(different), 1)
        who = sparse.csr_matrix((np.ones(len(names), np.int64), (owner[kept], names)), shape=size)
        both = who @ who.T
        both.setdiag(0)
        both = both.tocoo()
        most = (both.data >= CARRIED[0]) & (both.data > MAJORITY * sent[both.row])
        return np.bincount(both.row[most], minlength=len(members))

    def sent_of(self, members: I64, others: I64) -> npt.NDArray[np.float64]:
        """Share of what each of the others sends, small talk left out, that a member sends too (others)."""
        _, kept, _, names = self._sent(members)
        sent = np.unique(names[kept])
        _, whose, theirs = self.held(others)
        spoken = self.spoken(theirs)
        count = np.bincount(whose, weights=spoken, minlength=len(others))
        shared = np.bincount(whose, weights=spoken & np.isin(theirs, sent), minlength=len(others))
        return np.asarray(shared / np.maximum(count, 1))

    def had_by(self, members: I64, others: I64) -> npt.NDArray[np.float64]:
        """Share of all that the members send, small talk left out, that each of the others sends too (others)."""
        _, kept, _, names = self._sent(members)
        sent = np.sort(names[kept])
        _, whose, theirs = self.held(others)
        times = np.searchsorted(sent, theirs, "right") - np.searchsorted(sent, theirs)
        return np.bincount(whose, weights=times, minlength=len(others)) / max(len(sent), 1)

    def _sent(self, members: I64) -> tuple[I64, npt.NDArray[np.bool_], I64, U64]:
        """Of each member's distinct prompts: whose each is, whether it is no small talk, how many members send it, and
        the prompt."""
        return self.asked.answer(("sent", members.tobytes()), lambda: self._sent_by(members))

    def _sent_by(self, members: I64) -> tuple[I64, npt.NDArray[np.bool_], I64, U64]:
        _, owner, mine = self.held(members)
        names, inverse, counts = np.unique(mine, return_inverse=True, return_counts=True)
        return owner, ~self._small_talk(names, counts)[inverse], counts[inverse], mine

    def spoken(self, names: U64) -> npt.NDArray[np.bool_]:
        """Which prompts are not those few words that many send."""
        return np.isin(names, self.short, invert=True)

    def _small_talk(self, names: U64, inside: I64) -> npt.NDArray[np.bool_]:
        """Which prompts of a group are small talk, from how many of it send each."""
        if not len(self.short):
            return np.zeros(len(names), np.bool_)
        place = np.minimum(np.searchsorted(self.short, names), len(self.short) - 1)
        return np.asarray((self.short[place] == names) & (self.holders[place] - inside >= SHARED_BY), np.bool_)

    def held(self, members: I64) -> tuple[I64, I64, U64]:
        """How many distinct prompts each member has, the member's place of each, and the prompts."""
        sizes = self.offsets[members + 1] - self.offsets[members]
        owner = np.repeat(np.arange(len(members)), sizes)
        return sizes, owner, self.prompts[in_runs(self.offsets[members], sizes)]


def most_by_chance(senders: I64) -> float:
    """How many accounts send a prompt at most, where chance alone spreads them about the usual number; 0 of none.

    Args:
        senders: how many send each.
    """
    usual = float(np.median(senders)) if len(senders) else 0.0
    return usual + FAVOURITE * float(np.sqrt(usual))
