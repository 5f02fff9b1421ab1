"""Records every request as asked, in lines that a scan reads, so that none is lost when the process is killed.

Two files a process. A request goes into ``.pending-*.wal`` before anything is done about it. Once answered, its whole
line goes into ``exchanges-*.jsonl``, and the pending file notes it as done. Both are written with one ``write`` each,
so what is written outlives the process; ``fsync`` runs in a thread of its own for all requests since the last
one (group commit), so that it outlives the machine. What a killed process left pending is
brought into the record by the next start, with the status ``unfinished``.

Acknowledged is a request of which a byte was answered or sent on. It is then with the kernel and survives
``kill -9`` of the gateway; with ``sync="before-answer"`` it is on the disk before the first byte of its answer.
"""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import logging
import os
import threading
from collections.abc import Iterator
from concurrent.futures import Future
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from stillwatch.core.whole_files import put_whole

__all__ = ["RecordFailed", "Recorder"]

_LOG = logging.getLogger("stillwatch.gateway")
_SYNC_SECONDS = 0.2
_PENDING_BYTES = 16 * 2**20


class RecordFailed(Exception):
    """A request could not be recorded; it never leaves this package."""


class _Lines:
    """A file that whole lines are added to."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
        self.size = 0
        self._torn = False

    def add(self, line: bytes) -> None:
        if self._torn:
            line = b"\n" + line
        written = 0
        try:
            while written < len(line):
                written += os.write(self.handle, line[written:])
        except OSError as error:
            # Half a line may stand there; the next begins on one of its own.
            self._torn = self._torn or written > 0
            raise RecordFailed(str(error)) from error
        self._torn = False
        self.size += len(line)

    @property
    def removed(self) -> bool:
        """Whether the file has no name any more."""
        return os.fstat(self.handle).st_nlink == 0


class Recorder:
    """The record of one process.

    Args:
        folder: made where absent; may be shared by processes.
        before_answer: whether ``on_disk`` waits for the disk.
        file_bytes: a file is closed beyond this size and another begun.

    Raises:
        OSError: the folder cannot be written.
    """

    def __init__(self, folder: Path, *, before_answer: bool = False, file_bytes: int = 256 * 2**20) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._folder = folder
        self._before_answer = before_answer
        self._file_bytes = file_bytes
        self._name = f"{datetime.now(UTC):%Y%m%dT%H%M%S}-{os.getpid()}-{os.urandom(3).hex()}"
        self._number = 0
        self._open: dict[str, bytes] = {}
        self._notes: list[bytes] = []
        self._lock = threading.Lock()
        self.recovered = sum(self._recover(path) for path in sorted(folder.glob(".pending-*.wal")))
        self._pending = self._new_pending()
        # Bytes that the pending file began with: where much is open, turning it at every request would write all of it.
        self._carried = 0
        self._record = self._new_record()
        self._waiting: list[Future[None]] = []
        self._retired: list[_Lines] = []
        self._wake = threading.Event()
        self._closed = False
        self._thread = threading.Thread(target=self._sync, name="stillwatch-record", daemon=True)
        self._thread.start()

    def ask(self, exchange_id: str, line: bytes) -> None:
        """Take down a request before anything is done about it.

        Raises:
            RecordFailed: it cannot be written.
        """
        with self._lock:
            self._pending.add(b"".join((*self._notes, b"A ", line)))
            self._notes.clear()
            self._open[exchange_id] = line
            if self._pending.size > max(_PENDING_BYTES, 2 * self._carried):
                self._turn_pending()
        self._wake.set()

    def done(self, exchange_id: str, line: bytes) -> None:
        """Bring a request and its answer into the record.

        Raises:
            RecordFailed: it cannot be written; it stays pending.
        """
        with self._lock:
            if self._record.size > self._file_bytes:
                self._turn_record()
            self._record.add(line)
            self._open.pop(exchange_id, None)
            # Goes along with the next request, or the next sync. Until then the record's own end tells that it is done.
            self._notes.append(b"D %b\n" % exchange_id.encode())
        self._wake.set()

    async def on_disk(self) -> None:
        """Wait until everything taken down so far is on the disk, where that was asked for."""
        if self._before_answer:
            reached: Future[None] = Future()
            with self._lock:
                self._waiting.append(reached)
            self._wake.set()
            await asyncio.wrap_future(reached)

    def close(self) -> None:
        """Write what is still pending as unfinished, and let go of the files."""
        if self._closed:
            return
        self._closed = True
        self._wake.set()
        self._thread.join(timeout=5)
        with self._lock:
            whole = False
            with _going_on():
                for line in self._open.values():
                    self._record.add(_unfinished(line))
                whole = True
            for file in (self._record, *self._retired, self._pending):
                with _going_on():
                    os.fsync(file.handle)
                os.close(file.handle)
                # What could not be brought into the record stays for the next start.
                if file.path.suffix == ".wal" and whole:
                    file.path.unlink(missing_ok=True)
            if not self._record.size:
                self._record.path.unlink(missing_ok=True)

    def _new_record(self) -> _Lines:
        self._number += 1
        self._folder.mkdir(parents=True, exist_ok=True)
        return _Lines(self._folder / f"exchanges-{self._name}-{self._number:04d}.jsonl")

    def _new_pending(self) -> _Lines:
        self._folder.mkdir(parents=True, exist_ok=True)
        while True:
            self._number += 1
            file = _Lines(self._folder / f".pending-{self._name}-{self._number:04d}.wal")
            # Held as long as this process lives: whoever can take it knows that the process is gone.
            if _taken(file.handle):
                return file
            # Another that starts at this moment was quicker, and takes it for a dead process's.
            os.close(file.handle)

    def _turn_record(self) -> None:
        """Begin another file; where none can be made, the old one goes on."""
        with _going_on():
            begun = self._new_record()
            self._retired.append(self._record)
            self._record = begun

    def _turn_pending(self) -> None:
        """Carry what is still open into a new file; the old one says nothing more. Without a new one it goes on."""
        # The disk is waited for in the thread: what the old file calls done must be there before it goes.
        with _going_on():
            begun = self._new_pending()
            begun.add(b"".join(b"A " + line for line in self._open.values()))
            self._retired.append(self._pending)
            self._notes.clear()
            self._pending, self._carried = begun, begun.size

    def _look_after_files(self) -> None:
        """Begin others in the place of files that somebody has removed: what is written to those, nobody finds."""
        if self._record.removed:
            self._turn_record()
        if self._pending.removed:
            self._turn_pending()

    def _sync(self) -> None:
        while not self._closed:
            self._wake.wait()
            self._wake.clear()
            with self._lock:
                waiting, self._waiting = self._waiting, []
                retired, self._retired = self._retired, []
                self._look_after_files()
                with contextlib.suppress(RecordFailed):
                    self._pending.add(b"".join(self._notes))
                    self._notes.clear()
                handles: list[int] = []
                with contextlib.suppress(OSError):
                    handles = [os.dup(self._pending.handle), os.dup(self._record.handle)]
            try:
                for handle in [*(file.handle for file in retired), *handles]:
                    os.fdatasync(handle)
                    os.close(handle)
                for file in retired:
                    if file.path.suffix == ".wal":
                        file.path.unlink(missing_ok=True)
            except OSError as error:
                _LOG.error("the record cannot be synced: %s", error)
                for one in waiting:
                    one.set_exception(RecordFailed(str(error)))
            else:
                for one in waiting:
                    one.set_result(None)
            if not waiting and not self._before_answer:
                # Nobody waits: let more gather for the next round.
                threading.Event().wait(_SYNC_SECONDS)

    def _recover(self, path: Path) -> int:
        """Bring what a dead process left pending into a file of its own; how many requests."""
        try:
            handle = os.open(path, os.O_RDONLY)
        except FileNotFoundError:
            return 0
        try:
            if not _taken(handle):
                return 0
            left = _left_pending(path)
            known = self._known(path) if left else b""
            lines = [_unfinished(line) for exchange_id, line in left.items() if exchange_id.encode() not in known]
            if lines:
                # By the name of what it comes from, and whole: killed here, the next start writes the same again.
                name = f"exchanges-recovered-{path.stem.removeprefix('.pending-')}.jsonl"
                put_whole(self._folder / name, *lines, synced=True, mode=0o600)
            for file in self._files_of(path):
                if not file.stat().st_size:
                    file.unlink()
            path.unlink()
        finally:
            os.close(handle)
        return len(left)

    def _files_of(self, pending: Path) -> list[Path]:
        """The record of the process that wrote a pending file."""
        name = pending.stem.removeprefix(".pending-").rpartition("-")[0]
        return sorted(self._folder.glob(f"exchanges-{name}-*.jsonl"))

    def _known(self, pending: Path) -> bytes:
        """The end of that process's record: a request may stand there and not yet be noted as done."""
        name = pending.stem.removeprefix(".pending-").rpartition("-")[0]
        # Of two pending files the later carries on what is open in the earlier.
        recovered = self._folder.glob(f"exchanges-recovered-{name}-*.jsonl")
        return b"".join(file.read_bytes()[-64 * 2**20 :] for file in (*self._files_of(pending)[-2:], *recovered))


@contextlib.contextmanager
def _going_on() -> Iterator[None]:
    """Says what could not be done to a file, and goes on with what there is."""
    try:
        yield
    except (OSError, RecordFailed) as error:
        _LOG.error("the record's file cannot be changed: %s", error)


def _taken(handle: int) -> bool:
    """Whether a file is this process's now: nobody holds it, and it still has a name."""
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return os.fstat(handle).st_nlink > 0


def _left_pending(path: Path) -> dict[str, bytes]:
    left: dict[str, bytes] = {}
    for line in path.read_bytes().splitlines(keepends=True):
        if not line.endswith(b"\n"):
            break
        if line.startswith(b"D "):
            left.pop(line[2:-1].decode("ascii", "replace"), None)
        elif line.startswith(b"A "):
            with contextlib.suppress(msgspec.DecodeError, KeyError, TypeError):
                left[msgspec.json.decode(line[2:])["exchange_id"]] = line[2:]
    return left


def _unfinished(line: bytes) -> bytes:
    return msgspec.json.encode({**msgspec.json.decode(line), "status": "unfinished"}) + b"\n"
