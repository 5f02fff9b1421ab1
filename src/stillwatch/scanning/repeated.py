"""Repeats of whole records, as shippers leave them that deliver twice: counted and told, never dropped.

Whether a second record is a second request or a second delivery only the log's owner knows. What differs between two
deliveries is where they were read: ``source_file``, ``source_line``, and an ``exchange_id`` that was made of the two.
"""

from __future__ import annotations

from dataclasses import dataclass

import duckdb
import numpy as np
import numpy.typing as npt

from stillwatch.tables import EXCHANGES

__all__ = ["Repeats", "count_repeats"]

Hashes = npt.NDArray[np.uint64]

_BATCH = 65_536
_WHERE_READ = ("exchange_id", "source_file", "source_line")
# An id that was made at reading counts only for what follows the line, where one line gave several exchanges.
_MADE = "concat(source_file, ':', source_line)"
_OWN_ID = f"""CASE WHEN exchange_id = {_MADE} OR starts_with(exchange_id, concat({_MADE}, '.'))
    THEN substr(exchange_id, length({_MADE}) + 1) ELSE exchange_id END"""


@dataclass(frozen=True, slots=True)
class Repeats:
    """How often a log says the same.

    Attributes:
        exchanges: how many there are in all.
        copies: exchanges that are equal to an earlier one in all but where they were read.
        copied: different exchanges that have such copies; with their copies they are ``copied + copies``.
        shared_ids: ``exchange_id`` values that stand on exchanges that differ.
    """

    exchanges: int
    copies: int
    copied: int
    shared_ids: int

    @property
    def sentence(self) -> str:
        """What there is to be told, for a person; empty where there is nothing."""
        told = []
        if self.copies:
            told.append(
                f"{self.copies:,} of {self.exchanges:,} exchanges repeat another in all but where they were read "
                f"({self.copied:,} came more than once): they are counted as they stand, so if a shipper delivered "
                "twice, scan one delivery alone."
            )
        if self.shared_ids:
            many = self.shared_ids > 1
            told.append(
                f"{self.shared_ids:,} exchange_id{'s stand' if many else ' stands'} on exchanges that differ: "
                "two logs of the same requests, or ids that are not unique."
            )
        return " ".join(told)

    def counts(self) -> dict[str, int]:
        """For ``run.json``."""
        return {"copies": self.copies, "copied": self.copied, "shared_ids": self.shared_ids}


def count_repeats(connection: duckdb.DuckDBPyConnection) -> Repeats:
    """How many exchanges are copies of others, and how many ids stand on exchanges that differ.

    Rows are compared by 64-bit hashes: among 16 million that differ, two are taken for equal with a chance of 7 in a
    million. Sixteen bytes a row are held, and as much again while they are sorted.

    Args:
        connection: has the view ``exchanges``.
    """
    rows, ids = _hashes(connection)
    ordered = np.sort(rows)
    same = ordered[1:] == ordered[:-1]
    del ordered
    # A run of equal hashes begins where one is equal to the next, but not to the one before.
    begins = same & ~np.concatenate([[False], same[:-1]])
    return Repeats(len(rows), int(same.sum()), int(begins.sum()), _shared(ids, rows))


def _hashes(connection: duckdb.DuckDBPyConnection) -> tuple[Hashes, Hashes]:
    """Of each row a hash of what it says, and one of its id, in one pass over the log."""
    ((count,),) = connection.execute("SELECT count(*) FROM exchanges").fetchall()
    said = ", ".join([_OWN_ID, *(f'"{name}"' for name in EXCHANGES.names if name not in _WHERE_READ)])
    rows, ids = np.empty(count, np.uint64), np.empty(count, np.uint64)
    start = 0
    found = connection.sql(f"SELECT hash({said}) AS said, hash(exchange_id) AS id FROM exchanges")
    for batch in found.to_arrow_reader(_BATCH):
        end = start + batch.num_rows
        rows[start:end], ids[start:end] = batch.column("said").to_numpy(), batch.column("id").to_numpy()
        start = end
    return rows, ids


def _shared(ids: Hashes, rows: Hashes) -> int:
    """How many ids stand on rows that differ."""
    ordered = np.sort(ids)
    twice = np.unique(ordered[1:][ordered[1:] == ordered[:-1]])
    del ordered
    if not len(twice):
        return 0
    which = np.isin(ids, twice)
    ids, rows = ids[which], rows[which]
    order = np.lexsort((rows, ids))
    ids, rows = ids[order], rows[order]
    differs = (ids[1:] == ids[:-1]) & (rows[1:] != rows[:-1])
    return len(np.unique(ids[1:][differs]))
