"""Policy's decision log as the console reads and writes it: folded once for each state of the file, written one at a
time, and each write held to what the person had seen.

What a decision is and what may be done about it, policy says; nothing is decided here.
"""

from __future__ import annotations

import fcntl
import hashlib
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TypeVar

from stillwatch.console.cases import Cases, fold, refold, touched_by
from stillwatch.core import AuditLog, BadDecision, canonical_json
from stillwatch.decisions import LoggedDecision, ReadLog
from stillwatch.policy import Label, Words, label_body

__all__ = ["CaseFile", "Changed", "seen_mark"]

T = TypeVar("T")

Mark = tuple[int, int, int]


class Changed(Exception):
    """The case is not any more what the person had before them."""


class CaseFile:
    """The decision log of one console.

    Args:
        path: the log; made by the first decision.
    """

    def __init__(self, path: Path) -> None:
        self.log = ReadLog(path)
        self._writing = threading.Lock()
        self._folding = threading.Lock()
        self._folded: tuple[Mark, Cases] | None = None
        self._read = 0
        self._words = Words(str(path))
        self._heard = 0
        self._labelled: tuple[Mark, Mapping[str, Label]] | None = None

    def cases(self) -> Cases:
        """The log as it stands.

        Raises:
            TamperedLog: the chain does not hold.
            BadDecision: an entry cannot be used.
        """
        with self._folding:
            # Before it is read: what is added meanwhile is read again.
            mark, now = self._mark(), datetime.now(UTC)
            if self._folded is None or self._folded[0] != mark or now >= self._folded[1].until:
                self._folded = (mark, self._fold(now))
            return self._folded[1]

    def _fold(self, now: datetime) -> Cases:
        entries = list(self.log.entries())
        added = entries[self._read :]
        before = self._folded[1] if self._folded else None
        touched = touched_by(before, added) if before and now < before.until else None
        if before is None or touched is None:
            cases = fold(self.log.standings(now), entries, now)
        else:
            cases = refold(before, self.log.standings_of(touched, now), added, now)
        self._read = len(entries)
        return cases

    def _mark(self) -> Mark:
        """What is different once the file is."""
        try:
            told = self.log.path.stat()
        except FileNotFoundError:
            return (0, 0, 0)
        return told.st_ino, told.st_size, told.st_mtime_ns

    def labels(self) -> Mapping[str, Label]:
        """What persons last said of each account, whether it holds or has ended.

        Raises:
            TamperedLog: the chain does not hold.
            BadDecision: an entry cannot be used.
        """
        with self._folding:
            mark = self._mark()
            if self._labelled is None or self._labelled[0] != mark:
                self.log.standings_of((), datetime.now(UTC))  # or it cannot be folded
                entries = list(self.log.entries())
                for entry in entries[self._heard :]:
                    self._words.take(entry)
                    self._heard += 1
                self._labelled = (mark, {one.account_id: one for one in self._words.last()})
            return self._labelled[1]

    def label(self, account: str, label: str | None, *, by: str, reason: str, days: int | None) -> None:
        """Say what an account is, for so many days or until the next word; None takes that back.

        Raises:
            BadDecision: the label is none, or nobody or no reason is named.
        """
        self.label_all([account], label, by=by, reason=reason, days=days)

    def label_all(self, accounts: Sequence[str], label: str | None, *, by: str, reason: str, days: int | None) -> None:
        """Say the same of several accounts, of all or of none.

        Raises:
            BadDecision: the label is none, or nobody or no reason is named.
        """
        with self.writing():
            now = datetime.now(UTC)
            until = now + timedelta(days=days) if days else None
            bodies = [
                label_body(one, label, by=by, reason=reason, now=now, until=until, where=f"{self.log.path}, {one}")
                for one in accounts
            ]
            self.log.append(*bodies, time=now)

    def act(self, decision_id: str, seen: str, do: Callable[[AuditLog, datetime], T]) -> T:
        """Do something about a decision, if it still is what the person had before them.

        Args:
            decision_id: the decision's.
            seen: its ``seen_mark`` on the page that was sent.
            do: what to do, given the log and the time.

        Raises:
            Changed: it is not.
            BadDecision: policy does not allow it.
        """
        with self.writing():
            now = datetime.now(UTC)
            one = self.log.standing(decision_id, now)
            if one is None:
                raise BadDecision(f"there is no decision {decision_id}", where=str(self.log.path))
            if seen_mark(one) != seen:
                raise Changed
            return do(self.log, now)

    @contextmanager
    def writing(self) -> Iterator[None]:
        """Nobody else writes meanwhile, of this process or of another console on the same log."""
        self.log.path.parent.mkdir(parents=True, exist_ok=True)
        with self._writing, self.log.path.with_suffix(".lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield


def seen_mark(one: LoggedDecision) -> str:
    """What a person has before them, as a few letters: other letters once anything about it changes."""
    said = [
        one.decision.decision_id,
        one.decision.verdict,
        one.decision.approved_by,
        one.state,
        one.assessment and one.assessment.time.isoformat(),
        sorted(one.exempt),
        [(appeal.appeal_id, appeal.outcome) for appeal in one.appeals],
    ]
    return hashlib.sha256(canonical_json(said)).hexdigest()[:16]
