"""The policy that runs are held to: its rules, what each came to, licences, and a draft tried before it goes live."""

from __future__ import annotations

import functools
import threading
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from starlette.responses import Response

from stillwatch.console.asking import Ask, Refused
from stillwatch.console.cases import Cases
from stillwatch.console.listing import write_rows
from stillwatch.console.runs import Run
from stillwatch.console.service import Places
from stillwatch.core import BadPolicy
from stillwatch.core.small_files import read_small
from stillwatch.policy import (
    DEFAULT_POLICY,
    Policy,
    Registry,
    backtest,
    compare,
    parse_policy,
    reach,
    read_policy,
    read_registry,
    read_run,
    stand,
    try_examples,
)

__all__ = ["fared_by_rule", "policy", "try_draft"]

_MOST_MOVED = 100
_trying = threading.Lock()
"""One draft at a time: on a large run it takes seconds of every core."""


def policy(ask: Ask) -> Response:
    """The policy and the licences as they are now, with what each rule came to on this run; or rules as CSV, JSON."""
    run, places = ask.run, ask.console.places
    rules, registry = _read(places)
    cases = ask.console.cases.cases()
    held = cases.held.get(run.sha256)
    form = ask.query.get("as")
    ask.note("looked at the policy", run=run.name, form=form)
    if form in ("csv", "json"):
        if ask.query.get("of") == "licences":
            return write_rows(form, "licences", _licence_rows(registry, _breaches(cases, run)))
        return write_rows(form, f"{run.name}-rules", _rule_rows(rules, held, fared_by_rule(cases, run)))
    return ask.show(
        "policy.html.j2",
        run=run,
        policy=rules,
        file=places.policy,
        registry=registry,
        licences_file=places.licences,
        decided=held,
        fared=fared_by_rule(cases, run),
        breaches=_breaches(cases, run),
        source=read_small(places.policy or DEFAULT_POLICY).decode(),
    )


def try_draft(ask: Ask) -> Response:
    """What a draft would do to this run, and whom it would move; nothing is written."""
    run, text = ask.run, ask.form.get("draft", "").replace("\r\n", "\n")
    rules, registry = _read(ask.console.places)
    try:
        draft = parse_policy(text, Path("draft"))
    except BadPolicy as error:
        ask.note("tried a draft policy", run=run.name, wrong=error.problem[:200])
        return ask.show("policy_tried.html.j2", status=422, run=run, source=text, wrong=error)
    if not _trying.acquire(timeout=2):
        raise Refused(503, "Somebody tries a draft just now: try again in a moment.")
    try:
        facts = read_run(run.path, registry)
        outcomes, rungs = stand(draft, facts)
        moved = backtest(rules, draft, facts)
        reached = reach(facts, rungs)
    finally:
        _trying.release()
    form = ask.form.get("as", "")
    ask.note("tried a draft policy", run=run.name, moved=len(moved), form=form or None)
    if form in ("csv", "json"):
        return write_rows(form, f"{run.name}-draft", (asdict(one) for one in moved))
    ways = Counter((one.kind, one.before, one.after) for one in moved)
    accounts: Counter[tuple[str, str, str]] = Counter()
    for one in moved:
        accounts[one.kind, one.before, one.after] += one.accounts
    return ask.show(
        "policy_tried.html.j2",
        run=run,
        source=text,
        wrong=None,
        draft=draft,
        file=ask.console.places.policy,
        changes=compare(rules, draft),
        tried=try_examples(draft),
        reached=reached,
        outcomes=outcomes,
        ways=[(*way, n, accounts[way]) for way, n in ways.most_common()],
        moved=moved[:_MOST_MOVED],
        moved_total=len(moved),
    )


def _read(places: Places) -> tuple[Policy, Registry | None]:
    file = places.policy or DEFAULT_POLICY
    told = file.stat() if file.is_file() else None
    mark = (told.st_mtime_ns, told.st_size) if told else None
    return _read_policy(file, mark), read_registry(places.licences) if places.licences else None


@functools.lru_cache(maxsize=4)
def _read_policy(file: Path, mark: object) -> Policy:
    """Read once for each state of the file: that takes a quarter of a second."""
    return read_policy(file)


def _rule_rows(
    rules: Policy, decided: Mapping[str, Any] | None, fared: Mapping[str, Counter[str]]
) -> Iterator[dict[str, Any]]:
    """The table of rules, with what persons made of each rule's cases."""
    for rule in rules.rules:
        came = (decided or {}).get("rules", {}).get(rule.id) or {}
        was = fared.get(rule.id, Counter())
        said = was["upheld"] + was["refused"]
        yield {
            "rule": rule.id,
            "about": rule.about,
            "verdict": rule.verdict,
            "actions": [one.kind for one in rule.actions],
            "fired": came.get("true"),
            "left_open": came.get("unknown"),
            **{name: was[name] for name in ("cases", "upheld", "refused", "appeals")},
            "precision": was["upheld"] / said if said else None,
            "rationale": rule.rationale,
        }


def _breaches(cases: Cases, run: Run) -> Counter[str]:
    """How many cases each licence has."""
    return Counter(
        one.decision.subject.id
        for one in cases.standings.values()
        if one.decision.run == run.sha256 and one.decision.subject.kind == "licence"
    )


def _licence_rows(registry: Registry | None, breaches: Counter[str]) -> Iterator[dict[str, Any]]:
    """The table of licences."""
    for one in registry.licences.values() if registry else ():
        yield {
            "licence": one.licence_id,
            "holder": one.holder,
            "contract": one.contract,
            "organisations": sorted(one.organisations),
            "accounts": len(one.accounts),
            "models": None if one.models is None else sorted(one.models),
            "purposes": None if one.purposes is None else sorted(one.purposes),
            "exchanges": one.exchanges,
            "exchanges_per_day": one.exchanges_per_day,
            "begins": one.begins,
            "ends": one.ends,
            "cases": breaches[one.licence_id],
        }


def fared_by_rule(cases: Cases, run: Run | None) -> Mapping[str, Counter[str]]:
    """By rule, how many cases it led to on this run, or on all, and what persons made of them."""
    fared: dict[str, Counter[str]] = {}
    for name, one in cases.standings.items():
        if (run and one.decision.run != run.sha256) or one.state in ("superseded", "lapsed"):
            continue
        upheld = bool(one.decision.approved_by) or (one.assessment is not None and not one.waits)
        came_to = "refused" if one.state in ("withdrawn", "reversed") else "upheld" if upheld else "undecided"
        for rule in one.decision.rule_ids:
            counted = fared.setdefault(rule, Counter())
            counted[came_to] += 1
            counted["cases"] += 1
            counted["appeals"] += len(one.appeals)
            counted["waiting"] += cases.stages[name] in ("open", "second")
    return fared
