"""The pages are followed as they are written: every command of each, top to bottom, in a folder of its own."""

import gzip
import json
import re
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
from gateways import serving
from model_server import ModelServer
from page_commands import ROOT, blocks, commands, shell

from stillwatch.lab import read_plan
from stillwatch.range import draw_design, simulate_design
from stillwatch.range.design import scaled

pytestmark = pytest.mark.slow

FOLLOWED = {
    "tutorial/first-scan.md",
    "howto/audit-a-suspect.md",
    "howto/calibrate.md",
    "howto/join-an-alliance.md",
    "howto/join-side-files.md",
    "howto/lift-a-verification.md",
    "howto/map-a-log.md",
    "howto/move-the-error-rate.md",
    "howto/put-the-gateway-in-front.md",
    "howto/scan-every-day.md",
    "howto/scan-on-spark.md",
    "howto/use-the-console.md",
    "howto/write-a-policy.md",
}


def test_every_page_with_commands_is_followed() -> None:
    pages = [path.relative_to(ROOT / "docs").as_posix() for path in (ROOT / "docs").glob("*/*.md")]
    with_commands = {name for name in pages if name.split("/")[0] in ("tutorial", "howto") and commands(name)}
    assert with_commands == FOLLOWED


def test_a_log_is_mapped(tmp_path: Path) -> None:
    (tmp_path / "map.toml").write_text(blocks("howto/map-a-log.md", "toml")[0])
    asked = {"question": "Why?", "answer": "Because.", "model": "m", "cost": [{"tokens": 7}]}
    made = [
        {
            "caller": {"customer_id": f"c-{n}", "conversation": "s"},
            "meta": {"received_ms": 1795490904000 + n},
            "call": asked,
        }
        for n in range(9)
    ]
    lines = "".join(json.dumps(one) + "\n" for one in made)
    (tmp_path / "calls.jsonl.gz").write_bytes(gzip.compress(lines.encode()))
    with shell(tmp_path) as follow:
        explained, scanned = [follow.run(command) for command in commands("howto/map-a-log.md")]
    assert "9 exchanges, 0 dead letters" in explained
    assert "c-0" in explained
    assert "9 exchanges of 9 accounts" in scanned


def test_side_files_say_who_asked(tmp_path: Path) -> None:
    def call(number: int) -> dict[str, Any]:
        asked = {"model": "m", "messages": [{"role": "user", "content": f"Why {number}?"}]}
        whose = {"account_id": "gateway", "api_key_id": f"key-{number}"}
        return {
            "time": 1772442000 + number, **whose, "request": {**asked, "headers": {"X-Customer": f"c-{number}"}},
            "response": {"choices": [{"message": {"role": "assistant", "content": "So."}}]},
        }  # fmt: skip

    def row(number: int) -> dict[str, Any]:
        asked = {"contents": [{"role": "user", "parts": [{"text": f"Why {number}?"}]}]}
        told = {"logging_time": "2026-03-02 09:00:00.250001 UTC", "request_id": f"{number}", "model": "m"}
        return {**told, "full_request": asked, "full_response": None}

    (tmp_path / "vertex").mkdir()
    for name, made in (("vertex/table.jsonl", row), ("calls.jsonl", call)):
        (tmp_path / name).write_text("".join(json.dumps(made(number)) + "\n" for number in range(9)))
    callers = "".join(f"{number},u-{number}@example.org\n" for number in range(9))
    (tmp_path / "callers.csv").write_text(f"exchange_id,account_id\n{callers}")
    with shell(tmp_path) as follow:
        scanned, explained, by_customer = [follow.run(command) for command in commands("howto/join-side-files.md")]
    assert "9 exchanges of 9 accounts" in scanned
    assert "key-0" in explained
    assert "9 exchanges of 9 accounts" in by_customer


@pytest.mark.skipif(find_spec("pysail") is None, reason="make test installs Sail")
def test_a_log_is_read_by_spark(small: Path) -> None:
    with shell(small) as follow:
        for command in commands("howto/scan-on-spark.md"):
            follow.run(command)
    assert '"engine": "spark"' in (small / "run" / "run.json").read_text()


def test_a_small_log_is_scanned(tmp_path: Path) -> None:
    for name, seed in (("good-weeks", 11), ("new", 12)):
        simulate_design(scaled(draw_design(seed, "quiet"), 0.1), tmp_path / name, ())
    known = [(tmp_path / name / "accounts.jsonl").read_text() for name in ("good-weeks", "new")]
    (tmp_path / "accounts.jsonl").write_text("".join(known))
    with shell(tmp_path) as follow:
        for command in commands("howto/calibrate.md"):
            follow.run(command)
    document = json.loads((tmp_path / "run" / "run.json").read_text())
    assert document["calibration"]
    assert (tmp_path / "run" / "calibration.json").stat().st_size < 400_000


def test_a_plan_of_the_lab_is_carried_out(tmp_path: Path) -> None:
    first, second = blocks("howto/run-the-lab.md", "toml")
    for name, plan in (("first", first), ("second", second)):
        # As written, but that no afternoon is to be spent: fewer queries, steps and seeds.
        shorter = re.sub(r"^(queries|seeds) = .*\n", "", plan, flags=re.MULTILINE)
        (tmp_path / f"{name}.toml").write_text(f"queries = [40]\nsteps = [5]\nseeds = [0]\n{shorter}")
    with serving(ModelServer()) as upstream, shell(tmp_path, {"second.toml": "ours.toml"}) as follow:
        (tmp_path / "ours.toml").write_text(
            (tmp_path / "second.toml").read_text().replace("http://127.0.0.1:8000", upstream)
        )
        said = follow.run("stillwatch lab run second.toml --out run --workers 1")
        assert "1 students" in said
        (student,) = json.loads(follow.run("stillwatch lab report run --json"))
        assert student["grid"] == "grid"
    assert len(read_plan(tmp_path / "first.toml").cells) == 2 * (4 + 3 - 1)


def test_a_suspect_is_audited(tmp_path: Path) -> None:
    with shell(tmp_path) as follow:
        for command in commands("howto/audit-a-suspect.md"):
            follow.run(command)
    assert "requests" in follow.said
