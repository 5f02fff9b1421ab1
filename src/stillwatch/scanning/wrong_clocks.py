"""Records of a wrong clock: found after reading, and set aside as dead letters.

One record dated 2099 stretches a fortnight's log over decades, and tests that ask what a log's whole span leaves to
chance then accuse whoever keeps hours. What counts as far away is said in ``stretches``. Nothing here asks what time it
is: a log says the same whenever it is scanned.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from stillwatch.engines import Engine, Table
from stillwatch.scanning.parts import keep_rows
from stillwatch.scanning.stretches import DAY, SILENCE, Stretch, Wrong, wrong_stretches
from stillwatch.tables import DEAD_LETTERS, EXCHANGES

__all__ = ["set_aside", "wrong_times"]

_BATCH = 8192
_EXCERPT = 200

Mask = npt.NDArray[np.bool_]

_TIME = EXCHANGES.field("time").type
_WRONG_TIMES = pa.schema(
    [
        ("source_file", pa.string()),
        ("source_line", pa.int64()),
        ("time", _TIME),
        ("usual_first", _TIME),
        ("usual_last", _TIME),
        ("by_others", pa.bool_()),
    ]
)


_STRETCH_SQL = f"""
WITH day AS (
    SELECT source_file, min(epoch_us(time)) AS first, max(epoch_us(time)) AS last, count(*) AS records
    FROM {{exchanges}} GROUP BY source_file, epoch_us(time) // {DAY}
), silence AS (
    SELECT *, coalesce(first - lag(last) OVER sofar >= {SILENCE}, false) AS long
    FROM day WINDOW sofar AS (PARTITION BY source_file ORDER BY first)
), stretch AS (
    SELECT *, count(*) FILTER (long) OVER (PARTITION BY source_file ORDER BY first) AS number FROM silence
)
SELECT source_file, min(first) AS first, max(last) AS last, sum(records)::BIGINT AS records FROM stretch
GROUP BY source_file, number ORDER BY source_file, number
"""

_WRONG_SQL = """
SELECT source_file, source_line, time, usual_first, usual_last, by_others
FROM {exchanges} JOIN {wrong} USING (source_file) WHERE time BETWEEN first AND last
ORDER BY source_file, source_line, time
"""


def _wrong(engine: Engine, exchanges: Table) -> Sequence[Wrong]:
    """Stretches that a wrong clock dated; memory is bounded by sources times days."""
    found = engine.fetch(_STRETCH_SQL, exchanges=exchanges)
    return wrong_stretches([Stretch(*row.values()) for row in found.to_pylist()])


def _moments(values: Sequence[int]) -> pa.Array:
    return pa.array(values, pa.int64()).cast(_TIME)


def _as_table(wrong: Sequence[Wrong]) -> pa.Table:
    return pa.table(
        {
            "source_file": pa.array([one.stretch.source for one in wrong], pa.string()),
            "first": _moments([one.stretch.first for one in wrong]),
            "last": _moments([one.stretch.last for one in wrong]),
            "usual_first": _moments([one.usual_first for one in wrong]),
            "usual_last": _moments([one.usual_last for one in wrong]),
            "by_others": pa.array([one.by_others for one in wrong], pa.bool_()),
        }
    )


def wrong_times(engine: Engine, exchanges: Table) -> pa.Table:
    """Records whose time lies far outside their own source's other records, or outside all other sources'.

    Returns:
        ``source_file``, ``source_line`` and ``time`` of each, in that order; ``usual_first`` and ``usual_last``, the
        times between which the rest lies; ``by_others``, whether the rest is that of the other sources.
    """
    found = engine.fetch(_WRONG_SQL, exchanges=exchanges, wrong=_as_table(_wrong(engine, exchanges)))
    # DuckDB gives times in the zone of its session.
    return found.cast(_WRONG_TIMES)


def set_aside(engine: Engine, run: Path, work: Path) -> int:
    """Make dead letters of the records of wrong clocks; how many there were.

    Only part files that hold one are written anew, under another name first; the order of what is left stays. Where
    nothing of a part is left, it is removed.

    Args:
        engine: reads the parts.
        run: has ``exchanges.parquet/part-*.parquet`` and ``sketches.parquet/``, row for row the same.
        work: has ``dead_letters/``, which gets ``part-*.wrong-clocks.parquet``.
    """
    # Parts of earlier steps may have lost their texts, and those just read have not.
    exchanges = engine.read(run / "exchanges.parquet" / "part-*.parquet", mixed=True)
    wrong = _wrong(engine, exchanges)
    if not wrong:
        return 0
    sources = pa.table({"source_file": sorted({one.stretch.source for one in wrong})})
    held = engine.fetch(
        "SELECT DISTINCT row_key >> 32 AS part FROM {exchanges} SEMI JOIN {sources} USING (source_file) ORDER BY part",
        exchanges=exchanges,
        sources=sources,
    )
    return sum(_part_set_aside(run, work, f"part-{part:06d}.parquet", wrong) for part in held["part"].to_pylist())


def _part_set_aside(run: Path, work: Path, name: str, wrong: Sequence[Wrong]) -> int:
    """Set a part's wrong records aside; how many there were."""
    kept: list[Mask] = []
    letters = []
    part = run / "exchanges.parquet" / name
    for batch in _batches(part):
        which = _which(batch, wrong)
        kept.append(which < 0)
        if (which >= 0).any():
            letters.append(_letters(batch.filter(pa.array(which >= 0)), [wrong[one] for one in which[which >= 0]]))
    if not letters:
        return 0
    keep = np.concatenate(kept)
    pq.write_table(
        pa.Table.from_batches(letters, DEAD_LETTERS), work / "dead_letters" / f"{part.stem}.wrong-clocks.parquet"
    )
    keep_rows(run, name, keep)
    return int((~keep).sum())


