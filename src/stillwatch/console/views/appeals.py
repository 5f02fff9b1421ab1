"""Appeals: what customers say, beside what was decided and why."""

from __future__ import annotations

from datetime import UTC, datetime

from starlette.responses import Response

from stillwatch.console.asking import Ask, Refused
from stillwatch.console.case_file import seen_mark
from stillwatch.console.days import is_on
from stillwatch.console.listing import PAGE_ROWS, write_rows
from stillwatch.decisions import Appeal, LoggedDecision
from stillwatch.policy import appeal_news, file_appeal, resolve_appeal

__all__ = ["appeal", "appeals", "file", "resolve"]

_FILTERS = {"outcome": "outcome", "by": "by", "case": "case_id", "account": "account"}
"""Names of filters in the URL, and of the columns that they are held to."""


def appeals(ask: Ask) -> Response:
    """Every appeal, those that wait longest first."""
    now = datetime.now(UTC)
    runs = {run.sha256: run.name for run in ask.console.runs.all()}
    rows = [
        {
            "appeal_id": one.appeal_id,
            "case_id": one.decision_id,
            "account": one.account,
            "run": runs.get(standing.decision.run),
            "by": one.by,
            "filed": one.filed,
            "waits_days": None if one.outcome else (now - one.filed).days,
            "outcome": one.outcome,
        }
        for one, standing in ask.console.cases.cases().appeals
        if is_on(one.filed, ask.query.get("day"))
    ]
    wanted = {name: ask.query[name] for name in _FILTERS if ask.query.get(name)}
    rows = [row for row in rows if all((row[_FILTERS[name]] or "open") == value for name, value in wanted.items())]
    form = ask.query.get("as")
    ask.note("looked at appeals", form=form)
    if form in ("csv", "json"):
        return write_rows(form, "appeals", rows)
    start = (ask.page_number - 1) * PAGE_ROWS
    listing = ask.listing(rows[start : start + PAGE_ROWS], len(rows), (*_FILTERS, "day"))
    return ask.show("appeals.html.j2", listing=listing)


def appeal(ask: Ask) -> Response:
    """One appeal."""
    found, standing = _find(ask)
    ask.note("read an appeal", appeal=found.appeal_id)
    return ask.show(
        "appeal.html.j2",
        appeal=found,
        one=standing,
        decision=standing.decision,
        run=ask.console.runs.of_hash(standing.decision.run),
        seen=seen_mark(standing),
        approved_it=standing.decision.approved_by == ask.person.name,
        news=[text for text in appeal_news(standing, found.account or "") if found.appeal_id in text],
    )


def file(ask: Ask) -> Response:
    """File an appeal for a customer."""
    case_id, statement = ask.named["case"], ask.form.get("statement", "").strip()[:20_000]
    by, account = ask.form.get("by", "").strip()[:200], ask.form.get("account", "").strip() or None
    if not statement or not by:
        raise Refused(422, "An appeal names who appeals and holds what they say.")
    with ask.console.cases.writing():
        appeal_id, _ = file_appeal(
            ask.console.cases.log, case_id, account=account, by=by, statement=statement, now=datetime.now(UTC)
        )
    ask.note("filed an appeal", case=case_id, appeal=appeal_id, account=account)
    return ask.go(f"/appeals/{appeal_id}")


def resolve(ask: Ask) -> Response:
    """Reverse or confirm; not by who approved the decision."""
    found, standing = _find(ask)
    outcome, reason, by = ask.form.get("outcome", ""), ask.reason(), ask.person.name
    ask.console.cases.act(
        standing.decision.decision_id,
        ask.form.get("seen", ""),
        lambda log, now: resolve_appeal(log, found.appeal_id, outcome=outcome, by=by, reason=reason, now=now),
    )
    ask.note("decided an appeal", appeal=found.appeal_id, outcome=outcome)
    return ask.go(f"/appeals/{found.appeal_id}")


def _find(ask: Ask) -> tuple[Appeal, LoggedDecision]:
    for found, standing in ask.console.cases.cases().appeals:
        if found.appeal_id == ask.named["appeal"]:
            return found, standing
    raise Refused(404, "There is no such appeal.")
