"""A run's accounts: filtered by the URL, and those on watch by what is said of them, once for all alike."""

from __future__ import annotations

import functools
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import quote, urlencode

import numpy as np
import numpy.typing as npt
from markupsafe import Markup
from starlette.responses import Response

from stillwatch.console.asking import Ask, Refused
from stillwatch.console.belonging import choices_of
from stillwatch.console.days import day_bounds
from stillwatch.console.listing import PAGE_ROWS, write_rows
from stillwatch.console.run_tables import ACCOUNT_COLUMNS, LISTED, LISTED_ORDER
from stillwatch.console.runs import Run
from stillwatch.console.views.labels import LASTS, labelled, said_by_form
from stillwatch.tables import VERDICTS

__all__ = ["accounts", "label_alike"]

_MOST_ALIKE = 1_000

Row = dict[str, Any]

_CONDITIONS = {
    "verdict": "verdict = ?",
    "campaign_id": "campaign_id = ?",
    "q": "contains(lower(account_id), lower(?))",
    "why": "substr(md5(coalesce(reasons[1], '')), 1, 12) = ?",
    "day": "account_id IN (SELECT account_id FROM {exchanges} WHERE time >= ? AND time < ?)",
    "org": "org_id = ?",
    "plan": "account_id IN (SELECT account_id FROM {told} WHERE plan = ?)",
}
"""What each filter of the list asks for."""

_PLACED = {"day": "of_day", "org": "of_organisation", "plan": "of_plan"}
"""Filters of which a sorted copy says where those stand that they ask for."""

_WHY = """
SELECT substr(md5(coalesce(reasons[1], '')), 1, 12) AS why, any_value(reasons[1]) AS reason, count(*) AS accounts,
    sum(exchanges)::BIGINT AS exchanges, min(first_seen) AS first_seen, max(last_seen) AS last_seen
FROM {accounts} WHERE verdict = 'watch' GROUP BY why ORDER BY accounts DESC, exchanges DESC, why
"""

_ACCUSED = "verdict IN ('review', 'act')"


def accounts(ask: Ask) -> Response:
    """The run's accounts, filtered by the URL, as a page, CSV or JSON; never more than a page in memory."""
    run = ask.run
    asked = {name: ask.query[name] for name in _CONDITIONS if ask.query.get(name)}
    where, values = _where(asked)
    form = ask.query.get("as")
    ask.note("looked at accounts", run=run.name, form=form)
    if form in ("csv", "json"):
        return _kept(ask, run, form, where, values)
    key = ("accounts", ask.path, tuple(asked.items()), ask.page_number)
    rows, total, table = run.parts.keep(key, lambda: _listed(ask, run, asked, where, values))
    listing = ask.listing(rows, total, tuple(_CONDITIONS))
    watched = asked.get("verdict") == "watch" or "why" in asked
    groups = run.keep("why on watch", lambda: run.rows(f"{_WHY} LIMIT 40")) if watched else ()
    alike = _alike(run, asked["why"]) if "why" in asked else []
    return ask.show(
        "accounts.html.j2",
        run=run,
        listing=listing,
        table=table,
        groups=groups,
        why_table=run.parts.keep(
            ("why", *key), lambda: ask.part("accounts_why.html.j2", run=run, listing=listing, groups=groups)
        ),
        alike=alike,
        most_alike=_MOST_ALIKE,
        labelled=labelled(ask, alike),
        lasts=LASTS,
        choices=choices_of(run),
    )


def label_alike(ask: Ask) -> Response:
    """Say of all accounts on watch of whom the same is said what they are, or take that back."""
    run, why = ask.run, ask.form.get("why", "")
    names = _alike(run, why)
    if not names:
        raise Refused(404, "The run has no account on watch for that reason.")
    if len(names) > _MOST_ALIKE:
        raise Refused(
            422, f"These are more than {_MOST_ALIKE:,} accounts: `stillwatch labels import` takes any number."
        )
    if ask.form.get("accounts") != str(len(names)):
        raise Refused(409, "These are not the accounts that the page showed. Nothing was said of them.")
    label, days, reason = said_by_form(ask)
    ask.console.cases.label_all(names, label, by=ask.person.name, reason=reason, days=days)
    ask.note("labelled together", run=run.name, why=why, accounts=len(names), label=label or "none")
    return ask.go(f"/runs/{quote(run.name, safe='')}/accounts?{urlencode({'verdict': 'watch', 'why': why})}#say")


