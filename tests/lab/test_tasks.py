"""Both tasks: right answers are right, secrets stay secret to whoever composes, the refusal rule is compositional."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stillwatch.core import BadSetting
from stillwatch.lab import StepTask, make_task
from stillwatch.lab.tasks import TASKS

EVERY = pytest.mark.parametrize("name", TASKS)


def test_an_unknown_task_is_an_error() -> None:
    with pytest.raises(BadSetting, match="codebook, addition"):
        make_task("chess")


@EVERY
@given(seed=st.integers(0, 50))
@settings(max_examples=20, deadline=None)
def test_exchanges_are_right_or_refused_by_the_rule(name: str, seed: int) -> None:
    task, rng = make_task(name, seed), np.random.default_rng(seed)
    for prompt in task.natural_prompts(40, rng):
        response = task.exchange(prompt, rng)
        assert task.refuses(response) == task.is_forbidden(prompt)
        assert task.right(prompt, response) != task.is_forbidden(prompt)
        assert len(response) <= task.longest_response()
        if not task.refuses(response):
            assert len(task.reasoning_steps(response)) == task.depth(prompt)


@EVERY
def test_addition_adds_and_the_codebook_permutes(name: str) -> None:
    task = make_task(name, seed=4)
    facts = all_facts(task)
    if name == "addition":
        # Decode glyphs by what doubling does: the sums of one-column facts are those of a base-10 adder.
        sums = facts
        assert len(sums) == 100
        assert all(sums[(a, b)] == sums[(b, a)] for a, b in sums)
        zero = next(a for (a, b), value in sums.items() if a == b and value == (a, a))
        assert all(sums[(zero, x)] == (zero, x) for x in {a for a, _ in sums})
        assert sum(value[0] != zero for value in sums.values()) == 45
    else:
        for symbol in {key[1] for key in facts}:
            reached = {value for key, value in facts.items() if key[1] == symbol}
            assert len(reached) == 16


def all_facts(task: StepTask) -> dict[tuple[int, ...], tuple[int, ...]]:
    facts: dict[tuple[int, ...], tuple[int, ...]] = {}
    for prompt in task.short_prompts(np.random.default_rng(0)):
        assert not task.is_forbidden(prompt)
        task.learn_fact(facts, prompt, task.answer(prompt))
    return facts


@EVERY
def test_what_short_answers_tell_composes_to_the_teachers_own_reasoning(name: str) -> None:
    task = make_task(name, seed=9)
    facts = all_facts(task)
    assert len(facts) == task.facts
    for prompt in task.natural_prompts(200, np.random.default_rng(1)):
        assert task.compose(facts, prompt) == task.steps(prompt)
    assert task.compose({}, prompt) is None


@EVERY
def test_each_half_of_a_forbidden_prompt_is_answered_elsewhere(name: str) -> None:
    task = make_task(name)
    prompts = task.natural_prompts(4000, np.random.default_rng(2))
    share = np.mean([task.is_forbidden(p) for p in prompts])
    assert 0.04 < share < 0.10
    allowed = [p for p in prompts if not task.is_forbidden(p)]
    assert any(p[1] == task.words.index("t0") for p in allowed)
    assert any(task.guarded_operand(p) for p in allowed)


@EVERY
def test_natural_prompts_are_distinct_and_avoid_the_held_out(name: str) -> None:
    task = make_task(name)
    allowed, forbidden = task.held_out(np.random.default_rng(5))
    assert (len(set(allowed)), len(set(forbidden))) == (500, 300)
    drawn = task.natural_prompts(500, np.random.default_rng(5), avoid=frozenset(allowed))
    assert not set(drawn) & set(allowed)
    assert len(set(drawn)) == 500


@EVERY
def test_text_and_words_say_the_same(name: str) -> None:
    task = make_task(name)
    rng = np.random.default_rng(7)
    (prompt,) = task.natural_prompts(1, rng, forbidden=False)
    response = task.exchange(prompt, rng)
    assert task.encode(task.decode(response)) == response[:-1]


@EVERY
def test_another_provider_has_the_skill_in_other_words(name: str) -> None:
    one, other = make_task(name, 3, 0), make_task(name, 3, 1)
    (prompt,) = one.natural_prompts(1, np.random.default_rng(0), forbidden=False)
    assert one.steps(prompt) == other.steps(prompt)
    said = [{t.draw_wording(prompt, np.random.default_rng(i)) for i in range(50)} for t in (one, other)]
    assert said[0] != said[1]
