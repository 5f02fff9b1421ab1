"""The cases that wait: who works on which, and the next one."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping, Sequence
from typing import Any

from markupsafe import Markup
from starlette.responses import Response

from stillwatch.console.asking import Ask
from stillwatch.console.belonging import NOBODY, Belonging, belonging_of, choices_of_all
from stillwatch.console.case_file import seen_mark
from stillwatch.console.cases import Cases
from stillwatch.console.claims import Claim
from stillwatch.console.days import is_on
from stillwatch.console.listing import PAGE_ROWS, write_rows
from stillwatch.console.service import Console
from stillwatch.core import UnreadableInput
from stillwatch.decisions import LoggedDecision

__all__ = ["FILTERS", "MOST_TOGETHER", "go_on", "kept_cases", "next_case", "queue"]

FILTERS = ("stage", "kind", "verdict", "rule", "run", "whose", "holder", "day", "org", "plan")
MOST_TOGETHER = 200


def queue(ask: Ask) -> Response:
    """The cases, filtered by the URL, as a page, CSV or JSON."""
    cases, held = ask.console.cases.cases(), ask.console.claims.held()
    runs = {run.sha256: run.name for run in ask.console.runs.all()}
    kept = kept_cases(ask, ask.query)
    form = ask.query.get("as")
    ask.note("looked at the queue", form=form)
    if form in ("csv", "json"):
        belonging = belonging_of_cases(ask.console, kept)
        return write_rows(form, "queue", (_row(one, cases, held, runs, belonging) for one in kept))
    start = (ask.page_number - 1) * PAGE_ROWS
    rows, table = _drawn(ask, kept[start : start + PAGE_ROWS], cases, held, runs)
    done = cases.standings.get(ask.query.get("did", ""))
    return ask.show(
        "queue.html.j2",
        listing=ask.listing(rows, len(kept), FILTERS),
        table=table,
        most_together=MOST_TOGETHER,
        stages={name: len(names) for name, names in cases.by_stage.items()},
        any_cases=bool(cases.standings),
        runs=ask.console.runs.all(),
        choices=choices_of_all(run for run in ask.console.runs.all() if run.sha256 in cases.by_run),
        did=done,
        did_seen=seen_mark(done) if done else "",
        waiting=len(cases.waiting_for(ask.person)),
    )


def _drawn(
    ask: Ask, shown: Sequence[LoggedDecision], cases: Cases, held: Mapping[str, Claim], runs: Mapping[str, str]
) -> tuple[list[dict[str, Any]], Markup]:
    """The rows of a page, and their table drawn: anew only once a case or who holds one is another."""
    chooses = ask.person.may("analyst")
    names = [one.decision.decision_id for one in shown]
    # Filters may name who asks, so that they do not say which cases these are.
    whose = tuple((name, held[name].name if name in held else None) for name in names)
    key = ("queue", chooses, whose, tuple(ask.query.get(name) for name in FILTERS), tuple(runs.items()))

    def draw() -> tuple[list[dict[str, Any]], Markup]:
        belonging = belonging_of_cases(ask.console, shown)
        rows = [_row(one, cases, held, runs, belonging) for one in shown]
        listing = ask.rows_here(rows, 0, FILTERS)
        table = ask.part("queue_table.html.j2", listing=listing, chooses=chooses, several_runs=len(runs) > 1)
        return rows, table

    return cases.parts.keep(key, draw)


def kept_cases(ask: Ask, filters: Mapping[str, str]) -> list[LoggedDecision]:
    """The cases that these filters leave, the weightiest first."""
    cases = ask.console.cases.cases()
    stage, whose = filters.get("stage") or "waiting", filters.get("whose")
    runs = {run.sha256: run.name for run in ask.console.runs.all()}
    asked = {name: filters.get(name) for name in ("kind", "run", "verdict", "rule")}
    names = cases.standings if stage == "all" else cases.by_stage.get(stage, ())
    kept = [cases.standings[name] for name in names]
    if any(asked.values()):
        kept = [one for one in kept if _passes(one, asked, runs)]
    if day := filters.get("day"):
        kept = [one for one in kept if is_on(one.decision.time, day)]
    if filters.get("org") or filters.get("plan"):
        belonging = belonging_of_cases(ask.console, kept)
        those = {name for name, one in belonging.items() if one.passes(filters.get("org"), filters.get("plan"))}
        kept = [one for one in kept if one.decision.decision_id in those]
    holder = filters.get("holder")
    if whose or holder:
        holders = {name: claim.name for name, claim in ask.console.claims.held().items()}
        wanted = {ask.person.name if whose == "mine" else None} if whose else {holder}
        if holder:
            wanted &= {holder}
        kept = [one for one in kept if holders.get(one.decision.decision_id) in wanted]
    return kept


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


def belonging_of_cases(console: Console, those: Sequence[LoggedDecision]) -> Mapping[str, Belonging]:
    """To which organisations and plans the accounts of cases belong, of each whose run is open here."""
    groups: dict[str, dict[str, tuple[str, ...]]] = {}
    for one in those:
        groups.setdefault(one.decision.run, {})[one.decision.decision_id] = one.decision.accounts
    found: dict[str, Belonging] = {}
    for sha256, accounts in groups.items():
        if (run := console.runs.of_hash(sha256)) is not None:
            with contextlib.suppress(UnreadableInput):  # a case is decided whatever became of its run's files
                found |= belonging_of(run, accounts)
    return found


def _row(
    one: LoggedDecision,
    cases: Cases,
    held: Mapping[str, Claim],
    runs: Mapping[str, str],
    belonging: Mapping[str, Belonging],
) -> dict[str, Any]:
    decision = one.decision
    claim = held.get(decision.decision_id)
    theirs = belonging.get(decision.decision_id, NOBODY)
    return {
        "case_id": decision.decision_id,
        "stage": cases.stages[decision.decision_id],
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
        "held_by": claim.name if claim else None,
        "organisations": theirs.organisations,
        "plans": theirs.plans,
    }


def _passes(one: LoggedDecision, asked: Mapping[str, str | None], runs: Mapping[str, str]) -> bool:
    """Whether a case is among those that the URL asks for."""
    decision = one.decision
    return (
        asked["kind"] in (None, "", decision.subject.kind)
        and asked["run"] in (None, "", runs.get(decision.run))
        and asked["verdict"] in (None, "", decision.verdict, decision.proposed)
        and (not asked["rule"] or asked["rule"] in decision.rule_ids)
    )
