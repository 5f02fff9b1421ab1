"""What to read: paths to slices, each of which a worker reads alone.

Plain JSON lines are cut at newlines into ranges of bytes, so that one large file keeps every worker
busy; a compressed file, a CSV or an array is one slice. The files of a batch (requests and
results) that lie in one folder are one slice, for they are joined.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import IO, Any

import msgspec
import numpy as np
import pyarrow.parquet as pq

from stillwatch.core import EmptyInput, UnknownFormat, UnreadableInput
from stillwatch.ingest.base import BatchFormat
from stillwatch.ingest.files import BROKEN, Container, Wrapping, container, opened, wrapping
from stillwatch.ingest.registry import all_formats, majority
from stillwatch.tables import EXCHANGES

__all__ = ["Slice", "cut", "plan"]

_HINT = "stillwatch formats lists what can be read"
_BLOCK = 1 << 20
_NEWLINE = ord("\n")
_TRIED = 200


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


def _files(paths: Sequence[Path]) -> list[tuple[Path, str]]:
    """Files with their labels, folders walked in name order, hidden files left out."""
    found: list[tuple[Path, str]] = []
    for path in paths:
        if path.is_dir() and path.suffix != ".parquet":
            inside = sorted(p for p in path.rglob("*") if p.is_file())
            shown = [p for p in inside if not any(part.startswith(".") for part in p.relative_to(path).parts)]
            if not shown:
                raise EmptyInput("the folder holds no files", where=str(path), hint="name the folder the logs are in")
            found.extend((p, str(p.relative_to(path))) for p in shown)
        elif path.is_dir():
            found.extend((p, f"{path.name}/{p.name}") for p in sorted(path.glob("*.parquet")))
        elif path.exists():
            found.append((path, path.name))
        else:
            raise UnreadableInput("there is no such file or folder", where=str(path), hint="check the path")
    if not found:
        raise EmptyInput("nothing was named to read", hint="stillwatch scan PATH... --out RUN")
    return found


def _records(head: bytes, kind: Container) -> list[dict[str, object]]:
    """The first records of a file that can be decoded."""
    lines = _array_items(head) if kind == "array" else head.split(b"\n")[:_TRIED]
    found = []
    for line in lines:
        try:
            record = msgspec.json.decode(line)
        except (msgspec.MsgspecError, ValueError, RecursionError):
            continue
        if isinstance(record, dict):
            found.append(record)
    return found


def _array_items(head: bytes) -> list[bytes]:
    try:
        return [bytes(item) for item in msgspec.json.decode(head, type=list[msgspec.Raw])]
    except (msgspec.MsgspecError, ValueError):
        return []


def _recognised(path: Path, label: str) -> Slice:
    """One file as one slice.

    Raises:
        UnknownFormat: no format recognises its first records.
    """
    wrapped = wrapping(path)
    kind, head = container(path, wrapped)
    if kind == "array":
        head = _whole(path, wrapped)
    if kind in ("csv", "parquet"):
        if kind == "parquet":
            _check_parquet(path)
        return Slice(path, label, wrapped, kind, "canonical")
    records = _records(head, kind)
    chosen = majority(records)
    if chosen is None:
        what = "no format recognises its records" if records else "it holds no JSON records"
        raise UnknownFormat(what, where=str(path), hint=_HINT)
    return Slice(path, label, wrapped, kind, chosen.name)


def _whole(path: Path, wrapped: Wrapping) -> bytes:
    """A file's unwrapped bytes; a stream that breaks off has none, for an array without its end is none."""
    try:
        with opened(path, wrapped) as stream:
            return stream.read()
    except BROKEN:
        return b""


def _check_parquet(path: Path) -> None:
    try:
        names = set(pq.read_schema(path).names)
    except (OSError, ValueError) as error:
        raise UnreadableInput(f"not a Parquet file: {error}", where=str(path), hint="copy the file again") from error
    lacking = sorted({"time", "account_id"} - names) + ([] if names & {"prompt", "messages"} else ["prompt"])
    if lacking:
        raise UnknownFormat(
            f"its columns lack {', '.join(lacking)}",
            where=str(path),
            hint=f"canonical columns: {', '.join(EXCHANGES.names[:12])}, ...",
        )


def _cut(one: Slice, slice_bytes: int) -> Iterator[Slice]:
    """Cut plain lines at the newline after every ``slice_bytes``."""
    size = one.path.stat().st_size
    if one.container != "lines" or one.wrapped != "plain" or size <= slice_bytes:
        yield one
        return
    start, line = 0, 1
    with one.path.open("rb") as source:
        while start + slice_bytes < size:
            # To the end of the line in which that many bytes end.
            lines = _count_lines(source, slice_bytes) + 1
            source.readline()
            end = source.tell()
            if end >= size:
                break
            yield replace(one, start=start, end=end, first_line=line)
            start, line = end, line + lines
    yield replace(one, start=start, first_line=line)


def _count_lines(source: IO[bytes], size: int) -> int:
    """Newlines among the next ``size`` bytes."""
    lines = 0
    while size > 0 and (block := source.read(min(_BLOCK, size))):
        size -= len(block)
        # Several times faster than bytes.count, which stops at every find.
        lines += int(np.count_nonzero(np.frombuffer(block, np.uint8) == _NEWLINE))
    return lines


def cut(slices: Iterable[Slice], *, slice_bytes: int = 32 * 2**20) -> Iterator[Slice]:
    """Slices cut further, as they are asked for: lines are counted while workers read what came before.

    Args:
        slices: from ``plan``.
        slice_bytes: how large a slice of plain lines may be.
    """
    for one in slices:
        yield from _cut(one, slice_bytes)


def plan(paths: Sequence[Path], *, defaults: Mapping[str, Any] | None = None) -> list[Slice]:
    """What files and folders hold: one slice a file, or a batch's files together.

    Args:
        paths: files and folders, formats mixed at will.
        defaults: what stands for values that a record lacks, by column: batch files name neither their owner
            nor, some of them, a time.

    Raises:
        UnreadableInput: a path does not exist or cannot be read.
        UnknownFormat: no format recognises a file.
        EmptyInput: there is nothing to read.
    """
    slices: list[Slice] = []
    batches: dict[tuple[Path, str], list[Slice]] = {}
    for path, label in _files(paths):
        if path.stat().st_size == 0:
            continue
        one = replace(_recognised(path, label), defaults=defaults or {})
        if isinstance(all_formats()[one.format], BatchFormat) and one.container == "lines":
            batches.setdefault((path.parent, one.format), []).append(one)
        else:
            slices.append(one)
    for together in batches.values():
        files = tuple((one.path, one.label, one.wrapped) for one in together)
        slices.append(replace(together[0], batch=files))
    if not slices:
        raise EmptyInput("every file is empty", where=str(paths[0]), hint="name the files the logs are in")
    return slices
