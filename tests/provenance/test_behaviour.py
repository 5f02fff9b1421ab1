"""Students are found, independent makers are left alone, and no pair chooses the prompts it is judged on."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from functools import partial

import numpy as np
import pytest
from audit_makers import PROMPTS, Maker, answers
from hypothesis import given, settings
from hypothesis import strategies as st

from stillwatch.provenance import Answers, behaviour_tests, correct, grade
from stillwatch.provenance.behaviour import BEHAVIOUR_TESTS
from stillwatch.provenance.deviations import alike_deviations
from stillwatch.provenance.likeness import Choices, FirstTokens, Kernel, Style, _disagreement, wording_kernel
from stillwatch.provenance.pairs import compare_pairs

RIGHT = [one.answer for one in PROMPTS]
Said = Callable[[int], Answers]


def test_a_student_is_found_in_every_respect(said: Said) -> None:
    student = answers(Maker(500, Maker(0)), "student")
    tests = correct(behaviour_tests(student, said(0), [said(i) for i in range(1, 7)], right=RIGHT))
    assert [one.name for one in tests] == list(BEHAVIOUR_TESTS)
    found = {one.name: one for one in tests}
    for name in ("wording", "choices", "errors", "first-tokens"):
        # First tokens of prompts that several refuse count for nothing, though a student may have learnt to.
        assert (found[name].holm_p or 1) < (0.02 if name == "first-tokens" else 0.01), name
        assert found[name].beyond_all
        assert found[name].exact_p == pytest.approx(1 / 28)
    assert found["wording"].controls.keys() == {f"maker-{i}" for i in range(1, 7)}
    assert grade(tests, 0.01) == "strong"


def test_independent_makers_are_left_alone(said: Said) -> None:
    least = []
    for a, b in list(itertools.combinations(range(8), 2))[::3]:
        controls = [said(i) for i in range(8) if i not in (a, b)]
        tests = correct(behaviour_tests(said(b), said(a), controls, right=RIGHT))
        least.append(min(one.holm_p for one in tests if one.holm_p is not None))
        assert grade(tests, 0.01) in ("none", "weak")
    assert np.mean(np.array(least) <= 0.05) <= 0.15


def test_being_right_together_is_no_agreement(said: Said) -> None:
    """Two models that are right throughout agree with one another more than with anybody, and with no one's errors."""
    perfect = [
        Answers(name, tuple(f"{name} says answer: {one.answer}" for one in PROMPTS)) for name in ("suspect", "teacher")
    ]
    tests = behaviour_tests(perfect[0], perfect[1], [said(i) for i in range(6)], right=RIGHT)
    found = {one.name: one for one in tests}
    assert found["errors"].p_value is None
    assert found["first-tokens"].why_not == "not every model shows log-probabilities"
    assert (found["choices"].exact_p or 0) > 0.05 or (found["choices"].p_value or 0) > 0.01


def test_what_cannot_be_tested_says_why(said: Said) -> None:
    tests = behaviour_tests(said(0), said(1), [said(2), said(3)])
    assert all(one.p_value is None and "needs 3 controls" in one.why_not for one in tests if one.name != "errors")
    assert {one.why_not for one in tests if one.name == "errors"} <= {
        "no prompt came with its right answer",
        "needs 3 controls or more; there are 2",
    }


def test_suspect_and_teacher_weigh_no_prompt(said: Said) -> None:
    kernel = wording_kernel([said(i) for i in range(7)])
    changed = kernel.values.copy()
    changed[:, 0, 1:] = changed[:, 1:, 0] = 0.5
    changed[:, 1, 2:] = changed[:, 2:, 1] = 0.25
    before, after = kernel.alike(0, 1), Kernel(changed, kernel.present).alike(0, 1)
    assert before is not None
    assert after is not None
    assert before.values[2:, 2:] == pytest.approx(after.values[2:, 2:])


def test_prompts_are_weighed_by_the_controls_that_are_not_compared() -> None:
    values = np.ones((2, 6, 6))
    # On the second prompt controls 2 and 3 disagree with each other and with nobody else.
    values[1, 2, 3] = values[1, 3, 2] = 0.0
    weights = _disagreement(values, np.ones((2, 6), dtype=bool), [2, 3, 4, 5])
    assert weights[0] == pytest.approx(0.0)
    assert weights[1, 2, 3] == 0.0
    assert weights[1, 4, 5] == 1.0
    assert weights[1, 0, 1] == pytest.approx(1 / 6)


