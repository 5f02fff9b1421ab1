"""Leiden with CPM finds planted clusters, the same ones every time."""

import numpy as np

from stillwatch.evidence import communities


def planted(sizes: list[int], strangers: int, seed: int) -> tuple[np.ndarray, np.ndarray, np.ndarray, list[np.ndarray]]:
    rng = np.random.default_rng(seed)
    a, b, groups, start = [], [], [], 0
    for size in sizes:
        members = np.arange(start, start + size)
        groups.append(members)
        i, j = np.triu_indices(size, 1)
        kept = rng.random(len(i)) < 0.5
        a.append(members[i[kept]])
        b.append(members[j[kept]])
        start += size
    stray = rng.integers(0, start + strangers, (2, strangers))
    stray = np.sort(stray[:, stray[0] != stray[1]], axis=0)
    a.append(stray[0])
    b.append(stray[1])
    left, right = np.concatenate(a), np.concatenate(b)
    weight = np.full(len(left), 0.9)
    weight[len(weight) - stray.shape[1] :] = 0.3
    return left, right, weight, groups


def test_planted_clusters_come_back() -> None:
    left, right, weight, groups = planted([60, 25, 12], 200, 4)
    found = communities(left, right, weight, 300, resolution=0.05, least=4, seed=1)
    for group in groups:
        best = max(found, key=lambda cluster: len(np.intersect1d(cluster, group)))
        assert len(np.intersect1d(best, group)) >= 0.95 * len(group)
        assert len(best) <= 1.2 * len(group)
    again = communities(left, right, weight, 300, resolution=0.05, least=4, seed=1)
    assert all(np.array_equal(x, y) for x, y in zip(found, again, strict=True))


def test_no_links_no_clusters() -> None:
    none = np.zeros(0, np.int64)
    assert communities(none, none, np.zeros(0), 10, resolution=0.05, least=4) == []
