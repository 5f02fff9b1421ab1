"""Exposures show what their names say, and nothing comes back that they hide."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from stillwatch.core import BadSetting
from stillwatch.lab import make_task, read_exposure
from stillwatch.lab.exposures import PRESETS, Exposure, Shown, elide, reveal, round_logprobs, top_logprobs

TASK = make_task("codebook")
LOGPROBS = hnp.arrays(np.float32, (3, 5), elements=st.floats(-30, 0, width=32))


def response(seed: int) -> tuple[int, ...]:
    rng = np.random.default_rng(seed)
    (prompt,) = TASK.natural_prompts(1, rng, forbidden=False)
    return TASK.exchange(prompt, rng)


@given(LOGPROBS, st.sampled_from([0.0, 0.1, 0.25, 0.5, 1.0, 3.0]))
def test_rounding_twice_changes_nothing_more(logprobs: np.ndarray, grid: float) -> None:
    once = round_logprobs(logprobs, grid)
    np.testing.assert_array_equal(round_logprobs(once, grid), once)
    assert np.abs(once - logprobs).max() <= grid / 2 + 1e-5


@pytest.mark.parametrize("name", [*PRESETS, "top-1", "top-20-rounded-0.5", "summary-0", "top-5,summary-0.5"])
def test_names_are_read_back(name: str) -> None:
    exposure = read_exposure(name)
    assert read_exposure(exposure.name) == exposure


@pytest.mark.parametrize("name", ["", "top", "top-0", "summary-2", "summary", "everything", "top-5,"])
def test_a_name_that_says_nothing_is_an_error_with_a_hint(name: str) -> None:
    with pytest.raises(BadSetting, match="setting exposures"):
        read_exposure(name)


@given(st.integers(0, 1000))
def test_a_summary_that_leaves_nothing_out_is_everything_and_one_that_leaves_all_out_is_text(seed: int) -> None:
    ids, rng = response(seed), np.random.default_rng(seed)
    assert elide(Shown(ids), read_exposure("summary-0"), TASK, rng) == elide(Shown(ids), Exposure(), TASK, rng)
    assert elide(Shown(ids), read_exposure("summary-1"), TASK, rng) == elide(
        Shown(ids), read_exposure("text"), TASK, rng
    )


@given(st.integers(0, 1000), st.sampled_from(["summary-0.5", "text", "answer-only"]))
def test_what_is_left_keeps_its_order_and_its_answer(seed: int, name: str) -> None:
    ids = response(seed)
    left = elide(Shown(ids), read_exposure(name), TASK, np.random.default_rng(seed)).ids
    rest = iter(ids)
    assert all(word in rest for word in left)
    assert TASK.read_answer(left) == TASK.read_answer(ids)
    if name != "summary-0.5":
        assert TASK.reasoning_steps(left) == []


@given(hnp.arrays(np.float32, (3, 9), elements=st.floats(-9, 9, width=32)), st.integers(1, 12))
def test_top_k_holds_the_sampled_word_once_and_the_most_probable(logits: np.ndarray, k: int) -> None:
    sampled = np.array([0, 4, 8])
    ids, logprobs = top_logprobs(logits, sampled, k)
    assert ids.shape == logprobs.shape == (3, min(k, 9) + 1)
    for row, word, scores in zip(ids, sampled, logits, strict=True):
        known = [int(i) for i in row if i >= 0]
        assert len(set(known)) == len(known)
        assert word in known
        assert {float(scores[i]) for i in row[1:]} >= {float(s) for s in np.sort(scores)[::-1][: min(k, 9)]}


def test_log_probabilities_stay_beside_their_words() -> None:
    ids = response(3)
    logits = np.random.default_rng(0).normal(size=(len(ids), len(TASK.words))).astype(np.float32)
    exposure = read_exposure("top-5,text")
    shown = elide(reveal(ids, logits, exposure), exposure, TASK, np.random.default_rng(0))
    assert shown.top_ids is not None
    assert len(shown.ids) == len(shown.top_ids) < len(ids)
    for word, row in zip(shown.ids, shown.top_ids, strict=True):
        assert word in row
