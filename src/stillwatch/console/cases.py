"""Every decision of policy's log at one moment, as pages ask for them, and the next moment of it.

    fold > Cases; refold > Cases of a moment later, of which only what was touched is worked out anew

What a decision is and what may be done about it, policy says; nothing is decided here.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any, TypeVar

from stillwatch.console.drawn_parts import Parts
from stillwatch.console.people import Person
from stillwatch.core import Entry
from stillwatch.decisions import Appeal, LoggedDecision
from stillwatch.tables import VERDICTS

__all__ = ["STAGE_WORDS", "Cases", "fold", "refold", "stage_of", "touched_by"]

T = TypeVar("T")

Happened = tuple[datetime, str, str, str]

_SUPERSEDED = "superseded by"
_ACTS = ("assessment", "approval", "withdrawal", "reopening")
"""Kinds of entries that touch the decision they name and those that it replaces, and no other."""


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
        by_run: how many decisions on each run stand at each stage.
        held: by run what the log says of the last time that it was held to a policy, with its ``time``.
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
    by_run: Mapping[str, Mapping[str, int]]
    held: Mapping[str, Mapping[str, Any]]
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
        return self.by_run.get(sha256, {})

    def superseded_by(self, name: str) -> str | None:
        """The decision that took the place of one; None where it still is the last on its subject."""
        later = self.keep(
            _SUPERSEDED,
            lambda: {old: new for new, one in self.standings.items() for old in one.decision.supersedes},
        )
        return later.get(name)

    def _waiting_for(self, person: Person) -> Sequence[str]:
        if not person.may("analyst"):
            return ()
        return [
            name
            for name in self.by_stage["waiting" if person.may("approver") else "open"]
            if not (self.stages[name] == "second" and _assessed_by(self.standings[name], person.name))
        ]


STAGE_WORDS = {
    "open": "to assess",
    "second": "waits for a second person",
    "appeal": "under appeal",
    "done": "done",
    "noted": "noted",
}
"""What a stage is called where people read it."""


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


def fold(made: Sequence[LoggedDecision], entries: Sequence[Entry], now: datetime) -> Cases:
    """The cases.

    Args:
        made: every decision as it stands, in the order made.
        entries: the whole log.
        now: of that moment.
    """
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
    appeals = [(appeal, one) for one in made for appeal in one.appeals]
    ends = [one.decision.expires for one in made] + [appeal.until for appeal, _ in appeals if appeal.until]
    return Cases(
        standings,
        stages,
        _by_stage(stages),
        {account: tuple(names) for account, names in by_account.items()},
        {subject: tuple(names) for subject, names in by_subject.items()},
        _happened(entries),
        _by_run(made, stages),
        _held(entries),
        tuple(sorted(appeals, key=lambda pair: (pair[0].outcome is not None, pair[0].filed))),
        # Verifications end too, and are not seen from here: an hour at most.
        min([now + timedelta(hours=1), *(end for end in ends if end > now)]),
    )


def touched_by(cases: Cases, added: Iterable[Entry]) -> set[str] | None:
    """Ids of the decisions that stand otherwise once these entries are read; None where that could be any of them."""
    names: set[str] = set()
    for entry in added:
        kind = entry.body.get("kind")
        if kind in _ACTS and entry.body.get("decision_id") in cases.standings:
            names.add(str(entry.body["decision_id"]))
        elif kind in _ACTS or kind in ("decision", "appeal", "appeal-outcome", "verification"):
            return None
    return names | {
        old for name in names for old in cases.standings[name].decision.supersedes if old in cases.standings
    }


def refold(cases: Cases, touched: Iterable[LoggedDecision], added: Sequence[Entry], now: datetime) -> Cases:
    """The cases after some were touched: a log of twenty thousand decisions takes a second to fold anew.

    Args:
        cases: of before.
        touched: the decisions that ``touched_by`` names, as they stand now.
        added: the entries since.
        now: of this moment, before ``cases.until``.
    """
    changed = {one.decision.decision_id: one for one in touched}
    moved = any(_weight(one) != _weight(cases.standings[name]) for name, one in changed.items())
    standings = {**cases.standings, **changed}
    if moved:
        standings = {one.decision.decision_id: one for one in sorted(standings.values(), key=_weight)}
    stages = {**cases.stages, **{name: stage_of(one) for name, one in changed.items()}}
    if moved:
        stages = {name: stages[name] for name in standings}
    by_run = {run: Counter(counted) for run, counted in cases.by_run.items()}
    for name, one in changed.items():
        by_run[one.decision.run][cases.stages[name]] -= 1
        by_run[one.decision.run][stages[name]] += 1
    entries = dict(cases.entries)
    for name, happened in _happened(added).items():
        entries[name] = [*entries.get(name, ()), *happened]
    ends = [one.decision.expires for one in changed.values() if one.decision.expires > now]
    return replace(
        cases,
        standings=standings,
        stages=stages,
        by_stage=_by_stage(stages),
        entries=entries,
        by_run=by_run,
        held={**cases.held, **_held(added)},
        appeals=tuple((appeal, standings[one.decision.decision_id]) for appeal, one in cases.appeals),
        until=min([cases.until, *ends]),
        parts=Parts(),
        # No decision that is only touched takes another's place.
        _worked_out={name: made for name, made in cases._worked_out.items() if name == _SUPERSEDED},
    )


def _by_stage(stages: Mapping[str, str]) -> dict[str, list[str]]:
    by_stage: dict[str, list[str]] = {"waiting": [], "open": []}
    for name, stage in stages.items():
        by_stage.setdefault(stage, []).append(name)
        if stage in ("open", "second"):
            by_stage["waiting"].append(name)
    return by_stage


def _by_run(made: Iterable[LoggedDecision], stages: Mapping[str, str]) -> dict[str, Counter[str]]:
    by_run: dict[str, Counter[str]] = {}
    for one in made:
        by_run.setdefault(one.decision.run, Counter())[stages[one.decision.decision_id]] += 1
    return by_run


def _held(entries: Iterable[Entry]) -> dict[str, Mapping[str, Any]]:
    """What the log says of the last time that each run was held to a policy."""
    told = [entry for entry in entries if entry.body.get("kind") == "decided"]
    return {str(entry.body.get("run")): {**entry.body, "time": entry.time} for entry in told}


def _happened(entries: Iterable[Entry]) -> dict[str, list[Happened]]:
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
