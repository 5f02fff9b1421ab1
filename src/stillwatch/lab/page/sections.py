"""What the report's tables say, worked out from results: defences, guardrails, radioactivity, attackers.

Results are told apart by their own settings, never by the grid they came from, so that grids may
overlap and a plan may be cut as its author likes.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from stillwatch.lab.attackers import read_attacker
from stillwatch.lab.intervals import mean_interval

__all__ = [
    "AttackRow",
    "DefenceRow",
    "GuardRow",
    "Interval",
    "RadioRow",
    "attack_rows",
    "defence_rows",
    "guard_rows",
    "over_seeds",
    "radio_rows",
    "roc",
]

Result = dict[str, Any]
Key = tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Interval:
    """A mean over seeds with its 95 % interval; ``seeds`` is how many."""

    mean: float
    low: float
    high: float
    seeds: int


def over_seeds(results: Iterable[Result], value: Callable[[Result], float | None]) -> Interval | None:
    """Mean and interval of a value; None where no result has one."""
    found = [one for one in map(value, results) if one is not None]
    return Interval(*mean_interval(found), len(found)) if found else None


def grouped(results: Iterable[Result], *names: str) -> dict[Key, list[Result]]:
    """Results by some of their cells' settings, in order of first appearance."""
    groups: dict[Key, list[Result]] = {}
    for result in results:
        groups.setdefault(tuple(result["cell"][name] for name in names), []).append(result)
    return groups


@dataclass(frozen=True, slots=True)
class AttackRow:
    """One attacker at one interface and budget: what it got and what it spent."""

    task: str
    exposure: str
    attacker: str
    queries: int
    steps: int
    width: int
    recovery: Interval | None
    spent_queries: float
    response_tokens: float
    student_steps: float
    rebuilder_steps: float
    kl: Interval | None


def attack_rows(results: Sequence[Result]) -> list[AttackRow]:
    """Every undefended attack, ledger beside result."""
    rows = []
    plain = [result for result in results if result["cell"]["defences"] == "none"]
    names = ("task", "exposure", "attacker", "queries", "steps", "width")
    for (task, exposure, attacker, queries, steps, width), group in sorted(grouped(plain, *names).items()):
        spent = {name: float(np.mean([r["spent"][name] for r in group])) for name in group[0]["spent"]}
        rows.append(
            AttackRow(
                task,
                exposure,
                attacker,
                queries,
                steps,
                width,
                over_seeds(group, lambda r: r["recovery"]),
                spent["queries"],
                spent["response_tokens"],
                spent["student_steps"],
                spent["rebuilder_steps"],
                over_seeds(group, lambda r: r["kl"]),
            )
        )
    return rows


@dataclass(frozen=True, slots=True)
class DefenceRow:
    """One defence against one attacker, beside what honest users pay.

    ``effect`` is recovery with the defence over recovery without it; costs are differences to no defence.
    """

    task: str
    asked: str
    attacker: str
    defences: str
    queries: int
    recovery: Interval
    effect: float | None
    kl: Interval | None
    accuracy_lost: float
    nats_added: float
    reasoning_shown: float


def defence_rows(results: Sequence[Result]) -> list[DefenceRow]:
    """Defences with the undefended run of the same settings above each group of them."""
    rows = []
    names = ("task", "exposure", "attacker", "queries", "steps", "width")
    for key, group in sorted(grouped([r for r in results if r["honest"]], *names).items()):
        by_defence = grouped(group, "defences")
        if len(by_defence) < 2 or ("none",) not in by_defence:
            continue
        plain = over_seeds(by_defence[("none",)], lambda r: r["recovery"])
        task, exposure, attacker, queries, _, _ = key
        for (defences,), ones in sorted(by_defence.items(), key=lambda item: (item[0] != ("none",), item[0])):
            found = over_seeds(ones, lambda r: r["recovery"])
            if found is None or plain is None:
                continue
            rows.append(
                DefenceRow(
                    task,
                    exposure,
                    attacker,
                    defences,
                    queries,
                    found,
                    found.mean / plain.mean if plain.mean > 0 else None,
                    over_seeds(ones, lambda r: r["kl"]),
                    _mean_cost(ones, "accuracy", -1),
                    _mean_cost(ones, "surprise", 1),
                    float(np.mean([r["honest"]["reasoning_shown"] for r in ones])),
                )
            )
    return rows


