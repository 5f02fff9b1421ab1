"""An account: when it is active, its links, what speaks for and against it, what was decided, what it would read."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote

from starlette.responses import JSONResponse, Response

from stillwatch.console.asking import Ask, Refused
from stillwatch.console.campaign_rows import campaign_row
from stillwatch.console.cases import stage_of
from stillwatch.console.listing import Listing
from stillwatch.console.run_tables import KNOWN_COLUMNS
from stillwatch.console.runs import Run
from stillwatch.console.views.addresses import account_url, wanted
from stillwatch.console.views.labels import LASTS
from stillwatch.console.views.links import links_of, with_stands
from stillwatch.console.views.requests import by_hour, summed
from stillwatch.drawing import wording
from stillwatch.policy import appeal_news, letters

__all__ = ["account", "comment", "hours"]

_MOST_LINKS = 25
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
    every, known = links_of(run, name), _known(run, name)
    links = [] if every is None else with_stands(run, every.slice(0, _MOST_LINKS))
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
        links_total=0 if every is None else len(every),
        all_links=Listing([], 0, 1, f"/runs/{quote(run.name, safe='')}/account/links", {"id": name}),
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
