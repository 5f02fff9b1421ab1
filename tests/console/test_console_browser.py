"""A real browser: from the sign-in to an approved case, with what hostile text would do, keys, and axe on every page."""

import json
from collections.abc import Iterator
from itertools import combinations
from pathlib import Path
from typing import Any, Literal
from urllib.parse import quote

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from console_world import ACCOUNT, HOSTILE, Open, make_places, open_console
from playwright.sync_api import Browser, Page, expect

AXE = (Path(__file__).parent / "vendor" / "axe-4.14.1.min.js").read_text(encoding="utf-8")
PASSWORD = "correct horse battery"
AT = f"/runs/week/account?id={quote(ACCOUNT, safe='')}"


class Watched:
    """A page, with what it asked for and what it complained of."""

    def __init__(self, page: Page, opened: Open) -> None:
        self.page, self.opened = page, opened
        self.asked: list[str] = []
        self.wrong: list[str] = []
        page.on("request", lambda request: self.asked.append(request.url))
        page.on("pageerror", lambda error: self.wrong.append(str(error)))
        page.on("console", lambda said: self.wrong.append(said.text) if said.type == "error" else None)

    def go(self, path: str) -> None:
        self.page.goto(self.opened.url + path)

    def come_in(self, name: str, role: str) -> None:
        self.go(f"/welcome/{self.opened.console.people.invite(name, role, direct=True)}")
        self.page.get_by_role("button", name=f"Come in as {name}").click()
        expect(self.page.locator(".bar .who")).to_contain_text(name)

    def hold(self) -> None:
        """Nothing was run that should not, nothing complained, nothing left the machine."""
        assert not self.page.evaluate("window.pwned")
        assert self.wrong == []
        assert all(url.startswith((self.opened.url, "data:")) for url in self.asked), self.asked


@pytest.fixture
def visit(browser: Browser, fresh: Open) -> Iterator[Any]:
    contexts = []

    def visit(**more: Any) -> Watched:
        context = browser.new_context(viewport={"width": 1360, "height": 900}, reduced_motion="reduce", **more)
        contexts.append(context)
        return Watched(context.new_page(), fresh)

    yield visit
    for context in contexts:
        context.close()


def test_from_the_sign_in_to_a_decided_appealed_and_undone_case(fresh: Open, visit: Any) -> None:
    ana, bo = visit(), visit()
    ana.go(f"/welcome/{fresh.console.people.invite('ana', 'analyst')}")
    ana.page.get_by_label("Password").fill(PASSWORD)
    ana.page.get_by_label("Once more").fill(PASSWORD)
    ana.page.get_by_role("button", name="Come in as ana").click()
    ana.page.get_by_role("button", name="Sign out").click()
    ana.page.get_by_label("Name").fill("ana")
    ana.page.get_by_label("Password").fill(PASSWORD)
    ana.page.get_by_role("button", name="Sign in").click()

    ana.page.get_by_role("link", name="C001").first.click()
    expect(ana.page.locator("#graph-canvas")).to_have_attribute("data-drawn", "yes")
    links = ana.page.locator("#graph-canvas").get_attribute("data-links")
    ana.page.locator("#graph-weight").fill("9")
    assert ana.page.locator("#graph-canvas").get_attribute("data-links") != links
    ana.page.locator("#graph-find").fill("m7")
    expect(ana.page.locator("#graph-said")).to_contain_text("m7")
    ana.page.locator("#graph-find").press("Enter")
    expect(ana.page.locator("h1")).to_contain_text(ACCOUNT)

    ana.go("/queue")
    ana.page.keyboard.press("n")
    ana.page.wait_for_url("**/cases/*")
    case = ana.page.url.rsplit("/", 1)[1]
    ana.page.get_by_label("Except m1").check()
    ana.page.keyboard.press("Escape")
    ana.page.locator("h1").click()
    ana.page.keyboard.press("a")
    ana.page.keyboard.type("One pool of questions, one hand.")
    ana.page.get_by_role("button", name="Ask for approval").click()
    expect(ana.page.locator(".did")).to_contain_text(f"{case} is assessed")
    ana.page.get_by_role("button", name="Undo").click()
    ana.page.wait_for_url(f"**/cases/{case}")
    ana.page.locator("#reason").fill("Again, with care.")
    ana.page.get_by_role("button", name="Ask for approval").click()

    bo.come_in("bo", "approver")
    bo.go(f"/cases/{case}")
    expect(bo.page.locator(".assessed")).to_contain_text("ana assessed it")
    bo.page.get_by_role("button", name="Work on this case").click()
    bo.page.locator("#reason").fill("Seen too.")
    bo.page.get_by_role("button", name="Approve: act").click()
    expect(bo.page.locator(".did")).to_contain_text(f"{case} is approved")

    ana.go(f"/cases/{case}")
    ana.page.get_by_text("File an appeal for a customer").click()
    ana.page.get_by_label("Who appeals").fill(HOSTILE)
    ana.page.get_by_label("What they say").fill(f"We are a class. {HOSTILE}")
    ana.page.get_by_role("button", name="File the appeal").click()
    expect(ana.page.locator(".statement")).to_contain_text("We are a class. <script>")
    bo.go("/appeals")
    bo.page.keyboard.press("j")
    bo.page.keyboard.press("Enter")
    bo.page.wait_for_url("**/appeals/A-*")
    expect(bo.page.locator("main")).to_contain_text("another person decides its appeal")
    for one in (ana, bo):
        one.hold()


