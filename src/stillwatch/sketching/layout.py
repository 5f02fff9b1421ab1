"""The layout of a text: how long, how many lines, how it is punctuated.

Twenty counts of bytes and words, none of which says what the text is about. They tell a batch
job from a person, and one generator's output from another's.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from stillwatch.sketching.words import Words

__all__ = ["NAMES", "layout"]

_BYTE_CLASSES: tuple[tuple[str, bytes], ...] = (
    ("digits", b"0123456789"),
    ("capitals", bytes(range(65, 91))),
    ("new lines", b"\n"),
    ("spaces", b" "),
    ("commas", b","),
    ("full stops", b"."),
    ("questions", b"?"),
    ("exclamations", b"!"),
    ("colons", b":;"),
    ("quotes", b"\"'`"),
    ("round brackets", b"()"),
    ("code brackets", b"{}[]<>"),
    ("operators", b"=+*/\\|&^%$#@~"),
    ("dashes", b"-_"),
    ("beyond ASCII", bytes(range(128, 256))),
)
NAMES: tuple[str, ...] = (
    "bytes",
    "words",
    *[name for name, _ in _BYTE_CLASSES],
    "starts capital",
    "ends with stop",
    "ends with question",
)
"""The features, in column order."""

F32 = npt.NDArray[np.float32]


def layout(words: Words) -> F32:
    """Layout features of a batch of texts.

    Returns:
        n x len(NAMES): log length and log words, log1p rates per 100 bytes, and three flags.
    """
    n = len(words)
    size = np.diff(words.byte_offsets)
    out = np.zeros((n, len(NAMES)), np.float32)
    out[:, 0] = np.log1p(size)
    out[:, 1] = np.log1p(np.diff(words.text_offsets))
    if len(words.raw) == 0:
        return out
    classes = np.zeros(256, np.int64)
    for number, (_, members) in enumerate(_BYTE_CLASSES, start=1):
        classes[list(members)] = number
    width = len(_BYTE_CLASSES) + 1
    cells = np.repeat(np.arange(n) * width, size) + classes[words.raw]
    counts = np.bincount(cells, minlength=n * width).reshape(n, width)[:, 1:]
    out[:, 2 : 2 + len(_BYTE_CLASSES)] = np.log1p(100.0 * counts / np.maximum(size, 1)[:, None])
    filled = size > 0
    first = words.raw[np.minimum(words.byte_offsets[:-1], len(words.raw) - 1)]
    last = words.raw[np.maximum(words.byte_offsets[1:] - 1, 0)]
    out[:, -3] = filled & (first >= 65) & (first <= 90)
    out[:, -2] = filled & (last == ord("."))
    out[:, -1] = filled & (last == ord("?"))
    return out
