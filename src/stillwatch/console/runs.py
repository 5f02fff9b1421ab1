"""The runs that are looked at, asked by SQL where their Parquet lies: never more than a page of rows in memory.

    Runs > Run > Run.rows, Run.one, Run.count, Run.stream

Tables are named in braces: ``SELECT * FROM {accounts} WHERE account_id = ?``.
"""

from __future__ import annotations

import contextlib
import hashlib
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar

import duckdb
import msgspec
import pyarrow as pa

from stillwatch.console.account_names import AccountNames
from stillwatch.console.drawn_parts import Parts
from stillwatch.console.run_database import RunDatabase
from stillwatch.console.run_tables import KNOWN_COLUMNS, ORDERED, own_tables
from stillwatch.console.sorted_table import SortedTable
from stillwatch.core import BadSetting, UnreadableInput
from stillwatch.core.not_json import NOT_JSON
from stillwatch.core.small_files import LIST, read_small

__all__ = ["FEW", "Run", "Runs"]

T = TypeVar("T")

_NAMED = """
SELECT account_id, verdict, exchanges, campaign_id FROM {accounts} WHERE contains(lower(account_id), lower(?))
ORDER BY lower(account_id) <> lower(?), NOT starts_with(lower(account_id), lower(?)), exchanges DESC, account_id LIMIT ?
"""
_BATCH = 500
FEW = 60
"""Accounts that are looked up one by one where there are copies; of more a query is quicker."""

_NEEDED = ("accounts", "campaigns", "exchanges")
"""Tables without which no page of a run says anything."""

_LOOK_SECONDS = 0.5


class _Told(msgspec.Struct):
    """What a ``run.json`` says, as far as pages ask it for more than a word; what it does not say is None."""

    settings: dict[str, Any] | None = None
    counts: dict[str, Any] | None = None
    values: dict[str, Any] | None = None
    versions: dict[str, Any] | None = None
    timings: dict[str, Any] | None = None
    streams: dict[str, Any] | None = None
    notes: list[Any] | None = None
    since: list[Any] | None = None
    columns_missing: list[str] | None = None


