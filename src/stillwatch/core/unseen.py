"""Letters that nobody sees and words are told apart by all the same, taken out: whoever sprinkles them into what many
accounts send would make each text another.

Taken out are invisible characters within words (zero-width ones, soft hyphens, marks of direction, tags) and, beside
Latin letters, joiners, variation selectors and lines through or around letters, which elsewhere belong to what is
written. Letters that look like others are those (``look_alikes``). To add a character, add it to ``_WITHIN``.
"""

from __future__ import annotations

import re

import numpy as np
import numpy.typing as npt

from stillwatch.core.look_alikes import ALIKE, OTHER_SCRIPTS, STYLED, one_script

__all__ = ["plainly_seen", "rows_with_unseen"]

_WITHIN = (
    "\u00ad\u034f\u115f\u1160\u17b4\u17b5\u180e\u200b\u200e\u200f\u202a-\u202e\u2060-\u2064\u2066-\u206f\u3164"
    "\ufeff\uffa0\U000e0001\U000e0020-\U000e007f"
)
_BESIDE_LATIN = "\u0332\u0333\u0335-\u0338\u200c\u200d\u20d2-\u20e4\ufe00-\ufe0f\U000e0100-\U000e01ef"
_ALL = _WITHIN + _BESIDE_LATIN
# A run is looked at from where it begins, and given up at once: else a long one takes time with its square.
_UNSEEN = re.compile(
    rf"(?<=[0-9A-Za-z])[{_ALL}]++|(?<![{_ALL}])[{_ALL}]++(?=[0-9A-Za-z])|(?<=\w)(?<![{_ALL}])[{_WITHIN}]++(?=\w)"
)


def plainly_seen(text: str) -> str:
    """A text as it reads.

    >>> plainly_seen("W\\u200bork thr\\u00adough \\uff45very step"), plainly_seen("\\u0645\\u06cc\\u200c\\u062e")
    ('Work through every step', '\\u0645\\u06cc\\u200c\\u062e')
    """
    return text if text.isascii() else one_script(_UNSEEN.sub("", text.translate(STYLED)))


def _table(pattern: str, *, wide: bool = False) -> npt.NDArray[np.bool_]:
    known = re.compile(f"[{pattern}]")
    marked = np.fromiter((known.match(chr(code)) is not None for code in range(0x10000)), np.bool_, 0x10000)
    marked[[code for code in STYLED if code < 0x10000] if wide else []] = True
    return marked


_ANYWHERE, _NEAR = _table(_WITHIN, wide=True), _table(_BESIDE_LATIN)
_LATIN = np.array([chr(byte).isascii() and chr(byte).isalnum() for byte in range(256)])
_SCRIPT = np.zeros(1 << 16, np.uint8)
for _code in OTHER_SCRIPTS:
    _first, _second = chr(_code).encode()
    _SCRIPT[_first | _second << 8] = 1 if _code in ALIKE else 2
# The first two bytes of what is looked for: of most texts beyond ASCII the third is not read.
_PAIRS = np.zeros(1 << 16, np.bool_)
for _code in (
    *np.flatnonzero(_ANYWHERE | _NEAR).tolist(),
    0xE0001,
    0xE0100,
    *(code for code in STYLED if code > 0xFFFF),
):
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
    # Of four bytes, tags, the selectors behind them and letters of mathematics alone come so far.
    four = first >= 0xF0
    codes[four] = 0
    ends = at + 1 + np.where(four, 4, np.where(three, 3, 2))
    near = _LATIN[padded[at]] | _LATIN[padded[ends]]
    found = at[_ANYWHERE[codes] | four | (_NEAR[codes] & near)]
    rows = np.searchsorted(offsets, found, side="right") - 1
    return np.union1d(rows, _rows_with_look_alikes(padded, pairs, offsets))


def _rows_with_look_alikes(
    padded: npt.NDArray[np.uint8], pairs: npt.NDArray[np.uint16], offsets: npt.NDArray[np.int64]
) -> npt.NDArray[np.int64]:
    """Rows in which letters of other scripts stand beside Latin ones, or are few."""
    script = _SCRIPT.take(pairs)
    at = np.flatnonzero(script)
    if not len(at):
        return np.zeros(0, np.int64)
    beside = at[_LATIN.take(padded.take(at)) | _LATIN.take(padded.take(at + 3))]
    count, own = (np.diff(np.searchsorted(of, offsets)) for of in (at, at[script.take(at) == 2]))
    # What is none of them may all be Latin.
    few = np.flatnonzero((count > 0) & (np.diff(offsets) - 2 * count > 2 * own))
    return np.union1d(np.searchsorted(offsets, beside, side="right") - 1, few)
