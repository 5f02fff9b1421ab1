"""``trl:PATH``: TRL's trainer on the same words as the lab's own loop."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from stillwatch.core import BadSetting
from stillwatch.lab import Cell, LocalTeacher, make_task, read_exposure, run_cell
from stillwatch.lab.experiment import teacher_folder
from stillwatch.lab.models import make_tiny, save_model
from stillwatch.lab.sft import fine_tune
from stillwatch.lab.teachers import load_model, load_tokenizer
from stillwatch.lab.training import Recipe, TrainingSet, train


@pytest.fixture
def untrained(run: Path, tmp_path: Path) -> Path:
    task = make_task("codebook")
    words = load_tokenizer(teacher_folder(run, "codebook", 0) / "model").get_vocab()
    save_model(make_tiny(task.size, 3), sorted(words, key=words.__getitem__), tmp_path / "untrained")
    return tmp_path / "untrained"


@pytest.fixture(autouse=True)
def generator() -> Iterator[None]:
    # TRL's trainer seeds torch itself.
    state = torch.get_rng_state()
    yield
    torch.set_rng_state(state)


@pytest.mark.slow
def test_both_trainers_begin_at_one_loss_and_learn(plain: LocalTeacher, untrained: Path) -> None:
    got = plain.query(plain.task.natural_prompts(32, np.random.default_rng(0)), read_exposure("text+cot"))
    recipe = Recipe(steps=30, batch=32, learning_rate=5e-3, warmup=5)
    by_trl, by_us = load_model(untrained), load_model(untrained)
    theirs = fine_tune(by_trl, got, replace(recipe, trainer="trl"), 0)
    ours = train(by_us, TrainingSet.of(got), recipe, 0)
    assert len(theirs) == len(ours) == 30
    assert theirs[0] == pytest.approx(ours[0], rel=1e-3)
    assert theirs[-1] < 0.7 * theirs[0]


@pytest.mark.slow
def test_a_cell_takes_a_trl_student_and_says_which_trl(run: Path, untrained: Path, tmp_path: Path) -> None:
    cell = Cell(
        "codebook",
        queries=40,
        steps=3,
        teacher=f"hf:{teacher_folder(run, 'codebook', 0) / 'model'}",
        student=f"trl:{untrained}",
    )
    result = run_cell(cell, tmp_path)
    assert result["spent"]["student_steps"] == 3
    assert result["versions"]["trl"]
    with pytest.raises(BadSetting, match="learns from text"):
        run_cell(replace(cell, exposure="top-5"), tmp_path)
    with pytest.raises(BadSetting, match="no student is called"):
        run_cell(replace(cell, student=f"nobody:{untrained}"), tmp_path)
