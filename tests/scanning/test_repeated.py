"""What was delivered twice is counted and told, whatever it was written in."""

import gzip
import json
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stillwatch.engines import DuckDBEngine
from stillwatch.ingest import PartsFormat, all_formats, plan, read_slice
from stillwatch.scanning.repeated import Repeats, count_repeats, said_of
from stillwatch.sketching import SKETCH, sketch_batch
from stillwatch.tables import EXCHANGES, RUN_EXCHANGES


def counted(*paths: Path) -> Repeats:
    """The repeats among the exchanges of files."""
    batches = [result.exchanges for part in plan(list(paths)) for result in read_slice(part)]
    return counted_in(pa.Table.from_batches(batches, EXCHANGES))


def counted_in(exchanges: pa.Table) -> Repeats:
    with tempfile.TemporaryDirectory() as spill, DuckDBEngine(Path(spill), memory_mb=300, threads=2) as engine:
        keyed = exchanges.append_column(RUN_EXCHANGES.field("row_key"), pa.array(range(len(exchanges)), pa.int64()))
        sketches = pa.Table.from_batches(list(map(sketch_batch, keyed.combine_chunks().to_batches())), SKETCH)
        exchanges = engine.keep(keyed)
        said = said_of(engine, exchanges=exchanges, sketches=engine.keep(sketches))
        return count_repeats(engine, exchanges=exchanges, said=said)


def records(count: int, **more: Any) -> list[dict[str, Any]]:
    time = "2026-11-24T00:00:{:02d}Z"
    return [{"time": time.format(n), "account_id": "a", "prompt": f"p{n}", **more} for n in range(count)]


def write(path: Path, made: Sequence[Mapping[str, Any]]) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(json.dumps(record) + "\n" for record in made))
    return path


def test_a_log_that_repeats_nothing_has_nothing_to_tell(tmp_path: Path) -> None:
    repeats = counted(write(tmp_path / "log.jsonl", records(9)))
    assert repeats == Repeats(9, 0, 0, 0)
    assert repeats.sentence == ""


def test_a_log_beside_its_compressed_copy_is_told(tmp_path: Path) -> None:
    plain = write(tmp_path / "in" / "log.jsonl", records(7))
    (tmp_path / "in" / "log.jsonl.gz").write_bytes(gzip.compress(plain.read_bytes()))
    repeats = counted(tmp_path / "in")
    assert repeats == Repeats(14, 7, 7, 0)
    assert repeats.sentence.startswith("7 of 14 exchanges repeat another in all but where they were read (7 came")
    assert repeats.counts() == {"copies": 7, "copied": 7, "shared_ids": 0}


def test_a_batch_that_was_shipped_three_times_is_two_copies_each(tmp_path: Path) -> None:
    made = records(5, response="yes", messages=[{"role": "user", "content": "x"}], tools=["search"])
    write(tmp_path / "a.jsonl", made[:2] * 3 + made[2:])
    assert counted(tmp_path / "a.jsonl") == Repeats(9, 4, 2, 0)


@pytest.mark.parametrize("name", sorted(name for name, one in all_formats().items() if not one.refuses))
def test_every_format_delivered_twice_is_told(tmp_path: Path, name: str) -> None:
    one = all_formats()[name]
    made = [one.example, *([one.example_result] if hasattr(one, "example_result") else [])]
    made += one.more_examples if isinstance(one, PartsFormat) else ()
    write(tmp_path / "in" / "first" / "log.jsonl", made)
    write(tmp_path / "in" / "again" / "other-name.jsonl", made)
    # Of parts that are put together over all files, a second is the same part, where each holds a piece of an exchange.
    once = isinstance(one, PartsFormat) and not one.counts_repeats
    wanted = Repeats(1, 0, 0, 0) if once else Repeats(2, 1, 1, 0)
    assert counted(tmp_path / "in") == wanted


