"""Sorted copies of a large run: every page says what it says without them, and nothing of a text is in them."""

import html
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from console_world import ACCOUNT, SECRET, Open, Visitor, make_places, open_console
from patience import until
from smallrun import START

from stillwatch import tables
from stillwatch.console import Places
from stillwatch.console.belonging import belonging_of
from stillwatch.console.run_tables import ORDERED
from stillwatch.console.runs import Runs
from stillwatch.console.sorted_copies import SortedCopies

WHO = quote(ACCOUNT, safe="")
DAY = f"day={START.date()}"
PAGES = [
    *(
        f"/runs/week/accounts{asked}"
        for asked in ("", "?verdict=review", "?verdict=clear", "?verdict=none", "?verdict=accused")
    ),
    *(
        f"/runs/week/accounts{asked}"
        for asked in ("?page=2", "?verdict=accused&q=m", "?campaign_id=C001", "?q=C1&page=1", "?verdict=act&q=m")
    ),
    *(
        f"/runs/week/accounts?{asked}"
        for asked in ("org=org-h", "plan=scale", DAY, f"{DAY}&verdict=review", f"{DAY}&plan=scale&verdict=accused")
    ),
    *(
        f"/runs/week/accounts?{asked}"
        for asked in ("org=nobody", "day=none", f"org=org-h&{DAY}&q=h", "plan=scale&org=x")
    ),
    *(f"/runs/week/account?id={name}" for name in (WHO, "m0", "b0", "c9")),
    *(
        f"/runs/week/account/requests?id={name}"
        for name in (WHO, "m0", "m0&page=2", "m0&model=apex-3", "m0&status=200", "m0&asn=1")
    ),
    f"/runs/week/account/requests?id=m0&from={START.date()}&to={START.date()}T12:00:00",
    "/runs/week/account/hours.json?id=m0",
    *(f"/runs/week/campaigns/C001{asked}" for asked in ("", "?page=2", "?as=csv")),
    f"/runs/week/account/link?id=m0&other={WHO}",
    *(f"/search?q={asked}" for asked in ("m", "M7", "m0", "C1", "1", "nobody", "%20", "%C3%A4")),
]


@pytest.fixture
def places(tmp_path: Path) -> Places:
    """A run with an account file, and exchanges in two parts whose ids repeat."""
    places = make_places(tmp_path)
    known = [{"account_id": "m0", "org_id": "told", "plan": "scale"}]
    pq.write_table(pa.Table.from_pylist(known, schema=tables.ACCOUNT_FILE), places.runs / "account_file.parquet")
    first = places.runs / "exchanges.parquet" / "0000.parquet"
    rows = pq.read_table(first, partitioning=None).to_pylist()
    again = [{**row, "prompt": f"again {row['prompt']}"} for row in rows]
    schema = pq.read_schema(first)
    pq.write_table(pa.Table.from_pylist(again, schema=schema), first.with_name("0001.parquet"))
    return places


@pytest.fixture
def opened(places: Places) -> Iterator[Open]:
    with open_console(places) as opened:
        yield opened


def shown(who: Visitor, path: str) -> str:
    return who.get(path).text.replace(who.csrf, "")


def test_every_page_says_what_it_says_without_them(opened: Open, tmp_path: Path) -> None:
    ana = opened.visitor("ana", "analyst")
    for name in (ACCOUNT, "m0"):
        ana.post("/runs/week/account/unmask", {"id": name, "reason": "to see"})
    before = {path: shown(ana, path) for path in PAGES}
    (run,) = opened.console.runs.all()
    run.use_copies(SortedCopies(tmp_path / "sorted").make(run))
    assert run.has_copies
    after = {path: shown(ana, path) for path in PAGES}
    for path in PAGES:
        assert after[path] == before[path], path
    requests = after["/runs/week/account/requests?id=m0"]
    assert f"again {SECRET}" in html.unescape(requests)
    assert "told" in after["/runs/week/account?id=m0"]


