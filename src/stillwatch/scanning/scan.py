"""The command ``scan``: from paths to a run, or into one."""

from __future__ import annotations

import importlib.metadata
from collections.abc import Sequence
from concurrent.futures import Executor
from contextlib import AbstractContextManager, ExitStack, nullcontext
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from stillwatch.core import BadSetting
from stillwatch.core.small_files import read_small
from stillwatch.engines import Engine, SparkEngine, worker_pool
from stillwatch.ingest import MappedFormat, SideFile, Slice, cut, plan, read_callers, read_mapping
from stillwatch.scanning.beside import Beside, SideFiles
from stillwatch.scanning.building import WORK, changed_run, new_run, with_name
from stillwatch.scanning.detect import Clock
from stillwatch.scanning.fetching import Here, here
from stillwatch.scanning.history import History
from stillwatch.scanning.kept import State, link_parts
from stillwatch.scanning.left_out import LeftOut
from stillwatch.scanning.plan import Planned, begin, file_digest, unread
from stillwatch.scanning.read import Read, read_slices
from stillwatch.scanning.read_on_cluster import read_on_cluster
from stillwatch.scanning.retention import check_retained
from stillwatch.scanning.run import Run, settings_of
from stillwatch.scanning.step import Progress, Silent, Step
from stillwatch.scanning.unmatched import unmatched
from stillwatch.settings import ScanSettings

__all__ = ["Progress", "scan"]

# A worker with less to read than this takes longer to start than it saves.
_BYTES_A_WORKER = 30_000_000
# Of compressed lines and of tables: about how many bytes of plain lines take as long to read as one of theirs.
_PLAIN_BYTES = 4


def scan(
    paths: Sequence[Path],
    *,
    out: Path | None = None,
    into: Path | None = None,
    accounts: Path | None = None,
    callers: Path | None = None,
    releases: Path | None = None,
    values: Path | None = None,
    indicators: Path | None = None,
    calibration: Path | None = None,
    mapping: Path | None = None,
    settings: ScanSettings | None = None,
    progress: Progress | None = None,
) -> Run:
    """Read logs, find campaigns, write a run; or add logs to one, and ask all of it again.

    Args:
        paths: files and folders of logs, formats mixed at will; also of object stores (``s3:``, ``gs:``, ``az:``).
        out: the run's folder; must not exist.
        into: in place of ``out``, a finished run that the logs are added to. What it was told before still holds
            where nothing is given here, and it stays as it is until everything is written.
        accounts: what is known of accounts, joined on ``account_id``.
        callers: who made which exchange, joined on ``exchange_id``, for logs that do not say.
        releases: models and when they came out.
        values: what a lab measured exchanges to be worth.
        indicators: a member's file, with what partners of an alliance said.
        calibration: what is ordinary in this provider's known-good weeks, as ``calibrate`` writes it.
        mapping: which fields of a log are which columns, for a layout that no format reads.
        settings: of the scan.
        progress: told how it goes.

    Raises:
        InputError: nothing can be read, or a side file is wrong.
        OutputError: the run cannot be written.
        BadSetting: neither or both of ``out`` and ``into`` are given.
        MissingDependency: the engine's extra is not installed.
        EndpointFailed: the engine's cluster does not answer, or could not do it.
        Interrupted: the person at the keyboard stopped it.
    """
    clock, started = Clock(), datetime.now(UTC)
    into = None if into is None else with_name(into)
    settings, progress = settings or ScanSettings(), progress or Silent()
    with _building(out, into) as run, ExitStack() as cluster:
        # A cluster that does not answer and a wrong side file are told before the log is read, not after.
        workers = cluster.enter_context(_cluster(settings, run))
        beside = Beside.read(SideFiles(accounts, releases, values, indicators, calibration), into)
        before = State.of_run(into) if into else State.fresh()
        if into:
            check_retained(settings_of(into).get("retain", "full"), settings.retain)
        history = History.of_run(into) if into else History()
        mapped, told = (read_mapping(mapping) if mapping else None), (read_callers(callers) if callers else None)
        logs = here(paths, run, before.objects, progress.start, progress.advance)
        slices = _planned(logs, settings, mapped)
        planned = unread(slices, before.files)
        begin(run, planned, _options(settings, mapping, callers, before if into else None))
        if told is not None:
            planned = planned.told_by(run / WORK / "callers.sqlite", told.table)
        if into:
            link_parts(into, run)
        size = sum(path.stat().st_size for path in {path for path, _ in planned.places})
        with _workers(settings.workers, planned.slices) as pool:
            progress.start("reading", size)
            clock.stage("read and sketch")
            read, next_part = _read(planned, run, before.next_part, workers, pool, progress)
            # What follows does not need them, and others may.
            cluster.close()
            beside.write(run)
            again = (*planned.again, *logs.again)
            state = before.having_read(planned.files, again, next_part, read.exchanges, read.read_bytes, logs.objects)
            left_out = LeftOut.of_run(into) if into else LeftOut()
            of_callers = _of_callers(told, run) if told else {}
            left_out = left_out.and_of(read.unread, {**beside.unread, **of_callers})
            step = Step(settings, started, clock, progress, beside, history, left_out, into)
            step.finish(run, state, pool, ", ".join(str(path) for path in paths[:3]))
    return Run.open(out or into or Path())


