"""``stillwatch calibrate``."""

# ruff: noqa: PLC0415 - a command imports what it runs when it runs: no --help waits for it

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import cyclopts
from cyclopts import Parameter

from stillwatch.cli.options import AccountFile, Seed, Workers
from stillwatch.cli.screen import progress, say

__all__ = ["calibrate_app"]

calibrate_app = cyclopts.App()


@calibrate_app.command(name="calibrate")
def calibrate_command(
    paths: Annotated[list[Path], Parameter(name="PATH", negative=())],
    /,
    *,
    out: Path = Path("calibration.json"),
    accounts: AccountFile = None,
    seed: Seed = None,
    workers: Workers = None,
) -> None:
    """Learn from a provider's known-good weeks what is ordinary there, for scan --calibration.

    Parameters
    ----------
    paths
        Log files and folders of weeks without a campaign; formats are detected and may be mixed.
    out
        The calibration; must not exist yet. It holds no prompt and no account.
    """
    from stillwatch.scanning.calibrate import GUARD_FDR, calibrate
    from stillwatch.settings import load_settings

    settings = load_settings(fdr=GUARD_FDR, seed=seed, workers=workers)
    with progress(bytes_counted=True) as bars:
        known = calibrate(paths, out=out, accounts=accounts, settings=settings, progress=bars)
    say(f"calibrated on {known.sentence}; {known.left_out:,} accounts on watch left out")
    for caveat in known.calibration.caveats:
        say(caveat)
    say(f"use it: stillwatch scan LOGS --calibration {out}")