def test_what_groups_belong_to_is_the_same_with_them(places: Places, tmp_path: Path) -> None:
    groups = {"D1": ["m0", "h1", "nobody"], "D2": ["h0", "h1"], "D3": [], "D4": [ACCOUNT, "m0", "m1"]}
    (without,), (run,) = Runs(places.runs).all(), Runs(places.runs).all()
    run.use_copies(SortedCopies(tmp_path / "sorted").make(run))
    found = belonging_of(without, groups)
    assert found["D1"].plans == {"scale": 1}
    assert found["D2"].organisations == {"org-h": 2}
    assert belonging_of(run, {"D2": groups["D2"]}) == {"D2": found["D2"]}
    assert belonging_of(run, groups) == found
    assert belonging_of(run, {}) == {}


def test_they_hold_no_text(opened: Open, tmp_path: Path) -> None:
    (run,) = opened.console.runs.all()
    made = SortedCopies(tmp_path / "sorted").make(run)
    assert {file.name.split(".")[0] for file in made.iterdir()} == set(ORDERED)
    for file in made.glob("*.arrow"):
        assert SECRET not in str(pa.ipc.open_file(file.read_bytes()).read_all().to_pylist())
    assert SortedCopies(tmp_path / "sorted").make(run) == made


def test_small_runs_get_none_and_large_ones_when_they_are_made(places: Places, tmp_path: Path) -> None:
    runs = Runs(places.runs)
    run = runs.all()[0]
    SortedCopies(tmp_path / "a").want(run)
    assert not (tmp_path / "a").exists()
    copies = SortedCopies(tmp_path / "b", least=1)
    copies.want(run)
    copies.want(run)
    assert until(lambda: run.has_copies)
    copies.stop()
    assert [folder.name for folder in (tmp_path / "b").iterdir()] == [f"{run.sha256}-4"]
    copies.want(run)
    runs.close()


def test_one_that_cannot_be_made_is_told_and_pages_go_on(
    places: Places, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    broken = places.runs / "links.parquet"
    broken.write_bytes(b"none")
    with open_console(places) as opened:
        opened.console.copies = SortedCopies(tmp_path / "sorted", least=1)
        ana = opened.visitor("ana", "analyst")
        assert ana.get("/runs/week/accounts").status_code == 200
        assert until(lambda: caplog.records)
        assert "no sorted copies" in caplog.text
        assert list((tmp_path / "sorted").iterdir()) == []
        assert ana.get("/runs/week/accounts").status_code == 200
        opened.console.copies.stop()


def test_what_is_stopped_leaves_nothing_and_what_is_old_is_forgotten(places: Places, tmp_path: Path) -> None:
    folder = tmp_path / "sorted"
    (folder / "0000-1").mkdir(parents=True)
    (folder / ".making-x").mkdir()
    runs = Runs(places.runs)
    copies = SortedCopies(folder, least=1)
    copies.forget_others(runs.all())
    assert list(folder.iterdir()) == []
    copies.stop()
    copies.want(runs.all()[0])
    assert not any(thread.name == "sorted-copies" for thread in threading.enumerate())
    shutil.rmtree(folder)
    copies.forget_others(runs.all())
    runs.close()


@pytest.mark.slow
def test_a_server_that_is_stopped_while_it_prepares_ends_at_once_and_quietly(tmp_path: Path) -> None:
    """A thread within DuckDB while Python ends would abort the process."""
    run, rows = make_places(tmp_path, decided=False).runs, 400_000
    exchanges = run / "exchanges.parquet" / "0000.parquet"
    first = pq.read_table(exchanges, partitioning=None)
    pq.write_table(pa.concat_tables([first] * (rows // len(first))), exchanges)
    (run / "run.json").write_text('{"counts": {"exchanges": 400000}}')
    command = [sys.executable, "-c", "from stillwatch.cli import main; main()", "console", str(run)]
    for seconds in (0.0, 0.6):
        state = tmp_path / f"state-{seconds}"
        with subprocess.Popen(
            [*command, "--state", str(state), "--port", "0"],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2] / "src")},
        ) as process:
            assert process.stdout is not None
            assert any("listens at" in line for line in process.stdout)
            time.sleep(seconds)
            process.send_signal(signal.SIGINT)
            _, said = process.communicate(timeout=300)
        assert (process.returncode, said.strip()) == (130, "stillwatch: stopped")
        assert not list((state / "sorted").glob(".making-*"))
