"""An account: when it is active, its links, what speaks for and against it, what was decided, what it would read."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from starlette.responses import JSONResponse, Response

from stillwatch.console.asking import Ask, Refused
from stillwatch.console.case_file import stage_of
from stillwatch.console.listing import PAGE_ROWS, write_rows
from stillwatch.console.runs import Run
from stillwatch.drawing import lay_out_waterfall, order_families, wording
from stillwatch.policy import appeal_news, letters
from stillwatch.tables import VERDICTS

__all__ = ["account", "accounts", "comment", "hours"]

_NOT_FAMILIES = {"account_a", "account_b", "match_weight", "match_probability", "other"}
_MOST_LINKS = 25
_AGAINST = -1.0

_ORDER = "ORDER BY list_position(['act', 'review', 'watch', 'clear'], verdict), exchanges DESC, account_id"
_COLUMNS = "account_id, verdict, campaign_id, exchanges, first_seen, last_seen, match_probability, q_value"
_HOURS = (
    "SELECT epoch(date_trunc('hour', time)) AS hour, count(*) AS n FROM {exchanges} WHERE account_id = ? GROUP BY 1"
)
_WEEK = """
SELECT isodow(time) AS day, hour(time) AS hour, count(*) AS n FROM {exchanges} WHERE account_id = ? GROUP BY ALL
"""
_LINKS = """
SELECT *, CASE WHEN account_a = ? THEN account_b ELSE account_a END AS other FROM {links}
WHERE account_a = ? OR account_b = ? ORDER BY match_weight DESC LIMIT ?
"""
_KNOWN = ("org_id", "created", "plan", "verified", "declared_use", "licence_id", "email_domain")


def accounts(ask: Ask) -> Response:
    """The run's accounts, filtered by the URL, as a page, CSV or JSON; never more than a page in memory."""
    run = ask.run
    conditions, values = [], []
    for name in ("verdict", "campaign_id"):
        if ask.query.get(name):
            conditions.append(f"{name} = ?")
            values.append(ask.query[name])
    if ask.query.get("q"):
        conditions.append("contains(lower(account_id), lower(?))")
        values.append(ask.query["q"])
    where = f" WHERE {' AND '.join(conditions)}" if conditions else ""
    sql = f"SELECT {_COLUMNS} FROM {{accounts}}{where} {_ORDER}"
    form = ask.query.get("as")
    ask.note("looked at accounts", run=run.name, form=form)
    if form in ("csv", "json"):
        return write_rows(form, f"{run.name}-accounts", run.stream(sql, *values))
    rows = run.rows(f"{sql} LIMIT ? OFFSET ?", *values, PAGE_ROWS, (ask.page_number - 1) * PAGE_ROWS)
    counted = f"SELECT 1 FROM {{accounts}}{where}"
    # Only what few addresses can ask for is kept: whoever types could fill the memory.
    few = not values or (len(values) == 1 and values[0] in VERDICTS)
    total = run.keep(f"{counted} {values}", lambda: run.count(counted, *values)) if few else run.count(counted, *values)
    return ask.show("accounts.html.j2", run=run, listing=ask.listing(rows, total, ("verdict", "campaign_id", "q")))


def account(ask: Ask) -> Response:
    """The account's page."""
    run, name = ask.run, wanted(ask)
    row = run.one("SELECT * FROM {accounts} WHERE account_id = ?", name)
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
        links=links,
        week=_week(run, name),
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
    rows = sorted((int(row["hour"]), row["n"]) for row in run.rows(_HOURS, name) if row["hour"] is not None)
    return JSONResponse(rows)


def comment(ask: Ask) -> Response:
    """Say something to colleagues about an account."""
    name, text = ask.form.get("id", ""), ask.form.get("text", "").strip()[:4000]
    if text:
        ask.console.comments.add(f"account {name}", ask.person.name, text)
        ask.note("commented", account=name)
    return ask.go(account_url(ask.run.name, name) + "#comments")


def wanted(ask: Ask) -> str:
    """The account that the URL names."""
    name = ask.query.get("id")
    if not name:
        raise Refused(404, "Which account? The address names none.")
    return name


def account_url(run: str, name: str) -> str:
    """Where an account's page is; ids may hold any character."""
    return f"/runs/{quote(run, safe='')}/account?id={quote(name, safe='')}"


def _links(run: Run, name: str) -> list[dict[str, Any]]:
    """The strongest links, each with its waterfall of weights by family."""
    if not run.has("links"):
        return []
    found = run.rows(_LINKS, name, name, name, _MOST_LINKS)
    for link in found:
        families = order_families(family for family in link if family not in _NOT_FAMILIES)
        weights = {family: link[family] for family in families}
        told = sum(weight for weight in weights.values() if weight is not None)
        prior = (link["match_weight"] or 0) - told
        link["weights"] = {family: weight for family, weight in weights.items() if weight is not None}
        link["waterfall"] = lay_out_waterfall({"prior": prior, **weights}, families)
    return found


def _week(run: Run, name: str) -> list[list[int]]:
    """Exchanges by weekday (Monday first) and hour, UTC."""
    grid = [[0] * 24 for _ in range(7)]
    for row in run.rows(_WEEK, name):
        if row["day"] is not None:
            grid[row["day"] - 1][row["hour"]] = row["n"]
    return grid


def _known(run: Run, name: str) -> dict[str, Any]:
    """What the account file says, else the log."""
    known: dict[str, Any] = {}
    if run.has("account_file"):
        known = run.one("SELECT * FROM {account_file} WHERE account_id = ?", name) or {}
    lacking = [column for column in _KNOWN if known.get(column) is None]
    if lacking:
        picked = ", ".join(f"any_value({column}) AS {column}" for column in lacking)
        known |= run.one(f"SELECT {picked} FROM {{exchanges}} WHERE account_id = ?", name) or {}
    return {column: known.get(column) for column in _KNOWN}


def _for(row: dict[str, Any], links: list[dict[str, Any]]) -> list[str]:
    """What speaks for the account belonging to a campaign."""
    said = list(row["reasons"] or ())
    strong = [link for link in links if (link["match_probability"] or 0) >= 0.5]
    if strong:
        most = f"the strongest with odds of {wording.odds(strong[0]['match_weight'] or 0)}"
        more = " or more" if len(strong) == _MOST_LINKS else ""
        said.append(f"Linked to {wording.plural(len(strong), 'account')}{more}, {most}.")
    return said


def _against(run: Run, row: dict[str, Any], known: dict[str, Any], links: list[dict[str, Any]]) -> list[str]:
    """What speaks against it, or for the customer."""
    said = []
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
        held = run.one("SELECT explanations FROM {campaigns} WHERE campaign_id = ?", row["campaign_id"]) or {}
        said += [
            f"An honest explanation of its campaign holds: {one['name']}. {one['statement']}"
            for one in held.get("explanations") or ()
            if one["holds"]
        ]
    return said
