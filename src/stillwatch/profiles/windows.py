"""What was observed when: the stretch of time that each source of the log covers, and so each entity.

An account that was there when a source begins may have begun before it. A source is a file with those it was
rotated into: names that differ in digits only, one going on where another stops. Its edges are quantiles, not the
least and the greatest time, so that one wrong clock moves neither.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from stillwatch.engines import Engine, Table
from stillwatch.evidence import HOUR
from stillwatch.evidence.thresholds import ROTATION_HOURS, TRIMMED

__all__ = ["source_windows", "windows"]

I64 = npt.NDArray[np.int64]

_FILE_SQL = f"""
SELECT source_file, quantile_disc(epoch_us(time), {TRIMMED}) AS first,
       quantile_disc(epoch_us(time), {1 - TRIMMED}) AS last
FROM {{exchanges}} GROUP BY source_file ORDER BY source_file
"""

_ENTITY_SQL = """
SELECT a.entity, min(w.first) AS first, max(w.last) AS last
FROM (SELECT DISTINCT account_id, source_file FROM {exchanges}) AS s
JOIN {accounts} AS a USING (account_id) JOIN {files} AS w USING (source_file)
GROUP BY a.entity ORDER BY a.entity
"""


def source_windows(names: Iterable[str], first: I64, last: I64) -> tuple[I64, I64]:
    """What the source of each file covers, its rotated neighbours included.

    Args:
        names: of F files.
        first, last: what each covers, microseconds since 1970 (F).

    >>> day = 24 * HOUR
    >>> starts, ends = np.array([0, day, 9 * day]), np.array([day, 2 * day, 10 * day])
    >>> source_windows(["log-1", "log-2", "log-9"], starts, ends)[0] // day
    array([0, 0, 9])
    """
    begin, end = first.copy(), last.copy()
    families: dict[str, list[int]] = {}
    for number, name in enumerate(names):
        families.setdefault(re.sub(r"\d+", "#", name), []).append(number)
    for files in families.values():
        order = np.array(sorted(files, key=lambda number: (first[number], number)))
        reach = np.maximum.accumulate(last[order])
        breaks = first[order][1:] > reach[:-1] + ROTATION_HOURS * HOUR
        run = np.concatenate([[0], np.cumsum(breaks)])
        for number in range(int(run[-1]) + 1):
            together = order[run == number]
            begin[together], end[together] = first[together].min(), last[together].max()
    return begin, end


def windows(engine: Engine, *, exchanges: Table, accounts: Table) -> tuple[I64, I64]:
    """When the sources that each entity appears in begin and end, microseconds since 1970: two arrays (E)."""
    files = engine.fetch(_FILE_SQL, exchanges=exchanges)
    begin, end = source_windows(
        files["source_file"].to_pylist(), np.asarray(files["first"], np.int64), np.asarray(files["last"], np.int64)
    )
    covered = pa.table({"source_file": files["source_file"], "first": begin, "last": end})
    found = engine.fetch(_ENTITY_SQL, exchanges=exchanges, accounts=accounts, files=covered)
    return np.asarray(found["first"], np.int64), np.asarray(found["last"], np.int64)
