"""How a run comes to stand where it was asked for: built under a hidden name, and there whole or not at all.

A scan that is stopped cleans up. One that is killed, or that the system ends, leaves what it had read under the hidden
name, and the next scan of the same logs to the same place goes on from there.
"""

from __future__ import annotations

import errno
import fcntl
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

import duckdb
import pyarrow as pa

from stillwatch.core import Interrupted, OutputExists, OutputUnwritable, UnreadableInput, said_by
from stillwatch.core.interrupts import Terminated, interrupt_held
from stillwatch.scanning.swap import put_in_place, put_right

__all__ = ["FETCHED", "WORK", "changed_run", "empty", "new_run", "with_name"]

WORK = ".work"
"""Folder within a run for what only its making needs; a run that has none is finished."""

FETCHED = ".fetched"
"""Folder within a run that is being made for copies of what lies in object stores: they outlive a plan that changed."""

_LOCK = ".lock"


@contextmanager
def new_run(out: Path) -> Iterator[Path]:
    """A hidden folder beside ``out`` that takes its name only when everything in it is written.

    It holds what a killed scan left there; ``WORK`` in it is for what is not kept.

    Raises:
        OutputExists: ``out`` is taken, or another scan is writing to it at this moment.
        OutputUnwritable: the disk is full or the place cannot be written to.
        Interrupted: the person at the keyboard stopped the run.
    """
    if out.exists():
        raise OutputExists(
            "the output path exists, and nothing is ever overwritten",
            where=str(out),
            hint="name another with --out, remove it, or add to the run with --into",
        )
    with _hidden(out) as partial:
        yield partial
        _tidy(partial)
        partial.rename(out)


@contextmanager
def changed_run(run: Path) -> Iterator[Path]:
    """A hidden folder beside a finished run that takes its place when everything in it is written.

    Until then the run stays as it is. What is found in it that no scan wrote is there afterwards too.

    Raises:
        UnreadableInput: there is no finished run.
        OutputExists: another scan is writing to it at this moment.
        OutputUnwritable: the disk is full or the place cannot be written to.
        Interrupted: the person at the keyboard stopped it.
    """
    # A link stays one.
    run = run.resolve()
    put_right(run)
    if not (run / "run.json").is_file():
        raise UnreadableInput(
            "there is no finished run", where=str(run), hint="stillwatch scan PATH... --out RUN makes one"
        )
    with _hidden(run) as partial:
        yield partial
        _tidy(partial)
        _carry_over(run, partial)
        shutil.copymode(run, partial)
        shutil.rmtree(put_in_place(partial, run), ignore_errors=True)


def with_name(run: Path) -> Path:
    """The path of a run by its name, where it is given as the working directory: that is another one afterwards."""
    return run.resolve() if run.name in ("", "..") else run


@contextmanager
def _hidden(out: Path) -> Iterator[Path]:
    """The folder under its hidden name, locked; removed when the block is left with it still there."""
    partial = out.parent / f".{out.name}.partial-scan"
    lock: IO[str] | None = None
    left = False
    try:
        # Stopped between the two, it would leave a folder of which nobody knows whose it is.
        with interrupt_held():
            _make(partial, out)
            lock = _locked(partial, out)
        if not (partial / WORK).exists():
            # A run that was replaced and not yet removed, or one whose scan had not begun.
            empty(partial)
        yield partial
    except Terminated:
        left = True
        raise
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
        if lock is not None:
            if not left:
                shutil.rmtree(partial, ignore_errors=True)
            lock.close()


def _make(partial: Path, out: Path) -> None:
    try:
        os.fsencode(partial).decode()
        partial.mkdir(parents=True, exist_ok=True)
    except UnicodeDecodeError as error:
        raise OutputUnwritable("its name is no text", where=ascii(str(out)), hint="name another with --out") from error
    except OSError as error:
        problem = f"the output cannot be written: {said_by(error)}"
        raise OutputUnwritable(problem, where=str(out), hint="name another place with --out") from error


def empty(partial: Path) -> None:
    """Begin a run under its hidden name anew."""
    for path in partial.iterdir():
        _remove(path)
    (partial / WORK).mkdir()


def _locked(partial: Path, out: Path) -> IO[str]:
    lock = (partial / _LOCK).open("w")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        lock.close()
        raise OutputExists(
            "another scan is writing to it at this moment", where=str(out), hint="wait for it, or name another place"
        ) from error
    return lock


def _tidy(partial: Path) -> None:
    """Remove what only the making needed."""
    for left in (*partial.glob("*.parquet/.*"), *partial.glob("kept/dead_letters/.*")):
        left.unlink()
    _remove(partial / WORK)
    shutil.rmtree(partial / FETCHED, ignore_errors=True)
    (partial / _LOCK).unlink()


def _carry_over(run: Path, partial: Path) -> None:
    """What somebody put into the run's folder stays in it."""
    for path in run.iterdir():
        if path.name not in _WRITTEN and not (partial / path.name).exists():
            if path.is_dir() and not path.is_symlink():
                shutil.copytree(path, partial / path.name, symlinks=True)
            else:
                shutil.copy2(path, partial / path.name, follow_symlinks=False)


_TABLES = (
    *("exchanges", "sketches", "profiles", "counts", "texts", "account_file", "dead_letters", "accounts", "links"),
    *("templates", "campaigns", "campaign_history", "partners"),
)
_WRITTEN = {
    *(f"{name}.parquet" for name in _TABLES),
    *("run.json", "report.html", "findings.ocsf.jsonl", "calibration.json", "kept"),
}


def _remove(path: Path) -> None:
    if path.name in (_LOCK, FETCHED):
        return
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink()


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
        # A folder that is a mount of its own cannot be replaced.
        errno.EBUSY,
        errno.EXDEV,
    }
    if isinstance(error, OSError) and error.errno in full:
        return True
    text = str(error).lower()
    return (
        "no space left" in text or "disk full" in text or "file too large" in text or "max_temp_directory_size" in text
    )
