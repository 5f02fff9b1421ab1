"""What was read of prompts for one group, kept for the next: groups that are tested have most of their members in
common, and to read a prompt and its features again takes longer than all that is worked out of them."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

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
        self._keys, self._at = np.zeros(0, np.int64), np.zeros(0, np.int64)
        self._rows: F32 = np.zeros((0, 0), np.float32)

    def of(self, keys: I64) -> F32:
        """Rows of these keys, in their order."""
        wanted, place = np.unique(keys, return_inverse=True)
        known = self._known(wanted)
        if not known.any():
            rows = self._read(wanted)
            self._keep(wanted, rows)
            return rows[place]
        rows = np.empty((len(wanted), self._rows.shape[1]), np.float32)
        rows[known] = self._rows[self._at[np.searchsorted(self._keys, wanted[known])]]
        if not known.all():
            rows[~known] = self._read(wanted[~known])
            self._keep(wanted[~known], rows[~known])
        return rows[place]

    def _known(self, wanted: I64) -> npt.NDArray[np.bool_]:
        if not len(self._keys):
            return np.zeros(len(wanted), np.bool_)
        place = np.minimum(np.searchsorted(self._keys, wanted), len(self._keys) - 1)
        return np.asarray(self._keys[place] == wanted, np.bool_)

    def _keep(self, keys: I64, rows: F32) -> None:
        if rows.shape[1] * (len(self._keys) + len(rows)) > MOST_NUMBERS:
            # What was asked for last is asked for next.
            self._keys, self._at, self._rows = self._keys[:0], self._at[:0], self._rows[:0]
        if not len(rows) or rows.size > MOST_NUMBERS:
            return
        held = len(self._keys)
        if held + len(rows) > len(self._rows):
            # Doubled, so that growing costs a constant a row.
            grown = np.empty((2 * held + len(rows), rows.shape[1]), np.float32)
            if held:
                grown[:held] = self._rows[:held]
            self._rows = grown
        self._rows[held : held + len(rows)] = rows
        place = np.searchsorted(self._keys, keys)
        self._keys = np.insert(self._keys, place, keys)
        self._at = np.insert(self._at, place, np.arange(held, held + len(rows)))
