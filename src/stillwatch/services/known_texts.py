"""The texts by which a run's campaigns are known: what members share and nobody else sends.

Two passes over the run's sketches. The first collects, for each campaign, sentences that several members send and
prompts that are near-duplicates between members. The second drops whatever accounts outside send too: a
framework's prompt, a benchmark's question. Bystanders of a campaign count on neither side.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from stillwatch import gateway as g
from stillwatch import sketching as s
from stillwatch.scanning.run import Run
from stillwatch.tables import RUN_EXCHANGES

__all__ = ["known_texts"]

U64 = npt.NDArray[np.uint64]
_LEAST_SHARE = 0.05
_OUTSIDE_SHARE = 0.02
_BY_CHANCE = 0.01
_MOST_SKETCHES = 200
_MOST_EXCHANGES = 100_000
_LEAST_BANDS = 4
_BATCH_ROWS = 4_096
_COLUMNS = ["account", "masked", *s.BANDS, "signature", "sentences"]


@dataclass(frozen=True, slots=True)
class _Sketches:
    """Sketches of N exchanges: account hashes, masked hashes, bands, signatures, and sentences with their owners."""

    account: U64
    masked: U64
    bands: U64
    signature: npt.NDArray[np.uint8]
    sentence: U64
    sender: U64

    @classmethod
    def of(cls, made: pa.RecordBatch) -> _Sketches:
        account = made.column("account").to_numpy(zero_copy_only=False)
        lists = made.column("sentences")
        keys = np.stack([made.column(name).to_numpy(zero_copy_only=False) for name in s.BANDS], axis=1)
        return cls(
            account,
            made.column("masked").to_numpy(zero_copy_only=False),
            g.packed_bands(keys),
            np.frombuffer(b"".join(made.column("signature").to_pylist()), np.uint8).reshape(-1, s.SLOTS),
            lists.flatten().to_numpy(zero_copy_only=False),
            np.repeat(account, np.diff(lists.offsets.to_numpy())),
        )

    @classmethod
    def joined(cls, parts: Sequence[_Sketches]) -> _Sketches:
        """Several in one."""
        return cls(*(np.concatenate([getattr(part, name) for part in parts]) for name in cls.__slots__))


def known_texts(run: Run, wanted: frozenset[str] = frozenset()) -> g.KnownTexts:
    """What the campaigns of a run are known by.

    Args:
        run: a finished scan.
        wanted: ids of further templates whose example is to be known, because a decision is about them.
    """
    campaigns = {row["campaign_id"]: row for row in run.table("campaigns").to_pylist()}
    templates = run.table("templates").to_pylist()
    members = {account: name for name, row in campaigns.items() for account in row["account_ids"]}
    found = _Found(campaigns, templates)
    for name, sketches in _of_members(run.path, members).items():
        found.take(name, sketches, len(campaigns[name]["account_ids"]))
    apart = {*members, *(account for row in campaigns.values() for account in row["bystander_ids"] or ())}
    sizes = {name: len(row["account_ids"]) for name, row in campaigns.items()}
    found.drop_common(_batches(run.path, apart, inside=False), sizes)
    near = [row for row in templates if row["template_id"] in wanted and row["kind"] == "near-duplicate"]
    # A run that keeps no texts has no examples, and what is empty is like whatever is empty.
    examples = [row for row in near if row["example"]]
    return found.texts(examples)


def _batches(run: Path, accounts: Iterable[str], *, inside: bool) -> Iterator[pa.RecordBatch]:
    """Sketches of these accounts, or of all others."""
    chosen = pa.array(_hashes(accounts), pa.uint64())
    for path in sorted((run / "sketches.parquet").glob("*.parquet")):
        with pq.ParquetFile(path) as file:
            for batch in file.iter_batches(_BATCH_ROWS, columns=_COLUMNS):
                mask = pc.is_in(batch.column("account"), value_set=chosen)
                kept = batch.filter(mask if inside else pc.invert(mask))
                if kept.num_rows:
                    yield kept


def _hashes(accounts: Iterable[str]) -> U64:
    return s.hash_strings(pa.array(list(accounts), pa.string()))


def _of_members(run: Path, members: Mapping[str, str]) -> dict[str, _Sketches]:
    parts: dict[str, list[_Sketches]] = {}
    rows: dict[str, int] = {}
    campaign = dict(zip(_hashes(members).tolist(), members.values(), strict=True))
    for batch in _batches(run, members, inside=True):
        names = np.array([campaign[account] for account in batch.column("account").to_pylist()])
        for name in np.unique(names).tolist():
            if rows.get(name, 0) < _MOST_EXCHANGES:
                mine = batch.filter(pa.array(names == name))
                parts.setdefault(name, []).append(_Sketches.of(mine))
                rows[name] = rows.get(name, 0) + mine.num_rows
    return {name: _Sketches.joined(some) for name, some in parts.items()}


def _senders(things: U64, accounts: U64) -> tuple[U64, npt.NDArray[np.int64]]:
    """Each thing, and how many accounts send it."""
    order = np.lexsort((accounts, things))
    things, accounts = things[order], accounts[order]
    first = np.ones(len(things), np.bool_)
    first[1:] = (things[1:] != things[:-1]) | (accounts[1:] != accounts[:-1])
    return np.unique(things[first], return_counts=True)


class _Found:
    """What was found so far: sentences and sketches, each of a campaign."""

    def __init__(self, campaigns: Mapping[str, Any], templates: Sequence[Mapping[str, Any]]) -> None:
        self._names = list(campaigns)
        self._templates: dict[str, list[Mapping[str, Any]]] = {name: [] for name in campaigns}
        for row in templates:
            if row["campaign_id"] in self._templates:
                self._templates[row["campaign_id"]].append(row)
        self._sentence, self._sentence_of = np.zeros(0, np.uint64), np.zeros(0, np.int64)
        self._senders = np.zeros(0, np.int64)
        # Of each campaign: exchanges, and how many different sentences they hold.
        self._size = np.zeros((2, len(campaigns)), np.int64)
        self._bands = np.zeros((0, len(s.BANDS)), np.uint64)
        self._signature = np.zeros((0, s.SLOTS), np.uint8)
        self._masked, self._sketch_of = np.zeros(0, np.uint64), np.zeros(0, np.int64)

    def take(self, name: str, sketches: _Sketches, members: int) -> None:
        """Keep what several members of a campaign send."""
        number, least = self._names.index(name), max(2, int(np.ceil(_LEAST_SHARE * members)))
        things, senders = _senders(sketches.sentence, sketches.sender)
        shared = things[senders >= least]
        self._size[:, number] = len(sketches.account), len(things)
        self._sentence = np.concatenate([self._sentence, shared])
        self._senders = np.concatenate([self._senders, senders[senders >= least]])
        self._sentence_of = np.concatenate([self._sentence_of, np.full(len(shared), number)])
        keys, senders = _senders(sketches.bands.reshape(-1), np.repeat(sketches.account, len(s.BANDS)))
        alike = np.isin(sketches.bands, keys[senders >= 2]).sum(axis=1) >= _LEAST_BANDS
        chosen: list[int] = []
        for row in np.flatnonzero(alike).tolist():
            if len(chosen) >= _MOST_SKETCHES:
                break
            same = np.broadcast_to(sketches.signature[row], (len(chosen), s.SLOTS)).copy()
            if not chosen or s.estimate_jaccard(same, sketches.signature[chosen]).max() < g.LEAST_JACCARD:
                chosen.append(row)
        self._bands = np.concatenate([self._bands, sketches.bands[chosen]])
        self._signature = np.concatenate([self._signature, sketches.signature[chosen]])
        self._masked = np.concatenate([self._masked, sketches.masked[chosen]])
        self._sketch_of = np.concatenate([self._sketch_of, np.full(len(chosen), number)])

    def drop_common(self, others: Iterator[pa.RecordBatch], members: Mapping[str, int]) -> None:
        """Forget what accounts outside send too."""
        sent: list[tuple[U64, U64]] = []
        like: list[tuple[npt.NDArray[np.int64], U64]] = []
        rows_outside = 0
        for batch in others:
            rows_outside += batch.num_rows
            sketches = _Sketches.of(batch)
            known = np.isin(sketches.sentence, self._sentence)
            sent.append((sketches.sentence[known], sketches.sender[known]))
            rows, mine = self._meeting(sketches.bands)
            near = s.estimate_jaccard(sketches.signature[rows], self._signature[mine]) >= g.LEAST_JACCARD
            like.append((mine[near], sketches.account[rows[near]]))
        allowed = np.array([int(_OUTSIDE_SHARE * members[name]) for name in self._names], np.int64)
        if sent:
            things, senders = _senders(*(np.concatenate(column) for column in zip(*sent, strict=True)))
            count = dict(zip(things.tolist(), senders.tolist(), strict=True))
            outside = np.array([count.get(thing, 0) for thing in self._sentence.tolist()], np.int64)
            kept = (outside <= allowed[self._sentence_of]) & self._beyond_chance(rows_outside)
            self._sentence, self._sentence_of = self._sentence[kept], self._sentence_of[kept]
            texts, senders = _senders(*(np.concatenate(column).astype(np.uint64) for column in zip(*like, strict=True)))
            outside = np.zeros(len(self._sketch_of), np.int64)
            outside[texts.astype(np.int64)] = senders
            kept = outside <= allowed[self._sketch_of]
            self._bands, self._signature = self._bands[kept], self._signature[kept]
            self._masked, self._sketch_of = self._masked[kept], self._sketch_of[kept]

    def _beyond_chance(self, rows_outside: int) -> npt.NDArray[np.bool_]:
        """Which sentences chance does not explain.

        If a sentence were anybody's, each of its senders would be a member with a chance of at most the campaign's
        share of all exchanges; over all of the campaign's sentences, less than one in a hundred is to be such.
        """
        rows, sentences = self._size
        share = rows / (rows + rows_outside)
        chance = share[self._sentence_of] ** self._senders * sentences[self._sentence_of]
        return np.asarray(chance <= _BY_CHANCE, np.bool_)

    def _meeting(self, bands: U64) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
        """Pairs of a row and a kept sketch that agree on a band."""
        keys = self._bands.reshape(-1)
        order = np.argsort(keys, kind="stable")
        starts = np.searchsorted(keys[order], bands.reshape(-1), "left")
        ends = np.searchsorted(keys[order], bands.reshape(-1), "right")
        count = ends - starts
        at = np.repeat(starts, count) + np.arange(count.sum()) - np.repeat(np.cumsum(count) - count, count)
        rows = np.repeat(np.arange(len(bands)), len(s.BANDS)).repeat(count)
        pairs = np.unique(np.stack([rows, order[at] // len(s.BANDS)]), axis=1)
        return pairs[0], pairs[1]

    def texts(self, examples: Sequence[Mapping[str, Any]]) -> g.KnownTexts:
        """All that is left, each text under the template of the run that it belongs to."""
        shown = [row for rows in self._templates.values() for row in rows]
        templates = [(row["template_id"], row["campaign_id"]) for row in [*shown, *examples]]
        place = {template_id: at for at, (template_id, _) in enumerate(templates)}
        first: list[int] = []
        for name in self._names:
            rows = self._templates[name]
            if not rows:
                templates.append((name, name))
            first.append(place[rows[0]["template_id"]] if rows else len(templates) - 1)
        first_of = np.array(first or [0], np.uint32)
        sentence_of = first_of[self._sentence_of].copy()
        for row in shown:
            own = np.isin(self._sentence, _sketched([row]).sentence)
            own &= self._sentence_of == self._names.index(row["campaign_id"])
            sentence_of[own] = place[row["template_id"]]
        more = _sketched(examples)
        of_examples = np.array([place[row["template_id"]] for row in examples], np.uint32)
        return g.KnownTexts(
            templates=templates,
            masked=np.concatenate([self._masked, more.masked]),
            masked_of=np.concatenate([first_of[self._sketch_of], of_examples]),
            sentences=self._sentence,
            sentence_of=sentence_of,
            bands=np.concatenate([self._bands, more.bands]),
            signatures=np.concatenate([self._signature, more.signature]),
            sketch_of=np.concatenate([first_of[self._sketch_of], of_examples]),
        )


def _sketched(rows: Sequence[Mapping[str, Any]]) -> _Sketches:
    texts = pa.array([row["example"] for row in rows], pa.string())
    given = {"account_id": pa.array([row["template_id"] for row in rows], pa.string()), "prompt": texts}
    columns = [given.get(field.name, pa.nulls(len(rows), field.type)) for field in RUN_EXCHANGES]
    return _Sketches.of(s.sketch_batch(pa.RecordBatch.from_arrays(columns, names=RUN_EXCHANGES.names)))
