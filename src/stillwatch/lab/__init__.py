"""The lab: really distils, and measures what each interface gives away. The only home of torch.

    Teacher.query(prompts, exposure) -> Responses      whom one distils, and what it shows
    Defence, Attacker, Budget                          who does what, within which limits
    Cell -> result                                     one experiment
    Plan -> run -> report, values                      many

``tasks`` are the skills, ``training`` the one loop, ``losses`` the one loss, ``cell`` one experiment
from top to bottom. Importing this package imports torch.
"""

from __future__ import annotations

from stillwatch.lab.attackers import Attack, Attacker, Budget, Spent, read_attacker
from stillwatch.lab.cell import run_cell
from stillwatch.lab.defences import Defence, Provider, read_defences
from stillwatch.lab.demo import Demo, demo
from stillwatch.lab.experiment import Cell
from stillwatch.lab.exposures import Exposure, Responses, read_exposure
from stillwatch.lab.folder_model import FolderModel
from stillwatch.lab.grid import read_results, run_plan
from stillwatch.lab.marks import transformers_mark
from stillwatch.lab.page import Written, write_report
from stillwatch.lab.plan import Plan, make_plan, read_plan
from stillwatch.lab.tasks import StepTask, make_task
from stillwatch.lab.teachers import LocalTeacher, Teacher
from stillwatch.lab.values import Curve, fit_curves

__all__ = [
    "Attack",
    "Attacker",
    "Budget",
    "Cell",
    "Curve",
    "Defence",
    "Demo",
    "Exposure",
    "FolderModel",
    "LocalTeacher",
    "Plan",
    "Provider",
    "Responses",
    "Spent",
    "StepTask",
    "Teacher",
    "Written",
    "demo",
    "fit_curves",
    "make_plan",
    "make_task",
    "read_attacker",
    "read_defences",
    "read_exposure",
    "read_plan",
    "read_results",
    "run_cell",
    "run_plan",
    "transformers_mark",
    "write_report",
]
