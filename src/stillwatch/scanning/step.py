"""From a run's parts to the rest of it: what every step does once the log is read, whether it made the run, added to it
or only asked it again."""

from __future__ import annotations

import shutil
from concurrent.futures import Executor
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import NamedTuple, Protocol

import msgspec
import pyarrow as pa
import pyarrow.parquet as pq

from stillwatch.core import EmptyInput
from stillwatch.engines import DuckDBEngine, Engine
from stillwatch.ingest import Unread
from stillwatch.reporting import write_findings, write_report
from stillwatch.scanning.beside import Beside
from stillwatch.scanning.building import WORK
from stillwatch.scanning.checks import Checked, check
from stillwatch.scanning.detect import Clock, Detected, Extras, RunTables, detect
from stillwatch.scanning.history import History
from stillwatch.scanning.kept import KEPT, State, read_names, write_names
from stillwatch.scanning.left_out import LeftOut
from stillwatch.scanning.parts import put_back
from stillwatch.scanning.read import Read
from stillwatch.scanning.retention import remove_texts
from stillwatch.scanning.run import settings_of
from stillwatch.scanning.run_document import RunDocument
from stillwatch.scanning.unmatched import unmatched
from stillwatch.scanning.window import forget, go_on_forgetting, window_length
from stillwatch.settings import ScanSettings
from stillwatch.tables import DEAD_LETTERS, EXCHANGES

__all__ = ["Progress", "Silent", "Step"]

_NOTHING = "see `stillwatch docs formats` for what each format must hold"
_NOBODY = (
    "say where a record names its account (--account-from), who made which exchange (--callers), or whose the log is "
    "(--default-account)"
)


class Progress(Protocol):
    """Told how a scan goes."""

    def start(self, stage: str, total: int | None) -> None:
        """A stage begins; ``total`` is its size in bytes where that is known."""

    def advance(self, amount: int) -> None:
        """Some of the stage is done."""


class Silent:
    """Progress that nobody sees."""

    def start(self, stage: str, total: int | None) -> None:
        """Nothing."""

    def advance(self, amount: int) -> None:
        """Nothing."""


@dataclass(frozen=True, slots=True)
class Step:
    """One step of a run.

    Attributes:
        settings: of the scan.
        started: when.
        clock: gets each stage's seconds.
        progress: told how it goes.
        beside: what side files say.
        history: of the run's campaigns before this step.
        left_out: what of logs and side files was not read, over all steps.
        before: the finished run that the step changes.
    """

    settings: ScanSettings
    started: datetime
    clock: Clock
    progress: Progress
    beside: Beside
    history: History
    left_out: LeftOut
    before: Path | None = None

    def finish(self, run: Path, state: State, pool: Executor | None, where: str) -> None:
        """Check what was read, find campaigns, write everything but the parts.

        Args:
            run: under its hidden name, its parts read.
            state: of the run, this step's files included.
            pool: worker processes; without them everything happens in this one.
            where: the logs, for an error.
        """
        with self._engine(run) as engine:
            checked, read, state = self._checked(engine, run, state, where)
            engine.let_go()
            self.progress.start("looking for campaigns", None)
            found, missing = self._found(engine, run, pool)
        self.progress.start("writing the report", None)
        state.write(run)
        given = {"accounts": self.beside.accounts, "releases": self.beside.releases}
        strange = {f"{one}, matched": unmatched(one, table, run / "exchanges.parquet") for one, table in given.items()}
        left_out = self.left_out.and_of(Unread(), strange)
        left_out.write(run)
        write_names(run, found.shown.names)
        notes = left_out.sentences
        document = RunDocument(
            self.settings,
            self.started,
            read,
            checked,
            found,
            missing,
            self.beside.values,
            state,
            self.beside.weeks,
            notes,
        )
        document.write(run, self.clock.seconds)
        self.clock.stage("report")
        write_report(run)
        write_findings(run)
        self.clock.stage(None)
        # Once more, now with the report's own time.
        document.write(run, self.clock.seconds)

    def _engine(self, run: Path) -> DuckDBEngine:
        return DuckDBEngine(run / WORK / "spill", memory_mb=self.settings.memory_mb, threads=self.settings.workers)

    def _lost(self) -> bool:
        """Whether exchanges of earlier steps have lost their texts."""
        return self.before is not None and settings_of(self.before).get("retain", "full") != "full"

    def _checked(self, engine: Engine, run: Path, state: State, where: str) -> tuple[Checked, Read, State]:
        """Check what was read, and forget what is older than the run's window."""
        self.clock.stage("wrong clocks and repeats")
        letters_of_checks = run / WORK / "dead_letters"
        shutil.rmtree(letters_of_checks, ignore_errors=True)
        letters_of_checks.mkdir()
        go_on_forgetting(run)
        put_back(run)
        checked = check(engine, run, run / WORK, lost=self._lost())
        if self.settings.window is not None:
            forget(run, window_length(self.settings.window))
            state = state.holding(_rows(run / "exchanges.parquet") + _rows(run / KEPT / "aside" / "exchanges.parquet"))
        self.clock.stage(None)
        letters = _gather_dead_letters(run, letters_of_checks)
        read = Read(_rows(run / "exchanges.parquet"), letters.records, state.read_bytes)
        if not read.exchanges:
            raise EmptyInput(
                f"none of {letters.records:,} records could be read; the first: {letters.first}",
                where=where,
                hint=_NOBODY if letters.first.startswith("no `account_id`") else _NOTHING,
            )
        return checked, read, state

    def _found(self, engine: DuckDBEngine, run: Path, pool: Executor | None) -> tuple[Detected, list[str]]:
        """Look for campaigns, and take the texts out that are not to stay; also the columns that no record has."""
        names = read_names(self.before)
        extras = Extras(
            self.beside.releases, self.beside.values.curves, self.beside.partners, self.history, names, self.started
        )
        tables = RunTables.of(engine, run, before=self.before, mixed=self._lost())
        found = detect(tables, run, self.settings, self.clock, pool=pool, extras=extras)
        missing = self._missing(run)
        # Nothing may go on from a run whose texts are half gone.
        (run / WORK / "plan.json").unlink(missing_ok=True)
        remove_texts(engine, run, self.settings.retain, found.shown.shown)
        return found, missing

    def _missing(self, run: Path) -> list[str]:
        """Columns that no record of the log has, nor the account file; what was known before stays known."""
        missing = _missing_columns(run / "exchanges.parquet", self.beside.accounts)
        if self.before is None:
            return missing
        then = msgspec.json.decode((self.before / "run.json").read_bytes()).get("columns_missing", EXCHANGES.names)
        return [name for name in missing if name in then]


def _rows(parts: Path) -> int:
    return sum(pq.ParquetFile(part).metadata.num_rows for part in parts.glob("*.parquet"))


class _Letters(NamedTuple):
    records: int
    first: str


def _gather_dead_letters(run: Path, more: Path) -> _Letters:
    """Join the parts in order, a part at a time; how many are records, and the first reason of one."""
    records, first, of_file = 0, "", ""
    parts = sorted([*(run / KEPT / "dead_letters").glob("*.parquet"), *more.iterdir()], key=lambda path: path.name)
    with pq.ParquetWriter(run / "dead_letters.parquet", DEAD_LETTERS, compression="zstd") as writer:
        for part in parts:
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
