"""A scan from logs to a run, as its user sees it."""

import gzip
import json
import os
import signal
import subprocess
import sys
import time
from contextlib import AbstractContextManager, nullcontext
from importlib import import_module
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from ran_here import ran
from test_values_file import DOCUMENT

from stillwatch import ScanSettings, scan, tables
from stillwatch.core import EmptyInput, OutputExists, OutputUnwritable, StillwatchError
from stillwatch.range import score, simulate
from stillwatch.scanning.run import Run

COMMAND = [sys.executable, "-m", "stillwatch"]


@pytest.fixture(scope="module")
def week(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("september") / "week"
    simulate("september", scale=0.03, seed=3, out=out)
    return out


@pytest.fixture(scope="module")
def run(week: Path) -> Run:
    values = week.parent / "values.json"
    values.write_text(json.dumps(DOCUMENT))
    return scan(
        week / "logs",
        out=week.parent / "run",
        accounts=week / "accounts.jsonl",
        releases=week / "releases.jsonl",
        values=values,
        workers=1,
    )


def test_the_hidden_campaigns_are_found_and_nobody_else(week: Path, run: Run) -> None:
    result = score(run.path, week / "truth.jsonl")
    assert result.campaigns_found == 2
    assert result.false_campaigns == 0
    assert result.precision >= 0.98
    assert result.recall >= 0.95


def test_every_campaign_is_told_what_it_may_be_worth(run: Run) -> None:
    for row in run.table("campaigns").to_pylist():
        assert [one["interface"] for one in row["worth"]] == ["text"]
        assert 0 < row["worth"][0]["low"] <= row["worth"][0]["recovery"] <= row["worth"][0]["high"] < 1
    page = run.report.read_text()
    assert "What it may be worth" in page
    assert "Small models." in page


def test_the_tables_are_the_contract(run: Run) -> None:
    for name in ("accounts", "campaigns", "links", "templates", "dead_letters", "exchanges"):
        schema = tables.RUN_EXCHANGES if name == "exchanges" else getattr(tables, name.upper())
        assert run.table(name).schema.names == schema.names
    accounts = run.table("accounts")
    assert set(accounts["verdict"].to_pylist()) <= set(tables.VERDICTS)
    members = accounts.filter(accounts["campaign_id"].is_valid())
    assert set(members["verdict"].to_pylist()) == {"review"}
    assert all(members["reasons"].to_pylist())
    assert run.table("exchanges").num_rows == run.exchanges
    assert {p.name for p in run.path.iterdir()} >= {"report.html", "findings.ocsf.jsonl", "run.json"}
    assert not (run.path / ".work").exists()


def test_every_campaign_tells_what_it_is_made_of(run: Run) -> None:
    ids = set(run.table("exchanges")["exchange_id"].to_pylist())
    for campaign in run.table("campaigns").to_pylist():
        assert len(campaign["families"]) >= 2
        assert campaign["q_value"] <= 0.01
        assert {o["family"] for o in campaign["observations"]} >= {"structure", "timing"}
        assert all(set(o["exchange_ids"]) <= ids for o in campaign["observations"])
        assert not any(e["holds"] for e in campaign["explanations"])
        assert sum(hour["exchanges"] for hour in campaign["timeline"]) == campaign["exchanges"]
        assert campaign["tactics"][0]["id"] == "AML.T0024.002"
    shared = [t for t in run.table("templates").to_pylist() if t["campaign_id"]]
    assert any("Ledger" in piece for t in shared for piece in t["shared"])


def test_the_failover_is_seen(run: Run) -> None:
    assert any(c["failovers"] for c in run.table("campaigns").to_pylist())


@pytest.mark.slow
def test_workers_do_not_change_a_result(week: Path, run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(import_module("stillwatch.scanning.scan"), "_BYTES_A_WORKER", 1)
    again = scan(
        week / "logs",
        out=tmp_path / "again",
        accounts=week / "accounts.jsonl",
        releases=week / "releases.jsonl",
        values=week.parent / "values.json",
        workers=2,
    )
    for name in ("accounts", "campaigns", "links"):
        assert again.table(name).equals(run.table(name)), name


@pytest.mark.parametrize(("name", "started"), [("log.jsonl", []), ("log.jsonl.gz", [2])])
def test_workers_start_where_there_is_enough_to_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, started: list[int]
) -> None:
    module, pools = import_module("stillwatch.scanning.scan"), []

    def pool(workers: int) -> AbstractContextManager[None]:
        pools.append(workers)
        return nullcontext()

    record = {"time": "2026-11-24T00:00:00Z", "account_id": "a", "prompt": "Why is the sky blue?"}
    written = json.dumps(record).encode()
    (tmp_path / name).write_bytes(gzip.compress(written) if name.endswith(".gz") else written)
    # Of compressed bytes each counts for several.
    monkeypatch.setattr(module, "_BYTES_A_WORKER", (tmp_path / name).stat().st_size)
    monkeypatch.setattr(module, "worker_pool", pool)
    scan(tmp_path / name, out=tmp_path / "run", workers=2)
    assert pools == started


def test_an_honest_week_has_no_campaign(tmp_path: Path) -> None:
    simulate("lookalikes", scale=0.002, seed=2, out=tmp_path / "week")
    run = scan(
        tmp_path / "week" / "logs", out=tmp_path / "run", accounts=tmp_path / "week" / "accounts.jsonl", workers=1
    )
    assert run.campaigns == 0
    assert set(run.table("accounts")["verdict"].to_pylist()) <= {"clear", "watch"}


def test_a_log_of_three_lines_is_scanned(tmp_path: Path) -> None:
    rows = [{"time": f"2026-11-2{i}T00:00:00Z", "account_id": f"a{i}", "prompt": "hello"} for i in range(3)]
    (tmp_path / "log.jsonl").write_text("\n".join(json.dumps(r) for r in rows) + "\nnot json\n")
    run = scan(tmp_path / "log.jsonl", out=tmp_path / "run")
    assert (run.exchanges, run.dead_letters, run.campaigns) == (3, 1, 0)
    document = json.loads((run.path / "run.json").read_text())
    assert "client_address" in document["columns_missing"]


def test_nothing_is_overwritten(run: Run, week: Path) -> None:
    with pytest.raises(OutputExists, match="nothing is ever overwritten"):
        scan(week / "logs", out=run.path)


def test_nothing_readable_leaves_nothing_behind(tmp_path: Path) -> None:
    (tmp_path / "log.jsonl").write_text('{"time": 1, "account_id": "", "prompt": "x"}\n')
    with pytest.raises(EmptyInput, match="none of 1 records"):
        scan(tmp_path / "log.jsonl", out=tmp_path / "run")
    assert [p.name for p in tmp_path.iterdir()] == ["log.jsonl"]


def test_a_full_disk_is_one_clear_error(week: Path, tmp_path: Path) -> None:
    script = (
        "import resource, signal, sys; signal.signal(signal.SIGXFSZ, signal.SIG_IGN);"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, 200_000));"
        "from stillwatch.cli import main; main(sys.argv[1:])"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, "scan", str(week / "logs"), "--out", str(tmp_path / "run"), "--workers", "1"],
        capture_output=True,
        text=True,
        timeout=600,
    )
    assert done.returncode == 2, done.stderr
    assert "cannot be written" in done.stderr
    assert "Traceback" not in done.stderr
    assert list(tmp_path.iterdir()) == []


