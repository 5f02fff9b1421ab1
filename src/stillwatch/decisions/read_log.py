"""A decision log that one process looks at all day: what was read, verified and folded once is kept, and goes on.

A log of 19,000 decisions takes seconds to verify and fold; what was added since the last look, a moment.
"""

from __future__ import annotations

import threading
from collections.abc import Collection, Iterator
from datetime import datetime
from pathlib import Path

from stillwatch.core.audit_log import AuditLog, Entry
from stillwatch.decisions.in_force import Fold, LoggedDecision

__all__ = ["ReadLog"]


class ReadLog(AuditLog):
    """A log whose entries are read once each.

    Args:
        path: the file; made by the first append.
    """

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        self._kept: list[Entry] = []
        self._offset = 0
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
            added, self._offset = self.entries_after(self._kept[-1] if self._kept else None, self._offset)
            self._kept += added
            return iter(tuple(self._kept))

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
