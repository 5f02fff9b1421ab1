"""An append-only log in which every entry holds the hash of the one before it.

A line is one JSON object ``{"n", "time", "body", "previous", "hash"}``. ``hash`` is SHA-256 over the
other four in canonical JSON, so that no entry can be changed, removed or put between others without
every later hash telling. The last entries can still be cut off: whoever must not be able to do that
unseen keeps ``head`` elsewhere. After a crash a last line without its end is no entry; it is
dropped by the next append, and said.

``chained`` makes one entry of anything that keeps its own rows, a database table for instance.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import itertools
import json
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, BinaryIO

from stillwatch.core.errors import OutputUnwritable, TamperedLog, UnreadableInput
from stillwatch.core.system_errors import said_by

__all__ = ["GENESIS", "AuditLog", "Entry", "canonical_json", "chained", "verify_chain"]

GENESIS = "0" * 64
"""What the first entry holds as the hash before it."""

_BLOCK = 256 * 1024
_COPY = "compare with a copy of the log"
_BEGINS = b'{"body":'
"""Every entry."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry: number from 0, UTC time, what it says, and its place in the chain."""

    n: int
    time: str
    body: Mapping[str, Any]
    previous: str
    hash: str

    def line(self) -> bytes:
        """The entry as it stands in the file, newline included."""
        return (
            canonical_json(
                {"n": self.n, "time": self.time, "body": self.body, "previous": self.previous, "hash": self.hash}
            )
            + b"\n"
        )


def canonical_json(value: object) -> bytes:
    """One value, one text: sorted keys, no spaces, UTF-8.

    Raises:
        ValueError: a number is not finite; JSON has no such number.
    """
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False).encode()


def chained(body: Mapping[str, Any], *, n: int, previous: str, time: datetime | None = None) -> Entry:
    """The entry that follows ``previous``."""
    said = (time or datetime.now(UTC)).astimezone(UTC).isoformat(timespec="microseconds")
    return Entry(n, said, body, previous, _hash(n, said, body, previous))


def _hash(n: int, time: str, body: Mapping[str, Any], previous: str) -> str:
    return hashlib.sha256(canonical_json({"n": n, "time": time, "body": body, "previous": previous})).hexdigest()


def _write(handle: int, lines: bytes) -> None:
    """Put lines at the end of a file, on disk, all or none: of a disk that is full some would stand there."""
    before = os.fstat(handle).st_size
    try:
        left = memoryview(lines)
        while left:
            left = left[os.write(handle, left) :]
        os.fsync(handle)
    except OSError:
        with contextlib.suppress(OSError):
            os.ftruncate(handle, before)
        raise


def verify_chain(entries: Iterable[Entry], where: str, *, begins: tuple[int, str] = (0, GENESIS)) -> Iterator[Entry]:
    """Each entry, once its number, its place and its hash are what they must be.

    Args:
        entries: in their order.
        where: the log's name, for errors.
        begins: number of the first, and the hash before it.

    Raises:
        TamperedLog: at the first that is not.
    """
    first, previous = begins
    for n, entry in enumerate(entries, start=first):
        if (entry.n, entry.previous) != (n, previous) or entry.hash != _hash(n, entry.time, entry.body, previous):
            raise TamperedLog(
                f"entry {n} does not follow from the one before it: something was changed, removed or put in",
                where=where,
                hint="compare with a copy; what stands before this entry is whole",
            )
        previous = entry.hash
        yield entry


