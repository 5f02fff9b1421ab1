"""Records that a shipper delivered twice, or that lie in two layouts of one gateway: each exchange counts once.

A record is a second delivery where it says the same as an earlier one in all but where it was read, and either has an
id or a time finer than a second, or comes from another file: whoever asks the same twice within a second leaves both
in one file. Records of two layouts have one id, account, millisecond and text; the fuller stays. Whatever else repeats
(samples of one prompt, ids that start anew for every account) is traffic, and stays.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq

from stillwatch.engines import Engine, Table
from stillwatch.scanning.parts import keep_rows
from stillwatch.scanning.repeated import MADE, OWN_ID
from stillwatch.scanning.retention import told_by

__all__ = ["SecondDeliveries", "drop_second_deliveries"]

# The n-th of a file's equal records is the n-th of every file's.
_COPIES_SQL = f"""
WITH told AS (
    SELECT e.row_key, s.said, e.source_file,
           {OWN_ID} <> '' OR epoch_us(e.time) % 1000000 <> 0 AS sure
    FROM {{exchanges}} AS e JOIN {{said}} AS s USING (row_key)
),
placed AS (
    SELECT row_key, said, sure, row_number() OVER (PARTITION BY said, source_file ORDER BY row_key) AS place FROM told
)
SELECT row_key FROM placed
QUALIFY row_number() OVER (PARTITION BY said, CASE WHEN sure THEN 0 ELSE place END ORDER BY row_key) > 1
"""

_LAYOUTS_SQL = f"""
WITH twice AS (
    SELECT exchange_id FROM {{exchanges}} WHERE exchange_id <> {MADE} GROUP BY exchange_id HAVING count(*) > 1
),
told AS (
    SELECT row_key, exchange_id, account_id, round(epoch_us(time) / 1000.0) AS moment, <filled> AS filled,
           <asked> AS asked, <answered> AS answered
    FROM {{exchanges}}
),
own AS (SELECT * FROM told SEMI JOIN twice USING (exchange_id) ANTI JOIN {{copies}} USING (row_key)),
one AS (
    SELECT exchange_id, account_id, moment FROM own GROUP BY ALL
    HAVING count(*) > 1 AND count(DISTINCT asked) <= 1 AND count(DISTINCT answered) <= 1
)
SELECT row_key FROM own SEMI JOIN one USING (exchange_id, account_id, moment)
QUALIFY row_number() OVER (
    PARTITION BY exchange_id, account_id, moment
    ORDER BY (asked IS NOT NULL) DESC, (answered IS NOT NULL) DESC, filled DESC, row_key
) > 1
"""


@dataclass(frozen=True, slots=True)
class SecondDeliveries:
    """What was dropped.

    Attributes:
        copies: records that say the same as one that stays.
        layouts: records of an exchange that a fuller one tells too.
        example: where one of them was read, ``file:line``.
    """

    copies: int = 0
    layouts: int = 0
    example: str = ""

    @property
    def dropped(self) -> int:
        """Records in all."""
        return self.copies + self.layouts

    @property
    def sentence(self) -> str:
        """What there is to be told, for a person; empty where there is nothing."""
        if not self.dropped:
            return ""
        were = "1 record was" if self.dropped == 1 else f"{self.dropped:,} records were"
        also = f", {self.layouts:,} of them in another layout" if self.layouts else ""
        return f"{were} delivered a second time{also} (such as {self.example}): each exchange counts once."


def drop_second_deliveries(engine: Engine, run: Path, *, exchanges: Table, said: Table) -> SecondDeliveries:
    """Take second deliveries out of a run's part files.

    Args:
        engine: reads the parts.
        run: has ``exchanges.parquet/part-*.parquet`` and ``sketches.parquet/``, row for row the same.
        exchanges: of the run.
        said: of them, by ``repeated.said_of``.
    """
    copies = engine.fetch(_COPIES_SQL, exchanges=exchanges, said=said)
    told, layouts_sql = told_by(engine, exchanges), _LAYOUTS_SQL
    for name in ("filled", "asked", "answered"):
        layouts_sql = layouts_sql.replace(f"<{name}>", getattr(told, name))
    layouts = engine.fetch(layouts_sql, exchanges=exchanges, copies=copies)
    gone = np.sort(np.concatenate([copies["row_key"].to_numpy(), layouts["row_key"].to_numpy()]))
    if not len(gone):
        return SecondDeliveries()
    example = _where(engine, exchanges, int(gone[0]))
    for part in np.unique(gone >> 32).tolist():
        _drop(run, f"part-{part:06d}.parquet", gone)
    return SecondDeliveries(len(copies), len(layouts), example)


def _where(engine: Engine, exchanges: Table, row_key: int) -> str:
    query = f"SELECT {MADE} AS place FROM {{exchanges}} WHERE row_key = {row_key}"
    return str(engine.fetch(query, exchanges=exchanges)["place"][0].as_py())


def _drop(run: Path, name: str, gone: np.ndarray) -> None:
    keys = pq.read_table(run / "exchanges.parquet" / name, columns=["row_key"])["row_key"].to_numpy()
    keep_rows(run, name, ~np.isin(keys, gone))
