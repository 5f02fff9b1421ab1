"""Rows of numbers by key, in memory that grows with what is added."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

__all__ = ["RowsByKey"]

Keys = npt.NDArray[np.integer[Any]]
F32 = npt.NDArray[np.float32]
I64 = npt.NDArray[np.int64]


class RowsByKey:
    """A row for each key that was added.

    Attributes:
        rows: by place; those behind the last one added are no key's.
    """

    def __init__(self, width: int, kind: type[np.integer[Any]] = np.int64) -> None:
        self.rows: F32 = np.zeros((0, width), np.float32)
        self._keys: Keys = np.zeros(0, kind)
        self._at = np.zeros(0, np.int64)

    def __len__(self) -> int:
        return len(self._keys)

    def known(self, keys: Keys) -> npt.NDArray[np.bool_]:
        """Which of these keys have a row."""
        if not len(self._keys):
            return np.zeros(len(keys), np.bool_)
        place = np.minimum(np.searchsorted(self._keys, keys), len(self._keys) - 1)
        return np.asarray(self._keys[place] == keys, np.bool_)

    def places(self, keys: Keys) -> I64:
        """Places of keys' rows; each must have one."""
        return self._at[np.searchsorted(self._keys, keys)]

    def add(self, keys: Keys, rows: F32) -> None:
        """Rows of keys, sorted, that have none yet."""
        held = len(self._keys)
        if held + len(rows) > len(self.rows):
            # Doubled, so that growing costs a constant a row.
            grown = np.zeros((2 * (held + len(rows)), self.rows.shape[1]), np.float32)
            grown[:held] = self.rows[:held]
            self.rows = grown
        self.rows[held : held + len(rows)] = rows
        place = np.searchsorted(self._keys, keys)
        self._keys = np.insert(self._keys, place, keys)
        self._at = np.insert(self._at, place, np.arange(held, held + len(rows)))
