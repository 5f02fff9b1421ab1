"""Postings: which entities share a thing (a sentence, a template, an address, a card).

A thing shared by two strangers says more the fewer others have it. Things are kept in three
classes of rarity by the share of the log's entities that have them; how often two entities drawn
at random share one of a class is the class's u-probability in the linkage.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt
from scipy import sparse
from scipy.sparse import csgraph

from stillwatch.evidence.calibration import Calibration
from stillwatch.evidence.last_asked import LastAsked
from stillwatch.evidence.thresholds import (
    ALWAYS_RARE,
    BLOCK_ROUNDS,
    BLOCK_SIZE,
    BLOCKED_CLASSES,
    LEAST_BACKGROUND,
    RARITIES,
    SMALL_LOG,
    THINGS_COMPARED,
)

__all__ = ["Postings", "background", "changes", "distinct", "in_runs"]

I64 = npt.NDArray[np.int64]
F64 = npt.NDArray[np.float64]
_Whole = TypeVar("_Whole", bound=np.integer[Any])
_PAIRS = 65_536


def changes(values: npt.NDArray[np.integer[Any]]) -> npt.NDArray[np.bool_]:
    """Where a new value begins in a sorted array."""
    fresh = np.ones(len(values), np.bool_)
    np.not_equal(values[1:], values[:-1], out=fresh[1:])
    return fresh


def distinct(values: npt.NDArray[_Whole]) -> npt.NDArray[_Whole]:
    """Distinct values, sorted: a sort takes a tenth of the time of numpy's own unique, which hashes."""
    values = np.sort(values)
    return values[changes(values)]


def in_runs(first: I64, counts: I64) -> I64:
    """Places of runs, one run after another: from each first place on, so many."""
    return np.arange(counts.sum()) + np.repeat(first - np.cumsum(counts) + counts, counts)


def background(known: npt.NDArray[np.bool_]) -> int:
    """Of how many entities a thing's holders are held to be a part."""
    count = int(known.sum())
    return count if count >= SMALL_LOG else LEAST_BACKGROUND


