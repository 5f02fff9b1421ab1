"""What was read of prompts for one group, kept for the next: groups that are tested have most of their members in
common, and to read a prompt and its features again takes longer than all that is worked out of them."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from stillwatch.sketching import RowsByKey

__all__ = ["RowsAtHand"]

F32 = npt.NDArray[np.float32]
I64 = npt.NDArray[np.int64]

MOST_NUMBERS = 1 << 24
"""Of as many numbers rows are kept: 64 MB."""


class RowsAtHand:
    """Rows of numbers by key.

    Args:
        read: gives the rows of some keys, sorted; a key's is the same whichever it is read with.
    """

    def __init__(self, read: Callable[[I64], F32]) -> None:
        self._read = read
        self._held = RowsByKey(0)

    def of(self, keys: I64) -> F32:
        """Rows of these keys, in their order."""
        wanted, place = np.unique(keys, return_inverse=True)
        known = self._held.known(wanted)
        if not known.any():
            rows = self._read(wanted)
            self._keep(wanted, rows)
            return rows[place]
        rows = np.empty((len(wanted), self._held.rows.shape[1]), np.float32)
        rows[known] = self._held.rows[self._held.places(wanted[known])]
        if not known.all():
            rows[~known] = self._read(wanted[~known])
            self._keep(wanted[~known], rows[~known])
        return rows[place]

    def _keep(self, keys: I64, rows: F32) -> None:
        if not len(self._held) or rows.shape[1] * (len(self._held) + len(rows)) > MOST_NUMBERS:
            # What was asked for last is asked for next.
            self._held = RowsByKey(rows.shape[1])
        if rows.size <= MOST_NUMBERS:
            self._held.add(keys, rows)
