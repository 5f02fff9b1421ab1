"""Nearest by cells and nearest of all: the same pairs, or nearly, at a bounded number of comparisons."""

from collections.abc import Iterable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from made_log import content_of
from planted_directions import planted

from stillwatch.evidence import Content, Neighbours, nearest
from stillwatch.evidence.neighbours import all_with_all, by_cells
from stillwatch.evidence.thresholds import LINK_COSINE, LINK_Z

CELLS = {"cell": 64, "searched": 24}
EXACTLY = 10**9


def pairs_of(found: Neighbours) -> set[tuple[int, int]]:
    return set(zip(found.a.tolist(), found.b.tolist(), strict=True))


def plain(means: np.ndarray, counts: np.ndarray) -> Content:
    nothing = np.zeros((0, means.shape[1]), np.float32)
    return content_of(np.zeros(0, np.int64), nothing, counts, means.astype(np.float32), nothing[:, :1])


def compared(blocks: Iterable[tuple[np.ndarray, np.ndarray]]) -> int:
    return sum(len(rows) * len(columns) for rows, columns in blocks)


@pytest.fixture(scope="module")
def world() -> tuple[Content, np.ndarray]:
    return planted(5_000, (20, 60, 300, 800), topics=50, seed=3)


def test_cells_find_what_comparing_all_finds(world: tuple[Content, np.ndarray]) -> None:
    content, group = world
    exact, cells = (nearest(content, **how) for how in ({"searched": EXACTLY}, CELLS))
    wanted, got = pairs_of(exact), pairs_of(cells)
    assert len(wanted) > 40_000
    assert len(wanted & got) / len(wanted) >= 0.95
    same = {(a, b) for a, b in wanted if group[a] == group[b] >= 0}
    assert len(same) > 15_000
    assert len(same & got) / len(same) >= 0.98
    # Fewer were compared, or this shows nothing.
    vectors = content.unit()[content.scale() > 0]
    assert compared(by_cells(vectors, **CELLS)) < 0.4 * len(vectors) ** 2


def test_cells_accept_no_pair_that_is_not_beyond_both_lines(world: tuple[Content, np.ndarray]) -> None:
    content, _ = world
    found = nearest(content, **CELLS)
    unit = content.unit()
    assert np.all(found.a < found.b)
    assert len(pairs_of(found)) == len(found.a)
    np.testing.assert_allclose(found.cosine, np.einsum("ij,ij->i", unit[found.a], unit[found.b]), atol=1e-5)
    np.testing.assert_allclose(found.z, content.z(found.a, found.b), rtol=1e-4)
    assert found.cosine.min() > LINK_COSINE
    assert found.z.min() > LINK_Z


def test_the_same_seed_finds_the_same_and_another_nearly(world: tuple[Content, np.ndarray]) -> None:
    content, _ = world
    once, again, other = (nearest(content, seed=seed, **CELLS) for seed in (0, 0, 1))
    for side in ("a", "b", "z", "cosine"):
        np.testing.assert_array_equal(getattr(once, side), getattr(again, side))
    assert pairs_of(once) != pairs_of(other)
    assert len(pairs_of(once) & pairs_of(other)) > 0.9 * len(once.a)


def test_where_cells_would_hold_everybody_all_are_compared(world: tuple[Content, np.ndarray]) -> None:
    content, _ = world
    telling = int(np.count_nonzero(content.scale()))
    exact = pairs_of(nearest(content, searched=EXACTLY))
    assert pairs_of(nearest(content, cell=telling, searched=1)) == exact


def test_where_all_cells_are_searched_everybody_meets_everybody(world: tuple[Content, np.ndarray]) -> None:
    content, _ = world
    vectors = content.unit()[content.scale() > 0][:2_000]
    met = np.zeros((len(vectors), len(vectors)), np.int8)
    for rows, columns in by_cells(vectors, cell=100, searched=len(vectors)):
        met[np.ix_(rows, columns)] += 1
    assert met.min() == met.max() == 1


