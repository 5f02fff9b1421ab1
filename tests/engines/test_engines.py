"""What every engine does: the suite that a new one must pass. Add it to ``ENGINES``."""

import gc
import os
import signal
import threading
import weakref
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack
from datetime import UTC, datetime
from functools import cache
from importlib.util import find_spec
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from stillwatch.engines import DuckDBEngine, Engine, SparkEngine, worker_pool
from stillwatch.engines.duckdb import query
from stillwatch.engines.sail_server import sail_server


def duckdb_engine(folder: Path) -> AbstractContextManager[Engine]:
    return DuckDBEngine(folder / "it's spilled", memory_mb=300, threads=2)


def spark_engine(folder: Path) -> AbstractContextManager[Engine]:
    """A session of its own on the server that this file's tests share: Sail's, or the one that SPARK_MASTER names."""
    return SparkEngine(os.environ.get("SPARK_MASTER") or sail(), folder / "it's spilled")


_SAIL = ExitStack()


@cache
def sail() -> str:
    if find_spec("pysail") is None or find_spec("pyspark") is None:
        pytest.skip("make test installs Spark's client and Sail")
    return _SAIL.enter_context(sail_server())


ENGINES: list[Callable[[Path], AbstractContextManager[Engine]]] = [duckdb_engine, spark_engine]
NUMBERS = pa.table({"n": pa.array(range(10), pa.int64()), "name": [f"row {n}" if n % 3 else None for n in range(10)]})


@pytest.fixture(scope="module", autouse=True)
def _sail_ends() -> Iterator[None]:
    yield
    _SAIL.close()


@pytest.fixture(params=ENGINES, ids=lambda make: make.__name__)
def engine(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Engine]:
    with request.param(tmp_path) as made:
        yield made


def numbers(table: pa.Table, column: str = "n") -> list[int]:
    values: list[int] = table[column].to_pylist()
    return values


def test_a_kept_table_comes_back_as_it_was(engine: Engine) -> None:
    table = engine.keep(NUMBERS)
    assert engine.fetch("FROM {t} ORDER BY n", t=table).equals(NUMBERS)
    assert engine.columns(table) == ["n", "name"]


def test_files_are_read_by_a_path_with_wildcards(engine: Engine, tmp_path: Path) -> None:
    # What DuckDB takes for a partition's column is a folder of somebody's, no more.
    folder = tmp_path / "name=other" / "it's here"
    folder.mkdir(parents=True)
    for part in range(3):
        pq.write_table(NUMBERS.slice(part * 3, 3), folder / f"part-{part}.parquet")
    every = engine.read(folder / "*.parquet")
    assert set(engine.fetch("FROM {t}", t=every)["name"].to_pylist()) == set(NUMBERS["name"].to_pylist())
    assert numbers(engine.fetch("FROM {t} ORDER BY n", t=every)) == list(range(9))
    some = engine.read(folder / "*.parquet", "n >= 4 AND name IS NOT NULL")
    assert numbers(engine.fetch("FROM {t} ORDER BY n", t=some)) == [4, 5, 7, 8]
    assert numbers(engine.fetch("FROM {t} ORDER BY n", t=engine.read(folder / "part-1.parquet"))) == [3, 4, 5]


def test_files_of_differing_columns_are_read_as_one(engine: Engine, tmp_path: Path) -> None:
    pq.write_table(NUMBERS.slice(0, 2), tmp_path / "part-0.parquet")
    pq.write_table(NUMBERS.slice(2, 2).select(["n"]), tmp_path / "part-1.parquet")
    both = engine.read(tmp_path / "part-*.parquet", mixed=True)
    found = engine.fetch("SELECT n, name FROM {t} ORDER BY n", t=both)
    assert found["name"].to_pylist() == [None, "row 1", None, None]
    assert numbers(found) == [0, 1, 2, 3]


def test_files_that_are_asked_of_often_say_the_same(engine: Engine, tmp_path: Path) -> None:
    pq.write_table(NUMBERS, tmp_path / "part-0.parquet")
    once, often = (engine.read(tmp_path / "*.parquet", "n >= 4", often=often) for often in (False, True))
    asked = [engine.fetch("FROM {t} ORDER BY n", t=table) for table in (once, often)]
    assert asked[0].equals(asked[1])
    assert numbers(asked[1]) == [n for n in NUMBERS["n"].to_pylist() if n >= 4]


def test_columns_at_hand_say_the_same(engine: Engine) -> None:
    asked = "SELECT n, name FROM {t} SEMI JOIN {some} USING (n) ORDER BY n"
    table, some = engine.keep(NUMBERS), pa.table({"n": [1, 3, 7]})
    at_hand = engine.at_hand(table, "n", "name")
    assert engine.fetch(asked, t=at_hand, some=some).equals(engine.fetch(asked, t=table, some=some))
    assert (
        engine.fetch("SELECT * FROM {t}", t=engine.at_hand(engine.sql("FROM {t} WHERE n > 99", t=table), "n")).num_rows
        == 0
    )


