"""Cells that lead to their filter: each is followed, its rows are held to it, and it can be taken away again."""

import csv
import html
import io
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import parse_qs, quote, urlsplit

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from console_world import ACCOUNT, HOSTILE, Open, Visitor, decide_run, open_console, write_hostile_run
from smallrun import HOLDERS, START

from stillwatch import tables
from stillwatch.console import Places
from stillwatch.console.log_pages import LogPages
from stillwatch.core import AuditLog

LINKS = f"/runs/week/account/links?id={quote(ACCOUNT, safe='')}"
TABLES = {
    # The first, while all of it is on one page.
    "/audit": {"by", "what", "case", "account", "run", "campaign", "day"},
    "/runs/week/accounts": {"verdict", "campaign_id", "day", "org", "plan"},
    "/runs/week/campaigns": {"verdict", "family", "day", "org", "plan"},
    LINKS: {"verdict", "campaign_id", "family"},
    "/runs/week/campaigns/C001/templates": {"kind"},
    "/queue?stage=all": {"kind", "verdict", "rule", "stage", "holder", "day", "org", "plan"},
    "/appeals": {"by", "case", "account", "outcome", "day"},
    "/labels": {"label", "by", "state", "day"},
}
_CELL = re.compile(r'<a class="only(?:-sign)?" href="([^"]*)"')


OURS = f"ours {HOSTILE}"
PLANS = {"m0": "pro", "m1": f"free {HOSTILE}", ACCOUNT: "pro"}


@pytest.fixture(scope="module")
def opened(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Open]:
    """A console over a run of which organisations and plans are known."""
    folder = tmp_path_factory.mktemp("known")
    run = write_hostile_run(folder / "week")
    table = pq.read_table(run / "accounts.parquet")
    rows = [
        {**row, "org_id": OURS if row["account_id"] in ("m0", "c0") else row["org_id"]} for row in table.to_pylist()
    ]
    pq.write_table(pa.Table.from_pylist(rows, schema=table.schema), run / "accounts.parquet")
    known = [{"account_id": name, "plan": plan} for name, plan in PLANS.items()]
    pq.write_table(pa.Table.from_pylist(known, schema=tables.ACCOUNT_FILE), run / "account_file.parquet")
    decide_run(run, folder / "state")
    with open_console(Places(runs=run, state=folder / "state")) as opened:
        yield opened


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
    column |= {"org": "organisations", "plan": "plans"} if path != "/runs/week/accounts" else {"org": "org_id"}
    times = {"/audit": "time", "/labels": "time", "/appeals": "filed", "/queue?stage=all": "made"}
    column |= {"day": times.get(path, "days")}
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
            elif name in times.values():
                assert held.startswith(value)
            elif name in row:
                assert value in held if isinstance(held, list | dict) else (held or "open") == value


