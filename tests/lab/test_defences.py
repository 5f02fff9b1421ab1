"""Defences narrow and never widen; those that sample change what they say they change."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stillwatch.core import BadSetting
from stillwatch.lab import LocalTeacher, make_task, read_defences, read_exposure
from stillwatch.lab.defences import GAMMA
from stillwatch.lab.evaluation import held_out_questions, honest_cost
from stillwatch.lab.exposures import PRESETS, Exposure
from stillwatch.lab.teachers import TinyTeacher
from stillwatch.watermark import is_green

TASK = make_task("codebook")
KEY = 12345
LESS = ("cap-0", "cap-1", "cap-5", "round-0.5", "round-2", "hide-reasoning", "summarise-0.25", "summarise-1")


def amount(exposure: Exposure) -> tuple[float, float, float]:
    """How much an exposure shows: probabilities, their precision, reasoning."""
    shown = 1e9 if exposure.logprobs == "full" else exposure.logprobs
    reasoning = {"full": 1.0, "summary": 1 - exposure.elided, "hidden": 0.0}[exposure.reasoning]
    return float(shown or 0), -exposure.rounding if exposure.logprobs else 0.0, reasoning


@given(st.sampled_from(PRESETS), st.lists(st.sampled_from(LESS), max_size=4))
def test_they_never_show_more_and_twice_is_once(preset: str, names: list[str]) -> None:
    asked = read_exposure(preset)
    defences = read_defences("+".join(names) or "none")
    shown = asked
    for defence in defences:
        narrower = defence.limit(shown)
        for before, after in zip(amount(shown), amount(narrower), strict=True):
            assert after <= before or narrower.logprobs is None
        assert defence.limit(narrower) == narrower
        shown = narrower


@pytest.mark.parametrize(
    "name", ["nothing", "cap", "cap-1.5-2", "round-0", "temperature-0", "summarise-2", "watermark-x"]
)
def test_a_name_that_says_nothing_is_an_error(name: str) -> None:
    if name == "cap":
        assert read_defences(name)[0].name == "cap-0"
        return
    with pytest.raises(BadSetting, match="setting defences"):
        read_defences(name)


@pytest.mark.parametrize("name", [*LESS, "temperature-1.5", "antidistillation-2", "watermark-2"])
def test_names_are_read_back(name: str) -> None:
    (defence,) = read_defences(name)
    assert read_defences(defence.name) == (defence,)


def defended(tiny: TinyTeacher, names: str) -> LocalTeacher:
    return LocalTeacher(tiny.model, TASK, read_defences(names), tiny.provider(KEY))


@pytest.mark.slow
def test_a_watermark_makes_words_green_and_costs_little_accuracy(tiny: TinyTeacher, plain: LocalTeacher) -> None:
    prompts = TASK.natural_prompts(300, np.random.default_rng(0), forbidden=False)

    def green(teacher: LocalTeacher) -> float:
        pairs = [p for one in teacher.sample(prompts, 1) for p in zip(one.ids[:2], one.ids[1:3], strict=False)]
        return float(np.mean([is_green(KEY, a, b, GAMMA) for a, b in pairs]))

    marked = defended(tiny, "watermark-3")
    assert green(marked) > green(plain) + 0.2
    questions = held_out_questions(TASK, 0)
    free, cost = honest_cost(plain, plain, questions, 0), honest_cost(marked, plain, questions, 0)
    # The teacher is trained where the test runs, and is another one on another processor: .02 to .06 were seen.
    assert cost.accuracy > free.accuracy - 0.1


@pytest.mark.slow
def test_temperature_and_antidistillation_cost_what_they_move(tiny: TinyTeacher, plain: LocalTeacher) -> None:
    questions = held_out_questions(TASK, 0)
    free = honest_cost(plain, plain, questions, 0)
    hot = honest_cost(defended(tiny, "temperature-2.5"), plain, questions, 0)
    poisoned = honest_cost(defended(tiny, "antidistillation-3"), plain, questions, 0)
    assert free.accuracy > 0.9
    assert hot.accuracy < free.accuracy - 0.02
    assert min(hot.surprise, poisoned.surprise) > free.surprise + 0.1
    assert defended(tiny, "antidistillation-0").sample(questions.allowed[:50], 1) == plain.sample(
        questions.allowed[:50], 1
    )


def test_antidistillation_needs_a_proxy(plain: LocalTeacher) -> None:
    with pytest.raises(BadSetting, match="proxy"):
        LocalTeacher(plain.model, TASK, read_defences("antidistillation-1"))


def test_hidden_reasoning_is_written_and_not_shown(tiny: TinyTeacher) -> None:
    prompts = TASK.natural_prompts(20, np.random.default_rng(0), forbidden=False)
    got = defended(tiny, "hide-reasoning").query(prompts, Exposure())
    assert got.generated > got.tokens
    assert all(TASK.reasoning_steps(one.ids) == [] for one in got.shown)