def _batches(part: Path) -> Iterator[pa.RecordBatch]:
    """A part's batches, none of more than one group: where records are long, a group holds few."""
    source = pq.ParquetFile(part)
    for group in range(source.num_row_groups):
        columns = ["source_file", "source_line", "time", "prompt"]
        yield from source.iter_batches(_BATCH, row_groups=[group], columns=columns)


def _which(batch: pa.RecordBatch, wrong: Sequence[Wrong]) -> npt.NDArray[np.int64]:
    """For each record the place in ``wrong`` of the stretch that it is in, or -1."""
    times = batch.column("time").cast(pa.int64()).to_numpy()
    names = batch.column("source_file").dictionary_encode()
    place = {name: number for number, name in enumerate(names.dictionary.to_pylist())}
    owner = names.indices.to_numpy()
    which = np.full(len(times), -1, np.int64)
    for number, one in enumerate(wrong):
        if (source := place.get(one.stretch.source)) is not None:
            which[(owner == source) & (times >= one.stretch.first) & (times <= one.stretch.last)] = number
    return which


def _letters(batch: pa.RecordBatch, wrong: Sequence[Wrong]) -> pa.RecordBatch:
    """Dead letters of records, each with the stretch that it is in."""
    times = batch.column("time")
    moments = times.cast(pa.int64()).to_numpy()
    first = np.array([one.usual_first for one in wrong], np.int64)
    last = np.array([one.usual_last for one in wrong], np.int64)
    days = np.where(moments < first, first - moments, moments - last) // DAY
    side = np.where(moments < first, "before", "after")
    rest = ["the records of the other sources" if one.by_others else "the other records of its source" for one in wrong]
    written = pc.strftime(pc.cast(times, pa.timestamp("s", tz="UTC"), safe=False), "%Y-%m-%dT%H:%M:%SZ").to_pylist()
    reasons = [
        f"`time`: {time} lies {away:,} days {where} {whose}: a wrong clock"
        for time, away, where, whose in zip(written, days.tolist(), side.tolist(), rest, strict=True)
    ]
    excerpts = pc.utf8_slice_codeunits(batch.column("prompt"), 0, _EXCERPT)
    return pa.record_batch(
        [
            batch.column("source_file"),
            pa.repeat(pa.scalar("record"), batch.num_rows),
            batch.column("source_line"),
            pa.array(reasons, pa.string()),
            excerpts,
        ],
        schema=DEAD_LETTERS,
    )
