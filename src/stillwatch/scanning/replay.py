"""What a scan would have said at an earlier moment: the log cut there, and detected again."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path

import msgspec
import pyarrow.parquet as pq

from stillwatch.scanning.detect import Clock, RunTables, detect
from stillwatch.settings import ScanSettings

__all__ = ["replay"]


def replay(run: Path) -> Callable[[datetime], Mapping[str, str]]:
    """A function from a moment to the campaign of each account, as known then.

    Args:
        run: a finished run; its exchanges and sketches are read as they are, its settings used again.

    Returns:
        A function that detects on exchanges up to a moment; accounts in no campaign are left out.
    """
    settings = ScanSettings(**msgspec.json.decode((run / "run.json").read_bytes())["settings"])

    def until(moment: datetime) -> Mapping[str, str]:
        with tempfile.TemporaryDirectory() as folder:
            work = Path(folder)
            with RunTables.opened(run, work / "spill", settings, moment) as tables:
                some = tables.engine.fetch("SELECT 1 FROM {exchanges} LIMIT 1", exchanges=tables.exchanges)
                if not len(some):
                    return {}
                detect(tables, work, settings, Clock())
            found = pq.read_table(work / "accounts.parquet", columns=["account_id", "campaign_id"])
        pairs = zip(found["account_id"].to_pylist(), found["campaign_id"].to_pylist(), strict=True)
        return {account: campaign for account, campaign in pairs if campaign is not None}

    return until
