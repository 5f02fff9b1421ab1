"""Pictures of every page of the console, light and dark, at a desk's width and a phone's, of a simulated week.

    python tools/console_pictures.py --out docs/pictures/console

Simulates, scans and decides as ``stillwatch console --demo`` does, with the run of another week beside it and
a member of an alliance; then three people do a little of each kind of work, and Debian's Chromium is led to each page.
Pictures are WebP of what a window shows; ``--whole`` writes PNG of whole pages, to look at while one works on them.
Needs the console's and the alliance's extras and Playwright.
"""

from __future__ import annotations

import argparse
import base64
import json
import os
import tempfile
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from itertools import product
from pathlib import Path
from typing import Literal
from urllib.parse import quote

import httpx
from playwright.sync_api import Browser, Page, sync_playwright

from stillwatch.alliance.stix import Author, bundle, campaign_objects, stable_id
from stillwatch.alliance.store import Store
from stillwatch.console import Console, Places, Serving, serving
from stillwatch.console.case_file import seen_mark
from stillwatch.console.demo import make_demo
from stillwatch.core import AuditLog, CampaignFacts, Indicator
from stillwatch.policy import history, label_account
from stillwatch.range import simulate
from stillwatch.scanning.scan import scan

CHROMIUM = "/usr/bin/chromium"
RUN = "/runs/february"
HUB = "https://hub.alliance.example"
WIDTHS = {"desk": (1280, 800), "phone": (390, 844)}
SCHEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")
QUALITY = 55


def make_world(folder: Path) -> Places:
    """The demonstration, an earlier run, and a member's file of an alliance."""
    earlier = folder / "earlier"
    simulate("october", scale=0.001, seed=1, out=earlier)
    scan([earlier / "logs"], out=folder / "runs" / "october", accounts=earlier / "accounts.jsonl")
    made = make_demo(folder)
    store = Store(folder / "member.db")
    store.remember({"name": "northwind", "hub": HUB, "token_file": "token"})
    store.approve(HUB, "green", _told("northwind", Indicator("agent", "litebridge/1.4", 12, 0)))
    store.keep(HUB, "green", _told("contoso", Indicator("agent", "harvest-kit/0.9", 31, 0)), "2026-11-24T12:00:00Z", [])
    record = folder / "gateway-record"
    write_record(record, made)
    return Places(made.runs, made.state, licences=made.licences, alliance=store.path, gateway=record)