def test_the_same_records_as_lines_and_as_columns_are_copies(tmp_path: Path) -> None:
    made = records(6, exchange_id="x", temperature=0.5, n=2)
    made = [{**record, "exchange_id": f"x{n}"} for n, record in enumerate(made)]
    write(tmp_path / "in" / "a.jsonl", made)
    pq.write_table(pa.Table.from_pylist(made), tmp_path / "in" / "a.parquet")
    assert counted(tmp_path / "in") == Repeats(12, 6, 6, 0)


def test_an_id_on_records_that_differ_is_told_apart_from_copies(tmp_path: Path) -> None:
    first, second, third = records(3, exchange_id="x-1")
    write(tmp_path / "log.jsonl", [first, second, second, {**third, "exchange_id": "x-2"}])
    repeats = counted(tmp_path / "log.jsonl")
    assert repeats == Repeats(4, 1, 1, 1)
    assert "1 exchange_id stands on exchanges that differ" in repeats.sentence


def test_two_files_of_one_name_make_ids_that_stand_on_both(tmp_path: Path) -> None:
    first = write(tmp_path / "a" / "log.jsonl", records(2))
    second = write(tmp_path / "b" / "log.jsonl", records(2, response="another"))
    repeats = counted(first, second)
    assert repeats == Repeats(4, 0, 0, 2)
    assert "2 exchange_ids stand on" in repeats.sentence


def test_spans_of_one_line_are_no_copies_of_each_other(tmp_path: Path) -> None:
    span = {"startTimeUnixNano": "1795490904000000000", "attributes": {"gen_ai.prompt": "Why?", "user.id": "a"}}
    export = {"resourceSpans": [{"resource": {}, "scopeSpans": [{"spans": [span, span]}]}]}
    assert counted(write(tmp_path / "a.jsonl", [export])) == Repeats(2, 0, 0, 0)


@pytest.mark.parametrize("name", [n for n in EXCHANGES.names if n not in ("source_file", "source_line")])
def test_a_difference_in_any_column_is_no_copy(name: str) -> None:
    values: dict[pa.DataType, tuple[Any, Any]] = {
        pa.string(): ("a", "b"),
        pa.int64(): (1, 2),
        pa.float64(): (0.5, 0.25),
        pa.bool_(): (True, False),
        EXCHANGES.field("time").type: (1, 2),
        EXCHANGES.field("tools").type: (["a", "b"], ["b", "a"]),
        EXCHANGES.field("messages").type: ([{"role": "user", "content": "a"}], [{"role": "user", "content": None}]),
    }
    one = {f.name: values[f.type][0] for f in EXCHANGES}
    other = {**one, name: values[EXCHANGES.field(name).type][1]}
    columns = {f.name: pa.array([one[f.name], other[f.name], one[f.name]], f.type) for f in EXCHANGES}
    repeats = counted_in(pa.table(columns, schema=EXCHANGES))
    assert repeats == Repeats(3, 1, 1, 0 if name == "exchange_id" else 1)


@settings(max_examples=30, deadline=None)
@given(st.lists(st.integers(1, 4), max_size=30), st.randoms(use_true_random=False))
def test_copies_are_counted_in_any_order(times: list[int], rng: Any) -> None:
    rows = [number for number, count in enumerate(times) for _ in range(count)]
    rng.shuffle(rows)
    known = {
        "exchange_id": [f"f:{line}" for line in range(len(rows))],
        "time": rows,
        "account_id": ["a"] * len(rows),
        "prompt": ["p"] * len(rows),
        "source_file": ["f"] * len(rows),
        "source_line": list(range(len(rows))),
    }
    columns = [pa.array(known.get(f.name, [None] * len(rows)), f.type) for f in EXCHANGES]
    repeats = counted_in(pa.table(columns, schema=EXCHANGES))
    assert repeats == Repeats(len(rows), sum(times) - len(times), sum(count > 1 for count in times), 0)
