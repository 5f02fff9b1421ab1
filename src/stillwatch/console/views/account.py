"""An account: when it is active, its links, what speaks for and against it, what was decided, what it would read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import pyarrow.compute as pc
from markupsafe import Markup
from starlette.responses import JSONResponse, Response

from stillwatch.console.asking import Ask, Refused
from stillwatch.console.campaign_rows import campaign_row
from stillwatch.console.cases import stage_of
from stillwatch.console.listing import PAGE_ROWS, write_rows
from stillwatch.console.run_tables import KNOWN_COLUMNS, LISTED_COLUMNS, LISTED_ORDER
from stillwatch.console.runs import Run
from stillwatch.console.views.addresses import account_url, wanted
from stillwatch.console.views.labels import LASTS
from stillwatch.console.views.requests import by_hour, summed
from stillwatch.drawing import lay_out_waterfall, order_families, wording
from stillwatch.policy import appeal_news, letters
from stillwatch.tables import VERDICTS

__all__ = ["account", "accounts", "comment", "hours", "link", "links", "neighbours"]

_NOT_FAMILIES = {"account", "other", "match_weight", "match_probability"}
_LINK_COLUMNS = ("match_weight", "match_probability")
_MOST_LINKS = 25
_MOST_NEIGHBOURS = 200
_STANDS = "SELECT account_id, verdict, campaign_id FROM {accounts} WHERE account_id IN (SELECT unnest(?))"
_AGAINST = -1.0

Row = dict[str, Any]

_CONDITIONS = {
    "verdict": "verdict = ?",
    "campaign_id": "campaign_id = ?",
    "q": "contains(lower(account_id), lower(?))",
    "why": "substr(md5(coalesce(reasons[1], '')), 1, 12) = ?",
}
"""What each filter of the list asks for."""

_WHY = """
SELECT substr(md5(coalesce(reasons[1], '')), 1, 12) AS why, any_value(reasons[1]) AS reason, count(*) AS accounts,
    sum(exchanges)::BIGINT AS exchanges, min(first_seen) AS first_seen, max(last_seen) AS last_seen
FROM {accounts} WHERE verdict = 'watch' GROUP BY why ORDER BY accounts DESC, exchanges DESC, why LIMIT 40
"""

_ACCUSED = "verdict IN ('review', 'act')"


def accounts(ask: Ask) -> Response:
    """The run's accounts, filtered by the URL, as a page, CSV or JSON; never more than a page in memory."""
    run = ask.run
    asked = {name: ask.query[name] for name in _CONDITIONS if ask.query.get(name)}
    conditions = [
        _ACCUSED if value == "accused" and name == "verdict" else _CONDITIONS[name] for name, value in asked.items()
    ]
    values = [value for name, value in asked.items() if (name, value) != ("verdict", "accused")]
    where = f" WHERE {' AND '.join(conditions)}" if asked else ""
    form = ask.query.get("as")
    ask.note("looked at accounts", run=run.name, form=form)
    if form in ("csv", "json"):
        sql = f"SELECT {LISTED_COLUMNS} FROM {{accounts}}{where} ORDER BY {LISTED_ORDER}"
        return write_rows(form, f"{run.name}-accounts", run.stream(sql, *values))
    key = ("accounts", ask.path, tuple(asked.items()), ask.page_number)
    rows, total, table = run.parts.keep(key, lambda: _listed(ask, run, asked, where, values))
    listing = ask.listing(rows, total, tuple(_CONDITIONS))
    watched = asked.get("verdict") == "watch" or "why" in asked
    groups = run.keep("why on watch", lambda: run.rows(_WHY)) if watched else ()
    return ask.show("accounts.html.j2", run=run, listing=listing, table=table, groups=groups)


def _listed(
    ask: Ask, run: Run, asked: Mapping[str, str], where: str, values: list[str]
) -> tuple[list[Row], int, Markup]:
    """A page of the list, how many there are in all, and its table drawn."""
    if asked.keys() <= {"verdict"}:
        by_verdict = run.keep("accounts by verdict", lambda: _by_verdict(run))
        total = sum(by_verdict.get(one, 0) for one in _those(asked.get("verdict")))
        rows = _in_place(run, asked.get("verdict"), by_verdict, total, ask.page_number)
    else:
        total = run.count(f"SELECT 1 FROM {{accounts}}{where}", *values)
        rows = _paged(run, where, values, ask.page_number)
    listing = ask.rows_here(rows, total, tuple(_CONDITIONS))
    return rows, total, ask.part("accounts_table.html.j2", run=run, listing=listing)


def _by_verdict(run: Run) -> dict[str, int]:
    return {row["verdict"]: row["n"] for row in run.rows("SELECT verdict, count(*) AS n FROM {accounts} GROUP BY 1")}


def _those(verdict: str | None) -> Sequence[str]:
    """Verdicts that a filter names, the weakest first."""
    return (
        VERDICTS
        if not verdict
        else VERDICTS[2:]
        if verdict == "accused"
        else [one for one in VERDICTS if one == verdict]
    )


def _in_place(run: Run, verdict: str | None, by_verdict: Mapping[str, int], total: int, page: int) -> list[Row]:
    """A page of all accounts or of those with one verdict: they stand together, so their places are known."""
    those = _those(verdict)
    above = sum(by_verdict.get(one, 0) for one in VERDICTS if those and VERDICTS.index(one) > VERDICTS.index(those[-1]))
    start = (page - 1) * PAGE_ROWS
    rows: list[Row] = run.numbered("ranked", above + start, above + min(start + PAGE_ROWS, total)).to_pylist()
    return rows


def _paged(run: Run, where: str, values: list[str], page: int) -> list[Row]:
    sql = f"SELECT {LISTED_COLUMNS} FROM {{accounts}}{where} ORDER BY {LISTED_ORDER} LIMIT ? OFFSET ?"
    return run.rows(sql, *values, PAGE_ROWS, (page - 1) * PAGE_ROWS)


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
