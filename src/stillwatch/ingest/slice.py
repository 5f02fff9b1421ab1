"""A part of a file, as a worker gets it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from stillwatch.ingest.base import LogFormat
from stillwatch.ingest.batches import BatchStore
from stillwatch.ingest.files import Container, Wrapping
from stillwatch.ingest.parts import PartStore

__all__ = ["Slice"]


@dataclass(frozen=True, slots=True)
class Slice:
    """A part of a file, or several files together.

    Attributes:
        path: the file.
        label: its name below the path that was given; stands in ``source_file`` and in made-up ids.
        wrapped, container: how it is read.
        format: name of the format its records are tried as first.
        start, end: byte range, for plain lines; ``end`` None for all.
        first_line: number of the first line.
        defaults: what stands for values that a record lacks, by column.
        callers: a table of who made which exchange, as ``callers.write_callers`` writes it.
        root: the folder that was named, or a named file's; bodies that lie beside a log are looked for below it.
        account_from: places of a record of which the first with a value names its account; empty: as the format has it.
        mapped: a format that is asked before every other, as a person described it.
        problem: why nothing of the file can be read; then it is one dead letter.
        together: every file of a format whose exchanges lie in several records, wherever those files are, or every
            file of a batch's folder.
        aside: where a worker lays such records while it reads.
        halves: likewise the requests and the results of batches.
    """

    path: Path
    label: str
    wrapped: Wrapping
    container: Container
    format: str
    start: int = 0
    end: int | None = None
    first_line: int = 1
    defaults: Mapping[str, Any] = field(default_factory=dict)
    callers: Path | None = None
    root: Path | None = None
    account_from: tuple[str, ...] = ()
    mapped: LogFormat | None = None
    problem: str | None = None
    together: tuple[Slice, ...] = ()
    aside: PartStore | None = None
    halves: BatchStore | None = None
