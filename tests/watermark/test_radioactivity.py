"""The key-permutation test: uniform where nothing was learnt, at its floor where the mark was."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from stillwatch.lab.defences import GAMMA
from stillwatch.lab.page.sections import roc
from stillwatch.watermark import Radioactivity, is_green, measure_radioactivity

WORDS = 24


def text(seed: int, key: int | None = None, delta: float = 2.0) -> list[tuple[list[int], list[int]]]:
    """Text of a Markov chain over 24 words, the same chain for all; with ``key``, green words are favoured."""
    chain = np.log(np.random.default_rng(99).dirichlet(np.ones(WORDS), size=WORDS))
    if key is not None:
        chain = chain + delta * is_green(key, np.arange(WORDS)[:, None], np.arange(WORDS)[None], GAMMA)
    steps = np.exp(chain) / np.exp(chain).sum(axis=1, keepdims=True)
    rng = np.random.default_rng([seed, 1])
    out = []
    for _ in range(200):
        word = int(rng.integers(WORDS))
        prompt, response = [word], []
        for _ in range(6):
            word = int(rng.choice(WORDS, p=steps[word]))
            response.append(word)
        out.append((prompt, response))
    return out


def test_p_is_uniform_over_clean_text_and_small_over_marked() -> None:
    reference = text(1000)
    clean = [
        measure_radioactivity(text(s), reference, key=10**6 + s, gamma=GAMMA, seed=s, keys=199).p_value
        for s in range(60)
    ]
    assert stats.kstest(clean, "uniform").pvalue > 0.01
    marked: list[Radioactivity] = [
        measure_radioactivity(text(s, key=s), reference, key=s, gamma=GAMMA, seed=s, keys=999) for s in range(3)
    ]
    assert all(one.p_value == 0.001 and one.z > 5 for one in marked)


def test_a_key_of_someone_else_finds_nothing() -> None:
    found = measure_radioactivity(text(5, key=5), text(1000), key=77, gamma=GAMMA, seed=5)
    assert found.p_value > 0.01


@given(st.integers(0, 2**62), st.floats(0.05, 0.95))
def test_green_lists_hold_their_share_and_never_change(key: int, gamma: float) -> None:
    green = is_green(key, 3, np.arange(20_000), gamma)
    assert abs(green.mean() - gamma) < 0.03
    np.testing.assert_array_equal(green, is_green(key, 3, np.arange(20_000), gamma))


@given(st.lists(st.floats(-3, 3), min_size=1, max_size=20), st.lists(st.floats(-3, 3), min_size=1, max_size=20))
def test_roc_rises_and_its_area_is_the_share_of_pairs_in_order(clean: list[float], tainted: list[float]) -> None:
    points, area = roc(clean, tainted)
    assert points[0] == (0.0, 0.0)
    assert sum(points[-1]) == 2.0
    pairs = [1.0 if t > c else 0.5 if t == c else 0.0 for c in clean for t in tainted]
    assert abs(area - np.mean(pairs)) < 1e-9