def test_columns_of_files_are_at_hand_where_memory_lets_them(tmp_path: Path) -> None:
    made = pa.table({"n": range(1_000), "text": ["a" * 60_000] * 1_000})
    pq.write_table(made, tmp_path / "texts.parquet", compression="none", use_dictionary=False)
    with DuckDBEngine(tmp_path, memory_mb=200, threads=1) as engine:
        table = engine.read(tmp_path / "texts.parquet")
        at_hand = engine.at_hand(table, "n")
        assert at_hand != table
        assert engine.at_hand(at_hand, "n") == at_hand
        assert engine.at_hand(table, "n", "text") == table


def test_a_query_over_named_tables_is_held(engine: Engine) -> None:
    left, right = engine.keep(NUMBERS), pa.table({"n": pa.array([2, 4, 99], pa.int64())})
    both = engine.sql("SELECT l.n FROM {left} AS l JOIN {right} AS r ON l.n = r.n", left=left, right=right)
    again = engine.sql("SELECT n + 1 AS n FROM {both}", both=both)
    assert numbers(engine.fetch("FROM {t} ORDER BY n", t=again)) == [3, 5]
    assert numbers(engine.fetch("FROM {t} ORDER BY n", t=both)) == [2, 4]


def test_what_a_query_made_stays_as_it_was_made(engine: Engine) -> None:
    first = engine.sql("SELECT 1 AS n")
    second = engine.sql("SELECT n + 1 AS n FROM {first}", first=first)
    assert [numbers(engine.fetch("FROM {t}", t=table)) for table in (first, second, first)] == [[1], [2], [1]]


def test_arrow_tables_are_lent_for_one_query(engine: Engine) -> None:
    lent = pa.table({"n": pa.array([1, 2], pa.int64())})
    gone = weakref.ref(lent)
    assert numbers(engine.fetch("FROM {t} ORDER BY n", t=lent)) == [1, 2]
    engine.sql("SELECT sum(n) AS n FROM {t}", t=lent)
    del lent
    gc.collect()
    assert gone() is None


def test_a_lent_table_goes_back_after_an_error_too(engine: Engine) -> None:
    lent = pa.table({"n": pa.array([1], pa.int64())})
    gone = weakref.ref(lent)
    failed = False
    try:
        engine.fetch("SELECT nothing FROM {t}", t=lent)
    except Exception:
        failed = True
    assert failed
    del lent
    gc.collect()
    assert gone() is None
    assert numbers(engine.fetch("SELECT 1 AS n")) == [1]


def test_braces_that_name_no_table_are_doubled(engine: Engine) -> None:
    table = engine.fetch("SELECT {{'a': n}} AS pair, '{{}}' AS text FROM {t} WHERE n = 2", t=NUMBERS)
    assert table.to_pylist() == [{"pair": {"a": 2}, "text": "{}"}]
    with pytest.raises(KeyError):
        engine.fetch("FROM {unknown}")


def test_batches_are_bounded_and_others_may_ask_meanwhile(engine: Engine) -> None:
    many = engine.sql("SELECT range AS n FROM range(10000)")
    seen, sizes = [], []
    for batch in engine.batches("SELECT n FROM {t} ORDER BY n", 700, t=many):
        sizes.append(batch.num_rows)
        seen += batch["n"].to_pylist()
        assert numbers(engine.fetch("SELECT count(*) AS n FROM {t}", t=many)) == [10_000]
    assert max(sizes) <= 700
    assert seen == list(range(10_000))
    lent = [batch.num_rows for batch in engine.batches("FROM {t}", 4, t=NUMBERS)]
    assert sum(lent) == 10
    assert max(lent) <= 4


def test_a_result_is_written_as_one_file(engine: Engine, tmp_path: Path) -> None:
    path = tmp_path / "it's written.parquet"
    assert engine.write("SELECT n FROM {t} WHERE n > 2 ORDER BY n DESC", path, t=NUMBERS) == 7
    assert numbers(pq.read_table(path)) == [9, 8, 7, 6, 5, 4, 3]
    assert pq.ParquetFile(path).metadata.row_group(0).column(0).compression == "ZSTD"
    assert engine.write("FROM {t} WHERE n > 99", path, t=NUMBERS) == 0
    assert pq.read_table(path).schema.names == ["n", "name"]


def test_a_function_of_batches_is_mapped(engine: Engine) -> None:
    def doubled(batch: pa.RecordBatch) -> pa.RecordBatch:
        return pa.record_batch({"n": pa.array([2 * n for n in batch["n"].to_pylist()], pa.int64())})

    made = engine.map_arrow("SELECT n FROM {t}", doubled, t=engine.keep(NUMBERS))
    assert numbers(engine.fetch("FROM {t} ORDER BY n", t=made)) == list(range(0, 20, 2))
    many = engine.map_arrow("SELECT range AS n FROM range(150000)", lambda batch: batch.slice(0, 1))
    assert engine.fetch("SELECT count(*) AS n FROM {t}", t=many)["n"].to_pylist()[0] >= 3


