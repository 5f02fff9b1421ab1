"""The one loop: a pinned curve, the same twice, and a student that does learn."""

from __future__ import annotations

import math

import numpy as np
import pytest

from stillwatch.lab import Exposure, LocalTeacher, Responses, make_task, read_exposure
from stillwatch.lab.models import make_tiny
from stillwatch.lab.training import Recipe, TrainingSet, train

TASK = make_task("codebook")


def curve(plain: LocalTeacher, exposure: Exposure, steps: int = 40) -> list[float]:
    prompts = TASK.natural_prompts(256, np.random.default_rng(0), forbidden=False)
    data = TrainingSet.of(plain.query(prompts, exposure, seed=1))
    return train(make_tiny(TASK.size, 3), data, Recipe(steps=steps), seed=2)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "last"), [("text+cot", 2.24), ("full-logits", 1.45), ("top-5", 1.43), ("top-5-rounded-1", 1.46)]
)
def test_the_curve_is_pinned(plain: LocalTeacher, name: str, last: float) -> None:
    losses = curve(plain, read_exposure(name))
    # A model that knows nothing pays about the logarithm of its vocabulary, or more where its weights are wild.
    assert losses[0] > 0.8 * math.log(TASK.size)
    assert float(np.mean(losses[-5:])) == pytest.approx(last, rel=0.05)


@pytest.mark.slow
def test_the_same_seed_gives_the_same_curve(plain: LocalTeacher) -> None:
    assert curve(plain, Exposure(), 5) == curve(plain, Exposure(), 5)


def test_exchanges_of_any_length_are_padded_and_only_responses_are_learnt(plain: LocalTeacher) -> None:
    prompts = TASK.natural_prompts(30, np.random.default_rng(0))
    data = TrainingSet.of(plain.query(prompts, read_exposure("summary-0.5"), seed=1))
    assert data.real.sum() == data.lengths.sum()
    assert (data.response.sum(dim=1) == data.lengths - data.starts).all()


def test_targets_stand_where_their_words_do(plain: LocalTeacher) -> None:
    got = plain.query(TASK.natural_prompts(20, np.random.default_rng(0)), read_exposure("top-5"), seed=1)
    data = TrainingSet.of(got)
    assert data.top_ids is not None
    places = data.top_ids[data.response]
    words = data.tokens[data.response]
    assert ((places == words[:, None]).sum(dim=1) == 1).all()
    assert (data.top_ids[~data.response] == -1).all()


def test_mixed_exposures_fall_back_to_what_all_of_them_show(plain: LocalTeacher) -> None:
    prompts = TASK.natural_prompts(10, np.random.default_rng(0))
    mixed: Responses = plain.query(prompts, read_exposure("top-5")) + plain.query(prompts, Exposure())
    assert TrainingSet.of(mixed).top_ids is None
