"""The decision log: decisions, approvals, withdrawals, appeals and their outcomes, each an entry of one chain.

Nothing is ever changed in it; what is in force is folded from it by ``core.decision_history``. Each function checks
what it is asked against that state before it appends, so that the log holds no entry without meaning.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from stillwatch.core import AuditLog, BadDecision
from stillwatch.decisions import Decision, LoggedDecision, ReadLog, decision_history, decision_to_json
from stillwatch.policy.decide import Decided
from stillwatch.policy.expressions import TRUE, UNKNOWN
from stillwatch.policy.rules import Policy
from stillwatch.policy.run_facts import RunFacts
from stillwatch.tables import VERDICTS

__all__ = ["Recorded", "approve", "assess", "file_appeal", "history", "record", "reopen", "resolve_appeal", "withdraw"]

_LIVE = ("in force", "suspended")
_REVIVABLE = ("superseded", "lapsed")


@dataclass(frozen=True, slots=True)
class Recorded:
    """What ``record`` added.

    Attributes:
        added: decisions that the log did not hold.
        kept: how many it held already.
        lapsed: ids of decisions on this run that the policy reaches no more.
    """

    added: tuple[Decision, ...]
    kept: int
    lapsed: tuple[str, ...]


def history(log: AuditLog, now: datetime) -> list[LoggedDecision]:
    """Every decision with its state; an absent log holds none.

    Raises:
        TamperedLog: the chain does not hold.
        BadDecision: an entry cannot be used.
    """
    if isinstance(log, ReadLog):
        return log.standings(now)
    return decision_history(log.entries(), now, where=str(log.path))


def record(log: AuditLog, decided: Decided, policy: Policy, facts: RunFacts, now: datetime) -> Recorded:
    """Append what is new, and end what the policy reaches no more on this run; that it was held to it, in any case.

    Args:
        log: the log.
        decided: by ``decide``.
        policy, facts: what it was decided with.
        now: the time that entries carry.
    """
    standings = {one.decision.decision_id: one for one in history(log, now)}
    added: list[Decision] = []
    reached: set[str] = set()
    replaceable = _by_account(one for one in standings.values() if one.state in _LIVE)
    for decision in decided.decisions:
        fresh = _fresh(decision, standings)
        reached.add(fresh.decision_id)
        if fresh.decision_id not in standings:
            added.append(replace(fresh, supersedes=_superseded(fresh, replaceable, standings)))
    replaced = {old for decision in added for old in decision.supersedes}
    lapsed = [
        name
        for name, one in standings.items()
        if one.state in _LIVE and one.decision.run == facts.sha256 and name not in reached | replaced
    ]
    summary = _summary(decided, policy, facts)
    bodies = [
        summary,
        *({"kind": "decision", "decision": decision_to_json(decision)} for decision in added),
        *(
            {
                "kind": "withdrawal",
                "decision_id": name,
                "by": f"policy {policy.title}",
                "reason": "the policy, as it is now, does not reach this decision",
                "lapsed": True,
            }
            for name in lapsed
        ),
    ]
    if added or lapsed or summary != _last_summary(log, facts):
        log.append(*bodies, time=now)
    return Recorded(tuple(added), len(decided.decisions) - len(added), tuple(lapsed))


def _summary(decided: Decided, policy: Policy, facts: RunFacts) -> Mapping[str, object]:
    """That a run was decided, with which policy and licences, and what each rule came to."""
    return {
        "kind": "decided",
        "run": facts.sha256,
        "policy": policy.title,
        "policy_hash": policy.sha256,
        "licences_hash": facts.registry.sha256 if facts.registry else None,
        "rules": {
            outcome.rule.id: {"true": outcome.count(TRUE), "unknown": outcome.count(UNKNOWN)}
            for outcome in decided.outcomes
        },
    }


def _last_summary(log: AuditLog, facts: RunFacts) -> Mapping[str, object] | None:
    """What the log says of the last time that the run was decided; None where it never was."""
    told = None
    for entry in log.entries():
        if entry.body.get("kind") == "decided" and entry.body.get("run") == facts.sha256:
            told = entry.body
    return told


def _fresh(decision: Decision, standings: Mapping[str, LoggedDecision]) -> Decision:
    """The decision under an id that can stand: one that was replaced and is reached again gets another."""
    name, generation = decision.decision_id, 1
    while name in standings and standings[name].state in _REVIVABLE:
        generation += 1
        name = f"{decision.decision_id}.{generation}"
    if name == decision.decision_id:
        return decision
    texts = (text.replace(decision.decision_id, name) for text in (decision.customer_text, decision.proposed_text))
    return replace(decision, decision_id=name, customer_text=next(texts), proposed_text=next(texts))


def _by_account(standings: Iterable[LoggedDecision]) -> dict[tuple[str, str], list[str]]:
    """Ids of decisions by kind of subject and first account."""
    found: dict[tuple[str, str], list[str]] = {}
    for one in standings:
        for account in one.decision.accounts[:1]:
            found.setdefault((one.decision.subject.kind, account), []).append(one.decision.decision_id)
    return found


def _superseded(
    new: Decision, by_account: Mapping[tuple[str, str], Sequence[str]], standings: Mapping[str, LoggedDecision]
) -> tuple[str, ...]:
    """What a new decision replaces: that on the same subject of the same run, and weaker or like ones of other
    runs on accounts that it all covers."""
    covered = set(new.accounts)
    near = {name for account in new.accounts for name in by_account.get((new.subject.kind, account), ())}
    reach = VERDICTS.index(new.proposed or new.verdict)
    found = []
    for name in sorted(near):
        old = standings[name].decision
        if old.run == new.run:
            if old.subject == new.subject:
                found.append(name)
        elif covered.issuperset(old.accounts) and VERDICTS.index(old.proposed or old.verdict) <= reach:
            found.append(name)
    return tuple(found)


def _find(log: AuditLog, decision_id: str, now: datetime) -> LoggedDecision:
    if isinstance(log, ReadLog):
        found = log.standing(decision_id, now)
    else:
        found = next((one for one in history(log, now) if one.decision.decision_id == decision_id), None)
    if found is not None:
        return found
    raise BadDecision(
        f"there is no decision {decision_id}", where=str(log.path), hint="`stillwatch policy log` lists them"
    )


def _person(by: str, where: str) -> str:
    if not by.strip():
        raise BadDecision("nobody is named", where=where, hint="name the person with --by")
    return by.strip()


def _covered(one: LoggedDecision, excepted: Sequence[str], where: str) -> list[str]:
    """Accounts to except, in order, once each.

    Raises:
        BadDecision: the decision does not name one of them, or nobody would be left.
    """
    strange = sorted(set(excepted) - set(one.decision.accounts))
    if strange:
        raise BadDecision(f"the decision does not name {', '.join(strange[:3])}", where=where)
    if set(excepted) >= set(one.accounts):
        raise BadDecision("it would hold for nobody", where=where, hint="refuse the decision instead")
    return sorted(set(excepted))


def assess(
    log: AuditLog, decision_id: str, *, by: str, reason: str, now: datetime, excepted: Sequence[str] = ()
) -> LoggedDecision:
    """Note that a person has looked and would let the decision stand, or come into force; how it then stands.

    Accounts that are excepted are free of it at once. Where something waits for approval it goes on waiting.

    Raises:
        BadDecision: there is no such decision, it is not in force, it is assessed already, no reason is given, or it
            does not name an excepted account.
    """
    one = _find(log, decision_id, now)
    where = f"{log.path}, {decision_id}"
    if one.state != "in force":
        raise BadDecision(f"the decision is {one.state}", where=where, hint="only one that is in force is assessed")
    if one.assessment is not None:
        raise BadDecision(f"{one.assessment.by} has assessed it", where=where, hint="reopen it first")
    if not reason.strip():
        raise BadDecision("no reason is given", where=where, hint="say why it should stand")
    body = {"kind": "assessment", "decision_id": decision_id, "by": _person(by, where), "reason": reason.strip()}
    log.append({**body, "except": _covered(one, excepted, where)} if excepted else body, time=now)
    return _find(log, decision_id, now)


def reopen(log: AuditLog, decision_id: str, *, by: str, reason: str, now: datetime) -> LoggedDecision:
    """Take back what persons did about a decision: it is again as it was made; how it then stands.

    Raises:
        BadDecision: there is no such decision, nobody did anything about it, or it ended by other means.
    """
    one = _find(log, decision_id, now)
    where = f"{log.path}, {decision_id}"
    if one.state not in (*_LIVE, "withdrawn"):
        raise BadDecision(f"the decision is {one.state}", where=where, hint="only a person's word can be taken back")
    if one.state != "withdrawn" and one.assessment is None and one.decision.approved_by is None:
        raise BadDecision("nobody has done anything about it", where=where)
    log.append({"kind": "reopening", "decision_id": decision_id, "by": _person(by, where), "reason": reason}, time=now)
    return _find(log, decision_id, now)


def approve(
    log: AuditLog,
    decision_id: str,
    *,
    by: str,
    note: str,
    now: datetime,
    excepted: Sequence[str] = (),
    second: bool = False,
) -> LoggedDecision:
    """Let what a decision proposes come into force; how it then stands.

    Args:
        log: the log.
        decision_id: the decision's.
        by, note, now: who, what is to be remembered, when.
        excepted: accounts that it is not to hold for.
        second: whether another person must have assessed it before.

    Raises:
        BadDecision: there is no such decision, it is not in force, nothing waits in it, an appeal against it is open,
            it does not name an excepted account, or a second person is needed and this is none.
    """
    one = _find(log, decision_id, now)
    where = f"{log.path}, {decision_id}"
    if one.state != "in force":
        raise BadDecision(f"the decision is {one.state}", where=where, hint="only one that is in force can be approved")
    if not one.waits:
        who = f"{one.decision.approved_by} approved it" if one.decision.approved_by else "it stands as it is"
        raise BadDecision(f"nothing waits for approval: {who}", where=where)
    opened = [appeal.appeal_id for appeal in one.appeals if appeal.outcome is None]
    if opened:
        hint = "another person decides it first: stillwatch policy appeal ID --outcome reversed or confirmed"
        raise BadDecision(f"an appeal against it is open: {', '.join(opened)}", where=where, hint=hint)
    person = _person(by, where)
    if second and one.assessment is None:
        raise BadDecision("nobody has assessed it yet", where=where, hint="one person assesses, another approves")
    if second and one.assessment and one.assessment.by.casefold() == person.casefold():
        raise BadDecision(f"{person} assessed it", where=where, hint="another person approves it")
    body: dict[str, object] = {"kind": "approval", "decision_id": decision_id, "by": person, "note": note}
    if excepted:
        body["except"] = _covered(one, excepted, where)
    log.append(body, time=now)
    return _find(log, decision_id, now)


def withdraw(log: AuditLog, decision_id: str, *, by: str, reason: str, now: datetime) -> LoggedDecision:
    """End a decision, or refuse what it proposes, by a person's word; how it then stands.

    Raises:
        BadDecision: there is no such decision, or it has ended already.
    """
    one = _find(log, decision_id, now)
    where = f"{log.path}, {decision_id}"
    if one.state not in (*_LIVE, "reversed"):
        raise BadDecision(f"the decision is {one.state} already", where=where)
    body = {"kind": "withdrawal", "decision_id": decision_id, "by": _person(by, where), "reason": reason}
    log.append(body, time=now)
    return _find(log, decision_id, now)


def lift_verification(
    log: AuditLog, decision_id: str, *, account: str, by: str, note: str, days: int, now: datetime
) -> LoggedDecision:
    """Note that an account has shown who it is; how the decision then stands.

    No decision asks it again for so many days; whatever else a decision does goes on.

    Raises:
        BadDecision: there is no such decision, it asks nobody who they are, or it does not cover the account.
    """
    one = _find(log, decision_id, now)
    where = f"{log.path}, {decision_id}"
    if not any(action.kind == "verify" for action in one.decision.actions):
        hint = "see `stillwatch policy log`; other actions end by appeal or withdrawal"
        raise BadDecision("the decision asks nobody to show who they are", where=where, hint=hint)
    if account not in one.decision.accounts and not one.decision.covers_others:
        raise BadDecision(f"the decision does not cover {account}", where=where, hint="see `stillwatch policy explain`")
    if days < 1:
        raise BadDecision(f"{days} days are none", where=where, hint="give --days of 1 or more")
    until = (now + timedelta(days=days)).isoformat()
    body = {"kind": "verification", "decision_id": decision_id, "account": account, "note": note, "until": until}
    log.append({**body, "by": _person(by, where)}, time=now)
    return _find(log, decision_id, now)


def file_appeal(
    log: AuditLog, decision_id: str, *, account: str | None, by: str, statement: str, now: datetime
) -> tuple[str, LoggedDecision]:
    """File an appeal; its id, and how the decision then stands.

    A second appeal of an account against what was confirmed to it is heard, and suspends nothing.

    Raises:
        BadDecision: there is no such decision, it has ended, it does not cover the account, or an appeal is open.
    """
    one = _find(log, decision_id, now)
    where = f"{log.path}, {decision_id}"
    if one.state not in _LIVE:
        raise BadDecision(f"the decision is {one.state}", where=where, hint="there is nothing left to appeal against")
    if account is not None and account not in one.decision.accounts and not one.decision.covers_others:
        raise BadDecision(f"the decision does not cover {account}", where=where, hint="see `stillwatch policy explain`")
    earlier = [appeal for appeal in one.appeals if appeal.account in (None, account)]
    still_open = [appeal for appeal in earlier if appeal.outcome is None]
    if still_open:
        raise BadDecision(f"appeal {still_open[0].appeal_id} is open", where=where, hint="decide that one first")
    said = f"{decision_id} {account} {len(one.appeals)} {now.isoformat()}"
    appeal_id = f"A-{hashlib.sha256(said.encode()).hexdigest()[:12]}"
    body = {
        "kind": "appeal",
        "appeal_id": appeal_id,
        "decision_id": decision_id,
        "account": account,
        "by": _person(by, where),
        "statement": statement,
        "suspends": one.decision.appeal_suspends and not any(appeal.outcome == "confirmed" for appeal in earlier),
    }
    log.append(body, time=now)
    return appeal_id, _find(log, decision_id, now)


def resolve_appeal(
    log: AuditLog, appeal_id: str, *, outcome: str, by: str, reason: str, now: datetime
) -> LoggedDecision:
    """Reverse or confirm; how the decision then stands.

    Raises:
        BadDecision: there is no such appeal, it is decided, no reason is given, or the person had approved the
            decision: an appeal is read by another.
    """
    for one in history(log, now):
        for appeal in one.appeals:
            if appeal.appeal_id == appeal_id:
                break
        else:
            continue
        break
    else:
        raise BadDecision(
            f"there is no appeal {appeal_id}", where=str(log.path), hint="`stillwatch policy log` lists them"
        )
    where = f"{log.path}, {appeal_id}"
    if appeal.outcome is not None:
        raise BadDecision(f"the appeal is decided: {appeal.outcome}", where=where)
    if outcome not in ("reversed", "confirmed"):
        raise BadDecision(f"the outcome is {outcome!r}", where=where, hint="write reversed or confirmed")
    if not reason.strip():
        raise BadDecision("no reason is given", where=where, hint="say with --reason what the customer will read")
    if _person(by, where).casefold() == (one.decision.approved_by or "").casefold():
        raise BadDecision(f"{by} approved the decision", where=where, hint="another person decides its appeal")
    until = now + timedelta(days=one.decision.protection_days) if outcome == "reversed" else None
    body = {
        "kind": "appeal-outcome",
        "appeal_id": appeal_id,
        "outcome": outcome,
        "by": by.strip(),
        "reason": reason,
        "until": until.isoformat() if until else None,
    }
    log.append(body, time=now)
    return _find(log, one.decision.decision_id, now)
