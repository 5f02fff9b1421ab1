"""Policy's decision log as the console reads and writes it: folded once for each state of the file, written one at a
time, and each write held to what the person had seen.

What a decision is and what may be done about it, policy says; nothing is decided here.
"""

from __future__ import annotations

import fcntl
import hashlib
import threading
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar

from stillwatch.console.drawn_parts import Parts
from stillwatch.console.people import Person
from stillwatch.core import AuditLog, BadDecision, Entry, canonical_json
from stillwatch.decisions import Appeal, LoggedDecision, ReadLog
from stillwatch.policy import Label, labels
from stillwatch.tables import VERDICTS

__all__ = ["CaseFile", "Cases", "Changed", "seen_mark", "stage_of"]

T = TypeVar("T")

Happened = tuple[datetime, str, str, str]
Mark = tuple[int, int, int]


class Changed(Exception):
    """The case is not any more what the person had before them."""


@dataclass(frozen=True, slots=True)
class Cases:
    """Every decision of the log at one moment.

    Attributes:
        standings: by decision id: those that reach furthest first, then those on most accounts.
        stages: where each stands, see ``stage_of``.
        by_stage: ids at each stage, and of those that are ``waiting``: open, or for a second person.
        by_account: ids of decisions that name an account.
        by_subject: ids of decisions on a (run, kind, id), in the order made.
        entries: what happened to each decision: (time, kind, by, what was said).
        appeals: every appeal with its decision: open ones first, those that wait longest at the top.
        until: when it must be folded anew, because a decision or a protection ends.
        parts: of pages that show these cases.
    """

    standings: Mapping[str, LoggedDecision]
    stages: Mapping[str, str]
    by_stage: Mapping[str, Sequence[str]]
    by_account: Mapping[str, tuple[str, ...]]
    by_subject: Mapping[tuple[str, str, str], tuple[str, ...]]
    entries: Mapping[str, Sequence[Happened]]
    appeals: tuple[tuple[Appeal, LoggedDecision], ...]
    until: datetime
    parts: Parts = field(default_factory=Parts)
    _worked_out: dict[object, Any] = field(default_factory=dict)

    def keep(self, name: object, make: Callable[[], T]) -> T:
        """What ``make`` gives of these cases as they stand, made once."""
        if name not in self._worked_out:
            self._worked_out[name] = make()
        kept: T = self._worked_out[name]
        return kept

    def waiting_for(self, person: Person) -> Sequence[str]:
        """Ids of cases that a person may do something about now, the weightiest first."""
        return self.keep(("waiting for", person), lambda: self._waiting_for(person))

    def stages_of(self, sha256: str) -> Mapping[str, int]:
        """How many cases of a run stand at each stage."""

        def count() -> Counter[str]:
            names = (name for key, names in self.by_subject.items() if key[0] == sha256 for name in names)
            return Counter(self.stages[name] for name in names)

        return self.keep(("stages of", sha256), count)

    def _waiting_for(self, person: Person) -> Sequence[str]:
        if not person.may("analyst"):
            return ()
        return [
            name
            for name in self.by_stage["waiting" if person.may("approver") else "open"]
            if not (self.stages[name] == "second" and _assessed_by(self.standings[name], person.name))
        ]


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
                self._folded = (mark, _fold(self.log.standings(now), list(self.log.entries()), now))
            return self._folded[1]

    def _mark(self) -> Mark:
        """What is different once the file is."""
        try:
            told = self.log.path.stat()
        except FileNotFoundError:
            return (0, 0, 0)
        return told.st_ino, told.st_size, told.st_mtime_ns

    def labels(self) -> Mapping[str, Label]:
        """What persons last said of each account.

        Raises:
            TamperedLog: the chain does not hold.
            BadDecision: an entry cannot be used.
        """
        with self._folding:
            mark = self._mark()
            if self._labelled is None or self._labelled[0] != mark:
                said = labels(self.log, datetime.now(UTC))
                self._labelled = (mark, {one.account_id: one for one in said})
            return self._labelled[1]

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


def stage_of(one: LoggedDecision) -> str:
    """Where a case stands: ``open``, ``second`` (waits for another person), ``appeal``, ``done`` or ``noted``."""
    if any(appeal.outcome is None for appeal in one.appeals):
        return "appeal"
    if one.state != "in force" or (one.assessment and not one.waits) or one.decision.approved_by:
        return "done"
    if one.assessment:
        return "second"
    return "open" if one.waits or one.decision.verdict in ("review", "act") else "noted"


def _assessed_by(one: LoggedDecision, name: str) -> bool:
    return one.assessment is not None and one.assessment.by == name


def _weight(one: LoggedDecision) -> tuple[int, int, str]:
    reach = VERDICTS.index(one.decision.proposed or one.decision.verdict)
    return -reach, -len(one.accounts), one.decision.decision_id


def _fold(made: Sequence[LoggedDecision], entries: Sequence[Entry], now: datetime) -> Cases:
    by_account: dict[str, list[str]] = {}
    by_subject: dict[tuple[str, str, str], list[str]] = {}
    for one in made:
        decision = one.decision
        for account in decision.accounts:
            by_account.setdefault(account, []).append(decision.decision_id)
        key = (decision.run, decision.subject.kind, decision.subject.id)
        by_subject.setdefault(key, []).append(decision.decision_id)
    standings = {one.decision.decision_id: one for one in sorted(made, key=_weight)}
    stages = {name: stage_of(one) for name, one in standings.items()}
    by_stage: dict[str, list[str]] = {"waiting": [], "open": []}
    for name, stage in stages.items():
        by_stage.setdefault(stage, []).append(name)
        if stage in ("open", "second"):
            by_stage["waiting"].append(name)
    appeals = [(appeal, one) for one in made for appeal in one.appeals]
    ends = [one.decision.expires for one in made] + [appeal.until for appeal, _ in appeals if appeal.until]
    return Cases(
        standings,
        stages,
        by_stage,
        {account: tuple(names) for account, names in by_account.items()},
        {subject: tuple(names) for subject, names in by_subject.items()},
        _happened(entries),
        tuple(sorted(appeals, key=lambda pair: (pair[0].outcome is not None, pair[0].filed))),
        # Verifications end too, and are not seen from here: an hour at most.
        min([now + timedelta(hours=1), *(end for end in ends if end > now)]),
    )


def _happened(entries: Sequence[Entry]) -> dict[str, list[Happened]]:
    """What happened to each decision, in order."""
    found: dict[str, list[Happened]] = {}
    appealed: dict[str, str] = {}
    for entry in entries:
        body = entry.body
        kind = str(body.get("kind"))
        if kind == "appeal":
            appealed[str(body["appeal_id"])] = str(body["decision_id"])
        made = body["decision"] if kind == "decision" else {}
        name = body.get("decision_id") or made.get("decision_id") or appealed.get(str(body.get("appeal_id")), "")
        said = body.get("reason") or body.get("note") or body.get("statement") or ""
        by = body.get("by") or made.get("policy") or ""
        found.setdefault(str(name), []).append((datetime.fromisoformat(entry.time), kind, str(by), str(said)))
    return found