def test_the_command_explains_itself(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert ran("scan", tmp_path, "--out", tmp_path / "run") == 2
    said = capsys.readouterr().err
    assert "the folder holds no files" in said
    assert "next:" in said


@pytest.mark.slow
def test_ctrl_c_ends_a_scan_cleanly(week: Path, tmp_path: Path) -> None:
    process = subprocess.Popen(
        [*COMMAND, "scan", str(week / "logs"), "--out", str(tmp_path / "run")],
        stderr=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    deadline = time.monotonic() + 600
    while not list(tmp_path.glob(".run.partial-*")) and time.monotonic() < deadline:
        time.sleep(0.01)
    os.killpg(process.pid, signal.SIGINT)
    _, errors = process.communicate(timeout=600)
    assert process.returncode == 130, errors
    assert "Traceback" not in errors
    assert list(tmp_path.iterdir()) == []


def test_settings_come_from_arguments_then_environment_then_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from stillwatch.settings import load_settings  # noqa: PLC0415

    config = tmp_path / "stillwatch.toml"
    config.write_text("[scan]\nfdr = 0.2\nseed = 4\n")
    monkeypatch.setenv("STILLWATCH_FDR", "0.1")
    assert load_settings(config).fdr == 0.1
    assert load_settings(config).seed == 4
    assert load_settings(config, fdr=0.05).fdr == 0.05
    assert ScanSettings().draws == 2000
    with pytest.raises(StillwatchError, match="setting fdr"):
        load_settings(fdr=2.0)
    config.write_text("[scan]\nfrd = 0.2\n")
    with pytest.raises(StillwatchError, match="frd"):
        load_settings(config)


def test_a_run_is_not_writable_where_its_folder_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "log.jsonl").write_text('{"time": 1795490904, "account_id": "a", "prompt": "x"}\n')
    (tmp_path / "file").write_text("")
    with pytest.raises(OutputUnwritable):
        scan(tmp_path / "log.jsonl", out=tmp_path / "file" / "run")


def test_exchanges_keep_where_they_came_from(run: Run) -> None:
    part = sorted((run.path / "exchanges.parquet").iterdir())[0]
    row = pq.read_table(part).slice(0, 1).to_pylist()[0]
    assert row["source_file"].startswith("exchanges-")
    assert row["source_line"] == 1
