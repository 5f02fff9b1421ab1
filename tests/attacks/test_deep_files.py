"""A file that is nested too deeply is a sentence, whichever command is given it; the scan's own are in ``test_foreign_runs``."""

import os
from pathlib import Path

import pytest
from forked_commands import stillwatch

from stillwatch.endpoints import Endpoint

JSON = '{"account_id": "a", "label": "cleared", "prompt": "p", "answer": ' + "[" * 100_000 + "]" * 100_000 + "}\n"
TOML = f"a = {'[' * 100_000}\n"
ASKED = ("audit", "openai:http://127.0.0.1:1/v1", "--against", "openai:http://127.0.0.1:1/v1", "--out", "audit")
COMMANDS = {
    "labels": (JSON, ("labels", "import", "deep", "--log", "log", "--by", "ann", "--reason", "r")),
    "a list of labels": (f"[{JSON}]", ("labels", "import", "deep", "--log", "log", "--by", "ann", "--reason", "r")),
    "a decision log": (JSON, ("policy", "log", "deep")),
    "a log of labels": (JSON, ("labels", "list", "deep")),
    "a policy": (JSON, ("policy", "check", "deep")),
    "prompts": (JSON, (*ASKED, "--prompts", "deep")),
    "prompts to be refused": (JSON, (*ASKED, "--unsafe", "deep", "--safe", "deep")),
    "a mark's key": (JSON, (*ASKED, "--watermark-key-file", "deep", "--watermark-tokenizer", "deep")),
    "a gateway's settings": (TOML, ("gateway", "--upstream", "http://127.0.0.1:1", "--config", "deep")),
}


@pytest.mark.parametrize("what", COMMANDS)
def test_a_file_that_is_nested_too_deeply_is_a_sentence(tmp_path: Path, what: str) -> None:
    content, words = COMMANDS[what]
    (tmp_path / "deep").write_text(content)
    done = stillwatch(words, tmp_path, os.environ, timeout=600)
    assert done.returncode == 2, done.stderr
    assert "Traceback" not in done.stderr
    assert "deep" in done.stderr


def test_a_line_of_a_record_that_is_nested_too_deeply_costs_itself_alone(tmp_path: Path) -> None:
    record = tmp_path / "record.jsonl"
    record.write_text(JSON)
    assert Endpoint("http://127.0.0.1:1/v1", record).sent == 0
