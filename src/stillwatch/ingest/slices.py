"""What to read: paths to slices, each of which a worker reads alone.

Plain JSON lines are cut at newlines into ranges of bytes, so that one large file keeps every worker
busy; a compressed file, a CSV or an array is one slice. The files of a batch (requests and
results) that lie in one folder are one slice, for they are joined; so are all files of a format whose exchanges lie
in several records. A file that cannot be read is a slice too: one
dead letter, which says why.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import IO, Any

import numpy as np

from stillwatch.core import EmptyInput, InputError, UnreadableInput, said_by
from stillwatch.ingest.account_from import check_places
from stillwatch.ingest.base import BatchFormat, LogFormat, PartsFormat
from stillwatch.ingest.recognition import recognised
from stillwatch.ingest.registry import ask_first, format_named
from stillwatch.ingest.slice import Slice

__all__ = ["Slice", "cut", "plan", "without"]

_BLOCK = 1 << 20
_NEWLINE = ord("\n")
# Folders in which table formats and writers keep their own notes, and the marks that they leave.
_NOT_DATA = frozenset(("_delta_log", "_temporary", "_spark_metadata", "metadata"))
_BODY_BESIDE = re.compile(r".+_(input|output)(_\w+)?\.json(\.gz)?")


def _files(paths: Sequence[Path]) -> list[tuple[Path, str, Path]]:
    """Files with their labels and the folders they are below, in name order, hidden files left out."""
    found: list[tuple[Path, str, Path]] = []
    for path in paths:
        if path.is_dir():
            table = path.suffix == ".parquet"
            inside = sorted(p for p in path.rglob("*.parquet" if table else "*") if p.is_file() and _data(p, path))
            if not inside:
                raise EmptyInput("the folder holds no files", where=str(path), hint="name the folder the logs are in")
            before = f"{path.name}/" if table else ""
            found.extend((p, f"{before}{p.relative_to(path)}", path) for p in inside)
        elif path.exists():
            found.append((path, path.name, path.parent))
        else:
            raise UnreadableInput("there is no such file or folder", where=str(path), hint="check the path")
    for path, _, _ in found:
        _check_name(path)
    if not found:
        raise EmptyInput("nothing was named to read", hint="stillwatch scan PATH... --out RUN")
    return found


def _check_name(path: Path) -> None:
    """Refuse a path that cannot be written down, as everything that was read is."""
    try:
        str(path).encode()
    except UnicodeEncodeError as error:
        raise UnreadableInput("its name is no text in UTF-8", where=ascii(str(path)), hint="rename it") from error


def _data(path: Path, root: Path) -> bool:
    """Whether a file may be a log: not hidden, nor what a writer leaves beside its data."""
    *folders, name = path.relative_to(root).parts
    if name.startswith(".") or any(part.startswith(".") or part == "_delta_log" for part in folders):
        return False
    if any(part in _NOT_DATA and part.startswith("_") for part in folders):
        return False
    return not (name.startswith("_") and path.stat().st_size == 0)


def _planned(path: Path, label: str, root: Path) -> tuple[Slice, InputError | None]:
    """One file as one slice, and why it cannot be read."""
    try:
        if path.stat().st_size == 0:
            raise EmptyInput("the file is empty", where=str(path), hint="name the files the logs are in")
        wrapped, kind, chosen = recognised(path)
    except InputError as error:
        # What to do about bytes that are no text is said in a few words.
        why = f"{error.problem}: {error.hint}" if isinstance(error, UnreadableInput) and error.hint else error.problem
        return Slice(path, label, "plain", "lines", "canonical", root=root, problem=why), error
    except OSError as error:
        told = UnreadableInput(f"the file cannot be read: {said_by(error)}", where=str(path))
        return Slice(path, label, "plain", "lines", "canonical", root=root, problem=told.problem), told
    return Slice(path, label, wrapped, kind, chosen, root=root), None


def _cut(one: Slice, slice_bytes: int) -> Iterator[Slice]:
    """Cut plain lines at the newline after every ``slice_bytes``."""
    size = 0 if one.problem else one.path.stat().st_size
    whole = bool(one.together)
    if one.container != "lines" or one.wrapped != "plain" or whole or size <= slice_bytes:
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


def plan(
    paths: Sequence[Path],
    *,
    defaults: Mapping[str, Any] | None = None,
    account_from: Sequence[str] = (),
    mapped: LogFormat | None = None,
) -> list[Slice]:
    """What files and folders hold: one slice a file, or a batch's files together.

    Args:
        paths: files and folders, formats mixed at will.
        defaults: what stands for values that a record lacks, by column: batch files name neither their owner
            nor, some of them, a time.
        account_from: which places of a record name its account, the first with a value: columns or paths.
        mapped: a format that is asked before every other.

    Raises:
        UnreadableInput: a path does not exist, or no file can be read.
        UnknownFormat: no format recognises a record of any file.
        EmptyInput: there is nothing to read.
        BadSetting: a place names no account.
    """
    ask_first(mapped)
    places = check_places(account_from)
    found = _files(paths)
    beside = {one for one in found if one[0].parent.name == "data" and _BODY_BESIDE.fullmatch(one[0].name)}
    planned = [_planned(*one) for one in found if one not in beside]
    # Beside anything but a log that names them, such files are files like others.
    if not any(error is None and one.format == "bedrock" for one, error in planned):
        planned += [_planned(*one) for one in sorted(beside)]
    _check_some(planned)
    slices: list[Slice] = []
    batches: dict[tuple[Path, str], list[Slice]] = {}
    parts: dict[str, list[Slice]] = {}
    for read, _ in planned:
        one = replace(read, defaults=defaults or {}, account_from=places, mapped=mapped)
        chosen = format_named(one.format)
        if isinstance(chosen, BatchFormat) and not one.problem:
            batches.setdefault((one.path.parent, one.format), []).append(one)
        elif isinstance(chosen, PartsFormat) and not one.problem:
            parts.setdefault(chosen.joined_as or one.format, []).append(one)
        else:
            slices.append(one)
    groups = [*batches.values(), *parts.values()]
    slices.extend(replace(together[0], together=tuple(together)) for together in groups)
    return slices


def without(one: Slice, known: Callable[[Slice], bool]) -> Slice | None:
    """A slice of several files less those that are known, where its format allows; None where nothing is left of it.

    Args:
        one: from ``plan``.
        known: whether all of a slice was read before.
    """
    chosen = format_named(one.format)
    if one.together and isinstance(chosen, PartsFormat) and chosen.comes_at_once:
        left = tuple(part for part in one.together if not known(part))
        return replace(left[0], together=left) if left else None
    return None if known(one) else one


def _check_some(planned: Sequence[tuple[Slice, InputError | None]]) -> None:
    """Refuse where nothing at all can be read; the first file that is not empty says why."""
    errors = [error for _, error in planned if error is not None]
    if len(errors) < len(planned):
        return
    told = [error for error in errors if not isinstance(error, EmptyInput)]
    if not told:
        raise EmptyInput("every file is empty", where=errors[0].where, hint="name the files the logs are in")
    first = told[0]
    if len(errors) > 1:
        others = "the other file" if len(errors) - 1 == 1 else f"the other {len(errors) - 1} files"
        first = type(first)(f"{first.problem}; nor can {others} be read", where=first.where, hint=first.hint)
    raise first
