"""A cell's settings, and the experiment they name: the task, teachers and defences, the student, how it is trained."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from stillwatch.core import BadSetting
from stillwatch.lab.defences import Provider, read_defences
from stillwatch.lab.models import make_tiny
from stillwatch.lab.tasks import Skill, StepTask, TextTask, make_task
from stillwatch.lab.teachers import (
    Client,
    LocalTeacher,
    RemoteTeacher,
    Teacher,
    TranslatingTeacher,
    load_model,
    load_tiny,
    load_tokenizer,
    read_endpoint,
)
from stillwatch.lab.training import Recipe

__all__ = ["Cell", "Experiment", "make_experiment", "teacher_folder"]

_OTHER_PROVIDER = 1
# The tiny model's learning rate would wreck a pretrained one.
_HF = Recipe(batch=8, learning_rate=1e-4, weight_decay=0.01, warmup=10)


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
        student: ``tiny``, ``hf:PATH``, or ``trl:PATH``: the same folder, fine-tuned by TRL.
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


@dataclass(frozen=True, slots=True)
class Experiment:
    """What a cell's names stand for, ready to run.

    Attributes:
        task: what is asked about.
        teacher: who is asked, behind its defences.
        plain: the same teacher with none; None where its distribution over the student's words is not to be had.
        open_teacher: the same with its reasoning in the open.
        other: another provider's teacher; None where the attacker asks no other.
        student: untrained, or as its folder holds it.
        recipe: how it is trained.
        key: of the provider's watermark.
        entitlement: what was stated before an endpoint was asked; "" where none was.
    """

    task: Skill
    teacher: Teacher
    plain: LocalTeacher | None
    open_teacher: Teacher
    other: Teacher | None
    student: Any
    recipe: Recipe
    key: int
    entitlement: str = ""


def teacher_folder(run: Path, task: str, teacher_seed: int, provider: int = 0) -> Path:
    """Where a run keeps a tiny teacher."""
    return run / "teachers" / f"{task}-{teacher_seed}-{provider}"


def make_experiment(cell: Cell, run: Path, endpoint: Mapping[str, Any]) -> Experiment:
    """Everything a cell names.

    Raises:
        BadSetting: the parts do not fit, or an endpoint is named without a statement of entitlement.
        UnreadableInput: a model's folder or a file of prompts cannot be read.
    """
    task = _task(cell)
    key = int(np.random.default_rng([cell.seed, cell.teacher_seed, 12]).integers(2**62))
    student, recipe = _student(cell, task)
    kind, _, place = cell.teacher.partition(":")
    if kind == "openai":
        return _remote(cell, run, endpoint, place, task, student, recipe, key)
    provider = Provider(key)
    if kind == "tiny":
        if not isinstance(task, StepTask):
            raise BadSetting("a tiny teacher knows no task from a file", where="setting teacher", hint="hf: or openai:")
        tiny = load_tiny(task, cell.teacher_seed, teacher_folder(run, cell.task, cell.teacher_seed))
        model, provider = tiny.model, tiny.provider(key)
    else:
        model = load_model(Path(place))
        if not task.speaks(load_tokenizer(Path(place))):
            if cell.defences != "none":
                raise BadSetting("defences need teacher and student to share a tokenizer", where="setting defences")
            translating = TranslatingTeacher(model, load_tokenizer(Path(place)), task)
            return Experiment(task, translating, None, translating, _other(cell, run), student, recipe, key)
    plain = LocalTeacher(model, task)
    defended = LocalTeacher(model, task, read_defences(cell.defences), provider)
    return Experiment(task, defended, plain, plain, _other(cell, run), student, recipe, key)


def _remote(
    cell: Cell,
    run: Path,
    endpoint: Mapping[str, Any],
    url: str,
    task: Skill,
    student: Any,
    recipe: Recipe,
    key: int,
) -> Experiment:
    if cell.defences != "none" or cell.attacker.startswith("inversion"):
        raise BadSetting("an endpoint has its own defences, and no transcripts in the open", where="setting defences")
    settings = read_endpoint(endpoint)
    client = Client(url, settings, run / "records" / f"{cell.identity}.jsonl")
    teacher = RemoteTeacher(client, task, settings.parallel)
    return Experiment(task, teacher, None, teacher, _other(cell, run), student, recipe, key, settings.entitlement)


def _task(cell: Cell) -> Skill:
    kind, _, place = cell.task.partition(":")
    if kind != "file":
        return make_task(cell.task, cell.teacher_seed)
    # The words are the student's; a tiny student takes the teacher's.
    for one in (cell.student, cell.teacher):
        if one.startswith(("hf:", "trl:")):
            return TextTask(Path(place), load_tokenizer(Path(one.partition(":")[2])))
    raise BadSetting("a task from a file needs a tokenizer", where="setting student", hint="student = 'hf:PATH'")


def _student(cell: Cell, task: Skill) -> tuple[Any, Recipe]:
    if cell.student == "tiny":
        positions = 64 if isinstance(task, StepTask) else 1024
        student = make_tiny(task.size, cell.seed + 17, width=cell.width, positions=positions)
        return student, Recipe(steps=cell.steps)
    kind, _, place = cell.student.partition(":")
    if kind not in ("hf", "trl"):
        raise BadSetting(
            f"no student is called {cell.student!r}", where="setting student", hint="tiny, hf:PATH or trl:PATH"
        )
    path = Path(place)
    if not task.speaks(load_tokenizer(path)):
        raise BadSetting(f"the student's words are not those of {cell.task}", where="setting student")
    return load_model(path), replace(_HF, trainer="trl" if kind == "trl" else "own")


def _other(cell: Cell, run: Path) -> LocalTeacher | None:
    if not cell.attacker.startswith("mixed"):
        return None
    if cell.task.startswith("file:"):
        raise BadSetting("mixed takes a built-in task, which two providers teach", where="setting attackers")
    task = make_task(cell.task, cell.teacher_seed, _OTHER_PROVIDER)
    tiny = load_tiny(task, cell.teacher_seed, teacher_folder(run, cell.task, cell.teacher_seed, _OTHER_PROVIDER))
    return LocalTeacher(tiny.model, task)
