"""Policy's decision log as the console reads and writes it: folded once for each state of the file, written one at a
time, and each write held to what the person had seen.

What a decision is and what may be done about it, policy says; nothing is decided here.
"""

from __future__ import annotations

import fcntl
import hashlib
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeVar

from stillwatch.console.people import Person
from stillwatch.core import AuditLog, BadDecision, canonical_json
from stillwatch.decisions import Appeal, LoggedDecision
from stillwatch.policy import history
from stillwatch.tables import VERDICTS

__all__ = ["CaseFile", "Cases", "Changed", "seen_mark", "stage_of"]

T = TypeVar("T")

_FRESH_SECONDS = 30


class Changed(Exception):
    """The case is not any more what the person had before them."""


@dataclass(frozen=True, slots=True)
class Cases:
    """Every decision of the log at one moment.

    Attributes:
        standings: by decision id, in the order made.
        by_account: ids of decisions that name an account.
        entries: what happened to each decision: (time, kind, by, what was said).
    """

    standings: Mapping[str, LoggedDecision]
    by_account: Mapping[str, tuple[str, ...]]
    entries: Mapping[str, tuple[tuple[datetime, str, str, str], ...]]

    def appeals(self) -> list[tuple[Appeal, LoggedDecision]]:
        """Every appeal with its decision: open ones first, those that wait longest at the top."""
        found = [(appeal, one) for one in self.standings.values() for appeal in one.appeals]
        return sorted(found, key=lambda pair: (pair[0].outcome is not None, pair[0].filed))

    def weightiest(self) -> list[LoggedDecision]:
        """Every decision: those that reach furthest first, then those on most accounts."""
        return sorted(self.standings.values(), key=_weight)

    def waiting_for(self, person: Person) -> list[str]:
        """Ids of cases that a person may do something about now, the weightiest first."""
        return [one.decision.decision_id for one in self.weightiest() if _waits_for(person, one)]


class CaseFile:
    """The decision log of one console.

    Args:
        path: the log; made by the first decision.
    """

    def __init__(self, path: Path) -> None:
        self.log = AuditLog(path)
        self._writing = threading.Lock()
        self._reading = threading.Lock()
        self._read: tuple[object, float, Cases] | None = None

    def cases(self) -> Cases:
        """The log as it stands.

        Raises:
            TamperedLog: the chain does not hold.
            BadDecision: an entry cannot be used.
        """
        with self._reading:
            state = self._state()
            # Decisions expire: what was folded a while ago is folded again.
            if self._read is None or self._read[0] != state or time.monotonic() - self._read[1] > _FRESH_SECONDS:
                self._read = (state, time.monotonic(), _fold(self.log))
            return self._read[2]

    def _state(self) -> object:
        try:
            stat = self.log.path.stat()
        except FileNotFoundError:
            return None
        return stat.st_ino, stat.st_size, stat.st_mtime_ns

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
            for one in history(self.log, now):
                if one.decision.decision_id == decision_id:
                    if seen_mark(one) != seen:
                        raise Changed
                    return do(self.log, now)
        raise BadDecision(f"there is no decision {decision_id}", where=str(self.log.path))

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


def stage_of(one: LoggedDecision) -> str:
    """Where a case stands: ``open``, ``second`` (waits for another person), ``appeal``, ``done`` or ``noted``."""
    if any(appeal.outcome is None for appeal in one.appeals):
        return "appeal"
    if one.state != "in force" or (one.assessment and not one.waits) or one.decision.approved_by:
        return "done"
    if one.assessment:
        return "second"
    return "open" if one.waits or one.decision.verdict in ("review", "act") else "noted"


def _waits_for(person: Person, one: LoggedDecision) -> bool:
    stage = stage_of(one)
    if stage == "second":
        return person.may("approver") and (one.assessment is None or one.assessment.by != person.name)
    return stage == "open" and person.may("analyst")


def _weight(one: LoggedDecision) -> tuple[int, int, str]:
    reach = VERDICTS.index(one.decision.proposed or one.decision.verdict)
    return -reach, -len(one.accounts), one.decision.decision_id


def _fold(log: AuditLog) -> Cases:
    standings = {one.decision.decision_id: one for one in history(log, datetime.now(UTC))}
    by_account: dict[str, list[str]] = {}
    for name, one in standings.items():
        for account in one.decision.accounts:
            by_account.setdefault(account, []).append(name)
    entries: dict[str, list[tuple[datetime, str, str, str]]] = {}
    appealed: dict[str, str] = {}
    for entry in log.entries():
        body = entry.body
        kind = str(body.get("kind"))
        if kind == "appeal":
            appealed[str(body["appeal_id"])] = str(body["decision_id"])
        made = body["decision"] if kind == "decision" else {}
        name = body.get("decision_id") or made.get("decision_id") or appealed.get(str(body.get("appeal_id")), "")
        said = body.get("reason") or body.get("note") or body.get("statement") or ""
        by = body.get("by") or made.get("policy") or ""
        entries.setdefault(str(name), []).append((datetime.fromisoformat(entry.time), kind, str(by), str(said)))
    return Cases(
        standings,
        {account: tuple(names) for account, names in by_account.items()},
        {name: tuple(happened) for name, happened in entries.items()},
    )
