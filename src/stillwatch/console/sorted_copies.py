"""Copies of a large run's tables in the orders in which pages ask for them: by account, by time, by place in the list.

    SortedCopies.want > a thread makes them beside everything else > Run.use_copies

A page about one account of a million reads a thousand rows then, not every row, and asks no query. Copies hold no
prompt and no answer; they lie in the console's own folder, are known by the hash of the run, and can be thrown away at
any time: until they are there, and for runs too small to need them, SQL reads the run's own files.
"""

from __future__ import annotations

import contextlib
import logging
import shutil
import tempfile
import threading
from collections.abc import Collection
from pathlib import Path

import duckdb
import pyarrow as pa

from stillwatch.console.account_names import write_names
from stillwatch.console.run_tables import ORDERED
from stillwatch.console.runs import Run
from stillwatch.console.sorted_table import SortedTable, write_sorted
from stillwatch.core import UnreadableInput

__all__ = ["SortedCopies"]

_LOG = logging.getLogger(__name__)
_FORM = 4
"""Goes up with every change of what a copy holds: those of another form are made anew."""

_WORTH_IT = 100_000
_READ_ROWS = 64 * 1024
_MOST_TRIES = 300


class SortedCopies:
    """The copies of one console.

    Args:
        folder: where they lie.
        least: exchanges from which on a run gets them.
    """

    def __init__(self, folder: Path, least: int = _WORTH_IT) -> None:
        self._folder, self._least = folder, least
        self._asked: set[str] = set()
        self._waiting: list[Run] = []
        self._guard = threading.Lock()
        self._worker: threading.Thread | None = None
        self._making: duckdb.DuckDBPyConnection | None = None
        self._stopped = False

    def want(self, run: Run) -> None:
        """Have the run read its copies, as soon as they are there; nobody waits for it."""
        with self._guard:
            if run.sha256 in self._asked or self._stopped:
                return
            self._asked.add(run.sha256)
            if int((run.info.get("counts") or {}).get("exchanges") or self._least) < self._least:
                return
            self._waiting.append(run)
            if self._worker is None:
                self._worker = threading.Thread(target=self._work, daemon=True, name="sorted-copies")
                self._worker.start()

    def use_made(self, run: Run) -> None:
        """Have the run read its copies now, where they are there already."""
        folder = self._folder_of(run)
        if folder.is_dir():
            # Whoever wants them after that finds out what is wrong with them.
            with contextlib.suppress(OSError, pa.ArrowInvalid):
                run.use_copies(folder)

    def _folder_of(self, run: Run) -> Path:
        return self._folder / f"{run.sha256}-{_FORM}"

    def stop(self) -> None:
        """Make no more, and leave what is half made; it is thrown away."""
        with self._guard:
            self._stopped = True
            worker = self._worker
        # Between two statements there is nothing to break off: it is said until it was heard.
        for _ in range(_MOST_TRIES):
            if worker is None or not worker.is_alive():
                return
            if (making := self._making) is not None:
                with contextlib.suppress(duckdb.Error):  # closed meanwhile
                    making.interrupt()
            worker.join(timeout=0.1)

    def _next(self) -> Run | None:
        with self._guard:
            if self._stopped or not self._waiting:
                self._worker = None
                return None
            return self._waiting.pop(0)

    def _work(self) -> None:
        while (run := self._next()) is not None:
            try:
                run.use_copies(self.make(run))
            except (OSError, duckdb.Error, UnreadableInput) as error:
                if not self._stopped:
                    # Pages are slower without them and right all the same.
                    _LOG.warning("%s: no sorted copies: %s", run.path, error)

    def make(self, run: Run) -> Path:
        """Make the copies of a run, where they are not there yet; their folder, whole."""
        folder = self._folder_of(run)
        if folder.is_dir():
            return folder
        self._folder.mkdir(parents=True, exist_ok=True)
        making = Path(tempfile.mkdtemp(prefix=".making-", dir=self._folder))
        try:
            self._write(run, making)
            shutil.rmtree(making / "spill", ignore_errors=True)
            with contextlib.suppress(OSError):  # another console was first
                making.rename(folder)
        finally:
            shutil.rmtree(making, ignore_errors=True)
        return folder

    def _write(self, run: Run, making: Path) -> None:
        spill = str(making / "spill")
        with duckdb.connect(config={"threads": "2", "memory_limit": "1GB", "temp_directory": spill}) as connection:
            connection.execute("SET enable_progress_bar = false")
            connection.execute("SET TimeZone = 'UTC'")
            self._making = connection
            try:
                for name, told in ORDERED.items():
                    self._go_on()
                    if run.has(told.needs):
                        asked = connection.sql(run.whole_sql(run.ordered_sql(name)))
                        write_sorted(asked.to_arrow_reader(_READ_ROWS), making / name, told.key, self._go_on)
                self._go_on()
                write_names(SortedTable(making / "by_size", None).column("account_id"), making / "by_size")
            finally:
                self._making = None

    def _go_on(self) -> None:
        if self._stopped:
            raise InterruptedError("stopped")

    def forget_others(self, runs: Collection[Run]) -> None:
        """Throw away copies of runs that are here no more, and what an earlier server left half made."""
        kept = {self._folder_of(run).name for run in runs}
        for folder in self._folder.glob("*") if self._folder.is_dir() else ():
            if folder.name not in kept:
                shutil.rmtree(folder, ignore_errors=True)
