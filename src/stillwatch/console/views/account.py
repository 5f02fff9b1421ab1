"""An account: when it is active, its links, what speaks for and against it, what was decided, what it would read."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import pyarrow.compute as pc
from starlette.responses import JSONResponse, Response

from stillwatch.console.asking import Ask, Refused
from stillwatch.console.campaign_rows import campaign_row
from stillwatch.console.cases import stage_of
from stillwatch.console.listing import write_rows
from stillwatch.console.run_tables import KNOWN_COLUMNS
from stillwatch.console.runs import Run
from stillwatch.console.views.addresses import account_url, wanted
from stillwatch.console.views.labels import LASTS
from stillwatch.console.views.requests import by_hour, summed
from stillwatch.drawing import lay_out_waterfall, order_families, wording
from stillwatch.policy import appeal_news, letters

__all__ = ["account", "comment", "hours", "link", "links", "neighbours"]

_NOT_FAMILIES = {"account", "other", "match_weight", "match_probability"}
_LINK_COLUMNS = ("match_weight", "match_probability")
_MOST_LINKS = 25
_MOST_NEIGHBOURS = 200
_STANDS = "SELECT account_id, verdict, campaign_id FROM {accounts} WHERE account_id IN (SELECT unnest(?))"
_AGAINST = -1.0

Row = dict[str, Any]


def account(ask: Ask) -> Response:
    """The account's page."""
    run, name = ask.run, wanted(ask)
    row = next(iter(run.of("account_rows", name, most=1).to_pylist()), None)
    if row is None:
        raise Refused(404, f"The run has no account {name}.")
    ask.note("looked at an account", run=run.name, account=name)
    cases = ask.console.cases.cases()
    decisions = [cases.standings[one] for one in cases.by_account.get(name, ())]
    standing = [one for one in decisions if one.state == "in force" and name not in one.exempt]
    news = [text for one in decisions for text in appeal_news(one, name)]
    links, known = _links(run, name), _known(run, name)
    return ask.show(
        "account.html.j2",
        run=run,
        row=row,
        name=name,
        known=known,
        label=ask.console.cases.labels().get(name),
        now=datetime.now(UTC),
        lasts=LASTS,
        links=links,
        **summed(run.of("requests", name)),
        bounds={},
        speaks_for=_for(row, links),
        speaks_against=_against(run, row, known, links),
        decisions=[(one, stage_of(one)) for one in decisions],
        letter=letters([one.decision for one in standing], news),
        proposed=[one.decision.proposed_text for one in standing if one.decision.proposed_text],
        comments=ask.console.comments.about(f"account {name}"),
        unmasked=ask.console.sessions.is_unmasked(ask.signed_in, run.name, name),
    )


def hours(ask: Ask) -> Response:
    """Exchanges an hour, for the page to draw: [[second, exchanges], ...]."""
    run, name = ask.run, wanted(ask)
    ask.note("looked at hours", run=run.name, account=name)
    return JSONResponse(by_hour(run.of("requests", name)["time"]))


def comment(ask: Ask) -> Response:
    """Say something to colleagues about an account."""
    name, text = ask.form.get("id", ""), ask.form.get("text", "").strip()[:4000]
    if text:
        ask.console.comments.add(f"account {name}", ask.person.name, text)
        ask.note("commented", account=name)
    return ask.go(account_url(ask.run.name, name) + "#comments")


def link(ask: Ask) -> Response:
    """Why an account is linked to another: the waterfall of their link's weights."""
    run, name, other = ask.run, wanted(ask), ask.query.get("other", "")
    linked = run.of("links_of", name) if run.has("links") else None
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


def links(ask: Ask) -> Response:
    """Every link of an account with its weights by family, the strongest first, as CSV or JSON."""
    run, name = ask.run, wanted(ask)
    ask.note("kept links", run=run.name, account=name)
    found = run.of("links_of", name).to_pylist() if run.has("links") else []
    rows = ({"other": row["other"], **{key: row[key] for key in _LINK_COLUMNS}, **_weights(row)} for row in found)
    return write_rows("csv" if ask.query.get("as") == "csv" else "json", f"{run.name}-{name}-links", rows)


