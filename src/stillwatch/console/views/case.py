"""One case: everything that speaks to it, and what can be done about it. What may be done, policy says."""

from __future__ import annotations

from typing import Any

from starlette.responses import Response

from stillwatch.console.asking import Ask, Refused
from stillwatch.console.case_file import seen_mark, stage_of
from stillwatch.console.views.queue import go_on
from stillwatch.decisions import LoggedDecision, effect_of
from stillwatch.policy import approve, assess, letters, reopen, withdraw

__all__ = ["approve_case", "assess_case", "case", "claim", "comment", "refuse_case", "release", "reopen_case"]

_MOST_ACCOUNTS = 500


def case(ask: Ask) -> Response:
    """The case's page; looking at it goes on with one's own claim."""
    cases = ask.console.cases.cases()
    one = _standing(ask)
    name, decision = one.decision.decision_id, one.decision
    if ask.person.may("analyst"):
        ask.console.claims.renew(name, ask.person.name)
    ask.note("looked at a case", case=name)
    run = ask.console.runs.of_hash(decision.run)
    done = cases.standings.get(ask.query.get("did", ""))
    summary = None
    if run is not None and decision.subject.kind == "campaign":
        summary = run.one("SELECT summary FROM {campaigns} WHERE campaign_id = ?", decision.subject.id)
    own = one.assessment is not None and one.assessment.by == ask.person.name
    return ask.show(
        "case.html.j2",
        one=one,
        decision=decision,
        run=run,
        seen=seen_mark(one),
        stage=stage_of(one),
        claim=ask.console.claims.held().get(name),
        accounts=_accounts(ask, one),
        accounts_total=len(decision.accounts),
        letter=letters([decision]),
        proposed_letter=decision.proposed_text,
        effect=effect_of(decision.proposed_actions or decision.actions).said,
        happened=cases.entries.get(name, ()),
        comments=ask.console.comments.about(name),
        two_persons=ask.console.places.two_persons,
        own=own,
        summary=summary and summary["summary"],
        did=done,
        did_seen=seen_mark(done) if done else "",
        may_undo=_may_undo(ask, one),
    )


def claim(ask: Ask) -> Response:
    """Work on this case."""
    name = _standing(ask).decision.decision_id
    if not ask.console.claims.take(name, ask.person.name):
        holder = ask.console.claims.held().get(name)
        raise Refused(409, f"{holder.name if holder else 'Somebody'} works on this case.")
    ask.note("claimed", case=name)
    return ask.go(f"/cases/{name}")


def release(ask: Ask) -> Response:
    """Give it back."""
    name = _standing(ask).decision.decision_id
    ask.console.claims.release(name, ask.person.name)
    ask.note("released", case=name)
    return ask.go("/queue")


def assess_case(ask: Ask) -> Response:
    """Let it stand, or ask a second person to let it come into force, but for excepted accounts."""
    name, excepted, reason = _held(ask), ask.chosen.get("except", []), ask.reason()
    by = ask.person.name
    ask.console.cases.act(
        name,
        ask.form.get("seen", ""),
        lambda log, now: assess(log, name, by=by, reason=reason, now=now, excepted=excepted),
    )
    return _done(ask, "assessed", name, excepted=len(excepted))


def approve_case(ask: Ask) -> Response:
    """Let what it proposes come into force."""
    name, excepted, reason = _held(ask), ask.chosen.get("except", []), ask.reason()
    by, second = ask.person.name, ask.console.places.two_persons
    ask.console.cases.act(
        name,
        ask.form.get("seen", ""),
        lambda log, now: approve(log, name, by=by, note=reason, now=now, excepted=excepted, second=second),
    )
    return _done(ask, "approved", name, excepted=len(excepted))


def refuse_case(ask: Ask) -> Response:
    """End it."""
    name, reason, by = _held(ask), ask.reason(), ask.person.name
    if _standing(ask).decision.approved_by and not ask.person.may("approver"):
        raise Refused(403, "It was approved: an approver may end it, or an appeal.")
    ask.console.cases.act(
        name, ask.form.get("seen", ""), lambda log, now: withdraw(log, name, by=by, reason=reason, now=now)
    )
    return _done(ask, "refused", name)


def reopen_case(ask: Ask) -> Response:
    """Take back what persons did about it; who did it last may, and an approver."""
    one = _standing(ask)
    name, reason, by = one.decision.decision_id, ask.reason(), ask.person.name
    if not _may_undo(ask, one):
        raise Refused(403, "Who did it may take it back, or an approver.")
    ask.console.cases.act(
        name, ask.form.get("seen", ""), lambda log, now: reopen(log, name, by=by, reason=reason, now=now)
    )
    ask.note("reopened", case=name)
    ask.console.claims.take(name, by)
    return ask.go(f"/cases/{name}")


def comment(ask: Ask) -> Response:
    """Say something to colleagues."""
    name, text = _standing(ask).decision.decision_id, ask.form.get("text", "").strip()[:4000]
    if text:
        ask.console.comments.add(name, ask.person.name, text)
        ask.note("commented", case=name)
    return ask.go(f"/cases/{name}#comments")


def _standing(ask: Ask) -> LoggedDecision:
    one = ask.console.cases.cases().standings.get(ask.named["case"])
    if one is None:
        raise Refused(404, "There is no such case.")
    return one


def _held(ask: Ask) -> str:
    """The case's id, if this person works on it: nobody decides what another has before them."""
    name = _standing(ask).decision.decision_id
    if not ask.console.claims.renew(name, ask.person.name):
        holder = ask.console.claims.held().get(name)
        raise Refused(
            409, f"{holder.name} works on this case." if holder else "Claim the case first: your claim ended."
        )
    return name


def _done(ask: Ask, what: str, name: str, **about: int) -> Response:
    ask.note(what, case=name, **about)
    ask.console.claims.release(name, ask.person.name)
    return go_on(ask, name)


def _may_undo(ask: Ask, one: LoggedDecision) -> bool:
    """Whether anything was done by persons, and by this one last, or this one is an approver."""
    happened = ask.console.cases.cases().entries.get(one.decision.decision_id, ())
    acts = [(kind, by) for _, kind, by, _ in happened if kind in ("assessment", "approval", "withdrawal", "reopening")]
    if not acts or acts[-1][0] == "reopening" or one.state not in ("in force", "suspended", "withdrawn"):
        return False
    return ask.person.may("approver") or (ask.person.may("analyst") and acts[-1][1] == ask.person.name)


def _accounts(ask: Ask, one: LoggedDecision) -> list[dict[str, Any]]:
    """The accounts that it names, with what the run says of each."""
    names = list(one.decision.accounts[:_MOST_ACCOUNTS])
    run = ask.console.runs.of_hash(one.decision.run)
    known = {}
    if run is not None and names:
        sql = (
            "SELECT account_id, exchanges, first_seen, last_seen, match_probability FROM {accounts} "
            "WHERE account_id IN (SELECT unnest(?))"
        )
        known = {row["account_id"]: row for row in run.rows(sql, names)}
    nothing = {"exchanges": None, "first_seen": None, "last_seen": None, "match_probability": None}
    return [{"account_id": name, **nothing, **known.get(name, {}), "exempt": name in one.exempt} for name in names]