def write_record(folder: Path, made: Places) -> None:
    """What a gateway in shadow mode would have recorded of the campaign's accounts, and of others."""
    folder.mkdir()
    now = datetime.now(UTC)
    stood = [one for one in history(AuditLog(made.state / "decisions.jsonl"), now) if one.decision.proposed]
    lines = [
        {
            "account_id": account,
            "gateway": {"mode": "shadow", "actions": actions, "decisions": [one.decision.decision_id]},
        }
        for one in stood
        for actions in [[action.kind for action in one.decision.proposed_actions]]
        for n, account in enumerate(one.decision.accounts)
        for _ in range(40 + 7 * n)
    ]
    lines += [{"account_id": f"acct-{n:04d}", "gateway": {"mode": "shadow"}} for n in range(3_000)]
    (folder / "exchanges-1.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))


def _told(name: str, indicator: Indicator) -> list[dict[str, object]]:
    first, last = datetime(2026, 2, 2, tzinfo=UTC), datetime(2026, 2, 9, tzinfo=UTC)
    facts = CampaignFacts(
        "C001", 41, 9_300, first, last, 1e-9, {"timing": 2}, (("AML.T0040", "API access"),), ("coding",), "high",
        ("a-1", "a-2"), (indicator,),
    )  # fmt: skip
    made = campaign_objects(facts, Author(name, b"key", "green"), stable_id("campaign", name, "one"))
    return [
        {**one, "created": "2026-11-24T12:00:00.000Z", "modified": "2026-11-24T12:00:00.000Z"}
        for one in bundle(made)["objects"]
    ]


class Visitor:
    """Somebody who works without a browser."""

    def __init__(self, served: Serving, name: str, role: str) -> None:
        self.console = served.console
        token = self.console.people.invite(name, role, direct=True)
        self.http = httpx.Client(base_url=served.url)
        self.http.post(f"/welcome/{token}")
        self.cookies = dict(self.http.cookies)
        found = self.console.sessions.find(next(iter(self.cookies.values())))
        self.csrf = found.csrf if found else ""

    def post(self, path: str, /, **form: str) -> httpx.Response:
        """Send a form."""
        answer = self.http.post(path, data={**form, "csrf": self.csrf})
        if answer.status_code >= 400:
            raise SystemExit(f"{path}: {answer.status_code} {answer.text}")
        return answer


def work(ana: Visitor, bo: Visitor) -> dict[str, str]:
    """A little of each kind of work; what pages of it are called by."""
    console = ana.console
    bo.post("/runs/october/decide")
    cases = console.cases.cases()
    waiting = list(cases.by_stage["waiting"])
    first, second, third = waiting[:3]

    def seen(case: str) -> str:
        return seen_mark(console.cases.cases().standings[case])

    reason = "One source of questions, fourteen strangers who sign up and pause together: no office works so."
    ana.post(f"/cases/{first}/claim")
    ana.post(f"/cases/{first}/assess", seen=seen(first), reason=reason)
    # The next case has opened by itself.
    bo.post(f"/cases/{third}/claim")
    ana.post(f"/cases/{second}/comment", text="Asked sales: none of these are customers of theirs.")
    for account in cases.standings[first].decision.accounts[:3]:
        ana.post(
            f"{RUN}/account/label", id=account, label="confirmed", days="90", reason="seen in the partner's list too"
        )
    then = datetime.now(UTC) - timedelta(days=40)
    account = cases.standings[third].decision.accounts[0]
    label_account(
        console.cases.log,
        account,
        "cleared",
        by="bo",
        reason="a class, term is over",
        now=then,
        until=then + timedelta(days=30),
    )
    ana.post("/saved", title="On watch, to look at on Mondays", path=f"{RUN}/accounts?verdict=watch")
    member = cases.standings[first].decision.accounts[0]
    ana.post(f"{RUN}/account/unmask", id=member, reason="case of the week")
    appeal = cases.appeals[0][0].appeal_id
    return {"case": second, "second": first, "account": member, "appeal": appeal}


def pages(console: Console, names: Mapping[str, str]) -> dict[str, tuple[str, str]]:
    """Who looks at which page, by the picture's name."""
    run = next(one for one in console.runs.all() if one.name == "february")
    account = f"id={quote(names['account'], safe='')}"
    linked = run.of("links_of", names["account"], most=1).to_pylist()[0]["other"]
    sent = run.of("requests", names["account"], most=1).to_pylist()[0]["exchange_id"]
    campaign = f"{RUN}/campaigns/C001"
    return {
        "sign-in": ("", "/sign-in"),
        "runs": ("ana", "/"),
        "overview": ("ana", RUN),
        "campaigns": ("ana", f"{RUN}/campaigns"),
        "campaign": ("ana", campaign),
        "graph": ("ana", f"{campaign}#graph"),
        "templates": ("ana", f"{campaign}/templates"),
        "leaves": ("ana", f"{campaign}/leaves"),
        "accounts": ("ana", f"{RUN}/accounts?verdict=accused"),
        "account": ("ana", f"{RUN}/account?{account}"),
        "links": ("ana", f"{RUN}/account/links?{account}"),
        "link": ("ana", f"{RUN}/account/link?{account}&other={quote(linked, safe='')}"),
        "requests": ("ana", f"{RUN}/account/requests?{account}"),
        "exchange": ("ana", f"{RUN}/exchange?id={quote(sent, safe='')}"),
        "queue": ("ana", "/queue"),
        "case": ("ana", f"/cases/{names['case']}"),
        "case-second-person": ("bo", f"/cases/{names['second']}"),
        "together": ("ana", "/queue?stage=open"),
        "policy": ("bo", f"{RUN}/policy"),
        "labels": ("ana", "/labels"),
        "appeals": ("bo", "/appeals"),
        "appeal": ("bo", f"/appeals/{names['appeal']}"),
        "saved": ("ana", "/saved"),
        "gateway": ("ana", "/gateway"),
        "alliance": ("ana", "/alliance"),
        "search": ("ana", "/search?q=C00"),
        "people": ("ada", "/people"),
        "log": ("ada", "/audit"),
        "refused": ("ana", "/people"),
    }


def settled(page: Page, name: str) -> None:
    """What a page draws by itself is there."""
    if name == "together":
        page.keyboard.press("*")
        page.keyboard.press("b")
        page.wait_for_url("**/queue/together")
    if name in ("campaign", "graph"):
        page.wait_for_selector("#graph-canvas[data-drawn=yes]")
    if name == "account":
        page.wait_for_selector("#requests-panel table")
    page.wait_for_load_state("networkidle")


def take(
    browser: Browser, served: Serving, people: Mapping[str, Visitor], out: Path, given: argparse.Namespace
) -> Iterator[Path]:
    """The pictures, as they are written."""
    wanted = pages(served.console, work(people["ana"], people["bo"]))
    for scheme, size, (name, (who, path)) in product(SCHEMES, WIDTHS, wanted.items()):
        if given.only and name not in given.only:
            continue
        width, height = WIDTHS[size]
        context = browser.new_context(
            viewport={"width": width, "height": height},
            color_scheme=scheme,
            reduced_motion="reduce",
            is_mobile=size == "phone",
        )
        if who:
            kept = people[who].cookies.items()
            context.add_cookies([{"name": key, "value": value, "url": served.url} for key, value in kept])
        page = context.new_page()
        page.goto(served.url + path)
        settled(page, name)
        yield shoot(page, out / f"{name}-{size}-{scheme}", whole=given.whole)
        context.close()


def shoot(page: Page, stem: Path, *, whole: bool) -> Path:
    """One picture; says where a page is wider than its window."""
    wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    if wide > 0:
        print(f"{stem.name}: {wide} pixels too wide")
    if whole:
        file = stem.with_suffix(".png")
        page.screenshot(path=file, full_page=True)
        return file
    # Playwright itself writes PNG and JPEG alone.
    session = page.context.new_cdp_session(page)
    shot = session.send("Page.captureScreenshot", {"format": "webp", "quality": QUALITY})
    file = stem.with_suffix(".webp")
    file.write_bytes(base64.b64decode(shot["data"]))
    return file


def main() -> None:
    """Make the world, serve it, and take pictures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--only", nargs="+", default=[], help="names of pages")
    parser.add_argument("--whole", action="store_true", help="PNG of whole pages")
    given = parser.parse_args()
    given.out.mkdir(parents=True, exist_ok=True)
    out = given.out.resolve()
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        # So that pages name files as somebody who works there would type them.
        os.chdir(folder)
        places = make_world(Path())
        with serving(Console(places)) as served:
            people = {
                name: Visitor(served, name, role)
                for name, role in (("ana", "analyst"), ("bo", "approver"), ("ada", "admin"))
            }
            browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"])
            sizes = [file.stat().st_size for file in take(browser, served, people, out, given)]
            browser.close()
    print(f"{len(sizes)} pictures, {sum(sizes) / 1e6:.1f} MB")


if __name__ == "__main__":
    main()
