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
from stillwatch.evidence.numbers import Number, Numbers
from stillwatch.evidence.postings import distinct, in_runs
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
        return self._numbers.names[self._several(members, most)]

    def _several(self, members: I64, most: float) -> Number:
        """Their numbers, in order."""
        _, kept, senders, names = self._sent(members)
        return distinct(names[kept & (senders >= 2) & (senders <= most)])

    def runners(self, members: I64) -> I64:
        """Who of the log sends what several of the members send, as more than a tenth of its own prompts and three of
        them at least: members or not, sorted. The members alone where that is too little to be a set."""
        several = self._several(members, float(len(members)))
        if len(several) < LEAST_DEALT:
            return members
        shared = np.bincount(self._owner[self._numbers.places(several)], minlength=len(self.offsets) - 1)
        runs = (shared >= CARRIED[0]) & (shared > REPEATS * np.diff(self.offsets))
        return np.union1d(members, np.flatnonzero(runs))

    @cached_property
    def _numbers(self) -> Numbers:
        return Numbers(self.prompts)

    @cached_property
    def _owner(self) -> Number:
        """Entity of each prompt."""
        return np.repeat(np.arange(len(self.offsets) - 1, dtype=np.int32), np.diff(self.offsets))

    @cached_property
    def _spoken_by(self) -> I64:
        """How many entities send each prompt that is a few words, 0 of all others, by number."""
        names = self._numbers.names
        if not len(self.short):
            return np.zeros(len(names), np.int64)
        place = np.minimum(np.searchsorted(self.short, names), len(self.short) - 1)
        return np.where(self.short[place] == names, self.holders[place], 0)

    def circles(self, members: I64) -> I64:
        """Which circle each member is of, from 0: those of one send, directly or over others of it, what another of it
        sends too, small talk left out."""
        owner, kept, senders, prompts = self._sent(members)
        several = kept & (senders > 1)
        different, names, _ = self._numbers.counted(prompts[several])
        size = len(members), max(len(different), 1)
        who = sparse.csr_matrix((np.ones(len(names), np.int64), (owner[several], names)), shape=size)
        both = sparse.bmat([[None, who], [who.T, None]], format="csr")
        return np.asarray(sparse.csgraph.connected_components(both, directed=False)[1][: len(members)], np.int64)

    def partners(self, members: I64) -> I64:
        """How many others each member has who send most of what it sends, and at least three prompts of it."""
        owner, kept, senders, prompts = self._sent(members)
        sent = np.bincount(owner[kept], minlength=len(members))
        # What one of them alone sends no two have in common.
        several = kept & (senders > 1)
        different, names, _ = self._numbers.counted(prompts[several])
        size = len(members), max(len(different), 1)
        who = sparse.csr_matrix((np.ones(len(names), np.int64), (owner[several], names)), shape=size)
        both = (who @ who.T).tocoo()
        most = (both.row != both.col) & (both.data >= CARRIED[0]) & (both.data > MAJORITY * sent[both.row])
        return np.bincount(both.row[most], minlength=len(members))

    def sent_of(self, members: I64, others: I64) -> npt.NDArray[np.float64]:
        """Share of what each of the others sends, small talk left out, that a member sends too (others)."""
        _, kept, _, names = self._sent(members)
        sent = self._numbers.names[distinct(names[kept])]
        _, whose, theirs = self.held(others)
        spoken = self.spoken(theirs)
        count = np.bincount(whose, weights=spoken, minlength=len(others))
        shared = np.bincount(whose, weights=spoken & np.isin(theirs, sent), minlength=len(others))
        return np.asarray(shared / np.maximum(count, 1))

    def had_by(self, members: I64, others: I64) -> npt.NDArray[np.float64]:
        """Share of all that the members send, small talk left out, that each of the others sends too (others)."""
        _, kept, _, names = self._sent(members)
        sent = self._numbers.names[np.sort(names[kept])]
        _, whose, theirs = self.held(others)
        times = np.searchsorted(sent, theirs, "right") - np.searchsorted(sent, theirs)
        return np.bincount(whose, weights=times, minlength=len(others)) / max(len(sent), 1)

    def _sent(self, members: I64) -> tuple[I64, npt.NDArray[np.bool_], I64, Number]:
        """Of each member's distinct prompts: whose each is, whether it is no small talk, how many members send it, and
        its number."""
        return self.asked.answer(("sent", members.tobytes()), lambda: self._sent_by(members))

    def _sent_by(self, members: I64) -> tuple[I64, npt.NDArray[np.bool_], I64, Number]:
        _, owner, places = self._places(members)
        mine = self._numbers.of[places]
        different, place, inside = self._numbers.counted(mine)
        holders = self._spoken_by[different]
        small_talk = (holders > 0) & (holders - inside >= SHARED_BY)
        return owner, ~small_talk[place], inside[place], mine

    def counted(self, members: I64) -> tuple[I64, Number, I64]:
        """The member's place of each distinct prompt that it has, which of the group's prompts that is, and how many
        members have each of those."""
        _, owner, places = self._places(members)
        _, which, senders = self._numbers.counted(self._numbers.of[places])
        return owner, which, senders

    def spoken(self, names: U64) -> npt.NDArray[np.bool_]:
        """Which prompts are not those few words that many send."""
        return np.isin(names, self.short, invert=True)

    def held(self, members: I64) -> tuple[I64, I64, U64]:
        """How many distinct prompts each member has, the member's place of each, and the prompts."""
        sizes, owner, places = self._places(members)
        return sizes, owner, self.prompts[places]

    def _places(self, members: I64) -> tuple[I64, I64, I64]:
        sizes = self.offsets[members + 1] - self.offsets[members]
        owner = np.repeat(np.arange(len(members)), sizes)
        return sizes, owner, in_runs(self.offsets[members], sizes)


def most_by_chance(senders: I64) -> float:
    """How many accounts send a prompt at most, where chance alone spreads them about the usual number; 0 of none.

    Args:
        senders: how many send each.
    """
    usual = float(np.median(senders)) if len(senders) else 0.0
    return usual + FAVOURITE * float(np.sqrt(usual))
