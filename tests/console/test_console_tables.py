"""Tables: each comes whole as CSV and JSON, templates come in pages, and links hold whatever a run is called."""

import csv
import html
import io
import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote, urljoin

import httpx
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from console_world import ACCOUNT, HOSTILE, Open, Visitor, decide_run, open_console, write_hostile_run

from stillwatch.console import Places

RUN = "week 1 & 2? #3 %41 ü"
AT = f"/runs/{quote(RUN, safe='')}"
WORTH = {"task": "t", "interface": "i", "attacker": "a", "recovery": 0.5, "low": 0.4, "high": 0.6, "beyond": False}
TEMPLATES = 30
_FILES = ("report.html", "findings.ocsf.jsonl", "finding.ocsf.json", "leaves")


@pytest.fixture(scope="module")
def opened(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Open]:
    """Two runs, one of a name that no address holds as it is, with many templates and a campaign of known worth."""
    folder = tmp_path_factory.mktemp("tables")
    run, state = write_hostile_run(folder / "runs" / RUN), folder / "state"
    write_hostile_run(folder / "runs" / "before")
    _change(run / "campaigns.parquet", lambda rows: [{**row, "worth": [WORTH]} for row in rows])
    _change(run / "templates.parquet", _many)
    decide_run(run, state)
    licence = "{licence_id: L1, holder: H, contract: C, organisations: [org-h], from: 2026-01-01, until: 2027-01-01}"
    (state / "licences.yaml").write_text(f"licences: [{licence}]")
    with open_console(Places(runs=folder / "runs", state=state, licences=state / "licences.yaml")) as opened:
        yield opened


@pytest.fixture(scope="module")
def ada(opened: Open) -> Visitor:
    ada = opened.visitor("ada", "admin")
    ada.act(opened.cases()[0], "assess")
    ada.post(f"/cases/{opened.cases()[0]}/appeal", {"by": "x", "statement": "y", "account": "m0"})
    ada.post(f"{AT}/account/label", {"id": "m0", "label": "confirmed", "days": "30", "reason": "x"})
    ada.post("/saved", {"title": "kept", "path": f"{AT}/accounts?verdict=watch"})
    return ada


def _change(file: Path, change: object) -> None:
    table = pq.read_table(file)
    rows = change(table.to_pylist())  # type: ignore[operator]
    pq.write_table(pa.Table.from_pylist(rows, schema=table.schema), file)


def _many(rows: list[dict[str, object]]) -> list[dict[str, object]]:
    """Thirty that differ, each of which stands twice under two names, and the least common last."""
    one = {**rows[0], "campaign_id": "C001"}
    made = [
        {**one, "template_id": f"T{n:02}{twin}", "example": f"{HOSTILE} prompt {n}", "accounts": 100 - n}
        for twin in "ab"
        for n in range(TEMPLATES)
    ]
    return [*made, {**one, "template_id": "T99", "kind": "source", "accounts": 1}]


PAGES = [
    "/",
    AT,
    f"{AT}/campaigns",
    f"{AT}/campaigns/C001",
    f"{AT}/accounts",
    f"{AT}/accounts?verdict=watch",
    f"{AT}/account?id={quote(ACCOUNT, safe='')}",
    f"{AT}/account/links?id={quote(ACCOUNT, safe='')}",
    f"{AT}/account/requests?id=m0",
    f"{AT}/policy",
    "/queue?stage=all",
    "/labels",
    "/appeals",
    "/saved",
    "/people",
    "/audit",
]


def kept(page: str, path: str) -> list[str]:
    """Where a page's links to a CSV lead."""
    links = {html.unescape(one) for one in re.findall(r'href="([^"]*as=csv[^"]*)"', page)}
    return sorted(urljoin(path, one) for one in links)


@pytest.mark.parametrize("path", [*PAGES, "case"])
def test_each_table_comes_whole_as_csv_and_json(opened: Open, ada: Visitor, path: str) -> None:
    path = f"/cases/{opened.cases()[0]}" if path == "case" else path
    page = ada.get(path).text
    links = kept(page, path)
    assert len(links) >= page.count('<table class="list') > 0
    for link in links:
        as_csv, as_json = ada.get(link), ada.get(link.replace("as=csv", "as=json"))
        assert as_csv.headers["content-disposition"].startswith("attachment"), link
        rows, told = list(csv.DictReader(io.StringIO(as_csv.text))), as_json.json()
        if "/audit" not in link:  # which has grown meanwhile
            assert len(rows) == len(told) > 0, link
        assert list(rows[0]) == list(told[0]), link


def test_every_link_of_a_run_of_any_name_leads_somewhere(opened: Open, ada: Visitor) -> None:
    seen: set[str] = set()
    for path in PAGES:
        for link in re.findall(r'(?:href|hx-get)="(/[^"]*)"', ada.get(path).text):
            where = html.unescape(link).partition("#")[0]
            kind = re.sub(r"=[^&]*", "=", where)
            # A run of tests has no report, no findings and no profiles.
            if kind not in seen and not where.startswith("/static") and not where.partition("?")[0].endswith(_FILES):
                seen.add(kind)
                assert ada.get(where).status_code in (200, 303), where
    # Whoever is asked to sign in first is led on to it.
    wanted = f"{AT}/accounts?verdict=watch"
    assert quote(wanted, safe="") in httpx.get(opened.url + wanted).headers["location"]


def test_templates_come_in_pages_those_of_most_accounts_first(ada: Visitor) -> None:
    at = f"{AT}/campaigns/C001/templates"
    numbers: list[int] = []
    names, path = [], at
    for _ in range(4):
        page = ada.get(path).text
        assert HOSTILE not in page
        numbers += [int(one) for one in re.findall(r" prompt (\d+)", page)]
        names += re.findall(r'<div class="template"><h3>([^<]*) <', page)
        further = re.search(r'href="([^"]*)"[^>]*rel="next"', page)
        if further is None:
            break
        path = html.unescape(further[1])
    assert numbers == list(range(TEMPLATES))
    assert names == [*(f"T{n:02}a, T{n:02}b" for n in range(TEMPLATES)), "T99"]
    assert f"of {TEMPLATES + 1} templates" in page
    # Whoever asks for a page beyond the last gets the last.
    assert ada.get(f"{at}?page=9").headers["location"] == f"{at}?page=3"
    only = ada.get(f"{at}?kind=source").text
    assert "of 1 template," in only
    # The panel within a campaign's page turns its own pages.
    panel = ada.get(f"{at}?page=2", headers={"hx-request": "true"}).text
    assert "<html" not in panel
    assert panel.count('hx-target="#templates-panel"') == 2
