"""Folds a decision log into what is in force now.

Entries are told apart by ``kind`` in their body; those of other kinds are passed over.

| kind | body |
| --- | --- |
| ``decision`` | ``decision``: as ``decision_to_json`` gives it |
| ``approval`` | ``decision_id, by, note`` |
| ``withdrawal`` | ``decision_id, by, reason``, ``lapsed`` (true: the policy reaches it no more) |
| ``verification`` | ``decision_id, account, by, note, until``: the account has shown who it is |
| ``appeal`` | ``appeal_id, decision_id, account`` (null: all it covers), ``by, statement, suspends`` |
| ``assessment`` | ``decision_id, by, reason, except``: a person looked and would let it stand, but for these accounts |
| ``reopening`` | ``decision_id, by, reason``: what persons did about it is taken back; it is as it was made |
| ``appeal-outcome`` | ``appeal_id, outcome`` (``reversed``, ``confirmed``), ``by, reason, until`` (end of protection) |

An appeal is about one account and the rules that fired. It suspends, and once upheld keeps away, every decision
that rests on no other rule, the next run's included; otherwise a nightly scan would undo it. One account's
appeal changes nothing for the others.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from stillwatch.core.audit_log import Entry
from stillwatch.core.errors import BadDecision
from stillwatch.decisions.decision import Decision, decision_from_json
from stillwatch.decisions.verified import is_verified_in, without_verify

__all__ = ["Appeal", "Assessment", "Fold", "LoggedDecision", "current_decisions", "decision_history"]


@dataclass(frozen=True, slots=True)
class Appeal:
    """An appeal as it stands.

    Attributes:
        appeal_id, decision_id, by, statement: as filed.
        account: the account it is for; None for all that the decision covers.
        rules: the rules that had fired.
        suspends: whether the decision rests while the appeal is open.
        outcome: None while open, ``reversed`` or ``confirmed``.
        reason: what whoever decided it gave as reason.
        until: until when a reversal protects.
    """

    appeal_id: str
    decision_id: str
    account: str | None
    by: str
    statement: str
    rules: frozenset[str]
    suspends: bool
    filed: datetime
    outcome: str | None = None
    reason: str | None = None
    until: datetime | None = None

    def frees(self, now: datetime) -> bool:
        """Whether it keeps decisions away at that time."""
        if self.outcome is None:
            return self.suspends
        return self.outcome == "reversed" and (self.until is None or now < self.until)


@dataclass(frozen=True, slots=True)
class Assessment:
    """That a person has looked at a decision and would let it stand, or let what it proposes come into force.

    Attributes:
        by, time, reason: who, when, why.
        excepted: accounts that it is not to hold for; they are freed at once.
    """

    by: str
    time: datetime
    reason: str
    excepted: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class LoggedDecision:
    """A decision as the log leaves it.

    Attributes:
        decision: with its approval in it; ``verdict`` and ``actions`` are those that hold.
        state: ``in force``, ``suspended``, ``reversed``, ``expired``, ``superseded``, ``lapsed`` or ``withdrawn``.
        exempt: accounts that an appeal, or whoever assessed or approved it, frees from it.
        appeals: those filed against it.
        verified: accounts that have shown who they are, of whom it no longer asks it.
        assessment: the last person's look at it that was not taken back; None where nobody looked.
    """

    decision: Decision
    state: str
    exempt: frozenset[str] = frozenset()
    appeals: tuple[Appeal, ...] = ()
    verified: frozenset[str] = frozenset()
    assessment: Assessment | None = None

    @property
    def accounts(self) -> tuple[str, ...]:
        """The accounts that it holds for."""
        return tuple(account for account in self.decision.accounts if account not in self.exempt)

    @property
    def waits(self) -> bool:
        """Whether a stronger verdict waits for a person's approval."""
        return self.decision.proposed is not None

    def covers(
        self, account: str | None = None, *, organisation: str | None = None, templates: Collection[str] = ()
    ) -> bool:
        """Whether it holds for a request of that account and organisation that matches these templates."""
        if account is not None and account in self.exempt:
            return False
        subject = self.decision.subject
        return (
            (account is not None and account in self.decision.accounts)
            or (subject.kind == "organisation" and organisation == subject.id)
            or any(template in self.decision.templates for template in templates)
        )


