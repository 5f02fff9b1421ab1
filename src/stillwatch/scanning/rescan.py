"""The command ``rescan``: a run asked again, with other settings or side files, without its logs."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from stillwatch.engines import worker_pool
from stillwatch.ingest import Unread
from stillwatch.scanning.beside import Beside, SideFiles
from stillwatch.scanning.building import changed_run, with_name
from stillwatch.scanning.detect import Clock
from stillwatch.scanning.history import History
from stillwatch.scanning.kept import State, link_parts
from stillwatch.scanning.left_out import LeftOut
from stillwatch.scanning.retention import check_retained
from stillwatch.scanning.run import Run, settings_of
from stillwatch.scanning.step import Progress, Silent, Step
from stillwatch.settings import ScanSettings

__all__ = ["rescan"]


def rescan(run: Path, *, files: SideFiles, settings: ScanSettings, progress: Progress | None = None) -> Run:
    """Find campaigns in a finished run again, as one more step of it.

    Args:
        run: stays as it is until everything is written.
        files: side files; what is not given is what the run was told before.
        settings: of the scan.
        progress: told how it goes.

    Raises:
        InputError: there is no finished run, or a side file is wrong.
        OutputError: the run cannot be written.
        BadSetting: texts are asked for that are gone.
        Interrupted: the person at the keyboard stopped it.
    """
    clock, started, run = Clock(), datetime.now(UTC), with_name(run)
    with changed_run(run) as partial:
        beside, state = Beside.read(files, run), State.of_run(run)
        check_retained(settings_of(run).get("retain", "full"), settings.retain)
        link_parts(run, partial)
        beside.write(partial)
        left_out = LeftOut.of_run(run).and_of(Unread(), beside.unread)
        step = Step(settings, started, clock, progress or Silent(), beside, History.of_run(run), left_out, run)
        with worker_pool(settings.workers) as pool:
            step.finish(partial, state.having_read((), (), state.next_part, 0, 0), pool, str(run))
    return Run.open(run)