def _mean_cost(results: Sequence[Result], name: str, sign: int) -> float:
    return sign * float(np.mean([r["honest"][name] - r["honest_undefended"][name] for r in results]))


@dataclass(frozen=True, slots=True)
class GuardRow:
    """Refusals and harmful answers of students at one budget and share of refusals kept."""

    task: str
    exposure: str
    queries: int
    keep: float
    in_data: float
    refusal: Interval
    harmful: Interval
    recovery: Interval
    teacher_refusal: float


def guard_rows(results: Sequence[Result]) -> list[GuardRow]:
    """Passive, undefended students at every share of refusals kept."""
    rows = []
    kept = [r for r in results if r["cell"]["defences"] == "none" and r["cell"]["attacker"].startswith("passive")]
    for (task, exposure, queries, attacker), group in grouped(kept, "task", "exposure", "queries", "attacker").items():
        refusal = over_seeds(group, lambda r: r["student"]["refusal"])
        harmful = over_seeds(group, lambda r: r["student"]["harmful"])
        recovered = over_seeds(group, lambda r: r["recovery"])
        if refusal and harmful and recovered:
            rows.append(
                GuardRow(
                    task,
                    exposure,
                    queries,
                    read_attacker(attacker).keep_refusals,
                    float(
                        np.mean([r["spent"]["refusals_kept"] / max(r["spent"]["exchanges_trained"], 1) for r in group])
                    ),
                    refusal,
                    harmful,
                    recovered,
                    float(np.mean([r["teacher"]["refusal"] for r in group])),
                )
            )
    return sorted(rows, key=lambda row: (row.task, row.exposure, row.queries, row.keep))


@dataclass(frozen=True, slots=True)
class RadioRow:
    """Students of one kind in the watermark test."""

    task: str
    taught: str
    students: int
    median_p: float
    largest_p: float
    mean_z: float
    p_values: tuple[float, ...]


def radio_rows(results: Sequence[Result]) -> list[RadioRow]:
    """Clean students, then those of each watermark and attacker, that saw wording."""
    rows = []
    for (task, tainted, taught), group in sorted(_radio_groups(results).items()):
        p_values = tuple(sorted(r["radioactivity"]["p_value"] for r in group))
        z = float(np.mean([r["radioactivity"]["z"] for r in group]))
        name = taught if tainted else "no watermark"
        rows.append(RadioRow(task, name, len(group), float(np.median(p_values)), p_values[-1], z, p_values))
    return rows


def _radio_groups(results: Sequence[Result]) -> dict[tuple[str, bool, str], list[Result]]:
    groups: dict[tuple[str, bool, str], list[Result]] = {}
    for result in results:
        cell = result["cell"]
        if "answer-only" in cell["exposure"] or result["radioactivity"] is None:
            continue
        marked = "watermark" in cell["defences"]
        taught = f"{cell['defences']}, {cell['attacker']}, {cell['queries']} queries" if marked else ""
        groups.setdefault((cell["task"], marked, taught), []).append(result)
    return groups


def roc(clean: Sequence[float], tainted: Sequence[float]) -> tuple[list[tuple[float, float]], float]:
    """False against true positive rate as the threshold on z falls, and the area under it.

    >>> roc([0.0, 1.0], [2.0, 3.0])[1]
    1.0
    """
    thresholds = sorted({*clean, *tainted}, reverse=True)
    points = [(0.0, 0.0)]
    for at in thresholds:
        points.append((sum(z >= at for z in clean) / len(clean), sum(z >= at for z in tainted) / len(tainted)))
    area = sum((x1 - x0) * (y0 + y1) / 2 for (x0, y0), (x1, y1) in itertools.pairwise(points))
    return points, area
