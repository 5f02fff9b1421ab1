"""A campaign's accounts as a picture of nodes and links, the same for the same run.

A large campaign is sampled: breadth first from the most linked account, so that what is shown
hangs together. Layout is by forces (Fruchterman and Reingold 1991) from a fixed start, in numpy.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

__all__ = ["Graph", "Node", "draw_graph"]

F32 = npt.NDArray[np.float32]
I64 = npt.NDArray[np.int64]

WIDTH, HEIGHT = 900, 480
_MARGIN = 16
_MOST_NODES = 400
_MOST_BYSTANDERS = 80
_MOST_EDGES = 1_500
_ITERATIONS = 70
_CLASSES = 4


@dataclass(frozen=True, slots=True)
class Node:
    """An account in the picture."""

    account_id: str
    x: float
    y: float
    bystander: bool


@dataclass(frozen=True, slots=True)
class Graph:
    """The picture and what was left out of it.

    Attributes:
        nodes: members first, then bystanders.
        edge_paths: an SVG path for each class of match weight, weakest first.
        weakest, strongest: match weights of the links shown; null where there is no link.
        strongest_links: the strongest links shown, for the table: (account, account, match weight).
        members, bystanders, links: how many there are in all.
        links_shown: how many are drawn.
    """

    nodes: tuple[Node, ...]
    edge_paths: tuple[str, ...]
    weakest: float | None
    strongest: float | None
    strongest_links: tuple[tuple[str, str, float], ...]
    members: int
    bystanders: int
    links: int
    links_shown: int

    @property
    def sampled(self) -> bool:
        """Whether anything was left out."""
        return len(self.nodes) < self.members + self.bystanders or self.links_shown < self.links


def draw_graph(members: Sequence[str], bystanders: Sequence[str], links: pa.Table) -> Graph | None:
    """Lays out the accounts and the links among them; None where there is no account.

    Args:
        members: account ids judged to be in the campaign.
        bystanders: account ids linked to it and judged not to be.
        links: rows with ``account_a, account_b, match_weight``; rows about others are ignored.
    """
    names = pa.array([*members, *bystanders], pa.string())
    if len(names) == 0:
        return None
    ends, weights = _edges(names, links)
    chosen = _sample(len(names), len(members), ends)
    kept = _pick_edges(chosen, ends, weights)
    position = np.full(len(names), -1, np.int64)
    position[chosen] = np.arange(len(chosen))
    local, local_weights = position[ends[kept]], weights[kept]
    places = _fit(_forces(len(chosen), local, local_weights))
    ids = names.take(pa.array(chosen)).to_pylist()
    return Graph(
        nodes=tuple(
            Node(name, float(x), float(y), bool(index >= len(members)))
            for name, (x, y), index in zip(ids, places, chosen, strict=True)
        ),
        edge_paths=_paths(places, local, local_weights),
        weakest=float(local_weights.min()) if len(kept) else None,
        strongest=float(local_weights.max()) if len(kept) else None,
        strongest_links=tuple(
            (ids[local[i, 0]], ids[local[i, 1]], float(local_weights[i]))
            for i in np.argsort(-local_weights, kind="stable")[:20]
        ),
        members=len(members),
        bystanders=len(bystanders),
        links=len(ends),
        links_shown=len(kept),
    )


def _edges(names: pa.Array, links: pa.Table) -> tuple[I64, F32]:
    """Links among the named accounts as index pairs (E x 2) and match weights (E)."""
    pairs = [pc.fill_null(pc.index_in(links[side], value_set=names), -1) for side in ("account_a", "account_b")]
    ends = np.stack([np.asarray(side.to_numpy(), np.int64) for side in pairs], axis=1)
    among = (ends >= 0).all(axis=1) & (ends[:, 0] != ends[:, 1])
    weights = pc.fill_null(links["match_weight"], 0.0).to_numpy().astype(np.float32)
    return ends[among], weights[among]


def _sample(size: int, members: int, ends: I64) -> I64:
    """Indices of the accounts to show, members first: a neighbourhood grown from the most linked."""
    room = min(size - members, _MOST_BYSTANDERS)
    inside = ends[(ends < members).all(axis=1)]
    shown = _neighbourhood(members, inside, min(members, _MOST_NODES - room))
    mask = np.zeros(size, bool)
    mask[shown] = True
    # Bystanders linked to a member in the picture say more than those that would float alone.
    touching = np.zeros(size, np.int64)
    np.add.at(touching, ends[:, 0], mask[ends[:, 1]])
    np.add.at(touching, ends[:, 1], mask[ends[:, 0]])
    others = members + np.argsort(-touching[members:], kind="stable")[:room]
    if len(shown) < members:
        others = others[touching[others] > 0]
    others = np.sort(others)
    return np.concatenate([shown, others])


def _neighbourhood(size: int, ends: I64, wanted: int) -> I64:
    if wanted >= size:
        return np.arange(size)
    degree = np.bincount(ends.ravel(), minlength=size)
    order = np.argsort(-degree, kind="stable")
    inside = np.zeros(size, bool)
    taken = 0
    while taken < wanted:
        # The next ring, or the most linked account that no ring has reached.
        reached = np.unique(np.concatenate([ends[inside[ends[:, 0]], 1], ends[inside[ends[:, 1]], 0]]))
        ring = reached[~inside[reached]]
        if len(ring) == 0:
            ring = order[~inside[order]][:1]
        ring = ring[np.argsort(-degree[ring], kind="stable")][: wanted - taken]
        inside[ring] = True
        taken += len(ring)
    return np.flatnonzero(inside)


def _pick_edges(chosen: I64, ends: I64, weights: F32) -> I64:
    """Link indices to draw: each account's strongest first, so that none hangs loose, then by weight."""
    mask = np.zeros(int(max(ends.max(initial=0), chosen.max(initial=0))) + 1, bool)
    mask[chosen] = True
    usable = np.flatnonzero(mask[ends].all(axis=1)) if len(ends) else np.zeros(0, np.int64)
    usable = usable[np.argsort(-weights[usable], kind="stable")]
    if len(usable) <= _MOST_EDGES:
        return np.sort(usable)
    first = np.unique(np.concatenate([np.unique(ends[usable, side], return_index=True)[1] for side in (0, 1)]))
    rest = np.setdiff1d(np.arange(len(usable)), first)
    return np.sort(usable[np.concatenate([first, rest])[:_MOST_EDGES]])


