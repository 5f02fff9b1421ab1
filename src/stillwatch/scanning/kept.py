"""What a run keeps so that a later step can add to it: the folder ``kept`` in the run.

| file | what it is |
| --- | --- |
| ``state.json`` | how far the run has come: its name, its next part, the files that it has read |
| ``template_names.parquet`` | every name that a template was given |
| ``dead_letters/`` | records that could not be read, part by part |
| ``aside/`` | rows of exchanges and sketches that the checks took out, which a later step may see otherwise |
| ``left_out.json`` | what of logs and side files was not read, where there was any |
| ``releases.parquet``, ``values.json`` | what ``--releases`` and ``--values`` said |

Parts are never changed where they lie: a step has them by hard links, and writes anew those that it changes.
"""

from __future__ import annotations

import os
import shutil
import uuid
from collections.abc import Iterable
from pathlib import Path
from typing import Self

import msgspec
import msgspec.structs
import pyarrow as pa
import pyarrow.parquet as pq

from stillwatch.core import UnreadableInput
from stillwatch.core.not_json import NOT_JSON
from stillwatch.ingest import CloudObject
from stillwatch.sketching import SKETCH

__all__ = ["KEPT", "PARTS", "ReadFile", "State", "link_parts", "parts_of", "read_names", "write_names"]

KEPT = "kept"
"""The folder's name within a run."""

_EARLIER = "it is of an earlier version: scan its logs again, with --out"
_NAMES = "template_names.parquet"
PARTS = ("exchanges.parquet", "sketches.parquet")
"""Folders of part files, in a run and among what lies aside: row for row the same exchanges."""


class ReadFile(msgspec.Struct, frozen=True):
    """A file that the run has read: its name below what was named, its size and the BLAKE2b hash of its bytes."""

    label: str
    size: int
    digest: str


class State(msgspec.Struct, frozen=True):
    """How far a run has come.

    Attributes:
        run_id: names the run over all its steps, whatever its folder is called.
        next_part: number of the next part to be read.
        read_bytes: of all logs read so far.
        files: that were read.
        again: files of this step that the run had read before, byte for byte; they were left out.
        objects: of object stores, that were read.
        held: rows that it has, those that lie aside included.
        forgotten: rows that a window left behind, over all steps.
    """

    run_id: str
    next_part: int = 0
    read_bytes: int = 0
    files: tuple[ReadFile, ...] = ()
    again: tuple[str, ...] = ()
    objects: tuple[CloudObject, ...] = ()
    held: int = 0
    forgotten: int = 0

    @classmethod
    def fresh(cls) -> Self:
        """Of a run that is begun."""
        return cls(uuid.uuid4().hex)

    @classmethod
    def of_run(cls, run: Path) -> Self:
        """Of a finished run.

        Raises:
            UnreadableInput: it keeps none, or it cannot be read.
        """
        path = run / KEPT / "state.json"
        try:
            state = msgspec.json.decode(path.read_bytes(), type=cls)
        except (OSError, *NOT_JSON) as error:
            raise UnreadableInput(
                f"the run keeps nothing that can be added to: {error}", where=str(path), hint=_EARLIER
            ) from error
        for part in sorted((run / "sketches.parquet").glob("*.parquet"))[:1]:
            lacking = [name for name in SKETCH.names if name not in pq.read_schema(part).names]
            if lacking:
                raise UnreadableInput(
                    f"the run's sketches lack {' and '.join(lacking)}", where=str(part), hint=_EARLIER
                )
        return state

    def having_read(
        self,
        files: tuple[ReadFile, ...],
        again: tuple[str, ...],
        next_part: int,
        exchanges: int,
        read_bytes: int,
        objects: tuple[CloudObject, ...] = (),
    ) -> Self:
        """After a step that read these."""
        return msgspec.structs.replace(
            self,
            files=(*self.files, *files),
            objects=(*self.objects, *objects),
            again=again,
            next_part=next_part,
            held=self.held + exchanges,
            read_bytes=self.read_bytes + read_bytes,
        )

    def holding(self, rows: int) -> Self:
        """After a window left so many rows."""
        return msgspec.structs.replace(self, held=rows, forgotten=self.forgotten + self.held - rows)

    def write(self, run: Path) -> None:
        """Write it into a run's folder."""
        (run / KEPT / "state.json").write_bytes(msgspec.json.encode(self))


def parts_of(run: Path) -> Iterable[Path]:
    """The folders of part files that a run has, those that it keeps included."""
    kept = run / KEPT
    return (
        *(run / name for name in PARTS),
        *(kept / "aside" / name for name in PARTS),
        kept / "dead_letters",
    )


def link_parts(run: Path, into: Path) -> None:
    """Let another folder have a run's parts: by hard links, or copies where the file system has none.

    What is there already stays: a killed step had begun.
    """
    for folder in parts_of(run):
        there = into / folder.relative_to(run)
        there.mkdir(parents=True, exist_ok=True)
        for part in sorted(folder.glob("*.parquet")) if folder.is_dir() else ():
            _link(part, there / part.name)


def _link(part: Path, there: Path) -> None:
    try:
        os.link(part, there)
    except FileExistsError:
        return
    except OSError:
        half = there.with_name(f".{there.name}.partial")
        shutil.copyfile(part, half)
        half.replace(there)


def read_names(run: Path | None) -> pa.Table | None:
    """Names that a finished run's templates were given; None where there are none."""
    path = None if run is None else run / KEPT / _NAMES
    return pq.read_table(path) if path is not None and path.exists() else None


def write_names(run: Path, names: pa.Table) -> None:
    """Keep them in a run that is being made."""
    pq.write_table(names, run / KEPT / _NAMES, compression="zstd")