def test_hostile_text_runs_nowhere_and_nothing_leaves_the_machine(fresh: Open, visit: Any) -> None:
    ana = visit()
    ana.come_in("ana", "admin")
    ana.go(AT)
    ana.page.locator("#unmask-reason").fill(HOSTILE)
    ana.page.get_by_role("button", name="Unmask").click()
    expect(ana.page.locator("#requests-panel .prompt").first).to_contain_text("<script>")
    expect(ana.page.locator("#hours")).to_have_attribute("data-drawn", "yes")
    ana.page.locator("#links-title ~ .scroll details summary").first.click()
    expect(ana.page.locator(".why svg").first).to_be_visible()
    ana.page.locator("#comment-text").fill(HOSTILE)
    ana.page.get_by_role("button", name="Comment").click()
    expect(ana.page.locator(".comment")).to_contain_text("<script>")
    ana.go("/runs/week/campaigns/C001")
    ana.page.get_by_text("Show the templates").click()
    expect(ana.page.locator("#templates-panel blockquote mark").first).to_contain_text("<script>")
    ana.page.locator("#find").fill("m7")
    expect(ana.page.locator("#found")).to_contain_text("<script>")
    for path in ("/audit", "/runs/week", "/runs/week/accounts"):
        ana.go(path)
    ana.hold()
    # The policy itself holds: a script that a page tried to add would not run.
    ana.page.evaluate(
        "() => { const s = document.createElement('script'); s.textContent = 'window.pwned=2'; document.body.append(s) }"
    )
    assert not ana.page.evaluate("window.pwned")


def test_a_stretch_of_hours_filters_the_requests(fresh: Open, visit: Any) -> None:
    ana = visit()
    ana.come_in("ana", "analyst")
    ana.go("/runs/week/account?id=m0")
    expect(ana.page.locator("#requests-panel")).to_contain_text("of 3 requests")
    expect(ana.page.locator("#hours")).to_have_attribute("data-drawn", "yes")
    box = ana.page.locator("#hours .u-over").bounding_box()
    assert box is not None
    ana.page.mouse.move(box["x"] + box["width"] * 0.3, box["y"] + 40)
    ana.page.mouse.down()
    ana.page.mouse.move(box["x"] + box["width"] * 0.7, box["y"] + 60, steps=4)
    ana.page.mouse.up()
    expect(ana.page.locator("#requests-panel")).to_contain_text("of 1 request")
    expect(ana.page.locator("#stretch-panel [role=status]")).to_contain_text("1 exchange from")
    ana.page.get_by_role("button", name="All hours").click()
    expect(ana.page.locator("#requests-panel")).to_contain_text("of 3 requests")
    expect(ana.page.locator("#stretch-panel [role=status]")).to_have_count(0)
    ana.hold()


