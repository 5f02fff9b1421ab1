"""Whether a pool was dealt out by count: every prompt to as many accounts, where independent users meet by chance.

Users of one public set who pick for themselves meet at random, and users who run all of it meet in all of it. A dealer
who has every prompt asked k times leaves neither: how many accounts send a prompt varies less than any independent
choice would have it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import scipy

from stillwatch.evidence.dispatch_thresholds import (
    DEALT,
    DRAWS_DEALT,
    LEAST_DEALT,
    LEAST_OFTEN,
    MOST_DEALT_SHARE,
    OFTEN,
)
from stillwatch.evidence.one_count import at_one_count
from stillwatch.evidence.p_values import drawn_until_told, tail_p
from stillwatch.evidence.postings import changes
from stillwatch.evidence.prompt_sets import PromptSets, most_by_chance
from stillwatch.evidence.thresholds import NEARLY_ALL, ODD_ONES, REPEATS

__all__ = ["SharingOut", "dealt_out", "sharing_out"]

I64 = npt.NDArray[np.int64]
F64 = npt.NDArray[np.float64]

# A set of at most so many times what is chosen of it is counted by its members, a larger one by sorting.
_COUNTED = 8


@dataclass(frozen=True, slots=True)
class SharingOut:
    """How a group's prompts repeat over its accounts.

    Attributes:
        p_value: of "each account chose for itself from one set".
        observed, expected: pairs of accounts with a prompt in common, summed over prompts, or prompts sent by just so
            many accounts, and what chance gives.
        times: accounts that send a prompt (mean).
        statement: what is seen.
    """

    p_value: float
    observed: float
    expected: float
    times: float
    statement: str


def sharing_out(prompts: PromptSets, members: I64) -> SharingOut | None:
    """Test whether a group's repeats are more even than independent choice from one set gives.

    On all prompts; on those that several send often enough for chance to have sent them too, for accounts that send
    much besides; without those that far more send than chance would have, for a pool may hold a prompt several
    times; and by whether more are sent by just so many accounts than any choice leaves. The smallest p-value counts,
    times their number (Bonferroni). None where too few prompts repeat to tell, or where accounts have most of the set
    each. Accounts of which another has most of what they send are left out: of several sets that two run each, every
    prompt is asked twice, and of one that two run and others in part, twice and by chance. Counted are all who send
    what several of the group do: what a whole was dealt evenly a part of it has by chance, and what goes to others too
    no dealer has for himself.
    """
    return prompts.asked.answer(members.tobytes(), lambda: _sharing_out(prompts, members))


def _sharing_out(prompts: PromptSets, members: I64) -> SharingOut | None:
    runners = prompts.runners(members)
    tests = [*_more_even(prompts, runners), _humped(prompts, members, runners)]
    found = [one for one in tests if one is not None]
    if not found:
        return None
    best = min(found, key=lambda one: one.p_value)
    return replace(best, p_value=min(1.0, len(tests) * best.p_value))


def _more_even(prompts: PromptSets, members: I64) -> list[SharingOut | None]:
    partnered = prompts.partners(members) > 0
    members = members[~partnered]
    if partnered.sum() > len(members):
        return []
    owner, column, counts = prompts.counted(members)
    every, often = np.ones(len(counts), np.bool_), counts >= LEAST_OFTEN
    parts = [(every, 1)]
    if often.any() and counts[often].mean() >= OFTEN:
        parts.append((often, LEAST_OFTEN))
    kept, least = parts[-1]
    no_favourite = kept & (counts <= most_by_chance(counts[kept]))
    if no_favourite.sum() < kept.sum():
        parts.append((no_favourite, least))
    sent = [(np.bincount(owner[kept[column]], minlength=len(members)), counts[kept], least) for kept, least in parts]
    return [_test(*part) for part in sent]


def _humped(prompts: PromptSets, members: I64, runners: I64) -> SharingOut | None:
    """By the members alone: of what is dealt by count a part of them leaves a hump too, and who meet by what everybody
    asks would fill it up. None where more than a tenth of what several of them send goes to others too."""
    several = prompts.several(members, float(len(members)))
    theirs = prompts.held(np.setdiff1d(runners, members))[2]
    if len(several) < LEAST_DEALT or np.isin(several, theirs).mean() > REPEATS:
        return None
    owner, column, _ = prompts.counted(members)
    hump = at_one_count(owner, column)
    if hump is None:
        return None
    return SharingOut(
        hump.p_value,
        hump.prompts,
        hump.allowed,
        hump.times,
        f"Of the accounts, just {hump.times} each send {hump.prompts:,} of the prompts; had each chosen for itself, it "
        f"would be {hump.allowed:,.0f} of the prompts at most, whatever is liked.",
    )


def dealt_out(prompts: PromptSets, members: I64) -> SharingOut | None:
    """How a group's prompts repeat over its accounts, where they are shown to be dealt out by count; else None."""
    found = sharing_out(prompts, members)
    return found if found is not None and found.p_value <= DEALT else None


