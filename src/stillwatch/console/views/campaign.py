"""A campaign: what was seen and what is concluded, apart; who is in it; what else it could be."""

from __future__ import annotations

import gzip
import json
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pyarrow as pa
from markupsafe import Markup
from starlette.responses import HTMLResponse, Response

from stillwatch.console.account_places import spread_accounts
from stillwatch.console.asking import Ask, Refused
from stillwatch.console.campaign_rows import campaign_row
from stillwatch.console.listing import PAGE_ROWS, write_rows
from stillwatch.console.runs import Run
from stillwatch.drawing import Hour, lay_out_timeline, lay_out_waterfall, order_families
from stillwatch.reporting import counts, events_of, mark_shared, merge_templates, observations_of, reasons_of

__all__ = ["campaign", "graph", "templates"]

MOST_NODES = 10_000
_MOST_EDGES = 40_000
_MOST_TEMPLATES = 12
_MOST_READ = 60
_NOT_FAMILIES = {"account_a", "account_b", "match_weight", "match_probability"}

_BYSTANDERS = """
SELECT account_id, exchanges, first_seen, last_seen, verdict, reasons FROM {accounts} WHERE account_id IN
(SELECT unnest(bystander_ids) FROM {campaigns} WHERE campaign_id = ?) ORDER BY exchanges DESC, account_id LIMIT 200
"""
_NODES = """
WITH named AS (SELECT unnest(account_ids) AS id, false AS apart FROM {campaigns} WHERE campaign_id = ?
    UNION ALL SELECT unnest(bystander_ids), true FROM {campaigns} WHERE campaign_id = ?)
SELECT id, any_value(apart) AS apart, any_value(exchanges) AS exchanges FROM named
LEFT JOIN {accounts} ON id = account_id GROUP BY id ORDER BY apart, exchanges DESC NULLS LAST, id LIMIT ?
"""
_LINKS = """
SELECT * FROM {links} WHERE account_a IN (SELECT unnest(?)) AND account_b IN (SELECT unnest(?))
ORDER BY match_weight DESC, account_a, account_b LIMIT ?
"""


def campaign(ask: Ask) -> Response:
    """The campaign's page; its members also as CSV or JSON."""
    run = ask.run
    row = _row(ask, run)
    name = row["campaign_id"]
    form = ask.query.get("as")
    ask.note("looked at a campaign", run=run.name, campaign=name, form=form)
    if form in ("csv", "json"):
        return write_rows(form, f"{run.name}-{name}-members", _members(run, name).to_pylist())
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
        members=members,
        bystanders=run.keep(f"bystanders {name}", lambda: run.rows(_BYSTANDERS, name)) if row["bystanders"] else (),
        reasons=reasons_of(row),
        observations=[one for one in seen if counts(one, counted)],
        uncounted=[one for one in seen if not counts(one, counted)],
        timeline=lay_out_timeline(hours, events_of(row)),
        waterfall=lay_out_waterfall(weights, [one for one in weights if one != "prior"]),
        cases=cases,
        families=order_families(row["families"] or ()),
    )


def templates(ask: Ask) -> Response:
    """The campaign's templates, with what other accounts sent too marked: customers' text, so a look is noted."""
    run = ask.run
    name = _row(ask, run)["campaign_id"]
    ask.note("read templates", run=run.name, campaign=name)
    sql = "SELECT * FROM {templates} WHERE campaign_id = ? ORDER BY accounts DESC, exchanges DESC, template_id LIMIT ?"
    found = run.rows(sql, name, _MOST_READ)
    merged = merge_templates(found)
    total = run.count("SELECT 1 FROM {templates} WHERE campaign_id = ?", name) - len(found) + len(merged)
    shown = [
        {**one, "text": mark_shared(one["example"] or "", one["shared"] or ())} for one in merged[:_MOST_TEMPLATES]
    ]
    page = "templates_panel.html.j2" if ask.fragment else "templates.html.j2"
    return ask.show(page, run=run, campaign=name, templates=shown, total=total)


def graph(ask: Ask) -> Response:
    """Accounts with places and the links among them, for the page to draw: the busiest ``MOST_NODES`` at most."""
    run = ask.run
    row = _row(ask, run)
    name = row["campaign_id"]
    total = row["members"] + (row["bystanders"] or 0)
    made = run.keep(f"graph {name}", lambda: _packed({**_graph(run, name), "total": total}))
    ask.note("looked at a graph", run=run.name, campaign=name)
    if ask.takes_gzip:
        return Response(made, media_type="application/json", headers={"Content-Encoding": "gzip"})
    return Response(gzip.decompress(made), media_type="application/json")


def _packed(made: dict[str, Any]) -> bytes:
    return gzip.compress(json.dumps(made, ensure_ascii=False, separators=(",", ":")).encode(), mtime=0)


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


def _graph(run: Run, name: str) -> dict[str, Any]:
    nodes = run.rows(_NODES, name, name, MOST_NODES)
    ids = [node["id"] for node in nodes]
    place = {account: n for n, account in enumerate(ids)}
    links = run.rows(_LINKS, ids, ids, _MOST_EDGES) if ids and run.has("links") else []
    ends = np.array([(place[one["account_a"]], place[one["account_b"]]) for one in links], np.int64).reshape(-1, 2)
    weights = np.array([one["match_weight"] or 0 for one in links], np.float32)
    places = spread_accounts(len(ids), ends, weights)
    families = order_families(family for family in (links[0] if links else ()) if family not in _NOT_FAMILIES)
    strongest = [_strongest(one, families) for one in links]
    return {
        "families": list(families),
        "nodes": [
            {"id": node["id"], "x": round(float(x), 4), "y": round(float(y), 4), "apart": node["apart"]}
            for node, (x, y) in zip(nodes, places, strict=True)
        ],
        "edges": [
            [int(a), int(b), round(float(weight), 1), kind]
            for (a, b), weight, kind in zip(ends, weights, strongest, strict=True)
        ],
    }


def _strongest(link: Mapping[str, Any], families: Sequence[str]) -> int:
    """Place of the family that weighs most in a link; -1 where none weighs for it."""
    most = max(families, key=lambda family: link[family] or 0, default=None)
    return families.index(most) if most and (link[most] or 0) > 0 else -1
