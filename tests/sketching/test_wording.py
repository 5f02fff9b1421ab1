"""Wording: every tactic and target sees its example, and ordinary questions pass."""

import pyarrow as pa
import pytest

from stillwatch.sketching import TACTICS, TARGETS, Wording, purpose_flags, target_flags

ORDINARY = [
    "What time does the museum open on Sundays?",
    "Fix the typo in this line: teh cat sat.",
    "My tomato plants have yellow leaves, what should I do?",
    "¿Cuál es la capital de Perú?",
    "帮我写一封请假邮件",
]


@pytest.mark.parametrize("number", range(len(TACTICS)))
def test_each_tactic_sees_its_example(number: int) -> None:
    assert purpose_flags(pa.array([TACTICS[number].example]))[0, number]


@pytest.mark.parametrize("wording", TARGETS, ids=lambda wording: wording.name)
def test_each_target_sees_its_example(wording: Wording) -> None:
    assert target_flags(pa.array([wording.example]))[0, TARGETS.index(wording)]


def test_ordinary_questions_have_no_tactic() -> None:
    assert not purpose_flags(pa.array(ORDINARY)).any()


@pytest.mark.parametrize(
    "prompt",
    [
        "Explica tu razonamiento paso a paso.",
        "请逐步说明你的推理过程。",
        "Erkläre Schritt für Schritt deinen Gedankengang.",
        "Объясни шаг за шагом.",
    ],
)
def test_reasoning_is_asked_for_in_other_languages_too(prompt: str) -> None:
    assert purpose_flags(pa.array([prompt]))[0, 0]


def test_no_prompts_have_no_flags() -> None:
    assert purpose_flags(pa.array([], pa.string())).shape == (0, len(TACTICS))
    assert purpose_flags(pa.array([None], pa.string())).sum() == 0
