"""What a step has to read: the files that the run has not read before, less what a killed scan had finished."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec

from stillwatch.ingest import Slice
from stillwatch.scanning.building import WORK, empty
from stillwatch.scanning.kept import ReadFile

__all__ = ["Planned", "begin", "unread"]

_BLOCK = 1 << 22


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
    for one in slices:
        its = _described(one)
        if its and all(file in seen for file in its):
            again += [file.label for file in its]
            continue
        seen.update(its)
        files += its
        kept.append(one)
    return Planned(tuple(kept), tuple(files), tuple(again))


def _files(one: Slice) -> list[tuple[Path, str]]:
    return [(path, label) for path, label, _ in one.batch] or [(one.path, one.label)]


def _described(one: Slice) -> list[ReadFile]:
    """The files of a slice; none where one cannot be read, which is told when it is."""
    try:
        return [] if one.problem else [_hashed(path, label) for path, label in _files(one)]
    except OSError:
        return []


def _hashed(path: Path, label: str) -> ReadFile:
    digest = hashlib.blake2b(digest_size=16)
    size = 0
    with path.open("rb") as source:
        while block := source.read(_BLOCK):
            digest.update(block)
            size += len(block)
    return ReadFile(label, size, digest.hexdigest())


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
    return [str(path) for one in planned.slices for path, _ in _files(one)]
