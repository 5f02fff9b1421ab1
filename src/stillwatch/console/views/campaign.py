"""A campaign: what was seen and what is concluded, apart; who is in it; what else it could be."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import quote

import pyarrow as pa
from markupsafe import Markup
from starlette.responses import HTMLResponse, Response

from stillwatch.console.asking import Ask, Refused
from stillwatch.console.belonging import belonging_of_campaigns
from stillwatch.console.campaign_graph import campaign_graph
from stillwatch.console.campaign_rows import campaign_row
from stillwatch.console.listing import PAGE_ROWS, Listing, write_rows
from stillwatch.console.runs import Run
from stillwatch.console.views.labels import labelled
from stillwatch.drawing import Hour, lay_out_timeline, lay_out_waterfall, order_families
from stillwatch.reporting import (
    counts,
    events_of,
    history_lines,
    life_of,
    mark_shared,
    observations_of,
    reasons_of,
)

__all__ = ["campaign", "draw_large_graphs", "graph", "templates"]

_LARGE = 1_000
_MOST_LARGE = 16
_TEMPLATES_A_PAGE = 12

_BYSTANDERS = """
SELECT account_id, exchanges, first_seen, last_seen, verdict, reasons FROM {accounts} WHERE account_id IN
(SELECT unnest(bystander_ids) FROM {campaigns} WHERE campaign_id = ?)
"""
_TEMPLATES = """
SELECT kind, example, shared, accounts, exchanges, list(template_id ORDER BY template_id) AS names,
    arg_min(exchange_ids, template_id) AS exchange_ids
FROM {{templates}} WHERE {asked} GROUP BY kind, example, shared, accounts, exchanges
ORDER BY accounts DESC, exchanges DESC, min(template_id)
"""
"""Templates that say the same of the same exchanges are one, under the names of all."""

_LARGEST = """
SELECT campaign_id FROM {campaigns} WHERE len(account_ids) + coalesce(len(bystander_ids), 0) >= ?
ORDER BY len(account_ids) + coalesce(len(bystander_ids), 0) DESC, campaign_id LIMIT ?
"""


def campaign(ask: Ask) -> Response:
    """The campaign's page; its members also as CSV or JSON."""
    run = ask.run
    row = _row(ask, run)
    name = row["campaign_id"]
    form = ask.query.get("as")
    ask.note("looked at a campaign", run=run.name, campaign=name, form=form)
    if form in ("csv", "json"):
        return _kept(ask, run, row, form)
    members = run.parts.keep(("members", name, ask.page_number), lambda: _members_drawn(ask, run, row))
    if ask.fragment:
        return HTMLResponse(members)
    hours = [Hour(one["hour"], one["exchanges"] or 0, one["accounts"] or 0) for one in row["timeline"] or ()]
    weights = {one["family"]: one["match_weight"] for one in row["waterfall"] or ()}
    seen, counted = observations_of(row), row["families"] or ()
    known = ask.console.cases.cases()
    about = known.by_subject.get((run.sha256, "campaign", name), ())
    cases = [(known.standings[one], known.stages[one]) for one in about]
    return ask.show(
        "campaign.html.j2",
        run=run,
        row=row,
        life=run.parts.keep(("life", name), lambda: tuple(history_lines(life_of(run.path, name)))),
        members=members,
        belonging=belonging_of_campaigns(run).get(name),
        listed=Listing([], 0, 1, f"/runs/{quote(run.name, safe='')}/accounts", {"campaign_id": name}),
        labelled=labelled(ask, (one.as_py() for one in _members(run, name)["account_id"])),
        bystanders=run.keep(
            f"bystanders {name}", lambda: run.rows(f"{_BYSTANDERS} ORDER BY exchanges DESC, account_id LIMIT 200", name)
        )
        if row["bystanders"]
        else (),
        reasons=reasons_of(row),
        observations=[one for one in seen if counts(one, counted)],
        uncounted=[one for one in seen if not counts(one, counted)],
        timeline=lay_out_timeline(hours, events_of(row)),
        waterfall=lay_out_waterfall(weights, [one for one in weights if one != "prior"]),
        cases=cases,
        families=order_families(row["families"] or ()),
    )


