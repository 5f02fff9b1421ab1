"""A file of a few lines in which names stand for names, ten each, is no value of a hundred million parts."""

import os
from pathlib import Path

import pytest
from forked_commands import stillwatch

LISTS = "[" + ", ".join(["&a0 [x]", *(f"&a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 13))]) + "]"
MERGED = "[" + ", ".join(["&a0 {k: 1}", *(f"&a{n} {{<<: [{', '.join([f'*a{n - 1}'] * 10)}]}}" for n in range(1, 13))])
MERGED += "]"
ITSELF = "&a [*a, *a]"
LICENCE = """licences:
  - licence_id: {}
    holder: h
    contract: c
    accounts: [a]
    purposes: [distillation]
    from: 2026-01-01
    until: 2026-12-31
"""


def refused(words: list[str], folder: Path) -> str:
    done = stillwatch(words, folder, os.environ, timeout=300)
    assert done.returncode == 2, done.stderr
    assert "Traceback" not in done.stderr
    return done.stderr


@pytest.mark.parametrize("value", [LISTS, MERGED, ITSELF], ids=["lists", "merged", "itself"])
def test_such_a_licence_is_refused(tmp_path: Path, value: str) -> None:
    (tmp_path / "licences.yaml").write_text(LICENCE.format(value))
    said = refused(["policy", "decide", "week", "--log", "log", "--licences", "licences.yaml"], tmp_path)
    assert "licences.yaml:2" in said


@pytest.mark.parametrize("value", [LISTS, MERGED], ids=["lists", "merged"])
def test_such_a_policy_is_refused(tmp_path: Path, value: str) -> None:
    assert stillwatch(["policy", "init", "policy.yaml"], tmp_path, os.environ, timeout=300).returncode == 0
    text = (tmp_path / "policy.yaml").read_text(encoding="utf-8")
    sender = next(line for line in text.splitlines() if line.strip().startswith("sender:"))
    indent = sender[: len(sender) - len(sender.lstrip())]
    (tmp_path / "policy.yaml").write_text(text.replace(sender, f"{indent}sender: {value}"), encoding="utf-8")
    assert "sender" in refused(["policy", "check", "policy.yaml"], tmp_path)
