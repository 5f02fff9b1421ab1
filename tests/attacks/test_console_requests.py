"""The console against whoever can write a prompt, a name or a link, and against colleagues who try more than they may."""

import html
import re
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from console_world import ACCOUNT, HOSTILE, SECRET, Open, Visitor, decide_run, open_console, write_hostile_run

from stillwatch import tables
from stillwatch.console import Places
from stillwatch.console.routes import ROUTES, Route

RUN = 'w"><script>window.pwned=1<'
NAMES = ("id", "other", "q", "page", "verdict", "campaign_id", "as", "from", "to", "model", "stage", "kind", "rule")
MORE_NAMES = ("run", "whose", "did", "by", "label", "outcome", "tlp", "partner", "day", "org", "plan", "since", "of")
LAST_NAMES = ("reason", "file", "before", "family", "why")
VALUES = [
    HOSTILE,
    "\x00",
    "%",
    "' OR 1=1 --",
    "{accounts}",
    "../../console.db",
    "a\r\nSet-Cookie: stillwatch=x",
    "9" * 40,
    "-1",
    "\u202e\ufeff",
    "x" * 600,
]
KEPT = {"campaign_id", "verdict", "family", "families", "account_id", "account_ids", "bystander_ids", "confidence"}
KEPT |= {"exchange_id", "exchange_ids", "statistic", "template_id"}


def harmed(value: Any, name: str = "") -> Any:
    """Every text in a row, in however many lists, with harm in it."""
    if isinstance(value, str):
        return value if name in KEPT else f"{value} {HOSTILE}"
    if isinstance(value, list):
        return [harmed(one, name) for one in value]
    if isinstance(value, dict):
        return {key: harmed(one, key) for key, one in value.items()}
    return value


def harm(file: Path, **more: Any) -> None:
    table = pq.read_table(file, partitioning=None)
    rows = [harmed({**row, **more}) for row in table.to_pylist()]
    pq.write_table(pa.Table.from_pylist(rows, schema=table.schema), file)


@pytest.fixture(scope="module")
def opened(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Open]:
    """A console over a run of which every text is hostile, its own name too."""
    folder = tmp_path_factory.mktemp("hostile")
    run = write_hostile_run(folder / "runs" / RUN)
    pivot = {"model": "apex-4", "released": datetime(2026, 9, 9, tzinfo=UTC), "moved": 3}
    fields = {field.name for field in tables.CAMPAIGNS.field("pivots").type.value_type}
    pivots = [{name: pivot.get(name) for name in fields}]
    harm(run / "campaigns.parquet", pivots=pivots, models=[{"name": "apex", "share": 0.4}])
    harm(run / "exchanges.parquet" / "0000.parquet", model="apex", system="be", response="yes", country="x", asn=1)
    harm(run / "templates.parquet")
    known = {
        "account_id": "m0",
        "org_id": "o",
        "plan": "p",
        "declared_use": "u",
        "licence_id": "l",
        "email_domain": "e",
    }
    pq.write_table(pa.Table.from_pylist([harmed(known)], schema=tables.ACCOUNT_FILE), run / "account_file.parquet")
    accounts = pq.read_table(run / "accounts.parquet")
    rows = [{**row, "org_id": HOSTILE if row["campaign_id"] else None} for row in accounts.to_pylist()]
    pq.write_table(pa.Table.from_pylist(rows, schema=accounts.schema), run / "accounts.parquet")
    dead = {"file": HOSTILE, "kind": HOSTILE, "line": 1, "reason": HOSTILE, "excerpt": HOSTILE}
    pq.write_table(pa.Table.from_pylist([dead], schema=tables.DEAD_LETTERS), run / "dead_letters.parquet")
    decide_run(run, folder / "state")
    with open_console(Places(runs=folder / "runs", state=folder / "state")) as opened:
        yield opened


