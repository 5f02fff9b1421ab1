"""What pages say of runs in which there is little: nothing found, nothing kept, records not read, nothing to tell."""

import html
import json
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from console_world import HOSTILE, Open, Visitor, decide_run, open_console
from patience import until
from smallrun import campaign, write_run

from stillwatch import tables
from stillwatch.console import Places
from stillwatch.console.runs import Runs
from stillwatch.core import BadSetting

UNTOLD = "28 accounts are too few to show what is ordinary."
DEAD = [
    {"file": "a.jsonl", "kind": "record", "line": n, "reason": f"no time {HOSTILE}", "excerpt": f"{HOSTILE} {n}"}
    for n in range(60)
]
DEAD.append({"file": "b.jsonl", "kind": "line", "line": 7, "reason": "no JSON", "excerpt": "{"})


def make(folder: Path, campaigns: list[dict[str, object]] | None = None, **more: object) -> None:
    """A run, with more in its ``run.json``, and no text."""
    run = write_run(folder, campaigns)
    info = json.loads((run / "run.json").read_text())
    (run / "run.json").write_text(json.dumps({**info, **more, "name": folder.name}))


def clear(run: Path) -> None:
    """Nobody of the run is on watch, so that no rule holds for anybody."""
    rows = [{**row, "verdict": "clear"} for row in pq.read_table(run / "accounts.parquet").to_pylist()]
    pq.write_table(pa.Table.from_pylist(rows, schema=tables.ACCOUNTS), run / "accounts.parquet")


@pytest.fixture(scope="module")
def opened(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Open]:
    folder = tmp_path_factory.mktemp("little")
    make(folder / "runs" / "nothing", [])
    make(folder / "runs" / "untold", [], untold=UNTOLD, notes=[f"There may be more than was found: {UNTOLD}", "Else."])
    clear(folder / "runs" / "untold")
    make(folder / "runs" / "none", settings={"retain": "none"}, run_id="r")
    # A step of the same run, a day later.
    make(folder / "runs" / "later", [campaign(exchanges=13_000)], run_id="r")
    for table in ("exchanges.parquet/0000", "templates"):
        path = folder / "runs" / "none" / f"{table}.parquet"
        rows = pq.read_table(path, partitioning=None).to_pylist()
        gone = [{**row, "prompt" if "prompt" in row else "example": "", "shared": []} for row in rows]
        pq.write_table(pa.Table.from_pylist(gone, schema=pq.read_schema(path)), path)
    dead = pa.Table.from_pylist(DEAD, schema=tables.DEAD_LETTERS)
    pq.write_table(dead, folder / "runs" / "none" / "dead_letters.parquet")
    with open_console(Places(runs=folder / "runs", state=folder / "state")) as opened:
        yield opened


@pytest.fixture(scope="module")
def bo(opened: Open) -> Visitor:
    return opened.visitor("bo", "approver")


def text_of(who: Visitor, path: str) -> str:
    """What a person reads of a page."""
    page = who.get(path).text.partition("<main")[2].partition("</main>")[0]
    return " ".join(html.unescape(re.sub(r"<[^>]*>", " ", page)).split())


def test_a_run_that_was_held_to_the_policy_is_held_though_nothing_came_of_it(bo: Visitor, opened: Open) -> None:
    assert text_of(bo, "/").count("not held to the policy yet") == 4
    assert "has not been held to the policy yet" in text_of(bo, "/runs/untold")
    assert bo.post("/runs/untold/decide").status_code == 303
    log = opened.console.cases.log.path
    written = log.read_bytes()
    assert opened.cases() == []
    assert bo.post("/runs/untold/decide").status_code == 303
    assert log.read_bytes() == written
    assert "has not been held to the policy yet" not in text_of(bo, "/runs/untold")
    assert "has not been held to a policy yet" not in text_of(bo, "/runs/untold/policy")
    assert text_of(bo, "/").count("not held to the policy yet") == 3


def test_what_cannot_be_told_is_said_once_and_as_in_the_report(bo: Visitor) -> None:
    page = text_of(bo, "/runs/untold")
    assert "Cannot tell whether there is a campaign" in page
    assert "No campaign was found" not in page
    assert page.count(UNTOLD) == 1
    assert "Else." in page
    assert "No campaign was found" in text_of(bo, "/runs/nothing")


def test_accounts_on_watch_are_spoken_of_where_there_are_some(bo: Visitor) -> None:
    assert "the accounts on watch showed something" in text_of(bo, "/runs/nothing")
    assert "That is no proof that there is none. Smaller logs" in text_of(bo, "/runs/untold")


def test_texts_that_a_run_does_not_keep_are_not_asked_for(bo: Visitor) -> None:
    for path in ("account?id=m0", "account/requests?id=m0", "exchange?id=m0-0"):
        page = text_of(bo, f"/runs/none/{path}")
        assert "This run keeps no texts" in page, path
        assert "Why must you read them?" not in page, path
    requests = text_of(bo, "/runs/none/account/requests?id=m0")
    assert "not kept" in requests
    assert "▒" not in requests
    assert "not in this log" not in requests
    assert "Tokens in" not in requests
    assert text_of(bo, "/runs/none/campaigns/C001/templates").count("not kept") == 3
    assert "Why must you read them?" in text_of(bo, "/runs/later/account/requests?id=m0")


