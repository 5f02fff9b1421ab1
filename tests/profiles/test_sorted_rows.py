"""Rows that were sorted once are found by number, wherever they lie."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from stillwatch.engines import DuckDBEngine
from stillwatch.profiles import sorted_rows
from stillwatch.profiles.sorted_rows import SortedRows

ORDERED = "SELECT number, other, is_odd FROM {made} ORDER BY number, other"


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[DuckDBEngine]:
    with DuckDBEngine(tmp_path / "spill", memory_mb=100, threads=1) as made:
        yield made


def rows(count: int) -> pa.Table:
    rng = np.random.default_rng(1)
    other = rng.permutation(count)
    number = pa.array(rng.integers(50, size=count), pa.uint64())
    return pa.table({"number": number, "other": other, "is_odd": other % 2 == 1})


@pytest.mark.parametrize("most", [-1, 1_000, 1_000_000])
@pytest.mark.parametrize("count", [0, 1, 200_000])
def test_rows_are_those_of_a_pass_over_all(
    engine: DuckDBEngine, count: int, most: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sorted_rows, "MOST_HELD", most)
    table = rows(count)
    held = SortedRows.read(engine, ORDERED, made=table)
    for wanted in ([], [3], [0, 7, 49], [999], [*range(50)]):
        chosen = table.filter(pa.array(np.isin(np.asarray(table["number"]), wanted)))
        expected = chosen.sort_by([("number", "ascending"), ("other", "ascending")])
        found = pa.table(held.of(np.array(wanted, np.uint64)))
        assert found.equals(expected.combine_chunks())


def test_no_file_is_left(engine: DuckDBEngine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sorted_rows, "MOST_HELD", 10)
    held = SortedRows.read(engine, ORDERED, made=rows(1_000))
    assert len(held.of(np.arange(50, dtype=np.uint64))["other"]) == 1_000
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []
