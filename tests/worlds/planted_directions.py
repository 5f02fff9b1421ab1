"""Accounts by what they ask, as whitened means: campaigns, small groups of one topic, and loners."""

from __future__ import annotations

import numpy as np
from made_log import content_of

from stillwatch.evidence import Content

_DECAY = 24.0
"""Of a crowded world: dimensions in which the variance of what accounts ask falls to 1/e. A simulated week of real prompts
(9,230 telling accounts) has 41 % of it in 10 dimensions, 74 % in 32 and 93 % in 64, as this has; but there groups
make it so, and here every loner has hundreds of strangers beyond the lines."""
_LEAST_STRENGTH = 70.0
_STRENGTH = (216.0, 1.45)
"""n |signal|**2 beyond the least that tells, median and log deviation: .10, .25, .50, .75 and .90 of that week's telling
accounts lie below 102, 153, 286, 636 and 1,908."""


def planted(
    entities: int,
    campaigns: tuple[int, ...],
    *,
    topics: int,
    crowded: bool = False,
    dimensions: int = 276,
    seed: int = 0,
) -> tuple[Content, np.ndarray]:
    """Content of so many entities, and the group of each (-1: nobody's).

    Args:
        entities: how many there are.
        campaigns: sizes of planted campaigns; cosines between their members scatter from .6 to 1.
        topics: groups of 3 to 39 that ask alike likewise.
        crowded: all ask of few things, so that loners too have neighbours; a harder world than real prompts make.
        dimensions: of what they ask.
        seed: of every draw.
    """
    rng = np.random.default_rng(seed)
    sizes = np.concatenate([np.array(campaigns, np.int64), rng.integers(3, 40, topics)])
    group = np.full(entities, -1)
    group[: sizes.sum()] = np.repeat(np.arange(len(sizes)), sizes)[:entities]
    rng.shuffle(group)
    spread = np.exp(-np.arange(dimensions) / (2 * _DECAY) * crowded).astype(np.float32)

    def directions(count: int) -> np.ndarray:
        drawn = rng.standard_normal((count, dimensions), np.float32) * spread
        return np.asarray(drawn / np.linalg.norm(drawn, axis=1, keepdims=True))

    alike = np.where(group >= 0, rng.uniform(0.6, 1.0, entities), 0.0).astype(np.float32)
    means = np.sqrt(alike)[:, None] * directions(len(sizes) + 1)[group] + np.sqrt(1 - alike)[:, None] * directions(
        entities
    )
    counts = rng.integers(4, 61, entities)
    median, deviation = _STRENGTH
    strength = _LEAST_STRENGTH + rng.lognormal(np.log(median), deviation, entities)
    means *= np.sqrt(strength / counts)[:, None].astype(np.float32)
    means += rng.standard_normal(means.shape, np.float32) / np.sqrt(counts)[:, None].astype(np.float32)
    nothing = np.zeros((0, dimensions), np.float32)
    return content_of(np.zeros(0, np.int64), nothing, counts, means.astype(np.float32), nothing[:, :1]), group
