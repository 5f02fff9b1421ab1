"""Which links a graph shows first: those that hold it together, then each account's strongest, the same each time."""

import numpy as np
import pytest

from stillwatch.console.graph_links import rank_links, strongest_links


def drawn(size: int, links: int, *, even: bool, seed: int = 1) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    random = np.random.default_rng(seed)
    pairs = {tuple(sorted(pair)) for pair in random.integers(0, size, (links, 2)).tolist() if pair[0] != pair[1]}
    ends = np.array(sorted(pairs))
    weights = (12 + (0.2 if even else 20) * random.random(len(ends))).astype(np.float32)
    return ends, weights, random.random((size, 2)).astype(np.float32)


def pieces(size: int, ends: np.ndarray) -> int:
    part = list(range(size))

    def top(one: int) -> int:
        while part[one] != one:
            one = part[one]
        return one

    for a, b in ends.tolist():
        part[top(a)] = top(b)
    return len({top(one) for one in range(size)})


@pytest.mark.parametrize("even", [True, False])
def test_what_comes_first_holds_the_graph_together_with_as_few_links_as_can_be(even: bool) -> None:
    ends, weights, places = drawn(300, 5000, even=even)
    ranks = rank_links(300, ends, weights, places)
    first = ends[ranks == 0]
    assert pieces(300, first) == pieces(300, ends)
    assert len(first) == 300 - pieces(300, ends)


@pytest.mark.parametrize("even", [True, False])
def test_each_account_has_its_strongest_links_at_each_step(even: bool) -> None:
    ends, weights, places = drawn(200, 4000, even=even)
    ranks = rank_links(200, ends, weights, places)
    bits = np.round(weights)
    length = np.square(places[ends[:, 0]] - places[ends[:, 1]]).sum(axis=1)
    for step in (1, 3, 10):
        shown = (ranks > 0) & (ranks <= step) | (ranks == 0)
        for account in range(200):
            mine = np.flatnonzero((ends == account).any(axis=1))
            best = sorted(mine, key=lambda one: (-bits[one], length[one]))[:step]
            assert shown[best].all()
        # No more than so many an account, and what holds it together.
        assert shown.sum() <= 200 * step + 199


def test_the_strongest_spanning_forest_is_taken() -> None:
    ends = np.array([[0, 1], [1, 2], [0, 2], [3, 4]])
    places = np.zeros((6, 2), np.float32)
    ranks = rank_links(6, ends, np.array([5, 9, 7, -3], np.float32), places)
    assert ranks.tolist() == [2, 0, 0, 0]
    assert len(rank_links(6, np.zeros((0, 2), np.int64), np.zeros(0, np.float32), places)) == 0


def test_ranks_do_not_hang_on_the_order_in_which_links_are_read() -> None:
    ends, weights, places = drawn(100, 2000, even=True)
    turned = np.random.default_rng(2).permutation(len(ends))
    ranks, again = rank_links(100, ends, weights, places), rank_links(100, ends[turned], weights[turned], places)
    assert np.array_equal(ranks[turned], again)


def test_of_equal_links_no_account_loses_all_of_its_own() -> None:
    ends, weights, _ = drawn(400, 60_000, even=True)
    kept = ends[strongest_links(ends, weights, 4_000)]
    assert len(kept) == 4_000
    assert (np.bincount(kept.ravel(), minlength=400) > 0).all()
    assert np.array_equal(strongest_links(ends, weights, len(ends)), np.arange(len(ends)))
    strong = np.where(np.arange(len(ends)) == 17, 30, weights).astype(np.float32)
    assert strongest_links(ends, strong, 1).tolist() == [17]
