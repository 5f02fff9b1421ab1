"""Streams: the distinct prompts of a busy entity in order of time, and people at large to hold them against."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from stillwatch.engines import Engine, Table
from stillwatch.evidence import AtLarge, Glance, glance, people_at_large
from stillwatch.evidence.stream_thresholds import LEAST_AT_LARGE, MOST_AT_LARGE, PROMPTS_AT_LARGE
from stillwatch.profiles.beginnings import in_order
from stillwatch.profiles.texts_by_key import TextsByKey
from stillwatch.sketching import BLOCKS, window_features

__all__ = ["SampledPeople", "StreamReader", "sampled_people"]

F32 = npt.NDArray[np.float32]
I64 = npt.NDArray[np.int64]
U64 = npt.NDArray[np.uint64]

_BATCH = 2048
# About half of what is looked at turns out to be people's.
_TWICE = 2
# A glance is at what prompts are about and how they are laid out, not at their single words.
_SEEN = slice(0, BLOCKS["hashed words"].start)


class StreamReader:
    """Reads entities' streams from a log.

    Args:
        engine: where the tables lie.
        left_out: hashes of sentences that are left out of texts.
        texts: of the log.
        exchanges: of the log.
        prompts: each entity's distinct prompts, as ``Profiled`` has them.
    """

    def __init__(self, engine: Engine, left_out: U64, texts: TextsByKey, *, exchanges: Table, prompts: Table) -> None:
        self._engine, self._left_out, self._texts = engine, left_out, texts
        self._exchanges, self._prompts = exchanges, prompts

    def streams(self, sets: Sequence[I64]) -> list[tuple[I64, I64]]:
        """Keys of the distinct prompts of each set of entities in order of time, and the entity of each."""
        wanted = {
            "entity": np.concatenate([np.zeros(0, np.int64), *sets]),
            "rank": np.repeat(np.arange(len(sets)), [len(one) for one in sets]),
        }
        found = self._engine.fetch(
            "SELECT w.rank, p.row_key, p.entity FROM {prompts} AS p JOIN {wanted} AS w USING (entity) "
            "JOIN {exchanges} AS e USING (row_key) ORDER BY w.rank, e.time, p.row_key",
            prompts=self._prompts,
            wanted=pa.table(wanted),
            exchanges=self._exchanges,
        )
        edges = np.searchsorted(np.asarray(found["rank"]), np.arange(1, len(sets)))
        keys, owner = (np.split(np.asarray(found[name], np.int64), edges) for name in ("row_key", "entity"))
        return list(zip(keys, owner, strict=True))

    def several(self, entities: I64) -> tuple[I64, I64]:
        """Prompts of the first of these entities that have enough between them: the entity and key of each."""
        drawn = self._engine.sql(
            f"SELECT e.rank, min_by(p.row_key, hash(p.prompt), {PROMPTS_AT_LARGE}) AS keys "
            "FROM {prompts} AS p JOIN {entities} AS e USING (entity) GROUP BY e.rank",
            prompts=self._prompts,
            entities=pa.table({"entity": entities, "rank": np.arange(len(entities))}),
        )
        found = self._engine.fetch(
            "SELECT rank, unnest(keys) AS row_key, generate_subscripts(keys, 1) AS place FROM {drawn} "
            "ORDER BY rank, place",
            drawn=drawn,
        ).slice(0, MOST_AT_LARGE)
        return entities[np.asarray(found["rank"], np.int64)], np.asarray(found["row_key"], np.int64)

    def features(self, sets: Sequence[I64]) -> Iterator[F32]:
        """Raw features of sets of prompts by their keys, a set at a time (n x d)."""
        for keys in sets:
            prompts = in_order(self._texts.batches(keys)).texts
            starts = range(0, len(prompts), _BATCH)
            yield np.concatenate([window_features(prompts.slice(start, _BATCH), self._left_out) for start in starts])

    def exchange_ids(self, keys: I64) -> list[str]:
        """The ids of exchanges, in the order of their keys."""
        found = self._engine.fetch(
            "SELECT e.exchange_id FROM {exchanges} AS e JOIN {keys} AS k USING (row_key) ORDER BY k.place",
            exchanges=self._exchanges,
            keys=pa.table({"row_key": keys, "place": np.arange(len(keys))}),
        )
        return list(found["exchange_id"].to_pylist())


class SampledPeople:
    """What a scan's sample shows of people at large, before anything else is read.

    Attributes:
        glance: at them.
        owner, key: entity and key of each of their sampled prompts (n).
    """

    def __init__(self, seen: Glance, owner: I64, key: I64, sample: tuple[I64, npt.NDArray[np.float16]]) -> None:
        self.glance, self.owner, self.key = seen, owner, key
        self._whose, self._features = sample

    def explained(self, entities: I64) -> float:
        """About what share of these entities' sampled prompts they explain."""
        theirs = np.flatnonzero(np.isin(self._whose, entities))
        return self.glance.explained(self._features[theirs, _SEEN].astype(np.float32)) if len(theirs) else 0.0

    def read(self, reader: StreamReader, seed: int) -> AtLarge | None:
        """More of their prompts, to draw windows from; None where they are too few.

        Half of the entities are for the lens, and the other half are drawn from.
        """
        order = self.owner[np.sort(np.unique(self.owner, return_index=True)[1])]
        whose, theirs = reader.several(order[::2])
        for_lens = self.key[np.isin(self.owner, order[1::2])][:MOST_AT_LARGE]
        if min(len(theirs), len(for_lens)) < LEAST_AT_LARGE:
            return None
        fitted, drawn = reader.features([for_lens, theirs])
        return people_at_large(fitted, (drawn, whose), seed)


def sampled_people(
    sample: pa.Table, features: npt.NDArray[np.float16], streams: I64, seed: int
) -> SampledPeople | None:
    """Some of the entities that are no stream themselves and have no single task; None where there are none.

    Args:
        sample: ``entity, row_key`` of sampled prompts of every entity, sorted by entity.
        features: of each.
        streams: entities that are left out.
        seed: of the draw.
    """
    owner, key = np.asarray(sample["entity"], np.int64), np.asarray(sample["row_key"], np.int64)
    others = np.flatnonzero(~np.isin(owner, streams))
    entities = np.random.default_rng(seed).permutation(np.unique(owner[others]))
    rank = np.zeros(int(owner.max(initial=0)) + 1, np.int64)
    rank[entities] = np.arange(len(entities))
    chosen = others[np.argsort(rank[owner[others]], kind="stable")][: 2 * _TWICE * MOST_AT_LARGE]
    if len(chosen) < LEAST_AT_LARGE:
        return None
    seen = glance(features[chosen, _SEEN].astype(np.float32), owner[chosen], seed)
    if seen is None:
        return None
    people = chosen[seen.people]
    return SampledPeople(seen, owner[people], key[people], (owner, features))
