"""``stillwatch scan``."""

# ruff: noqa: PLC0415 - a command imports what it runs when it runs: no --help waits for it

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import cyclopts
from cyclopts import Parameter

from stillwatch.cli.options import (
    AccountFile,
    AccountFrom,
    CalibrationFile,
    CallersFile,
    EngineName,
    FalseShare,
    LabValues,
    PartnerFile,
    Releases,
    Retain,
    ScanConfig,
    Seed,
    SparkMaster,
    Streams,
    Window,
    Workers,
)
from stillwatch.cli.screen import progress, show

__all__ = ["scan_app"]

scan_app = cyclopts.App()


@scan_app.command(name="scan")
def scan_command(
    paths: Annotated[list[Path], Parameter(name="PATH")],
    /,
    *,
    out: Path | None = None,
    into: Path | None = None,
    accounts: AccountFile = None,
    account_from: AccountFrom = None,
    callers: CallersFile = None,
    releases: Releases = None,
    values: LabValues = None,
    indicators: PartnerFile = None,
    calibration: CalibrationFile = None,
    mapping: Annotated[Path | None, Parameter(name="--map")] = None,
    fdr: FalseShare[float | None] = None,
    seed: Seed = None,
    workers: Workers = None,
    engine: EngineName = None,
    master: SparkMaster = None,
    streams: Streams = False,
    window: Window = None,
    retain: Retain = None,
    default_account: str | None = None,
    default_time: str | None = None,
    config: ScanConfig = None,
) -> None:
    """Read logs and write the campaigns found in them, each with its evidence.

    Parameters
    ----------
    paths
        Log files and folders; formats are detected and may be mixed.
    out
        Folder for the run; must not exist yet.
    into
        In place of --out: a finished run to which the logs are added. What it was told before still holds.
    mapping
        Which fields are which columns (TOML), for logs in a layout of your own: `stillwatch docs map-a-log`.
    default_account
        Account of records that name none, such as a batch file's owner.
    default_time
        Time of records that name none, ISO 8601: when the batch was run.
    """
    from stillwatch.reporting import render_console
    from stillwatch.scanning.run import settings_of
    from stillwatch.scanning.scan import scan
    from stillwatch.settings import load_settings

    settings = load_settings(
        config,
        before=settings_of(into) if into else None,
        fdr=fdr,
        seed=seed,
        workers=workers,
        engine=engine,
        master=master,
        streams=streams or None,
        account_from=tuple(account_from) if account_from else None,
        window=window,
        retain=retain,
        default_account=default_account,
        default_time=default_time,
    )
    with progress(bytes_counted=True) as bars:
        run = scan(
            paths,
            out=out,
            into=into,
            accounts=accounts,
            callers=callers,
            releases=releases,
            values=values,
            indicators=indicators,
            calibration=calibration,
            mapping=mapping,
            settings=settings,
            progress=bars,
        )
    show(render_console(run.path))
