"""Do accounts whose questions could be swapped have a matter of their own, though most of what they send is cover?

Accounts that forward ordinary talk, a reseller's customers among them, are interchangeable as long as nobody looks
closely, and a mean of theirs is as near to people as people are to one another. But a source that is dealt out under
cover makes a great part of what they send together alike, where of people's talk hardly any is: they are held against
people at large as one stream.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from stillwatch.core.counted import percent
from stillwatch.evidence import AtLarge, Explanation, LogProfile, Observed
from stillwatch.evidence.one_source import icc_as_far_as_told
from stillwatch.evidence.p_values import cauchy_p
from stillwatch.evidence.stream_thresholds import HARDLY_OWN, LEAST_OWN, LEAST_STREAM, LIKE_AT_A_GLANCE
from stillwatch.evidence.thresholds import UNTOLD
from stillwatch.profiles import SampledPeople, StreamReader

__all__ = ["OwnMatter"]

I64 = npt.NDArray[np.int64]


RESOLD = "customers of a reseller, who ask for themselves"


class _Held(NamedTuple):
    """What a group sends, held against people at large.

    Attributes:
        share: of it that is alike beyond people's.
        by_chance: p-value of so much by chance, for which windows are drawn; None where there are too few to test.
    """

    share: float
    by_chance: Callable[[], float | None]


class OwnMatter:
    """Holds what a group sends against people at large.

    Args:
        reader, log: of the log.
        sampled: gives people of it, or None where there are too few; asked where somebody is held against them.
        seed: of the draws.
    """

    def __init__(
        self, reader: StreamReader, log: LogProfile, sampled: Callable[[], SampledPeople | None], seed: int
    ) -> None:
        self._reader, self._log, self._sampled, self._seed = reader, log, sampled, seed

    @cached_property
    def people(self) -> SampledPeople | None:
        """People of the log, before more of their prompts is read; None where there are too few."""
        return self._sampled()

    @cached_property
    def at_large(self) -> AtLarge | None:
        """People at large, read when they are first asked for; None where there are too few."""
        return None if self.people is None else self.people.read(self._reader, self._seed)

    def __call__(self, members: I64) -> Observed | None:
        """What is seen of a group; None where it cannot be told, or is not shown to ask from one source.

        Args:
            members: sorted.
        """
        same = icc_as_far_as_told(self._log, members)
        if same.p_value > UNTOLD or self.at_large is None:
            return None
        held = self._held(self.at_large, self._keys(members))
        if held is None or held.share < LEAST_OWN or (by_chance := held.by_chance()) is None:
            return None
        p_value = max(same.p_value, by_chance)
        return Observed(
            p_value,
            "share of requests alike beyond people's",
            held.share,
            0.0,
            f"The accounts' questions could be swapped among them, and roughly {percent(round(held.share, 2))} of what "
            "they send together is of one kind, which is not so of people who ask for themselves: of as many prompts "
            "of people at large hardly any are so near to one another.",
            p_value,
        )

    def resold(self, members: I64, *, hardly: bool = False, open_too: bool = True) -> Explanation | None:
        """Whether what a group sends is people's own: a reseller who forwards it over accounts of his own has several
        payments and a text of his own too. None where too few people are known; of too few requests, or of other
        matters, it is left open.

        Args:
            members: sorted.
            hardly: whether hardly any of it may be one matter, where more than a text and payments speaks against them.
            open_too: whether it is said of those too of whom it is left open; else None.
        """
        if self.at_large is None:
            return None
        keys = self._keys(members)
        held = self._held(self.at_large, keys)
        if held is None:
            return _left_open(len(keys)) if open_too else None
        line = HARDLY_OWN if hardly else LEAST_OWN
        holds: bool | None = False
        if held.share < line:
            by_chance = held.by_chance()
            # What some customers send alike may be more than chance gives, and a source that a relay carries is too.
            holds = True if by_chance is None or by_chance > UNTOLD else None
        return Explanation(
            RESOLD,
            f"Of what these accounts send together, roughly {percent(round(held.share, 2))} is nearer to one another "
            "than as many prompts of people at large are. Of a reseller's customers, who ask for themselves, hardly "
            f"any is; of accounts that share a source out more than {percent(line)} is, whatever they send beside it.",
            holds,
        )

    def _keys(self, members: I64) -> I64:
        """Keys of a group's distinct prompts, in order of time."""
        ((keys, _),) = self._reader.streams([members])
        return keys

    def _held(self, people: AtLarge, keys: I64) -> _Held | None:
        """A group's prompts held against as many of people at large; None where these are too few, or too unlike in
        what they are about."""
        if len(keys) < LEAST_STREAM:
            return None
        windows = people.windows(len(keys), of_all=True)
        seen = people.seen(keys[windows.ravel()], *self._reader.features([keys[windows.ravel()]]))
        place = seen.rows(keys[windows])
        weights, explained = people.weighed(seen.cell[place.ravel()])
        if explained < LIKE_AT_A_GLANCE:
            return None
        null = people.null(windows.shape[1], len(keys), weights, self._seed)
        told = [null.statistic(one) for one in null.seen(seen, place)]

        def by_chance() -> float | None:
            tested = [one.p_value for one in null.tested(told)]
            return cauchy_p(tested) if tested else None

        return _Held(float(np.median(null.shares(told))), by_chance)


def _left_open(requests: int) -> Explanation:
    """That it cannot be told of so few requests, or of such matters."""
    few = f"they are fewer than {LEAST_STREAM:,}"
    why = few if requests < LEAST_STREAM else "many of them are of matters that people hardly ask about"
    return Explanation(
        RESOLD,
        f"Whether these accounts' {requests:,} requests are nearer to one another than people's cannot be told: {why}. "
        "Of a reseller's customers, who ask for themselves, hardly any is.",
        None,
    )