@dataclass(frozen=True)
class Postings:
    """Which of E entities have which of T things, and what share of their exchanges it is in.

    Attributes:
        matrix: E x T, shares in (0, 1].
        names: T hashes that name the things.
        holders: for each thing, how many entities have it (T).
        classes: for each thing, its class of rarity (T).
        known: of which entities anything is known, shared or not (E).
        kinds: for each thing, which of the family's kinds it is (T).
        told: of which entities a thing of each kind is known, shared or not (kinds x E).
        asked: what was last asked of it.
    """

    matrix: sparse.csr_matrix
    names: npt.NDArray[np.uint64]
    holders: I64
    classes: npt.NDArray[np.int8]
    known: npt.NDArray[np.bool_]
    kinds: npt.NDArray[np.int8]
    told: npt.NDArray[np.bool_]
    asked: LastAsked = field(default_factory=LastAsked, compare=False)

    @classmethod
    def build(
        cls,
        entity: I64,
        name: npt.NDArray[np.uint64],
        share: F64,
        entities: int,
        known: npt.NDArray[np.bool_] | None = None,
        *,
        kind: npt.NDArray[np.int8] | None = None,
        told: npt.NDArray[np.bool_] | None = None,
        ordinary: Calibration | None = None,
    ) -> Postings:
        """From one row an (entity, thing) pair; things that one entity alone has are left out.

        ``known`` says of whom anything is known; of everybody, if not given. Where no ``kind`` is given, all things
        are of one, which is told of those who are known. What ``ordinary`` accounts often have is no rarer here.
        """
        names, first, column, holders = np.unique(name, return_index=True, return_inverse=True, return_counts=True)
        kept = holders > 1
        number = np.cumsum(kept) - 1
        rows = kept[column]
        matrix = sparse.csr_matrix(
            (share[rows], (entity[rows], number[column[rows]])), shape=(entities, int(kept.sum()))
        )
        held = holders[kept]
        if known is None:
            known = np.ones(entities, np.bool_)
        bounds = [bound for _, bound in RARITIES]
        # A small log cannot say how rare a thing is: it is read as a part of a larger one whose rest has none of it.
        share = held / background(known)
        classes = np.where(held <= ALWAYS_RARE, 0, np.searchsorted(bounds, share)).astype(np.int8)
        if ordinary is not None:
            classes = np.maximum(classes, np.searchsorted(bounds, ordinary.share(names[kept])).astype(np.int8))
        kinds = (np.zeros(len(names), np.int8) if kind is None else kind[first])[kept]
        return cls(matrix, names[kept], held, classes, known, kinds, known[None, :] if told is None else told)

    def rarity(self) -> npt.NDArray[np.int8]:
        """Class of each thing: an index into ``RARITIES``, or ``len(RARITIES)`` beyond the last."""
        return self.classes

    @cached_property
    def scarce(self) -> sparse.csr_matrix:
        """The matrix without things that are common or beyond: E x T."""
        kept = self.classes[self.matrix.indices] < BLOCKED_CLASSES
        offsets = np.concatenate([[0], np.cumsum(kept)])[self.matrix.indptr]
        return sparse.csr_matrix((self.matrix.data[kept], self.matrix.indices[kept], offsets), shape=self.matrix.shape)

    @cached_property
    def _by_thing(self) -> sparse.csc_matrix:
        return self.matrix.tocsc()

    def of(self, things: I64) -> sparse.csr_matrix:
        """The matrix of these things alone: E x their number."""
        # A group's texts are asked for when it is told apart, and again of the whole log.
        return self.asked.answer(("of", things.tobytes()), lambda: self._by_thing[:, things].tocsr())

    @cached_property
    def sent(self) -> F64:
        """For each thing, the shares of exchanges that it is in, added up over its holders (T)."""
        return np.asarray(self.matrix.sum(axis=0), np.float64).ravel()

    def chance(self) -> F64:
        """For each class of rarity, how likely two entities of whom something is known share a thing of it."""
        known = background(self.known)
        share = self.holders / known
        rarity = self.rarity()
        sums = [float(np.sum(share[rarity == c] ** 2)) for c in range(len(RARITIES))]
        floor = 1.0 / known**2
        return np.asarray(np.clip(sums, floor, 0.5), np.float64)

    def chance_beside(self, members: I64, things: npt.NDArray[np.bool_]) -> float:
        """How likely an entity shares one of some things with one of a group as large as this, told by all others: what
        a group that is much of the log has in common would else count as what everybody has."""
        others = max(background(self.known) - len(members), 1)
        held = self.holders - np.asarray((self.matrix[members] > 0).sum(axis=0)).ravel()
        pairs = float(np.sum((held[things] / others) ** 2))
        return float(-np.expm1((len(members) - 1) * np.log1p(-min(max(pairs, 1.0 / others**2), 0.5))))

    def shared(self, a: I64, b: I64, *, most: int = THINGS_COMPARED) -> npt.NDArray[np.int64]:
        """How many things of each class two entities have in common, for m pairs: m x classes.

        Of an entity's things in a class only the ``most`` rarest count.
        """
        out = np.zeros((len(a), len(RARITIES)), np.int64)
        entity = np.repeat(np.arange(self.matrix.shape[0]), np.diff(self.matrix.indptr))
        thing = self.matrix.indices
        order = np.lexsort((thing, self.holders[thing], self.classes[thing], entity))
        entity, thing = entity[order], thing[order]
        run = entity * (len(RARITIES) + 1) + self.classes[thing]
        place = np.arange(len(run)) - np.searchsorted(run, run)
        for number in range(len(RARITIES)):
            kept = (self.classes[thing] == number) & (place < most)
            has = sparse.csr_matrix(
                (np.ones(int(kept.sum()), np.int8), (entity[kept], thing[kept])), shape=self.matrix.shape
            )
            for start in range(0, len(a), _PAIRS):
                part = slice(start, start + _PAIRS)
                out[part, number] = np.asarray(has[a[part]].multiply(has[b[part]]).sum(axis=1)).ravel()
        return out

    def webs(self, things: I64, least: int) -> list[I64]:
        """Entities tied to one another through these things, directly or over others: connected components, sorted,
        the largest first; those of fewer than ``least`` are left out."""
        ties = self.matrix[:, things]
        both = sparse.bmat([[None, ties], [ties.T, None]], format="csr")
        _, label = csgraph.connected_components(both, directed=False)
        label = label[: self.matrix.shape[0]]
        order = np.argsort(label, kind="stable")
        found = np.split(order, np.flatnonzero(np.diff(label[order])) + 1)
        return sorted((np.sort(web) for web in found if len(web) >= least), key=lambda web: (-len(web), int(web[0])))

    def blocks(self, rng: np.random.Generator, *, size: int = BLOCK_SIZE, rounds: int = BLOCK_ROUNDS) -> list[I64]:
        """Groups of entities to compare pair by pair, so that cost stays linear in the log.

        Common things propose nobody: alone they cannot link, and cohorts see them from the other side.
        A thing with few holders is one block. A thing with many is cut into random blocks,
        ``rounds`` times over, which keeps its holders one connected group.
        """
        columns = self._by_thing
        out: list[I64] = []
        for thing in np.flatnonzero(self.rarity() < BLOCKED_CLASSES):
            holders = columns.indices[columns.indptr[thing] : columns.indptr[thing + 1]].astype(np.int64)
            if len(holders) <= size:
                out.append(holders)
                continue
            for _ in range(rounds):
                shuffled = rng.permutation(holders)
                out.extend(np.array_split(shuffled, -(-len(shuffled) // size)))
        return out
