"""Records that could not be read, by reason, and files of which nothing could be."""

from __future__ import annotations

from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc

__all__ = ["DeadLetterGroup", "UnreadFile", "group_dead_letters", "unread_files"]

_MOST_REASONS = 20
_MOST_FILES = 100


@dataclass(frozen=True, slots=True)
class DeadLetterGroup:
    """Records that could not be read for one reason, with one place to look."""

    reason: str
    records: int
    example: str


@dataclass(frozen=True, slots=True)
class UnreadFile:
    """A file of which nothing could be read, and why."""

    file: str
    reason: str


def unread_files(table: pa.Table) -> tuple[UnreadFile, ...]:
    """Dead letters that are whole files, the first hundred of them."""
    rows = table.filter(pc.equal(table["kind"], "file")).slice(0, _MOST_FILES).to_pylist()
    return tuple(UnreadFile(row["file"], row["reason"]) for row in rows)


def group_dead_letters(table: pa.Table) -> tuple[DeadLetterGroup, ...]:
    """Dead letters that are records by reason, the commonest first; the rare rest as one group."""
    table = table.filter(pc.not_equal(table["kind"], "file"))
    place = pc.binary_join_element_wise(table["file"], table["line"].cast(pa.string()), ":")
    first = pa.table({"reason": table["reason"], "place": place})
    groups = (
        first.group_by("reason", use_threads=False)
        .aggregate([("place", "count"), ("place", "first")])
        .sort_by([("place_count", "descending"), ("reason", "ascending")])
        .to_pylist()
    )
    shown = [
        DeadLetterGroup(group["reason"], group["place_count"], group["place_first"]) for group in groups[:_MOST_REASONS]
    ]
    rest = groups[_MOST_REASONS:]
    if rest:
        records = sum(group["place_count"] for group in rest)
        shown.append(DeadLetterGroup(f"{len(rest)} rarer reasons", records, rest[0]["place_first"]))
    return tuple(shown)
