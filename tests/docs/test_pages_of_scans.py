"""Pages about a run are followed as they are written: asked again, added to, decided about."""

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from page_commands import blocks, commands, environment, shell, with_accounts

pytestmark = pytest.mark.slow


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


def test_a_policy_is_written(tutorial: Path, tmp_path: Path) -> None:
    shutil.copytree(tutorial / "run", tmp_path / "run")
    mine, licences = blocks("howto/write-a-policy.md", "yaml")
    (tmp_path / "mine.yaml").write_text(mine)
    (tmp_path / "licences.yaml").write_text(licences)
    with shell(tmp_path) as follow:
        for command in commands("howto/write-a-policy.md"):
            follow.run(command)
    assert "decisions added" in follow.said


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
