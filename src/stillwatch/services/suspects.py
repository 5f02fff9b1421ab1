"""From a finished run to what an alliance is asked about: suspect groups and what their accounts hold in common.

The run's exchanges are read and sketched once more, as ``replay`` does, for a run keeps no sketches. Identifiers
come in kinds; those of an account that recur (in its own exchanges or at another account) are taken, the most used
first, so that one account with many texts does not fill the list.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import duckdb
import msgspec
import numpy as np
import numpy.typing as npt
import pyarrow as pa

from stillwatch import campaigns as c
from stillwatch import sketching as s
from stillwatch.engines import connect, query
from stillwatch.scanning.detect import Clock, read_world
from stillwatch.scanning.read import sketch_tables
from stillwatch.scanning.scan import ACCOUNT_FILE_COPY, make_views
from stillwatch.settings import ScanSettings

__all__ = ["Suspects", "find_suspects"]

I64 = npt.NDArray[np.int64]

_TEXTS_AN_ACCOUNT = 48
_BANDS_AN_ACCOUNT = 96
_END = datetime(9999, 1, 1, tzinfo=UTC)

# IPv4 by /24, IPv6 by /48: what one customer is commonly given.
_HOLD_SQL = """
CREATE TABLE holding AS
WITH seen AS (
    SELECT a.entity, lower(e.client_address) AS address, e.tls_fingerprint AS tls, e.user_agent AS agent
    FROM exchanges AS e JOIN account AS a USING (account_id) GROUP BY ALL
)
SELECT DISTINCT entity, kind, value FROM (
    SELECT entity, 'payment' AS kind, payment_id AS value FROM account
    UNION ALL SELECT entity, 'domain', lower(email_domain) FROM account
    UNION ALL SELECT entity, 'address', address FROM seen
    UNION ALL SELECT entity, 'tls', tls FROM seen
    UNION ALL SELECT entity, 'device', agent || chr(31) || tls FROM seen
)
WHERE value IS NOT NULL AND value <> ''
"""

_SENTENCE_SQL = """
INSERT INTO holding
WITH used AS (
    SELECT entity, thing, count(*) AS uses FROM (
        SELECT a.entity, unnest(list_distinct(k.sentences)) AS thing
        FROM sketches AS k JOIN account_hash AS a ON a.hash = k.account) GROUP BY ALL
), held AS (SELECT *, count(*) OVER (PARTITION BY thing) AS holders FROM used)
SELECT entity, 'sentence', printf('%016x', thing) FROM held WHERE uses >= 2 OR holders >= 2
QUALIFY row_number() OVER (PARTITION BY entity ORDER BY uses DESC, thing) <= {most}
"""

_BAND_SQL = """
INSERT INTO holding
WITH used AS ({bands}),
held AS (SELECT *, count(*) OVER (PARTITION BY band, key) AS holders FROM used)
SELECT entity, 'template', printf('%02d:%08x', band, key) FROM held WHERE uses >= 2 OR holders >= 2
QUALIFY row_number() OVER (PARTITION BY entity ORDER BY uses DESC, band, key) <= {most}
"""

_ONE_BAND = """SELECT a.entity, {number} AS band, {name} AS key, count(*) AS uses
FROM sketches AS k JOIN account_hash AS a ON a.hash = k.account GROUP BY ALL"""


@dataclass(frozen=True, slots=True)
class Suspects:
    """What one provider has to ask about.

    Attributes:
        accounts: the account that names each entity; an organisation's several by its busiest (E).
        groups: suspect groups.
        entity, kind, value: one row a (holder, identifier), every holder in the log of whatever a suspect holds;
            ``kind`` is payment, domain, address, tls, device, sentence or template.
    """

    accounts: list[str]
    groups: list[c.Suspicion]
    entity: I64
    kind: list[str]
    value: list[str]


@contextmanager
def _opened(run: Path, settings: ScanSettings) -> Iterator[duckdb.DuckDBPyConnection]:
    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder)
        (work / "exchanges").mkdir()
        (work / "sketches").mkdir()
        sketch_tables(run / "exchanges.parquet", work, _END)
        with connect(work / "spill", memory_mb=settings.memory_mb, threads=settings.workers) as connection:
            make_views(connection, work / "exchanges", work / "sketches", run / ACCOUNT_FILE_COPY)
            yield connection


def find_suspects(run: Path) -> Suspects:
    """Suspect groups of a finished run, and the identifiers they hold.

    Args:
        run: the run's folder; its settings are used again.
    """
    settings = ScanSettings(**msgspec.json.decode((run / "run.json").read_bytes())["settings"])
    with _opened(run, settings) as connection:
        world = read_world(connection, settings, Clock(), None)
        near = c.nearest(world.traits.content)
        a, b = c.candidate_pairs(world.traits, near, settings.seed)
        links = c.link(world.traits, a, b, connection, seed=settings.seed)
        groups = c.suspicions(world, links, near, seed=settings.seed)
        held = _holdings(connection, groups)
        names = query(
            connection, "SELECT arg_max(account_id, exchanges) AS name FROM account GROUP BY entity ORDER BY entity"
        )
    return Suspects(
        names["name"].to_pylist(),
        groups,
        np.asarray(held["entity"], np.int64),
        held["kind"].to_pylist(),
        held["value"].to_pylist(),
    )


def _holdings(connection: duckdb.DuckDBPyConnection, groups: list[c.Suspicion]) -> pa.Table:
    connection.execute(_HOLD_SQL)
    connection.execute(_SENTENCE_SQL.format(most=_TEXTS_AN_ACCOUNT))
    bands = " UNION ALL ".join(_ONE_BAND.format(number=n, name=name) for n, name in enumerate(s.BANDS))
    connection.execute(_BAND_SQL.format(bands=bands, most=_BANDS_AN_ACCOUNT))
    suspect = np.unique(np.concatenate([np.zeros(0, np.int64), *(g.members for g in groups)]))
    connection.register("suspect", pa.table({"entity": suspect}))
    table: pa.Table = query(
        connection,
        """SELECT entity, kind, value FROM holding
           WHERE (kind, value) IN (SELECT (kind, value) FROM holding JOIN suspect USING (entity))
           ORDER BY kind, value, entity""",
    )
    connection.unregister("suspect")
    return table
