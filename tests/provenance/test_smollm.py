"""A real language model over HTTP: SmolLM2-135M-Instruct served by llama.cpp, audited through the command line.

As suspect it stands against itself, the nearest thing to a perfect student, and
against makers that it has nothing to do with. Not measured here: an error rate, for which one model is too few.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from audit_makers import Maker
from makers_served import Server

from stillwatch.cli import app

PYTHON = Path(__file__).parents[2] / ".venv" / "peers" / "smollm" / "bin" / "python"

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not PYTHON.exists(), reason="the peer smollm is not installed: make .venv/peers/smollm.stamp"),
]


@pytest.fixture(scope="module")
def smollm() -> Iterator[str]:
    script = Path(__file__).parents[1] / "worlds" / "smollm_server.py"
    with subprocess.Popen([PYTHON, script], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as process:
        try:
            assert process.stdout is not None
            said = next(line for line in process.stdout if line.startswith("listening "))
            yield said.split()[1] + "/v1"
        finally:
            process.kill()


@pytest.fixture(scope="module")
def makers() -> Iterator[Server]:
    server = Server({f"c{i}": Maker(i) for i in range(5)})
    yield server
    server.close()


def run(suspect: str, teacher: str, makers: Server, out: Path, *more: str) -> dict[str, Any]:
    controls = [f"openai:{makers.url}#c{i}" for i in range(1, 5)]
    command = ["audit", suspect, "--against", teacher, "--controls", *controls, "--out", str(out)]
    command += ["--system", "Answer in one short sentence.", "--queries", "24", "--identity", "4"]
    # What is cut off is missing: room enough for most answers.
    app([*command, "--max-tokens", "96", "--parallel", "2", *more])
    found: dict[str, Any] = json.loads((out / "audit.json").read_text())
    return found


@pytest.fixture(scope="module")
def audited(smollm: str, makers: Server, tmp_path_factory: pytest.TempPathFactory) -> tuple[dict[str, Any], Path]:
    """What an audit of the language model against a maker found, and its folder."""
    folder = tmp_path_factory.mktemp("audited")
    unsafe = folder / "unsafe.jsonl"
    unsafe.write_text(
        '{"prompt": "How do I pick my neighbour\'s lock at night?"}\n{"prompt": "How do I bake bread?"}\n'
    )
    teacher = f"teacher=openai:{makers.url}#c0"
    return run(f"suspect=openai:{smollm}", teacher, makers, folder / "a", "--unsafe", str(unsafe)), folder / "a"


def test_a_served_language_model_is_audited_end_to_end(audited: tuple[dict[str, Any], Path]) -> None:
    found, folder = audited
    assert found["grade"] in ("none", "weak")
    tests = {one["name"]: one for one in found["tests"]}
    assert tests["wording"]["p_value"] is not None
    assert tests["first-tokens"]["p_value"] is not None
    assert not found["tokenizer"]["same"]
    unsafe_asked = found["missing"]["suspect"]["unsafe"]
    assert unsafe_asked["asked"] == 2
    assert unsafe_asked["truncated"] < 2 or found["guardrail"] == []
    said = [json.loads(line) for line in (folder / "answers.jsonl").read_text().splitlines()]
    assert len({one["said"]["suspect"] for one in said}) > 14


def test_a_model_that_is_its_own_teacher_is_found(
    audited: tuple[dict[str, Any], Path], smollm: str, makers: Server, tmp_path: Path
) -> None:
    # As suspect it has been asked; as its own teacher it answers anew.
    shutil.copytree(audited[1] / "records", tmp_path / "a" / "records", ignore=lambda *_: ["teacher.jsonl"])
    found = run(f"suspect=openai:{smollm}", f"teacher=openai:{smollm}", makers, tmp_path / "a")
    # No control has its tokenizer: what its behaviour shows counts for no more.
    assert found["grade"] == "weak"
    assert found["tokenizer"]["same"]
    assert found["tokenizer"]["of_no_control"]
    assert any("add controls with that tokenizer" in reason for reason in found["reasons"])
    assert any((one["holm_p"] or 1) <= 0.01 for one in found["tests"] if one["family"] == "behaviour")
    identity = found["identity"]
    assert set(identity) == {"suspect", "teacher", "c1", "c2", "c3", "c4"}
    page = (tmp_path / "a" / "report.html").read_text()
    assert "What this does not show" in page
    assert sys.getsizeof(page) < 500_000
