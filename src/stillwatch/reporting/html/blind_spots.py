"""What a scan could not see: which evidence each missing column would have given.

Which columns a family reads, and without which it is blind, the families of evidence say themselves.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from stillwatch.evidence import all_families

__all__ = ["BlindSpot", "find_blind_spots"]

_ORGANISATION = ("org_id", "licence_id", "declared_use", "verified")


@dataclass(frozen=True, slots=True)
class BlindSpot:
    """A kind of evidence and the columns it did without."""

    name: str
    meaning: str
    columns: tuple[str, ...]
    blind: bool  # every column it cannot do without was missing


def find_blind_spots(columns_missing: Sequence[str]) -> tuple[BlindSpot, ...]:
    """Missing columns by the evidence they would have given; columns no family reads come last."""
    missing = [str(column) for column in columns_missing]
    spots = []
    for name, family in all_families().items():
        lacking = tuple(column for column in family.reads if column in missing)
        if lacking:
            blind = bool(family.needs) and set(family.needs) <= set(missing)
            spots.append(BlindSpot(name, family.sees, lacking, blind))
    declared = tuple(column for column in _ORGANISATION if column in missing)
    if declared:
        spots.append(BlindSpot("honest ties", "accounts that declare they belong together", declared, blind=False))
    known = {column for spot in spots for column in spot.columns}
    rest = tuple(column for column in missing if column not in known)
    if rest:
        spots.append(BlindSpot("other columns", "read by no family, or for display only", rest, blind=False))
    return tuple(spots)