def test_the_graph_tells_and_shows_whom_an_account_is_linked_to_beyond_the_campaign(fresh: Open, visit: Any) -> None:
    ana = visit()
    ana.come_in("ana", "analyst")
    ana.go("/runs/week/campaigns/C001")
    expect(ana.page.locator("#graph-canvas")).to_have_attribute("data-drawn", "yes")
    ana.page.locator("#graph-find").fill("m0")
    card = ana.page.locator("#graph-card")
    expect(card).to_contain_text("Linked to 8 accounts")
    expect(card).to_contain_text("in review or worse: by structure most")
    card.get_by_role("button", name="Show 1 account beyond this campaign").click()
    expect(ana.page.locator("#graph-said")).to_contain_text("8 links")
    expect(card.get_by_role("button")).to_have_count(0)
    # An account whose name is a script stays a name.
    ana.page.locator("#graph-find").fill("m7")
    expect(card).to_contain_text("<script>")
    expect(card).to_contain_text("Linked to 7 accounts")
    ana.hold()


def test_links_of_about_one_weight_are_shown_step_by_step(fresh: Open, visit: Any) -> None:
    (run,) = fresh.console.runs.all()
    campaigns, links = run.path / "campaigns.parquet", run.path / "links.parquet"
    names = [f"even-{n:03d}" for n in range(60)]
    rows = pq.read_table(campaigns).to_pylist()
    rows[0] |= {"account_ids": names, "bystander_ids": []}
    pq.write_table(pa.Table.from_pylist(rows, schema=pq.read_schema(campaigns)), campaigns)
    table = pq.read_table(links)
    even = [
        {**table.to_pylist()[0], "account_a": a, "account_b": b, "match_weight": 12.0 + 0.001 * n}
        for n, (a, b) in enumerate(combinations(names, 2))
    ]
    pq.write_table(pa.Table.from_pylist(even, schema=table.schema), links)
    ana = visit()
    ana.come_in("ana", "analyst")
    ana.go("/runs/week/campaigns/C001")
    canvas, each = ana.page.locator("#graph-canvas"), ana.page.locator("#graph-each")
    expect(canvas).to_have_attribute("data-drawn", "yes")
    assert 59 <= int(canvas.get_attribute("data-links") or 0) <= 180
    expect(ana.page.locator("#graph-said")).to_contain_text("of 1,770 links drawn")
    drawn = []
    for step in range(int(each.get_attribute("max") or 0) + 1):
        each.fill(str(step))
        drawn.append(int(canvas.get_attribute("data-links") or 0))
    assert (drawn[0], drawn[-1]) == (59, 1770)
    assert drawn == sorted(set(drawn))
    expect(ana.page.locator("#graph-each-said")).to_have_text("all")
    each.focus()
    ana.page.keyboard.press("Home")
    expect(each).to_have_attribute("aria-valuetext", "that hold it together")
    expect(canvas).to_have_attribute("data-links", "59")
    # Whoever is looked for shows all of its links, however few are drawn.
    ana.page.locator("#graph-find").fill("even-007")
    expect(ana.page.locator("#graph-said")).to_have_text("even-007: 59 links")
    ana.hold()


