"""``stillwatch calibrate``."""

# ruff: noqa: PLC0415 - a command imports what it runs when it runs: no --help waits for it

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import cyclopts
from cyclopts import Parameter

from stillwatch.cli.options import AccountFile, AccountFrom, CallersFile, Seed, Workers
from stillwatch.cli.screen import progress, say
from stillwatch.core.counted import counted

__all__ = ["calibrate_app"]

calibrate_app = cyclopts.App()


@calibrate_app.command(name="calibrate")
def calibrate_command(
    paths: Annotated[list[Path], Parameter(name="PATH")],
    /,
    *,
    out: Path = Path("calibration.json"),
    accounts: AccountFile = None,
    account_from: AccountFrom = None,
    callers: CallersFile = None,
    mapping: Annotated[Path | None, Parameter(name="--map")] = None,
    log: Path | None = None,
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
    mapping
        Which fields of a log are which columns (TOML), for a layout that no format reads.
    log
        A decision log: accounts that persons confirmed are left out, those that they cleared are ordinary.
    """
    from stillwatch.core import AuditLog
    from stillwatch.policy import labels
    from stillwatch.scanning.calibrate import GUARD_FDR, calibrate
    from stillwatch.settings import load_settings

    settings = load_settings(
        fdr=GUARD_FDR,
        seed=seed,
        workers=workers,
        account_from=tuple(account_from) if account_from else None,
    )
    now = datetime.now(UTC)
    words = labels(AuditLog(log), now, ended=True) if log else []
    said = [one for one in words if one.holds(now)]
    with progress(bytes_counted=True) as bars:
        known = calibrate(
            paths,
            out=out,
            accounts=accounts,
            callers=callers,
            mapping=mapping,
            confirmed=[one.account_id for one in said if one.label == "confirmed"],
            cleared=[one.account_id for one in said if one.label == "cleared"],
            settings=settings,
            progress=bars,
        )
    whom = "on watch or confirmed by a person" if log else "on watch"
    say(f"calibrated on {known.sentence}; {counted(known.left_out, 'account')} {whom} left out")
    if ended := len(words) - len(said):
        say(f"{counted(ended, 'label has', 'labels have')} ended and counted for nothing")
    for sentence in (*known.unread, *known.calibration.caveats):
        say(sentence)
    say(f"use it: stillwatch scan LOGS --calibration {out}")
