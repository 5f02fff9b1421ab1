"""The text pass: features of a bounded sample of each entity's prompts, in worker processes.

A sample is what content is compared by. Its features stay in the run (``texts.parquet``), so that whoever asks the run
again does not read its prompts again: they hold as long as the same sentences are left out of them.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from functools import partial

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from stillwatch.engines import Engine, Table
from stillwatch.evidence.thresholds import CLOSER_PROMPTS, CLOSER_TOTAL, SHARED_BY
from stillwatch.profiles.beginnings import packed, read_beginnings
from stillwatch.profiles.rows_at_hand import RowsAtHand
from stillwatch.profiles.texts_by_key import TextsByKey
from stillwatch.sketching import WIDTH, SampledFeatures, Wording, sampled_features, text_features

__all__ = [
    "REFUSED_SQL",
    "Texts",
    "closer_look",
    "closer_payload",
    "draw_sample",
    "drawn_at_hand",
    "features_at_hand",
    "prompt_table",
    "read_texts",
]

U64 = npt.NDArray[np.uint64]

_CHUNK = 8192
_BATCH = 2048
_WORTH_SENDING = 4

REFUSED_SQL = "coalesce(e.status NOT SIMILAR TO '2[0-9][0-9]|ok|OK|success', false)"
"""Whether an exchange ``e`` is known to have been refused or to have failed."""

# What a join gathers is named before it, and no text.
_PROMPT_SQL = """
WITH asked AS (
    SELECT e.account_id, {key} AS prompt, e.row_key, {refused} AS refused FROM {{exchanges}} AS e
)
SELECT a.entity, e.prompt, min(e.row_key) AS row_key, bool_or(NOT e.refused) AS answered
FROM asked AS e JOIN {{accounts}} AS a USING (account_id) GROUP BY ALL
"""

DRAWN_BY = "hash(prompt, entity)"
"""SQL of a number by which an entity's prompts are drawn: the least come first."""

_RANKED_SQL = """
WITH drawn AS (
    SELECT entity, min_by({{{{'row_key': row_key, 'name': prompt}}}}, {drawn_by}, {most}) AS chosen
    FROM {{prompts}} GROUP BY entity
), ranked AS (
    SELECT entity, unnest(chosen, recursive := true), generate_subscripts(chosen, 1) AS place FROM drawn
)
"""

_DRAWN_SQL = _RANKED_SQL + "SELECT entity, row_key, place, name FROM ranked ORDER BY entity, place"

_SAMPLE_SQL = (
    _RANKED_SQL
    + """
SELECT r.entity, r.row_key, r.place, r.name, e.exchange_id
FROM ranked AS r JOIN {{exchanges}} AS e USING (row_key) ORDER BY r.entity, r.place
"""
)


@dataclass(frozen=True, slots=True)
class Texts:
    """Of each of S sampled prompts.

    Attributes:
        features: S x ``WIDTH``.
        flags: S x wordings, whether each stands in it.
        varies: whether anything in it is its own (S).
        machinery: names its account's own machinery that stands in it; 0 where none does (S).
        payload: features of what stands beside that, of the P prompts that carry some (P x ``WIDTH``).
    """

    features: npt.NDArray[np.float16]
    flags: npt.NDArray[np.bool_]
    varies: npt.NDArray[np.bool_]
    machinery: U64
    payload: npt.NDArray[np.float16]

    @classmethod
    def joined(cls, parts: Sequence[Texts], wordings: int) -> Texts:
        """Several in one."""
        nothing, no = np.zeros((0, WIDTH), np.float16), np.zeros(0, np.bool_)
        none = cls(nothing, np.zeros((0, wordings), np.bool_), no, np.zeros(0, np.uint64), nothing)
        return cls(*(np.concatenate([getattr(part, name) for part in (none, *parts)]) for name in cls.__slots__))

    def table(self, sample: pa.Table, shared: U64) -> pa.Table:
        """As the run keeps them: ``row_key, varies, flags, machinery, features, payload`` (float16, little-endian;
        payload null where the prompt carries no machinery)."""
        carries = self.machinery != 0
        payload = _packed_rows(self.payload).take(pa.array(np.cumsum(carries) - 1, mask=~carries))
        bits = self.flags @ (np.uint64(1) << np.arange(self.flags.shape[1], dtype=np.uint64))
        columns = {"row_key": sample["row_key"], "varies": self.varies, "flags": pa.array(bits, pa.uint64())}
        rows = {"features": _packed_rows(self.features), "payload": payload}
        table = pa.table({**columns, "machinery": self.machinery, **rows})
        return table.replace_schema_metadata({"left_out": _fingerprint(shared)})

    @classmethod
    def from_table(cls, kept: pa.Table, sample: pa.Table, shared: U64 | None, wordings: int) -> Texts | None:
        """What a run keeps, in the order of ``sample``; None where it does not hold for it.

        ``shared`` is None where there is no text to read anew, whatever was left out of it.
        """
        told = shared is None or (kept.schema.metadata or {}).get(b"left_out") == _fingerprint(shared).encode()
        if not told or "payload" not in kept.column_names:
            return None
        keys, wanted = np.asarray(kept["row_key"]), np.asarray(sample["row_key"])
        order = np.argsort(keys)
        place = np.searchsorted(keys[order], wanted)
        if not len(keys) or place.max(initial=0) >= len(keys) or np.any(keys[order][place] != wanted):
            return None
        rows = kept.take(pa.array(order[place]))
        features, payload = (
            np.frombuffer(b"".join(rows[name].drop_null().to_pylist()), "<f2").reshape(-1, WIDTH)
            for name in ("features", "payload")
        )
        bits = np.asarray(rows["flags"], np.uint64)
        flags = (bits[:, None] >> np.arange(wordings, dtype=np.uint64)) & np.uint64(1)
        varies, machinery = np.asarray(rows["varies"], np.bool_), np.asarray(rows["machinery"], np.uint64)
        return cls(features, flags.astype(np.bool_), varies, machinery, payload)

    def own(self, owner: npt.NDArray[np.int64]) -> tuple[npt.NDArray[np.bool_], U64]:
        """Of which prompts that carry machinery it is their account's own (P), and the machinery that many have
        (sorted): a phrase of the language, or one text that all send.

        Args:
            owner: entity of each prompt.
        """
        used = np.unique(np.stack([self.machinery, owner.astype(np.uint64)]), axis=1)[0]
        named, accounts = np.unique(used[used != 0], return_counts=True)
        common = named[accounts >= SHARED_BY]
        return ~np.isin(self.machinery[self.machinery != 0], common), common


