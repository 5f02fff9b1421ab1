"""A decision log that one process looks at all day: what was read, verified and folded once is kept, and goes on.

A log of 19,000 decisions takes seconds to verify and fold; what was added since the last look, a moment.
"""

from __future__ import annotations

import threading
from collections.abc import Collection, Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple

from stillwatch.core.audit_log import AuditLog, Entry
from stillwatch.core.errors import TamperedLog
from stillwatch.decisions.in_force import Fold, LoggedDecision

__all__ = ["ReadLog"]

_ANOTHER = "another log lies there than the one that was read"
_PUT_BACK = "put that one back, or start what reads it anew"


class _Mark(NamedTuple):
    """Which file lies there, and when it was written last."""

    device: int
    inode: int
    size: int
    written: int

    def may_follow(self, earlier: _Mark) -> bool:
        """Whether it may be the same file as earlier, or that with more at its end."""
        same_file = self[:2] == earlier[:2]
        return same_file and (self.size != earlier.size or self.written == earlier.written)


def _mark_of(path: Path) -> _Mark | None:
    try:
        told = path.stat()
    except OSError:
        return None
    return _Mark(told.st_dev, told.st_ino, told.st_size, told.st_mtime_ns)


class ReadLog(AuditLog):
    """A log whose entries are read once each.

    Args:
        path: the file; made by the first append.
    """

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        self._kept: list[Entry] = []
        self._offset = 0
        self._file = _Mark(0, 0, 0, 0)
        self._fold = Fold(str(path))
        self._folded = 0
        self._reading = threading.RLock()

    def entries(self) -> Iterator[Entry]:
        """Every entry; what was verified once is not looked at again.

        Raises:
            TamperedLog: what was added does not follow, or the file is shorter than it was.
            UnreadableInput: the file cannot be read.
        """
        with self._reading:
            file = _mark_of(self.path)
            if self._kept and file is not None and not file.may_follow(self._file):
                self._hold_to_what_was_read()
            added, self._offset = self.entries_after(self._kept[-1] if self._kept else None, self._offset)
            self._kept += added
            self._file = file or self._file
            return iter(tuple(self._kept))

    def append(self, *bodies: Mapping[str, Any], time: datetime | None = None) -> list[Entry]:
        """Add entries behind those that were read, and behind no others.

        Raises:
            OutputUnwritable: the file cannot be written.
            TamperedLog: what is there is not what was read.
        """
        self.entries()  # or one that is gone would begin anew
        return super().append(*bodies, time=time)

    def _end(self, file: BinaryIO) -> tuple[int, str]:
        """Where the file ends, which is where what was read does: nobody else writes now."""
        end = super()._end(file)
        self.entries()
        if self._kept and end != (self._kept[-1].n + 1, self._kept[-1].hash):
            raise TamperedLog(_ANOTHER, where=str(self.path), hint=_PUT_BACK)
        return end

    def _hold_to_what_was_read(self) -> None:
        """Another file lies there: of what was read nothing may be missing in it, or say something else.

        Raises:
            TamperedLog: it is so.
        """
        there = list(super().entries())[: len(self._kept)]
        if not there or there[-1] != self._kept[-1]:
            raise TamperedLog(_ANOTHER, where=str(self.path), hint=_PUT_BACK)

    def standings(self, now: datetime) -> list[LoggedDecision]:
        """Every decision with the state it is in, in the order made, as ``decision_history`` gives them.

        Raises:
            TamperedLog: the chain does not hold.
            BadDecision: an entry cannot be used.
        """
        with self._reading:
            return self._read_on().standings(now)

    def standings_of(self, decision_ids: Collection[str], now: datetime) -> list[LoggedDecision]:
        """Some decisions with the state each is in; ids that the log does not hold are left out.

        Raises:
            TamperedLog: the chain does not hold.
            BadDecision: an entry cannot be used.
        """
        with self._reading:
            return self._read_on().standings(now, decision_ids)

    def standing(self, decision_id: str, now: datetime) -> LoggedDecision | None:
        """One decision with the state it is in; None where the log holds none of that id.

        Raises:
            TamperedLog: the chain does not hold.
            BadDecision: an entry cannot be used.
        """
        with self._reading:
            return self._read_on().standing(decision_id, now)

    def _read_on(self) -> Fold:
        self.entries()
        while self._folded < len(self._kept):
            self._fold.take(self._kept[self._folded])
            self._folded += 1
        return self._fold
