"""What a step has to read: the files that the run has not read before, less what a killed scan had finished."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import msgspec
import pyarrow as pa

from stillwatch.ingest import Slice, without, write_callers
from stillwatch.scanning.building import WORK, empty
from stillwatch.scanning.kept import ReadFile

__all__ = ["Planned", "begin", "file_digest", "unread"]


@dataclass(frozen=True, slots=True)
class Planned:
    """What is to be read.

    Attributes:
        slices: of files that are new to the run.
        files: those files.
        again: names of files that it had read before, byte for byte, or that were named twice.
    """

    slices: tuple[Slice, ...]
    files: tuple[ReadFile, ...]
    again: tuple[str, ...]

    @property
    def places(self) -> list[tuple[Path, str]]:
        """Every file of the slices, and its name in the run."""
        return [place for one in self.slices for place in _files(one)]

    def told_by(self, path: Path, callers: pa.Table) -> Planned:
        """The same, with who made which exchange.

        Args:
            path: where the callers are written for the workers; what a killed scan left there is written anew.
            callers: schema ``CALLERS_FILE``.
        """
        path.unlink(missing_ok=True)
        write_callers(callers, path)
        return replace(self, slices=tuple(replace(one, callers=path) for one in self.slices))

    def absolute(self) -> Planned:
        """The same, every path as it is from any folder."""
        return replace(self, slices=tuple(_absolute(one) for one in self.slices))


def _absolute(one: Slice) -> Slice:
    return replace(
        one,
        path=one.path.absolute(),
        callers=one.callers and one.callers.absolute(),
        root=one.root and one.root.absolute(),
        together=tuple(_absolute(part) for part in one.together),
    )


def unread(slices: Sequence[Slice], known: Sequence[ReadFile]) -> Planned:
    """Leave out the files that were read before: those of one name and the same bytes.

    A file of another name is read, and the checks drop what it delivers a second time.

    Args:
        slices: one a file, or a batch's files together.
        known: what the run has read.
    """
    seen = set(known)
    kept: list[Slice] = []
    files: list[ReadFile] = []
    again: list[str] = []
    described: dict[Path, ReadFile] = {}

    def read_before(one: Slice) -> bool:
        its = _described(one)
        described.update({path: file for (path, _), file in zip(_files(one), its, strict=False)})
        if not (its and all(file in seen for file in its)):
            return False
        again.extend(file.label for file in its)
        return True

    for one in slices:
        left = without(one, read_before)
        if left is None:
            continue
        its = [described[path] for path, _ in _files(left) if path in described]
        seen.update(its)
        files += its
        kept.append(left)
    return Planned(tuple(kept), tuple(files), tuple(again))


def _files(one: Slice) -> list[tuple[Path, str]]:
    if one.together:
        return [place for part in one.together for place in _files(part)]
    return [(one.path, one.label)]


def _described(one: Slice) -> list[ReadFile]:
    """The files of a slice; none where one cannot be read, which is told when it is."""
    try:
        return [] if one.problem else [_hashed(path, label) for path, label in _files(one)]
    except OSError:
        return []


def _hashed(path: Path, label: str) -> ReadFile:
    return ReadFile(label, path.stat().st_size, file_digest(path))


def file_digest(path: Path) -> str:
    """Names what a file holds (BLAKE2b, 16 bytes, hexadecimal)."""
    with path.open("rb") as source:
        return hashlib.file_digest(source, lambda: hashlib.blake2b(digest_size=16)).hexdigest()


def begin(partial: Path, planned: Planned, options: Mapping[str, Any]) -> None:
    """Say in a run that is being made what it is made of; what a killed scan left of anything else is removed.

    Args:
        partial: the run's folder under its hidden name.
        planned: what is to be read.
        options: whatever else decides what reading comes to.
    """
    told = msgspec.json.encode({"files": planned.files, "paths": _places(planned), **options})
    path = partial / WORK / "plan.json"
    if path.exists() and path.read_bytes() == told:
        return
    empty(partial)
    path.write_bytes(told)


def _places(planned: Planned) -> list[str]:
    return [str(path) for path, _ in planned.places]
