"""Who asks alike: each account's nearest others by direction, exactly in small logs and by cells in large ones.

Up to ``CELL * CELLS_SEARCHED`` telling accounts all are compared with all. Beyond, accounts are put into cells of about
``CELL`` by spherical k-means (Dhillon and Modha 2001) of their directions, and each is compared with the accounts
of its ``CELLS_SEARCHED`` nearest cells alone: an inverted file (Jegou, Douze and Schmid 2011), in blocks of matrix
products. The cost is then so many comparisons an account, however many accounts there are; a pair is found if either
of the two searches the other's cell. Some pairs are missed; those found are compared in full, so that none is
accepted that does not lie beyond the same lines.

Directions are corrected for noise and therefore longer than one where prompts are few. Cells are chosen by normalised
direction, in the ``CELL_DIMENSIONS`` principal dimensions, where most of what accounts share lies and little of
the noise; cosines are products of the corrected directions. A cell that one big group fills is cut at random
into a ring of parts, and each account is compared with its own part and the next: the number stays bounded and
the group connected.

Libraries for this (faiss, hnswlib) bring compiled code of tens of megabytes for what a few matrix products do.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from stillwatch.evidence.thresholds import (
    CELL,
    CELL_DIMENSIONS,
    CELLS_SEARCHED,
    LARGEST_CELL,
    LINK_COSINE,
    LINK_Z,
    NEIGHBOURS,
)

if TYPE_CHECKING:
    from stillwatch.evidence.content import Content

__all__ = ["Neighbours", "all_with_all", "by_cells", "closest", "nearest"]

F32 = npt.NDArray[np.float32]
F64 = npt.NDArray[np.float64]
I64 = npt.NDArray[np.int64]

_CHUNK = 2_048
_TABLE = 4_000_000
_PENDING = 4_000_000
_ROUNDS = 5
_SAMPLED = 64

Blocks = Iterator[tuple[I64, I64]]
"""Rows and columns to compare with each other; no row meets a column twice."""


@dataclass(frozen=True, slots=True)
class Neighbours:
    """Pairs of entities that ask alike: ``a < b``, their z and their cosine."""

    a: I64
    b: I64
    z: F64
    cosine: F64


def nearest(
    content: Content, *, most: int = NEIGHBOURS, cell: int = CELL, searched: int = CELLS_SEARCHED, seed: int = 0
) -> Neighbours:
    """Each telling entity's nearest others by what they ask.

    Args:
        content: what E entities ask.
        most: an entity's neighbours; a pair is kept if either is among the other's.
        cell: entities a cell.
        searched: cells in which an entity's neighbours are sought; where they hold everybody, all are compared.
        seed: of the cells.
    """
    unit = content.unit()
    telling = np.flatnonzero(np.any(unit != 0, axis=1))
    left, right, cosine = closest(unit[telling], least=LINK_COSINE, most=most, cell=cell, searched=searched, seed=seed)
    a, b = telling[left], telling[right]
    scale = content.scale()
    z = content.z_of(a, b, cosine / (scale[a] * scale[b]))
    kept = z > LINK_Z
    return Neighbours(a[kept], b[kept], z[kept], cosine[kept])


def closest(
    vectors: F32,
    *,
    least: float,
    most: int = NEIGHBOURS,
    cell: int = CELL,
    searched: int = CELLS_SEARCHED,
    seed: int = 0,
) -> tuple[I64, I64, F64]:
    """Pairs of rows by their products: a < b, each once, and the product.

    Args:
        vectors: N x d.
        least: smaller products are left out.
        most, cell, searched, seed: as of ``nearest``.
    """
    few = len(vectors) <= cell * searched
    blocks = all_with_all(len(vectors)) if few else by_cells(vectors, cell=cell, searched=searched, seed=seed)
    found = _Found(len(vectors), most, least)
    for rows, columns in blocks:
        found.add(rows, columns, vectors[rows] @ vectors[columns].T)
    left, right, products = found.pairs()
    keys = np.minimum(left, right) * len(vectors) + np.maximum(left, right)
    pairs, first = np.unique(keys, return_index=True)
    size = max(len(vectors), 1)
    return pairs // size, pairs % size, products[first].astype(np.float64)


def all_with_all(entities: int) -> Blocks:
    """Every entity with every other."""
    every = np.arange(entities)
    yield from _tables(every, every)


def by_cells(
    vectors: F32, *, cell: int = CELL, searched: int = CELLS_SEARCHED, largest: int = LARGEST_CELL, seed: int = 0
) -> Blocks:
    """Every entity with those of its nearest cells.

    Args:
        vectors: N x d directions of any length but zero.
        cell: entities a cell, on average.
        searched: cells an entity searches.
        largest: entities of one cell that another is compared with, at most.
        seed: of the cells and of the cuts.
    """
    rng = np.random.default_rng(seed)
    directions = _principal(vectors)
    centres = _centres(directions, max(len(vectors) // cell, 1), rng)
    near = _nearest_centres(directions, centres, min(searched, len(centres)))
    # Whose cell it is, and who searches it: both sorted by cell.
    at_home = np.argsort(near[:, 0], kind="stable")
    homes = np.searchsorted(near[at_home, 0], np.arange(len(centres) + 1))
    visits = np.argsort(near, axis=None, kind="stable")
    doors = np.concatenate([[0], np.cumsum(np.bincount(near.ravel(), minlength=len(centres)))])
    place = rng.permutation(len(vectors))
    for number in range(len(centres)):
        members = at_home[homes[number] : homes[number + 1]]
        if len(members):
            visitors = visits[doors[number] : doors[number + 1]] // near.shape[1]
            yield from _cut(visitors, members, place, largest)


def _cut(visitors: I64, members: I64, place: I64, largest: int) -> Blocks:
    """One cell's blocks: a crowded cell's members as a ring of parts, a visitor with its own part and the next.

    Args:
        visitors: who searches the cell, members among them.
        members: whose cell it is.
        place: where each entity stands at random.
        largest: members that a visitor is compared with, at most.
    """
    if len(members) <= largest:
        ring = [members]
        part = np.zeros(len(visitors), np.int64)
    else:
        members = members[np.argsort(place[members])]
        ring = np.array_split(members, -(-len(members) // max(largest // 2, 1)))
        part = np.searchsorted([place[one[0]] for one in ring[1:]], place[visitors], side="right")
    for number, own in enumerate(ring):
        columns = own if len(ring) == 1 else np.concatenate([own, ring[(number + 1) % len(ring)]])
        yield from _tables(visitors[part == number], columns)


def _tables(rows: I64, columns: I64) -> Blocks:
    """Rows in pieces, for products that are neither too large to hold nor too small to be fast."""
    size = max(_TABLE // max(len(columns), 1), _CHUNK // 2)
    for start in range(0, len(rows), size):
        yield rows[start : start + size], columns


def _principal(vectors: F32) -> F32:
    """Directions of length one in the dimensions in which they differ most (N x at most CELL_DIMENSIONS)."""
    values, axes = np.linalg.eigh(vectors.T @ vectors)
    short = vectors @ axes[:, np.argsort(-values)[:CELL_DIMENSIONS]]
    return np.asarray(short / np.maximum(np.linalg.norm(short, axis=1, keepdims=True), 1e-9), np.float32)


def _centres(directions: F32, cells: int, rng: np.random.Generator) -> F32:
    """Centres of so many cells, of length one, by spherical k-means on a sample."""
    sample = directions[rng.permutation(len(directions))[: cells * _SAMPLED]]
    centres = sample[:cells].copy()
    for _ in range(_ROUNDS):
        cell = _nearest_centres(sample, centres, 1)[:, 0]
        order = np.argsort(cell, kind="stable")
        held, starts = np.unique(cell[order], return_index=True)
        # An empty cell keeps its centre.
        centres[held] = np.add.reduceat(sample[order], starts, axis=0)
        centres /= np.maximum(np.linalg.norm(centres, axis=1, keepdims=True), 1e-9)
    return centres


def _nearest_centres(directions: F32, centres: F32, most: int) -> npt.NDArray[np.unsignedinteger]:
    """The nearest centres of each direction, the nearest first (N x most)."""
    # Sixteen bits, where they do, are sorted much faster.
    near = np.empty((len(directions), most), np.uint16 if len(centres) <= 2**16 else np.uint32)
    for start in range(0, len(directions), _CHUNK):
        far = -(directions[start : start + _CHUNK] @ centres.T)
        if most == 1:
            near[start : start + _CHUNK, 0] = np.argmin(far, axis=1)
            continue
        kept = np.argpartition(far, most - 1, axis=1)[:, :most]
        order = np.argsort(np.take_along_axis(far, kept, axis=1), axis=1, kind="stable")
        near[start : start + _CHUNK] = np.take_along_axis(kept, order, axis=1)
    return near


class _Found:
    """The nearest of each row so far, in bounded memory.

    Args:
        entities: how many there are (N).
        most: how many nearest each keeps.
        least: nearness below which nothing is kept; positive.
    """

    def __init__(self, entities: int, most: int, least: float) -> None:
        self._most = most
        # What a cosine must exceed to be among its row's nearest.
        self._floor = np.full(entities, least, np.float32)
        self._parts: list[tuple[I64, I64, F32]] = [(np.zeros(0, np.int64), np.zeros(0, np.int64), np.zeros(0, "f4"))]
        self._pending = 0

    def add(self, rows: I64, columns: I64, cosines: F32) -> None:
        """Further cosines (rows x columns); a row with itself does not count."""
        above = cosines > self._floor[rows][:, None]
        # One more than count: a row finds itself, and does not count.
        most = self._most + 1
        crowded = np.flatnonzero(np.count_nonzero(above, axis=1) > most)
        if len(crowded):
            # Few have more neighbours than count; only for those is the nearest part sought.
            farther = np.argpartition(-cosines[crowded], most - 1, axis=1)[:, most:]
            above[crowded[:, None], farther] = False
        row, column = np.divmod(np.flatnonzero(above), len(columns))
        left, right, cosine = rows[row], columns[column], cosines[row, column]
        others = left != right
        self._parts.append((left[others], right[others], cosine[others]))
        self._pending += len(row)
        if self._pending > _PENDING:
            self._parts = [self.pairs()]
            self._pending = 0

    def pairs(self) -> tuple[I64, I64, F32]:
        """Rows, columns and cosines of the nearest, sorted by row and nearness."""
        row, column, cosine = (np.concatenate(side) for side in zip(*self._parts, strict=True))
        # Of positive numbers the bits sort as the numbers do.
        farness = np.uint64(0xFFFFFFFF) - cosine.view(np.uint32)
        order = np.argsort((row.astype(np.uint64) << np.uint64(32)) | farness, kind="stable")
        row, column, cosine = row[order], column[order], cosine[order]
        rank = np.arange(len(row)) - np.searchsorted(row, row)
        last = rank == self._most - 1
        self._floor[row[last]] = cosine[last]
        kept = rank < self._most
        return row[kept], column[kept], cosine[kept]