class Fold:
    """What has been read of a log so far; goes on with the entries that follow."""

    def __init__(self, where: str) -> None:
        self.where = where
        self.decisions: dict[str, Decision] = {}
        self.made: dict[str, Decision] = {}
        self.ended: dict[str, str] = {}
        self.replaced_by: dict[str, str] = {}
        self.assessments: dict[str, Assessment] = {}
        self.excepted: dict[str, frozenset[str]] = {}
        self.appeals: dict[str, Appeal] = {}
        self.verified: dict[str, datetime] = {}

    def take(self, entry: Entry) -> None:
        """Read one entry.

        Raises:
            BadDecision: it lacks a value, or is about a decision or appeal that the log does not hold.
        """
        at = f"{self.where}, entry {entry.n}"
        body = entry.body
        readers = {
            "decision": self._decision,
            "approval": self._approval,
            "withdrawal": self._withdrawal,
            "verification": self._verification,
            "assessment": self._assessment,
            "reopening": self._reopening,
            "appeal": self._appeal,
            "appeal-outcome": self._outcome,
        }
        reader = readers.get(str(body.get("kind")))
        if reader is None:
            return
        try:
            reader(body, _moment(entry.time), at)
        except (KeyError, TypeError, ValueError) as error:
            what = f"lacks {error}" if isinstance(error, KeyError) else str(error)
            raise BadDecision(f"the entry cannot be used: {what}", where=at) from error

    def _decision(self, body: Mapping[str, Any], time: datetime, at: str) -> None:
        decision = decision_from_json(body["decision"], where=at)
        # The same decision made again changes nothing: an approval stays.
        self.decisions.setdefault(decision.decision_id, decision)
        self.made.setdefault(decision.decision_id, decision)
        self._replace_old(self.decisions[decision.decision_id])

    def _replace_old(self, decision: Decision) -> None:
        # What waits for a person lifts nothing that a person already approved.
        if decision.proposed is None:
            for old in decision.supersedes:
                if self.ended.setdefault(old, "superseded") == "superseded":
                    self.replaced_by.setdefault(old, decision.decision_id)

    def _known(self, body: Mapping[str, Any], at: str) -> Decision:
        found = self.decisions.get(body["decision_id"])
        if found is None:
            raise BadDecision(f"no decision {body['decision_id']} stands before it", where=at)
        return found

    def _approval(self, body: Mapping[str, Any], time: datetime, at: str) -> None:
        old = self._known(body, at)
        _named(body, "an approval", at)
        self._except(old.decision_id, body)
        if old.proposed is not None:
            self.decisions[old.decision_id] = replace(
                old,
                verdict=old.proposed,
                actions=old.proposed_actions,
                proposed=None,
                proposed_actions=(),
                customer_text=old.proposed_text or old.customer_text,
                approved_by=body["by"],
                approved_at=time,
                expires=time + timedelta(days=old.proposed_days) if old.proposed_days else old.expires,
            )
            self._replace_old(self.decisions[old.decision_id])

    def _withdrawal(self, body: Mapping[str, Any], time: datetime, at: str) -> None:
        self.ended[self._known(body, at).decision_id] = "lapsed" if body.get("lapsed") else "withdrawn"

    def _assessment(self, body: Mapping[str, Any], time: datetime, at: str) -> None:
        name = self._known(body, at).decision_id
        _named(body, "an assessment", at)
        self._except(name, body)
        self.assessments[name] = Assessment(body["by"], time, body["reason"], frozenset(body.get("except") or ()))

    def _except(self, name: str, body: Mapping[str, Any]) -> None:
        self.excepted[name] = self.excepted.get(name, frozenset()) | frozenset(body.get("except") or ())

    def _reopening(self, body: Mapping[str, Any], time: datetime, at: str) -> None:
        name = self._known(body, at).decision_id
        _named(body, "a reopening", at)
        self.assessments.pop(name, None)
        self.excepted.pop(name, None)
        if self.ended.get(name) == "withdrawn":
            del self.ended[name]
        if self.decisions[name] != self.made[name]:
            # What its approval replaced holds again.
            for old in [old for old, new in self.replaced_by.items() if new == name]:
                del self.replaced_by[old], self.ended[old]
            self.decisions[name] = self.made[name]

    def _verification(self, body: Mapping[str, Any], time: datetime, at: str) -> None:
        self._known(body, at)
        _named(body, "a verification", at)
        self.verified[str(body["account"])] = _moment(body["until"])

    def _appeal(self, body: Mapping[str, Any], time: datetime, at: str) -> None:
        about = self._known(body, at)
        self.appeals[body["appeal_id"]] = Appeal(
            body["appeal_id"],
            about.decision_id,
            body.get("account"),
            body["by"],
            body["statement"],
            about.rule_ids,
            bool(body["suspends"]),
            time,
        )

    def _outcome(self, body: Mapping[str, Any], time: datetime, at: str) -> None:
        appeal = self.appeals.get(body["appeal_id"])
        if appeal is None:
            raise BadDecision(f"no appeal {body['appeal_id']} stands before it", where=at)
        if body["outcome"] not in ("reversed", "confirmed"):
            raise BadDecision(f"an appeal is reversed or confirmed, not {body['outcome']!r}", where=at)
        until = body.get("until")
        self.appeals[appeal.appeal_id] = replace(
            appeal, outcome=body["outcome"], reason=body["reason"], until=_moment(until) if until else None
        )

    def standings(self, now: datetime, names: Collection[str] | None = None) -> list[LoggedDecision]:
        """Every decision, in the order made, or those of these ids."""
        freeing = self._freeing(now)
        asked = self.decisions.values() if names is None else [self.decisions[n] for n in names if n in self.decisions]
        return [self._standing(decision, freeing, now) for decision in asked]

    def standing(self, decision_id: str, now: datetime) -> LoggedDecision | None:
        """One decision; None where the log holds none of that id."""
        decision = self.decisions.get(decision_id)
        return None if decision is None else self._standing(decision, self._freeing(now), now)

    def _freeing(self, now: datetime) -> dict[str, list[Appeal]]:
        """Appeals that free somebody, by account."""
        freeing: dict[str, list[Appeal]] = {}
        for appeal in self.appeals.values():
            if appeal.frees(now):
                about = self.decisions[appeal.decision_id]
                for account in about.accounts if appeal.account is None else (appeal.account,):
                    freeing.setdefault(account, []).append(appeal)
        return freeing

    def _standing(self, decision: Decision, freeing: Mapping[str, list[Appeal]], now: datetime) -> LoggedDecision:
        rules = decision.rule_ids
        free = {
            account: [a for a in freeing[account] if rules <= a.rules]
            for account in (freeing.keys() if decision.covers_others else freeing.keys() & set(decision.accounts))
        }
        free = {account: appeals for account, appeals in free.items() if appeals}
        excepted = self.excepted.get(decision.decision_id, frozenset())
        appeals = tuple(a for a in self.appeals.values() if a.decision_id == decision.decision_id)
        whole = [a for a in appeals if a.account is None and a.frees(now)]
        state = self.ended.get(decision.decision_id, "in force")
        if state == "in force" and now >= decision.expires:
            state = "expired"
        left = set(decision.accounts) - excepted
        if state == "in force" and (whole or (left and free.keys() >= left)):
            freed_by = whole or [a for found in free.values() for a in found]
            state = "suspended" if any(a.outcome is None for a in freed_by) else "reversed"
        verified = frozenset(is_verified_in(decision, self.verified, now))
        assessment = self.assessments.get(decision.decision_id)
        return LoggedDecision(decision, state, frozenset(free) | excepted, appeals, verified, assessment)


