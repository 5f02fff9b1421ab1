"""The runs that are looked at, asked by SQL where their Parquet lies: never more than a page of rows in memory.

    Runs > Run > Run.rows, Run.one, Run.count, Run.stream

Tables are named in braces: ``SELECT * FROM {accounts} WHERE account_id = ?``.
"""

from __future__ import annotations

import contextlib
import hashlib
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar

import duckdb
import msgspec

from stillwatch.core import BadSetting, UnreadableInput

__all__ = ["COPIES", "KNOWN_COLUMNS", "LISTED_COLUMNS", "LISTED_ORDER", "Run", "Runs"]

T = TypeVar("T")

_TABLES = ("accounts", "campaigns", "links", "templates", "dead_letters", "account_file", "partners")
_BATCH = 500

KNOWN_COLUMNS = ("org_id", "created", "plan", "verified", "declared_use", "licence_id", "email_domain")
"""What may be known of an account beside what it does."""

LISTED_COLUMNS = "account_id, verdict, campaign_id, exchanges, first_seen, last_seen, match_probability, q_value"
LISTED_ORDER = "list_position(['act', 'review', 'watch', 'clear'], verdict), exchanges DESC, account_id"
"""Columns and order of the list of accounts."""

COPIES = ("requests", "account_rows", "ranked", "known", "links_of")
"""Tables as pages ask for them: of a large run sorted copies, else made of the run's own where they are asked for."""

_REQUESTS = """(SELECT exchange_id, account_id, time, model, status, input_tokens, output_tokens, country, asn,
    length(prompt) AS prompt_length, parse_filename(filename) AS part, file_row_number AS row FROM {texts})"""
_LINKS_OF = """(SELECT account_a AS account, account_b AS other, * EXCLUDE (account_a, account_b) FROM {links}
    UNION ALL SELECT account_b, account_a, * EXCLUDE (account_a, account_b) FROM {links})"""


class _DuckDB:
    """DuckDB, and the questions that are under way: whoever stops does not wait for them."""

    def __init__(self) -> None:
        self._connection = duckdb.connect(config={"threads": "2", "memory_limit": "1GB"})
        self._connection.execute("SET enable_progress_bar = false")
        self._connection.execute("SET TimeZone = 'UTC'")
        self._under_way: set[duckdb.DuckDBPyConnection] = set()
        self._guard = threading.Lock()
        self._stopped = False

    @contextlib.contextmanager
    def cursor(self) -> Iterator[duckdb.DuckDBPyConnection]:
        """For one question."""
        with self._guard:
            if self._stopped:
                raise UnreadableInput("the console stops")
            cursor = self._connection.cursor()
            self._under_way.add(cursor)
        try:
            yield cursor
        finally:
            with self._guard:
                self._under_way.discard(cursor)
            cursor.close()

    def stop(self) -> None:
        """Break off what is under way, and ask no more."""
        with self._guard:
            self._stopped = True
            for cursor in self._under_way:
                cursor.interrupt()

    def close(self) -> None:
        """Close it."""
        self._connection.close()


class Run:
    """A finished run.

    Args:
        path: its folder.
        database: what reads it; every question has a cursor of its own.

    Raises:
        UnreadableInput: its ``run.json`` is none.
    """

    def __init__(self, path: Path, database: _DuckDB) -> None:
        self.path, self.name = path, path.name
        try:
            content = (path / "run.json").read_bytes()
            self.info: Mapping[str, Any] = msgspec.json.decode(content, type=dict[str, Any])
        except (OSError, msgspec.MsgspecError) as error:
            raise UnreadableInput(f"is no run: {error}", where=str(path / "run.json")) from error
        self.sha256 = hashlib.sha256(content).hexdigest()
        self._database = database
        self._kept: dict[str, Any] = {}
        self._keeping = threading.Lock()
        self._making: dict[str, threading.Lock] = {}
        sources = {name: path / f"{name}.parquet" for name in _TABLES}
        sources["exchanges"] = path / "exchanges.parquet" / "*.parquet"
        known = ", ".join(f"any_value({name}) AS {name}" for name in KNOWN_COLUMNS)
        own = {name: _table(file) for name, file in sources.items()}
        own["texts"] = _table(sources["exchanges"], "filename = true, file_row_number = true")
        self._sources = {
            **own,
            "requests": _REQUESTS.format(**own),
            "account_rows": own["accounts"],
            "ranked": f"(SELECT {LISTED_COLUMNS}, row_number() OVER (ORDER BY {LISTED_ORDER}) AS n "
            f"FROM {own['accounts']})",
            "known": f"(SELECT account_id, {known} FROM {own['exchanges']} GROUP BY account_id)",
            "links_of": _LINKS_OF.format(**own),
        }
        self.has_copies = False

    def has(self, table: str) -> bool:
        """Whether the run has that table."""
        return (self.path / f"{table}.parquet").exists()

    def source(self, table: str) -> str:
        """What stands for a table in SQL."""
        return self._sources[table]

    def use_copies(self, folder: Path) -> None:
        """Read tables that pages ask for in an order of their own from copies in that order, from now on."""
        copies = {name: folder / f"{name}.parquet" for name in COPIES}
        made = {name: _table(file) for name, file in copies.items() if file.exists()}
        self._sources = {**self._sources, **made}
        self.has_copies = True

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
        try:
            with self._database.cursor() as cursor:
                cursor.execute(sql.format(**self._sources), list(values))
                names = [column[0] for column in cursor.description or ()]
                while batch := cursor.fetchmany(_BATCH):
                    for row in batch:
                        yield dict(zip(names, row, strict=True))
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
        self._database = _DuckDB()
        self._runs: dict[str, Run] = {}
        if not self.all():
            raise BadSetting(
                "there is no finished run", where=str(path), hint="`stillwatch scan ... --out RUN` makes one"
            )

    def all(self) -> Sequence[Run]:
        """The runs, the latest first; those that were finished since are there."""
        path = self._path.resolve()
        folders = [path] if (path / "run.json").exists() else [file.parent for file in path.glob("*/run.json")]
        for folder in folders:
            if folder.name not in self._runs and not folder.name.startswith("."):
                self._runs[folder.name] = Run(folder, self._database)
        gone = set(self._runs) - {folder.name for folder in folders}
        for name in gone:
            del self._runs[name]
        return sorted(self._runs.values(), key=lambda run: (str(run.info.get("started") or ""), run.name), reverse=True)

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


def _table(path: Path, more: str = "") -> str:
    # A folder called `week=1` on the way to a run is no column of its tables.
    quoted = str(path).replace("'", "''")
    return f"read_parquet('{quoted}', hive_partitioning = false{', ' if more else ''}{more})"
