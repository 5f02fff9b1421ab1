"""An account's links: all of them filtered by the URL, why two are linked, and whom the graph may show beyond."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
from starlette.responses import JSONResponse, Response

from stillwatch.console.asking import Ask, Refused
from stillwatch.console.listing import PAGE_ROWS, write_rows
from stillwatch.console.runs import Run
from stillwatch.console.views.addresses import wanted
from stillwatch.drawing import lay_out_waterfall, order_families

__all__ = ["link", "links", "links_of", "neighbours", "with_stands"]

_NOT_FAMILIES = {"account", "other", "match_weight", "match_probability"}
_LINK_COLUMNS = ("match_weight", "match_probability")
_FILTERS = ("id", "verdict", "campaign_id", "family")
_MOST_NEIGHBOURS = 200
_STANDS = "SELECT account_id, verdict, campaign_id FROM {accounts} WHERE account_id IN (SELECT unnest(?))"
_SPEAKS = 0.5

Row = dict[str, Any]


def links_of(run: Run, name: str) -> pa.Table | None:
    """Every link of an account, the strongest first; None where the run has no table of links."""
    return run.of("links_of", name) if run.has("links") else None


def with_stands(run: Run, found: pa.Table) -> list[Row]:
    """Links with their weights by family, the families that speak for each, and how the other account stands."""
    rows: list[Row] = found.to_pylist()
    stands = _stands(run, [row["other"] for row in rows])
    told = []
    for row in rows:
        weights = {family: weight for family, weight in _weights(row).items() if weight is not None}
        stand = stands.get(row["other"], {})
        told.append(
            {
                **row,
                "weights": weights,
                "families": [family for family, weight in weights.items() if weight > _SPEAKS],
                "verdict": stand.get("verdict"),
                "campaign_id": stand.get("campaign_id"),
            }
        )
    return told


def links(ask: Ask) -> Response:
    """Every link of an account that the URL asks for, the strongest first, as a page, CSV or JSON."""
    run, name = ask.run, wanted(ask)
    every, form = links_of(run, name), ask.query.get("as")
    families = _families(every)
    kept = None if every is None else _kept(ask, run, every)
    ask.note("kept links" if form in ("csv", "json") else "looked at links", run=run.name, account=name)
    if form in ("csv", "json"):
        found = [] if kept is None else kept.to_pylist()
        rows = ({"other": row["other"], **{key: row[key] for key in _LINK_COLUMNS}, **_weights(row)} for row in found)
        return write_rows(form, f"{run.name}-{name}-links", rows)
    if not len(run.of("account_rows", name, most=1)):
        raise Refused(404, f"The run has no account {name}.")
    start = (ask.page_number - 1) * PAGE_ROWS
    page = [] if kept is None else with_stands(run, kept.slice(start, PAGE_ROWS))
    listing = ask.listing(page, 0 if kept is None else len(kept), _FILTERS)
    return ask.show("links.html.j2", run=run, name=name, listing=listing, families=families)


def link(ask: Ask) -> Response:
    """Why an account is linked to another: the waterfall of their link's weights."""
    run, name, other = ask.run, wanted(ask), ask.query.get("other", "")
    linked = links_of(run, name)
    found = [] if linked is None else linked.filter(pc.equal(linked["other"], other)).slice(0, 1).to_pylist()
    row = next(iter(found), None)
    if row is None:
        raise Refused(404, f"The run does not link {name} to {other}.")
    ask.note("looked at a link", run=run.name, account=name, other=other)
    weights = _weights(row)
    prior = (row["match_weight"] or 0) - sum(weight for weight in weights.values() if weight is not None)
    drawn = lay_out_waterfall({"prior": prior, **weights}, list(weights))
    page = "link_panel.html.j2" if ask.fragment else "link.html.j2"
    return ask.show(page, run=run, name=name, other=other, waterfall=drawn)


def neighbours(ask: Ask) -> Response:
    """The accounts that an account is linked to, the strongest first, for the graph to show more of."""
    run, name = ask.run, wanted(ask)
    linked = links_of(run, name)
    rows = [] if linked is None else with_stands(run, linked.slice(0, _MOST_NEIGHBOURS))
    ask.note("looked at links", run=run.name, account=name)
    found = []
    for row in rows:
        weights = {family: weight for family, weight in row["weights"].items() if weight > 0}
        found.append(
            {
                "id": row["other"],
                "weight": round(float(row["match_weight"] or 0), 1),
                "family": max(weights, key=lambda family: weights[family], default=None),
                "verdict": row["verdict"],
                "campaign": row["campaign_id"],
            }
        )
    return JSONResponse({"links": found, "total": 0 if linked is None else len(linked)})


def _families(found: pa.Table | None) -> tuple[str, ...]:
    return tuple(order_families(one for one in (found.column_names if found else ()) if one not in _NOT_FAMILIES))


def _weights(row: Mapping[str, Any]) -> dict[str, float | None]:
    """Weights of a link by family, in the families' order."""
    return {family: row[family] for family in order_families(one for one in row if one not in _NOT_FAMILIES)}


def _stands(run: Run, names: Sequence[str]) -> dict[str, Row]:
    """How accounts stand, by name."""
    if run.has_copies and len(names) <= PAGE_ROWS:
        found = [one for name in names for one in run.of("account_rows", name, most=1).to_pylist()]
    else:
        found = run.rows(_STANDS, names) if names else []
    return {one["account_id"]: one for one in found}


def _kept(ask: Ask, run: Run, every: pa.Table) -> pa.Table:
    """Those of the links that the URL asks for."""
    family = ask.query.get("family")
    if family:
        if family not in _families(every):
            return every.slice(0, 0)
        every = every.filter(pc.greater(every[family], _SPEAKS))
    asked = {name: ask.query[name] for name in ("verdict", "campaign_id") if ask.query.get(name)}
    if asked:
        stands = _stands(run, every["other"].to_pylist())
        those = [name for name, one in stands.items() if all(one[key] == value for key, value in asked.items())]
        every = every.filter(pc.is_in(every["other"], value_set=pa.array(those, pa.string())))
    return every
