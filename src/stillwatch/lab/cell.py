"""One experiment, from its settings to its result: the smallest thing the lab does.

Reads top to bottom: bring everyone together, attack, examine the student, test it for the watermark,
write down everything that was spent and used.
"""

from __future__ import annotations

import platform
import time
from collections.abc import Mapping
from dataclasses import asdict, replace
from importlib import metadata
from pathlib import Path
from typing import Any

import numpy as np

from stillwatch.lab.attackers import Attack, Budget, carry_out, read_attacker
from stillwatch.lab.defences import GAMMA
from stillwatch.lab.evaluation import (
    Questions,
    Scores,
    evaluate,
    fidelity,
    held_out_questions,
    honest_cost,
    recovery,
    score_answers,
)
from stillwatch.lab.experiment import Cell, Experiment, make_experiment
from stillwatch.lab.exposures import Exposure, read_exposure
from stillwatch.lab.sampling import sample
from stillwatch.lab.teachers import LocalTeacher
from stillwatch.watermark import Radioactivity, measure_radioactivity

__all__ = ["run_cell", "versions"]

_AUDITED = 1_000


def versions(trainer: str = "own") -> dict[str, str]:
    """What a result depends on besides its settings."""
    names = ("stillwatch", "torch", "transformers", "numpy", *(("trl",) if trainer == "trl" else ()))
    return {"python": platform.python_version(), **{name: metadata.version(name) for name in names}}


def run_cell(cell: Cell, run: Path, endpoint: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """Carry out one experiment with the teachers that ``run`` holds, and return its result.

    Args:
        cell: its settings.
        run: the run's folder; an endpoint's answers are recorded there.
        endpoint: the plan's ``[endpoint]`` table.

    Raises:
        BadSetting: a name in the cell says nothing, or its parts do not fit.
        UnreadableInput: a model's folder or a file of prompts cannot be read.
        EndpointFailed: a remote teacher refuses or does not answer.
    """
    started = time.perf_counter()
    experiment = make_experiment(cell, run, endpoint or {})
    questions = held_out_questions(experiment.task, cell.seed)
    attack = Attack(
        task=experiment.task,
        teacher=experiment.teacher,
        open_teacher=experiment.open_teacher,
        other_teacher=experiment.other,
        exposure=read_exposure(cell.exposure),
        budget=Budget(cell.queries, cell.steps),
        attacker=read_attacker(cell.attacker),
        student=experiment.student,
        recipe=replace(experiment.recipe, steps=cell.steps),
        seed=cell.seed,
        held_out=questions.all,
    )
    untrained = 0.0 if cell.student == "tiny" else evaluate(experiment.student, experiment.task, questions).accuracy
    carry_out(attack)
    return {
        "cell": asdict(cell),
        "spent": asdict(attack.spent),
        **_examine(cell, experiment, attack, questions, max(untrained, experiment.task.chance)),
        "data_hash": attack.data_hash,
        "losses": [round(loss, 4) for loss in attack.losses[:: max(len(attack.losses) // 30, 1)]],
        "versions": versions(experiment.recipe.trainer),
        "entitlement": experiment.entitlement,
        "seconds": round(time.perf_counter() - started, 2),
    }


def _examine(cell: Cell, experiment: Experiment, attack: Attack, questions: Questions, start: float) -> dict[str, Any]:
    """Scores of teacher and student, and whatever else the teacher's distribution allows."""
    scores = evaluate(experiment.student, experiment.task, questions)
    teacher = _teacher_scores(cell, experiment, questions)
    found: dict[str, Any] = {
        # A teacher that knows no more than its student did at the start has nothing to give.
        "recovery": recovery(scores.accuracy, teacher.accuracy, start) if teacher.accuracy > start else None,
        "student": asdict(scores),
        "teacher": asdict(teacher),
        "start": start,
        "kl": None,
        "honest": None,
        "honest_undefended": None,
        "radioactivity": None,
    }
    if experiment.plain is None or not isinstance(experiment.teacher, LocalTeacher):
        return found
    open_cost = honest_cost(experiment.plain, experiment.plain, questions, cell.seed)
    cost = (
        honest_cost(experiment.teacher, experiment.plain, questions, cell.seed)
        if experiment.teacher.defences
        else open_cost
    )
    found |= {"honest": asdict(cost), "honest_undefended": asdict(open_cost)}
    if experiment.teacher.shows(attack.exposure).reasoning == "full":
        found["kl"] = fidelity(experiment.student, experiment.plain, questions, cell.seed)
    found["radioactivity"] = asdict(_audit(cell, experiment, experiment.plain))
    return found


def _teacher_scores(cell: Cell, experiment: Experiment, questions: Questions) -> Scores:
    if experiment.plain is not None:
        return evaluate(experiment.plain.model, experiment.task, questions)
    # Asked like anyone asks; these queries examine, they teach nobody and are not the attacker's.
    answers = [
        [shown.ids for shown in experiment.teacher.query(asked, Exposure(), cell.seed).shown] if asked else []
        for asked in (questions.allowed, questions.forbidden)
    ]
    return score_answers(experiment.task, questions, answers[0], answers[1])


def _audit(cell: Cell, experiment: Experiment, plain: LocalTeacher) -> Radioactivity:
    task = experiment.task
    prompts = task.natural_prompts(_AUDITED, np.random.default_rng([cell.seed, 10]), forbidden=False)
    longest = task.longest_response() + 2
    suspect = sample(experiment.student, prompts, longest=longest, end=task.end, seed=cell.seed)
    reference = plain.sample(prompts, cell.seed + 1)
    return measure_radioactivity(
        [(p, one.ids) for p, one in zip(prompts, suspect, strict=True)],
        [(p, one.ids) for p, one in zip(prompts, reference, strict=True)],
        key=experiment.key,
        gamma=GAMMA,
        seed=cell.seed,
    )
