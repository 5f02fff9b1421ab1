"""The log of who looked at what, a page at a time: from its end backwards, while its chain is checked beside that.

    LogPages.page > the rows of a page, and where the next one begins
    LogPages.check > how far the chain was verified, a part at a time

A log grows with every look of everybody; whoever turns its pages does not wait for all of it to be verified again. What
was verified once is not looked at again while the server runs: a copy as CSV or JSON verifies the whole chain anew.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Mapping
from dataclasses import dataclass

from stillwatch.core import AuditLog, Entry

__all__ = ["LogPage", "LogPages", "passes"]

_MOST_BYTES = 32 * 1024 * 1024
_CHECKED_AT_ONCE = 1_000


@dataclass(frozen=True, slots=True)
class LogPage:
    """Rows of a page.

    Attributes:
        entries: the latest first.
        earlier: the offset at which the next page begins; None where there is none.
        looked_back: whether the search stopped before the log's beginning, with fewer rows than a page holds.
    """

    entries: tuple[Entry, ...]
    earlier: int | None
    looked_back: bool


def passes(one: Entry, wanted: Mapping[str, str]) -> bool:
    """Whether an entry is what filters ask for; ``what`` is its kind."""
    return all(str(one.body.get("kind" if name == "what" else name)) == value for name, value in wanted.items())


class LogPages:
    """The pages of one log.

    Args:
        log: the log.
    """

    def __init__(self, log: AuditLog) -> None:
        self._log = log
        self._checking = threading.Lock()
        self._last: Entry | None = None
        self._offset = 0

    @property
    def checked(self) -> Entry | None:
        """The last entry up to which the chain was verified."""
        return self._last

    def check(self, most: int = _CHECKED_AT_ONCE) -> bool:
        """Verify what follows what was verified, so many entries; whether there may be more.

        Raises:
            TamperedLog: the chain does not hold, or the log is shorter than it was.
        """
        with self._checking:
            added, self._offset = self._log.entries_after(self._last, self._offset, most)
            if added:
                self._last = added[-1]
            return len(added) == most

    def page(self, wanted: Mapping[str, str], before: int | None, rows: int) -> LogPage:
        """The entries that filters ask for, from an offset backwards.

        Args:
            wanted: what the filters ask for, by name; empty: every entry.
            before: an offset that an earlier page gave; None: the end.
            rows: how many at most.

        Raises:
            TamperedLog: an entry is not what its hash says.
        """
        # As it stands in a line; whatever only looks like it is told apart once it is read.
        holding = [json.dumps(value, ensure_ascii=False).encode() for value in wanted.values()]
        found: list[Entry] = []
        begun = start = None
        for start, entry in self._log.entries_before(before, holding):
            begun = start if begun is None else begun
            if entry is not None and passes(entry, wanted):
                found.append(entry)
            if len(found) == rows or begun - start > _MOST_BYTES:
                break
        return LogPage(tuple(found), start or None, bool(start) and len(found) < rows)
