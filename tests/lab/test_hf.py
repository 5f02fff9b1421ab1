"""``hf:PATH``: a folder of transformers' own as teacher and student, with the lab's words and with others."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from stillwatch.core import BadSetting, BadTable, UnreadableInput
from stillwatch.lab import Cell, make_task, run_cell
from stillwatch.lab.experiment import teacher_folder
from stillwatch.lab.models import make_tiny, save_model
from stillwatch.lab.tasks import TextTask
from stillwatch.lab.teachers import load_tokenizer

WORDS = ("<pad>", "<bos>", "<eos>", "####", "add", "is", "sorry", *(str(i) for i in range(20)))


@pytest.fixture
def model(tmp_path: Path) -> Path:
    save_model(make_tiny(len(WORDS), 0), WORDS, tmp_path / "model")
    return tmp_path / "model"


@pytest.fixture
def prompts(tmp_path: Path) -> Path:
    path = tmp_path / "prompts.jsonl"
    lines = [{"prompt": f"add {a} {b}", "answer": a + b, "forbidden": a == 9} for a in range(10) for b in range(10)]
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))
    return path


def test_a_task_from_a_file_reads_answers_refusals_and_steps(model: Path, prompts: Path) -> None:
    task = TextTask(prompts, load_tokenizer(model))
    allowed, forbidden = task.held_out(np.random.default_rng(0))
    assert 10 < len(allowed) + len(forbidden) < 45
    drawn = task.natural_prompts(1000, np.random.default_rng(0))
    assert len(drawn) + len(allowed) + len(forbidden) == 100
    assert not set(drawn) & set(allowed)
    prompt = task.encode("add 3 4")
    response = (*task.encode("3 4 is #### 7"), task.end)
    assert task.right(prompt, response)
    assert not task.right(prompt, task.encode("#### 8"))
    assert task.answer_start(response) == 3
    assert task.reasoning_steps(response) == [(0, 3)]
    assert task.refuses(task.encode("sorry add"))


def test_a_line_that_is_no_prompt_is_an_error_with_its_number(model: Path, tmp_path: Path) -> None:
    (tmp_path / "bad.jsonl").write_text('{"prompt": "add 1 1", "answer": 2}\n{"prompt": "add 1 2"}\n')
    with pytest.raises(BadTable, match=r"bad\.jsonl:2"):
        TextTask(tmp_path / "bad.jsonl", load_tokenizer(model))
    with pytest.raises(UnreadableInput):
        load_tokenizer(tmp_path / "nowhere")


@pytest.mark.slow
def test_the_lab_takes_back_its_own_folders_with_logits_and_defences(run: Path, tmp_path: Path) -> None:
    folder = teacher_folder(run, "codebook", 0) / "model"
    cell = Cell(
        "codebook",
        exposure="full-logits",
        queries=60,
        steps=4,
        teacher=f"hf:{folder}",
        student=f"hf:{folder}",
        defences="watermark-2",
    )
    result = run_cell(cell, tmp_path)
    assert result["start"] > 0.95
    assert result["student"]["accuracy"] > 0.9
    assert result["kl"] is not None
    assert result["kl"] < 0.2


@pytest.mark.slow
def test_any_folder_teaches_prompts_of_a_file(model: Path, prompts: Path, tmp_path: Path) -> None:
    settings = {"task": f"file:{prompts}", "queries": 30, "steps": 2, "teacher": f"hf:{model}"}
    for student in ("tiny", f"hf:{model}"):
        result = run_cell(Cell(exposure="top-5", student=student, **settings), tmp_path)  # type: ignore[arg-type]
        assert result["spent"]["queries"] == 30
        assert result["recovery"] is None
    with pytest.raises(BadSetting, match="known steps"):
        run_cell(Cell(attacker="adaptive", **settings), tmp_path)  # type: ignore[arg-type]


@pytest.mark.slow
def test_between_different_words_only_text_passes(model: Path, run: Path, tmp_path: Path) -> None:
    settings = {"task": "codebook", "queries": 20, "steps": 2, "teacher": f"hf:{model}"}
    assert run_cell(Cell(**settings), tmp_path)["kl"] is None  # type: ignore[arg-type]
    with pytest.raises(BadSetting, match="different words"):
        run_cell(Cell(exposure="top-5", **settings), tmp_path)  # type: ignore[arg-type]
    assert make_task("codebook").speaks(load_tokenizer(teacher_folder(run, "codebook", 0) / "model"))
