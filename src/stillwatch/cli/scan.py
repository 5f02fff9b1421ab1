"""``stillwatch scan``."""

# ruff: noqa: PLC0415 - a command imports what it runs when it runs: no --help waits for it

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import cyclopts
from cyclopts import Parameter

from stillwatch.cli.options import AccountFile, FalseShare, Flag, Seed, Workers
from stillwatch.cli.screen import progress, show

__all__ = ["scan_app"]

scan_app = cyclopts.App()


@scan_app.command(name="scan")
def scan_command(
    paths: Annotated[list[Path], Parameter(name="PATH", negative=())],
    /,
    *,
    out: Path,
    accounts: AccountFile = None,
    releases: Path | None = None,
    values: Path | None = None,
    indicators: Path | None = None,
    calibration: Path | None = None,
    mapping: Annotated[Path | None, Parameter(name="--map")] = None,
    fdr: FalseShare[float | None] = None,
    seed: Seed = None,
    workers: Workers = None,
    streams: Flag = False,
    default_account: str | None = None,
    default_time: str | None = None,
    config: Path | None = None,
) -> None:
    """Read logs and write the campaigns found in them, each with its evidence.

    Parameters
    ----------
    paths
        Log files and folders; formats are detected and may be mixed.
    out
        Folder for the run; must not exist yet.
    releases
        Models and their release times (JSONL, CSV or Parquet).
    values
        What a lab measured exchanges to be worth: values.json of a lab run.
    indicators
        What partners of an alliance said: the file that stillwatch alliance pull keeps.
    calibration
        What is ordinary in this provider's known-good weeks: the file that stillwatch calibrate writes.
    mapping
        Which fields are which columns (TOML), for logs in a layout of your own: docs/howto/map-a-log.md.
    streams
        Also test what each busy account sends for a part from one source; takes an eighth to a quarter more time.
    default_account
        Account of records that name none, such as a batch file's owner.
    default_time
        Time of records that name none, ISO 8601: when the batch was run.
    config
        A TOML file with a [scan] table.
    """
    from stillwatch.reporting import render_console
    from stillwatch.scanning.scan import scan
    from stillwatch.settings import load_settings

    settings = load_settings(
        config,
        fdr=fdr,
        seed=seed,
        workers=workers,
        streams=streams or None,
        default_account=default_account,
        default_time=default_time,
    )
    with progress(bytes_counted=True) as bars:
        run = scan(
            paths,
            out=out,
            accounts=accounts,
            releases=releases,
            values=values,
            indicators=indicators,
            calibration=calibration,
            mapping=mapping,
            settings=settings,
            progress=bars,
        )
    show(render_console(run.path))