def _of_callers(told: SideFile, run: Path) -> dict[str, str]:
    strange = unmatched("callers", told.table, run / "exchanges.parquet")
    return {"callers": told.unread, "callers, matched": strange}


def _cluster(settings: ScanSettings, run: Path) -> AbstractContextManager[Engine | None]:
    """The engine whose workers read the logs, None where processes of this machine do."""
    if settings.engine == "duckdb":
        return nullcontext()
    return SparkEngine(settings.master or "sail", run / WORK / "spark")


def _read(
    planned: Planned, run: Path, first: int, workers: Engine | None, pool: Executor | None, progress: Progress
) -> tuple[Read, int]:
    work = run / WORK
    if workers is None:
        return read_slices(cut(planned.slices), run, work, first=first, pool=pool, progress=progress.advance)
    # A worker starts in a folder of its own.
    slices, run, work = cut(planned.absolute().slices), run.resolve(), work.resolve()
    return read_on_cluster(workers, slices, run, work, first=first, progress=progress.advance)


def _planned(logs: Here, settings: ScanSettings, mapped: MappedFormat | None) -> list[Slice]:
    if logs.again and not logs.paths:
        return []
    return plan(logs.paths, defaults=settings.defaults(), account_from=settings.account_from or (), mapped=mapped)


def _building(out: Path | None, into: Path | None) -> AbstractContextManager[Path]:
    if out is not None and into is None:
        return new_run(out)
    if into is not None and out is None:
        return changed_run(into)
    raise BadSetting("a scan goes to a new run or into one", where="--out, --into", hint="give one of the two")


def _options(
    settings: ScanSettings, mapping: Path | None, callers: Path | None, before: State | None
) -> dict[str, Any]:
    """What decides what reading comes to, beside the logs."""
    return {
        "stillwatch": importlib.metadata.version("stillwatch"),
        "defaults": settings.defaults(),
        "account_from": settings.account_from,
        "mapping": read_small(mapping).decode() if mapping else None,
        "callers": file_digest(callers) if callers else None,
        "before": before,
    }


def _workers(workers: int, slices: Sequence[Slice]) -> AbstractContextManager[Executor | None]:
    """Processes for so much of a log, None where one is enough."""
    files = {part.path: part.wrapped for one in slices for part in one.together or (one,) if part.problem is None}
    size = sum(path.stat().st_size * (1 if how == "plain" else _PLAIN_BYTES) for path, how in files.items())
    busy = min(workers, size // _BYTES_A_WORKER)
    return worker_pool(busy) if busy > 1 else nullcontext()
