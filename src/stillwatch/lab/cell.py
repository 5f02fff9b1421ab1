"""One experiment, from its settings to its result: the smallest thing the lab does.

Reads top to bottom: make the task, load the teacher, put the defences in front of it, attack,
examine the student, test it for the watermark, write down everything that was spent and used.
"""

from __future__ import annotations

import hashlib
import json
import platform
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from importlib import metadata
from pathlib import Path
from typing import Any

import numpy as np

from stillwatch.lab.attackers import Attack, Budget, carry_out, read_attacker
from stillwatch.lab.defences import GAMMA, read_defences
from stillwatch.lab.evaluation import (
    Questions,
    evaluate,
    fidelity,
    held_out_questions,
    honest_cost,
    recovery,
)
from stillwatch.lab.exposures import read_exposure
from stillwatch.lab.models import make_tiny
from stillwatch.lab.radioactivity import measure_radioactivity
from stillwatch.lab.sampling import sample
from stillwatch.lab.tasks import StepTask, make_task
from stillwatch.lab.teachers import LocalTeacher, load_tiny
from stillwatch.lab.training import Recipe

__all__ = ["Cell", "run_cell", "teacher_folder", "versions"]

_AUDITED = 1_000
_OTHER_PROVIDER = 1


@dataclass(frozen=True, slots=True)
class Cell:
    """The settings of one experiment.

    Attributes:
        task: name of the task.
        exposure: what the attacker asks for, by its short name.
        attacker: strategy and numbers, by its short name.
        defences: names joined with ``+``.
        queries: the budget of queries.
        steps: the budget of optimiser steps.
        seed: of prompts, sampling, student and watermark key.
        teacher_seed: of the secret and the teacher's weights.
        width: of the tiny student's residual stream; the teacher's is 64.
        teacher: ``tiny``, ``hf:PATH`` or ``openai:URL``.
        student: ``tiny`` or ``hf:PATH``.
    """

    task: str
    exposure: str = "text+cot"
    attacker: str = "passive"
    defences: str = "none"
    queries: int = 2048
    steps: int = 450
    seed: int = 0
    teacher_seed: int = 0
    width: int = 64
    teacher: str = "tiny"
    student: str = "tiny"

    @property
    def identity(self) -> str:
        """The same settings have the same identity, on any machine."""
        return hashlib.sha256(json.dumps(asdict(self), sort_keys=True).encode()).hexdigest()[:16]


def teacher_folder(run: Path, task: str, teacher_seed: int, provider: int = 0) -> Path:
    """Where a run keeps a teacher."""
    return run / "teachers" / f"{task}-{teacher_seed}-{provider}"


def versions() -> dict[str, str]:
    """What a result depends on besides its settings."""
    names = ("stillwatch", "torch", "transformers", "numpy")
    return {"python": platform.python_version(), **{name: metadata.version(name) for name in names}}


def run_cell(cell: Cell, run: Path, endpoint: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """Carry out one experiment with the teachers that ``run`` holds, and return its result.

    Raises:
        BadSetting: a name in the cell says nothing.
    """
    started = time.perf_counter()
    task = make_task(cell.task, cell.teacher_seed)
    tiny = load_tiny(task, cell.teacher_seed, teacher_folder(run, cell.task, cell.teacher_seed))
    defences = read_defences(cell.defences)
    key = int(np.random.default_rng([cell.seed, cell.teacher_seed, 12]).integers(2**62))
    plain = LocalTeacher(tiny.model, task)
    defended = LocalTeacher(tiny.model, task, defences, tiny.provider(key))
    questions = held_out_questions(task, cell.seed)
    attack = Attack(
        task=task,
        teacher=defended,
        open_teacher=plain,
        other_teacher=_other(cell, run),
        exposure=read_exposure(cell.exposure),
        budget=Budget(cell.queries, cell.steps),
        attacker=read_attacker(cell.attacker),
        student=make_tiny(len(task.words), cell.seed + 17, width=cell.width),
        recipe=Recipe(steps=cell.steps),
        seed=cell.seed,
        held_out=questions.all,
    )
    carry_out(attack)
    return {
        "cell": asdict(cell),
        "spent": asdict(attack.spent),
        **_examine(cell, attack, plain, defended, questions, key),
        "data_hash": attack.data_hash,
        "losses": [round(loss, 4) for loss in attack.losses[:: max(len(attack.losses) // 30, 1)]],
        "versions": versions(),
        "seconds": round(time.perf_counter() - started, 2),
    }


def _other(cell: Cell, run: Path) -> LocalTeacher | None:
    if not cell.attacker.startswith("mixed"):
        return None
    task = make_task(cell.task, cell.teacher_seed, _OTHER_PROVIDER)
    tiny = load_tiny(task, cell.teacher_seed, teacher_folder(run, cell.task, cell.teacher_seed, _OTHER_PROVIDER))
    return LocalTeacher(tiny.model, task)


def _examine(
    cell: Cell, attack: Attack, plain: LocalTeacher, defended: LocalTeacher, questions: Questions, key: int
) -> dict[str, Any]:
    task, student = attack.task, attack.student
    teacher, scores = evaluate(plain.model, task, questions), evaluate(student, task, questions)
    whole = defended.shows(attack.exposure).reasoning == "full"
    open_cost = honest_cost(plain, plain, questions, cell.seed)
    cost = honest_cost(defended, plain, questions, cell.seed) if defended.defences else open_cost
    return {
        "recovery": recovery(scores.accuracy, teacher.accuracy, task.chance),
        "student": asdict(scores),
        "teacher": asdict(teacher),
        "kl": fidelity(student, plain, questions, cell.seed) if whole else None,
        "honest": asdict(cost),
        "honest_undefended": asdict(open_cost),
        "radioactivity": asdict(_audit(cell, task, student, plain, key)),
    }


def _audit(cell: Cell, task: StepTask, student: Any, plain: LocalTeacher, key: int) -> Any:
    prompts = task.natural_prompts(_AUDITED, np.random.default_rng([cell.seed, 10]), forbidden=False)
    longest = task.longest_response() + 2
    suspect = sample(student, prompts, longest=longest, end=task.end, seed=cell.seed)
    reference = plain.sample(prompts, cell.seed + 1)
    return measure_radioactivity(
        [(p, one.ids) for p, one in zip(prompts, suspect, strict=True)],
        [(p, one.ids) for p, one in zip(prompts, reference, strict=True)],
        key=key,
        gamma=GAMMA,
        seed=cell.seed,
    )
