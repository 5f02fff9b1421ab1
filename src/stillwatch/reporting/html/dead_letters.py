"""Records that could not be read, by reason."""

from __future__ import annotations

from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc

__all__ = ["DeadLetterGroup", "group_dead_letters"]

_MOST_REASONS = 20


@dataclass(frozen=True, slots=True)
class DeadLetterGroup:
    """Records that could not be read for one reason, with one place to look."""

    reason: str
    records: int
    example: str


def group_dead_letters(table: pa.Table) -> tuple[DeadLetterGroup, ...]:
    """Dead letters by reason, the commonest first; the rare rest as one group."""
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
