"""Accounts whose name holds some letters, of a million at once: every name in one text, which is searched as such.

    write_names > AccountNames.find(text, most) > numbers of rows in the order in which they were written

The text is a file beside a run's sorted copies; its names are in lower case. Of each stretch of names a table of bits
says which five letters follow each other anywhere in it: stretches that lack any of those wanted are not searched.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

__all__ = ["AccountNames", "write_names"]

_Bytes = np.ndarray[Any, np.dtype[np.uint8]]

_BETWEEN = b"\xff"
"""Stands in no text of UTF-8."""

_FEW = 500
_STRETCH = 2048
"""Names of which the bits are kept together."""

_LETTERS = 5
_BITS = 1 << 16


def write_names(names: pa.ChunkedArray, path: Path) -> None:
    """Write names in their order.

    Args:
        names: text without nulls.
        path: without an ending; gets ``.names``, ``.starts.npy`` and ``.bits.npy``.
    """
    lengths = []
    with path.with_suffix(".names").open("wb") as file:
        for chunk in names.chunks:
            low = pc.utf8_lower(chunk)
            lengths.append(pc.binary_length(low).to_numpy(zero_copy_only=False).astype(np.int64))
            file.write(b"".join(_BETWEEN + one.encode() for one in low.to_pylist()))
        file.write(_BETWEEN)
    counted = np.concatenate(lengths) if lengths else np.zeros(0, np.int64)
    starts = np.concatenate([[0], np.cumsum(counted + 1)])
    np.save(path.with_suffix(".starts.npy"), starts)
    np.save(path.with_suffix(".bits.npy"), _bits_of(np.fromfile(path.with_suffix(".names"), np.uint8), starts))


def _bits_of(text: _Bytes, starts: np.ndarray[tuple[int], np.dtype[np.int64]]) -> np.ndarray[Any, np.dtype[np.uint8]]:
    """Of each stretch (row) a bit for each hash of letters that follow each other in it."""
    bounds = [*starts[:-1:_STRETCH], starts[-1]]
    bits = np.zeros((len(bounds) - 1, _BITS // 8), np.uint8)
    for n in range(len(bits)):
        said = np.zeros(_BITS, bool)
        said[_hashes(text[bounds[n] : bounds[n + 1]])] = True
        bits[n] = np.packbits(said)
    return bits


def _hashes(text: _Bytes) -> np.ndarray[tuple[int], np.dtype[np.uint32]]:
    """A number below ``_BITS`` for each place at which ``_LETTERS`` bytes begin."""
    if len(text) < _LETTERS:
        return np.zeros(0, np.uint32)
    mixed = np.zeros(len(text) - _LETTERS + 1, np.uint32)
    for n in range(_LETTERS):
        mixed = (mixed + text[n : len(text) - _LETTERS + 1 + n]) * np.uint32(0x9E3779B1)
    return mixed >> np.uint32(16)


class AccountNames:
    """Names that ``write_names`` wrote.

    Args:
        path: without an ending.

    Raises:
        OSError: they cannot be read.
    """

    def __init__(self, path: Path) -> None:
        # Mapped text is searched ten times more slowly than bytes are: 13 MB of a million names.
        self._text = path.with_suffix(".names").read_bytes()
        self._starts = np.load(path.with_suffix(".starts.npy"), mmap_mode="r")
        self._bits = np.load(path.with_suffix(".bits.npy"), mmap_mode="r")

    def find(self, text: str, most: int) -> list[int]:
        """Numbers of names that hold the text: the one that it is, then those that begin with it, then others."""
        wanted = text.lower().encode("utf-8", "replace")
        whole, begins = _BETWEEN + wanted + _BETWEEN, _BETWEEN + wanted
        where = self._stretches(wanted)
        few = list(islice(self._holding(wanted, where), _FEW))
        if len(few) < _FEW:  # those are all, and need no further look
            low = [self._text[self._starts[n] : self._starts[n + 1] + 1] for n in few]
            order = sorted(range(len(few)), key=lambda place: (low[place] != whole, not low[place].startswith(begins)))
            return [few[place] for place in order[:most]]
        found: dict[int, None] = {}
        for needle in (whole, begins, wanted):
            for number in self._holding(needle, where):
                if len(found) >= most:
                    return list(found)
                found.setdefault(number)
        return list(found)

    def _stretches(self, wanted: bytes) -> list[tuple[int, int]]:
        """Where in the text it may stand: the beginning of each stretch of names, and that of the name after it."""
        hashes = _hashes(np.frombuffer(wanted, np.uint8))
        total = len(self._starts) - 1
        if not len(hashes):
            return [(0, total)]
        asked = self._bits[:, hashes >> 3] & (128 >> (hashes & 7)).astype(np.uint8)
        return [(n * _STRETCH, min((n + 1) * _STRETCH, total)) for n in np.flatnonzero(asked.all(axis=1)).tolist()]

    def _holding(self, needle: bytes, where: list[tuple[int, int]]) -> Iterator[int]:
        for first, last in where:
            end = int(self._starts[last]) + 1  # what stands between names is the end of the last
            place = self._text.find(needle, int(self._starts[first]), end)
            while place >= 0:
                number = int(np.searchsorted(self._starts, place, side="right")) - 1
                if number >= last:
                    break
                yield number
                place = self._text.find(needle, int(self._starts[number + 1]), end)
