"""Places for nodes and links by forces (Fruchterman and Reingold 1991), the same for the same links.

The start is a fixed spiral and every step is numpy, so that nothing is left to chance.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

__all__ = ["spread_nodes"]

F32 = npt.NDArray[np.float32]
I64 = npt.NDArray[np.int64]

_ITERATIONS = 70


def spread_nodes(size: int, ends: I64, weights: F32, width: float, height: float, margin: float) -> F32:
    """Places (N x 2) that fill a picture of the given width and height but for a margin.

    Args:
        size: how many nodes; at least one.
        ends: links as pairs of nodes, E x 2.
        weights: of the links, E; heavier ones pull closer.
    """
    return _fit(_forces(size, ends, weights), width, height, margin)


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


def _fit(places: F32, width: float, height: float, margin: float) -> F32:
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
    room = np.array([width - 2 * margin, height - 2 * margin], np.float32)
    unit = (centred - low) / np.maximum(high - low, 1e-6)
    unit = np.where(high - low < 1e-6, 0.5, unit)
    return np.round(unit * room + margin, 1).astype(np.float32)
