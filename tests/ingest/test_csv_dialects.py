r"""Rows are the same whoever wrote them: with doubled quotes, quotes behind backslashes, or no quotes at all."""

import csv
import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from stillwatch.ingest import plan, read_slice

NAMES = ["timestamp", "user_id", "model", "prompt", "response", "session_id"]
WHEN = "2026-03-02T09:00:00Z"
Row = list[str | None]


def doubled(rows: list[Row], between: str) -> str:
    text = io.StringIO()
    writer = csv.writer(text, delimiter=between, lineterminator="\n")
    writer.writerows([["" if cell is None else cell for cell in row] for row in rows])
    return text.getvalue()


def escaped(rows: list[Row], between: str) -> str:
    """As Spark does, and MySQL where it is told of quotes."""

    def cell(one: str | None) -> str:
        if one is None:
            return ""
        return '"' + one.replace("\\", "\\\\").replace('"', '\\"') + '"'

    return "".join(between.join(map(cell, row)) + "\n" for row in rows)


def bare(rows: list[Row], between: str) -> str:
    """As Postgres' COPY does."""
    marks = {"\\": "\\\\", "\n": "\\n", "\t": "\\t", "\r": "\\r"}

    def cell(one: str | None) -> str:
        return "\\N" if one is None else "".join(marks.get(letter, letter) for letter in one)

    return "".join("\t".join(map(cell, row)) + "\n" for row in rows) + "\\.\n"


def naive(rows: list[Row], between: str) -> str:
    """As a program does that knows no quotes."""
    return "".join("\t".join(cell or "" for cell in row) + "\n" for row in rows)


WRITERS: dict[str, Callable[[list[Row], str], str]] = {"doubled": doubled, "escaped": escaped, "bare": bare}


def read(path: Path) -> tuple[list[dict[str, Any]], list[str]]:
    results = [result for part in plan([path]) for result in read_slice(part)]
    rows = [row for result in results for row in result.exchanges.to_pylist()]
    return rows, [letter["reason"] for result in results for letter in result.dead_letters.to_pylist()]


SAID = [
    'He said "no" twice.',
    '"quoted"',
    "two\nlines, and\ttabs",
    r"C:\new\table",
    r"a regex: \d+\\n and \"quotes\"",
    'print("a\\n")',
    "semi;colon|bar,comma",
    "plain",
]


@pytest.mark.parametrize("writer", sorted(WRITERS))
@pytest.mark.parametrize("between", [",", "\t", ";"])
def test_texts_are_as_they_were_said(tmp_path: Path, writer: str, between: str) -> None:
    # In quotes, it could be a cell that is written so.
    said = [text for text in SAID if writer != "bare" or text != '"quoted"']
    rows: list[Row] = [[WHEN, "u-1", "m", text, text, None] for text in said]
    path = tmp_path / "log.csv"
    path.write_text(WRITERS[writer]([[*NAMES], *rows], between), newline="")
    found, letters = read(path)
    assert letters == []
    assert [(row["prompt"], row["response"], row["session_id"]) for row in found] == [
        (text, text, None) for text in said
    ]


ASKED = st.text(st.characters(codec="utf-8", exclude_characters="\0", exclude_categories=["Cc", "Cs"]), min_size=1)


@pytest.mark.parametrize("writer", sorted(WRITERS))
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(texts=st.lists(ASKED | st.sampled_from(SAID), min_size=1, max_size=4), between=st.sampled_from(",;\t"))
def test_bodies_are_the_json_that_they_were(tmp_path: Path, writer: str, texts: list[str], between: str) -> None:
    rows: list[Row] = [["timestamp", "user_id", "request", "response"]]
    for text in texts:
        asked = json.dumps({"model": "m", "messages": [{"role": "user", "content": text}]}, ensure_ascii=False)
        answer = json.dumps({"choices": [{"index": 0, "message": {"role": "assistant", "content": text}}]})
        rows.append([WHEN, "u-1", asked, answer])
    path = tmp_path / "log.csv"
    path.write_text(WRITERS[writer](rows, between), encoding="utf-8", newline="")
    found, letters = read(path)
    assert letters == []
    assert [row["messages"][0]["content"] for row in found] == texts


def test_json_without_quotes_or_escapes_is_itself(tmp_path: Path) -> None:
    texts = ['say "hi"', "two\nlines", "plain", r"C:\new"]
    rows: list[Row] = [["timestamp", "user_id", "request"]]
    rows += [[WHEN, "u-1", json.dumps({"messages": [{"role": "user", "content": text}]})] for text in texts]
    path = tmp_path / "log.tsv"
    for order in (rows, [rows[0], *reversed(rows[1:4]), rows[4]]):
        path.write_text(naive(order, "\t"))
        found, letters = read(path)
        assert letters == []
        assert sorted(row["prompt"] for row in found) == sorted(texts)
