"""A run that somebody else made lies among others: it says nothing of theirs, and keeps nobody from them."""

import json
import os
from pathlib import Path
from urllib.parse import quote

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from console_world import open_console, write_hostile_run
from forked_commands import stillwatch

from stillwatch.console import Places

DEEP = '{"a":' + "[" * 100_000 + "]" * 100_000 + "}"


def test_a_folder_whose_name_has_wildcards_is_its_own_run_alone(tmp_path: Path) -> None:
    for name in ("w*k", "week", "work"):
        write_hostile_run(tmp_path / "runs" / name)
    accounts = pq.read_metadata(tmp_path / "runs" / "w*k" / "accounts.parquet").num_rows
    with open_console(Places(runs=tmp_path / "runs", state=tmp_path / "state")) as opened:
        viewer = opened.visitor("vic", "viewer")
        listed = viewer.get(f"/runs/{quote('w*k')}/accounts?as=json").json()
        assert len(listed) == len({row["account_id"] for row in listed}) == accounts


def test_a_decision_about_such_a_folder_cites_its_exchanges_alone(tmp_path: Path) -> None:
    run, other = (write_hostile_run(tmp_path / name) for name in ("w*k", "week"))
    for file in (other / "exchanges.parquet").glob("*.parquet"):
        table = pq.read_table(file, partitioning=None)
        ids = pa.array([f"{one} of another run" for one in table["exchange_id"].to_pylist()])
        pq.write_table(table.set_column(table.schema.get_field_index("exchange_id"), "exchange_id", ids), file)
    decided = stillwatch(["policy", "decide", str(run), "--log", "log.jsonl"], tmp_path, os.environ, timeout=600)
    assert decided.returncode == 0, decided.stderr
    assert "of another run" not in (tmp_path / "log.jsonl").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    "content",
    [DEEP.encode(), b'{"started": "\xff"}', b'{"settings": "x"}', b'{"counts": [], "notes": 7}'],
    ids=["deep", "no text", "a word for settings", "a list of counts"],
)
def test_a_run_of_any_content_keeps_nobody_from_the_others(tmp_path: Path, content: bytes) -> None:
    for name in ("week", "odd"):
        write_hostile_run(tmp_path / "runs" / name)
    (tmp_path / "runs" / "odd" / "run.json").write_bytes(content)
    with open_console(Places(runs=tmp_path / "runs", state=tmp_path / "state")) as opened:
        viewer = opened.visitor("vic", "viewer")
        assert viewer.get("/runs/week/accounts").status_code == 200
        assert viewer.get("/runs/odd/accounts").status_code == 404


@pytest.mark.parametrize("words", [("report",), ("rescan",), ("policy", "decide", "--log", "log")])
def test_a_run_of_any_content_is_a_sentence_at_the_command_line(tmp_path: Path, words: tuple[str, ...]) -> None:
    write_hostile_run(tmp_path / "week")
    (tmp_path / "week" / "run.json").write_text(DEEP)
    (tmp_path / "week" / "kept").mkdir(exist_ok=True)
    (tmp_path / "week" / "kept" / "state.json").write_text(DEEP)
    done = stillwatch([*words, "week"], tmp_path, os.environ, timeout=600)
    assert done.returncode != 0
    assert "Traceback" not in done.stderr
    assert "week" in done.stderr


def test_a_link_in_the_place_of_a_runs_file_gives_out_no_other(tmp_path: Path) -> None:
    run = write_hostile_run(tmp_path / "week")
    (tmp_path / "secret").write_text(json.dumps({"finding_info": {"uid_alt": "C001"}, "key": "of this machine"}))
    for name in ("report.html", "findings.ocsf.jsonl"):
        (run / name).unlink(missing_ok=True)
        (run / name).symlink_to(tmp_path / "secret")
    with open_console(Places(runs=run, state=tmp_path / "state")) as opened:
        analyst = opened.visitor("ann", "analyst")
        for path in ("report.html", "findings.ocsf.jsonl", "campaigns/C001/finding.ocsf.json"):
            answer = analyst.get(f"/runs/week/{path}")
            assert (answer.status_code, "of this machine" in answer.text) == (404, False)


@pytest.mark.parametrize(
    "option", ["--accounts", "--callers", "--releases", "--calibration", "--values", "--map", "--config"]
)
def test_a_side_file_that_is_nested_too_deeply_is_a_sentence(tmp_path: Path, option: str) -> None:
    (tmp_path / "log.jsonl").write_text('{"time": "2026-03-02T09:00:00Z", "account_id": "a", "prompt": "Why?"}\n')
    (tmp_path / "deep").write_text(f"a = {'[' * 100_000}" if option in ("--map", "--config") else DEEP)
    done = stillwatch(["scan", "log.jsonl", "--out", "run", option, "deep"], tmp_path, os.environ, timeout=600)
    assert done.returncode != 0
    assert "Traceback" not in done.stderr
    assert "deep" in done.stderr
