"""Accounts whose name holds some letters, of a million at once: every name in one text, which is searched as such.

    write_names > AccountNames.find(text, most) > numbers of rows in the order in which they were written

The text is a file beside a run's sorted copies; its names are in lower case.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

__all__ = ["AccountNames", "write_names"]

_BETWEEN = b"\xff"
"""Stands in no text of UTF-8."""

_FEW = 500


def write_names(names: pa.ChunkedArray, path: Path) -> None:
    """Write names in their order.

    Args:
        names: text without nulls.
        path: without an ending; gets ``.names`` and ``.starts.npy``.
    """
    lengths = []
    with path.with_suffix(".names").open("wb") as file:
        for chunk in names.chunks:
            low = pc.utf8_lower(chunk)
            lengths.append(pc.binary_length(low).to_numpy(zero_copy_only=False).astype(np.int64))
            file.write(b"".join(_BETWEEN + one.encode() for one in low.to_pylist()))
        file.write(_BETWEEN)
    counted = np.concatenate(lengths) if lengths else np.zeros(0, np.int64)
    np.save(path.with_suffix(".starts.npy"), np.concatenate([[0], np.cumsum(counted + 1)]))


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

    def find(self, text: str, most: int) -> list[int]:
        """Numbers of names that hold the text: the one that it is, then those that begin with it, then others."""
        wanted = text.lower().encode("utf-8", "replace")
        whole, begins = _BETWEEN + wanted + _BETWEEN, _BETWEEN + wanted
        few = list(islice(self._holding(wanted), _FEW))
        if len(few) < _FEW:  # those are all, and need no further look
            low = [self._text[self._starts[n] : self._starts[n + 1] + 1] for n in few]
            order = sorted(range(len(few)), key=lambda place: (low[place] != whole, not low[place].startswith(begins)))
            return [few[place] for place in order[:most]]
        found: dict[int, None] = {}
        for needle in (whole, begins, wanted):
            for number in self._holding(needle):
                if len(found) >= most:
                    return list(found)
                found.setdefault(number)
        return list(found)

    def _holding(self, needle: bytes) -> Iterator[int]:
        place = self._text.find(needle)
        while place >= 0:
            number = int(np.searchsorted(self._starts, place, side="right")) - 1
            yield number
            place = self._text.find(needle, int(self._starts[number + 1]))
