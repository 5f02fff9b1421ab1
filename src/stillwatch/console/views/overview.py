"""A run at a glance: what was found, how bad, when; and what of it waits for somebody."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

from markupsafe import Markup
from starlette.responses import Response

from stillwatch.console.asking import Ask
from stillwatch.console.belonging import NOBODY, Belonging, belonging_of_campaigns, joined
from stillwatch.console.campaign_rows import campaign_list, campaign_row
from stillwatch.console.cases import Cases
from stillwatch.console.listing import PAGE_ROWS, write_rows
from stillwatch.console.pages import draw_part
from stillwatch.console.run_changes import changes_since
from stillwatch.console.runs import Run
from stillwatch.console.service import Console
from stillwatch.drawing import Event, Hour, draw_timeline, family_palette, lay_out_timeline, tag
from stillwatch.evidence import all_families
from stillwatch.policy import DEFAULT_POLICY, decide, read_policy, read_registry, read_run, record
from stillwatch.reporting import since_lines

__all__ = ["campaigns", "decide_run", "overview", "prepare", "run_before"]

_SPAN = "SELECT min(first_seen) AS first, max(last_seen) AS last FROM {accounts}"
_FILTERS = ("verdict", "family", "day", "org", "plan")
_MOST_SHOWN = 12
_MOST_OTHERS = 100
_MOST_HOURS = 24 * 366 * 50


def prepare(run: Run, older: Run | None) -> dict[str, Any]:
    """What the overview shows of the run itself and of what changed since an older one, worked out once."""
    found = campaign_list(run)
    timeline = run.keep("timeline", lambda: _timeline(run))
    shown = {
        "campaigns": found[:_MOST_SHOWN],
        "campaigns_total": len(found),
        "severities": Counter(row["verdict"] for row in found),
        "verdicts": run.keep("verdicts", lambda: _verdicts(run)),
        "span": run.keep("span", lambda: run.one(_SPAN)),
        "timeline": timeline,
        "figure": run.keep("figure", lambda: draw_timeline(timeline, "all", "the whole log") if timeline else None),
        "strips": run.keep("strips", lambda: _strips(run, found[:_MOST_SHOWN])),
        "dead": run.keep("dead", lambda: run.count("SELECT 1 FROM {dead_letters}") if run.has("dead_letters") else 0),
    }
    return {
        **shown,
        "steps": since_lines(run.info),
        "older": older,
        "changes": run.keep(f"since {older.sha256}", lambda: changes_since(older, run)) if older else (),
        "chart": run.keep("chart", lambda: draw_part("overview_chart.html.j2", run=run, **shown)),
    }


def overview(ask: Ask) -> Response:
    """The run's page; what changed since the run before also as CSV or JSON."""
    run = ask.run
    ask.note("looked at a run", run=run.name)
    older = ask.console.runs.find(ask.query.get("since", "")) or run_before(ask.console, run)
    shown = prepare(run, older if older is not run else None)
    if form := ask.file_form:
        return write_rows(form, f"{run.name}-changes", (asdict(one) for one in shown["changes"]))
    cases = ask.console.cases.cases()
    stages = cases.stages_of(run.sha256)
    found = shown["campaigns"]
    case_of = _case_of(cases, run, found)
    table = run.parts.keep(
        ("campaigns", tuple(case_of.items())),
        lambda: ask.part("overview_campaigns.html.j2", run=run, campaigns=found, case_of=case_of),
    )
    return ask.show(
        "overview.html.j2",
        run=run,
        **shown,
        stages=stages,
        held=cases.held.get(run.sha256),
        others=[one.name for one in ask.console.runs.all()[:_MOST_OTHERS] if one is not run],
        table=table,
    )


def campaigns(ask: Ask) -> Response:
    """Every campaign that the URL asks for, as a page, CSV or JSON."""
    run = ask.run
    belonging = belonging_of_campaigns(run)
    rows = [row for row in campaign_list(run) if _passes(row, ask.query, belonging.get(row["campaign_id"], NOBODY))]
    form = ask.query.get("as")
    ask.note("looked at campaigns", run=run.name, form=form)
    if form in ("csv", "json"):
        return write_rows(form, f"{run.name}-campaigns", (_told(row, belonging) for row in rows))
    start = (ask.page_number - 1) * PAGE_ROWS
    listing = ask.listing(rows[start : start + PAGE_ROWS], len(rows), _FILTERS)
    return ask.show(
        "campaigns.html.j2",
        run=run,
        listing=listing,
        case_of=_case_of(ask.console.cases.cases(), run, listing.rows),
        belonging=belonging,
        choices=run.keep("choices of campaigns", lambda: joined(belonging.values())),
    )


