"""The command ``scan``: from paths to a run."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from concurrent.futures import Executor
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple, Protocol

import pyarrow as pa
import pyarrow.parquet as pq

from stillwatch.alliance.store import partner_indicators
from stillwatch.core import EmptyInput
from stillwatch.engines import worker_pool
from stillwatch.ingest import cut, plan, read_accounts, read_mapping, read_releases
from stillwatch.reporting import write_findings, write_report
from stillwatch.scanning.calibration_file import read_calibration
from stillwatch.scanning.checks import check
from stillwatch.scanning.detect import ACCOUNT_FILE_COPY, CALIBRATION_COPY, Clock, Extras, RunTables, detect
from stillwatch.scanning.read import read_slices
from stillwatch.scanning.run import Run, new_run
from stillwatch.scanning.run_document import RunDocument
from stillwatch.scanning.values import Values, read_values
from stillwatch.settings import ScanSettings
from stillwatch.tables import ACCOUNT_FILE, DEAD_LETTERS, EXCHANGES

__all__ = ["Progress", "scan"]

# A worker with less to read than this is done before it would have started.
_BYTES_A_WORKER = 3_000_000


class Progress(Protocol):
    """Told how a scan goes."""

    def start(self, stage: str, total: int | None) -> None:
        """A stage begins; ``total`` is its size in bytes where that is known."""

    def advance(self, amount: int) -> None:
        """Some of the stage is done."""


class _Silent:
    def start(self, stage: str, total: int | None) -> None:
        pass

    def advance(self, amount: int) -> None:
        pass


def scan(
    paths: Sequence[Path],
    *,
    out: Path,
    accounts: Path | None = None,
    releases: Path | None = None,
    values: Path | None = None,
    indicators: Path | None = None,
    calibration: Path | None = None,
    mapping: Path | None = None,
    settings: ScanSettings | None = None,
    progress: Progress | None = None,
) -> Run:
    """Read logs, find campaigns, write a run.

    Args:
        paths: files and folders of logs, formats mixed at will.
        out: the run's folder; must not exist.
        accounts: what is known of accounts, joined on ``account_id``.
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
        Interrupted: the person at the keyboard stopped it.
    """
    settings = settings or ScanSettings()
    progress = progress or _Silent()
    clock = Clock()
    started = datetime.now(UTC)
    # A wrong side file is told before the log is read, not after.
    account_table = read_accounts(accounts) if accounts else ACCOUNT_FILE.empty_table()
    release_table = read_releases(releases) if releases else None
    known = read_values(values) if values else Values()
    partners = partner_indicators(indicators) if indicators else None
    weeks = read_calibration(calibration) if calibration else None
    mapped = read_mapping(mapping) if mapping else None
    slices = plan(paths, defaults=settings.defaults(), mapped=mapped)
    size = sum(path.stat().st_size for path in {part.path for part in slices})
    with new_run(out) as run, _workers(settings.workers, size) as pool:
        work = run / ".work"
        work.mkdir()
        pq.write_table(account_table, run / ACCOUNT_FILE_COPY, compression="zstd")
        if calibration:
            shutil.copyfile(calibration, run / CALIBRATION_COPY)
        progress.start("reading", size)
        clock.stage("read and sketch")
        read = read_slices(cut(slices), run, work, pool=pool, progress=progress.advance)
        clock.stage("wrong clocks and repeats")
        checked = check(run, work, settings)
        wrong, twice = checked.wrong_clocks, checked.twice.dropped
        read = replace(read, exchanges=read.exchanges - wrong - twice, dead_letters=read.dead_letters + wrong)
        clock.stage(None)
        letters = _gather_dead_letters(run, work)
        if not read.exchanges:
            raise EmptyInput(
                f"none of {letters.records:,} records could be read; the first: {letters.first}",
                where=", ".join(str(p) for p in paths[:3]),
                hint="see `stillwatch docs formats` for what each format must hold",
            )
        progress.start("looking for campaigns", None)
        with RunTables.opened(run, work / "spill", settings) as tables:
            extras = Extras(release_table, known.curves, partners)
            found = detect(tables, run, settings, clock, pool=pool, extras=extras)
        missing = _missing_columns(run / "exchanges.parquet", account_table)
        progress.start("writing the report", None)
        shutil.rmtree(work)
        document = RunDocument(settings, started, read, checked, found, missing, known, weeks)
        document.write(run, clock.seconds)
        clock.stage("report")
        write_report(run)
        write_findings(run)
        clock.stage(None)
        # Once more, now with the report's own time.
        document.write(run, clock.seconds)
    return Run.open(out)


class _Letters(NamedTuple):
    records: int
    first: str


def _gather_dead_letters(run: Path, work: Path) -> _Letters:
    """Join the parts in order, a part at a time; how many are records, and the first reason of one."""
    records, first, of_file = 0, "", ""
    with pq.ParquetWriter(run / "dead_letters.parquet", DEAD_LETTERS, compression="zstd") as writer:
        for part in sorted((work / "dead_letters").iterdir()):
            for batch in pq.ParquetFile(part).iter_batches():
                writer.write_batch(batch)
                for kind, reason in zip(batch["kind"].to_pylist(), batch["reason"].to_pylist(), strict=True):
                    records += kind != "file"
                    first = first or (reason if kind != "file" else "")
                    of_file = of_file or reason
    return _Letters(records, first or of_file)


def _missing_columns(exchanges: Path, accounts: pa.Table) -> list[str]:
    """Columns that no record of the log has, nor the account file; asked of Parquet's statistics."""
    known = {name for name in accounts.column_names if accounts[name].null_count < len(accounts)}
    for part in exchanges.iterdir():
        described = pq.ParquetFile(part).metadata
        for group in map(described.row_group, range(described.num_row_groups)):
            for column in map(group.column, range(group.num_columns)):
                seen = column.statistics
                if seen is None or seen.null_count < column.num_values:
                    known.add(column.path_in_schema.partition(".")[0])
    return [name for name in EXCHANGES.names if name not in known]


def _workers(workers: int, size: int) -> AbstractContextManager[Executor | None]:
    """Processes for a log of this many bytes, None where one is enough."""
    busy = min(workers, size // _BYTES_A_WORKER)
    return worker_pool(busy) if busy > 1 else nullcontext()
