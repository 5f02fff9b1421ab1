"""One case: everything that speaks to it, and what can be done about it. What may be done, policy says."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from typing import Any

from starlette.responses import Response

from stillwatch.console.asking import Ask, Refused
from stillwatch.console.campaign_rows import campaign_row
from stillwatch.console.case_file import seen_mark
from stillwatch.console.cases import stage_of
from stillwatch.console.deciding import act, find_case, may_undo
from stillwatch.console.listing import write_rows
from stillwatch.console.views.labels import labelled
from stillwatch.console.views.queue import go_on
from stillwatch.decisions import Decision, LoggedDecision, Observation, effect_of
from stillwatch.policy import letters
from stillwatch.reporting import counts

__all__ = ["approve_case", "assess_case", "case", "claim", "comment", "refuse_case", "release", "reopen_case"]

_MOST_ACCOUNTS = 500
_FEW = 60


def case(ask: Ask) -> Response:
    """The case's page; looking at it goes on with one's own claim. Its accounts also as CSV or JSON."""
    cases = ask.console.cases.cases()
    one = _standing(ask)
    name, decision = one.decision.decision_id, one.decision
    if ask.person.may("analyst"):
        ask.console.claims.renew(name, ask.person.name)
    form = ask.file_form
    ask.note("looked at a case", case=name, form=form)
    if form is not None:
        return write_rows(form, f"{name}-accounts", _accounts(ask, one, None))
    run = ask.console.runs.of_hash(decision.run)
    done = cases.standings.get(ask.query.get("did", ""))
    found = campaign_row(run, decision.subject.id) if run is not None and decision.subject.kind == "campaign" else None
    uncounted = _uncounted(decision, found)
    own = one.assessment is not None and one.assessment.by == ask.person.name
    return ask.show(
        "case.html.j2",
        one=one,
        decision=decision,
        run=run,
        seen=seen_mark(one),
        stage=stage_of(one),
        claim=ask.console.claims.held().get(name),
        accounts=_accounts(ask, one, _MOST_ACCOUNTS),
        accounts_total=len(decision.accounts),
        letter=letters([decision]),
        proposed_letter=decision.proposed_text,
        effect=effect_of(decision.proposed_actions or decision.actions).said,
        labelled=labelled(ask, decision.accounts),
        happened=cases.entries.get(name, ()),
        comments=ask.console.comments.about(name),
        two_persons=ask.console.places.two_persons,
        own=own,
        summary=found and found["summary"],
        rules=list(itertools.zip_longest(decision.rules, decision.observations[: len(decision.rules)])),
        observations=[one for one in decision.observations[len(decision.rules) :] if one not in uncounted],
        uncounted=uncounted,
        superseded_by=cases.superseded_by(name),
        did=done,
        did_seen=seen_mark(done) if done else "",
        may_undo=may_undo(ask.console, ask.person, one),
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
    return _acted(ask, "assess")


def approve_case(ask: Ask) -> Response:
    """Let what it proposes come into force."""
    return _acted(ask, "approve")


def refuse_case(ask: Ask) -> Response:
    """End it."""
    return _acted(ask, "refuse")


def reopen_case(ask: Ask) -> Response:
    """Take back what persons did about it; who did it last may, and an approver."""
    name = _done(ask, "reopen")
    ask.console.claims.take(name, ask.person.name)
    return ask.go(f"/cases/{name}")


def comment(ask: Ask) -> Response:
    """Say something to colleagues."""
    name, text = _standing(ask).decision.decision_id, ask.form.get("text", "").strip()[:4000]
    if text:
        ask.console.comments.add(name, ask.person.name, text)
        ask.note("commented", case=name)
    return ask.go(f"/cases/{name}#comments")


def _standing(ask: Ask) -> LoggedDecision:
    return find_case(ask.console, ask.named["case"])


def _acted(ask: Ask, what: str) -> Response:
    """Do it, and go on with the next case."""
    return go_on(ask, _done(ask, what))


def _done(ask: Ask, what: str) -> str:
    name = _standing(ask).decision.decision_id
    named = [line.strip() for line in ask.form.get("except_named", "").splitlines()]
    seen, excepted = ask.form.get("seen", ""), [*ask.chosen.get("except", []), *filter(None, named)]
    act(ask.console, ask.person, what, name, seen=seen, reason=ask.reason(), excepted=excepted)
    return name


def _uncounted(decision: Decision, found: Mapping[str, Any] | None) -> list[Observation]:
    """What was looked at and speaks for nothing; where the run is not open, what chance shows as often as not."""
    told = [one for one in decision.observations if one.family]
    families = [one.family or "" for one in told] if found is None else found["families"] or ()
    return [one for one in told if not counts({"family": one.family, "p_value": one.p_value}, families)]


def _accounts(ask: Ask, one: LoggedDecision, most: int | None) -> list[dict[str, Any]]:
    """The accounts that it names, with what the run says of each."""
    names = list(one.decision.accounts[:most])
    run = ask.console.runs.of_hash(one.decision.run)
    known: dict[str, dict[str, Any]] = {}
    if run is not None and one.decision.subject.kind == "campaign":
        known = {row["account_id"]: row for row in run.of("members", one.decision.subject.id).to_pylist()}
    if run is not None and (others := [name for name in names if name not in known]):
        sql = "SELECT * FROM {accounts} WHERE account_id IN (SELECT unnest(?))"
        few = len(others) <= _FEW
        found = [run.of("account_rows", name, most=1) for name in others] if few else [run.arrow(sql, others)]
        known |= {row["account_id"]: row for table in found for row in table.to_pylist()}
    told = ("exchanges", "first_seen", "last_seen", "match_probability")
    return [
        {"account_id": name, **{key: known.get(name, {}).get(key) for key in told}, "exempt": name in one.exempt}
        for name in names
    ]
