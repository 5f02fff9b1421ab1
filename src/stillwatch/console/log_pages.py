"""The log of who looked at what, a page at a time: from its end backwards, while its chain is checked beside that.

    LogPages.page > the rows of a page, and where the next one begins
    LogPages.check > how far the chain was verified, a part at a time

A log grows with every look of everybody; whoever turns its pages does not wait for all of it to be verified again. What
was verified once is not looked at again while the server runs: a copy as CSV or JSON verifies the whole chain anew.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from stillwatch.console.days import day_bounds, day_of
from stillwatch.core import AuditLog, Entry

__all__ = ["Among", "LogPage", "LogPages", "passes"]

_MOST_BYTES = 32 * 1024 * 1024
_CHECKED_AT_ONCE = 1_000
_ASKED_AT_ONCE = 500
_READ_THROUGH = 128 * 1024

Among = Callable[[Sequence[Entry]], Sequence[bool]]
"""Says of several entries at once which are asked for."""


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

    def page(
        self, wanted: Mapping[str, str], before: int | None, rows: int, among: Among | None = None, day: str = ""
    ) -> LogPage:
        """The entries that filters ask for, from an offset backwards.

        Args:
            wanted: what the filters ask for, by name; empty: every entry.
            before: an offset that an earlier page gave; None: the end.
            rows: how many at most.
            among: what of several entries is asked for besides.
            day: of which alone; empty: of every day.

        Raises:
            TamperedLog: an entry is not what its hash says.
        """
        # As it stands in a line; whatever only looks like it is told apart once it is read.
        holding = [json.dumps(value, ensure_ascii=False).encode() for value in wanted.values()]
        first, end = self._of_day(day) if day else (0, before)
        found: list[tuple[int, Entry]] = []
        waiting: list[tuple[int, Entry]] = []
        begun = start = None
        for start, entry in self._log.entries_before(end if before is None else min(before, end or 0), holding):
            begun = start if begun is None else begun
            if start >= first and entry is not None and passes(entry, wanted):
                waiting.append((start, entry))
            if among is None or len(waiting) >= _ASKED_AT_ONCE or start <= first:
                found, waiting = found + _those(waiting, among), []
            if len(found) >= rows or start <= first or begun - start > _MOST_BYTES:
                break
        found = (found + _those(waiting, among))[:rows]
        if len(found) == rows:
            start = found[-1][0]
        more = start is not None and start > first
        return LogPage(tuple(one for _, one in found), start if more else None, more and len(found) < rows)

    def _of_day(self, day: str) -> tuple[int, int]:
        """Where the first entry of a day begins, and the first after it; equal where there is none."""
        bounds = day_bounds(day)
        if bounds is None:
            return 0, 0
        first, end = (self._since(day_of(one)) for one in bounds)
        return first, end

    def _since(self, day: str) -> int:
        """Where the first entry of a day or of one after it begins: entries stand in the order of their times."""
        low, high = 0, self._log.path.stat().st_size if self._log.path.exists() else 0
        while high - low > _READ_THROUGH:
            start, entry = next(self._log.entries_before((low + high) // 2), (0, None))
            if entry is None or start <= low:
                break
            if entry.time[:10] < day:
                low = start
            else:
                high = start
        for start, entry in self._log.entries_before(high):
            if entry is not None and entry.time[:10] < day:
                break
            high = start
        return high


def _those(entries: list[tuple[int, Entry]], among: Among | None) -> list[tuple[int, Entry]]:
    if among is None or not entries:
        return entries
    kept = among([one for _, one in entries])
    return [pair for pair, keeps in zip(entries, kept, strict=True) if keeps]
