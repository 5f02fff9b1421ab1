"""When requests were made and how they were answered, read for a few entities at a time."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache, lru_cache

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from stillwatch.engines import Engine, Table
from stillwatch.evidence import Moments
from stillwatch.profiles.texts import REFUSED_SQL

__all__ = ["moments_reader"]

# A row a request: begin in microseconds since 1970, latency in milliseconds.
_REQUESTS_SQL = """
SELECT a.entity, epoch_us(e.time) AS begin, e.latency_ms::FLOAT AS latency,
       {refused} AS refused, {key} AS prompt
FROM {{exchanges}} AS e JOIN {{accounts}} AS a USING (account_id)
"""


def moments_reader(
    engine: Engine, *, exchanges: Table, accounts: Table, key: str = "hash(e.prompt)"
) -> Callable[[npt.NDArray[np.int64]], Moments]:
    """Reads the requests of some entities in order of time; the log's are put together when it is first called.

    ``key`` is SQL of the hash that names the prompt of an exchange ``e``.
    """

    @cache
    def requests() -> Table:
        return engine.sql(_REQUESTS_SQL.format(key=key, refused=REFUSED_SQL), exchanges=exchanges, accounts=accounts)

    # Several families ask about one group, and it is tested and then explained.
    @lru_cache(maxsize=1)
    def read(members: bytes) -> Moments:
        return _moments(
            engine.fetch(
                "SELECT r.* FROM {requests} AS r SEMI JOIN {members} USING (entity) ORDER BY begin, entity, prompt",
                requests=requests(),
                members=pa.table({"entity": np.frombuffer(members, np.int64)}),
            )
        )

    return lambda members: read(members.tobytes())


def _moments(table: pa.Table) -> Moments:
    begin = np.asarray(table["begin"], np.int64)
    latency = np.asarray(table["latency"].fill_null(float("nan")), np.float64)
    lasted = np.isfinite(latency) & (latency >= 0)
    return Moments(
        owner=np.asarray(table["entity"], np.int64),
        begin=begin,
        end=begin + np.where(lasted, latency * 1000, 0).astype(np.int64),
        lasted=lasted,
        refused=np.asarray(table["refused"], np.bool_),
        prompt=np.asarray(table["prompt"], np.uint64),
    )
