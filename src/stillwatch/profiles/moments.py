"""When requests were made and how they were answered, read for a few entities at a time."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache, lru_cache

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from stillwatch.engines import Engine, Table
from stillwatch.evidence import Moments
from stillwatch.evidence.postings import in_runs
from stillwatch.profiles.texts import REFUSED_SQL

__all__ = ["moments_reader"]

# A row a request: begin in microseconds since 1970, latency in milliseconds.
_REQUESTS_SQL = """
WITH request AS (
    SELECT e.account_id, epoch_us(e.time) AS begin, e.latency_ms::FLOAT AS latency,
           {refused} AS refused, {key} AS prompt
    FROM {{exchanges}} AS e
)
SELECT a.entity, r.* EXCLUDE (account_id) FROM request AS r JOIN {{accounts}} AS a USING (account_id)
"""

# Of as many requests a process holds what is asked of each: up to 270 MB.
_MOST_HELD = 8_000_000


def moments_reader(
    engine: Engine, *, exchanges: Table, accounts: Table, key: str = "hash(e.prompt)"
) -> Callable[[npt.NDArray[np.int64]], Moments]:
    """Reads the requests of some entities in order of time; the log's are put together when it is first called.

    ``key`` is SQL of the hash that names the prompt of an exchange ``e``.
    """

    @cache
    def requests() -> Table:
        return engine.sql(_REQUESTS_SQL.format(key=key, refused=REFUSED_SQL), exchanges=exchanges, accounts=accounts)

    @cache
    def held() -> _Held | None:
        (rows,) = engine.fetch("SELECT count(*) AS rows FROM {requests}", requests=requests())["rows"].to_pylist()
        if rows > _MOST_HELD:
            return None
        order = "SELECT * FROM {requests} ORDER BY entity, begin, prompt, latency, refused"
        return _Held(_moments(engine.fetch(order, requests=requests())))

    # Several families ask about one group, and it is tested and then explained.
    @lru_cache(maxsize=1)
    def read(members: bytes) -> Moments:
        who = np.frombuffer(members, np.int64)
        if (known := held()) is not None:
            return known.of(who)
        return _moments(
            engine.fetch(
                "SELECT r.* FROM {requests} AS r SEMI JOIN {members} USING (entity) "
                "ORDER BY begin, entity, prompt, latency, refused",
                requests=requests(),
                members=pa.table({"entity": who}),
            )
        )

    return lambda members: read(members.tobytes())


class _Held:
    """The requests of a log in this process: a group's are found without a pass over all of them.

    Args:
        requests: in order of entity, and of time.
    """

    def __init__(self, requests: Moments) -> None:
        self._requests = requests

    def of(self, members: npt.NDArray[np.int64]) -> Moments:
        """The requests of some entities in order of time."""
        who, owner = np.unique(members), self._requests.owner
        first, last = np.searchsorted(owner, who), np.searchsorted(owner, who, side="right")
        rows = in_runs(first, last - first)
        # Of one moment the entities, and what each sent then, stay in their order.
        return self._requests.chosen(rows[np.argsort(self._requests.begin[rows], kind="stable")])


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
