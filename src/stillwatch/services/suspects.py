"""From a finished run to what an alliance is asked about: suspect groups and what their accounts hold in common.

The run's sketches and sampled texts are read as they are. Identifiers come in kinds; those of an account that recur
(in its own exchanges or at another account) are taken, the most used first, so that one account with many texts does
not fill the list.
"""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from pathlib import Path

import msgspec
import numpy as np
import numpy.typing as npt
import pyarrow as pa

from stillwatch import detection as d
from stillwatch.engines import Table
from stillwatch.evidence import all_families
from stillwatch.profiles import Stages
from stillwatch.scanning.detect import RunTables, link_accounts, profile_run
from stillwatch.settings import ScanSettings
from stillwatch.sketching import BANDS

__all__ = ["Suspects", "find_suspects"]

I64 = npt.NDArray[np.int64]

_TEXTS_AN_ACCOUNT = 48
_BANDS_AN_ACCOUNT = 96

_HOLD_SQL = """
WITH seen AS (
    SELECT a.entity, lower(e.client_address) AS address, e.tls_fingerprint AS tls, e.user_agent AS agent
    FROM {exchanges} AS e JOIN {accounts} AS a USING (account_id) GROUP BY ALL
)
SELECT DISTINCT entity, kind, value FROM (
    SELECT entity, 'payment' AS kind, payment_id AS value FROM {accounts}
    UNION ALL SELECT entity, 'domain', lower(email_domain) FROM {accounts}
    UNION ALL SELECT entity, 'address', address FROM seen
    UNION ALL SELECT entity, 'tls', tls FROM seen
    UNION ALL SELECT entity, 'device', agent || chr(31) || tls FROM seen
)
WHERE value IS NOT NULL AND value <> ''
"""

_SENTENCE_SQL = f"""
WITH used AS (
    SELECT entity, thing, count(*) AS uses FROM (
        SELECT a.entity, unnest(list_distinct(k.sentences)) AS thing
        FROM {{sketches}} AS k JOIN {{accounts}} AS a USING (account)) GROUP BY ALL
), held AS (SELECT *, count(*) OVER (PARTITION BY thing) AS holders FROM used)
SELECT entity, 'sentence' AS kind, printf('%016x', thing) AS value FROM held WHERE uses >= 2 OR holders >= 2
QUALIFY row_number() OVER (PARTITION BY entity ORDER BY uses DESC, thing) <= {_TEXTS_AN_ACCOUNT}
"""

_USED_BANDS = " UNION ALL ".join(
    f"SELECT a.entity, {number} AS band, {name} AS key, count(*) AS uses "
    "FROM {sketches} AS k JOIN {accounts} AS a USING (account) GROUP BY ALL"
    for number, name in enumerate(BANDS)
)

_BAND_SQL = f"""
WITH used AS ({_USED_BANDS}),
held AS (SELECT *, count(*) OVER (PARTITION BY band, key) AS holders FROM used)
SELECT entity, 'template' AS kind, printf('%02d:%08x', band, key) AS value FROM held WHERE uses >= 2 OR holders >= 2
QUALIFY row_number() OVER (PARTITION BY entity ORDER BY uses DESC, band, key) <= {_BANDS_AN_ACCOUNT}
"""

_SUSPECT_SQL = """
WITH holding AS (FROM {hands} UNION ALL BY NAME FROM {sentences} UNION ALL BY NAME FROM {bands})
SELECT entity, kind, value FROM holding
WHERE (kind, value) IN (SELECT (kind, value) FROM holding JOIN {suspects} USING (entity))
ORDER BY kind, value, entity
"""


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
    groups: list[d.Suspicion]
    entity: I64
    kind: list[str]
    value: list[str]


def find_suspects(run: Path) -> Suspects:
    """Suspect groups of a finished run, and the identifiers they hold.

    Args:
        run: the run's folder; its settings are used again.
    """
    settings = ScanSettings(**msgspec.json.decode((run / "run.json").read_bytes())["settings"])
    with tempfile.TemporaryDirectory() as spill, RunTables.opened(run, Path(spill), settings) as tables:
        made = profile_run(tables, settings, Stages())
        _, links = link_accounts(tables.engine, made.log, settings.seed, Stages())
        groups = d.suspicions(made.log, all_families(), links, draws=settings.draws, seed=settings.seed)
        held = _holdings(tables, made.accounts, groups)
        names = tables.engine.fetch(
            "SELECT arg_max(account_id, exchanges) AS name FROM {accounts} GROUP BY entity ORDER BY entity",
            accounts=made.accounts,
        )
    return Suspects(
        names["name"].to_pylist(),
        groups,
        np.asarray(held["entity"], np.int64),
        held["kind"].to_pylist(),
        held["value"].to_pylist(),
    )


def _holdings(tables: RunTables, accounts: Table, groups: list[d.Suspicion]) -> pa.Table:
    engine = tables.engine
    suspect = np.unique(np.concatenate([np.zeros(0, np.int64), *(g.members for g in groups)]))
    return engine.fetch(
        _SUSPECT_SQL,
        hands=engine.sql(_HOLD_SQL, exchanges=tables.exchanges, accounts=accounts),
        sentences=engine.sql(_SENTENCE_SQL, sketches=tables.sketches, accounts=accounts),
        bands=engine.sql(_BAND_SQL, sketches=tables.sketches, accounts=accounts),
        suspects=pa.table({"entity": suspect}),
    )
