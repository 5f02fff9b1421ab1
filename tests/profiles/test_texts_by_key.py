"""Texts are found by the keys of their exchanges, in a log that its engine holds and in files."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from stillwatch.engines import DuckDBEngine
from stillwatch.profiles import texts_by_key
from stillwatch.profiles.beginnings import read_beginnings
from stillwatch.profiles.texts_by_key import TextsByKey

COUNT = 50_000


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[DuckDBEngine]:
    with DuckDBEngine(tmp_path / "spill", memory_mb=100, threads=1) as made:
        yield made


def log(folder: Path, keys: np.ndarray) -> Path:
    """Prompts in two files, whose sizes no piece divides."""
    folder.mkdir()
    table = pa.table({"row_key": keys, "prompt": [f"what is {key}? " + "word " * 60 for key in keys.tolist()]})
    for number, part in enumerate((table.slice(0, 10_001), table.slice(10_001))):
        pq.write_table(part, folder / f"part-{number}.parquet", row_group_size=3_000)
    return folder / "*.parquet"


def told(texts: TextsByKey, keys: np.ndarray) -> list[str]:
    found = pa.Table.from_batches(texts.batches(keys), pa.schema({"place": pa.int64(), "prompt": pa.string()}))
    ordered = found.sort_by("place")
    assert ordered["place"].to_pylist() == list(range(len(keys)))
    return list(ordered["prompt"].to_pylist())


@pytest.mark.parametrize("order", ["ascending", "any"])
def test_texts_in_files_are_those_that_lie_there(engine: DuckDBEngine, tmp_path: Path, order: str) -> None:
    rng = np.random.default_rng(2)
    every = np.sort(rng.choice(1 << 40, COUNT, replace=False))
    if order == "any":
        every = rng.permutation(every)
    texts = TextsByKey(engine, engine.read(log(tmp_path / "log", every)))
    for size in (0, 1, 100, 5_000, texts_by_key.MANY + 1):
        keys = rng.permutation(every)[:size]
        assert [text.split("?")[0] for text in told(texts, keys)] == [f"what is {key}" for key in keys.tolist()]
    twice = every[[3, 3, 7]]
    assert len(told(texts, twice)) == 3


def test_no_text_is_left_behind(engine: DuckDBEngine, tmp_path: Path) -> None:
    texts = TextsByKey(engine, engine.read(log(tmp_path / "log", np.arange(COUNT))))
    assert len(read_beginnings(texts, np.arange(10)).texts) == 10
    assert [path for path in (tmp_path / "spill").rglob("*") if path.is_file()] == []


def test_a_table_that_an_engine_holds_is_not_copied(engine: DuckDBEngine) -> None:
    table = pa.table({"row_key": [5, 9], "prompt": ["five", "nine"]})
    texts = TextsByKey(engine, engine.keep(table))
    assert told(texts, np.array([9, 5])) == ["nine", "five"]
    assert "_copy" not in vars(texts)