def test_records_that_could_not_be_read_are_shown_to_whoever_may_read_texts(bo: Visitor, opened: Open) -> None:
    vi = opened.visitor("vi", "viewer")
    assert "61 records could not be read: which, and why" in text_of(bo, "/runs/none")
    assert "which, and why" not in text_of(vi, "/runs/none")
    assert vi.get("/runs/none/dead-letters").status_code == 403
    page = bo.get("/runs/none/dead-letters")
    assert HOSTILE not in page.text
    assert "1–50 of 61 records" in text_of(bo, "/runs/none/dead-letters")
    assert "61 of 61 records" in text_of(bo, "/runs/none/dead-letters?page=2")
    only = bo.get("/runs/none/dead-letters", params={"reason": "no JSON", "as": "json"}).json()
    assert [(row["file"], row["line"]) for row in only] == [("b.jsonl", 7)]
    assert "None with these filters" in text_of(bo, "/runs/none/dead-letters?file=c.jsonl")
    assert "Every record was read" in text_of(bo, "/runs/later/dead-letters")
    assert bo.get("/runs/later/dead-letters?as=csv").status_code == 200
    kinds = [one.body["kind"] for one in opened.console.audit.entries()]
    assert "read dead letters" in kinds


def test_a_page_beyond_the_last_is_the_last(bo: Visitor) -> None:
    for path in ("/runs/later/accounts?", "/runs/later/accounts?verdict=clear&", "/runs/later/account/requests?id=m0&"):
        answer = bo.get(f"{path}page=99")
        assert answer.status_code == 303
        assert answer.headers["location"] == f"{path}page=1"
        assert bo.get(answer.headers["location"]).status_code == 200
    assert "No account with these filters" in text_of(bo, "/runs/later/accounts?q=nobody&page=99")


def test_a_decision_that_another_took_the_place_of_leads_to_it(bo: Visitor, opened: Open) -> None:
    for run in ("none", "later"):
        assert bo.post(f"/runs/{run}/decide").status_code == 303
    standings = opened.console.cases.cases().standings
    pairs = [(old, new) for new, one in standings.items() for old in one.decision.supersedes]
    assert pairs
    for old, new in pairs:
        page = bo.get(f"/cases/{old}").text
        if standings[old].state == "superseded":
            assert f'superseded by <a href="/cases/{new}">' in page
    assert any(standings[old].state == "superseded" for old, _ in pairs)


def test_a_folder_that_is_no_run_keeps_nobody_from_the_others(tmp_path: Path) -> None:
    make(tmp_path / "runs" / "good", [])
    for name, content in (("torn", '{"counts'), ("list", "[1]"), ("bytes", "\xff")):
        (tmp_path / "runs" / name).mkdir()
        (tmp_path / "runs" / name / "run.json").write_text(content, encoding="latin-1")
    make(tmp_path / "runs" / "bare")
    (tmp_path / "runs" / "bare" / "accounts.parquet").unlink()
    with open_console(Places(runs=tmp_path / "runs", state=tmp_path / "state")) as opened:
        ana = opened.visitor("ana", "analyst")
        page = text_of(ana, "/")
        for name in ("torn", "list", "bytes"):
            assert f"{name} is left out: it is no run" in page
        assert "bare is left out: it lacks accounts.parquet" in page
        for name in ("torn", "list", "bytes", "bare"):
            assert ana.get(f"/runs/{name}").status_code == 404
        assert ana.get("/runs/good").status_code == 200
        assert ana.get("/queue").status_code == 200
    (tmp_path / "none").mkdir()
    (tmp_path / "runs" / "torn").rename(tmp_path / "none" / "torn")
    with pytest.raises(BadSetting, match="torn is no run"):
        Runs(tmp_path / "none")


def test_a_run_whose_files_are_damaged_keeps_nobody_from_cases_and_other_runs(tmp_path: Path) -> None:
    for name in ("good", "damaged"):
        make(tmp_path / "runs" / name)
        decide_run(tmp_path / "runs" / name, tmp_path / "state")
    for table in ("accounts", "account_file"):
        (tmp_path / "runs" / "damaged" / f"{table}.parquet").write_bytes(b"none")
    with open_console(Places(runs=tmp_path / "runs", state=tmp_path / "state")) as opened:
        ada = opened.visitor("ada", "admin")
        for path in ("/", "/queue", "/queue?org=x&stage=all", "/audit?org=x", "/runs/good/accounts", "/labels"):
            assert ada.get(path).status_code == 200, path
        found = text_of(ada, "/search?q=C001")
        assert "campaign of 8 accounts" in found
        assert "damaged was not searched" in found
        assert ada.get("/runs/damaged/accounts").status_code == 422
        shutil.rmtree(tmp_path / "runs")
        assert until(lambda: not opened.console.runs.all())
        for path in ("/", "/queue", "/audit", "/labels", "/alliance", "/saved", "/search?q=C001", "/people"):
            assert ada.get(path).status_code == 200, path
        assert ada.get(f"/cases/{opened.cases()[0]}").status_code == 200