@pytest.mark.parametrize("scatter", [0.0, 0.05, 1.0])
def test_one_group_of_all_stays_bounded_and_connected(scatter: float) -> None:
    n, largest = 4_000, 200
    rng = np.random.default_rng(0)
    vectors = (np.eye(30)[0] + scatter * rng.normal(size=(n, 30)) / np.sqrt(30)).astype(np.float32)
    blocks = list(by_cells(vectors, cell=40, searched=8, largest=largest))
    assert compared(blocks) <= n * 8 * largest
    # Of those that lie in one place every one is compared with at most so many; others scatter over the cells.
    assert compared(blocks) <= n * (largest if scatter == 0 else 3 * 8 * 40)
    reached = np.zeros(n, bool)
    reached[0] = True
    for _ in range(200):
        before = reached.sum()
        for rows, columns in blocks:
            if reached[rows].any():
                reached[columns] = True
            if reached[columns].any():
                reached[rows] = True
        if reached.sum() == before:
            break
    assert reached.all()


def test_a_crowded_cell_gives_everybody_neighbours() -> None:
    n = 3_000
    found = nearest(plain(np.full((n, 20), 3.0), np.full(n, 9)), most=5, cell=50, searched=4)
    assert np.all(np.bincount(np.concatenate([found.a, found.b]), minlength=n) >= 5)
    assert len(found.a) <= n * 5


@pytest.mark.parametrize("entities", [0, 1, 2, 3])
@pytest.mark.parametrize("how", [{}, {"cell": 1, "searched": 1}, {"cell": 1, "searched": 2}])
def test_hardly_anybody(entities: int, how: dict[str, int]) -> None:
    found = nearest(plain(np.full((entities, 4), 8.0), np.full(entities, 5)), **how)
    # Those of one place share a cell, however small cells are meant to be.
    assert len(found.a) == entities * (entities - 1) // 2


def test_ordinary_entities_are_nobodys_neighbours() -> None:
    assert len(nearest(plain(np.zeros((50, 4)), np.full(50, 5)), cell=2, searched=2).a) == 0


@settings(deadline=None, max_examples=60)
@given(
    st.integers(2, 160),
    st.integers(1, 12),
    st.integers(1, 6),
    st.integers(1, 6),
    st.integers(0, 2**32 - 1),
)
def test_cells_find_a_part_of_what_all_find(n: int, cell: int, searched: int, places: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    means = 6 * rng.normal(size=(places, 12))[rng.integers(0, places, n)] + rng.normal(size=(n, 12))
    content = plain(means, rng.integers(1, 20, n))
    # With no limit on how many neighbours count, cells can only leave out.
    exact = pairs_of(nearest(content, most=n, searched=EXACTLY))
    assert pairs_of(nearest(content, most=n, cell=cell, searched=searched, seed=seed)) <= exact
    assert pairs_of(nearest(content, most=n, cell=cell, searched=n, seed=seed)) == exact


@settings(deadline=None, max_examples=60)
@given(st.integers(1, 200), st.integers(1, 20), st.integers(1, 8), st.integers(2, 40), st.integers(0, 2**32 - 1))
def test_nobody_meets_anybody_twice(n: int, cell: int, searched: int, largest: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    vectors = rng.normal(size=(max(n // 9, 1), 5))[rng.integers(0, max(n // 9, 1), n)].astype(np.float32)
    met = np.zeros((n, n), int)
    for rows, columns in by_cells(vectors, cell=cell, searched=searched, largest=largest, seed=seed):
        assert len(columns) <= largest
        np.add.at(met, (rows[:, None], columns[None, :]), 1)
    assert met.max() == 1
    assert np.all(np.diag(met) == 1)
    assert met.sum() <= n * min(searched, max(n // cell, 1)) * largest


def test_all_with_all_is_every_pair_once() -> None:
    met = np.zeros((5_000, 5_000), np.int8)
    for rows, columns in all_with_all(5_000):
        met[np.ix_(rows, columns)] += 1
    assert met.min() == met.max() == 1
