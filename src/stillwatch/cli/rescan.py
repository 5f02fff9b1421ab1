"""``stillwatch rescan``."""

# ruff: noqa: PLC0415 - a command imports what it runs when it runs: no --help waits for it

from __future__ import annotations

import cyclopts

from stillwatch.cli.options import (
    AccountFile,
    CalibrationFile,
    FalseShare,
    FinishedRun,
    LabValues,
    PartnerFile,
    Releases,
    Retain,
    ScanConfig,
    Seed,
    Streams,
    Window,
    Workers,
)
from stillwatch.cli.screen import progress, show

__all__ = ["rescan_app"]

rescan_app = cyclopts.App()


@rescan_app.command(name="rescan")
def rescan_command(
    run: FinishedRun,
    /,
    *,
    accounts: AccountFile = None,
    releases: Releases = None,
    values: LabValues = None,
    indicators: PartnerFile = None,
    calibration: CalibrationFile = None,
    fdr: FalseShare[float | None] = None,
    seed: Seed = None,
    workers: Workers = None,
    streams: Streams = False,
    window: Window = None,
    retain: Retain = None,
    config: ScanConfig = None,
) -> None:
    """Find campaigns in a finished run again, with other settings or side files, without its logs."""
    from stillwatch.reporting import render_console
    from stillwatch.scanning.beside import SideFiles
    from stillwatch.scanning.rescan import rescan
    from stillwatch.scanning.run import settings_of
    from stillwatch.settings import load_settings

    given = {"fdr": fdr, "seed": seed, "workers": workers, "streams": streams or None}
    settings = load_settings(config, before=settings_of(run), **given, window=window, retain=retain)
    files = SideFiles(accounts, releases, values, indicators, calibration)
    with progress() as bars:
        again = rescan(run, files=files, settings=settings, progress=bars)
    show(render_console(again.path))
