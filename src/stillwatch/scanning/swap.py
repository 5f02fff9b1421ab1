"""Puts a folder in another's place in one move, so that a kill at any moment leaves one of the two there, whole."""

from __future__ import annotations

import ctypes
import errno
import os
from pathlib import Path

__all__ = ["put_in_place", "put_right"]

_HERE = -100
"""``AT_FDCWD`` of Linux: paths count from the working directory."""

_EXCHANGE = 2
"""``RENAME_EXCHANGE`` of Linux's ``renameat2(2)``."""

_NOT_HERE = (errno.ENOSYS, errno.EINVAL, errno.ENOTSUP, errno.EPERM)


def put_in_place(new: Path, old: Path) -> Path:
    """Give a folder the name of another that it replaces, and say under which name that one lies now.

    Linux exchanges the two names in one call. Elsewhere there is a moment in which neither has the name: ``put_right``
    takes a kill in that moment back.
    """
    if _exchanged(new, old):
        return new
    aside = _aside(old)
    old.rename(aside)
    new.rename(old)
    return aside


def put_right(path: Path) -> None:
    """Give a folder its name back whose replacement was killed between two renames."""
    if not path.exists() and _aside(path).exists():
        _aside(path).rename(path)


def _aside(path: Path) -> Path:
    return path.parent / f".{path.name}.before"


def _exchanged(one: Path, other: Path) -> bool:
    """Exchange two names; False where this system or file system cannot."""
    try:
        renameat2 = ctypes.CDLL(None, use_errno=True).renameat2
    except (AttributeError, OSError, TypeError):
        return False
    if renameat2(_HERE, os.fsencode(one), _HERE, os.fsencode(other), _EXCHANGE) == 0:
        return True
    number = ctypes.get_errno()
    if number in _NOT_HERE:
        return False
    raise OSError(number, os.strerror(number), str(other))
