"""What a log line says around plain bodies: the names of ``envelope`` that are used most, typed.

A line with any other name is read by its format.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import repeat

import msgspec
from msgspec import UNSET, UnsetType

from stillwatch.core.bodies.columns import Columns, columns_of, is_empty, told
from stillwatch.core.bodies.plain_openai import Int64
from stillwatch.ingest.envelope import NAMES
from stillwatch.ingest.plain_pairs import Time

__all__ = ["Envelope", "told_around"]


class Envelope(msgspec.Struct, gc=False, forbid_unknown_fields=True, kw_only=True):
    """Names around a request and a response."""

    exchange_id: str | None = None
    request_id: str | None = None
    id: str | None = None
    time: Time | UnsetType | None = UNSET
    timestamp: Time | UnsetType | None = UNSET
    account_id: str | UnsetType | None = UNSET
    user_id: str | UnsetType | None = UNSET
    org_id: str | None = None
    organization_id: str | None = None
    api_key_id: str | None = None
    session_id: str | None = None
    conversation_id: str | None = None
    client_address: str | None = None
    client_ip: str | None = None
    ip: str | None = None
    latency_ms: float | None = None
    duration_ms: float | None = None
    status: str | Int64 | None = None
    status_code: str | Int64 | None = None
    provider: str | None = None
    user_agent: str | None = None
    country: str | None = None
    asn: Int64 | None = None


_EMPTY_TOO = frozenset(("provider", "country", "asn"))
# Each name with its column; of a column's names the first comes last, for it counts.
_COLUMNS = {
    name: column
    for column, names in {**NAMES, **{name: (name,) for name in _EMPTY_TOO}}.items()
    for name in reversed(names)
    if name in Envelope.__struct_fields__
}
_ORDER = tuple(_COLUMNS)


def told_around(rows: Sequence[Envelope], columns: Columns) -> Columns:
    """Columns of bodies with what is told around them, as ``envelope_fields`` has it; changed in place."""
    for name, values in zip(_ORDER, columns_of(rows, _ORDER), strict=True):
        if is_empty(values):
            continue
        column = _COLUMNS[name]
        before = columns.get(column) or repeat(None)
        columns[column] = [
            one if one is not None and one is not UNSET and (one != "" or column in _EMPTY_TOO) else held
            for one, held in zip(values, before, strict=False)
        ]
    if "api_key_id" in columns:
        columns["account_id"] = told(columns.get("account_id") or [None] * len(rows), columns["api_key_id"])
    return columns