@pytest.fixture(scope="module")
def ana(opened: Open) -> Visitor:
    """Somebody who may see everything, and has unmasked and commented and filed an appeal."""
    ana = opened.visitor("ana", "admin")
    at = f"/runs/{quote(RUN, safe='')}/account"
    for name in (ACCOUNT, "m0"):
        assert ana.post(f"{at}/unmask", {"id": name, "reason": HOSTILE}).status_code == 303
        assert ana.post(f"{at}/comment", {"id": name, "text": HOSTILE}).status_code == 303
    case = opened.cases()[0]
    ana.act(case, "assess", HOSTILE)
    ana.post(f"/cases/{case}/comment", {"text": HOSTILE})
    filed = ana.post(f"/cases/{case}/appeal", {"by": HOSTILE, "account": "m1", "statement": HOSTILE})
    assert filed.status_code == 303
    return ana


def filled(opened: Open, path: str) -> str:
    appeal = opened.console.cases.cases().appeals[0][0].appeal_id
    run, case = quote(RUN, safe=""), opened.cases()[0]
    return path.format(run=run, campaign="C001", case=case, appeal=appeal, token="none", short="abcdefgh")


def harmless(answer: httpx.Response) -> None:
    """No text became markup, nothing was added to the headers, and nothing broke."""
    where = str(answer.request.url)
    assert answer.status_code < 500, where
    assert "stillwatch=x" not in str(answer.headers), where
    assert "default-src 'none'" in answer.headers["content-security-policy"], where
    if answer.headers.get("content-type", "").startswith("text/html"):
        read = Read()
        read.feed(answer.text)
        # A page that is kept and never shown here brings the one style sheet that it has.
        kept = answer.headers.get("content-disposition", "").startswith("attachment")
        assert read.wrong == ([("style", {})] if kept and answer.text else []), where


