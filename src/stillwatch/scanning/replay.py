"""What a scan would have said at an earlier moment: the log cut there, and detected again."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path

import msgspec
import pyarrow.parquet as pq

from stillwatch.engines import connect
from stillwatch.scanning.detect import Clock, detect
from stillwatch.scanning.read import sketch_tables
from stillwatch.scanning.scan import ACCOUNT_FILE_COPY, make_views
from stillwatch.settings import ScanSettings

__all__ = ["replay"]


def replay(run: Path) -> Callable[[datetime], Mapping[str, str]]:
    """A function from a moment to the campaign of each account, as known then.

    Args:
        run: a finished run; its exchanges are read again, its settings and account file used again.

    Returns:
        A function that detects on exchanges up to a moment; accounts in no campaign are left out.
    """
    from_run = msgspec.json.decode((run / "run.json").read_bytes())["settings"]
    settings = ScanSettings(**from_run)

    def until(moment: datetime) -> Mapping[str, str]:
        with tempfile.TemporaryDirectory() as folder:
            work = Path(folder)
            (work / "exchanges").mkdir()
            (work / "sketches").mkdir()
            if not sketch_tables(run / "exchanges.parquet", work, moment):
                return {}
            with connect(work / "spill", memory_mb=settings.memory_mb, threads=settings.workers) as connection:
                make_views(connection, work / "exchanges", work / "sketches", run / ACCOUNT_FILE_COPY)
                detect(connection, work, None, settings, Clock())
            found = pq.read_table(work / "accounts.parquet", columns=["account_id", "campaign_id"])
        pairs = zip(found["account_id"].to_pylist(), found["campaign_id"].to_pylist(), strict=True)
        return {account: campaign for account, campaign in pairs if campaign is not None}

    return until