def test_accounts_campaigns_and_cases_of_an_organisation_a_plan_and_a_day(ana: Visitor) -> None:
    def found(path: str, **asked: str) -> list[str]:
        rows = ana.get(path, params={**asked, "as": "json"}).json()
        return sorted(row.get("account_id") or row.get("campaign_id") or row["subject"] for row in rows)

    accounts, campaigns, queue = "/runs/week/accounts", "/runs/week/campaigns", "/queue"
    assert found(accounts, org=OURS) == ["c0", "m0"]
    assert found(accounts, org="org-h") == HOLDERS
    assert found(accounts, plan="pro") == ["m0", ACCOUNT]
    assert found(accounts, plan="pro", org=OURS) == ["m0"]
    assert found(campaigns, org=OURS) == found(campaigns, plan="pro") == ["C001"]
    assert found(campaigns, org="org-h") == []
    assert found(queue, stage="all", org=OURS) == ["C001", "c0"]
    assert found(queue, stage="all", org=OURS, plan="pro") == ["C001"]
    last, after = (str((START + timedelta(days=n)).date()) for n in (2, 3))
    every = found(accounts)
    assert found(accounts, day=last) == every
    assert found(accounts, day=after) == found(accounts, day="no day") == found(accounts, day="9999-12-31") == []
    # Both sent something on two days, and were seen last on the seventh.
    assert found(campaigns, day=last) == []
    for n in (0, 1, 6):
        assert found(campaigns, day=str((START + timedelta(days=n)).date())) == ["C001", "C002"]
    today = str(datetime.now(UTC).date())
    assert found(queue, stage="all", day=after) == []
    assert found(queue, stage="all", day=today) + found(queue, stage="all", day=yesterday()) == found(
        queue, stage="all"
    )
    labels, appeals = (ana.get(path, params={"as": "json"}).json() for path in ("/labels", "/appeals"))
    for path, rows, time in (("/labels", labels, "time"), ("/appeals", appeals, "filed")):
        day = rows[0][time][:10]
        kept = ana.get(path, params={"as": "json", "day": day}).json()
        assert [row[time] for row in kept] == [row[time] for row in rows if row[time].startswith(day)]
        assert ana.get(path, params={"as": "json", "day": "2001-01-01"}).json() == []
    rows = {row["account_id"]: row for row in csv.DictReader(io.StringIO(ana.get(accounts + "?as=csv").text))}
    assert rows["m1"]["plan"] == PLANS["m1"]
    assert rows["h0"]["org_id"] == "org-h"
    page = ana.get("/runs/week/account?id=m0").text
    assert f'{accounts}?plan=pro"' in page
    page = ana.get("/runs/week/campaigns/C001").text
    assert f'{accounts}?campaign_id=C001&amp;plan=pro"' in page
    assert f'{accounts}?campaign_id=C001"' in page


def yesterday() -> str:
    return str((datetime.now(UTC) - timedelta(days=1)).date())


def test_what_a_log_does_not_tell_is_asked_for_nowhere(tmp_path: Path) -> None:
    run = write_hostile_run(tmp_path / "week")
    table = pq.read_table(run / "accounts.parquet")
    empty = table.set_column(table.schema.get_field_index("org_id"), "org_id", pa.nulls(len(table), pa.string()))
    pq.write_table(empty, run / "accounts.parquet")
    with open_console(Places(runs=run, state=tmp_path / "state")) as opened:
        page = opened.visitor("ana", "analyst").get("/runs/week/accounts").text
    assert 'name="day"' in page
    assert 'name="org"' not in page
    assert 'name="plan"' not in page


def test_the_log_of_a_day_and_of_an_organisation(ana: Visitor, opened: Open) -> None:
    for name in ("m0", "m1", "m0"):
        ana.get(f"/runs/week/account?id={name}")
    of_ours = ana.get("/audit", params={"org": OURS, "as": "json"}).json()
    assert {row["account"] for row in of_ours} == {"m0"}
    assert len(of_ours) >= 2
    assert {row["account"] for row in ana.get("/audit", params={"plan": "pro", "as": "json"}).json()} == {"m0", ACCOUNT}
    shown = ana.get("/audit", params={"org": OURS}).text
    assert "account=m0" in shown
    assert "account=m1" not in shown
    assert "No entry with these filters" in ana.get("/audit", params={"org": "nobody"}).text
    assert "No entry with these filters" in ana.get("/audit", params={"day": "2020-01-01"}).text


def test_a_day_of_a_long_log_is_found_without_reading_the_rest(tmp_path: Path) -> None:
    log = AuditLog(tmp_path / "audit.jsonl")
    for day in range(6):
        bodies = [
            {"kind": "looked", "by": f"p{n % 2}", "n": n, "said": "x" * 300} for n in range(0 if day == 3 else 300)
        ]
        if bodies:
            log.append(*bodies, time=START + timedelta(days=day, hours=5))
    pages = LogPages(log)

    def read(day: str, **wanted: str) -> list[str]:
        found, before = [], None
        while True:
            page = pages.page(wanted, before, 50, day=day)
            found += [one.time[:10] for one in page.entries]
            before = page.earlier
            if before is None:
                return found

    for n in range(6):
        one = str((START + timedelta(days=n)).date())
        assert read(one) == [one] * (0 if n == 3 else 300)
        assert read(one, by="p1") == [one] * (0 if n == 3 else 150)
    assert read("2020-01-01") == read("2030-01-01") == read("x") == []
    assert len(read("")) == 1500


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