def test_accounts_on_watch_of_which_the_same_is_said_are_labelled_together(fresh: Open, visit: Any) -> None:
    (run,) = fresh.console.runs.all()
    path = run.path / "accounts.parquet"
    table = pq.read_table(path)
    rows = table.to_pylist()
    watched = [row for row in rows if row["verdict"] == "watch"][:2]
    for row in watched:
        row["reasons"] = [f"Acts like another. {HOSTILE}"]
    pq.write_table(pa.Table.from_pylist(rows, schema=table.schema), path)
    ana = visit()
    ana.come_in("ana", "analyst")
    ana.go("/runs/week")
    ana.page.get_by_role("link", name="3", exact=True).click()
    expect(ana.page.locator("h2").first).to_contain_text("Why they are on watch")
    row = ana.page.locator("tr", has_text="Acts like another.")
    expect(row).to_contain_text("<script>")
    row.get_by_role("link", name="2").click()
    ana.page.get_by_text("Say what these 2 accounts are").click()
    ana.page.get_by_label("It is").select_option("cleared")
    ana.page.get_by_label("That holds").select_option("180")
    ana.page.get_by_label("Why?").fill("The office next door.")
    ana.page.get_by_role("button", name="Say it of 2 accounts").click()
    expect(ana.page.locator("#say")).to_contain_text("2 accounts of these are cleared by a person")
    assert {one.reason for one in fresh.console.cases.labels().values()} == {"The office next door."}
    ana.page.locator("#say").get_by_role("link", name=watched[0]["account_id"], exact=True).click()
    expect(ana.page.locator("#label")).to_contain_text("Cleared by ana")
    ana.page.get_by_role("link", name="Labels", exact=True).click()
    expect(ana.page.locator("tbody tr")).to_have_count(2)
    ana.hold()


def test_every_page_of_the_head_stands_in_one_line_at_a_desk(tmp_path: Path, browser: Browser) -> None:
    (tmp_path / "gateway").mkdir()
    places = make_places(tmp_path, alliance=tmp_path / "member.db", gateway=tmp_path / "gateway")
    with open_console(places) as opened:
        context = browser.new_context(viewport={"width": 1280, "height": 800})
        ada = Watched(context.new_page(), opened)
        ada.come_in("ada", "admin")
        ada.go("/runs/week")
        nav = ada.page.locator(".bar nav a")
        expect(nav).to_have_count(11)
        heights = "all => all.map(one => one.getBoundingClientRect())"
        assert len({round(one["y"]) for one in nav.evaluate_all(heights)}) == 1
        assert ada.page.locator(".bar").evaluate_all(heights)[0]["height"] < 70
        context.close()


def test_keys_and_the_list_of_them(fresh: Open, visit: Any) -> None:
    ana = visit(bypass_csp=True)
    ana.come_in("ana", "analyst")
    ana.go("/queue")
    ana.page.keyboard.press("?")
    expect(ana.page.locator("#keys")).to_be_visible()
    ana.page.keyboard.press("Escape")
    ana.page.keyboard.press("j")
    ana.page.keyboard.press("j")
    ana.page.keyboard.press("k")
    expect(ana.page.locator("tr.at")).to_contain_text(fresh.cases()[0])
    ana.page.keyboard.press("/")
    expect(ana.page.locator("#find")).to_be_focused()
    ana.page.keyboard.press("Escape")
    ana.page.keyboard.press("x")
    expect(ana.page.locator("tr.at input")).to_be_checked()
    ana.page.keyboard.press("*")
    ana.page.keyboard.press("b")
    expect(ana.page.locator("h1")).to_contain_text("2 cases")
    ana.page.wait_for_load_state()
    check_here(ana)
    ana.page.keyboard.press("a")
    ana.page.keyboard.type("One hand.")
    ana.page.get_by_role("button", name="Assess 2").click()
    expect(ana.page.locator("h1")).to_contain_text("2 cases assessed")
    ana.page.get_by_role("button", name="Undo all of it").click()
    expect(ana.page.locator("h1")).to_contain_text("2 cases reopened")
    ana.page.wait_for_load_state()
    ana.page.keyboard.press("n")
    ana.page.wait_for_url("**/cases/*")


