"""Are these accounts random draws from one source of questions?

Intraclass correlation of the prompts' embeddings by account, one-way random effects (Shrout and
Fleiss 1979) with traces for variances: about 0 where nothing but chance sets accounts apart,
.04 for people, .3 and more for applications. It is put as an equivalence test (Schuirmann 1987):
not "can these accounts be told apart?", which a small cluster never can, but "is it shown that
they cannot?".
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import stats

__all__ = ["MARGIN", "Interchangeability", "interchangeability"]

MARGIN = 0.02
"""An intraclass correlation below this counts as none: people begin at .03."""

F32 = npt.NDArray[np.float32]
I64 = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Interchangeability:
    """Intraclass correlation with its jackknife standard error.

    Attributes:
        icc: variance between accounts over the whole; 0 where interchangeable.
        standard_error: delete-one-account jackknife, widened by 1 + 2/m for few accounts.
        p_value: of "the correlation is at least ``MARGIN``"; 1 where it cannot be tested.
        p_apart: of "the correlation is 0", one-sided upward: small where accounts are set apart.
    """

    icc: float
    standard_error: float
    p_value: float
    p_apart: float


def interchangeability(vectors: F32, owner: I64) -> Interchangeability:
    """Test whether the owners of these vectors are random draws from one source.

    Args:
        vectors: S x d, one a prompt.
        owner: account of each vector; accounts with fewer than 2 vectors are left out.
    """
    _, inverse, counts = np.unique(owner, return_inverse=True, return_counts=True)
    kept = counts[inverse] >= 2
    vectors, inverse = vectors[kept].astype(np.float64), inverse[kept]
    _, inverse = np.unique(inverse, return_inverse=True)
    m = int(inverse.max()) + 1 if len(inverse) else 0
    if m < 3:
        return Interchangeability(float("nan"), float("nan"), 1.0, 1.0)
    n = np.bincount(inverse).astype(np.float64)
    sums = np.zeros((m, vectors.shape[1]))
    np.add.at(sums, inverse, vectors)
    squares = np.asarray(np.bincount(inverse, weights=np.einsum("ij,ij->i", vectors, vectors)), np.float64)
    icc = float(_icc(n, sums, squares, n.sum(), sums.sum(axis=0), squares.sum(), m)[0])
    # Each account left out in turn, from its own sums: no pass over the prompts.
    left_out = np.array([_icc_without(n, sums, squares, i) for i in range(m)])
    spread = np.sqrt((m - 1) / m * np.sum((left_out - left_out.mean()) ** 2)) * (1 + 2 / m)
    error = float(max(spread, 1e-6))
    t = stats.t(df=m - 1)
    return Interchangeability(icc, error, float(t.cdf((icc - MARGIN) / error)), float(t.sf(icc / error)))


def _icc(
    n: npt.NDArray[np.float64],
    sums: npt.NDArray[np.float64],
    squares: npt.NDArray[np.float64],
    total_n: float,
    total: npt.NDArray[np.float64],
    total_square: float,
    m: int,
) -> tuple[float, float]:
    within_means = float(np.sum(np.einsum("ij,ij->i", sums, sums) / n))
    grand = float(total @ total) / total_n
    between = (within_means - grand) / (m - 1)
    within = (total_square - within_means) / max(total_n - m, 1.0)
    typical = (total_n - float(np.sum(n**2)) / total_n) / (m - 1)
    whole = between + (typical - 1) * within
    return ((between - within) / whole if whole > 0 else 0.0), typical


def _icc_without(
    n: npt.NDArray[np.float64], sums: npt.NDArray[np.float64], squares: npt.NDArray[np.float64], out: int
) -> float:
    keep = np.arange(len(n)) != out
    return _icc(
        n[keep],
        sums[keep],
        squares[keep],
        n[keep].sum(),
        sums[keep].sum(axis=0),
        squares[keep].sum(),
        len(n) - 1,
    )[0]