class Run:
    """A finished run.

    Args:
        path: its folder.
        database: what reads it; every question has a cursor of its own.

    Raises:
        UnreadableInput: its ``run.json`` is none.
    """

    def __init__(self, path: Path, database: RunDatabase) -> None:
        self.path, self.name = path, path.name
        try:
            content = read_small(path / "run.json", LIST)
            self.info: Mapping[str, Any] = msgspec.json.decode(content, type=dict[str, Any])
            msgspec.convert(self.info, _Told)
        except (OSError, *NOT_JSON) as error:
            raise UnreadableInput(f"is no run: {error}", where=str(path / "run.json")) from error
        self.sha256 = hashlib.sha256(content).hexdigest()
        self._database = database
        self.parts = Parts()
        self.graphs = Parts()
        self._kept: dict[str, Any] = {}
        self._keeping = threading.Lock()
        self._making: dict[str, threading.Lock] = {}
        self._sources = own_tables(path)
        self._copies: dict[str, SortedTable] = {}
        self._names: AccountNames | None = None

    def has(self, table: str) -> bool:
        """Whether the run has that table."""
        return (self.path / f"{table}.parquet").exists()

    @property
    def retains(self) -> str:
        """Which texts it keeps: ``full``, ``templates`` or ``none``."""
        return str((self.info.get("settings") or {}).get("retain") or "full")

    @property
    def has_copies(self) -> bool:
        """Whether tables are read from copies in the orders in which pages ask."""
        return bool(self._copies)

    def use_copies(self, folder: Path) -> None:
        """Read tables that pages ask for in an order of their own from copies in that order, from now on.

        Raises:
            OSError: one of them cannot be read.
        """
        copies = {name: SortedTable(folder / name, told.key) for name, told in ORDERED.items() if self.has(told.needs)}
        self._names = AccountNames(folder / "by_size")
        self._copies = copies

    def ordered_sql(self, name: str) -> str:
        """SQL of one of ``ORDERED``, in its order; tables in braces."""
        return f"SELECT * FROM ({ORDERED[name].sql}) ORDER BY {ORDERED[name].order}"

    def whole_sql(self, sql: str) -> str:
        """SQL with the run's own files in the place of names in braces; ``told`` is what is known of each account."""
        if "{told}" in sql:
            sql = sql.replace("{told}", f"({self.known_sql()})")
        return sql.format(**self._sources)

    def of(self, name: str, key: str, first: int = 0, most: int | None = None) -> pa.Table:
        """Rows of one of ``ORDERED`` that have a key, in its order; from the copy where there is one.

        Args:
            name: of the table.
            key: what its first column must be.
            first, most: leave out so many, and give no more than so many.

        Raises:
            UnreadableInput: a file of the run is absent or is not what its name says.
        """
        told = ORDERED[name]
        if (copy := self._copies.get(name)) is not None:
            start, end = copy.span(key)
            return copy.rows(start + first, end if most is None else min(end, start + first + most))
        if name == "known":
            return self.arrow(self.known_sql("WHERE account_id = ?"), key)
        sql = f"SELECT * FROM ({told.sql}) WHERE {told.key} = ? ORDER BY {told.order}"
        return self.arrow(f"{sql} LIMIT {most} OFFSET {first}" if most is not None else sql, key)

    def numbered(self, name: str, first: int, last: int) -> pa.Table:
        """Rows of one of ``ORDERED`` by their places in its order, from 0; ``last`` is the first left out.

        Raises:
            UnreadableInput: a file of the run is absent or is not what its name says.
        """
        if (copy := self._copies.get(name)) is not None:
            return copy.rows(first, last)
        return self.arrow(f"{self.ordered_sql(name)} LIMIT ? OFFSET ?", max(last - first, 0), first)

    def accounts_named(self, text: str, most: int) -> list[dict[str, Any]]:
        """Accounts whose name holds a text in whatever case: the one that it is, those that begin with it, others;
        of each kind those with most exchanges first."""
        if self._names is None:
            return self.rows(_NAMED, text, text, text, most)
        found = [self.numbered("by_size", n, n + 1) for n in self._names.find(text, most)]
        rows: list[dict[str, Any]] = pa.concat_tables(found).to_pylist() if found else []
        return rows

    def arrow(self, sql: str, *values: object) -> pa.Table:
        """What a query gives, as a table.

        Raises:
            UnreadableInput: a file of the run is absent or is not what its name says.
        """
        with self._asking() as cursor:
            return cursor.sql(self.whole_sql(sql), params=list(values)).to_arrow_table()

    def known(self, names: Sequence[str]) -> dict[str, dict[str, Any]]:
        """What is known of accounts beside what they do, by name.

        Raises:
            UnreadableInput: a file of the run is absent or is not what its name says.
        """
        if self.has_copies and len(names) <= FEW:
            rows = [row for name in names for row in self.of("known", name, most=1).to_pylist()]
        else:
            rows = self.rows(self.known_sql("WHERE account_id IN (SELECT unnest(?))"), names) if names else []
        return {row["account_id"]: row for row in rows}

    def known_sql(self, where: str = "") -> str:
        """What the account file says of each account, else the log: as the scan added it up, where that was kept."""
        if self.has("profiles") and self._columns("profiles").issuperset(KNOWN_COLUMNS):
            return f"SELECT account_id, {', '.join(KNOWN_COLUMNS)} FROM {{profiles}} {where}"
        log = f"(SELECT * FROM {{known}} {where})"
        if not self.has("account_file"):
            return f"SELECT * FROM {log}"
        told = self._columns("account_file")
        columns = ", ".join(
            f"coalesce(file.{name}, log.{name}) AS {name}" if name in told else f"log.{name}" for name in KNOWN_COLUMNS
        )
        return f"SELECT account_id, {columns} FROM {log} AS log LEFT JOIN {{account_file}} AS file USING (account_id)"

    def _columns(self, table: str) -> frozenset[str]:
        """Names of a table's columns: a run of another version may have others."""
        described = f"DESCRIBE SELECT * FROM {{{table}}}"
        return self.keep(f"columns of {table}", lambda: frozenset(row["column_name"] for row in self.rows(described)))

    def rows(self, sql: str, *values: object) -> list[dict[str, Any]]:
        """Every row of a query that has few.

        Raises:
            UnreadableInput: a file of the run is absent or is not what its name says.
        """
        return list(self.stream(sql, *values))

    def one(self, sql: str, *values: object) -> dict[str, Any] | None:
        """The first row, or None."""
        return next(self.stream(sql, *values), None)

    def count(self, sql: str, *values: object) -> int:
        """How many rows a query has."""
        row = self.one(f"SELECT count(*) AS n FROM ({sql})", *values)
        return int(row["n"]) if row else 0

    def stream(self, sql: str, *values: object) -> Iterator[dict[str, Any]]:
        """Rows as they come.

        Raises:
            UnreadableInput: a file of the run is absent or is not what its name says.
        """
        with self._asking() as cursor:
            cursor.execute(self.whole_sql(sql), list(values))
            names = [column[0] for column in cursor.description or ()]
            while batch := cursor.fetchmany(_BATCH):
                for row in batch:
                    yield dict(zip(names, row, strict=True))

    @contextlib.contextmanager
    def _asking(self) -> Iterator[duckdb.DuckDBPyConnection]:
        try:
            with self._database.cursor() as cursor:
                yield cursor
        except duckdb.InterruptException as error:
            raise UnreadableInput("the console stops", where=str(self.path)) from error
        except (duckdb.IOException, duckdb.BinderException, duckdb.InvalidInputException) as error:
            raise UnreadableInput(str(error).splitlines()[0], where=str(self.path)) from error

    def keep(self, name: str, make: Callable[[], T]) -> T:
        """What ``make`` gives, made once: a finished run does not change. Who asks for another name does not wait."""
        with self._keeping:
            making = self._making.setdefault(name, threading.Lock())
        with making:
            if name not in self._kept:
                self._kept[name] = make()
            kept: T = self._kept[name]
            return kept


