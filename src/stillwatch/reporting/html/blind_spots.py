"""What a scan could not see: which evidence each missing column would have given.

To teach the report a new column, name it under the family that reads it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from stillwatch.reporting.families import FAMILY_MEANINGS

__all__ = ["BlindSpot", "find_blind_spots"]

_READS: Mapping[str, tuple[str, ...]] = {
    "structure": ("system", "messages"),
    "purpose": (
        *("response", "reasoning", "output_tokens", "reasoning_tokens"),
        *("max_tokens", "n", "logprobs", "top_logprobs"),
    ),
    "shape": (
        *("temperature", "top_p", "top_k", "seed", "stop", "stream", "response_format", "tools"),
        *("user_agent", "tls_fingerprint"),
    ),
    "timing": ("model", "status", "created"),
    "infrastructure": ("client_address", "asn", "country", "payment_id", "email_domain"),
}
_ORGANISATION = ("org_id", "licence_id", "declared_use", "verified")


@dataclass(frozen=True, slots=True)
class BlindSpot:
    """A kind of evidence and the columns it did without."""

    name: str
    meaning: str
    columns: tuple[str, ...]
    blind: bool  # every column it reads was missing


def find_blind_spots(columns_missing: Sequence[str]) -> tuple[BlindSpot, ...]:
    """Missing columns by the evidence they would have given; columns no family reads come last."""
    missing = [str(column) for column in columns_missing]
    spots = []
    for family, reads in _READS.items():
        lacking = tuple(column for column in reads if column in missing)
        if lacking:
            # Structure always has the prompt itself, so it is never wholly blind.
            blind = len(lacking) == len(reads) and family not in ("structure", "purpose", "timing")
            spots.append(BlindSpot(family, FAMILY_MEANINGS[family], lacking, blind))
    declared = tuple(column for column in _ORGANISATION if column in missing)
    if declared:
        spots.append(BlindSpot("honest ties", "accounts that declare they belong together", declared, blind=False))
    known = {column for spot in spots for column in spot.columns}
    rest = tuple(column for column in missing if column not in known)
    if rest:
        spots.append(BlindSpot("other columns", "read by no family, or for display only", rest, blind=False))
    return tuple(spots)
