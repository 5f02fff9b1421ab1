"""The pages are followed as they are written: every command of each, top to bottom, in a folder of its own."""

import gzip
import json
import re
import shutil
import socket
import subprocess
import sys
import urllib.request
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
from deliveries import small_world
from gateways import serving
from model_server import ModelServer
from page_commands import ROOT, blocks, commands, environment, shell

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


def free_port() -> str:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return str(free.getsockname()[1])


@pytest.fixture(scope="module")
def tutorial(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder in which the tutorial was followed: a week and its run."""
    folder = tmp_path_factory.mktemp("tutorial")
    with shell(folder) as follow:
        for command in commands("tutorial/first-scan.md"):
            follow.run(command)
    assert "C001" in follow.said
    assert (folder / "run" / "report.html").stat().st_size > 10_000
    return folder


@pytest.fixture
def small(tmp_path: Path) -> Path:
    """A folder with a small log of one's own, of people and one campaign, for a page that scans it again and again."""
    (tmp_path / "logs").mkdir()
    small_world(tmp_path / "logs")
    return tmp_path


def with_accounts(small: Path) -> None:
    """A file of all accounts of the small log, beside it."""
    lines = (small / "logs" / "log.jsonl").read_text().splitlines()
    whose = sorted({json.loads(line)["account_id"] for line in lines})
    rows = (json.dumps({"account_id": one, "plan": "pro"}) + "\n" for one in whose)
    (small / "accounts.jsonl").write_text("".join(rows))


def test_every_page_with_commands_is_followed() -> None:
    pages = [path.relative_to(ROOT / "docs").as_posix() for path in (ROOT / "docs").glob("*/*.md")]
    with_commands = {name for name in pages if name.split("/")[0] in ("tutorial", "howto") and commands(name)}
    assert with_commands == FOLLOWED


def test_the_error_rate_is_moved_and_python_used(small: Path) -> None:
    with_accounts(small)
    (small / "week").mkdir()
    for name in ("logs", "accounts.jsonl"):
        (small / name).rename(small / "week" / name)
    with shell(small) as follow:
        for command in commands("howto/move-the-error-rate.md"):
            follow.run(command)
    (code,) = blocks("howto/use-in-python.md", "python")
    (small / "use.py").write_text(code)
    done = subprocess.run([sys.executable, "use.py"], cwd=small, capture_output=True, text=True, env=environment())
    assert done.returncode == 0, done.stderr
    assert "review" in done.stdout


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


def test_a_run_is_added_to_every_day(small: Path, tutorial: Path) -> None:
    with_accounts(small)
    log = small / "logs" / "log.jsonl"
    lines = log.read_text().splitlines(keepends=True)
    log.unlink()
    newest = max(json.loads(line)["time"][:10] for line in lines)
    for name, is_new in (("before", False), ("today", True)):
        (small / "logs" / name).mkdir()
        days = (line for line in lines if (json.loads(line)["time"][:10] == newest) is is_new)
        (small / "logs" / name / f"{name}.jsonl").write_text("".join(days))
    shutil.copyfile(tutorial / "week" / "releases.jsonl", small / "releases.jsonl")
    with shell(small) as follow:
        for command in commands("howto/scan-every-day.md"):
            follow.run(command)
    assert "Since step 3:" in follow.said
    assert "First reported" in follow.said


@pytest.mark.skipif(find_spec("pysail") is None, reason="make test installs Sail")
def test_a_log_is_read_by_spark(small: Path) -> None:
    with shell(small) as follow:
        for command in commands("howto/scan-on-spark.md"):
            follow.run(command)
    assert '"engine": "spark"' in (small / "run" / "run.json").read_text()


def test_a_policy_is_written(tutorial: Path, tmp_path: Path) -> None:
    shutil.copytree(tutorial / "run", tmp_path / "run")
    mine, licences = blocks("howto/write-a-policy.md", "yaml")
    (tmp_path / "mine.yaml").write_text(mine)
    (tmp_path / "licences.yaml").write_text(licences)
    with shell(tmp_path) as follow:
        for command in commands("howto/write-a-policy.md"):
            follow.run(command)
    assert "decisions added" in follow.said


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


def test_a_verification_is_lifted(tutorial: Path, tmp_path: Path) -> None:
    shutil.copytree(tutorial / "run", tmp_path / "run")
    (asks,) = blocks("howto/lift-a-verification.md", "yaml")
    mine = blocks("howto/write-a-policy.md", "yaml")[0]
    (mine, replaced) = re.subn(r"^    action: \[.*\]\n", asks, mine, flags=re.MULTILINE)
    assert replaced == 1
    (tmp_path / "mine.yaml").write_text(mine)
    with shell(tmp_path) as prepare:
        prepare.run("stillwatch policy decide run --policy mine.yaml --log decisions.jsonl")
        told = json.loads(prepare.run("stillwatch policy log decisions.jsonl --json"))
        asked = next(one for one in told if one["waits_for"] == "act")
        prepare.run(f"stillwatch policy approve {asked['decision_id']} --log decisions.jsonl --by Bo")
    ours = {"D-0123456789ab": asked["decision_id"], "--account A ": f"--account {asked['accounts'][0]} "}
    with shell(tmp_path, ours) as follow:
        for command in commands("howto/lift-a-verification.md"):
            follow.run(command)
        assert "is asked no more" in follow.said
        assert "decisions in force" in follow.said
        (again,) = [
            one
            for one in json.loads(follow.run("stillwatch policy log decisions.jsonl --json"))
            if one["decision_id"] == asked["decision_id"]
        ]
        assert again["verified"] == [asked["accounts"][0]]


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


def test_the_gateway_is_put_in_front(small: Path) -> None:
    with serving(ModelServer()) as upstream:
        ours = {"http://127.0.0.1:8000": f"{upstream} --port 0", "9187": free_port()}
        with shell(small, ours) as follow:
            for command in commands("howto/put-the-gateway-in-front.md"):
                said = follow.run(command)
                if "gateway --upstream" in command:
                    url = re.search(r"running on (http://[\w.:]+)", said)
                    assert url
                    assert "decisions in force" in said or "account" in said
                    ask(url[1])
                    follow.stop()
            assert [one.split()[1] for one in follow.left_out] == ["vllm"]
    assert (small / "run-2" / "report.html").exists()


def ask(url: str) -> None:
    body = {"model": "m", "messages": [{"role": "user", "content": "What is a lamp?"}]}
    headers = {"content-type": "application/json", "x-account-id": "acct-1"}
    request = urllib.request.Request(f"{url}/v1/chat/completions", json.dumps(body).encode(), headers)
    with urllib.request.urlopen(request, timeout=120) as answer:
        assert answer.status == 200


def test_an_alliance_is_joined(small: Path, tutorial: Path) -> None:
    shutil.copytree(tutorial / "run", small / "run")
    port = free_port()
    ours: dict[str, str | Callable[[str], str]] = {
        "--host hub.example --tls-certificate hub.pem --tls-key hub.key": f"--port {port}",
        "https://hub.example:8443": f"http://127.0.0.1:{port}",
        "campaign--ID": lambda said: re.findall(r"campaign--[0-9a-f-]{36}", said)[-1],
        "acme.CASE": lambda said: re.findall(r"acme\.[0-9a-f-]+", said)[-1],
        "appeal campaign": "appeal --yes campaign",
        "retract campaign": "retract --yes campaign",
    }
    with shell(small, ours) as follow:
        for command in commands("howto/join-an-alliance.md"):
            follow.run(command)
        assert len(follow.left_out) == 4


def test_the_console_is_used(tutorial: Path, tmp_path: Path) -> None:
    shutil.copytree(tutorial / "run", tmp_path / "runs" / "week")
    (tmp_path / "licences.yaml").write_text("licences: []\n")
    ours = {"--demo": "--demo --port 0", "console RUNS": "console runs --port 0"}
    with shell(tmp_path, ours) as follow:
        demo, link, served = [follow.run(command) for command in commands("howto/use-the-console.md")]
        for said in (demo, link):
            assert re.search(r"http://127.0.0.1:\d+/welcome/\S+", said)
        (url,) = re.findall(r"http://[\w.:]+", served)
        with urllib.request.urlopen(f"{url}/sign-in", timeout=120) as answer:
            assert "Sign in" in answer.read().decode()
