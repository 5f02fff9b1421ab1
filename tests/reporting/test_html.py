"""The page as a browser would parse it: complete, escaped, and asking nothing of any network."""

from __future__ import annotations

import re
from collections.abc import Callable
from html.parser import HTMLParser
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from stillwatch.core import BadTable, OutputUnwritable, UnreadableInput
from stillwatch.reporting import write_report

MakeRun = Callable[..., Path]

_VOID = {"meta", "br", "input", "img", "link", "hr"}


class Page(HTMLParser):
    """Collects a page's tags and text, and checks that tags close in order."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.words: list[str] = []
        self.styles: list[str] = []
        self.open: list[str] = []
        self.feed(html)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in _VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        (self.styles if self.open and self.open[-1] == "style" else self.words).append(data)

    @property
    def text(self) -> str:
        return re.sub(r"\s+", " ", "".join(self.words))


def read(path: Path) -> Page:
    return Page(path.read_text(encoding="utf-8"))


@pytest.fixture
def two(make_run: MakeRun) -> Page:
    return read(write_report(make_run()))


@pytest.fixture
def none(make_run: MakeRun) -> Page:
    return read(write_report(make_run(campaigns=0)))


def test_nothing_is_loaded_and_nothing_can_run(two: Page, none: Page) -> None:
    for page in (two, none):
        assert not {tag for tag, _ in page.tags} & {
            "script",
            "link",
            "iframe",
            "img",
            "object",
            "embed",
            "base",
            "form",
        }
        for _, attributes in page.tags:
            assert not [name for name in attributes if name.startswith("on") or name in ("src", "srcset", "style")]
            target = attributes.get("href") or "#"
            assert target.startswith(("#", "https://atlas.mitre.org/"))
        assert "url(" not in "".join(page.styles)
        assert "@import" not in "".join(page.styles)
        policy = next(a["content"] for t, a in page.tags if a.get("http-equiv") == "Content-Security-Policy")
        assert policy is not None
        assert "default-src 'none'" in policy


def test_hostile_text_stays_text(make_run: MakeRun) -> None:
    html = write_report(make_run()).read_text(encoding="utf-8")
    assert "<img" not in html
    assert "</script>" not in html
    assert "\u202e" not in html
    assert "\x1b" not in html
    shown = Page(html).text
    assert "</script><img src=x onerror=alert(1)>" in shown
    assert "[U+202E]gnp.exe[U+001B][31m {{ 7*7 }}" in shown


def test_every_campaign_tells_its_whole_case(two: Page, make_run: MakeRun) -> None:
    run = make_run(name="again")
    text = two.text
    for row in pq.read_table(run / "campaigns.parquet").to_pylist():
        assert row["campaign_id"] in text
        assert row["summary"] in text
        told = [*row["observations"], *row["inferences"], *row["explanations"]]
        for statement in (item["statement"] for item in told):
            assert re.split("[\u202e\x1b]", statement)[0] in text
        for tactic in row["tactics"]:
            assert tactic["id"] in text
            assert tactic["name"] in text
    for words in ("does not hold", "could not be judged", "none to compare", "describes only", "Confidence: moderate"):
        assert words in text
    assert "sage-5 released. Its share was 0 % before and 94 % after" in text
    assert "21 accounts stopped and 24 others started" in text
    assert "It does not say that any model was trained" in text


def test_links_within_the_page_lead_somewhere_and_ids_are_unique(two: Page, none: Page) -> None:
    for page in (two, none):
        ids = [attributes["id"] for _, attributes in page.tags if "id" in attributes]
        assert len(ids) == len(set(ids))
        targets = {a["href"] for t, a in page.tags if t == "a" and (a["href"] or "").startswith("#")}
        assert {f"#{name}" for name in ids} >= targets


def test_charts_have_names_and_tables(two: Page) -> None:
    ids = {attributes.get("id") for _, attributes in two.tags}
    charts = [attributes for tag, attributes in two.tags if tag == "svg" and attributes.get("role") == "img"]
    assert len(charts) == 4
    assert all(chart["aria-labelledby"] in ids for chart in charts)
    assert two.text.count("The figures as a table") == 2
    assert two.text.count("The strongest links as a table") == 2


def test_members_and_bystanders_are_drawn_apart_and_sampling_is_said(two: Page) -> None:
    shapes = [(tag, attributes.get("class")) for tag, attributes in two.tags]
    assert shapes.count(("circle", "member")) >= 64
    assert shapes.count(("rect", "bystander")) >= 5
    assert "All 69 accounts and " in two.text
    assert re.search(r"A sample: \d+ of 931 accounts", two.text)


def test_the_shared_part_of_a_template_is_marked(two: Page, make_run: MakeRun) -> None:
    html = write_report(make_run(name="again")).read_text(encoding="utf-8")
    assert "<mark>Write out every intermediate step before the answer, numbered" in html
    assert "<mark>Grade the answer from 1 to 5 for rigour. Answer: </mark>42" in html
    assert "<mark>A piece of other prompts.</mark>" in html
    assert "more characters]" in two.text
    assert "one source of questions" in two.text


def test_without_campaigns_the_first_screen_says_what_was_looked_at(none: Page) -> None:
    text = none.text
    assert "No campaigns in 201,340 exchanges" in text
    assert "37 clusters were tested" in text
    assert "12 accounts on watch" in text
    assert "Asks for reasoning steps in 80 % of requests." in text
    assert "watch-07" in text
    assert re.search(r"the same hands; not seen at all ?client_address country payment_id", text)


def test_a_run_that_says_little_of_itself_reads_as_not_in_this_log(make_run: MakeRun) -> None:
    text = read(write_report(make_run(info={}))).text
    assert "None" not in text
    assert "Started not in this log with Stillwatch not in this log" in text
    assert "The false discovery rate of this scan is not in its run.json" in text
    assert re.search(r"clusters tested ?not in this log", text)


def test_the_same_run_gives_the_same_page(make_run: MakeRun) -> None:
    run = make_run()
    assert write_report(run).read_bytes() == write_report(run).read_bytes()
    assert sorted(path.suffix for path in run.iterdir()) == [".html", ".json", *[".parquet"] * 5]


def test_many_campaigns_stay_readable(make_run: MakeRun) -> None:
    run = make_run()
    rows = pq.read_table(run / "campaigns.parquet").slice(0, 1)
    pq.write_table(pa.concat_tables([rows] * 60), run / "campaigns.parquet")
    page = write_report(run)
    assert page.stat().st_size < 8_000_000  # 40 in full, about 0.1 MB each
    text = read(page).text
    assert "60 campaigns in 201,340 exchanges" in text
    assert "The first 40 have a section each below" in text


def test_a_family_that_this_version_does_not_know_is_shown_whole(make_run: MakeRun) -> None:
    run = make_run()
    links = pq.read_table(run / "links.parquet")
    pq.write_table(links.append_column("rhythm", pa.array([9.0] * links.num_rows)), run / "links.parquet")
    page = write_report(run)
    # The links were weighed by it, and no campaign speaks of it: a silent row, and the colour of every link.
    text = read(page).text
    assert text.count("rhythm–nothing to compare in this log") == 2
    assert "mostly rhythm, " in text
    schema = pq.read_schema(run / "campaigns.parquet")
    first, second = pq.read_table(run / "campaigns.parquet").to_pylist()
    statement = "The accounts pause in the same places of a request."
    first["families"].append("rhythm")
    first["waterfall"].append({"family": "rhythm", "match_weight": 7.25})
    first["observations"].insert(0, first["observations"][0] | {"family": "rhythm", "statement": statement})
    pq.write_table(pa.Table.from_pylist([first, second], schema), run / "campaigns.parquet")
    html = write_report(run).read_text(encoding="utf-8")
    text = Page(html).text
    assert text.count("rhythm–nothing to compare in this log") == 1
    assert "rhythm+7.2150 times likelier" in text
    assert text.count(statement) == 2  # as a reason, and as observed
    assert 'class="bar-for hue-1 again"' in html
    assert '<span class="chip hue-1 again" title="rhythm">rhythm</span>' in html


def test_a_run_without_a_known_family_is_shown_without_it(make_run: MakeRun) -> None:
    run = make_run()
    links = pq.read_table(run / "links.parquet").drop_columns(["infrastructure", "shape"])
    pq.write_table(links, run / "links.parquet")
    rows = pq.read_table(run / "campaigns.parquet")
    pq.write_table(rows.slice(1, 1), run / "campaigns.parquet")
    text = read(write_report(run)).text
    assert "purpose–nothing to compare in this log" in text
    assert "infrastructure–nothing to compare in this log" in text  # the campaign itself names it
    assert "shape–nothing" not in text


def test_a_folder_that_is_no_run_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UnreadableInput, match=r"(?s)campaigns|accounts.*stillwatch scan --out"):
        write_report(tmp_path)


def test_a_table_without_its_columns_is_refused(make_run: MakeRun) -> None:
    run = make_run()
    pq.write_table(pa.table({"account_a": ["a"]}), run / "links.parquet")
    with pytest.raises(BadTable, match="account_b"):
        write_report(run)


def test_broken_run_information_is_refused(make_run: MakeRun) -> None:
    run = make_run()
    (run / "run.json").write_text("[1,", encoding="utf-8")
    with pytest.raises(UnreadableInput, match=r"run\.json"):
        write_report(run)


def test_a_page_that_cannot_be_put_in_place_leaves_nothing_behind(make_run: MakeRun) -> None:
    run = make_run()
    (run / "report.html").mkdir()
    with pytest.raises(OutputUnwritable, match=r"report\.html"):
        write_report(run)
    assert not list(run.glob(".*"))


def test_what_is_said_of_several_accounts_on_watch_is_said_once(none: Page, make_run: MakeRun) -> None:
    run = make_run(campaigns=0, name="grouped")
    accounts = pq.read_table(run / "accounts.parquet")
    rows = accounts.to_pylist()
    for row in rows:
        if row["account_id"] in ("watch-00", "watch-01"):
            row["reasons"] = ["Acts like one other account."]
        if row["account_id"] == "watch-02":
            row["reasons"], row["match_probability"] = ["Alone in this."], None
    pq.write_table(pa.Table.from_pylist(rows, schema=accounts.schema), run / "accounts.parquet")
    text = read(write_report(run)).text.partition("Near misses")[2]
    assert text.count("Asks for reasoning steps in 80 % of requests.") == 1 == none.text.count("One family of evidence")
    assert text.count("Acts like one other account.") == 1
    assert text.index(" 9 accounts ") < text.index(" 2 accounts ") < text.index("1 account of which nobody else's")
    assert all(f"watch-{n:02d}" in text for n in range(12))
    assert "not computed" not in text


def test_templates_that_say_the_same_are_one(make_run: MakeRun) -> None:
    run = make_run(name="twice")
    templates = pq.read_table(run / "templates.parquet")
    rows = templates.to_pylist()
    rows += [{**rows[0], "template_id": "T-9"}, {**rows[0], "template_id": "T-10", "accounts": 3}]
    pq.write_table(pa.Table.from_pylist(rows, schema=templates.schema), run / "templates.parquet")
    text = read(write_report(run)).text
    assert "T-1, T-9 a rare sentence" in text
    assert "T-10 a rare sentence" in text
