"""Cells that lead to their filter: each is followed, its rows are held to it, and it can be taken away again."""

import html
import re
from urllib.parse import parse_qs, quote, urlsplit

import pytest
from console_world import ACCOUNT, HOSTILE, Open, Visitor

LINKS = f"/runs/week/account/links?id={quote(ACCOUNT, safe='')}"
TABLES = {
    "/runs/week/accounts": {"verdict", "campaign_id"},
    "/runs/week/campaigns": {"verdict", "family"},
    LINKS: {"verdict", "campaign_id", "family"},
    "/runs/week/campaigns/C001/templates": {"kind"},
    "/queue?stage=all": {"kind", "verdict", "rule", "stage", "holder"},
    "/appeals": {"by", "case", "account", "outcome"},
    "/labels": {"label", "by", "state"},
    "/audit": {"by", "what", "case", "account", "run", "campaign"},
}
_CELL = re.compile(r'<a class="only(?:-sign)?" href="([^"]*)"')


@pytest.fixture(scope="module")
def ana(opened: Open) -> Visitor:
    """Somebody who may see everything, once there is something in every table."""
    ana = opened.visitor("ana", "admin")
    first, second = opened.cases()[:2]
    ana.post(f"/cases/{second}/claim")
    said = {"by": HOSTILE, "statement": "y", "account": ACCOUNT}
    assert ana.post(f"/cases/{first}/appeal", said).status_code == 303
    ana.post("/runs/week/account/label", {"id": "m0", "label": "confirmed", "days": "30", "reason": "x"})
    ana.post("/runs/week/account/label", {"id": ACCOUNT, "label": "cleared", "days": "", "reason": "x"})
    ana.get("/runs/week/campaigns/C001")
    return ana


def cells(page: str, path: str) -> set[str]:
    """Where cells of a page lead that filter this table."""
    found = {html.unescape(one) for one in _CELL.findall(page)}
    return {one for one in found if urlsplit(one).path == urlsplit(path).path}


def asked(url: str) -> dict[str, str]:
    return {name: values[-1] for name, values in parse_qs(urlsplit(url).query).items()}


@pytest.mark.parametrize("path", TABLES)
def test_each_cell_leads_to_its_filter(ana: Visitor, path: str) -> None:
    page = ana.get(path).text
    leads = cells(page, path)
    before = asked(path)
    added = [{name: value for name, value in asked(one).items() if before.get(name) != value} for one in leads]
    assert {name for one in added for name in one} == TABLES[path]
    assert all(len(one) == 1 for one in added)
    for lead in leads:
        answer = ana.get(lead)
        assert answer.status_code == 200
        assert HOSTILE not in answer.text
        # What is filtered by is no link again.
        assert lead not in cells(answer.text, path)
        assert '<ul class="chosen"' in answer.text or 'aria-current="true"' in answer.text


@pytest.mark.parametrize("path", [path for path in TABLES if "templates" not in path])
def test_a_filter_leaves_the_rows_that_its_cell_names(ana: Visitor, path: str) -> None:
    column = {"stage": "stage", "holder": "held_by", "case": "case_id", "rule": "rules", "family": "families"}
    sign = "&" if "?" in path else "?"
    for lead in cells(ana.get(path).text, path):
        every, kept = (ana.get(one).json() for one in (f"{path}{sign}as=json", f"{lead}&as=json"))
        (name, value), *_ = [pair for pair in asked(lead).items() if asked(path).get(pair[0]) != pair[1]]
        assert kept, lead
        assert all(one in every for one in kept) or path == "/audit"
        name = name if path == "/audit" else column.get(name, name)
        for row in kept:
            held = row.get(name)
            if path == LINKS and name == "families":
                assert row[value] > 0.5
            elif path == "/queue?stage=all" and name == "verdict":
                assert value in (row["verdict"], row["proposed"])
            elif path == "/audit" and name in ("run", "campaign"):
                assert f"{name} {value}" in row["about"]
            elif name in row:
                assert value in held if isinstance(held, list) else (held or "open") == value


def test_filters_are_shown_and_taken_away(ana: Visitor) -> None:
    page = ana.get("/appeals", params={"by": HOSTILE, "account": ACCOUNT}).text
    assert HOSTILE not in page
    chosen = page[page.index('<ul class="chosen"') :].split("</ul>")[0]
    away = [html.unescape(one) for one in re.findall(r'href="([^"]*)"', chosen)]
    assert [asked(one) for one in away] == [{"account": ACCOUNT}, {"by": HOSTILE}, {}]
    kept = ana.get(LINKS + "&campaign_id=C001&verdict=act").text
    everything = re.findall(r'href="([^"]*)">Take all away', kept)
    assert [asked(html.unescape(one)) for one in everything] == [{"id": ACCOUNT}]
    nothing = ana.get(LINKS + "&family=none").text
    assert "No link with these filters" in nothing
    assert "No entry with these filters" in ana.get("/audit?run=elsewhere").text


def test_links_of_an_account_that_is_none_are_refused(ana: Visitor) -> None:
    assert ana.get("/runs/week/account/links?id=nobody").status_code == 404
    assert ana.get("/runs/week/account/links").status_code == 404
    every = ana.get(LINKS + "&as=json").json()
    assert [one["match_weight"] for one in every] == sorted((one["match_weight"] for one in every), reverse=True)