def test_a_control_that_leaves_out_hard_prompts_does_not_look_liker_for_it() -> None:
    rng = np.random.default_rng(8)
    n, prompts = 10, 400
    own = rng.uniform(0.0, 0.1, size=n)
    ease = np.repeat([0.1, 0.6], prompts // 2)
    values = ease[:, None, None] + own[:, None] + own[None, :] + rng.normal(0, 0.01, size=(prompts, n, n))
    values = (values + values.transpose(0, 2, 1)) / 2
    everywhere = np.ones((n, prompts), dtype=bool)
    # One control answers easy prompts and one hard one in four.
    some = everywhere.copy()
    some[5] = (ease > 0.5) | (np.arange(prompts) % 4 == 0)
    all_, without = Kernel(values, everywhere).alike(0, 1), Kernel(values, some).alike(0, 1)
    assert all_ is not None
    assert without is not None
    off = ~np.eye(n, dtype=bool)
    assert np.abs(all_.values - without.values)[off].max() < 0.02
    # The plain mean over what it answers would be further off than all that models differ by.
    assert values[some[5]].mean(axis=0)[5, 6] - values.mean(axis=0)[5, 6] > 0.1


def test_prompts_that_suspect_or_teacher_leaves_out_are_judged_for_nobody() -> None:
    rng = np.random.default_rng(9)
    values = rng.uniform(size=(60, 7, 7))
    values = (values + values.transpose(0, 2, 1)) / 2
    present = np.ones((7, 60), dtype=bool)
    present[0, :20], present[1, 10:30] = False, False
    found = Kernel(values, present).alike(0, 1)
    kept = Kernel(values[30:], np.ones((7, 30), dtype=bool)).alike(0, 1)
    assert found is not None
    assert kept is not None
    off = ~np.eye(7, dtype=bool)
    assert found.values[off] == pytest.approx(kept.values[off])
    assert Kernel(values, np.zeros((7, 60), dtype=bool)).alike(0, 1) is None


@given(st.integers(0, 2**32 - 1))
@settings(deadline=None, max_examples=25)
def test_a_prompt_that_nobody_answered_is_as_if_not_asked(seed: int) -> None:
    rng = np.random.default_rng(seed)
    words = [[" ".join(rng.choice(list("abcdef"), 4)) for _ in range(12)] for _ in range(6)]
    kept = rng.random(12) < 0.7
    blank = [Answers("m", tuple(t if k else " \n" for t, k in zip(one, kept, strict=True))) for one in words]
    short = [Answers("m", tuple(t for t, k in zip(one, kept, strict=True) if k)) for one in words]
    if kept.any():
        found, alone = wording_kernel(blank).alike(0, 1), wording_kernel(short).alike(0, 1)
        assert found is not None
        assert alone is not None
        np.testing.assert_allclose(found.values, alone.values, atol=1e-9)


def test_a_choice_that_all_make_is_worth_nothing_and_a_rare_one_much() -> None:
    models = [Answers(f"m{i}", ("answer: 1", f"answer: {2 if i < 2 else 9 + i}")) for i in range(6)]
    found = Choices.of(models).alike(0, 1)
    assert found is not None
    # Of two prompts one is shared by all controls, worth 0, and one by none, worth 1.
    assert found.values[0, 1] == pytest.approx(0.5)
    assert found.values[0, 2] == pytest.approx(0.0)


def test_overlap_is_of_probabilities_and_of_what_is_not_shown() -> None:
    half = float(np.log(0.5))
    shown: list[dict[str, float]] = [{"a": half}, {"a": half, "b": half}, {"c": 0.0}]
    kernel = FirstTokens.of([Answers("m", ("said",), (one,)) for one in shown])
    assert kernel.values[0, 0, 0] == pytest.approx(1.0)
    assert kernel.values[0, 0, 1] == pytest.approx(0.5)
    assert kernel.values[0, 1, 2] == 0.0


def test_style_tells_writers_apart_on_prompts_it_was_not_learnt_from(said: Said) -> None:
    student = answers(Maker(501, Maker(0), copied=1.0), "student")
    style = Style.of([student, *(said(i) for i in range(6))], seed=0)
    assert style.told_as_teacher() > 0.3
    assert style.recognised() > 2 / 6
    values = style.alike(0, 1).values
    assert values == pytest.approx(values.T)
    assert values[0, 1] == max(values[0, 1:])


def test_deviations_are_those_of_the_features_and_no_pair_is_favoured() -> None:
    rng = np.random.default_rng(3)
    features = rng.normal(size=(7, 30, 4))  # models, prompts, features
    kernel = np.einsum("ipf,jpf->pij", features, features)
    found = alike_deviations(kernel, 0, 1).values
    controls = range(2, 7)
    for i, j in ((0, 1), (0, 3), (3, 5)):
        left = [c for c in controls if c not in (i, j)]
        parts = []
        for chosen in itertools.combinations(left, 3):
            mean = features[list(chosen)].mean(axis=0)
            u, v = (features[i] - mean).ravel(), (features[j] - mean).ravel()
            parts.append((u @ v, u @ u, v @ v))
        inner, own, other = np.mean(parts, axis=0)
        assert found[i, j] == pytest.approx(inner / np.sqrt(own * other))


def test_deviations_of_unrelated_models_are_no_more_alike_for_a_pair_without_controls() -> None:
    rng = np.random.default_rng(4)
    points = []
    for _ in range(200):
        features = rng.normal(size=(6, 40))
        kernel = np.einsum("ip,jp->pij", features, features)
        test = compare_pairs(partial(alike_deviations, kernel), 6)
        assert test is not None
        points.append(test.t)
    assert abs(np.mean(points)) < 0.25


def test_models_that_do_not_depart_are_not_judged() -> None:
    alike = alike_deviations(np.ones((30, 6, 6)), 0, 1)
    assert np.isnan(alike.values).all()
    assert compare_pairs(lambda a, b: alike_deviations(np.ones((30, 6, 6)), a, b), 6) is None
