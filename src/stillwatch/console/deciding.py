"""What persons do about cases, one at a time or many together: each act on each case is held to the same rules.

Whether a decision may be assessed, approved or ended, policy says. What is added here is that somebody works on the
case, that it is as they saw it, and who may take back what.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime

from stillwatch.console.asking import Refused
from stillwatch.console.people import Person
from stillwatch.console.service import Console
from stillwatch.core import AuditLog
from stillwatch.decisions import LoggedDecision
from stillwatch.policy import approve, assess, reopen, withdraw

__all__ = ["ACTS", "act", "find_case", "may_undo", "open_to"]

ACTS: Mapping[str, str] = {"assess": "assessed", "approve": "approved", "refuse": "refused", "reopen": "reopened"}
"""What can be done, and how the log says that it was."""


def find_case(console: Console, name: str) -> LoggedDecision:
    """The case as it stands.

    Raises:
        Refused: there is none.
    """
    one = console.cases.cases().standings.get(name)
    if one is None:
        raise Refused(404, f"There is no case {name}.")
    return one


def act(
    console: Console, person: Person, what: str, name: str, *, seen: str, reason: str, excepted: Sequence[str] = ()
) -> None:
    """Do one thing about one case, note it, and give the case back.

    Args:
        console: everything.
        person: who does it.
        what: of ``ACTS``.
        name: the case's id.
        seen: the mark of what was before them.
        reason: why.
        excepted: accounts that it is not to hold for, where it is assessed or approved.

    Raises:
        Refused: they may not, or do not work on it.
        Changed: it is not what they saw.
        BadDecision: policy does not allow it.
    """
    _check(console, person, what, find_case(console, name))
    by, second = person.name, console.places.two_persons
    does: Mapping[str, Callable[[AuditLog, datetime], object]] = {
        "assess": lambda log, now: assess(log, name, by=by, reason=reason, now=now, excepted=excepted),
        "approve": lambda log, now: approve(log, name, by=by, note=reason, now=now, excepted=excepted, second=second),
        "refuse": lambda log, now: withdraw(log, name, by=by, reason=reason, now=now),
        "reopen": lambda log, now: reopen(log, name, by=by, reason=reason, now=now),
    }
    console.cases.act(name, seen, does[what])
    console.note(by, ACTS[what], case=name, **({"excepted": len(excepted)} if excepted else {}))
    console.claims.release(name, by)


def _check(console: Console, person: Person, what: str, one: LoggedDecision) -> None:
    name = one.decision.decision_id
    if what == "reopen":
        if not may_undo(console, person, one):
            raise Refused(403, "Who did it may take it back, or an approver.")
        return
    if what == "approve" and not person.may("approver"):
        raise Refused(403, f"That needs the role approver; you are {person.role}.")
    if not console.claims.renew(name, person.name):
        holder = console.claims.held().get(name)
        raise Refused(
            409, f"{holder.name} works on this case." if holder else "Claim the case first: your claim ended."
        )
    if what == "refuse" and one.decision.approved_by and not person.may("approver"):
        raise Refused(403, "It was approved: an approver may end it, or an appeal.")


def open_to(console: Console, person: Person, one: LoggedDecision) -> tuple[str, ...]:
    """Which of ``ACTS`` this person could do about a case that they work on, as it stands."""
    if not person.may("analyst"):
        return ()
    found = []
    live = one.state == "in force"
    if live and one.assessment is None:
        found.append("assess")
    appealed = any(appeal.outcome is None for appeal in one.appeals)
    by_another = one.assessment is not None and one.assessment.by.casefold() != person.name.casefold()
    seen_by_two = by_another or not console.places.two_persons
    if live and one.waits and not appealed and seen_by_two and person.may("approver"):
        found.append("approve")
    if one.state in ("in force", "suspended", "reversed") and (not one.decision.approved_by or person.may("approver")):
        found.append("refuse")
    return tuple(found)


def may_undo(console: Console, person: Person, one: LoggedDecision) -> bool:
    """Whether anything was done by persons, and by this one last, or this one is an approver."""
    happened = console.cases.cases().entries.get(one.decision.decision_id, ())
    acts = [(kind, by) for _, kind, by, _ in happened if kind in ("assessment", "approval", "withdrawal", "reopening")]
    if not acts or acts[-1][0] == "reopening" or one.state not in ("in force", "suspended", "withdrawn"):
        return False
    return person.may("approver") or (person.may("analyst") and acts[-1][1] == person.name)
