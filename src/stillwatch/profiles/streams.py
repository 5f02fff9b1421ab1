"""Streams: the distinct prompts of a busy entity in order of time, and people at large to hold them against."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from stillwatch.engines import Engine, Table
from stillwatch.evidence import AtLarge, people_at_large
from stillwatch.evidence.stream_thresholds import LEAST_AT_LARGE, MOST_AT_LARGE, PROMPTS_AT_LARGE
from stillwatch.profiles.texts import prompt_table
from stillwatch.sketching import window_features

__all__ = ["Stream", "StreamReader", "read_at_large"]

F32 = npt.NDArray[np.float32]
I64 = npt.NDArray[np.int64]
U64 = npt.NDArray[np.uint64]

_BATCH = 2048
# About half of what is read turns out to be people's.
_TWICE = 2

_STREAM_SQL = """
SELECT e.row_key, e.exchange_id FROM {prompts} AS p JOIN {exchanges} AS e USING (row_key)
WHERE p.entity = ENTITY ORDER BY e.time, e.row_key
"""


@dataclass(frozen=True, slots=True)
class Stream:
    """An entity's distinct prompts in order of time.

    Attributes:
        keys: their ``row_key`` (n).
        exchange_ids: one exchange that has each (n).
    """

    keys: I64
    exchange_ids: pa.Array


def _features(prompts: pa.Array, left_out: U64) -> F32:
    batches = [prompts.slice(start, _BATCH) for start in range(0, len(prompts), _BATCH)]
    return np.concatenate([window_features(batch, left_out) for batch in batches])


class StreamReader:
    """Reads entities' streams from a log."""

    def __init__(self, engine: Engine, left_out: U64, *, exchanges: Table, accounts: Table) -> None:
        self._engine, self._left_out, self._exchanges = engine, left_out, exchanges
        self._prompts = prompt_table(engine, exchanges=exchanges, accounts=accounts)

    def stream(self, entity: int) -> Stream:
        """What one entity sent."""
        found = self._engine.fetch(
            _STREAM_SQL.replace("ENTITY", str(int(entity))), prompts=self._prompts, exchanges=self._exchanges
        )
        return Stream(np.asarray(found["row_key"], np.int64), found["exchange_id"].combine_chunks())

    def several(self, entities: I64) -> tuple[I64, I64]:
        """Prompts of the first of these entities that have enough between them: the entity and key of each."""
        drawn = self._engine.sql(
            "SELECT e.entity, e.rank, p.row_key, hash(p.prompt) AS prompt "
            "FROM {prompts} AS p JOIN {entities} AS e USING (entity) "
            "QUALIFY row_number() OVER (PARTITION BY e.entity ORDER BY hash(p.prompt), p.row_key) "
            f"<= {PROMPTS_AT_LARGE}",
            prompts=self._prompts,
            entities=pa.table({"entity": entities, "rank": np.arange(len(entities))}),
        )
        found = self._engine.fetch("SELECT entity, row_key FROM {drawn} ORDER BY rank, prompt, row_key", drawn=drawn)
        first = found.slice(0, _TWICE * MOST_AT_LARGE)
        return np.asarray(first["entity"], np.int64), np.asarray(first["row_key"], np.int64)

    def features(self, keys: I64) -> F32:
        """Raw features of prompts, in the order of their keys (n x d)."""
        order = np.argsort(keys)
        found = self._engine.fetch(
            "SELECT e.prompt FROM {exchanges} AS e SEMI JOIN {keys} USING (row_key) ORDER BY e.row_key",
            exchanges=self._exchanges,
            keys=pa.table({"row_key": keys}),
        )
        features = _features(found["prompt"].combine_chunks(), self._left_out)
        out = np.empty_like(features)
        out[order] = features
        return out


def read_at_large(reader: StreamReader, sample: pa.Table, streams: I64, seed: int) -> AtLarge | None:
    """People at large: what some of the entities sent that are no stream themselves; None where it is too little.

    Args:
        reader: of the log.
        sample: ``entity, row_key``, sampled prompts of every entity.
        streams: entities that are left out.
        seed: of the draw.
    """
    owner, keys = np.asarray(sample["entity"], np.int64), np.asarray(sample["row_key"], np.int64)
    others = np.flatnonzero(~np.isin(owner, streams))
    entities = np.random.default_rng(seed).permutation(np.unique(owner[others]))
    drawn = entities[: len(entities) // 2]
    for_lens = others[~np.isin(owner[others], drawn)]
    whose, theirs = reader.several(drawn)
    if min(len(for_lens), len(theirs)) < LEAST_AT_LARGE:
        return None
    rank = np.empty(int(entities.max()) + 1, np.int64)
    rank[entities] = np.arange(len(entities))
    first = for_lens[np.argsort(rank[owner[for_lens]], kind="stable")][: _TWICE * MOST_AT_LARGE]
    return people_at_large((reader.features(keys[first]), owner[first]), (reader.features(theirs), whose), seed)
