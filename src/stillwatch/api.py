"""What Python callers get: the command line's ``scan`` as a function."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from stillwatch.core import StillwatchError
from stillwatch.scanning.beside import SideFiles
from stillwatch.scanning.rescan import rescan as rescan_run
from stillwatch.scanning.run import Run, settings_of
from stillwatch.scanning.scan import scan as scan_logs
from stillwatch.settings import ScanSettings, load_settings

__all__ = ["Run", "ScanSettings", "StillwatchError", "rescan", "scan"]


def scan(
    paths: str | Path | Sequence[str | Path],
    *,
    out: str | Path | None = None,
    into: str | Path | None = None,
    accounts: str | Path | None = None,
    callers: str | Path | None = None,
    mapping: str | Path | None = None,
    releases: str | Path | None = None,
    values: str | Path | None = None,
    indicators: str | Path | None = None,
    calibration: str | Path | None = None,
    **settings: Any,
) -> Run:
    """Read logs, find campaigns, write a run; or add the logs to one, and ask all of it again.

    Args:
        paths: files and folders of logs, formats mixed at will.
        out: the run's folder; must not exist.
        into: in place of ``out``, a finished run that the logs are added to. What it was told before, its settings
            among it, still holds where nothing is given here.
        accounts: what is known of accounts (JSONL, CSV or Parquet), joined on ``account_id``.
        callers: who made which exchange (JSONL, CSV or Parquet), joined on ``exchange_id``, for logs that do not say.
        mapping: which fields of a log are which columns, for a layout that no format reads (TOML).
        releases: models and when they came out (JSONL, CSV or Parquet).
        values: what a lab measured exchanges to be worth (its ``values.json``).
        indicators: what partners of an alliance said (the file that ``stillwatch alliance pull`` keeps).
        calibration: what is ordinary in known-good weeks (the file that ``stillwatch calibrate`` writes).
        settings: any of ``ScanSettings``: ``fdr``, ``seed``, ``workers``, ``memory_mb`` and others.

    Returns:
        The finished run; ``run.table("campaigns")`` is an Arrow table.

    Raises:
        StillwatchError: with what went wrong, where, and what to do next.
    """
    given = [paths] if isinstance(paths, str | Path) else paths
    return scan_logs(
        [Path(path) for path in given],
        out=Path(out) if out else None,
        into=Path(into) if into else None,
        accounts=Path(accounts) if accounts else None,
        callers=Path(callers) if callers else None,
        mapping=Path(mapping) if mapping else None,
        releases=Path(releases) if releases else None,
        values=Path(values) if values else None,
        indicators=Path(indicators) if indicators else None,
        calibration=Path(calibration) if calibration else None,
        settings=load_settings(before=settings_of(Path(into)) if into else None, **settings),
    )


def rescan(
    run: str | Path,
    *,
    accounts: str | Path | None = None,
    releases: str | Path | None = None,
    values: str | Path | None = None,
    indicators: str | Path | None = None,
    calibration: str | Path | None = None,
    **settings: Any,
) -> Run:
    """Find campaigns in a finished run again, with other settings or side files, without its logs.

    Args:
        run: the run's folder.
        accounts, releases, values, indicators, calibration: as ``scan`` takes them; what is not given is what the run
            was told before.
        settings: any of ``ScanSettings``; the others are the run's.

    Raises:
        StillwatchError: with what went wrong, where, and what to do next.
    """
    given = (Path(one) if one else None for one in (accounts, releases, values, indicators, calibration))
    chosen = load_settings(before=settings_of(Path(run)), **settings)
    return rescan_run(Path(run), files=SideFiles(*given), settings=chosen)
