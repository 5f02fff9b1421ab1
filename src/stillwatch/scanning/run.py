"""A run: the folder a scan leaves, and how it comes to stand there whole or not at all."""

from __future__ import annotations

import errno
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import duckdb
import msgspec
import pyarrow as pa
import pyarrow.parquet as pq

from stillwatch.core import Interrupted, OutputExists, OutputUnwritable

__all__ = ["Run", "new_run"]


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
        """A run that an earlier scan left."""
        counts = msgspec.json.decode((path / "run.json").read_bytes())["counts"]
        return cls(path, counts["campaigns"], counts["exchanges"], counts["dead_letters"])


@contextmanager
def new_run(out: Path) -> Iterator[Path]:
    """A hidden folder beside ``out`` that takes its name only when everything in it is written.

    Raises:
        OutputExists: ``out`` is taken.
        OutputUnwritable: the disk is full or the place cannot be written to.
        Interrupted: the person at the keyboard stopped the run.
    """
    if out.exists():
        raise OutputExists(
            "the output path exists, and nothing is ever overwritten",
            where=str(out),
            hint="name another with --out, or remove it",
        )
    partial = out.parent / f".{out.name}.partial-{os.getpid()}"
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        partial.mkdir()
        yield partial
        partial.rename(out)
    except KeyboardInterrupt as stop:
        raise Interrupted("stopped before the run was finished; nothing was kept", where=str(out)) from stop
    except (OSError, duckdb.IOException, duckdb.OutOfMemoryException, pa.ArrowException) as error:
        if _is_about_space(error):
            raise OutputUnwritable(
                f"the output cannot be written: {error}",
                where=str(out),
                hint="free some space there, or name another place with --out",
            ) from error
        raise
    finally:
        shutil.rmtree(partial, ignore_errors=True)


def _is_about_space(error: BaseException) -> bool:
    full = {
        errno.ENOSPC,
        errno.EDQUOT,
        errno.EACCES,
        errno.EROFS,
        errno.EPERM,
        errno.ENOTDIR,
        errno.EFBIG,
        errno.EEXIST,
    }
    if isinstance(error, OSError) and error.errno in full:
        return True
    text = str(error).lower()
    return (
        "no space left" in text or "disk full" in text or "file too large" in text or "max_temp_directory_size" in text
    )
