"""Structure: the same text machinery, as rare sentences and templates that several accounts send."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt
import scipy

from stillwatch.core.counted import percent
from stillwatch.evidence.base import Count, Example, Family, Level, Null, Observed
from stillwatch.evidence.log_profile import I64, LogProfile
from stillwatch.evidence.postings import Postings
from stillwatch.evidence.shared_levels import reached, shared_levels
from stillwatch.evidence.signature import outside_share, own_texts, senders, signature
from stillwatch.evidence.thresholds import (
    COVERED,
    FILLED,
    LEAST_ABSENT_BITS,
    LEAST_MEMBERS,
    LEAST_SHARE,
    MAJORITY,
    MARK_BITS,
    MOST_BITS,
    MOST_COHORTS,
    MOST_TEXTS,
    NEARLY_ALL,
    P_FLOOR,
    REPEATS,
    USED,
    WIDELY_USED,
)

__all__ = ["FAMILY"]

F64 = npt.NDArray[np.float64]


class Structure(Family):
    """A rare sentence or template that many members send."""

    name = "structure"
    sees = "the same text machinery"
    side = "content"
    reads = ("system", "prompt")
    redraws = False
    blind_spot = "Prompts reworded by a model for each account, with no sentence of five words in common."
    counts: ClassVar[Mapping[str, Count]] = {
        "sentence": Count("unnest(list_distinct(sentences))", source="sketches", shared=True, kept=False),
        "template": Count("thing", source="template_use", shared=True, kept=False),
    }
    marks = True
    owners = True
    examples = (
        Example(
            "one sentence stands in each of their prompts",
            {
                "prompt": lambda rng, account, row: (
                    "Open a section named Ledger before you answer anything. Then tell of "
                    f"{' '.join(rng.choice(list('abcdefghijklmnop'), 12))}."
                )
            },
            seen=True,
        ),
        Example("each writes sentences of its own", {}, seen=False),
    )

    def levels(self, log: LogProfile) -> Sequence[Level]:
        """Two rare texts in common, or one of a class of rarity."""
        return shared_levels("texts", log.shared[self.name], (0.2, 0.15, 0.15, 0.15))

    def pair_columns(self, log: LogProfile, a: I64, b: I64) -> Mapping[str, npt.NDArray[Any]]:
        """The level of shared texts."""
        return reached("texts", log.shared[self.name], a, b)

    def groups(self, log: LogProfile, *, least: int, seed: int) -> Iterable[I64]:
        """Entities that one text fills: groups that no pair of entities would show.

        Four requests an account link nobody; one sentence in the requests of a thousand accounts is
        seen from the exchange's side. Cohorts that a larger one covers by half are left out.
        """
        texts = log.shared[self.name]
        if texts is None:
            return
        seen = _Cohorts(len(log))
        for share in FILLED:
            for members in _filled(texts, share, least):
                if not np.any(seen.overlap(members) >= COVERED * np.maximum(seen.sizes, len(members))):
                    seen.add(members)
                    yield members

    def test(self, log: LogProfile, members: I64, null: Null, *, least: int = LEAST_MEMBERS) -> Iterable[Observed]:
        """The rarest text that most members send: what a few of them share is no machinery of the group. And prompts
        that another of them sends nearly word for word too."""
        yield from _same_prompts(log, members)
        texts = log.shared[self.name]
        number, count, chance = signature(log, members, common=True)
        outside = outside_share(log, members, number, count)
        wide = np.flatnonzero((count > MAJORITY * len(members)) & own_texts(log, members, number, count))
        if texts is None or not len(wide):
            yield Observed(
                1.0, "shared text", 0.0, 0.0, "No text that is rare in this log is sent by most of the accounts."
            )
            return
        best = wide[0]
        others = len(log) - len(members)
        had = int(texts.holders[number[best]] - count[best])
        elsewhere = f"{had:,} do" if had > 1 else "one does" if had else "none does"
        p = float(max(10.0 ** chance[best], P_FLOOR))
        # One owner's customers have a phrase in common that others have too, here and there in what they send.
        sent = texts.matrix[members][:, number[wide]]
        fills = np.median(np.asarray(sent.max(axis=1).todense())) >= min(FILLED)
        theirs = np.sum(sent[:, :1] > 0) > MAJORITY * texts.holders[number[best]]
        yield Observed(
            p,
            "share of accounts with the commonest rare text",
            float(count[best] / len(members)),
            float(outside[best]),
            f"{int(count[best])} of {len(members)} accounts send one and the same sentence, or prompts that are nearly "
            f"the same; of the other {others:,} accounts, {elsewhere}.",
            None if fills or theirs else 1.0,
        )

    def shown_by(self, log: LogProfile, members: I64) -> npt.NDArray[np.bool_] | None:
        """Who sends the text that most marks the group."""
        texts = log.shared[self.name]
        number, count, _ = signature(log, members, common=True)
        number = number[(count >= WIDELY_USED * len(members)) & own_texts(log, members, number, count)]
        if texts is None or not len(number):
            return None
        return np.asarray(texts.matrix[members][:, number[:1]].toarray()[:, 0] >= LEAST_SHARE)

    def holders(self, log: LogProfile, members: I64) -> I64:
        """Who uses the rarest text that nearly all members send and few others."""
        return senders(log, members, USED)

    def fit(self, log: LogProfile, members: I64, who: I64, *, kin: I64 | None = None) -> F64 | None:
        """Weight of the group's texts; the strongest counts, for texts of one template come together."""
        texts = log.shared[self.name]
        size, total = len(members), len(log)
        number, used, _ = signature(log, members, common=True)
        # A sentence that two of a hundred members share is no signature of the hundred.
        wide = used >= max(3, WIDELY_USED * size)
        number, used = number[wide][:MOST_TEXTS], used[wide][:MOST_TEXTS]
        if texts is None or not len(number):
            return np.zeros(len(who))
        near = members if kin is None else np.union1d(members, kin)
        among = used if kin is None else np.asarray((texts.matrix[near][:, number] > 0).sum(axis=0)).ravel()
        outside = (texts.holders[number] - among + 0.5) / (total - len(near) + 1)
        if log.ordinary is not None:
            outside = np.maximum(outside, log.ordinary.share(texts.names[number]))
        # Sharing a text once in a hundred exchanges is not using it, for members as for others.
        used_by = texts.of(number)
        using = np.asarray((used_by[members] >= USED).sum(axis=0)).ravel()
        ratio = np.clip(np.log2(np.maximum(using, 0.5) / size / outside), 0.0, MOST_BITS)
        has = used_by[who].toarray() >= USED
        # What nearly all of it have is its text: who has what only a part of it sends, as of a published set, has not.
        own = (using >= NEARLY_ALL * size) & (ratio >= MARK_BITS)
        if own.any():
            has &= own
        lacks = -np.minimum(LEAST_ABSENT_BITS, np.log2(size / np.maximum(size - using, 0.05 * size)))
        best = (has * ratio).max(axis=1)
        if own.any():
            # A part of a wrapper may be a common phrase: who has that, and not the rarest part, has the phrase alone.
            rarest = int(np.argmax(ratio * own))
            best = np.where(has[:, rarest], best, best + lacks[rarest])
        return np.asarray(np.where(has.any(axis=1), best, lacks[using.argmax()]), np.float64)


