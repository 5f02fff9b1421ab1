"""The log of who looked at and did what, written by many at once: those that wait for the disk are written together."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from stillwatch.core import AuditLog

__all__ = ["Looks"]


@dataclass(slots=True)
class _Waiting:
    body: Mapping[str, object]
    written: bool = False


class Looks(AuditLog):
    """A chained log whose entries are on disk before whoever noted them goes on.

    Args:
        path: the file; made by the first entry.
    """

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        self._waiting: list[_Waiting] = []
        self._listing, self._writing = threading.Lock(), threading.Lock()

    def note(self, body: Mapping[str, object]) -> None:
        """Add an entry.

        Raises:
            OutputUnwritable: the file cannot be written.
            TamperedLog: its last entry is not whole.
        """
        mine = _Waiting(body)
        with self._listing:
            self._waiting.append(mine)
        with self._writing:
            if mine.written:  # by who held the pen before
                return
            with self._listing:
                together, self._waiting = self._waiting, []
            try:
                self.append(*(one.body for one in together))
            except BaseException:
                # Each of the others tries for itself, and is told for itself.
                with self._listing:
                    self._waiting = [one for one in together if one is not mine] + self._waiting
                raise
            for one in together:
                one.written = True
