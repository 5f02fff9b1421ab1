"""Spark: a cluster of it, PySpark on one machine, or Sail, which speaks Spark Connect and needs no Java.

Tables that are made lie as Parquet in a folder that this process and every worker see under one path. Queries are
written as for DuckDB (``spark_dialect`` says what differs), Arrow functions run on the workers, and what is fetched
comes here. Spark has no whole numbers without a sign: Arrow tables with such columns are refused.
"""

# ruff: noqa: PLC0415 - an extra brings Spark's client

from __future__ import annotations

import itertools
import re
import secrets
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Any, Self, TypeVar

import pyarrow as pa
import pyarrow.parquet as pq

from stillwatch.core import EndpointFailed
from stillwatch.engines.base import ArrowFunction, Engine, Table, no_rows
from stillwatch.engines.spark_dialect import to_spark
from stillwatch.engines.spark_master import session_of, shown

__all__ = ["SparkEngine"]

_Answer = TypeVar("_Answer")

# Of a lost job, that its worker's trace be seen and not only that it was lost.
_MOST_SAID = 1500


class SparkEngine(Engine):
    """A session of Spark; a context manager that ends it.

    Args:
        master: as ``spark_master.session_of`` takes it.
        spill: folder for tables that are made: under one path here and on every worker.

    Raises:
        MissingDependency: the extra is not installed.
        EndpointAway: no cluster answers.
    """

    def __init__(self, master: str, spill: Path) -> None:
        # A scan that was killed left its tables there.
        self._master, self._spill = master, spill.resolve() / secrets.token_hex(8)
        self._numbers = itertools.count(1)
        self._held = ExitStack()
        self._session = self._held.enter_context(session_of(master))
        # The thread in which something is asked, so that this one hears Ctrl-C.
        self._asker = self._held.enter_context(ThreadPoolExecutor(1, thread_name_prefix="spark"))
        self._open = True

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *raised: object) -> None:
        self._open = False
        self._held.close()

    def read(self, files: Path, where: str = "", *, mixed: bool = False, often: bool = False) -> Table:
        """The Parquet files that a path with wildcards names; ``where`` leaves rows out."""
        paths = [_address(path) for path in sorted(files.parent.glob(files.name))]
        # A folder's name that looks like a partition's column is a folder of somebody's, no more.
        reader = self._spark.read.option("recursiveFileLookup", "true").option("mergeSchema", str(mixed).lower())
        table = self._viewed(reader.parquet(*paths))
        return self._viewed(self._frame("SELECT * FROM {t} WHERE " + where, t=table)) if where else table

    def keep(self, table: pa.Table) -> Table:
        """An Arrow table, held by the engine."""
        return self._viewed(self._spark.createDataFrame(table, schema=_spark_schema(table.schema)))

    def sql(self, query: str, /, **tables: Table | pa.Table) -> Table:
        """The result of a query, held by the engine as Parquet."""
        with self._lent(tables) as names:
            return self._made(self._frame(query, **names))

    def fetch(self, query: str, /, **tables: Table | pa.Table) -> pa.Table:
        """The whole result of a query as an Arrow table."""
        with self._lent(tables) as names:
            frame = self._frame(query, **names)
            return _nullable(self._ask(frame.toArrow))

    def batches(self, query: str, /, rows: int, **tables: Table | pa.Table) -> Iterator[pa.RecordBatch]:
        """The result of a query in batches of at most so many rows: memory is bounded by one."""
        made = self.sql(query, **tables)
        for part in _parts(self._spill / made.name):
            with pq.ParquetFile(part) as source:
                yield from source.iter_batches(rows)

    def write(self, query: str, path: Path, /, **tables: Table | pa.Table) -> int:
        """Write the result of a query as one Parquet file (zstd); how many rows it has."""
        with self._lent(tables) as names:
            schema = self.fetch(f"SELECT * FROM ({query}) LIMIT 0", **names).schema
            written = 0
            with pq.ParquetWriter(path, schema, compression="zstd", compression_level=1) as writer:
                for batch in self.batches(query, 65_536, **names):
                    writer.write_batch(batch.cast(schema))
                    written += batch.num_rows
        return written

    def map_arrow(
        self, query: str, function: ArrowFunction, /, rows: int = 65_536, **tables: Table | pa.Table
    ) -> Table:
        """A function of Arrow batches over the result of a query, on the workers, its result held by the engine."""
        with self._lent(tables) as names:
            frame = self._frame(query, **names)
            given = self._ask(frame.limit(0).toArrow).schema
            made = _spark_schema(function(no_rows(given)).schema)
            batches = -(-self._ask(frame.count) // rows)
            spread = frame.repartition(max(1, batches))
            return self._made(spread.mapInArrow(_Mapped(function, rows), made))

    @property
    def _spark(self) -> Any:
        if not self._open:
            raise RuntimeError("the engine is closed")
        return self._session

    def _frame(self, query: str, **names: Table) -> Any:
        sql = to_spark(query.format(**names))
        return self._ask(lambda: self._spark.sql(sql))

    def _viewed(self, frame: Any) -> Table:
        table = Table(f"t{next(self._numbers)}")
        frame.createOrReplaceTempView(table.name)
        return table

    def _made(self, frame: Any) -> Table:
        """A frame's rows, worked out once and held."""
        table = Table(f"t{next(self._numbers)}")
        folder = self._spill / table.name
        self._ask(lambda: frame.write.option("compression", "zstd").parquet(_address(folder)))
        if _parts(folder):
            made = self._spark.read.option("recursiveFileLookup", "true").parquet(_address(folder))
        else:
            made = frame.limit(0)
        made.createOrReplaceTempView(table.name)
        return table

    @contextmanager
    def _lent(self, tables: dict[str, Table | pa.Table]) -> Iterator[dict[str, Table]]:
        """Tables by the names a query has for them; Arrow tables are lent for the block."""
        lent: list[Table] = []
        try:
            names: dict[str, Table] = {}
            for name, given in tables.items():
                names[name] = given if isinstance(given, Table) else self.keep(given)
                if not isinstance(given, Table):
                    lent.append(names[name])
            yield names
        finally:
            for table in lent:
                self._session.catalog.dropTempView(table.name)

    def _ask(self, ask: Callable[[], _Answer]) -> _Answer:
        """What ``ask`` gives; at Ctrl-C the cluster is told to stop."""
        answer = self._asker.submit(ask)
        try:
            return answer.result()
        except KeyboardInterrupt:
            while not answer.done():
                with suppress(Exception):
                    self._interrupt()
                wait([answer], timeout=0.2)
            raise
        except NotImplementedError:
            raise
        except Exception as error:
            if not _of_spark(error):
                raise
            raise EndpointFailed(
                f"Spark could not do it: {str(error)[-_MOST_SAID:]}", where=f"--master {shown(self._master)}"
            ) from error

    def _interrupt(self) -> None:
        if hasattr(self._session, "interruptAll"):
            self._session.interruptAll()
        else:
            self._session.sparkContext.cancelAllJobs()


class _Mapped:
    """A function of a batch as Spark's workers call it: over all batches of a partition."""

    def __init__(self, function: ArrowFunction, rows: int) -> None:
        self._function, self._rows = function, rows

    def __call__(self, batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        for batch in batches:
            for start in range(0, batch.num_rows, self._rows):
                yield self._function(batch.slice(start, self._rows))


def _address(path: Path) -> str:
    """A path as Spark has it, whatever file system it takes paths to be of that do not say."""
    return f"file://{path}"


def _parts(folder: Path) -> list[Path]:
    """The files of a table that Spark or Sail wrote, in order of partitions."""
    return sorted(folder.glob("*.parquet"), key=lambda path: (_partition(path.name), path.name))


def _partition(name: str) -> int:
    found = re.match(r"part-(\d+)", name) or re.search(r"_(\d+)(?:\.\w+)?\.parquet$", name)
    return int(found[1]) if found else 0


def _spark_schema(schema: pa.Schema) -> Any:
    """Spark's of an Arrow schema; of a table without rows it infers none."""
    from pyspark.sql.pandas.types import from_arrow_schema

    return from_arrow_schema(schema, prefer_timestamp_ntz=True)


def _nullable(table: pa.Table) -> pa.Table:
    """The same, whose columns may all hold nulls, as those of other engines."""
    return table.cast(pa.schema([pa.field(field.name, field.type) for field in table.schema]))


def _of_spark(error: BaseException) -> bool:
    return type(error).__module__.split(".")[0] in {"pyspark", "grpc", "py4j"}
