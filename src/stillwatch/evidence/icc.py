"""Are these accounts random draws from one source of questions?

Intraclass correlation of the prompts' embeddings by account, one-way random effects (Shrout and
Fleiss 1979) with traces for variances: about 0 where nothing but chance sets accounts apart,
.04 for people, .3 and more for applications. It is put as an equivalence test (Schuirmann 1987):
not "can these accounts be told apart?", which a small cluster never can, but "is it shown that
they cannot?".
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from statistics import NormalDist

import numpy as np
import numpy.typing as npt
import scipy

from stillwatch.core.counted import percent
from stillwatch.evidence.content import Content
from stillwatch.evidence.dispatch_thresholds import ALL_ALIKE, ASKED_AGAIN, NEARNESS_PROMPTS, ONE_MATTER
from stillwatch.evidence.postings import changes
from stillwatch.evidence.source_part import source_part
from stillwatch.evidence.thresholds import (
    DEPARTED,
    LEAST_FOR_ICC,
    LEAST_SOURCE_PROMPTS,
    LEAST_SWAPPED,
    MARGIN,
    MOST_FOR_ICC,
    UNTOLD,
)

__all__ = [
    "Icc",
    "asked_once",
    "correlation",
    "departure",
    "icc_of",
    "icc_of_most",
    "icc_of_source",
    "intraclass_correlation",
    "jackknifed",
    "of_many_matters",
    "spread",
    "z_of",
]

F32 = npt.NDArray[np.float32]
F64 = npt.NDArray[np.float64]
I64 = npt.NDArray[np.int64]
Sum = F64 | np.float64
_NORMAL = NormalDist()


@dataclass(frozen=True, slots=True)
class Icc:
    """Intraclass correlation with its jackknife standard error.

    Attributes:
        icc: variance between accounts over the whole; 0 where interchangeable.
        standard_error: delete-one-account jackknife, widened by 1 + 2/m for few accounts.
        p_value: of "the correlation is at least ``MARGIN``"; 1 where it cannot be tested.
        p_apart: of "the correlation is 0", one-sided upward: small where accounts are set apart.
    """

    icc: float
    standard_error: float
    p_value: float
    p_apart: float

    @property
    def sets_apart(self) -> bool:
        """Whether it is shown that accounts have content of their own."""
        return bool(self.icc - z_of(UNTOLD) * self.standard_error > MARGIN)

    @property
    def told(self) -> bool:
        """Whether it is shown on which side of the margin the correlation lies."""
        return bool(np.isfinite(self.icc) and (self.p_value <= UNTOLD or self.sets_apart))

    def in_words(self, which: str = "") -> str:
        """What it says, for whoever has not heard of it."""
        return f"which account sent a prompt{which} explains {percent(max(self.icc, 0.0))} of how the prompts differ"


def intraclass_correlation(vectors: F32, owner: I64) -> Icc:
    """Test whether the owners of these vectors are random draws from one source.

    Args:
        vectors: S x d, one a prompt.
        owner: account of each vector; accounts with fewer than 2 vectors are left out.
    """
    order = np.argsort(owner, kind="stable")
    begins = np.flatnonzero(changes(owner[order]))
    counts = np.diff(np.append(begins, len(order)))
    kept = np.repeat(counts >= 2, counts)
    n = counts[counts >= 2].astype(np.float64)
    m = len(n)
    if m < LEAST_FOR_ICC:
        return Icc(float("nan"), float("nan"), 1.0, 1.0)
    chosen = vectors[order[kept]]
    begins = np.append(0, np.cumsum(counts[counts >= 2])[:-1])
    sums = np.add.reduceat(chosen, begins, axis=0, dtype=np.float64)
    squares = np.add.reduceat(np.einsum("ij,ij->i", chosen, chosen).astype(np.float64), begins)
    of_mean = np.einsum("ij,ij->i", sums, sums) / n
    total = sums.sum(axis=0)
    icc = float(_icc(m, n.sum(), np.sum(n**2), of_mean.sum(), total @ total, squares.sum()))
    # Each account left out in turn, from its own sums: no pass over the prompts.
    rest = total - sums
    left_out = _icc(
        m - 1,
        n.sum() - n,
        np.sum(n**2) - n**2,
        of_mean.sum() - of_mean,
        np.einsum("ij,ij->i", rest, rest),
        squares.sum() - squares,
    )
    return jackknifed(icc, left_out)


def jackknifed(icc: float, left_out: F64) -> Icc:
    """A correlation with its error and p-values, from what it is without each account in turn (m)."""
    m = len(left_out)
    spread = np.sqrt((m - 1) / m * np.sum((left_out - left_out.mean()) ** 2)) * (1 + 2 / m)
    error = float(max(spread, 1e-6))
    # Student's t by its function: a distribution of scipy.stats takes longer to make than all of the above.
    below, above = scipy.special.stdtr(m - 1, (icc - MARGIN) / error), scipy.special.stdtr(m - 1, -icc / error)
    return Icc(icc, error, float(below), float(above))


def _icc(m: int, count: Sum, square_count: Sum, of_means: Sum, of_total: Sum, of_all: Sum) -> F64:
    """Intraclass correlation from sums of squares; columns may be arrays, one value a group.

    Args:
        m: accounts.
        count, square_count: sums of the accounts' numbers of prompts and of their squares.
        of_means: sum of each account's squared sum over its number.
        of_total: squared sum of all.
        of_all: sum of squares of all.
    """
    between = (of_means - of_total / count) / (m - 1)
    within = (of_all - of_means) / np.maximum(count - m, 1.0)
    typical = (count - square_count / count) / (m - 1)
    return correlation(between, within, typical)


def correlation(between: Sum, within: Sum, typical: Sum) -> F64:
    """Intraclass correlation from mean squares between and within accounts, and the typical number of an account's
    prompts; of whatever shape."""
    whole = between + (typical - 1) * within
    return np.asarray(np.where(whole > 0, (between - within) / np.where(whole > 0, whole, 1.0), 0.0))


def icc_of(content: Content, members: I64, *, whole: bool = False) -> Icc:
    """Intraclass correlation of the common part of a group's sampled prompts, or of the whole of them, on a bounded
    number of them."""
    return content.asked.answer((members.tobytes(), whole), lambda: _icc_of(content, members, whole=whole))


def _icc_of(content: Content, members: I64, *, whole: bool) -> Icc:
    members = spread(content, members)
    rows = content.rows(members)
    if whole:
        return _of_what_is_asked_once(content.raw[rows], content.owner[rows])
    return icc_of_source(content, members, content.raw[rows], content.whitened[rows], content.owner[rows])


def icc_of_most(content: Content, members: I64) -> Icc:
    """Intraclass correlation of those of a group who do not depart from it, where they are most: whose talk hides what
    is compared may be left out."""
    kept = members[departure(content, members, members) <= DEPARTED]
    return icc_of(content, kept if len(kept) >= LEAST_SWAPPED * len(members) else members)


def spread(content: Content, members: I64) -> I64:
    """Members evenly spread over a group, as many as have a bounded number of sampled prompts: all of those who send
    little."""
    return members[:: max(1, -(-int(content.counts[members].sum()) // MOST_FOR_ICC))]


def icc_of_source(content: Content, members: I64, raw: F32, whitened: F32, owner: I64) -> Icc:
    """Intraclass correlation of the common part of these prompts.

    Args:
        content: the whole log's.
        members: the group, sorted.
        raw, whitened: features of its prompts.
        owner: member of each.
    """
    part = source_part(content, members, whitened, owner).posterior > 0.5
    if part.sum() < LEAST_SOURCE_PROMPTS * len(members):
        part[:] = True
    return _of_what_is_asked_once(raw[part], owner[part])


def _of_what_is_asked_once(vectors: F32, owner: I64) -> Icc:
    """Intraclass correlation of these prompts; where it sets accounts apart, and does so no more once each prompt of an
    account counts once, it cannot be told what is their own: who asks for several answers to each item has its items
    several times."""
    every = intraclass_correlation(vectors, owner)
    if not every.sets_apart:
        return every
    once = asked_once(vectors, owner)
    same = intraclass_correlation(vectors[once], owner[once])
    if same.sets_apart or not np.isfinite(same.icc):
        return every
    return replace(same, p_value=max(every.p_value, same.p_value))


def asked_once(vectors: F32, owner: I64) -> npt.NDArray[np.bool_]:
    """Which prompts are nearly none of the same account's before them: one that is asked several times over, as for
    rejection sampling, says no more of whose content it is than once. Where prompts of different accounts are as near
    to one another, all are of one kind, and none is another again.

    Args:
        vectors: S x d, one a prompt.
        owner: account of each, sorted.
    """
    unit = _unit(vectors)
    once = np.ones(len(owner), np.bool_)
    if _of_one_kind(unit, owner):
        return once
    begins = np.flatnonzero(changes(owner))
    counts = np.diff(np.append(begins, len(owner)))
    for count in np.unique(counts[counts > 1]):
        rows = begins[counts == count, None] + np.arange(count)
        alike = unit[rows] @ unit[rows].transpose(0, 2, 1) > ASKED_AGAIN
        once[rows] = ~np.tril(alike, -1).any(axis=2)
    return once


def _of_one_kind(unit: F32, owner: I64) -> bool:
    """Whether prompts of different accounts are often nearly the same, of a bounded number of them, evenly spread."""
    near = _nearness(unit, owner)
    return bool(np.mean(near > ASKED_AGAIN) > ALL_ALIKE) if len(near) else False


def of_many_matters(content: Content, members: I64) -> bool:
    """Whether hardly any two prompts of different members are of one matter, as where a pool of all kinds is dealt out,
    and not where one program asks."""
    rows = content.rows(members)
    near = _nearness(_unit(content.raw[rows]), content.owner[rows])
    return bool(np.mean(near > ONE_MATTER) <= ALL_ALIKE) if len(near) else False


def _unit(vectors: F32) -> F32:
    length = np.linalg.norm(vectors, axis=1, keepdims=True)
    return np.asarray(vectors / np.maximum(length, np.float32(1e-9)), np.float32)


def _nearness(unit: F32, owner: I64) -> F32:
    """Cosines of prompts of different accounts, of a bounded number of prompts, evenly spread."""
    some = slice(None, None, -(-len(owner) // NEARNESS_PROMPTS) or 1)
    return np.asarray((unit[some] @ unit[some].T)[owner[some, None] != owner[some]], np.float32)


def departure(content: Content, members: I64, who: I64) -> F64:
    """By how many standard deviations what each of ``who`` asks lies further from what a group asks than the group's
    own prompts scatter; a member is held against the others. 0 of whom no prompt is known.

    The squared distance of means over what two samples of one source would have, with Satterthwaite's (1946) degrees
    of freedom for directions that scatter together.

    Args:
        content: of the group two members or more.
        members, who: entities, sorted.
    """
    n, sums = content.sums(members)
    known = n > 0
    residual = content.raw[content.rows(members)] - np.repeat(sums[known] / n[known, None], n[known], axis=0)
    scatter = residual.T @ residual / max(float(n.sum() - known.sum()), 1.0)
    within = max(float(np.trace(scatter)), 1e-9)
    freedom = within**2 / max(float(np.sum(scatter**2)), 1e-12)
    theirs, own = content.sums(who)
    inside = np.isin(who, members)
    others = np.maximum(n.sum() - theirs * inside, 1)
    rest = (sums.sum(axis=0) - own * inside[:, None]) / others[:, None]
    away = own / np.maximum(theirs, 1)[:, None] - rest
    expected = within * (1 / np.maximum(theirs, 1) + 1 / others)
    beyond = (np.einsum("ij,ij->i", away, away) / expected - 1) * np.sqrt(freedom / 2)
    return np.where(theirs > 0, beyond, 0.0)


def z_of(level: float) -> float:
    """Standard normal quantile of a one-sided level."""
    return float(-_NORMAL.inv_cdf(level))
