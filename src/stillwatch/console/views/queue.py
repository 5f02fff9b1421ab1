"""The cases that wait: who works on which, and the next one."""

from __future__ import annotations

from collections import Counter
from typing import Any

from starlette.responses import Response

from stillwatch.console.asking import Ask
from stillwatch.console.case_file import Cases, seen_mark, stage_of
from stillwatch.console.listing import PAGE_ROWS, write_rows

__all__ = ["go_on", "next_case", "queue"]

_FILTERS = ("stage", "kind", "verdict", "run", "whose")


def queue(ask: Ask) -> Response:
    """The cases, filtered by the URL, as a page, CSV or JSON."""
    cases, held = ask.console.cases.cases(), ask.console.claims.held()
    stage = ask.query.get("stage") or "waiting"
    rows = [
        {**row, "held_by": held[row["case_id"]].name if row["case_id"] in held else None}
        for row in _rows(ask, cases)
        if _passes(row, stage, ask)
    ]
    whose = ask.query.get("whose")
    if whose:
        rows = [row for row in rows if row["held_by"] == (ask.person.name if whose == "mine" else None)]
    form = ask.query.get("as")
    ask.note("looked at the queue", form=form)
    if form in ("csv", "json"):
        return write_rows(form, "queue", rows)
    start = (ask.page_number - 1) * PAGE_ROWS
    done = cases.standings.get(ask.query.get("did", ""))
    return ask.show(
        "queue.html.j2",
        listing=ask.listing(rows[start : start + PAGE_ROWS], len(rows), _FILTERS),
        stage=stage,
        stages=Counter(stage_of(one) for one in cases.standings.values()),
        any_cases=bool(cases.standings),
        runs=ask.console.runs.all(),
        did=done,
        did_seen=seen_mark(done) if done else "",
        waiting=len(cases.waiting_for(ask.person)),
    )


def next_case(ask: Ask) -> Response:
    """Claim the weightiest case that nobody works on, and go there."""
    return go_on(ask, None)


def go_on(ask: Ask, did: str | None) -> Response:
    """To the next case, claimed; to the queue where none is left. What was done can be undone from there."""
    cases = ask.console.cases.cases()
    taken = ask.console.claims.take_first(
        [name for name in cases.waiting_for(ask.person) if name != did], ask.person.name
    )
    if taken:
        ask.note("claimed", case=taken)
    after = f"?did={did}" if did else ""
    return ask.go(f"/cases/{taken}{after}" if taken else f"/queue{after}")


def _rows(ask: Ask, cases: Cases) -> list[dict[str, Any]]:
    runs = {run.sha256: run.name for run in ask.console.runs.all()}
    found = []
    for one in cases.weightiest():
        decision = one.decision
        found.append(
            {
                "case_id": decision.decision_id,
                "stage": stage_of(one),
                "state": one.state,
                "kind": decision.subject.kind,
                "subject": decision.subject.id,
                "verdict": decision.verdict,
                "proposed": decision.proposed,
                "accounts": len(one.accounts),
                "rules": sorted(decision.rule_ids),
                "made": decision.time,
                "expires": decision.expires,
                "run": runs.get(decision.run),
                "assessed_by": one.assessment.by if one.assessment else None,
                "approved_by": decision.approved_by,
            }
        )
    return found


def _passes(row: dict[str, Any], stage: str, ask: Ask) -> bool:
    if stage == "waiting":
        if row["stage"] not in ("open", "second"):
            return False
    elif stage != "all" and row["stage"] != stage:
        return False
    wanted = {name: ask.query.get(name) for name in ("kind", "run")}
    verdict = ask.query.get("verdict")
    return all(not value or row[name] == value for name, value in wanted.items()) and (
        not verdict or verdict in (row["verdict"], row["proposed"])
    )
