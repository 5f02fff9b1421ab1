"""Side files that say nothing of this log: of their accounts, exchanges or models none is in it."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from stillwatch.core.counted import counted, joined

__all__ = ["unmatched"]

_MOST_NAMED = 3
_LONGEST = 40
_SAID = {
    "accounts": ("account_id", "account"),
    "callers": ("exchange_id", "exchange"),
    "releases": ("model", "model"),
}


def unmatched(option: str, table: pa.Table | None, exchanges: Path) -> str:
    """A sentence where nothing of a side file is in the log; empty where something is, or there is no such file.

    Args:
        option: ``accounts``, ``callers`` or ``releases``.
        table: of the file.
        exchanges: the run's, in parts.
    """
    if table is None or not table.num_rows:
        return ""
    column, noun = _SAID[option]
    given = pc.unique(table[column])
    seen: list[str] = []
    for part in sorted(exchanges.glob("*.parquet")):
        for batch in pq.ParquetFile(part).iter_batches(columns=[column]):
            found = pc.unique(batch.column(0).cast(pa.string())).drop_null()
            if pc.any(pc.is_in(found, value_set=given)).as_py():
                return ""
            seen += found.slice(0, _MOST_NAMED - len(seen)).to_pylist() if len(seen) < _MOST_NAMED else []
    if not seen:
        return ""
    return (
        f"Nothing of --{option} is used, for of its {counted(len(given), noun)} none is in the log: it has "
        f"{_some(given[:_MOST_NAMED].to_pylist())}, the log has {_some(dict.fromkeys(seen))}. "
        "Names must be the same letter for letter."
    )


def _some(names: Iterable[str]) -> str:
    return joined([f"`{name[:_LONGEST]}`" for name in names])
