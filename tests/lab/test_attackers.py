"""Whatever an attacker does, it stays within its budget and its ledger says what it spent."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from stillwatch.core import BadSetting
from stillwatch.lab import Attack, Cell, LocalTeacher, make_task, read_attacker, read_exposure, run_cell
from stillwatch.lab.attackers import STRATEGIES, Budget, carry_out
from stillwatch.lab.evaluation import held_out_questions
from stillwatch.lab.models import make_tiny
from stillwatch.lab.training import Recipe

TASK = make_task("codebook")
HELD_OUT = held_out_questions(TASK, 0)


def attack(plain: LocalTeacher, name: str, exposure: str, budget: Budget) -> Attack:
    return Attack(
        task=TASK,
        teacher=plain,
        open_teacher=plain,
        other_teacher=plain,
        exposure=read_exposure(exposure),
        budget=budget,
        attacker=read_attacker(name),
        student=make_tiny(TASK.size, 1),
        recipe=Recipe(batch=4),
        seed=5,
        held_out=HELD_OUT.all,
    )


@pytest.mark.slow
@given(
    name=st.sampled_from([*STRATEGIES, "passive,keep-1", "inversion-0.5"]),
    exposure=st.sampled_from(["text+cot", "top-5", "summary-0.5", "answer-only"]),
    queries=st.integers(0, 60),
    steps=st.integers(0, 3),
    tokens=st.one_of(st.none(), st.integers(0, 2000)),
)
@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
def test_no_budget_is_ever_exceeded(
    plain: LocalTeacher, name: str, exposure: str, queries: int, steps: int, tokens: int | None
) -> None:
    one = attack(plain, name, exposure, Budget(queries, steps, tokens))
    carry_out(one)
    assert one.spent.queries <= queries
    assert one.spent.student_steps <= steps
    assert tokens is None or one.spent.response_tokens <= tokens
    assert one.spent.generated_tokens >= one.spent.response_tokens
    assert one.spent.refusals_kept <= one.spent.refusals_met
    assert len(one.losses) == one.spent.student_steps
    if tokens is None and queries:
        assert one.spent.queries == queries


def test_held_out_prompts_are_never_asked(plain: LocalTeacher) -> None:
    one = attack(plain, "passive", "text+cot", Budget(300, 0))
    assert not set(one.ask(one.natural(300)).prompts) & HELD_OUT.all


def test_refusals_are_kept_in_the_share_that_is_asked_for(plain: LocalTeacher) -> None:
    forbidden = TASK.natural_prompts(200, np.random.default_rng(0), forbidden=True)
    kept = [len(attack(plain, f"passive,keep-{k}", "text+cot", Budget(200, 0)).ask(forbidden)) for k in (0, 0.5, 1)]
    assert kept[0] == 0
    assert 60 < kept[1] < 140
    assert kept[2] == 200


@pytest.mark.parametrize("name", ["", "lazy", "passive-0.5", "mixed-2", "passive,keep-3", "adaptive-0.1"])
def test_a_name_that_says_nothing_is_an_error(name: str) -> None:
    with pytest.raises(BadSetting, match="setting attackers"):
        read_attacker(name)


@pytest.mark.slow
def test_the_composer_needs_no_reasoning_and_the_passive_attacker_does(run: Path) -> None:
    shown = {"exposure": "answer-only", "steps": 300}
    composer = run_cell(Cell("codebook", attacker="adaptive", queries=256, **shown), run)  # type: ignore[arg-type]
    passive = run_cell(Cell("codebook", queries=512, **shown), run)  # type: ignore[arg-type]
    assert composer["recovery"] > 0.8
    assert passive["recovery"] < 0.15
    assert composer["spent"]["queries"] == 256
    assert composer["student"]["refusal"] == 0
    assert len(composer["data_hash"]) == 64
    assert composer["versions"]["torch"]
