"""When requests were made and how they were answered, read for a few entities at a time."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache, lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt

from stillwatch.engines import Engine, Table
from stillwatch.evidence import Moments
from stillwatch.profiles.sorted_rows import SortedRows
from stillwatch.profiles.texts import REFUSED_SQL

__all__ = ["moments_reader"]

# A row a request: begin in microseconds since 1970, latency in milliseconds.
_REQUESTS_SQL = """
WITH request AS (
    SELECT e.account_id, epoch_us(e.time) AS begin, coalesce(e.latency_ms::FLOAT, 'nan') AS latency,
           {refused} AS refused, {key} AS prompt
    FROM {{exchanges}} AS e
)
SELECT a.entity, r.* EXCLUDE (account_id) FROM request AS r JOIN {{accounts}} AS a USING (account_id)
ORDER BY entity, begin, prompt, latency, refused
"""


def moments_reader(
    engine: Engine, *, exchanges: Table, accounts: Table, key: str = "hash(e.prompt)"
) -> Callable[[npt.NDArray[np.int64]], Moments]:
    """Reads the requests of some entities in order of time; the log's are put together when it is first called.

    ``key`` is SQL of the hash that names the prompt of an exchange ``e``.
    """

    @cache
    def requests() -> SortedRows:
        asked = _REQUESTS_SQL.format(key=key, refused=REFUSED_SQL)
        return SortedRows.read(engine, asked, exchanges=exchanges, accounts=accounts)

    # Several families ask about one group, and it is tested and then explained.
    @lru_cache(maxsize=1)
    def read(members: bytes) -> Moments:
        return _moments(requests().of(np.unique(np.frombuffer(members, np.int64))))

    return lambda members: read(members.tobytes())


def _moments(found: dict[str, npt.NDArray[Any]]) -> Moments:
    """The requests of some entities, which come in order of entity, in order of time."""
    # Of one moment the entities, and what each sent then, stay in their order.
    order = np.argsort(found["begin"], kind="stable")
    of = {name: column[order] for name, column in found.items()}
    latency = of["latency"].astype(np.float64)
    lasted = np.isfinite(latency) & (latency >= 0)
    end = of["begin"] + np.where(lasted, latency * 1000, 0).astype(np.int64)
    return Moments(of["entity"], of["begin"], end, lasted, of["refused"], of["prompt"])