def _passes(row: Mapping[str, Any], asked: Mapping[str, str], belonging: Belonging) -> bool:
    """Whether a campaign is what the URL asks for."""
    wanted, family, day = (asked.get(name) for name in ("verdict", "family", "day"))
    return (
        (not wanted or row["verdict"] == wanted)
        and (not family or family in (row["families"] or ()))
        and (not day or day in row["days"])
        and belonging.passes(asked.get("org"), asked.get("plan"))
    )


def _told(row: Mapping[str, Any], belonging: Mapping[str, Belonging]) -> dict[str, Any]:
    """A campaign as a file has it."""
    theirs = belonging.get(row["campaign_id"], NOBODY)
    return {**row, "organisations": theirs.organisations, "plans": theirs.plans}


def decide_run(ask: Ask) -> Response:
    """Hold the run to the policy; what it comes to is appended to the log. Doing so twice adds nothing."""
    run, places = ask.run, ask.console.places
    rules = read_policy(places.policy or DEFAULT_POLICY)
    facts = read_run(run.path, read_registry(places.licences) if places.licences else None)
    now = datetime.now(UTC)
    # Of a large run that takes seconds, in which others may decide.
    decided = decide(rules, facts, now)
    with ask.console.cases.writing():
        recorded = record(ask.console.cases.log, decided, rules, facts, now)
    ask.note("decided a run", run=run.name, policy=rules.title, added=len(recorded.added))
    return ask.go("/queue")


def run_before(console: Console, run: Run) -> Run | None:
    """The run that began before this one, the latest of them."""
    runs = list(console.runs.all())
    place = next((n for n, one in enumerate(runs) if one.sha256 == run.sha256), len(runs))
    return runs[place + 1] if place + 1 < len(runs) else None


def _verdicts(run: Run) -> Mapping[str, int]:
    rows = run.rows("SELECT verdict, count(*) AS n FROM {accounts} GROUP BY verdict")
    tally = {row["verdict"]: row["n"] for row in rows}
    return {verdict: tally.get(verdict, 0) for verdict in ("act", "review", "watch", "clear")}


def _traffic(run: Run) -> list[dict[str, Any]]:
    return run.keep("traffic", lambda: run.numbered("traffic", 0, _MOST_HOURS).to_pylist())


def _timeline(run: Run) -> Any:
    hours = [Hour(row["hour"], row["exchanges"], row["accounts"]) for row in _traffic(run) if row["hour"]]
    return lay_out_timeline(hours, _releases(run))


def _releases(run: Run) -> list[Event]:
    """Releases that any campaign moved on, once each."""
    named: dict[str, datetime] = {}
    for row in run.rows("SELECT pivots FROM {campaigns}"):
        for pivot in row["pivots"] or ():
            if pivot["released"] is not None:
                named.setdefault(pivot["model"], pivot["released"])
    return [Event(time, "release", f"{model} released") for model, time in named.items()]


def _strips(run: Run, rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Where each campaign lies on the run's timeline, in per cent of it: of its busiest hours the shape."""
    timeline = [row for row in _traffic(run) if row["hour"]]
    if not timeline:
        return []
    first, last = timeline[0]["hour"], timeline[-1]["hour"]
    length = max((last - first).total_seconds() / 3600 + 1, 1)
    strips = []
    for row in rows:
        told = (campaign_row(run, row["campaign_id"]) or {}).get("timeline") or ()
        most = max((one["exchanges"] or 0 for one in told), default=0) or 1
        bars = [
            (round(100 * (one["hour"] - first).total_seconds() / 3600 / length, 2), (one["exchanges"] or 0) / most)
            for one in told
        ]
        strips.append({**row, "drawn": _draw_strip(row, bars, round(100 / length, 3))})
    return strips


def _draw_strip(row: Mapping[str, Any], bars: Sequence[tuple[float, float]], width: float) -> Markup:
    drawn = [tag("rect", x=left, width=width, y=10 - 10 * height, height=10 * height) for left, height in bars]
    hue = family_palette(all_families()).hue((row["families"] or [None])[0])
    name = f"When {row['campaign_id']} was active"
    size = {"viewBox": "0 0 100 10", "preserveAspectRatio": "none", "width": "100%", "height": "22"}
    return tag("svg", *drawn, class_=f"strip-line {hue}", role="img", aria_label=name, **size)


def _case_of(cases: Cases, run: Run, rows: list[dict[str, Any]]) -> Mapping[str, str]:
    """The latest decision on each of these campaigns."""
    found = {}
    for row in rows:
        for name in cases.by_subject.get((run.sha256, "campaign", row["campaign_id"]), ()):
            if cases.standings[name].state not in ("superseded", "lapsed"):
                found[row["campaign_id"]] = name
    return found
