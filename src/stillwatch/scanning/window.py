"""What a window leaves behind: exchanges older than so long before the newest."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from stillwatch.core import BadSetting
from stillwatch.scanning.building import WORK
from stillwatch.scanning.kept import parts_of
from stillwatch.scanning.parts import rewrite

__all__ = ["forget", "go_on_forgetting", "window_length"]

_TIMED = ("exchanges.parquet", "sketches.parquet")
_BEGINS = "window-begins"
_UNITS = {"h": timedelta(hours=1), "d": timedelta(days=1), "w": timedelta(weeks=1)}


def window_length(written: str) -> timedelta:
    """How long a window is: a whole number of hours, days or weeks.

    Raises:
        BadSetting: it is none.

    >>> window_length("30d")
    datetime.timedelta(days=30)
    """
    found = re.fullmatch(r"([1-9]\d{0,5})([hdw])", written.strip())
    if found is None:
        raise BadSetting(
            f"{written!r} is no length of time", where="--window", hint="a whole number and h, d or w, such as 30d"
        )
    return int(found[1]) * _UNITS[found[2]]


def forget(run: Path, length: timedelta) -> None:
    """Take the exchanges out of a run that are older than the window before its newest, those that lie aside too.

    Nothing here asks what time it is.

    Args:
        run: its parts, checked: a wrong clock's 2099 would leave nothing.
        length: of the window.
    """
    newest = max((_span(part)[1] for part in (run / "exchanges.parquet").glob("*.parquet")), default=None)
    if newest is None:
        return
    (run / WORK / _BEGINS).write_text((newest - length).isoformat(), encoding="ascii")
    go_on_forgetting(run)


def go_on_forgetting(run: Path) -> None:
    """Take out what a window that has begun to forget leaves behind.

    Exchanges and sketches are written anew one after the other: between the two they do not match, and a scan that was
    killed there must go on here first.
    """
    told = run / WORK / _BEGINS
    if not told.exists():
        return
    begins = datetime.fromisoformat(told.read_text(encoding="ascii"))
    for folder in parts_of(run):
        for part in sorted(folder.glob("*.parquet")) if folder.name in _TIMED else ():
            if _span(part)[0] < begins:
                rewrite(part, _since(part, begins))
    told.unlink()


def _span(part: Path) -> tuple[datetime, datetime]:
    """The first and the last time in a part, by its statistics."""
    described = pq.ParquetFile(part).metadata
    column = next(n for n in range(described.num_columns) if described.schema.column(n).path == "time")
    every = [described.row_group(number).column(column).statistics for number in range(described.num_row_groups)]
    return min(one.min for one in every), max(one.max for one in every)


def _since(part: Path, begins: datetime) -> Iterator[pa.Table]:
    source = pq.ParquetFile(part)
    for number in range(source.num_row_groups):
        table = source.read_row_group(number)
        kept = table.filter(pa.array(table["time"].to_numpy() >= np.datetime64(begins.replace(tzinfo=None))))
        if len(kept):
            yield kept
