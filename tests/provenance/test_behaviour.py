"""Students are found, independent makers are left alone, and no pair chooses the prompts it is judged on."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial

import numpy as np
import pytest
from audit_makers import PROMPTS, Maker, answers
from hypothesis import given, settings
from hypothesis import strategies as st

from stillwatch.provenance import Answers, behaviour_tests, correct, grade
from stillwatch.provenance.behaviour import BEHAVIOUR_TESTS
from stillwatch.provenance.deviations import alike_deviations
from stillwatch.provenance.grades import grade_reasons
from stillwatch.provenance.likeness import Choices, FirstTokens, Kernel, Style, wording_kernel
from stillwatch.provenance.pairs import compare_pairs
from stillwatch.provenance.tokens import TokenMatch

RIGHT = [one.answer for one in PROMPTS]
Said = Callable[[int], Answers]


def test_a_student_is_found_in_every_respect(said: Said) -> None:
    student = answers(Maker(500, Maker(0)), "student")
    tests = correct(behaviour_tests(student, said(0), [said(i) for i in range(1, 7)], right=RIGHT))
    assert [one.name for one in tests] == list(BEHAVIOUR_TESTS)
    found = {one.name: one for one in tests}
    for name in ("wording", "choices", "errors", "first-tokens"):
        assert (found[name].holm_p or 1) < 0.01, name
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
    kernel = wording_kernel([said(i).texts for i in range(7)])
    changed = kernel.values.copy()
    changed[:, 0, 1:] = changed[:, 1:, 0] = 0.5
    changed[:, 1, 2:] = changed[:, 2:, 1] = 0.25
    before, after = kernel.alike(0, 1).values, Kernel(changed).alike(0, 1).values
    assert before[2:, 2:] == pytest.approx(after[2:, 2:])


def test_prompts_are_weighed_by_the_controls_that_are_not_compared() -> None:
    values = np.ones((2, 6, 6))
    # On the second prompt controls 2 and 3 disagree with each other and with nobody else.
    values[1, 2, 3] = values[1, 3, 2] = 0.0
    kernel = Kernel(values)
    weights = kernel._disagreement([2, 3, 4, 5])
    assert weights[0] == pytest.approx(0.0)
    assert weights[1, 2, 3] == 0.0
    assert weights[1, 4, 5] == 1.0
    assert weights[1, 0, 1] == pytest.approx(1 / 6)


def test_a_choice_that_all_make_is_worth_nothing_and_a_rare_one_much() -> None:
    texts = [["answer: 1", f"answer: {2 if i < 2 else 9 + i}"] for i in range(6)]
    found = Choices.of(texts).alike(0, 1)
    assert found is not None
    # Of two prompts one is shared by all controls, worth 0, and one by none, worth 1.
    assert found.values[0, 1] == pytest.approx(0.5)
    assert found.values[0, 2] == pytest.approx(0.0)


def test_overlap_is_of_probabilities_and_of_what_is_not_shown() -> None:
    half = float(np.log(0.5))
    kernel = FirstTokens.of([[{"a": half}], [{"a": half, "b": half}], [{"c": 0.0}]])
    assert kernel.values[0, 0, 0] == pytest.approx(1.0)
    assert kernel.values[0, 0, 1] == pytest.approx(0.5)
    assert kernel.values[0, 1, 2] == 0.0


def test_style_tells_writers_apart_on_prompts_it_was_not_learnt_from(said: Said) -> None:
    student = answers(Maker(501, Maker(0), copied=1.0), "student")
    style = Style.of([student.texts, *(said(i).texts for i in range(6))], seed=0)
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


def without(said: Answers, gone: Sequence[int]) -> Answers:
    """A model that gave no answer to some prompts, and shows no log-probabilities."""
    return Answers(said.name, tuple("" if i in set(gone) else text for i, text in enumerate(said.texts)))


def test_missing_answers_make_nobody_alike(said: Said) -> None:
    """Unrelated models of which two are cut off at the same prompts."""
    some = range(0, len(PROMPTS), 5)
    for share in (some, sorted({*some, *range(1, len(PROMPTS), 5)})):
        for a, b in ((0, 1), (2, 3), (4, 5)):
            controls = [replace(said(i), next_tokens=None) for i in range(8) if i not in (a, b)]
            tests = correct(behaviour_tests(without(said(a), share), without(said(b), share), controls, right=RIGHT))
            assert grade(tests, 0.01) in ("none", "weak")
            (wording,) = [one for one in tests if one.name == "wording"]
            assert wording.prompts == len(PROMPTS) - len(share)
            assert wording.details["missing_suspect"] == wording.details["missing_teacher"] == len(share)
            assert wording.details["missing_controls"] == 0


def test_a_student_is_found_by_the_answers_that_it_gave(said: Said) -> None:
    student = without(answers(Maker(500, Maker(0)), "student"), range(0, len(PROMPTS), 4))
    controls = [replace(said(i), next_tokens=None) for i in range(1, 7)]
    tests = correct(behaviour_tests(student, replace(said(0), next_tokens=None), controls, right=RIGHT))
    assert grade(tests, 0.01) in ("moderate", "strong")


def test_of_too_many_missing_answers_nothing_is_told(said: Said) -> None:
    gone = without(answers(Maker(500, Maker(0)), "student"), range(len(PROMPTS) // 2 + 1))
    tests = behaviour_tests(gone, said(0), [said(i) for i in range(1, 7)], right=RIGHT)
    assert all(one.p_value is None for one in tests)
    assert tests[0].why_not.startswith("student gave no answer to ")
    assert grade(correct(tests), 0.01) == "none"


@given(st.integers(0, 2**32 - 1))
@settings(deadline=None, max_examples=25)
def test_a_prompt_that_one_did_not_answer_is_as_if_not_asked(seed: int) -> None:
    rng = np.random.default_rng(seed)
    words = [[" ".join(rng.choice(list("abcdef"), 4)) for _ in range(12)] for _ in range(6)]
    kept = rng.random(12) < 0.7
    blank = [[text if there else "" for text, there in zip(one, kept, strict=True)] for one in words]
    short = [[text for text, there in zip(one, kept, strict=True) if there] for one in words]
    if kept.any():
        np.testing.assert_allclose(
            wording_kernel(blank).alike(0, 1).values, wording_kernel(short).alike(0, 1).values, atol=1e-9
        )


def test_one_tokenizer_that_no_control_has_caps_behaviour_at_weak(said: Said) -> None:
    student = answers(Maker(500, Maker(0)), "student")
    tests = correct(behaviour_tests(student, said(0), [said(i) for i in range(1, 7)], right=RIGHT))
    alone = TokenMatch(40, 40, {"maker-1": 12, "maker-2": 11})
    assert grade(tests, 0.01, alone) == "weak"
    assert any("one tokenizer and no control has it" in one for one in grade_reasons(tests, 0.01, alone))
    for match in (
        None,
        TokenMatch(40, 40, {"maker-1": 40, "maker-2": 11}),
        TokenMatch(39, 40, {"maker-1": 12}),
        TokenMatch(40, 40, {}),
    ):
        assert grade(tests, 0.01, match) == "strong"
        assert not any("one tokenizer" in one for one in grade_reasons(tests, 0.01, match))