def _same_prompts(log: LogProfile, members: I64) -> Iterable[Observed]:
    """Whether a member's prompts are others' too, beyond what as many of the log have in common and what an account may
    have; nothing where it does not show.

    Where no published set and no class explains it, one hand asks.
    """
    shares = log.prompt_sets.repeats(members)
    error = float(np.std(shares, ddof=1)) / np.sqrt(len(shares))
    # What others have in common is drawn where it decides alone.
    if shares.mean() <= REPEATS or error == 0:
        return
    line = log.prompt_sets.usual_repeats(members) + REPEATS
    if shares.mean() <= line:
        return
    p = float(max(scipy.stats.t.sf((shares.mean() - line) / error, len(shares) - 1), P_FLOOR))
    yield Observed(
        p,
        "share of prompts that others of them send too",
        float(shares.mean()),
        line,
        f"On average, {percent(shares.mean())} of an account's prompts are sent by others of these accounts too, "
        f"nearly word for word; among as many other accounts of the log it is {percent(line - REPEATS)}.",
        1.0,
    )


class _Cohorts:
    """Groups of the log's entities, so that the overlap with all of them is one count over a group's own members."""

    def __init__(self, entities: int) -> None:
        # Numbers of the groups that an entity is in, from 1; whoever is in more counts in the first of them.
        self._in = np.zeros((entities, MOST_TEXTS), np.int32)
        self._count = np.zeros(entities, np.int64)
        self.sizes = np.zeros(0, np.int64)

    def add(self, members: I64) -> None:
        """One more group."""
        self.sizes = np.append(self.sizes, len(members))
        free = members[self._count[members] < MOST_TEXTS]
        self._in[free, self._count[free]] = len(self.sizes)
        self._count[free] += 1

    def overlap(self, members: I64) -> I64:
        """How many of these each group has."""
        return np.bincount(self._in[members].ravel(), minlength=len(self.sizes) + 1)[1:]


def _filled(texts: Postings, share: float, least: int) -> Iterable[I64]:
    """Entities of whose exchanges one text has a share, the most first; those that a larger group covers by half are
    left out."""
    filled = texts.matrix.copy()
    filled.data = (filled.data >= share).astype(np.float64)
    filled.eliminate_zeros()
    columns = filled.tocsc()
    size = np.diff(columns.indptr)
    found = _Cohorts(columns.shape[0])
    for text in np.argsort(-size, kind="stable"):
        if size[text] < least or len(found.sizes) == MOST_COHORTS:
            return
        members = np.sort(columns.indices[columns.indptr[text] : columns.indptr[text + 1]]).astype(np.int64)
        if not np.any(found.overlap(members) >= MAJORITY * len(members)):
            found.add(members)
            yield members


FAMILY = Structure()
