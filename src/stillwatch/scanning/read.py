"""The first pass: log files to exchanges, dead letters and sketches, slice by slice.

A worker reads its slice, sketches each batch while it is in cache, and writes three part files;
nothing but counts comes back. Memory is bounded by a batch a worker. A part that is finished says so in a file of its
own, so that a scan that was killed need not read it again. ``read_on_cluster`` has the same slices read by Spark's
workers.
"""

from __future__ import annotations

import os
import platform
import threading
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Executor, as_completed
from dataclasses import dataclass, field
from pathlib import Path

import msgspec
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from stillwatch.ingest import Slice, Unread, read_slice
from stillwatch.scanning.kept import KEPT
from stillwatch.sketching import SKETCH, sketch_batch
from stillwatch.tables import DEAD_LETTERS, RUN_EXCHANGES

__all__ = ["Read", "done_file", "make_folders", "read_one", "read_slices"]

_ROWS = 2048
_PART_ROWS = 32_768
_SKETCH_ROWS = 2048
# Whoever asks a part something decodes up to 2,048 rows of a group at once, in every thread.
_GROUP_BYTES = 32 << 20


@dataclass(frozen=True, slots=True)
class Read:
    """What a pass over some slices came to."""

    exchanges: int = 0
    dead_letters: int = 0
    read_bytes: int = 0
    unread: Unread = field(default_factory=Unread)

    def __add__(self, other: Read) -> Read:
        return Read(
            self.exchanges + other.exchanges,
            self.dead_letters + other.dead_letters,
            self.read_bytes + other.read_bytes,
            self.unread + other.unread,
        )


class _Part:
    """A Parquet part that is made only when it gets a row, and has its name only when it is whole."""

    def __init__(self, path: Path, schema: pa.Schema) -> None:
        self._path, self._schema = path, schema
        # A worker may outlive a scan that is killed, and must not write where the next one does, nor on a cluster where
        # a second of the same part does.
        self._half = path.with_name(f".{path.name}.{platform.node()}-{os.getpid()}-{threading.get_ident()}.partial")
        self._writer: pq.ParquetWriter | None = None
        self._held: list[pa.RecordBatch] = []
        self._rows = self._bytes = 0

    def write(self, batch: pa.RecordBatch) -> None:
        for piece in _pieces(batch):
            if self._bytes + piece.nbytes > _GROUP_BYTES:
                self._flush()
            self._held.append(piece)
            self._rows += piece.num_rows
            self._bytes += piece.nbytes
        if self._rows >= _PART_ROWS:
            self._flush()

    def _flush(self) -> None:
        if not self._held:
            return
        if self._writer is None:
            self._writer = pq.ParquetWriter(
                self._half,
                self._schema,
                compression="lz4",
                use_dictionary=_DICTIONARY[self._schema],
            )
        self._writer.write_table(pa.Table.from_batches(self._held, self._schema))
        self._held, self._rows, self._bytes = [], 0, 0

    def close(self) -> None:
        self._flush()
        if self._writer is not None:
            self._writer.close()
            self._half.replace(self._path)

    def drop(self) -> None:
        if self._writer is not None:
            self._writer.close()
            self._half.unlink()


def _pieces(batch: pa.RecordBatch) -> Iterator[pa.RecordBatch]:
    """A batch in as many as hold no more than a group does, or a row."""
    if batch.num_rows <= 1 or batch.nbytes <= _GROUP_BYTES:
        yield from [batch] if batch.num_rows else ()
        return
    half = batch.num_rows // 2
    yield from _pieces(batch.slice(0, half))
    yield from _pieces(batch.slice(half))


# Dictionaries help columns of few values and only cost where every value differs.
_UNIQUE = {"exchange_id", "prompt", "response", "reasoning", "messages", "time", "latency_ms", "system", "row_key"}
_DICTIONARY: dict[pa.Schema, list[str] | bool] = {
    RUN_EXCHANGES: [f.name for f in RUN_EXCHANGES if f.name not in _UNIQUE and not pa.types.is_list(f.type)],
    DEAD_LETTERS: True,
    SKETCH: False,
}


