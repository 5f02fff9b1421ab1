"""Logs read by Spark's workers: the same run, table by table, as from processes of this machine; and what can go wrong."""

import os
import platform
import socket
import sys
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from deliveries import FAST, deliver, small_world, told
from made_once import customers_run, customers_week

from stillwatch import Run, scan
from stillwatch.core import BadSetting, EndpointAway, MissingDependency, UnreadableInput
from stillwatch.engines import SparkEngine
from stillwatch.engines.sail_server import sail_server
from stillwatch.ingest import Slice, SliceResult, plan, read_slice
from stillwatch.scanning.read import make_folders, read_one, read_slices
from stillwatch.scanning.read_on_cluster import read_on_cluster

with_sail = pytest.mark.skipif(
    find_spec("pysail") is None or find_spec("pyspark") is None, reason="make test installs Spark's client and Sail"
)


@pytest.fixture(scope="module")
def sail() -> Iterator[str]:
    """A master for this file's tests: Sail's server, or the one that SPARK_MASTER names."""
    if named := os.environ.get("SPARK_MASTER"):
        yield named
        return
    with sail_server() as address:
        yield address


@pytest.fixture
def logs(tmp_path: Path) -> Path:
    """A small world in seven files, one of which has a line that is no record."""
    for name in ("whole", "logs"):
        (tmp_path / name).mkdir()
    records, _ = small_world(tmp_path / "whole")
    for number in range(7):
        deliver(records[number::7], tmp_path / "logs", f"log-{number}.jsonl")
    with (tmp_path / "logs" / "log-3.jsonl").open("a") as log:
        log.write("no record\n")
    return tmp_path / "logs"


def nothing(_: int) -> None:
    pass


@with_sail
@pytest.mark.slow
def test_a_simulated_week_comes_to_the_same_run(
    tmp_path: Path, tmp_path_factory: pytest.TempPathFactory, sail: str
) -> None:
    week, here = customers_week(tmp_path_factory), Run.open(customers_run(tmp_path_factory))
    there = scan([week / "logs"], out=tmp_path / "run", accounts=week / "accounts.jsonl", engine="spark", master=sail)
    assert here.campaigns
    for name in ("exchanges", "sketches", "accounts", "links", "campaigns", "templates", "profiles", "counts", "texts"):
        assert there.table(name).equals(here.table(name)), name


@with_sail
def test_a_log_in_many_files_comes_to_the_same_run(logs: Path, tmp_path: Path, sail: str) -> None:
    here = scan([logs], out=tmp_path / "here", workers=1, **FAST)
    there = scan([logs], out=tmp_path / "there", engine="spark", master=sail, **FAST)
    assert here.campaigns == 1
    assert told(there) == told(here)


@with_sail
def test_slices_are_shared_out_and_come_to_the_same_tables(logs: Path, tmp_path: Path, sail: str) -> None:
    slices = plan([logs])
    bytes_told: list[int] = []
    here, _ = read_slices(slices, tmp_path / "here", tmp_path / "here" / "work", pool=None, progress=nothing)
    run = tmp_path / "there"
    with SparkEngine(sail, tmp_path / "spark") as engine:
        there, following = read_on_cluster(engine, slices, run, run / "work", first=5, progress=bytes_told.append)
    assert (there, following) == (here, 12)
    with SparkEngine(sail, tmp_path / "spark") as engine:
        again, _ = read_on_cluster(engine, slices, run, run / "work", first=5, progress=nothing)
    assert again == here
    assert there.dead_letters == 1
    assert sum(bytes_told) == there.read_bytes
    for table in ("exchanges.parquet", "sketches.parquet", "kept/dead_letters"):
        for number in range(7):
            mine, theirs = (
                tmp_path / place / table / f"part-{first + number:06d}.parquet"
                for place, first in (("here", 0), ("there", 5))
            )
            assert mine.exists() == theirs.exists()
            if mine.exists():
                columns = [name for name in pq.read_schema(mine).names if name != "row_key"]
                assert pq.read_table(theirs, columns=columns).equals(pq.read_table(mine, columns=columns))


@with_sail
def test_a_run_grows_with_either_engine(logs: Path, tmp_path: Path, sail: str) -> None:
    first = [logs / f"log-{number}.jsonl" for number in range(4)]
    rest = [logs / f"log-{number}.jsonl" for number in range(4, 7)]
    scan(first, out=tmp_path / "run", engine="spark", master=sail, **FAST)
    grown = scan(rest, into=tmp_path / "run", workers=1, **FAST)
    lines = sum(path.read_bytes().count(b"\n") for path in logs.iterdir())
    assert (grown.exchanges, grown.dead_letters, grown.campaigns) == (lines - 1, 1, 1)
    assert '"engine": "duckdb"' in (tmp_path / "run" / "run.json").read_text()


