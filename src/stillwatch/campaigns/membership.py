"""Who belongs: members told from bystanders inside a cluster, and members found outside it.

A customer of the same relay shares its addresses and not its questions. Each entity is held
against the cluster's own signature, texts and content, by a log-likelihood ratio; an entity below
the line is a bystander however strong its infrastructure links.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import stats

from stillwatch.campaigns.explanations import REPEATS
from stillwatch.campaigns.families import signature
from stillwatch.campaigns.world import World

__all__ = ["RECRUIT_BITS", "Fit", "acts_along", "fit", "recruited"]

I64 = npt.NDArray[np.int64]
F64 = npt.NDArray[np.float64]

RECRUIT_BITS = 8.0
"""Weight of text and content together from which an entity belongs, with nothing else known of it."""

_TEXT_BITS = 4.0
_CONTENT_BITS = 1.0
_ROUNDS = 3
_MOST_TEXTS = 40
_BITS = 12.0
_USED = 0.05
_ALONG = 4.0


@dataclass(frozen=True, slots=True)
class Fit:
    """How well entities fit one cluster, in bits.

    Attributes:
        text: weight of shared texts; the strongest text counts, for texts of one template
            come together.
        content: weight of likeness to the cluster's mean.
    """

    text: F64
    content: F64

    @property
    def bits(self) -> F64:
        """Sum of both."""
        return self.text + self.content


def fit(world: World, members: I64, who: I64) -> Fit:
    """Hold entities against the signature of a cluster.

    Args:
        world: the log as the tests see it.
        members: the cluster.
        who: the entities to hold against it.
    """
    return Fit(_text_bits(world, members, who), _content_bits(world, members, who))


def _text_bits(world: World, members: I64, who: I64) -> F64:
    texts = world.traits.texts
    size, total = len(members), len(world.traits.entities)
    number, used, _ = signature(world, members)
    # A sentence that two of a hundred members share is no signature of the hundred.
    wide = used >= max(3, 0.1 * size)
    number, used = number[wide][:_MOST_TEXTS], used[wide][:_MOST_TEXTS]
    if not len(number):
        return np.zeros(len(who))
    outside = (texts.holders[number] - used + 0.5) / (total - size + 1)
    # Sharing a text once in a hundred exchanges is not using it, for members as for others.
    using = np.asarray((texts.matrix[members][:, number] >= _USED).sum(axis=0)).ravel()
    ratio = np.clip(np.log2(np.maximum(using, 0.5) / size / outside), 0.0, _BITS)
    has = texts.matrix[who][:, number].toarray() >= _USED
    absent = -min(4.0, float(np.log2(size / max(size - using.max(), 0.05 * size))))
    return np.where(has.any(axis=1), (has * ratio).max(axis=1), absent)


def _content_bits(world: World, members: I64, who: I64) -> F64:
    """Normal log-likelihood ratio of means under the cluster's centre against the log's."""
    content = world.traits.content
    telling = members[content.counts[members] > 0]
    if not len(telling):
        return np.zeros(len(who))
    centre = np.average(content.means[telling], axis=0, weights=np.minimum(content.counts[telling], 16))
    strength = float(centre @ centre)
    if strength <= 0:
        return np.zeros(len(who))
    spread = max(float(np.var((content.means[telling] @ centre) / strength)), 0.05) * strength**2
    n = content.counts[who]
    noise = strength / np.maximum(n, 1) + spread
    llr = ((content.means[who] @ centre) * strength - 0.5 * strength**2) / np.maximum(noise, 1e-9) / np.log(2)
    return np.where(n > 0, np.clip(llr, -_BITS, _BITS), 0.0)


def acts_along(world: World, members: I64, who: I64) -> npt.NDArray[np.bool_]:
    """Which entities act along with a cluster: in its bursts and pauses, or from its hands.

    Args:
        world: the log as the tests see it.
        members: the cluster.
        who: the entities to hold against it.

    Returns:
        For each of ``who``, whether its hourly activity correlates with the cluster's far beyond the log's
        (``_ALONG`` robust standard deviations), or it shares a rare thing with two members.
    """
    beside = world.rhythm @ world.rhythm[members].mean(axis=0)
    told = world.has_rhythm
    along = np.zeros(len(who), np.bool_)
    if told.any():
        # Median and median deviation: members not found yet are part of the log and must not widen its spread.
        usual = float(np.median(beside[told]))
        spread = float(stats.median_abs_deviation(beside[told], scale="normal"))
        along = told[who] & (beside[who] - usual > _ALONG * max(spread, 1e-9))
    hands = world.traits.hands
    if hands is None:
        return np.asarray(along)
    scarce = np.flatnonzero(hands.rarity() < 2)
    theirs = scarce[np.asarray((hands.matrix[members][:, scarce] > 0).sum(axis=0)).ravel() >= 2]
    shared = np.asarray((hands.matrix[who][:, theirs] > 0).sum(axis=1)).ravel() > 0
    return np.asarray(along | shared)


def recruited(world: World, members: I64, taken: npt.NDArray[np.bool_]) -> I64:
    """A cluster with everyone in the log who belongs to it, sorted.

    A shared text beside like questions is proof enough of belonging; either alone needs a sign of acting along.
    Each round holds the rest against the signature of the last, which more members make sharper.

    Args:
        world: the log as the tests see it.
        members: the cluster.
        taken: entities that belong to a campaign already (E).
    """
    for _ in range(_ROUNDS):
        open_to = ~taken
        open_to[members] = False
        extra = _belonging(world, members, np.flatnonzero(open_to))
        if not len(extra):
            break
        members = np.union1d(members, extra)
    return members


def _belonging(world: World, members: I64, who: I64) -> I64:
    found = fit(world, members, who)
    fits = (found.bits >= RECRUIT_BITS) & (found.text >= _TEXT_BITS)
    alike = (found.content >= _CONTENT_BITS) | ((found.text >= _TEXT_BITS) & (found.bits >= _CONTENT_BITS))
    unsure = np.flatnonzero(~fits & alike)
    fits[unsure] = acts_along(world, members, who[unsure])
    chosen = who[fits]
    # Who runs a published set that others of these run too has a reason of its own.
    return chosen[world.asked.repeats(np.concatenate([chosen, members]))[: len(chosen)] <= 2 * REPEATS]
