"""The hub's log: one row for every read and write, each with the hash of the row before it.

The hub never changes or removes a row. A member who keeps the head, the last row's hash, of any day can later prove
that nothing before it was rewritten.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

import sqlalchemy as sa

from stillwatch.alliance.hub.database import JOURNAL, Hub, operated
from stillwatch.core import Entry, chained, verify_chain
from stillwatch.core.audit_log import GENESIS

__all__ = ["hash_at", "journal_entries", "record"]


def record(connection: sa.Connection, body: Mapping[str, Any]) -> Entry:
    """Add an entry; it is kept or lost with the transaction it tells of.

    Args:
        connection: of ``Hub.transaction``, whose lock makes the order of entries one.
        body: what happened, as JSON values.
    """
    last = connection.execute(sa.select(JOURNAL.c.n, JOURNAL.c.hash).order_by(JOURNAL.c.n.desc()).limit(1)).first()
    n, previous = (last.n + 1, last.hash) if last else (0, GENESIS)
    entry = chained(body, n=n, previous=previous)
    connection.execute(
        JOURNAL.insert().values(
            n=entry.n, time=entry.time, body=json.dumps(body), previous=entry.previous, hash=entry.hash
        )
    )
    return entry


def journal_entries(hub: Hub) -> Iterator[Entry]:
    """Every entry, verified as it is read.

    Raises:
        TamperedLog: the chain does not hold.
    """
    with operated(), hub.reading() as connection:
        rows = connection.execution_options(yield_per=1000).execute(sa.select(JOURNAL).order_by(JOURNAL.c.n))
        yield from verify_chain(
            (Entry(row.n, row.time, json.loads(row.body), row.previous, row.hash) for row in rows), "the hub's journal"
        )


def hash_at(connection: sa.Connection, n: int | None = None) -> tuple[int, str] | None:
    """Number and hash of an entry, the last where none is named; None where there is no such entry."""
    chosen = sa.select(JOURNAL.c.n, JOURNAL.c.hash).order_by(JOURNAL.c.n.desc()).limit(1)
    row = connection.execute(chosen if n is None else chosen.where(JOURNAL.c.n == n)).first()
    return (row.n, row.hash) if row else None
