"""Side files of one JSON object a line: a line ends at a newline and nowhere else."""

from __future__ import annotations

from pathlib import Path

import pytest

from stillwatch.core import BadTable
from stillwatch.provenance.json_lines import json_lines


def test_a_line_ends_at_a_newline_and_nowhere_else(tmp_path: Path) -> None:
    path = tmp_path / "answers.jsonl"
    path.write_text('{"text": "one\u2028still one\u0085and still"}\n{"text": "two"}\r\n', encoding="utf-8")
    found = list(json_lines(path, lambda _, one: str(one["text"]), "no text"))
    assert found == ["one\u2028still one\u0085and still", "two"]
    path.write_text("")
    assert list(json_lines(path, lambda line, _: line, "no text")) == []


def test_the_line_that_will_not_do_is_named(tmp_path: Path) -> None:
    path = tmp_path / "answers.jsonl"
    path.write_text('{"text": "one"}\n{"words": "two"}\n')
    with pytest.raises(BadTable, match=r"answers.jsonl:2"):
        list(json_lines(path, lambda _, one: str(one["text"]), "no text"))
