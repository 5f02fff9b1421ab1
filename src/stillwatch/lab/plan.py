"""What is to be run: a TOML file read into cells.

    seeds = [0, 1, 2]
    tasks = ["codebook", "addition"]

    [[grid]]
    name = "ladder"
    exposures = ["top-5", "text+cot", "answer-only"]
    queries = [512, 1024, 2048]

Every grid is the product of its lists; what it leaves out comes from the top of the file, then from
the defaults below. Cells that two grids share are run once.
"""

from __future__ import annotations

import itertools
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from stillwatch.core import BadSetting, said_by
from stillwatch.core.small_files import read_small
from stillwatch.lab.attackers import read_attacker
from stillwatch.lab.defences import read_defences
from stillwatch.lab.experiment import Cell
from stillwatch.lab.exposures import read_exposure
from stillwatch.lab.tasks import make_task

__all__ = ["GridSettings", "Plan", "make_plan", "read_plan"]


class GridSettings(BaseModel):
    """One grid. Lists multiply."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str = Field(default="grid", description="Shown in the report.")
    tasks: list[str] = Field(default=["codebook"], min_length=1, description="codebook, addition, or file:PATH.")
    exposures: list[str] = Field(default=["text+cot"], min_length=1, description="What the attacker asks to see.")
    attackers: list[str] = Field(default=["passive"], min_length=1, description="How it goes about it.")
    defences: list[str] = Field(default=["none"], min_length=1, description="What the provider does about it.")
    queries: list[int] = Field(default=[2048], min_length=1, description="Budgets of queries.")
    steps: list[int] = Field(default=[450], min_length=1, description="Budgets of optimiser steps of the student.")
    seeds: list[int] = Field(default=[0, 1, 2], min_length=1, description="Fewer than three say little.")
    teacher_seeds: list[int] = Field(default=[0], min_length=1, description="Of the secret and the teacher.")
    widths: list[int] = Field(default=[64], min_length=1, description="Of the tiny student; a multiple of 4.")
    teacher: str = Field(default="tiny", description="tiny, hf:PATH or openai:URL.")
    student: str = Field(default="tiny", description="tiny, hf:PATH or trl:PATH.")


@dataclass(frozen=True, slots=True)
class Plan:
    """Cells by the name of their grid, and what endpoints need to be told."""

    grids: dict[str, list[Cell]]
    endpoint: dict[str, Any]

    @property
    def cells(self) -> list[Cell]:
        """Each cell once, in the order of the plan."""
        return list(dict.fromkeys(cell for cells in self.grids.values() for cell in cells))


def read_plan(path: Path) -> Plan:
    """The plan of a TOML file.

    Raises:
        BadSetting: the file cannot be read, or a value in it says nothing.
    """
    try:
        return make_plan(tomllib.loads(read_small(path).decode()), where=str(path))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError, RecursionError) as error:
        raise BadSetting(f"the plan cannot be read: {said_by(error)}", where=str(path)) from error


def make_plan(values: dict[str, Any], where: str = "plan") -> Plan:
    """The plan of a parsed file.

    Raises:
        BadSetting: a value says nothing or is out of range.
    """
    top = dict(values)
    endpoint = top.pop("endpoint", {})
    grids: dict[str, list[Cell]] = {}
    for given in top.pop("grid", [{}]):
        try:
            settings = GridSettings(**{**top, **given})
        except ValidationError as error:
            raise BadSetting.refused(
                error.errors()[0], where=f"{where}: ", hint="see `stillwatch docs run-the-lab`"
            ) from error
        if settings.name in grids:
            raise BadSetting(f"two grids are called {settings.name!r}", where=where)
        grids[settings.name] = _cells(settings, where)
    return Plan(grids, endpoint)


def _cells(settings: GridSettings, where: str) -> list[Cell]:
    for name in settings.tasks:
        if not name.startswith("file:"):
            make_task(name)
    # Read back to their shortest names, so that "top-5" and "top-5,text+cot" are one cell.
    exposures = [read_exposure(name).name for name in settings.exposures]
    attackers = [read_attacker(name).name for name in settings.attackers]
    for name in settings.defences:
        read_defences(name)
    numbers = (("queries", settings.queries, 1), ("steps", settings.steps, 0), ("seeds", settings.seeds, 0))
    for setting, values, least in numbers:
        if min(values) < least:
            raise BadSetting(f"{setting} must be {least} or more (got {min(values)})", where=where)
    if any(width < 4 or width % 4 for width in settings.widths):
        raise BadSetting(f"widths must be multiples of 4 (got {settings.widths})", where=where)
    return [
        Cell(
            task=task,
            exposure=exposure,
            attacker=attacker,
            defences=defences,
            queries=queries,
            steps=steps,
            seed=seed,
            teacher_seed=teacher_seed,
            width=width,
            teacher=settings.teacher,
            student=settings.student,
        )
        for task, exposure, attacker, defences, queries, steps, width, teacher_seed, seed in itertools.product(
            settings.tasks,
            exposures,
            attackers,
            settings.defences,
            settings.queries,
            settings.steps,
            settings.widths,
            settings.teacher_seeds,
            settings.seeds,
        )
    ]