def _named(body: Mapping[str, Any], what: str, at: str) -> None:
    if not isinstance(body["by"], str) or not body["by"].strip():
        raise BadDecision(f"{what} names nobody", where=at)


def _moment(text: str) -> datetime:
    time = datetime.fromisoformat(text)
    if time.tzinfo is None:
        raise ValueError(f"the time {text} names no time zone")
    return time.astimezone(UTC)


def decision_history(entries: Iterable[Entry], now: datetime, *, where: str = "decision log") -> list[LoggedDecision]:
    """Every decision of a log with the state it is in, in the order made.

    Args:
        entries: of a ``AuditLog``, verified.
        now: the time to look at, with its zone; entries after it count all the same.
        where: the log's name, for errors.

    Raises:
        BadDecision: an entry cannot be used.
    """
    fold = Fold(where)
    for entry in entries:
        fold.take(entry)
    return fold.standings(now)


def current_decisions(entries: Iterable[Entry], now: datetime, *, where: str = "decision log") -> list[LoggedDecision]:
    """The decisions that are in force, in the order made: what a gateway applies.

    Args:
        entries: of a ``AuditLog``, verified.
        now: the time to look at, with its zone.
        where: the log's name, for errors.

    Raises:
        BadDecision: an entry cannot be used.
    """
    return [
        part for one in decision_history(entries, now, where=where) if one.state == "in force" for part in _parts(one)
    ]


def _parts(one: LoggedDecision) -> Iterator[LoggedDecision]:
    """For whoever has shown who they are, and for all others."""
    if not one.verified:
        yield one
        return
    yield replace(one, exempt=one.exempt | one.verified)
    left = without_verify(one.decision, one.verified - one.exempt)
    if left is not None:
        yield replace(one, decision=left, verified=frozenset())