class Read(HTMLParser):
    """What of a page a browser would run, or load from elsewhere, though no template of ours says so."""

    def __init__(self) -> None:
        super().__init__()
        self.wrong: list[tuple[str, Any]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag in ("img", "iframe", "object", "embed", "base", "style", "foreignobject"):
            self.wrong.append((tag, given))
        if tag == "script" and not re.fullmatch(r"/static/[\w./-]+", given.get("src") or ""):
            self.wrong.append((tag, given))
        for name, value in given.items():
            goes = name in (
                "href",
                "src",
                "action",
                "formaction",
                "hx-get",
                "data-hours",
                "data-requests",
                "data-graph",
            )
            out = not re.match(r"/(?!/)|#|\?|https://atlas\.mitre\.org/|$", value or "")
            if name.startswith(("on", "hx-on")) or name == "style" or (goes and out):
                self.wrong.append((tag, given))


GETS = [route for route in ROUTES if route.method == "GET"]


@pytest.mark.parametrize("route", GETS, ids=lambda route: route.path)
def test_hostile_text_of_a_run_stays_text(opened: Open, ana: Visitor, route: Route) -> None:
    for fragment in ({}, {"hx-request": "true"}):
        for who in (ACCOUNT, "m0"):
            harmless(ana.get(filled(opened, route.path), params={"id": who, "other": "m1", "q": "m"}, headers=fragment))


@pytest.mark.parametrize("route", GETS, ids=lambda route: route.path)
def test_hostile_addresses_do_no_harm(opened: Open, ana: Visitor, route: Route) -> None:
    for value in VALUES:
        asked = dict.fromkeys((*NAMES, *MORE_NAMES, *LAST_NAMES), value)
        harmless(ana.get(filled(opened, route.path), params=asked))
        parts = dict.fromkeys(("run", "campaign", "case", "appeal", "token", "short"), quote(value, safe=""))
        harmless(ana.get(route.path.format(**parts), params={"id": value}))


POSTS = [route for route in ROUTES if route.method == "POST"]


@pytest.mark.parametrize("route", POSTS, ids=lambda route: route.path)
def test_a_form_of_another_site_or_session_changes_nothing(opened: Open, ana: Visitor, route: Route) -> None:
    eve = opened.visitor("eve", "admin")
    path, log = filled(opened, route.path), opened.console.cases.log.path
    before, people = log.read_bytes(), opened.console.people.everyone()
    form = {"reason": "r", "case": f"{opened.cases()[0]} x", "name": "eve", "role": "viewer", "id": "m0", "text": "t"}
    form |= {"by": "x", "statement": "y", "outcome": "reversed", "draft": "x", "password": "correct horse battery"}
    for headers in (
        {"origin": "https://evil.example"},
        {"origin": "null"},
        {"origin": f"http://evil.example/{opened.url}"},
        {"origin": opened.url.replace("127.0.0.1", "127.0.0.1.evil.example")},
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site", "origin": opened.url},
    ):
        refused = ana.http.post(path, data={**form, "csrf": ana.csrf}, headers=headers)
        assert refused.status_code == 403
        assert "another site" in refused.text
    for csrf in ("", "x", eve.csrf, f"{ana.csrf} "):
        if route.role is not None:
            assert ana.http.post(path, data={**form, "csrf": csrf}).status_code == 403
    if route.role is not None:
        # A body that is no form has no token, whatever it says that it is.
        for kind in ("application/json", "text/plain", "multipart/form-data; boundary=x"):
            body = f'{{"csrf": "{ana.csrf}", "reason": "r"}}'
            assert ana.http.post(path, content=body, headers={"content-type": kind}).status_code == 403
        assert ana.http.post(path, params={**form, "csrf": ana.csrf}).status_code == 403
    assert log.read_bytes() == before
    assert opened.console.people.everyone() == people


def cookie_of(answer: httpx.Response) -> str:
    return answer.headers["set-cookie"].split(";")[0].partition("=")[2]


def test_a_cookie_that_somebody_planted_becomes_no_session_and_the_old_one_ends(opened: Open) -> None:
    people = opened.console.people
    people.use_link(people.invite("fay", "analyst"), "correct horse battery")
    form = {"name": "fay", "password": "correct horse battery"}
    planted = "p" * 43
    with httpx.Client(base_url=opened.url, cookies={"stillwatch": planted}) as http:
        first = cookie_of(http.post("/sign-in", data=form))
    assert first != planted
    assert httpx.get(f"{opened.url}/queue", cookies={"stillwatch": planted}).status_code == 303
    again = cookie_of(httpx.post(f"{opened.url}/sign-in", data=form, cookies={"stillwatch": first}))
    assert httpx.get(f"{opened.url}/queue", cookies={"stillwatch": first}).status_code == 303
    assert httpx.get(f"{opened.url}/queue", cookies={"stillwatch": again}).status_code == 200
    for wrong in (f"{again}x", again[:-1], again.swapcase(), f"{again}\x00", "x" * 4000):
        sent = httpx.get(f"{opened.url}/queue", headers={"cookie": f"stillwatch={wrong}".replace("\x00", "%00")})
        assert sent.status_code == 303


def test_a_link_that_two_open_at_once_lets_one_in(opened: Open) -> None:
    token = opened.console.people.invite("gus", "analyst", direct=True)
    got: list[int] = []
    begin = threading.Barrier(6)

    def use() -> None:
        begin.wait()
        got.append(httpx.post(f"{opened.url}/welcome/{token}", timeout=120).status_code)

    threads = [threading.Thread(target=use) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=300)
    assert sorted(got) == [303] + [410] * 5


def test_another_address_in_a_header_gets_round_no_brake(opened: Open) -> None:
    people = opened.console.people
    people.use_link(people.invite("hal", "analyst"), "correct horse battery")
    got = []
    for n in range(8):
        headers = {
            "x-forwarded-for": f"198.51.100.{n}",
            "x-real-ip": f"198.51.100.{n}",
            "forwarded": f"for=198.51.100.{n}",
        }
        sent = httpx.post(f"{opened.url}/sign-in", data={"name": "hal", "password": f"no {n}"}, headers=headers)
        got.append(sent.status_code)
    assert got == [403] * 5 + [429] * 3


def test_unmasking_is_of_one_session_alone(opened: Open, ana: Visitor) -> None:
    at = f"/runs/{quote(RUN, safe='')}/account/requests"
    eve = opened.visitor("eva", "analyst")
    for form in ("", "csv", "json"):
        params = {"id": "m0", "as": form}
        assert SECRET in html.unescape(ana.get(at, params=params).text)
        assert SECRET not in html.unescape(eve.get(at, params=params).text)
