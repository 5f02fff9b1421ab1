"""A run: the folder a scan leaves."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec
import pyarrow as pa
import pyarrow.parquet as pq

from stillwatch import tables
from stillwatch.core import UnreadableInput
from stillwatch.core.not_json import NOT_JSON
from stillwatch.core.small_files import LIST, read_small
from stillwatch.detection import TEMPLATE_NAMES
from stillwatch.scanning.swap import put_right
from stillwatch.sketching import SKETCH

__all__ = ["Run", "settings_of"]

_OF_THE_MACHINE = ("workers", "memory_mb", "engine")


_SCHEMAS = {
    "accounts": tables.ACCOUNTS,
    "account_file": tables.ACCOUNT_FILE,
    "campaign_history": tables.CAMPAIGN_HISTORY,
    "campaigns": tables.CAMPAIGNS,
    "dead_letters": tables.DEAD_LETTERS,
    "exchanges": tables.RUN_EXCHANGES,
    "links": tables.LINKS,
    "partners": tables.PARTNERS,
    "sketches": SKETCH,
    "template_names": TEMPLATE_NAMES,
    "templates": tables.TEMPLATES,
}


@dataclass(frozen=True, slots=True)
class Run:
    """A finished scan.

    Attributes:
        path: the run's folder.
        campaigns: how many campaigns were found.
        exchanges, dead_letters: how many records were read, and how many could not be.
    """

    path: Path
    campaigns: int
    exchanges: int
    dead_letters: int

    def table(self, name: str) -> pa.Table:
        """One of the run's tables: accounts, campaigns, links, templates, dead_letters or exchanges."""
        return pq.read_table(self.path / f"{name}.parquet")

    @property
    def report(self) -> Path:
        """The page to open."""
        return self.path / "report.html"

    @classmethod
    def open(cls, path: Path) -> Run:
        """A run that an earlier scan left.

        Raises:
            UnreadableInput: there is none.
        """
        try:
            counts = msgspec.json.decode(read_small(path / "run.json", LIST))["counts"]
            found = [int(counts[name]) for name in ("campaigns", "exchanges", "dead_letters")]
        except _NO_DOCUMENT as error:
            raise _no_run(path) from error
        return cls(path, *found)


_NO_DOCUMENT = (OSError, *NOT_JSON, LookupError, TypeError, ValueError)


def _no_run(path: Path) -> UnreadableInput:
    hint = "stillwatch scan PATH... --out RUN makes one"
    return UnreadableInput("there is no finished run", where=str(path), hint=hint)


def settings_of(run: Path) -> dict[str, Any]:
    """Settings that a finished run was made with and that the next step begins with; not those of the machine.

    Raises:
        UnreadableInput: there is no finished run, or a file of it is none that a scan wrote.
        BadTable: a table of it holds something else than a scan writes.
    """
    put_right(run)
    try:
        info = msgspec.json.decode(read_small(run / "run.json", LIST), type=dict[str, Any])
        settings: dict[str, Any] = info["settings"]
    except _NO_DOCUMENT as error:
        raise _no_run(run) from error
    tables.check_info(info, run / "run.json")
    tables.check_tables(run, _SCHEMAS)
    tables.check_parts(run, info.get("counts"))
    return {name: value for name, value in settings.items() if name not in _OF_THE_MACHINE}