def _packed_rows(rows: npt.NDArray[np.float16]) -> pa.FixedSizeBinaryArray:
    """Rows of features as bytes."""
    raw = np.ascontiguousarray(rows.astype("<f2")).tobytes()
    return pa.FixedSizeBinaryArray.from_buffers(pa.binary(2 * WIDTH), len(rows), [None, pa.py_buffer(raw)])


def _fingerprint(shared: U64) -> str:
    """Names the sentences that were left out."""
    mixed = np.bitwise_xor.reduce(shared, initial=np.uint64(len(shared)))
    return f"{int(mixed):016x}-{len(shared)}-{WIDTH}"


def prompt_table(engine: Engine, *, exchanges: Table, accounts: Table, key: str = "hash(e.prompt)") -> Table:
    """Distinct prompts of each entity by hash, with one exchange that has each, and whether any was answered:
    ``entity, prompt, row_key, answered``.

    ``key`` is SQL of that hash for an exchange ``e``.
    """
    return engine.sql(_PROMPT_SQL.format(key=key, refused=REFUSED_SQL), exchanges=exchanges, accounts=accounts)


def draw_sample(engine: Engine, most: int, *, prompts: Table | pa.Table, exchanges: Table | None = None) -> pa.Table:
    """A bounded random sample of each entity's distinct prompts.

    Returns:
        ``entity, row_key, place, name``, and where exchanges are given ``exchange_id``; sorted by entity and place, at
        most ``most`` rows each. ``name`` is the prompt's hash. Texts are left where they lie.
    """
    if exchanges is None:
        return engine.fetch(_DRAWN_SQL.format(most=most, drawn_by=DRAWN_BY), prompts=prompts)
    return engine.fetch(_SAMPLE_SQL.format(most=most, drawn_by=DRAWN_BY), prompts=prompts, exchanges=exchanges)


def closer_look(
    engine: Engine,
    members: npt.NDArray[np.int64],
    features: RowsAtHand,
    *,
    prompts: Table | pa.Table,
    only: pa.Table | None = None,
) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.int64]]:
    """Features of more of the prompts of a few entities, and the entity of each; those that do not vary are left out.

    Args:
        engine: where the prompts lie.
        members: the entities.
        features: of the log's texts, by key, as ``features_at_hand`` has them.
        prompts: theirs.
        only: names those to choose from: entity, and prompt by hash.
    """
    keys, owner = _more(engine, members, prompts, only)
    rows = features.of(keys)
    varies = rows[:, WIDTH] > 0
    return rows[varies, :WIDTH], owner[varies]


def features_at_hand(texts: TextsByKey, left_out: U64) -> RowsAtHand:
    """Features of a log's texts, by key, and behind them whether each has anything of its own."""

    def read(keys: npt.NDArray[np.int64]) -> npt.NDArray[np.float32]:
        read = read_beginnings(texts, keys).texts
        done = [text_features(read.slice(start, _BATCH), left_out) for start in range(0, len(read), _BATCH)]
        none = np.zeros((0, WIDTH + 1), np.float32)
        return np.concatenate([none, *(np.column_stack([features, varies]) for features, varies in done)])

    return RowsAtHand(read)


