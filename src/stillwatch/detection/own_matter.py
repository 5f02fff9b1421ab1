"""Do accounts whose questions could be swapped have a matter of their own, though most of what they send is cover?

Accounts that forward ordinary talk, a reseller's customers among them, are interchangeable as long as nobody looks
closely, and a mean of theirs is as near to people as people are to one another. But a source that is dealt out under
cover makes a great part of what they send together alike, where of people's talk hardly any is: they are held against
people at large as one stream.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property

import numpy as np
import numpy.typing as npt

from stillwatch.core.counted import percent
from stillwatch.evidence import AtLarge, LogProfile, Observed
from stillwatch.evidence.one_source import icc_as_far_as_told
from stillwatch.evidence.p_values import cauchy_p
from stillwatch.evidence.stream_thresholds import LEAST_OWN, LEAST_STREAM, LIKE_AT_A_GLANCE
from stillwatch.evidence.thresholds import UNTOLD
from stillwatch.profiles import SampledPeople, StreamReader

__all__ = ["OwnMatter"]

I64 = npt.NDArray[np.int64]


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
        ((keys, _),) = self._reader.streams([members])
        if len(keys) < LEAST_STREAM:
            return None
        windows = self.at_large.windows(len(keys), of_all=True)
        seen = self.at_large.seen(keys[windows.ravel()], *self._reader.features([keys[windows.ravel()]]))
        place = seen.rows(keys[windows])
        weights, explained = self.at_large.weighed(seen.cell[place.ravel()])
        if explained < LIKE_AT_A_GLANCE:
            return None
        null = self.at_large.null(windows.shape[1], len(keys), weights, self._seed)
        told = [null.statistic(one) for one in null.seen(seen, place)]
        share = float(np.median(null.shares(told)))
        tested = null.tested(told) if share >= LEAST_OWN else []
        if not tested:
            return None
        p_value = max(same.p_value, cauchy_p([one.p_value for one in tested]))
        return Observed(
            p_value,
            "share of requests alike beyond people's",
            share,
            0.0,
            f"The accounts' questions could be swapped among them, and roughly {percent(round(share, 2))} of what they "
            f"send together is of one kind, which is not so of people who ask for themselves: of as many prompts of "
            "people at large hardly any are so near to one another.",
            p_value,
        )