def _kept(ask: Ask, run: Run, row: Mapping[str, Any], form: str) -> Response:
    """Its members, its bystanders or what its exchanges may be worth, whole."""
    name, of = row["campaign_id"], ask.query.get("of")
    if of == "bystanders":
        rows = run.rows(f"{_BYSTANDERS} ORDER BY exchanges DESC, account_id", name)
    elif of == "worth":
        rows = row.get("worth") or []
    else:
        of, rows = "members", _members(run, name).to_pylist()
    return write_rows(form, f"{run.name}-{name}-{of}", rows)


def templates(ask: Ask) -> Response:
    """A page of the campaign's templates, with what others sent too marked: customers' text, so a look is noted."""
    run = ask.run
    name = _row(ask, run)["campaign_id"]
    form = ask.query.get("as")
    ask.note("read templates", run=run.name, campaign=name, form=form)
    kind = ask.query.get("kind")
    asked, values = ("campaign_id = ? AND kind = ?", (name, kind)) if kind else ("campaign_id = ?", (name,))
    if form in ("csv", "json"):
        sql = f"SELECT * FROM {{templates}} WHERE {asked} ORDER BY accounts DESC, exchanges DESC, template_id"
        return write_rows(form, f"{run.name}-{name}-templates", run.stream(sql, *values))
    sql = _TEMPLATES.format(asked=asked)
    first = (ask.page_number - 1) * _TEMPLATES_A_PAGE
    found = run.rows(f"{sql} LIMIT ? OFFSET ?", *values, _TEMPLATES_A_PAGE, first)
    shown = [{**one, "text": mark_shared(one["example"] or "", one["shared"] or ())} for one in found]
    page = "templates_panel.html.j2" if ask.fragment else "templates.html.j2"
    listing = ask.rows_here(shown, run.count(sql, *values), ("kind",), _TEMPLATES_A_PAGE)
    return ask.show(page, run=run, campaign=name, listing=listing)


def graph(ask: Ask) -> Response:
    """Accounts with places and the links among them, for the page to draw: the busiest at most."""
    run = ask.run
    row = _row(ask, run)
    name = row["campaign_id"]
    made = _drawn(run, row)
    ask.note("looked at a graph", run=run.name, campaign=name)
    if ask.takes_gzip:
        return Response(made, media_type="application/json", headers={"Content-Encoding": "gzip"})
    return Response(gzip.decompress(made), media_type="application/json")


def draw_large_graphs(run: Run, stopped: Callable[[], bool]) -> None:
    """Have the graphs ready that a first look would wait for, the largest first.

    Args:
        run: whose.
        stopped: whether to draw no more.
    """
    for one in run.rows(_LARGEST, _LARGE, _MOST_LARGE):
        if stopped():
            return
        if (row := campaign_row(run, one["campaign_id"])) is not None:
            _drawn(run, row)


def _drawn(run: Run, row: Mapping[str, Any]) -> bytes:
    """The campaign's graph as it is sent."""
    name, total = row["campaign_id"], row["members"] + (row["bystanders"] or 0)
    return run.graphs.keep(name, lambda: _packed({**campaign_graph(run, name), "total": total}))


def _packed(made: dict[str, Any]) -> bytes:
    # The last hundredth of its size would take six times as long.
    whole = json.dumps(made, ensure_ascii=False, separators=(",", ":")).encode()
    return gzip.compress(whole, compresslevel=5, mtime=0)


def _row(ask: Ask, run: Run) -> dict[str, Any]:
    row = campaign_row(run, ask.named["campaign"])
    if row is None:
        raise Refused(404, f"The run has no campaign {ask.named['campaign']}.")
    return row


def _members(run: Run, name: str, first: int = 0, most: int | None = None) -> pa.Table:
    """Members, those that belong most surely first."""
    return run.of("members", name, first, most).drop_columns("campaign_id")


def _members_drawn(ask: Ask, run: Run, row: dict[str, Any]) -> Markup:
    """A page of the members' table, drawn."""
    found = _members(run, row["campaign_id"], (ask.page_number - 1) * PAGE_ROWS, PAGE_ROWS).to_pylist()
    members, shared = _shared_once(found)
    return ask.part("members.html.j2", run=run, row=row, listing=ask.rows_here(members, row["members"]), shared=shared)


def _shared_once(members: list[dict[str, Any]]) -> tuple[list[dict[str, Any]], list[str]]:
    """Members with what is said of each alone, and what is said of all of them."""
    said = [set(one["reasons"] or ()) for one in members]
    shared = set.intersection(*said) if len(said) > 1 else set()
    own = [{**one, "reasons": [text for text in one["reasons"] or () if text not in shared]} for one in members]
    return own, sorted(shared)