def _write_sketches(sketches: _Part, exchanges: pa.RecordBatch) -> None:
    """Sketch a batch in pieces that stay in cache."""
    for start in range(0, exchanges.num_rows, _SKETCH_ROWS):
        sketches.write(sketch_batch(exchanges.slice(start, _SKETCH_ROWS)))


def _keyed(exchanges: pa.RecordBatch, part: int, row: int) -> pa.RecordBatch:
    """Exchanges with their ``row_key``: the part, and the row in it from which these go on."""
    keys = np.arange(row, row + exchanges.num_rows, dtype=np.int64) + (part << 32)
    return pa.RecordBatch.from_arrays([*exchanges.columns, pa.array(keys)], schema=RUN_EXCHANGES)


def done_file(work: Path, number: int) -> Path:
    """Says that a part is finished, and what it came to: a ``Read`` as JSON."""
    return work / "read" / f"{number:06d}.json"


def read_one(part: Slice, number: int, run: Path, work: Path) -> Read:
    """Read a slice into part files, unless that is done; read twice, even at once, it comes to the same.

    Args:
        part: the slice.
        number: of the part.
        run, work: as ``read_slices`` has them.
    """
    done = done_file(work, number)
    if done.exists():
        return msgspec.json.decode(done.read_bytes(), type=Read)
    name = f"part-{number:06d}.parquet"
    exchanges = _Part(run / "exchanges.parquet" / name, RUN_EXCHANGES)
    letters = _Part(run / KEPT / "dead_letters" / name, DEAD_LETTERS)
    sketches = _Part(run / "sketches.parquet" / name, SKETCH)
    total = Read()
    for result in read_slice(part, batch_rows=_ROWS):
        keyed = _keyed(result.exchanges, number, total.exchanges)
        exchanges.write(keyed)
        letters.write(result.dead_letters)
        _write_sketches(sketches, keyed)
        total += Read(result.exchanges.num_rows, result.dead_letters.num_rows, result.bytes_read, result.unread)
    # Of two that read one slice the later changes nothing: what is made of the first one's parts may have begun.
    second = done.exists()
    for written in (exchanges, letters, sketches):
        if second:
            written.drop()
        else:
            written.close()
    half = done.with_name(f".{done.name}.{platform.node()}-{os.getpid()}-{threading.get_ident()}")
    half.write_bytes(msgspec.json.encode(total))
    half.replace(done)
    return total


def make_folders(run: Path, work: Path) -> None:
    """Where parts go."""
    for folder in (run / "exchanges.parquet", run / "sketches.parquet", run / KEPT / "dead_letters", work / "read"):
        folder.mkdir(parents=True, exist_ok=True)


def read_slices(
    slices: Iterable[Slice],
    run: Path,
    work: Path,
    *,
    first: int = 0,
    pool: Executor | None,
    progress: Callable[[int], None],
) -> tuple[Read, int]:
    """Read every slice into part files.

    Args:
        slices: what to read.
        run: gets ``exchanges.parquet/``, ``sketches.parquet/`` and ``kept/dead_letters/``.
        work: has or gets ``read/``, which names the parts that are finished.
        first: number of the first part.
        pool: worker processes; without them the log is read in this process.
        progress: told of bytes as they are done.

    Returns:
        What all of them came to, and the number of the next part.
    """
    make_folders(run, work)
    total, number = Read(), first
    if pool is None:
        for number, part in enumerate(slices, start=first):
            done = read_one(part, number, run, work)
            progress(done.read_bytes)
            total += done
        return total, number + 1
    waiting = [pool.submit(read_one, part, number, run, work) for number, part in enumerate(slices, start=first)]
    for future in as_completed(waiting):
        done = future.result()
        progress(done.read_bytes)
        total += done
    return total, first + len(waiting)