def test_a_slice_that_is_read_a_second_time_changes_nothing(logs: Path, tmp_path: Path) -> None:
    """As when a worker that was thought lost comes to its end after all."""
    work = tmp_path / "work"
    slices = plan([logs])
    once, _ = read_slices(slices[:1], tmp_path, work, pool=None, progress=nothing)
    part = tmp_path / "exchanges.parquet" / "part-000000.parquet"
    before = part.read_bytes()
    (work / "read" / "000000.json").unlink()
    assert read_one(slices[0], 0, tmp_path, work) == once
    assert part.read_bytes() == before
    assert read_one(slices[0], 0, tmp_path, work) == once
    assert sorted(path.name for path in part.parent.iterdir()) == ["part-000000.parquet"]


def test_of_two_that_read_a_slice_at_once_the_first_counts(
    logs: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (one, *_), work = plan([logs]), tmp_path / "work"
    make_folders(tmp_path, work)
    part = tmp_path / "exchanges.parquet" / "part-000000.parquet"
    firsts: list[int] = []

    def slow(read: Slice, **rows: int) -> Iterator[SliceResult]:
        yield from read_slice(read, **rows)
        if not firsts:
            firsts.append(0)
            read_one(one, 0, tmp_path, work)
            firsts[0] = part.stat().st_ino

    monkeypatch.setattr("stillwatch.scanning.read.read_slice", slow)
    assert read_one(one, 0, tmp_path, work).exchanges
    assert part.stat().st_ino == firsts[0]
    assert sorted(path.name for path in part.parent.iterdir()) == ["part-000000.parquet"]


@with_sail
def test_what_a_worker_does_not_see_is_an_error_not_a_dead_letter(logs: Path, tmp_path: Path, sail: str) -> None:
    slices = plan([logs])
    (logs / "log-2.jsonl").unlink()
    with (
        SparkEngine(sail, tmp_path / "spark") as engine,
        pytest.raises(UnreadableInput, match=r"does not see.*log-2\.jsonl[^$]*under one path"),
    ):
        read_on_cluster(engine, slices, tmp_path / "run", tmp_path / "run" / "work", progress=nothing)


@with_sail
def test_workers_of_other_versions_are_refused(
    logs: Path, tmp_path: Path, sail: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(platform, "python_version_tuple", lambda: ("3", "99", "0"))
    with pytest.raises(BadSetting, match=r"other versions.*here it is Stillwatch .* Python 3\.99"):
        scan([logs], out=tmp_path / "run", engine="spark", master=sail)
    assert not (tmp_path / "run").exists()


@with_sail
def test_what_stands_in_a_masters_address_is_nowhere_in_the_run(logs: Path, tmp_path: Path, sail: str) -> None:
    run = scan([logs], out=tmp_path / "run", engine="spark", master=f"{sail}/;x-key=planted-key", **FAST)
    held = [path for path in run.path.rglob("*") if path.is_file() and b"planted-key" in path.read_bytes()]
    assert not held
    assert '"engine": "spark"' in (run.path / "run.json").read_text()


@with_sail
@pytest.mark.parametrize(
    ("master", "error", "says"),
    [
        ("sc://127.0.0.1:{port}/;token=planted-key", EndpointAway, "no Spark Connect server answers"),
        ("sc://:15002", BadSetting, "no host"),
        ("sc://host:port", BadSetting, "sc://host:15002"),
        ("local[2]", MissingDependency, "needs all of PySpark"),
    ],
)
def test_a_master_that_cannot_serve_is_told_at_once(
    logs: Path, tmp_path: Path, master: str, error: type[Exception], says: str
) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        with pytest.raises(error, match=says) as told_of:
            scan([logs], out=tmp_path / "run", engine="spark", master=master.format(port=taken.getsockname()[1]))
    assert "planted-key" not in str(told_of.value)
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize("missing", ["pysail", "pyspark", "sqlglot"])
def test_without_the_extra_it_says_what_to_install(
    logs: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, missing: str
) -> None:
    if missing != "pysail" and find_spec("pysail") is None:
        pytest.skip("make test installs Spark's client and Sail")
    loaded: list[Any] = [name for name in sys.modules if name.split(".")[0] == missing]
    for name in (missing, *loaded):
        monkeypatch.setitem(sys.modules, name, None)
    with pytest.raises(MissingDependency, match=rf"{missing}[^$]*pip install 'stillwatch\[spark\]'"):
        scan([logs], out=tmp_path / "run", engine="spark")


def test_a_master_without_its_engine_is_refused(logs: Path, tmp_path: Path) -> None:
    with pytest.raises(BadSetting, match=r"--master: a master is Spark's[^$]*say --engine spark too"):
        scan([logs], out=tmp_path / "run", master="sail")
