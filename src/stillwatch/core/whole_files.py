"""Files and folders that are there whole or not at all, whatever ends the process that writes them.

Both are written under a hidden name beside their own. Whoever is stopped removes that; what a killed process left is
removed by the next to write the same, which knows it by the lock that nobody holds any more.
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import glob
import os
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from stillwatch.core.errors import OutputExists
from stillwatch.core.interrupts import interrupt_held

__all__ = ["put_whole", "whole_folder"]

_MOST_NAME = 200


def put_whole(path: Path, *parts: bytes, new: bool = False, synced: bool = False, mode: int = 0o666) -> Path:
    """Write a file, in place of what is there.

    Args:
        path: the file.
        parts: what it holds, one after another.
        new: never in place of another.
        synced: on the disk before it has its name.
        mode: rights of the file, less what the process withholds.

    Raises:
        FileExistsError: it is new, and there is one.
        OSError: it cannot be written.
    """
    # To the end: what is written lies in memory already, and no instant is left in which half of it stands there.
    with interrupt_held():
        _sweep(path)
        half, handle = _beside(path, mode)
        try:
            with os.fdopen(handle, "wb") as file:
                file.writelines(parts)
                file.flush()
                if synced:
                    os.fsync(file.fileno())
                _name(half, path, new=new)
        finally:
            half.unlink(missing_ok=True)
    return path


def _beside(path: Path, mode: int) -> tuple[Path, int]:
    """A hidden file beside another, locked as long as it is open."""
    while True:
        half = path.with_name(f".{path.name[:_MOST_NAME]}.{secrets.token_hex(4)}.partial")
        handle = os.open(half, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, mode)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            pass
        except OSError:
            # A file system without locks: what is left there by a kill stays.
            return half, handle
        # Somebody else may just have swept it.
        if os.fstat(handle).st_nlink:
            return half, handle
        os.close(handle)
        half.unlink(missing_ok=True)


def _sweep(path: Path) -> None:
    """Remove what killed processes left of the same file."""
    for left in path.parent.glob(f".{glob.escape(path.name[:_MOST_NAME])}.????????.partial"):
        with contextlib.suppress(OSError):
            handle = os.open(left, os.O_RDONLY | os.O_CLOEXEC)
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
                left.unlink()
            finally:
                os.close(handle)


def _name(half: Path, path: Path, *, new: bool) -> None:
    if not new:
        half.replace(path)
        return
    try:
        os.link(half, path)
    except FileExistsError:
        raise
    except OSError:
        # A file system without links.
        if path.exists():
            raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), str(path)) from None
        half.rename(path)


@contextmanager
def whole_folder(out: Path) -> Iterator[Path]:
    """An empty hidden folder beside ``out``, which takes its name when the block is left without an exception.

    Raises:
        OutputExists: ``out`` is there, or another process is making it.
        OSError: it cannot be made.
    """
    if out.exists():
        raise OutputExists("the output path exists, and nothing is ever overwritten", where=str(out))
    partial = out.parent / f".{out.name}.partial"
    lock: int | None = None
    try:
        # Stopped between the two, it would leave a folder of which nobody knows whose it is.
        with interrupt_held():
            partial.mkdir(parents=True, exist_ok=True)
            lock = _locked_folder(partial, out)
        for left in partial.iterdir():
            shutil.rmtree(left) if left.is_dir() and not left.is_symlink() else left.unlink()
        yield partial
        partial.rename(out)
    finally:
        if lock is not None:
            if _is(lock, partial):
                shutil.rmtree(partial, ignore_errors=True)
            os.close(lock)


def _locked_folder(partial: Path, out: Path) -> int:
    lock = os.open(partial, os.O_RDONLY | os.O_CLOEXEC)
    # A file system without locks on folders keeps nobody out.
    free = True
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        free = False
    except OSError:
        pass
    # What had it may have given it its name meanwhile, or removed it.
    if not free or not _is(lock, partial):
        os.close(lock)
        raise OutputExists(
            "another process is writing to it at this moment", where=str(out), hint="wait for it, or name another place"
        )
    return lock


def _is(handle: int, path: Path) -> bool:
    """Whether a path still leads to what was opened."""
    try:
        return os.path.samestat(os.fstat(handle), path.stat())
    except FileNotFoundError:
        return False
