"""Which traces more than one line of a scan tells of, in a look at every line's ids before any is read.

Of files in which few lines are exports of spans it looks no further: their spans wait for one another in any case.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import islice

import msgspec
import numpy as np

from stillwatch.core.not_json import NOT_JSON
from stillwatch.ingest.base import LogFile
from stillwatch.ingest.files import BROKEN, line_blocks, opened, split_block

__all__ = ["told_again", "told_several_times"]

_LOOKED_AT = 256
_LEAST_PLAIN = 0.5
_HASHED = 2**64 - 1


class _SpanId(msgspec.Struct, gc=False):
    traceId: str  # noqa: N815


class _ScopeIds(msgspec.Struct, gc=False):
    spans: list[_SpanId]


class _ResourceIds(msgspec.Struct, gc=False):
    scopeSpans: list[_ScopeIds]  # noqa: N815


class _Ids(msgspec.Struct, gc=False, forbid_unknown_fields=True):
    resourceSpans: list[_ResourceIds]  # noqa: N815


_ids = msgspec.json.Decoder(_Ids)


def _hash_of(trace: str) -> int:
    return hash(trace) & _HASHED


def told_again(several: np.ndarray, traces: Sequence[str]) -> list[bool]:
    """Of each trace whether it is one of those that ``told_several_times`` found, or has the hash of one."""
    hashes = np.array([*map(_hash_of, traces)], np.uint64)
    places = np.searchsorted(several, hashes)
    known = places < len(several)
    known[known] = several[places[known]] == hashes[known]
    return [*known.tolist()]


def _blocks(one: LogFile) -> Iterator[bytes]:
    """A file's lines by the block, as far as it can be read."""
    try:
        with opened(one.path, one.wrapped) as stream:
            for _, block in line_blocks(stream, 1, None):
                yield block
    except BROKEN:
        return


def _lines(block: bytes) -> Iterator[bytes]:
    return (line for _, line in split_block(1, block))


def told_several_times(files: Sequence[LogFile], keys_of: Callable[[bytes], Sequence[str] | None]) -> np.ndarray | None:
    """Traces of which more than one line tells, or one of another shape, as sorted hashes; None where few lines are
    exports of spans.

    Args:
        files: all in which spans of these traces may lie.
        keys_of: the traces that a line of any other shape names; None where that cannot be told.
    """
    if not all(map(_is_mostly_plain, files)):
        return None
    once: list[np.ndarray] = []
    several: set[int] = set()
    for block in (block for one in files for block in _blocks(one)):
        hashes: list[int] = []
        for held in _held(block):
            if isinstance(held, bytes):
                if (keys := keys_of(held)) is None:
                    return None
                several.update(_hash_of(key) for key in keys)
                continue
            hashes += {
                _hash_of(span.traceId) for of in held.resourceSpans for scope in of.scopeSpans for span in scope.spans
            }
        once.append(np.array(hashes, np.uint64))
    whole = np.sort(np.concatenate(once)) if once else np.zeros(0, np.uint64)
    again = whole[1:][whole[1:] == whole[:-1]]
    return np.unique(np.concatenate([again, np.array(sorted(several), np.uint64)]))


def _held(block: bytes) -> Sequence[_Ids | bytes]:
    """The ids of each line of a block, or the line where it is of another shape."""
    try:
        return _ids.decode_lines(block)
    except NOT_JSON:
        pass
    found: list[_Ids | bytes] = []
    for line in _lines(block):
        try:
            found.append(_ids.decode(line))
        except NOT_JSON:
            found.append(line)
    return found


def _is_mostly_plain(one: LogFile) -> bool:
    seen = plain = 0
    for line in islice(_lines(next(_blocks(one), b"")), _LOOKED_AT):
        seen += 1
        try:
            _ids.decode(line)
        except NOT_JSON:
            continue
        plain += 1
    return plain > seen * _LEAST_PLAIN
