"""A run that somebody else made lies among others: it says nothing of theirs, and keeps nobody from them."""

import json
import os
import shutil
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


def _changed(file: Path, how: str) -> None:
    """A file of a run with other values in it, with no table in it, or a folder in its place."""
    if how == "folder":
        file.unlink()
        file.mkdir()
    elif how == "junk":
        file.write_bytes(b"\xff\x00junk")
    elif file.suffix == ".json":
        told = json.loads(file.read_text(encoding="utf-8"))
        file.write_text(json.dumps({name: "x" if isinstance(value, dict) else {} for name, value in told.items()}))
    else:
        table = pq.read_table(file, partitioning=None)
        texts = [pa.types.is_string(field.type) or pa.types.is_timestamp(field.type) for field in table.schema]
        columns = {
            name: pa.array([1 if text else "x"] * len(table))
            for name, text in zip(table.column_names, texts, strict=True)
        }
        pq.write_table(pa.table(columns), file)


@pytest.mark.parametrize("how", ["types", "junk", "folder"])
def test_a_run_that_was_changed_is_a_sentence(tmp_path: Path, how: str) -> None:
    line = (
        '{"time": "2026-03-0%dT09:00:00Z", "account_id": "a%d", "prompt": "How many apples are in a basket of %d?"}\n'
    )
    (tmp_path / "log.jsonl").write_text("".join(line % (1 + at % 9, at % 20, at) for at in range(200)))
    made = stillwatch(["scan", "log.jsonl", "--out", "run"], tmp_path, os.environ, timeout=600)
    assert made.returncode == 0, made.stderr
    files = [file.relative_to(tmp_path / "run") for file in (tmp_path / "run").rglob("*.parquet") if file.is_file()]
    commands = (["show"], ["policy", "decide", "--log", "log"], ["rescan"], ["scan", "log.jsonl", "--into"])
    told = {}
    for file in (*files, Path("run.json")):
        for words in commands:
            shutil.rmtree(tmp_path / "changed", ignore_errors=True)
            shutil.copytree(tmp_path / "run", tmp_path / "changed")
            _changed(tmp_path / "changed" / file, how)
            done = stillwatch([*words, "changed"], tmp_path, os.environ, timeout=600)
            told[f"{words[0]} {file}"] = "a traceback" if "Traceback" in done.stderr else done.returncode
    assert {name: said for name, said in told.items() if said not in (0, 2)} == {}
    assert told["rescan run.json"] == told["show run.json"] == 2
