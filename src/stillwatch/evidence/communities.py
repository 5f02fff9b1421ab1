"""Clusters of linked entities: Leiden (Traag et al. 2019) with the constant Potts model.

CPM's resolution is the least density of evidence a cluster must have, and does not move as the
log grows, where modularity merges small clusters into large ones.
"""

from __future__ import annotations

import graspologic_native as native
import numpy as np
import numpy.typing as npt
from scipy import sparse

from stillwatch.evidence.thresholds import LEIDEN_ROUNDS

__all__ = ["communities"]

I64 = npt.NDArray[np.int64]
F64 = npt.NDArray[np.float64]


def communities(
    a: I64, b: I64, weight: F64, entities: int, *, resolution: float, least: int, seed: int = 0
) -> list[I64]:
    """Cluster a weighted graph.

    Args:
        a, b: edges.
        weight: of each edge, in (0, 1].
        entities: how many nodes there are.
        resolution: least density of a cluster.
        least: smaller clusters are left out.

    Returns:
        Members of each cluster, sorted, largest cluster first.
    """
    if len(a) == 0:
        return []
    graph = sparse.csr_matrix((weight, (a, b)), shape=(entities, entities))
    graph = (graph + graph.T).tocsr()
    graph.sort_indices()
    _, community = native.leiden_csr(
        graph.indptr.astype(np.int64),
        graph.indices.astype(np.int32),
        graph.data.astype(np.float64),
        entities,
        resolution=resolution,
        iterations=LEIDEN_ROUNDS,
        use_modularity=False,
        seed=seed,
    )
    labels = np.array([community[node] for node in range(entities)])
    order = np.argsort(labels, kind="stable")
    groups = np.split(order, np.flatnonzero(np.diff(labels[order])) + 1)
    found = [np.sort(group) for group in groups if len(group) >= least]
    return sorted(found, key=lambda group: (-len(group), int(group[0])))
