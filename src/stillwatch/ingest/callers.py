"""Who made an exchange, where the log itself does not say: a side file by the exchange's id, as ``--callers`` names it.

Audit logs know callers and gateways' tables know texts; an id that both write joins them. The file is kept as a table
on disk, for a log has as many ids as exchanges, and each worker looks up the ids that it meets.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import pyarrow as pa

from stillwatch.ingest.account_from import with_account
from stillwatch.ingest.record import Exchange, conform
from stillwatch.ingest.slice import Slice
from stillwatch.tables import CALLERS_FILE

__all__ = ["conformed", "write_callers"]

_NAMES = tuple(name for name in CALLERS_FILE.names if name != "exchange_id")


def write_callers(callers: pa.Table, path: Path) -> None:
    """Write who made which exchange to where ``Slice.callers`` can point.

    Args:
        callers: schema ``CALLERS_FILE``, one row an exchange.
        path: a file that does not exist yet.
    """
    held = sqlite3.connect(path)
    try:
        columns = ", ".join(f"{name} TEXT" for name in _NAMES)
        held.execute(f"CREATE TABLE caller (exchange_id TEXT PRIMARY KEY, {columns}) WITHOUT ROWID")
        marks = ", ".join("?" * len(CALLERS_FILE.names))
        for batch in callers.to_batches():
            rows = zip(*(column.to_pylist() for column in batch.columns), strict=True)
            held.executemany(f"INSERT INTO caller VALUES ({marks})", rows)
        held.commit()
    finally:
        held.close()


@cache
def _opened(path: Path) -> sqlite3.Connection:
    return sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)


def _known(path: Path, exchange_id: str) -> dict[str, Any]:
    query = f"SELECT {', '.join(_NAMES)} FROM caller WHERE exchange_id = ?"
    row = _opened(path).execute(query, (exchange_id,)).fetchone()
    return {} if row is None else {name: value for name, value in zip(_NAMES, row, strict=True) if value is not None}


def conformed(fields: Mapping[str, Any], part: Slice, records: Sequence[Any], *, textual: bool = False) -> Exchange:
    """A format's fields as an exchange, with what a slice was given beside them: places of accounts, callers, defaults.

    What the callers' file says beats the log; a default stands only where both are silent.

    Args:
        fields: as a format read them.
        part: what they are of.
        records: what they were read from.
        textual: values are text, as in CSV.

    Raises:
        RecordError: a required value is missing, or a value has the wrong type or range.
    """
    if part.account_from:
        fields = with_account(dict(fields), part.account_from, records)
    named = fields.get("exchange_id")
    if part.callers is not None and isinstance(named, str):
        fields = {**fields, **_known(part.callers, named)}
    return conform(fields, textual=textual, defaults=part.defaults)