class Runs:
    """The runs of a folder, or one run.

    Args:
        path: a run's folder, or a folder of such folders.

    Raises:
        BadSetting: there is no run.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._database = RunDatabase()
        self._runs: dict[str, tuple[tuple[int, ...], Run]] = {}
        self._found: tuple[float, Sequence[Run]] = (-1.0, ())
        self._finding = threading.Lock()
        self.unreadable: Mapping[str, str] = {}
        """Folders that look like runs and cannot be read, with why: the others are looked at all the same."""
        if not self.all():
            raise BadSetting(
                "there is no finished run" + "".join(f"; {name} {why}" for name, why in self.unreadable.items()),
                where=str(path),
                hint="`stillwatch scan ... --out RUN` makes one",
            )

    def all(self) -> Sequence[Run]:
        """The runs, the latest first; those that were finished or added to since are there within a moment."""
        with self._finding:
            now = time.monotonic()
            if now - self._found[0] > _LOOK_SECONDS:
                self._found = (now, self._look())
            return self._found[1]

    def _look(self) -> Sequence[Run]:
        path = self._path.resolve()
        folders = [path] if (path / "run.json").exists() else [file.parent for file in path.glob("*/run.json")]
        kept: dict[str, tuple[tuple[int, ...], Run]] = {}
        unreadable = {}
        for folder in folders:
            if folder.name.startswith("."):
                continue
            try:
                told = (folder / "run.json").stat()
            except OSError:  # it went just now, or is not ours to read
                continue
            # A run that was added to is another run, of the same name.
            mark = (told.st_ino, told.st_mtime_ns, told.st_size)
            known = self._runs.get(folder.name)
            try:
                kept[folder.name] = known if known and known[0] == mark else (mark, Run(folder, self._database))
            except UnreadableInput as error:
                unreadable[folder.name] = error.problem
                continue
            absent = [name for name in _NEEDED if not (folder / f"{name}.parquet").exists()]
            if absent and folder.exists():
                unreadable[folder.name] = f"lacks {absent[0]}.parquet"
                del kept[folder.name]
        self._runs, self.unreadable = kept, unreadable
        runs = [run for _, run in kept.values()]
        return sorted(runs, key=lambda run: (str(run.info.get("started") or ""), run.name), reverse=True)

    @property
    def latest(self) -> Run | None:
        """The run that began last; None where none can be read any more."""
        return next(iter(self.all()), None)

    def find(self, name: str) -> Run | None:
        """The run of that name."""
        return next((run for run in self.all() if run.name == name), None)

    def of_hash(self, sha256: str) -> Run | None:
        """The run that a decision was made on."""
        return next((run for run in self.all() if run.sha256 == sha256), None)

    def stop(self) -> None:
        """Break off every question that is under way, and ask no more."""
        self._database.stop()

    def close(self) -> None:
        """Close DuckDB."""
        self._database.close()
