"""A campaign as one page to keep: who may, what is masked, what is logged, and that it asks nothing of any network."""

import re
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from console_world import ACCOUNT, HOSTILE, SECRET, Open
from playwright.sync_api import Browser

AXE = (Path(__file__).parent / "vendor" / "axe-4.14.1.min.js").read_text(encoding="utf-8")
AT = "/runs/week/campaigns/C001/page.html"
SAID = {"label": "confirmed", "days": "", "reason": "seen"}


def test_the_page_has_the_case_with_its_prompts_masked(opened: Open) -> None:
    ana = opened.visitor("ana", "analyst")
    ana.post("/runs/week/account/label", {**SAID, "id": ACCOUNT})
    answer = ana.get(AT)
    assert answer.headers["content-disposition"] == 'attachment; filename="week-C001.html"'
    page = answer.text
    (run,) = opened.console.runs.all()
    row = next(one for one in pq.read_table(run.path / "campaigns.parquet").to_pylist() if one["campaign_id"] == "C001")
    for part in (
        "Observed <span>",
        "Inferred <span>",
        "Honest explanations",
        "Timeline",
        "Templates",
        "Member accounts",
    ):
        assert part in page
    for one in row["explanations"]:
        assert one["name"] in page
    assert all(f"<code>{name}</code>" in page for name in row["account_ids"] if name != ACCOUNT)
    assert HOSTILE not in page
    assert SECRET.split("'")[0] not in page
    # The name of an account is hostile too: it stands there, escaped.
    assert "&lt;script&gt;window.pwned=1" in page
    templates = page[page.index('id="campaign-1-templates"') :].split("</section>")[0]
    assert "pwned" not in templates
    example = f"{SECRET} {HOSTILE} e"
    assert f"{len(example)} characters" in templates
    assert "1 account of these is confirmed by a person" in page
    case = opened.cases()[0]
    assert f"Case {case}: to assess" in page


def test_prompts_are_in_clear_for_a_reason_that_is_logged(opened: Open) -> None:
    bo = opened.visitor("bo", "analyst")
    assert bo.post(AT, {"reason": " "}).status_code == 422
    page = bo.post(AT, {"reason": "counsel asks"}).text
    assert SECRET.split("'")[0] in page
    assert HOSTILE not in page
    assert "Prompts are masked" not in page
    bo.get(AT)
    said = [one.body for one in opened.console.audit.entries() if one.body["by"] == "bo" and "file" in one.body]
    about = {"kind": "kept a file", "by": "bo", "run": "week", "campaign": "C001"}
    assert said == [
        {**about, "file": "campaign page in clear", "reason": "counsel asks"},
        {**about, "file": "campaign page"},
    ]


def test_viewers_may_not_and_a_campaign_that_is_none_is_not_there(opened: Open) -> None:
    vi, ana = opened.visitor("vi", "viewer"), opened.visitor("ana-other", "analyst")
    assert vi.get(AT).status_code == 403
    assert vi.post(AT, {"reason": "x"}).status_code == 403
    assert "page.html" not in vi.get("/runs/week/campaigns/C001").text
    assert 'href="/runs/week/campaigns/C001/page.html"' in ana.get("/runs/week/campaigns/C001").text
    assert ana.get("/runs/week/campaigns/C999/page.html").status_code == 404
    assert ana.post("/runs/week/campaigns/C999/page.html", {"reason": "x"}).status_code == 404


@pytest.fixture
def kept(opened: Open, tmp_path: Path) -> Path:
    file = tmp_path / "week-C001.html"
    file.write_text(opened.visitor("cy", "analyst").post(AT, {"reason": "x"}).text, encoding="utf-8")
    return file


def test_a_browser_without_a_network_shows_it_and_runs_nothing(kept: Path, browser: Browser) -> None:
    text = kept.read_text(encoding="utf-8")
    assert not re.search(r"<(script|iframe|img|link|object|form)\b", text)
    context = browser.new_context(offline=True, bypass_csp=True, viewport={"width": 390, "height": 844})
    page = context.new_page()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(kept.as_uri())
    assert asked == [kept.as_uri()]
    assert not page.evaluate("window.pwned")
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    page.evaluate(AXE)
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        found = page.evaluate("() => axe.run({ runOnly: ['wcag2a', 'wcag2aa', 'wcag21aa'] })")
        bad = [one["id"] for one in found["violations"] if one["impact"] in ("serious", "critical")]
        assert bad == [], scheme
    context.close()
