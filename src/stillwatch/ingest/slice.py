"""A part of a file, as a worker gets it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from stillwatch.ingest.base import LogFormat
from stillwatch.ingest.files import Container, Wrapping

__all__ = ["Slice"]


@dataclass(frozen=True, slots=True)
class Slice:
    """A part of a file, or a batch's files together.

    Attributes:
        path: the file.
        label: its name below the path that was given; stands in ``source_file`` and in made-up ids.
        wrapped, container: how it is read.
        format: name of the format its records are tried as first.
        start, end: byte range, for plain lines; ``end`` None for all.
        first_line: number of the first line.
        batch: every file of the batch, for formats that join.
        defaults: what stands for values that a record lacks, by column.
        root: the folder that was named, or a named file's; bodies that lie beside a log are looked for below it.
        mapped: a format that is asked before every other, as a person described it.
        problem: why nothing of the file can be read; then it is one dead letter.
    """

    path: Path
    label: str
    wrapped: Wrapping
    container: Container
    format: str
    start: int = 0
    end: int | None = None
    first_line: int = 1
    batch: tuple[tuple[Path, str, Wrapping], ...] = ()
    defaults: Mapping[str, Any] = field(default_factory=dict)
    root: Path | None = None
    mapped: LogFormat | None = None
    problem: str | None = None
