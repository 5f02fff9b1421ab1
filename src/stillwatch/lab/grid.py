"""Runs a plan over processes: one result file a cell, so that what was done is never done twice.

RUN/plan.json            which cells belong to which grid
RUN/teachers/            trained once, read by every cell
RUN/cells/IDENTITY.json  one result, written whole or not at all
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Executor, Future, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Protocol

import torch

from stillwatch.core import BadTable, Interrupted, OutputExists, OutputUnwritable, UnreadableInput
from stillwatch.core.whole_files import put_whole
from stillwatch.engines import worker_pool
from stillwatch.lab.cell import run_cell
from stillwatch.lab.experiment import Cell, teacher_folder
from stillwatch.lab.plan import Plan
from stillwatch.lab.tasks import make_task
from stillwatch.lab.teachers import read_endpoint, train_tiny

__all__ = ["Progress", "read_results", "run_plan"]

Result = dict[str, Any]


class Progress(Protocol):
    """Hears how far a run is."""

    def start(self, stage: str, total: int | None) -> None:
        """A stage of ``total`` parts begins."""
        ...

    def advance(self, amount: int) -> None:
        """So many parts more are done."""
        ...


def run_plan(plan: Plan, run: Path, *, workers: int, progress: Progress | None = None) -> Path:
    """Do whatever of a plan is not yet done in ``run``, and return ``run``.

    Args:
        plan: the cells.
        run: a folder; made where it is not there, carried on where it is a run of the lab.
        workers: processes; a result does not depend on how many.
        progress: hears of every teacher and cell.

    Raises:
        BadSetting: an endpoint is named and nothing states that one is entitled to it.
        OutputExists: the folder holds something that is no run of the lab.
        OutputUnwritable: it cannot be written.
        Interrupted: stopped at the keyboard; what is done stays done.
    """
    if any(cell.teacher.startswith("openai:") for cell in plan.cells):
        read_endpoint(plan.endpoint)
    _open_run(plan, run)
    teachers = [args for args in _teachers(plan) if not teacher_folder(run, *args).exists()]
    cells = [cell for cell in plan.cells if not _result_file(run, cell).exists()]
    try:
        with _processes(min(workers, max(len(teachers), len(cells), 1))) as pool:
            _all(pool, "training teachers", _train_teacher, [(run, *args) for args in teachers], progress)
            _all(pool, "distilling", _run_one, [(run, cell, plan.endpoint) for cell in cells], progress)
    except KeyboardInterrupt as stop:
        raise Interrupted("stopped; what is done is kept, and the same command carries on", where=str(run)) from stop
    except BrokenProcessPool as error:
        raise OutputUnwritable(
            "a worker process died, most likely for want of memory",
            where=str(run),
            hint="run the same command with fewer --workers; what is done is kept",
        ) from error
    return run


def read_results(run: Path) -> dict[str, list[Result]]:
    """The results of a run that are there, by the name of their grid.

    Raises:
        UnreadableInput: the folder is no run of the lab.
        BadTable: a result cannot be read.
    """
    try:
        plan = json.loads((run / "plan.json").read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise UnreadableInput("not a run of the lab", where=str(run), hint="stillwatch lab run writes one") from error
    results: dict[str, list[Result]] = {}
    for grid, identities in plan["grids"].items():
        results[grid] = []
        for identity in identities:
            path = run / "cells" / f"{identity}.json"
            if path.exists():
                try:
                    results[grid].append(json.loads(path.read_text(encoding="utf-8")))
                except (ValueError, RecursionError) as error:
                    raise BadTable("not a result", where=str(path), hint="delete it and run the plan again") from error
    return results


def _open_run(plan: Plan, run: Path) -> None:
    if run.exists() and any(run.iterdir()) and not (run / "plan.json").exists():
        raise OutputExists("the folder holds something else", where=str(run), hint="give --out another one")
    grids = {name: [cell.identity for cell in cells] for name, cells in plan.grids.items()}
    try:
        (run / "cells").mkdir(parents=True, exist_ok=True)
        (run / "teachers").mkdir(exist_ok=True)
        _write(run / "plan.json", {"format": "stillwatch-lab/1", "grids": grids})
    except OSError as error:
        raise OutputUnwritable(f"cannot be written: {error}", where=str(run)) from error


def _teachers(plan: Plan) -> list[tuple[str, int, int]]:
    """Task, seed and provider of every tiny teacher that the cells name."""
    needed: dict[tuple[str, int, int], None] = {}
    for cell in plan.cells:
        if cell.teacher == "tiny" and not cell.task.startswith("file:"):
            needed[(cell.task, cell.teacher_seed, 0)] = None
        if cell.attacker.startswith("mixed"):
            needed[(cell.task, cell.teacher_seed, 1)] = None
    return list(needed)


@contextmanager
def _processes(workers: int) -> Iterator[Executor | None]:
    """Processes to work in; none where one does, which is this one: another takes seconds to import torch."""
    if workers > 1:
        with worker_pool(workers, _one_thread) as pool:
            yield pool
        return
    threads = torch.get_num_threads()
    _one_thread()
    try:
        yield None
    finally:
        torch.set_num_threads(threads)


def _all(
    pool: Executor | None,
    stage: str,
    work: Callable[..., None],
    jobs: Sequence[tuple[Any, ...]],
    progress: Progress | None,
) -> None:
    if progress and jobs:
        progress.start(stage, len(jobs))
    for job in jobs if pool is None else ():
        work(*job)
        if progress:
            progress.advance(1)
    pending: set[Future[None]] = {pool.submit(work, *job) for job in jobs} if pool else set()
    while pending:
        done, pending = wait(pending, return_when=FIRST_COMPLETED)
        for one in done:
            one.result()
        if progress:
            progress.advance(len(done))


def _one_thread() -> None:
    # Two processes of one thread do more than twice the work of one process of two.
    torch.set_num_threads(1)


def _train_teacher(run: Path, task: str, seed: int, provider: int) -> None:
    train_tiny(make_task(task, seed, provider), seed, teacher_folder(run, task, seed, provider))


def _run_one(run: Path, cell: Cell, endpoint: dict[str, Any]) -> None:
    _write(_result_file(run, cell), run_cell(cell, run, endpoint))


def _result_file(run: Path, cell: Cell) -> Path:
    return run / "cells" / f"{cell.identity}.json"


def _write(path: Path, value: object) -> None:
    put_whole(path, json.dumps(value, indent=1).encode() + b"\n")
