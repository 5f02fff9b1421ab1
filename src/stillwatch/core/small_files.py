"""A file that somebody names and that is short by nature, such as a policy: read to a bound.

A device has no end, a pipe may have none, and a log may stand where a policy is meant.
"""

from __future__ import annotations

import errno
import os
from pathlib import Path
from typing import Protocol

__all__ = ["LIST", "SETTINGS", "read_small", "whole_of"]

SETTINGS = 16 * 2**20
"""Bytes of what people write: a policy, a registry, settings."""
LIST = 2**30
"""Bytes of what has a line for each account, prompt or file."""
_PIECE = 2**20


class _Readable(Protocol):
    def read(self, size: int, /) -> bytes: ...


def read_small(path: Path, most: int = SETTINGS) -> bytes:
    """What stands in a file; a pipe is read to its end.

    Args:
        path: the file.
        most: bytes; a longer one is refused.

    Raises:
        OSError: it cannot be read, or is longer.
    """
    with path.open("rb") as file:
        if os.fstat(file.fileno()).st_size > most:  # of a device 0
            raise _longer(most)
        return whole_of(file, most)


def whole_of(stream: _Readable, most: int = LIST) -> bytes:
    """What is left of a stream.

    Raises:
        OSError: it cannot be read, or is longer.
    """
    read = bytearray()
    while piece := stream.read(_PIECE):
        read += piece
        if len(read) > most:
            raise _longer(most)
    return bytes(read)


def _longer(most: int) -> OSError:
    return OSError(errno.EFBIG, f"it is longer than {most >> 20} MiB")
