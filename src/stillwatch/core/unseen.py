"""Letters that nobody sees and words are told apart by all the same, taken out: whoever sprinkles them into what many
accounts send would make each text another.

Taken out are invisible characters within words (zero-width ones, soft hyphens, marks of direction, tags) and, beside
Latin letters, joiners and variation selectors, which elsewhere belong to what is written. Latin letters of full width
are plain ones. To add a character, add it to ``_WITHIN``.
"""

from __future__ import annotations

import re

import numpy as np
import numpy.typing as npt

__all__ = ["plainly_seen", "rows_with_unseen"]

_WITHIN = (
    "\u00ad\u034f\u115f\u1160\u17b4\u17b5\u180e\u200b\u200e\u200f\u202a-\u202e\u2060-\u2064\u2066-\u206f\u3164"
    "\ufeff\uffa0\U000e0001\U000e0020-\U000e007f"
)
_BESIDE_LATIN = "\u200c\u200d\ufe00-\ufe0f\U000e0100-\U000e01ef"
_UNSEEN = re.compile(
    rf"(?<=\w)[{_WITHIN}]+(?=\w)|(?<=[0-9A-Za-z])[{_WITHIN}{_BESIDE_LATIN}]+|[{_WITHIN}{_BESIDE_LATIN}]+(?=[0-9A-Za-z])"
)
_WIDE = {code: code - 0xFEE0 for first in (0xFF21, 0xFF41) for code in range(first, first + 26)}


def plainly_seen(text: str) -> str:
    """A text as it reads.

    >>> plainly_seen("W\\u200bork thr\\u00adough \\uff45very step"), plainly_seen("\\u0645\\u06cc\\u200c\\u062e")
    ('Work through every step', '\\u0645\\u06cc\\u200c\\u062e')
    """
    return text if text.isascii() else _UNSEEN.sub("", text.translate(_WIDE))


def _table(pattern: str, *, wide: bool = False) -> npt.NDArray[np.bool_]:
    known = re.compile(f"[{pattern}]")
    marked = np.fromiter((known.match(chr(code)) is not None for code in range(0x10000)), np.bool_, 0x10000)
    marked[[*_WIDE] if wide else []] = True
    return marked


_ANYWHERE, _NEAR = _table(_WITHIN, wide=True), _table(_BESIDE_LATIN)
_LATIN = np.array([chr(byte).isascii() and chr(byte).isalnum() for byte in range(256)])
# The first two bytes of what is looked for: of most texts beyond ASCII the third is not read.
_PAIRS = np.zeros(1 << 16, np.bool_)
for _code in (*np.flatnonzero(_ANYWHERE | _NEAR).tolist(), 0xE0001, 0xE0100):
    _first, _second = chr(_code).encode()[:2]
    _PAIRS[_first | _second << 8] = True


def rows_with_unseen(raw: npt.NDArray[np.uint8], offsets: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """Which of a batch's texts ``plainly_seen`` may change.

    Args:
        raw: bytes of n texts, end to end.
        offsets: n + 1 offsets into them.
    """
    data = raw.tobytes()
    if data.isascii():
        return np.zeros(0, np.int64)
    padded = np.frombuffer(b"\0" + data + bytes(6), np.uint8)
    # Two bytes from each place on, as one number.
    pairs = np.ndarray(len(raw), "<u2", padded, offset=1, strides=(1,))
    at = np.flatnonzero(_PAIRS.take(pairs))
    first, second, third = (padded[at + step].astype(np.int64) for step in (1, 2, 3))
    three = first >= 0xE0
    codes = np.where(three, (first & 15) << 12 | (second & 63) << 6 | third & 63, (first & 31) << 6 | second & 63)
    # Of four bytes, tags and the selectors behind them alone come so far.
    four = first >= 0xF0
    codes[four] = 0
    ends = at + 1 + np.where(four, 4, np.where(three, 3, 2))
    near = _LATIN[padded[at]] | _LATIN[padded[ends]]
    found = at[_ANYWHERE[codes] | four | (_NEAR[codes] & near)]
    return np.unique(np.searchsorted(offsets, found, side="right") - 1)