def closer_payload(
    engine: Engine,
    members: npt.NDArray[np.int64],
    left_out: U64,
    common: U64,
    *,
    prompts: Table | pa.Table,
    texts: TextsByKey,
) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.int64]]:
    """As ``closer_look``, of what stands beside each entity's own machinery, unless that is ``common``."""
    keys, owner = _more(engine, members, prompts)
    read = read_beginnings(texts, keys).texts
    done = [sampled_features(read[piece], owner[piece], left_out) for piece in _pieces(owner, _BATCH)]
    features = np.concatenate([np.zeros((0, WIDTH), np.float32), *(one.payload for one in done)])
    machinery = np.concatenate([np.zeros(0, np.uint64), *(one.machinery for one in done)])
    owner, own = owner[machinery != 0], ~np.isin(machinery[machinery != 0], common)
    return features[own], owner[own]


def _more(
    engine: Engine,
    members: npt.NDArray[np.int64],
    theirs: Table | pa.Table,
    only: pa.Table | None = None,
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Keys of more prompts of a few entities than the sample has, and the entity of each."""
    most = max(min(CLOSER_PROMPTS, CLOSER_TOTAL // max(len(members), 1)), 1)
    if only is not None:
        theirs = engine.sql(
            "SELECT p.* FROM {theirs} AS p SEMI JOIN {only} USING (entity, prompt)", theirs=theirs, only=only
        )
    if isinstance(theirs, pa.Table) and "drawn_by" in theirs.column_names:
        return drawn_at_hand(theirs, most)
    sample = draw_sample(engine, most, prompts=theirs)
    return np.asarray(sample["row_key"], np.int64), np.asarray(sample["entity"], np.int64)


def drawn_at_hand(prompts: pa.Table, most: int) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """The same sample as ``draw_sample`` has, of prompts that are at hand: keys, and the entity of each."""
    keys, entity = (np.asarray(prompts[name], np.int64) for name in ("row_key", "entity"))
    order = np.lexsort((np.asarray(prompts["drawn_by"], np.uint64), entity))
    fresh = np.flatnonzero(np.diff(entity[order], prepend=-1))
    place = np.arange(len(order)) - np.repeat(fresh, np.diff(fresh, append=len(order)))
    chosen = order[place < most]
    return keys[chosen], entity[chosen]


def _pieces(owner: npt.NDArray[np.int64], size: int) -> list[slice]:
    """Rows in pieces of about so many, no account in two."""
    changes = np.flatnonzero(np.diff(owner)) + 1
    wanted = np.arange(size, len(owner), size)
    cuts = np.unique(np.append(changes, len(owner))[np.searchsorted(changes, wanted)])
    edges = np.unique(np.concatenate([[0], cuts, [len(owner)]])).tolist()
    return [slice(start, end) for start, end in itertools.pairwise(edges)]


def _read_chunk(chunk: pa.Buffer, flags: npt.NDArray[np.bool_], shared: U64) -> Texts:
    """One chunk of prompts; runs in a worker process."""
    batch = pa.ipc.open_stream(chunk).read_next_batch()
    prompts, owner = batch.column("prompt"), np.asarray(batch.column("owner"), np.int64)
    done: list[SampledFeatures] = [
        sampled_features(prompts[piece], owner[piece], shared) for piece in _pieces(owner, _BATCH)
    ]
    features, varies, payload, machinery = (np.concatenate(parts) for parts in zip(*done, strict=True))
    return Texts(features.astype(np.float16), flags, varies, machinery, payload.astype(np.float16))


def read_texts(
    there: TextsByKey, sample: pa.Table, shared: U64, wordings: tuple[Wording, ...], pool: Executor | None
) -> Callable[[], Texts]:
    """Begin to read the features of all sampled prompts; the call of what comes back waits for them.

    Args:
        there: the log's.
        sample: has ``entity``, sorted, and ``row_key``.
        shared: sorted hashes of sentences to leave out.
        wordings: what each prompt is held against.
        pool: worker processes; without them the sample is read in this process.

    Returns:
        A function that gives the features in the sample's order.
    """
    keys, owner = (np.asarray(sample[name], np.int64) for name in ("row_key", "entity"))
    texts, flags = read_beginnings(there, keys, wordings=wordings, pool=pool)
    pieces = _pieces(owner, _CHUNK)
    chunks = (packed(pa.record_batch({"prompt": texts[piece], "owner": owner[piece]})) for piece in pieces)
    each = pool.map if pool is not None and len(pieces) >= _WORTH_SENDING else map
    begun = each(partial(_read_chunk, shared=shared), chunks, [flags[piece] for piece in pieces])
    return lambda: Texts.joined(list(begun), len(wordings))
