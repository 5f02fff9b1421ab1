"""Names that come again and again, numbered once, so that those of a group are counted without sorting long hashes."""

from __future__ import annotations

from functools import cached_property

import numpy as np
import numpy.typing as npt

from stillwatch.evidence.postings import changes, in_runs

__all__ = ["Number", "Numbers"]

I64 = npt.NDArray[np.int64]
Number = npt.NDArray[np.int32 | np.int64]
U64 = npt.NDArray[np.uint64]


class Numbers:
    """Numbers of n names, in order of the names.

    Attributes:
        names: the different names, sorted (D).
        of: number of each (n).
    """

    def __init__(self, given: U64) -> None:
        self.names, of = np.unique(given, return_inverse=True)
        # Half of the room, unless there are more than two thousand million.
        self.of: Number = of.astype(np.int32 if len(of) <= np.iinfo(np.int32).max else np.int64)

    @cached_property
    def _at(self) -> Number:
        """Room for a place of each name, kept from one count to the next."""
        return np.zeros(len(self.names), self.of.dtype)

    def counted(self, some: Number) -> tuple[Number, Number, I64]:
        """As ``numpy.unique`` of some numbers: the different ones, which of them each is, and how often each comes."""
        ordered = np.sort(some)
        first = np.flatnonzero(changes(ordered))
        different = ordered[first]
        self._at[different] = np.arange(len(different))
        return different, self._at[some], np.diff(first, append=len(some))

    @cached_property
    def _in_order(self) -> tuple[Number, I64]:
        """Where each is given, by number, and where those of each number begin among these (D + 1)."""
        begins = np.append(0, np.cumsum(np.bincount(self.of, minlength=len(self.names))))
        return np.argsort(self.of, kind="stable").astype(self.of.dtype), begins

    def places(self, numbers: Number) -> Number:
        """Where these numbers are given."""
        order, begins = self._in_order
        return order[in_runs(begins[numbers], begins[numbers + 1] - begins[numbers])]
