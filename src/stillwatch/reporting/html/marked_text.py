"""A template's example cut into shared and own text, short enough to read.

``mark_shared`` is the only maker. Shared pieces are looked up letter for letter; what cannot be
found in the example is kept apart, so that nothing is lost.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

__all__ = ["MarkedText", "Piece", "mark_shared"]

_LONGEST = 1_200
_LEAD = 160


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of the example, and whether other accounts' prompts hold it too."""

    text: str
    shared: bool


@dataclass(frozen=True, slots=True)
class MarkedText:
    """An example in reading order.

    Attributes:
        pieces: the stretches shown.
        before: characters left out in front of the first piece.
        after: characters left out behind the last piece.
        elsewhere: shared pieces that are not in this example.
        shared_share: how much of the whole example is shared, 0 to 1.
    """

    pieces: tuple[Piece, ...]
    before: int
    after: int
    elsewhere: tuple[str, ...]
    shared_share: float


def mark_shared(example: str, shared: Sequence[str], longest: int = _LONGEST) -> MarkedText:
    """Marks each occurrence of the shared pieces in ``example``, at most ``longest`` characters of it.

    The window starts a little before the first shared stretch, so that the reader sees it.

    >>> [(p.text, p.shared) for p in mark_shared("Show every step. 2+2?", ["Show every step."]).pieces]
    [('Show every step.', True), (' 2+2?', False)]
    """
    spans, elsewhere = _spans(example, shared)
    covered = sum(end - start for start, end in spans)
    begin = 0
    if len(example) > longest and spans:
        begin = max(0, min(spans[0][0] - _LEAD, len(example) - longest))
    stop = min(len(example), begin + longest)
    pieces: list[Piece] = []
    at = begin
    for start, end in spans:
        start, end = max(start, begin), min(end, stop)
        if start >= end:
            continue
        if at < start:
            pieces.append(Piece(example[at:start], shared=False))
        pieces.append(Piece(example[start:end], shared=True))
        at = end
    if at < stop:
        pieces.append(Piece(example[at:stop], shared=False))
    return MarkedText(
        pieces=tuple(pieces),
        before=begin,
        after=len(example) - stop,
        elsewhere=elsewhere,
        shared_share=covered / len(example) if example else 0.0,
    )


def _spans(example: str, shared: Sequence[str]) -> tuple[list[tuple[int, int]], tuple[str, ...]]:
    """Merged spans of the shared pieces, and the pieces with none."""
    found: list[tuple[int, int]] = []
    elsewhere: list[str] = []
    for piece in shared:
        at = example.find(piece) if piece.strip() else -1
        if at < 0 and piece.strip():
            elsewhere.append(piece)
        while at >= 0:
            found.append((at, at + len(piece)))
            at = example.find(piece, at + len(piece))
    merged: list[tuple[int, int]] = []
    for start, end in sorted(found):
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    return merged, tuple(elsewhere)