def _alike(run: Run, why: str) -> list[str]:
    """Accounts on watch of whom one and the same is said first, one more than may be labelled together."""
    sql = f"SELECT account_id FROM {{accounts}} WHERE verdict = 'watch' AND {_CONDITIONS['why']} ORDER BY 1 LIMIT ?"
    return [row["account_id"] for row in run.rows(sql, why, _MOST_ALIKE + 1)]


def _where(asked: Mapping[str, str]) -> tuple[str, list[Any]]:
    """What filters ask for as SQL, with its values."""
    conditions: list[str] = []
    values: list[Any] = []
    for name, value in asked.items():
        if (name, value) == ("verdict", "accused"):
            conditions.append(_ACCUSED)
        elif name == "day":
            bounds = day_bounds(value)
            conditions.append(_CONDITIONS[name] if bounds else "false")
            values += bounds or ()
        else:
            conditions.append(_CONDITIONS[name])
            values.append(value)
    return f" WHERE {' AND '.join(conditions)}" if conditions else "", values


def _kept(ask: Ask, run: Run, form: str, where: str, values: list[Any]) -> Response:
    """The list whole, or what is said of accounts on watch."""
    if ask.query.get("of") == "reasons":
        return write_rows(form, f"{run.name}-on-watch", run.stream(_WHY))
    sql = f"SELECT * FROM ({LISTED}) SEMI JOIN (SELECT account_id FROM {{accounts}}{where}) USING (account_id)"
    return write_rows(form, f"{run.name}-accounts", run.stream(f"{sql} ORDER BY {LISTED_ORDER}", *values))


def _listed(
    ask: Ask, run: Run, asked: Mapping[str, str], where: str, values: list[Any]
) -> tuple[list[Row], int, Markup]:
    """A page of the list, how many there are in all, and its table drawn."""
    start = (ask.page_number - 1) * PAGE_ROWS
    if asked.keys() <= {"verdict"}:
        low, high = _bounds(run, asked.get("verdict"))
        total = high - low
        rows = run.numbered("ranked", low + start, low + min(start + PAGE_ROWS, total)).to_pylist()
    elif run.has_copies and asked.keys() <= {"verdict", *_PLACED}:
        places = run.parts.keep(("places", tuple(asked.items())), lambda: _places(run, asked))
        total, shown = len(places), places[start : start + PAGE_ROWS].tolist()
        rows = [row for n in shown for row in run.numbered("ranked", n, n + 1).to_pylist()]
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


def _bounds(run: Run, verdict: str | None) -> tuple[int, int]:
    """Where in the list accounts of a verdict begin and end: they stand together."""
    by_verdict = run.keep("accounts by verdict", lambda: _by_verdict(run))
    those = _those(verdict)
    above = sum(by_verdict.get(one, 0) for one in VERDICTS if those and VERDICTS.index(one) > VERDICTS.index(those[-1]))
    return above, above + sum(by_verdict.get(one, 0) for one in those)


def _places(run: Run, asked: Mapping[str, str]) -> npt.NDArray[np.int64]:
    """Where in the list those stand that filters of ``_PLACED`` ask for, and a verdict beside them."""
    found = [run.of(table, asked[name])["place"].to_numpy() for name, table in _PLACED.items() if name in asked]
    places: npt.NDArray[np.int64] = functools.reduce(functools.partial(np.intersect1d, assume_unique=True), found)
    low, high = _bounds(run, asked.get("verdict"))
    kept: npt.NDArray[np.int64] = places[(places >= low) & (places < high)]
    return kept


def _paged(run: Run, where: str, values: list[Any], page: int) -> list[Row]:
    sql = f"SELECT {ACCOUNT_COLUMNS} FROM {{accounts}}{where} ORDER BY {LISTED_ORDER} LIMIT ? OFFSET ?"
    rows = run.rows(sql, *values, PAGE_ROWS, (page - 1) * PAGE_ROWS)
    # Of a page alone: what is known of all of a million takes a second where a log tells it request by request.
    known = run.known([row["account_id"] for row in rows])
    return [{**row, "plan": known.get(row["account_id"], {}).get("plan")} for row in rows]