def _test(sizes: I64, counts: I64, least: int) -> SharingOut | None:
    """Hold how many accounts send each prompt against parts of these sizes chosen at random from one set.

    Its size is the one of which random parts would have shown so many different prompts; where those are left out that
    fewer than ``least`` accounts send, they are left out of what is chosen at random too. Of what is lost on the way
    some prompts are sent by fewer, and none by more, where chance has a few sent by many more: so how the counts lean
    is held against chance too, unless they spread more, as those of a list do that is left on the way; and the smaller
    p-value counts, times two.
    """
    different, total = len(counts), int(counts.sum())
    # A harness that runs all of it, or a busy account, is one beside those that share it out.
    largest = np.sort(sizes)[-1 - int((1 - NEARLY_ALL) * len(sizes))]
    if np.sum(counts > 1) < LEAST_DEALT or largest > MOST_DEALT_SHARE * different:
        return None
    size = _set_size(sizes, different) if least == 1 else _cut_set_size(counts, least)
    size = max(size, int(sizes.max()))
    rng = np.random.default_rng([total, different])
    observed, expected = _pairs(counts), _pairs_by_chance(sizes, size)
    if least == 1 and observed >= expected:
        # No more even than chance gives: nothing to draw for.
        return _of_pairs(1.0, observed, expected, total / different, size)

    def even(draws: int) -> F64:
        """Fewer pairs than chance gives are the sign: so the fewest rank highest."""
        chosen = (_times(_chosen(rng, size, sizes), size) for _ in range(draws))
        kept = [one[one >= least] for one in chosen]
        # As many prompts as often: how many are left by a cut is chance's too.
        pairs = [_pairs(one) * (1.0 if least == 1 else _as_many(one, counts)) for one in kept]
        return -np.column_stack([pairs, [_shape(one) for one in kept]])

    mine = -np.array([observed, *_shape(counts)])
    drawn = drawn_until_told(even, mine, DRAWS_DEALT)
    expected, _, spread = -drawn.mean(axis=0)
    p_value = tail_p(drawn[:, 0], mine[0])
    if -mine[2] < spread:
        p_value = min(1.0, 2 * min(p_value, tail_p(drawn[:, 1], mine[1])))
    return _of_pairs(p_value, observed, float(expected), total / different, size)


def _of_pairs(p_value: float, pairs: float, expected: float, times: float, size: int) -> SharingOut:
    return SharingOut(
        p_value,
        pairs,
        expected,
        times,
        f"A prompt is sent by {times:.1f} of the accounts on average, and two of them have a prompt in common "
        f"{pairs:,.0f} times; had each chosen for itself from one set of {size:,}, it would be {expected:,.0f} times.",
    )


def _as_many(drawn: I64, counts: I64) -> float:
    """By what pairs of those drawn are to be multiplied, to be of as many prompts, each sent as often on average."""
    ours, theirs = (np.sum(one, dtype=np.float64) ** 2 / max(len(one), 1) for one in (counts, drawn))
    return float(ours / max(theirs, 1.0))


def _cut_set_size(counts: I64, least: int) -> int:
    """The size of a set of which so many prompts are sent by at least ``least`` each, and by so many of those on
    average, where each is sent by a number that chance gives (Poisson)."""
    mean = float(counts.mean())

    def apart(rate: float) -> float:
        # Of a Poisson variable, the mean of what is at least k is its rate times P(X >= k - 1) / P(X >= k).
        return float(rate * scipy.stats.poisson.sf(least - 2, rate) / scipy.stats.poisson.sf(least - 1, rate)) - mean

    rate = scipy.optimize.brentq(apart, 1e-3, mean)
    return max(len(counts), round(len(counts) / float(scipy.stats.poisson.sf(least - 1, rate))))


def _shape(counts: I64) -> tuple[float, float]:
    """How the counts lean and spread: their skewness, 0 where all are one, and their variance; without the largest, of
    prompts that people send too or that stand in a pool several times."""
    kept = np.sort(counts)[: len(counts) - int(ODD_ONES * len(counts))]
    if not len(kept) or not np.ptp(kept):
        return 0.0, 0.0
    away = kept - np.mean(kept)
    square = away * away
    # As scipy.stats.skew has it, which takes ten times as long to ask what it was given.
    return float((square * away).mean() / square.mean() ** 1.5), float(np.var(kept))


def _pairs(counts: I64) -> float:
    """Pairs of accounts with a prompt in common, from how many send each."""
    return float(np.sum(counts * (counts - 1.0)) / 2)


def _pairs_by_chance(sizes: I64, size: int) -> float:
    """Pairs of parts of these sizes with a member in common, chosen at random from one set, on average."""
    return float(np.sum(sizes, dtype=np.float64) ** 2 - np.sum(sizes.astype(np.float64) ** 2)) / 2 / size


def _times(chosen: I64, size: int) -> I64:
    """How often each of a set of ``size`` is chosen; those that never are may be among them."""
    if size <= _COUNTED * len(chosen):
        return np.bincount(chosen)
    ordered = np.sort(chosen)
    return np.diff(np.append(np.flatnonzero(changes(ordered)), len(ordered)))


def _chosen(rng: np.random.Generator, size: int, parts: I64) -> I64:
    """Of each of some parts, of these sizes, what is in it: different members of one set of ``size``, by chance."""
    begin = np.repeat(np.arange(len(parts)) * size, parts)
    key = np.sort(begin + rng.integers(size, size=len(begin)))
    while not (fresh := changes(key)).all():
        again = key[~fresh] // size
        key = np.sort(np.concatenate([key[fresh], again * size + rng.integers(size, size=len(again))]))
    return key - begin


def _set_size(sizes: I64, different: int) -> int:
    """The size of a set of which independent parts of these sizes would show so many distinct prompts."""

    def seen(size: float) -> float:
        return size * float(-np.expm1(np.sum(np.log1p(-np.minimum(sizes / size, 1 - 1e-12))))) - different

    low, high = float(max(different, sizes.max() + 1)), float(1 << 40)
    if seen(low) >= 0:
        return int(low)
    return round(scipy.optimize.brentq(seen, low, high)) if seen(high) > 0 else int(high)
