"""Which of a group's prompts come from what the group has in common.

Cover drowns an account's mean: half of what it sends is somebody's ordinary talk. Each prompt is projected on the
direction in which the other members differ from the log (the account itself left out, so that nobody draws the line
that it is measured by), and the projections are a mixture of what the log's other prompts have and of one normal
component, fitted by expectation and maximisation (Dempster et al. 1977). Whether accounts are interchangeable is then
asked of that part alone, and an account's share of it is told.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from stillwatch.evidence.content import Content
from stillwatch.evidence.thresholds import (
    COUNTED_PROMPTS,
    EM_ROUNDS,
    LEAST_BACKGROUND_PROMPTS,
    LEAST_COMPONENT,
    MOST_BACKGROUND_PROMPTS,
)

__all__ = ["SourcePart", "source_part"]

F32 = npt.NDArray[np.float32]
F64 = npt.NDArray[np.float64]
I64 = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class SourcePart:
    """The common part of n prompts of one group.

    Attributes:
        posterior: of each prompt, how likely it is of the common source (n).
        share: of all of them.
    """

    posterior: F64
    share: float


def source_part(content: Content, members: I64, whitened: F32, owner: I64) -> SourcePart:
    """Tell the common part of a group's prompts from the rest.

    Args:
        content: the whole log's.
        members: the group, sorted.
        whitened: n x d features of the group's prompts.
        owner: member of each.

    Returns:
        The whole of it, where the log has too few other prompts to tell.
    """
    everything = SourcePart(np.ones(len(owner)), 1.0)
    outside = _outside(content, members)
    if len(outside) < LEAST_BACKGROUND_PROMPTS or not len(owner):
        return everything
    weights = np.minimum(content.counts[members], COUNTED_PROMPTS)[:, None]
    parts = content.means[members] * weights
    rest = parts.sum(axis=0)[None, :] - parts
    size = np.linalg.norm(rest, axis=1, keepdims=True)
    directions = rest / np.maximum(size, 1e-9)
    scores = np.einsum("ij,ij->i", whitened, directions[np.searchsorted(members, owner)]).astype(np.float64)
    whole = parts.sum(axis=0)
    others = (content.whitened[outside] @ (whole / max(float(np.linalg.norm(whole)), 1e-9))).astype(np.float64)
    return _mixture(scores, others) if size.min() > 0 else everything


def _outside(content: Content, members: I64) -> I64:
    """Rows of a bounded, evenly spread sample of everybody else's prompts."""
    inside = np.zeros(len(content.counts), np.bool_)
    inside[members] = True
    rows = np.flatnonzero(~inside[content.owner])
    return rows[:: max(1, len(rows) // MOST_BACKGROUND_PROMPTS)]


def _mixture(scores: F64, others: F64) -> SourcePart:
    """Fit scores as a mixture of the density of ``others`` and of one normal component above it."""
    spread = max(float(others.std()), 1e-9)
    usual = np.maximum(_density(others, scores, spread), 1e-12)
    centre, width, share = float(np.quantile(scores, 0.8)), max(float(scores.std()), 1e-9), 0.5
    posterior = np.ones(len(scores))
    for _ in range(EM_ROUNDS):
        source = np.exp(-0.5 * ((scores - centre) / width) ** 2) / (width * np.sqrt(2 * np.pi))
        posterior = share * source / (share * source + (1 - share) * usual)
        total = float(posterior.sum())
        if total < 1:
            break
        share = total / len(scores)
        centre = float(posterior @ scores) / total
        width = max(float(np.sqrt(posterior @ (scores - centre) ** 2 / total)), LEAST_COMPONENT * spread)
    return SourcePart(posterior, share)


def _density(sample: F64, where: F64, spread: float) -> F64:
    """Gaussian kernel density of a sample, on a grid (Silverman 1986)."""
    width = 0.9 * spread * len(sample) ** -0.2
    low, high = float(min(sample.min(), where.min())) - 4 * width, float(max(sample.max(), where.max())) + 4 * width
    held, edges = np.histogram(sample, 513, (low, high))  # odd, so that a kernel has a middle
    grid = (edges[1:] + edges[:-1]) / 2
    kernel = np.exp(-0.5 * ((grid - grid[len(grid) // 2]) / width) ** 2)
    density = np.convolve(held, kernel, "same") / (len(sample) * width * np.sqrt(2 * np.pi))
    return np.asarray(np.interp(where, grid, density))