class AuditLog:
    """A chain in a file, written by any number of processes.

    Args:
        path: the file; made by the first append.
    """

    def __init__(self, path: Path) -> None:
        self.path = path

    def append(self, *bodies: Mapping[str, Any], time: datetime | None = None) -> list[Entry]:
        """Add entries, all or none, on disk when this returns.

        Raises:
            OutputUnwritable: the file cannot be written.
            TamperedLog: its last entry is not whole JSON of this form.
        """
        self._no_device()
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            with self.path.open("a+b") as file:
                fcntl.flock(file, fcntl.LOCK_EX)
                n, previous = self._end(file)
                added: list[Entry] = []
                for body in bodies:
                    added.append(chained(body, n=n + len(added), previous=previous, time=time))
                    previous = added[-1].hash
                _write(file.fileno(), b"".join(entry.line() for entry in added))
        except OSError as error:
            raise OutputUnwritable(
                f"the log cannot be written: {said_by(error)}",
                where=str(self.path),
                hint="nothing was added; see that there is room and leave to write, and do it again",
            ) from error
        return added

    def _end(self, file: BinaryIO) -> tuple[int, str]:
        """The next number and the hash before it; a torn last line is cut off."""
        size = file.seek(0, os.SEEK_END)
        tail, start, step = b"", size, 2048
        while start and tail.count(b"\n", 0, -1) < 1:
            start, step = max(0, start - step), 8 * step
            file.seek(start)
            tail = file.read(size - start)
            if not tail.endswith(b"\n") and b"\n" in tail:
                size = start + tail.rindex(b"\n") + 1
                tail = tail[: size - start]
        if not tail.endswith(b"\n"):
            if not tail.startswith(_BEGINS[: len(tail)]):
                raise TamperedLog("it is no log: nothing is written to it", where=str(self.path), hint="name another")
            file.truncate(0)
            return 0, GENESIS
        file.truncate(size)
        last = _parse(tail[:-1].rsplit(b"\n", 1)[-1], str(self.path))
        return last.n + 1, last.hash

    def entries(self) -> Iterator[Entry]:
        """Every entry, verified as it is read; a torn last line is left out.

        Raises:
            TamperedLog: the chain does not hold.
            UnreadableInput: the file cannot be read.
        """
        self._no_device()
        return verify_chain(self._read(), str(self.path))

    def _no_device(self) -> None:
        """A log is a file: a device has no end to be read to or to write at, and a pipe waits for one."""
        if self.path.exists() and not self.path.is_file():
            raise UnreadableInput("it is no file, and so no log", where=str(self.path), hint="name another")

    def _read(self) -> Iterator[Entry]:
        if not self.path.exists():
            return
        try:
            with self.path.open("rb") as file:
                for line in file:
                    if line.endswith(b"\n"):
                        yield _parse(line, str(self.path))
        except OSError as error:
            raise UnreadableInput(f"the log cannot be read: {said_by(error)}", where=str(self.path)) from error

    def entries_after(self, last: Entry | None, offset: int, most: int | None = None) -> tuple[list[Entry], int]:
        """Entries added since an earlier read, verified from there on, and where the next read begins.

        Whoever looks at a long log all day need not verify all of it each time; what stands before is not looked at
        again.

        Args:
            last: the last entry read; None where none was.
            offset: as the earlier read gave it, in bytes; 0 to begin.
            most: how many at once; None: all.

        Raises:
            TamperedLog: they do not follow from ``last``, or the file is shorter than it was, or gone.
            UnreadableInput: the file cannot be read.
        """
        added: list[Entry] = []
        self._no_device()
        if not self.path.exists():
            if offset:
                raise TamperedLog("the log is not there any more", where=str(self.path), hint="put it back")
            return added, 0
        try:
            with self.path.open("rb") as file:
                if offset > file.seek(0, os.SEEK_END):
                    raise TamperedLog("the log is shorter than it was", where=str(self.path), hint=_COPY)
                file.seek(offset)
                for line in file if most is None else itertools.islice(file, most):
                    if line.endswith(b"\n"):
                        added.append(_parse(line, str(self.path)))
                        offset += len(line)
        except OSError as error:
            raise UnreadableInput(f"the log cannot be read: {said_by(error)}", where=str(self.path)) from error
        begins = (0, GENESIS) if last is None else (last.n + 1, last.hash)
        return list(verify_chain(added, str(self.path), begins=begins)), offset

    def entries_before(
        self, offset: int | None = None, holding: Sequence[bytes] = ()
    ) -> Iterator[tuple[int, Entry | None]]:
        """Entries from an offset back to the first, the latest first, each with the offset at which it begins.

        Each is held to its own hash, not to the chain: whoever turns a long log's pages waits for a page.

        Args:
            offset: where to begin, in bytes; None: at the end.
            holding: what a line must hold to be read; of others the offset alone is told.

        Raises:
            TamperedLog: an entry is not what its hash says.
            UnreadableInput: the file cannot be read.
        """
        if not self.path.exists():
            return
        try:
            with self.path.open("rb") as file:
                size = file.seek(0, os.SEEK_END)
                for start, line in _lines_before(file, size if offset is None else max(0, min(offset, size))):
                    if not all(piece in line for piece in holding):
                        yield start, None
                        continue
                    entry = _parse(line, str(self.path))
                    yield start, next(verify_chain([entry], str(self.path), begins=(entry.n, entry.previous)))
        except OSError as error:
            raise UnreadableInput(f"the log cannot be read: {said_by(error)}", where=str(self.path)) from error

    def head(self) -> str:
        """The hash of the last entry of the verified chain."""
        last = GENESIS
        for entry in self.entries():
            last = entry.hash
        return last


def _lines_before(file: BinaryIO, end: int) -> Iterator[tuple[int, bytes]]:
    """Whole lines that end at an offset or before it, the last first, with where each begins."""
    begun, at = b"", end
    whole = False
    while at:
        step = min(_BLOCK, at)
        at -= step
        file.seek(at)
        first, *lines = (file.read(step) + begun).split(b"\n")
        place = at + step + len(begun)
        for line in reversed(lines):
            place -= len(line)
            # What follows the last newline of the file is no line yet.
            if whole:
                yield place, line
            whole = True
            place -= 1
        begun = first
    if whole:
        yield 0, begun


def _parse(line: bytes, where: str) -> Entry:
    keys: Sequence[str] = ("n", "time", "body", "previous", "hash")
    try:
        found = json.loads(line)
        return Entry(*(found[key] for key in keys))
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise TamperedLog(f"a line is no entry: {line[:60]!r}", where=where, hint=_COPY) from error
