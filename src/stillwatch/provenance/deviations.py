"""Whether two models depart from the others in the same direction, prompt by prompt: cosines of deviations.

Similarity itself is high where everybody agrees. What one model has of its own is its answer less what the
controls answer on average; a student has its teacher's. With similarities K that are inner products
(overlaps of distributions are), all of it follows from K alone:

    <x_i - mu, x_j - mu> = K_ij - mean K_ic - mean K_jc + mean K_cc'     c, c': the controls other than i and j

A mean of fewer controls is noisier and would make pairs with a control look more alike. So the expectation over
means of m - 2 controls is taken for every pair, which is as many as a pair of controls leaves.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from stillwatch.provenance.pairs import Alike

__all__ = ["alike_deviations"]

Floats = npt.NDArray[np.float64]
_LEAST = 1e-9


def alike_deviations(values: Floats, a: int, b: int) -> Alike:
    """Cosines of deviations over all prompts, with (a, b) in the suspect's and teacher's place.

    Args:
        values: (prompts, n, n) similarities that are inner products, each model's with itself on the diagonal.
        a, b: the rest are controls: three or more.

    Returns:
        nan where a model does not depart from the controls at all.
    """
    inner, first, second = _products(values, a, b)
    own, other = (np.where(total > _LEAST, total, np.nan) for total in (first.sum(axis=0), second.sum(axis=0)))
    lengths = np.sqrt(own * other)
    cosines = inner.sum(axis=0) / lengths
    # A prompt's part in the cosine, to first order: of its product and of both lengths.
    part = inner / lengths - cosines / 2 * (first / own + second / other)
    off = ~np.eye(len(cosines), dtype=bool)
    noise = (part**2).sum(axis=0)[off]
    return Alike(cosines, float(np.nanmean(noise)) if np.isfinite(noise).any() else 0.0)


def _products(values: Floats, a: int, b: int) -> tuple[Floats, Floats, Floats]:
    """(prompts, n, n) each: products of the deviations of i and j, squared lengths of i's and of j's."""
    n = values.shape[1]
    controls = np.array([i for i in range(n) if i not in (a, b)])
    is_control = np.zeros(n)
    is_control[controls] = 1.0
    mine, yours = is_control[:, None], is_control[None, :]
    left = len(controls) - mine - yours
    own = np.einsum("pii->pi", values)
    own_i, own_j = own[:, :, None], own[:, None, :]
    to_all = values[:, :, controls].sum(axis=2)
    all_i, all_j = to_all[:, :, None], to_all[:, None, :]

    to_i = (all_i - mine * own_i - yours * values) / left
    to_j = (all_j - yours * own_j - mine * values) / left
    total = to_all[:, controls].sum(axis=1)[:, None, None]
    among = total - 2 * (mine * all_i + yours * all_j) + mine * own_i + yours * own_j + 2 * mine * yours * values
    among = among / left**2
    selves = (own[:, controls].sum(axis=1)[:, None, None] - mine * own_i - yours * own_j) / left

    fewest = len(controls) - 2
    shared = (selves - among) / fewest * (left - fewest) / np.maximum(left - 1, 1)
    return (
        values - to_i - to_j + among + shared,
        own_i - 2 * to_i + among + shared,
        own_j - 2 * to_j + among + shared,
    )