def test_what_is_asked_for_in_the_form_stands_in_the_address_and_nothing_else(fresh: Open, visit: Any) -> None:
    ana = visit()
    ana.come_in("ana", "analyst")
    ana.go("/runs/week/accounts?verdict=review")
    ana.page.get_by_label("Active on").fill("2026-09-08")
    ana.page.get_by_role("button", name="Show").click()
    ana.page.wait_for_url("**/runs/week/accounts?verdict=review&day=2026-09-08")
    expect(ana.page.locator(".chosen")).to_contain_text("Active on 2026-09-08")
    expect(ana.page.locator("table[data-rows] tbody tr")).to_have_count(14)
    ana.page.go_back()
    expect(ana.page.get_by_label("Name holds")).to_be_enabled()
    ana.hold()


def test_axe_finds_no_serious_violation_in_light_or_dark(fresh: Open, visit: Any) -> None:
    # axe is put in by the test: the page's own policy forbids it.
    ana = visit(bypass_csp=True)
    check(ana, "/sign-in")
    ana.come_in("ana", "admin")
    first, second = fresh.cases()[:2]
    fresh.visitor("bo", "analyst").post(f"/cases/{second}/appeal", {"by": "x", "statement": "y"})
    ana.go(f"/cases/{first}")
    ana.page.get_by_role("button", name="Work on this case").click()
    appeal = fresh.console.cases.cases().appeals[0][0].appeal_id
    pages = [
        "/runs/week",
        "/runs/week/campaigns/C001",
        "/runs/week/campaigns/C001/templates",
        "/runs/week/campaigns/C001/leaves",
        "/runs/week/accounts",
        "/runs/week/accounts?verdict=watch",
        "/runs/week/policy",
        "/runs/week/dead-letters",
        AT,
        AT.replace("account?", "account/links?"),
    ]
    pages += [
        "/queue",
        "/queue?stage=all&rule=x&holder=ana",
        "/runs/week/accounts?campaign_id=C001&verdict=act&q=m",
        "/audit?by=ana&run=week",
        f"/cases/{first}",
        "/appeals",
        f"/appeals/{appeal}",
        "/people",
        "/audit",
        "/search?q=m",
        "/x",
        "/labels",
        "/saved?path=/queue%3Fstage%3Dall",
        f"/runs/week/exchange?id={quote(exchange_of(fresh), safe='')}",
    ]
    for path in pages:
        check(ana, path)


def exchange_of(opened: Open) -> str:
    """The id of an exchange."""
    (run,) = opened.console.runs.all()
    return str(run.of("requests", "m0", most=1)["exchange_id"][0].as_py())


def check(one: Watched, path: str) -> None:
    one.go(path)
    if path == AT:
        expect(one.page.locator("#requests-panel table")).to_be_visible()
    check_here(one)


def check_here(one: Watched) -> None:
    """Hold the page that is open to axe."""
    one.page.evaluate(AXE)
    # In the dark only colours differ.
    tags, colours = (
        "{type: 'tag', values: ['wcag2a', 'wcag2aa', 'wcag21aa']}",
        "{type: 'rule', values: ['color-contrast']}",
    )
    schemes: list[tuple[Literal["light", "dark"], str]] = [("light", tags), ("dark", colours)]
    for scheme, only in schemes:
        one.page.emulate_media(color_scheme=scheme)
        found = one.page.evaluate(f"() => axe.run({{ resultTypes: ['violations'], runOnly: {only} }})")
        bad = [
            (violation["id"], violation["nodes"][0]["html"][:160], violation["nodes"][0]["failureSummary"][:200])
            for violation in found["violations"]
            if violation["impact"] in ("serious", "critical")
        ]
        assert not bad, f"{one.page.url}, {scheme}: {json.dumps(bad, indent=1)}"


def test_no_page_is_wider_than_a_phone_or_a_tablet(fresh: Open, visit: Any) -> None:
    ana = visit()
    ana.come_in("ana", "admin")
    pages = ["/runs/week", "/runs/week/campaigns/C001", AT, "/queue", f"/cases/{fresh.cases()[0]}", "/people", "/audit"]
    for path in pages:
        ana.go(path)
        for width in (768, 390):
            ana.page.set_viewport_size({"width": width, "height": 844})
            assert ana.page.evaluate("document.documentElement.scrollWidth") <= width, path
