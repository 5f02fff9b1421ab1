"""When a group's requests were made, to the second, and how often chance brings them as near to one another.

Each account's own sequence is shifted as a whole, by some minutes this way or that, so that its habits, its pace and
the hour at which it is busy stay as they are and only the seconds between accounts are drawn anew.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from stillwatch.evidence.thresholds import DRAWS_SHIFTED, LEAST_SHIFT, MOST_MOMENTS, MOST_SHIFT

__all__ = ["Moments", "shifted"]

I64 = npt.NDArray[np.int64]
F64 = npt.NDArray[np.float64]


def _microseconds(seconds: float) -> int:
    return int(seconds * 1_000_000)


@dataclass(frozen=True, slots=True)
class Moments:
    """Requests of some entities in order of time.

    Attributes:
        owner: entity of each of n requests.
        begin, end: microseconds since 1970; where the log does not say how long an answer took, both are one.
        lasted: whether it does say.
        refused: whether it was answered with an error.
        prompt: hash of each prompt.
    """

    owner: I64
    begin: I64
    end: I64
    lasted: npt.NDArray[np.bool_]
    refused: npt.NDArray[np.bool_]
    prompt: npt.NDArray[np.uint64]

    def __len__(self) -> int:
        return len(self.owner)

    def chosen(self, rows: npt.NDArray[np.bool_] | I64) -> Moments:
        """Some of the requests, in their order."""
        return Moments(
            self.owner[rows], self.begin[rows], self.end[rows], self.lasted[rows], self.refused[rows], self.prompt[rows]
        )

    def bounded(self) -> Moments:
        """The first so many: a longer stretch says no more."""
        return self if len(self) <= MOST_MOMENTS else self.chosen(np.arange(MOST_MOMENTS))

    def met(self, seconds: float) -> int:
        """Requests that another entity's request begins within so many seconds after."""
        gap = np.diff(self.begin)
        other = np.diff(self.owner) != 0
        return int(np.sum((gap <= _microseconds(seconds)) & other))

    def handed_over(self, seconds: float) -> int:
        """Requests that begin within so many seconds after another entity's answer ended."""
        told = np.flatnonzero(self.lasted)
        if not len(told):
            return 0
        order = told[np.argsort(self.end[told], kind="stable")]
        last = np.searchsorted(self.end[order], self.begin, side="right") - 1
        before = order[np.maximum(last, 0)]
        near = (last >= 0) & (self.begin - self.end[before] <= _microseconds(seconds))
        return int(np.sum(near & (self.owner[before] != self.owner)))

    def in_flight(self) -> F64:
        """How many requests of the group are being answered as each begins (n)."""
        ends = np.sort(self.end[self.lasted])
        begins = np.cumsum(self.lasted)
        return np.asarray(begins - np.searchsorted(ends, self.begin, side="right"), np.float64)

    def asked_again(self, seconds: float) -> int:
        """Refused requests that another entity sends, word for word, within so many seconds."""
        if not self.refused.any():
            return 0
        order = np.lexsort((self.begin, self.prompt))
        prompt, owner, begin, refused = (x[order] for x in (self.prompt, self.owner, self.begin, self.refused))
        again = (prompt[1:] == prompt[:-1]) & (owner[1:] != owner[:-1]) & refused[:-1]
        return int(np.sum(again & (begin[1:] - begin[:-1] <= _microseconds(seconds))))


def shifted(moments: Moments, seed: int, draws: int = DRAWS_SHIFTED) -> Iterator[Moments]:
    """The same requests, so many times, with each entity's sequence moved by ``LEAST_SHIFT`` to ``MOST_SHIFT`` seconds
    either way."""
    rng = np.random.default_rng([seed, len(moments)])
    who, place = np.unique(moments.owner, return_inverse=True)
    for _ in range(draws):
        away = rng.uniform(LEAST_SHIFT, MOST_SHIFT, len(who)) * rng.choice((-1.0, 1.0), len(who))
        by = (away * _microseconds(1)).astype(np.int64)[place]
        order = np.argsort(moments.begin + by, kind="stable")
        moved = replace(moments, begin=moments.begin + by, end=moments.end + by)
        yield moved.chosen(order)