def _forces(size: int, ends: I64, weights: F32) -> F32:
    """Places (N x 2) after repulsion among all, attraction along links and a pull to the middle."""
    turn = np.arange(size, dtype=np.float32) * np.float32(2.399963)  # golden angle: even, no chance in it
    radius = np.sqrt((np.arange(size, dtype=np.float32) + 0.5) / size)
    places = np.stack([radius * np.cos(turn), radius * np.sin(turn)], axis=1).astype(np.float32)
    if size < 3:
        return places
    ideal = np.float32(1.6 / np.sqrt(size))
    pull = np.zeros((size, size), np.float32)
    if len(ends):
        strength = 0.4 + 0.6 * weights / max(float(np.abs(weights).max()), 1e-6)
        degree = np.bincount(ends.ravel(), minlength=size).astype(np.float32)
        # Shared out over the busier end's links, or a dense campaign would collapse to a point.
        strength = 4 * np.clip(strength, 0.3, 1) / np.sqrt(np.maximum(degree[ends[:, 0]], degree[ends[:, 1]]))
        np.add.at(pull, (ends[:, 0], ends[:, 1]), strength)
        pull += pull.T
    for step in range(_ITERATIONS):
        dx = places[:, None, 0] - places[None, :, 0]
        dy = places[:, None, 1] - places[None, :, 1]
        squared = dx * dx + dy * dy
        np.maximum(squared, 1e-6, out=squared)
        force = ideal * ideal / squared - pull * np.sqrt(squared) / ideal * np.float32(0.25)
        move = np.stack([np.einsum("ij,ij->i", force, dx), np.einsum("ij,ij->i", force, dy)], axis=1)
        move -= 0.35 * places * ideal * np.sqrt(np.float32(size))
        length = np.linalg.norm(move, axis=1, keepdims=True)
        cool = np.float32(0.12 * (1 - step / _ITERATIONS) + 0.004)
        places = places + move / np.maximum(length, 1e-6) * np.minimum(length, cool)
    return places.astype(np.float32)


def _fit(places: F32) -> F32:
    """Places turned to lie along the picture and scaled to fill it."""
    centred = places - np.median(places, axis=0)
    far = np.linalg.norm(centred, axis=1, keepdims=True)
    # Loose accounts would push the rest into a corner of the picture: distance beyond most is shortened.
    most = max(float(np.quantile(far, 0.75)), 1e-6)
    shortened = most * (1 + 0.45 * np.log(np.maximum(far, most) / most))
    centred = centred * np.where(far > most, shortened / np.maximum(far, 1e-6), 1)
    if len(places) > 2:
        _, _, axes = np.linalg.svd(centred, full_matrices=False)
        axes *= np.where(axes[np.arange(2), np.abs(axes).argmax(axis=1)] < 0, -1, 1)[:, None]
        centred = centred @ axes.T
    low, high = centred.min(axis=0), centred.max(axis=0)
    room = np.array([WIDTH - 2 * _MARGIN, HEIGHT - 2 * _MARGIN], np.float32)
    unit = (centred - low) / np.maximum(high - low, 1e-6)
    unit = np.where(high - low < 1e-6, 0.5, unit)
    return np.round(unit * room + _MARGIN, 1).astype(np.float32)


def _paths(places: F32, ends: I64, weights: F32) -> tuple[str, ...]:
    if not len(ends):
        return ()
    bounds = np.quantile(weights, np.linspace(0, 1, _CLASSES + 1)[1:-1])
    classes = np.searchsorted(bounds, weights, side="right")
    return tuple(
        "".join(
            f"M{places[a, 0]:g} {places[a, 1]:g}L{places[b, 0]:g} {places[b, 1]:g}" for a, b in ends[classes == wanted]
        )
        for wanted in range(_CLASSES)
    )
