"""A cell of gigabytes is one dead letter in every kind of table, as a line of gigabytes is one in a log of lines.

Megabytes, packed, had taken twelve gigabytes of memory as CSV, and kilobytes thirteen as Parquet.
"""

import gzip
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from stillwatch.core import BadSetting
from stillwatch.engines import DuckDBEngine
from stillwatch.ingest import plan, read_slice
from stillwatch.ingest.files import LONGEST_LINE

TIME = "2026-03-02T09:00:00Z"
MEBIBYTES = (LONGEST_LINE >> 20) + 2


def _packed(before: str, behind: str) -> Callable[[Path], None]:
    def write(folder: Path) -> None:
        with gzip.open(folder / "log.gz", "wb", compresslevel=1) as log:
            log.write(before.encode())
            for _ in range(MEBIBYTES):
                log.write(b"a" * (1 << 20))
            log.write(behind.encode())

    return write


def _rows() -> dict[str, list[str]]:
    texts = ["Why?", "a" * (MEBIBYTES << 20), "How so?"]
    return {"time": [TIME] * 3, "account_id": ["a0", "long", "a1"], "prompt": texts}


def _parquet(folder: Path) -> None:
    pq.write_table(pa.table(_rows()), folder / "log.parquet", compression="zstd", use_dictionary=False)


def _arrow(folder: Path) -> None:
    table = pa.table(_rows())
    options = pa.ipc.IpcWriteOptions(compression="zstd")
    with (
        pa.OSFile(str(folder / "log.arrow"), "wb") as file,
        pa.ipc.new_file(file, table.schema, options=options) as out,
    ):
        out.write_table(table)


HEAD = "time,account_id,prompt\n"
INSERT = "INSERT INTO log (time, account_id, prompt) VALUES\n"
BARS = "| time | account_id | prompt |\n|---|---|---|\n"
FILES = {
    "CSV": _packed(f'{HEAD}{TIME},a0,Why?\n{TIME},long,"', f'"\n{TIME},a1,How so?\n'),
    "CSV without quotes": _packed(f"{HEAD}{TIME},a0,Why?\n{TIME},long,", f"\n{TIME},a1,How so?\n"),
    "a dump": _packed(f"{INSERT}('{TIME}', 'a0', 'Why?'),\n('{TIME}', 'long', '", f"'),\n('{TIME}', 'a1', 'How?');\n"),
    "a table of text": _packed(f"{BARS}| {TIME} | a0 | Why? |\n| {TIME} | long | ", f" |\n| {TIME} | a1 | How? |\n"),
    "Parquet": _parquet,
    "Arrow": _arrow,
}


@pytest.mark.parametrize("kind", FILES)
def test_a_cell_that_no_request_is_as_long_as_costs_its_row_alone(tmp_path: Path, kind: str) -> None:
    FILES[kind](tmp_path)
    results = [one for part in plan([tmp_path]) for one in read_slice(part)]
    assert [row["account_id"] for one in results for row in one.exchanges.to_pylist()] == ["a0", "a1"]
    (letter,) = [row for one in results for row in one.dead_letters.to_pylist()]
    assert "of more than 256 MiB" in letter["reason"]
    assert "no API takes a request as long" in letter["reason"]


@pytest.mark.parametrize("kind", ["csv", "parquet"])
def test_a_batch_of_long_records_holds_fewer(tmp_path: Path, kind: str) -> None:
    texts = [f"{n} {'Why is that so? ' * 65_536}" for n in range(300)]
    table = pa.table({"time": [TIME] * 300, "account_id": ["a"] * 300, "prompt": texts})
    if kind == "parquet":
        pq.write_table(table, tmp_path / "log.parquet", compression="zstd", use_dictionary=False)
    else:
        lines = [HEAD, *(f"{TIME},a,{text}\n" for text in texts)]
        (tmp_path / "log.csv").write_text("".join(lines), encoding="utf-8")
    read = [one for part in plan([tmp_path]) for one in read_slice(part, batch_rows=300)]
    assert sum(one.exchanges.num_rows for one in read) == 300
    assert max(one.exchanges.nbytes for one in read) < 150 << 20


def test_too_little_memory_for_a_run_is_a_sentence(tmp_path: Path) -> None:
    with (
        DuckDBEngine(tmp_path, memory_mb=64, threads=1) as engine,
        pytest.raises(BadSetting, match="too little memory"),
    ):
        engine.sql("SELECT list(repeat('a', 1_000_000) || i) AS one FROM range(400) AS t(i)")