def neighbours(ask: Ask) -> Response:
    """The accounts that an account is linked to, the strongest first, for the graph to show more of."""
    run, name = ask.run, wanted(ask)
    linked = run.of("links_of", name) if run.has("links") else None
    rows = [] if linked is None else linked.slice(0, _MOST_NEIGHBOURS).to_pylist()
    known = {one["account_id"]: one for one in run.rows(_STANDS, [row["other"] for row in rows])} if rows else {}
    ask.note("looked at links", run=run.name, account=name)
    found = []
    for row in rows:
        weights = {family: weight for family, weight in _weights(row).items() if weight and weight > 0}
        stands = known.get(row["other"], {})
        found.append(
            {
                "id": row["other"],
                "weight": round(float(row["match_weight"] or 0), 1),
                "family": max(weights, key=lambda family: weights[family], default=None),
                "verdict": stands.get("verdict"),
                "campaign": stands.get("campaign_id"),
            }
        )
    return JSONResponse({"links": found, "total": 0 if linked is None else len(linked)})


def _weights(row: Mapping[str, Any]) -> dict[str, float | None]:
    """Weights of a link by family, in the families' order."""
    return {family: row[family] for family in order_families(one for one in row if one not in _NOT_FAMILIES)}


def _links(run: Run, name: str) -> list[Row]:
    """The strongest links, each with its weights by family."""
    if not run.has("links"):
        return []
    found = run.of("links_of", name, most=_MOST_LINKS).to_pylist()
    return [
        {**row, "weights": {family: weight for family, weight in _weights(row).items() if weight is not None}}
        for row in found
    ]


def _known(run: Run, name: str) -> Row:
    """What the account file says, else the log."""
    found = run.of("known", name, most=1).to_pylist()
    return {column: found[0][column] if found else None for column in KNOWN_COLUMNS}


def _for(row: Row, links: list[Row]) -> list[str]:
    """What speaks for the account belonging to a campaign."""
    said = list(row["reasons"] or ())
    strong = [link for link in links if (link["match_probability"] or 0) >= 0.5]
    if strong:
        most = f"the strongest with odds of {wording.odds(strong[0]['match_weight'] or 0)}"
        more = " or more" if len(strong) == _MOST_LINKS else ""
        said.append(f"Linked to {wording.plural(len(strong), 'account')}{more}, {most}.")
    return said


def _against(run: Run, row: Row, known: Row, links: list[Row]) -> list[str]:
    """What speaks against it, or for the customer."""
    said = []
    if row["verdict"] == "watch" and any("honest explanation" in reason for reason in row["reasons"] or ()):
        said.append("An honest explanation may account for what is said here: it could not be ruled out.")
    families: dict[str, int] = {}
    for link in links:
        for family, weight in link["weights"].items():
            if weight <= _AGAINST:
                families[family] = families.get(family, 0) + 1
    said += [
        f"{family.capitalize()} speaks against {wording.plural(n, 'of its links', 'of its links')}."
        for family, n in sorted(families.items(), key=lambda pair: -pair[1])
    ]
    if known["verified"]:
        said.append("Who it is has been verified.")
    if known["licence_id"]:
        said.append(f"It names the licence {known['licence_id']}.")
    if known["org_id"]:
        said.append(f"It says openly to which organisation it belongs: {known['org_id']}.")
    if known["declared_use"]:
        said.append(f"It has declared what it is for: {known['declared_use']}.")
    if row["campaign_id"]:
        held = campaign_row(run, row["campaign_id"]) or {}
        said += [
            f"An honest explanation of its campaign holds: {one['name']}. {one['statement']}"
            for one in held.get("explanations") or ()
            if one["holds"]
        ]
    return said
