"""Wording: every tactic and target sees its example, and ordinary questions pass."""

import pyarrow as pa
import pytest

from stillwatch.detection.targets import TARGETS
from stillwatch.evidence.families.purpose import TACTICS
from stillwatch.sketching import Wording, wording_flags

ORDINARY = [
    "What time does the museum open on Sundays?",
    "Fix the typo in this line: teh cat sat.",
    "My tomato plants have yellow leaves, what should I do?",
    "¿Cuál es la capital de Perú?",
    "帮我写一封请假邮件",
]


@pytest.mark.parametrize("number", range(len(TACTICS)))
def test_each_tactic_sees_its_example(number: int) -> None:
    assert wording_flags(pa.array([TACTICS[number].example]), TACTICS)[0, number]


@pytest.mark.parametrize("wording", TARGETS, ids=lambda wording: wording.name)
def test_each_target_sees_its_example(wording: Wording) -> None:
    assert wording_flags(pa.array([wording.example]), TARGETS)[0, TARGETS.index(wording)]


def test_ordinary_questions_have_no_tactic() -> None:
    assert not wording_flags(pa.array(ORDINARY), TACTICS).any()


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
    assert wording_flags(pa.array([prompt]), TACTICS)[0, 0]


def test_no_prompts_have_no_flags() -> None:
    assert wording_flags(pa.array([], pa.string()), TACTICS).shape == (0, len(TACTICS))
    assert wording_flags(pa.array([None], pa.string()), TACTICS).sum() == 0