def test_a_function_of_batches_gets_no_more_rows_than_it_asked_for(engine: Engine) -> None:
    def counted(batch: pa.RecordBatch) -> pa.RecordBatch:
        return pa.record_batch({"rows": pa.array([batch.num_rows] if batch.num_rows else [], pa.int64())})

    one_by_one = engine.map_arrow("SELECT n FROM {t}", counted, rows=1, t=NUMBERS)
    assert engine.fetch("FROM {t}", t=one_by_one)["rows"].to_pylist() == [1] * 10
    none = engine.map_arrow("SELECT n FROM {t} WHERE n > 99", counted, t=NUMBERS)
    assert engine.fetch("FROM {t}", t=none).to_pylist() == []
    assert engine.columns(none) == ["rows"]


def test_times_are_of_utc_and_whole_microseconds(engine: Engine) -> None:
    moment = datetime(2026, 3, 2, 9, 0, 0, 123457, tzinfo=UTC)
    table = engine.keep(pa.table({"time": pa.array([moment], pa.timestamp("us", tz="UTC"))}))
    assert engine.fetch("FROM {t}", t=table)["time"].to_pylist() == [moment]
    asked = "SELECT epoch_us(time) AS us, epoch_us(time) // 3600000000 AS hour FROM {t}"
    since = int(moment.timestamp()) * 1_000_000 + 123457
    assert engine.fetch(asked, t=table).to_pylist() == [{"us": since, "hour": since // 3_600_000_000}]


def test_counts_by_group_are_asked_in_one_dialect(engine: Engine) -> None:
    asked = (
        "WITH told AS (SELECT regexp_replace(name, '[0-9]+', '#', 'g') AS kind, n FROM {t}) "
        "SELECT kind, count(*) AS n, count(*) FILTER (n > 4) AS late FROM told GROUP BY kind ORDER BY kind"
    )
    found = engine.fetch(asked, t=engine.keep(NUMBERS)).to_pylist()
    assert found == [{"kind": "row #", "n": 6, "late": 3}, {"kind": None, "n": 4, "late": 2}]


def test_an_engine_that_is_closed_answers_no_more(tmp_path: Path) -> None:
    for make in ENGINES:
        with make(tmp_path) as engine:
            assert numbers(engine.fetch("SELECT 1 AS n")) == [1]
        closed = False
        try:
            engine.fetch("SELECT 1 AS n")
        except Exception:
            closed = True
        assert closed


def test_memory_is_bounded_and_what_exceeds_it_spills(tmp_path: Path) -> None:
    with DuckDBEngine(tmp_path / "spill", memory_mb=60, threads=1) as engine:
        query_limit = engine.fetch("SELECT current_setting('memory_limit') AS m, current_setting('threads') AS t")
        assert query_limit.to_pylist()[0]["t"] == 1
        assert query_limit.to_pylist()[0]["m"].startswith(("57", "60"))
        many = engine.sql("SELECT range AS n, md5(range::VARCHAR) AS text FROM range(1500000)")
        assert numbers(engine.fetch("SELECT count(DISTINCT n) AS n FROM {t}", t=many)) == [1_500_000]


def test_a_query_runs_on_a_connection_of_ones_own() -> None:
    import duckdb  # noqa: PLC0415 - the engine's own client, for this door alone

    with duckdb.connect() as connection:
        assert query(connection, "SELECT 3 AS n")["n"].to_pylist() == [3]


def square(number: int) -> int:
    return number * number


@pytest.mark.slow
def test_workers_are_fresh_processes_and_end_with_the_block() -> None:
    with worker_pool(2) as pool:
        assert list(pool.map(square, range(5))) == [0, 1, 4, 9, 16]
    with pytest.raises(RuntimeError):
        pool.submit(square, 3)


@pytest.mark.slow
def test_workers_end_when_the_block_is_left_by_an_error() -> None:
    pools = []

    def fails() -> None:
        with worker_pool(1) as pool:
            pool.submit(square, 2).result()
            pools.append(pool)
            raise ValueError("left")

    with pytest.raises(ValueError, match="left"):
        fails()
    with pytest.raises(RuntimeError):
        pools[0].submit(square, 3)


@pytest.mark.parametrize("how", ["sql", "fetch", "batches", "write"])
def test_a_query_that_runs_long_ends_at_ctrl_c(engine: Engine, tmp_path: Path, how: str) -> None:
    # Hours long, and none of it is a table that exists: nothing but an interruption ends it.
    asked = "SELECT sum((31 * a.i + b.i) % 255) AS n FROM range(1000) a(i), range(100000000000) b(i)"
    ask: dict[str, Callable[[], object]] = {
        "sql": lambda: engine.sql(asked),
        "fetch": lambda: engine.fetch(asked),
        "batches": lambda: list(engine.batches(asked, 10)),
        "write": lambda: engine.write(asked, tmp_path / "never.parquet"),
    }
    threading.Timer(0.3, os.kill, (os.getpid(), signal.SIGINT)).start()
    with pytest.raises(KeyboardInterrupt):
        ask[how]()
    assert numbers(engine.fetch("FROM {t} ORDER BY n", t=NUMBERS)) == list(range(10))
