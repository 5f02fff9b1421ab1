"""What a log line says around plain bodies: the names of ``envelope`` that are used most, typed.

A line with any other name is read by its format.
"""

from __future__ import annotations

from operator import attrgetter

import msgspec
from msgspec import UNSET, UnsetType

from stillwatch.core.bodies.plain_openai import Int64
from stillwatch.ingest.envelope import NAMES
from stillwatch.ingest.record import Exchange

__all__ = ["Envelope", "told_around"]

Time = str | int | float


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


_EMPTY_TOO = frozenset(("provider", "user_agent", "country", "asn"))
# Each name with its column; of a column's names the first comes last, for it counts.
_COLUMNS = {
    name: column
    for column, names in {**NAMES, **{name: (name,) for name in _EMPTY_TOO}}.items()
    for name in reversed(names)
    if name in Envelope.__struct_fields__
}
_values_of = attrgetter(*_COLUMNS)
_ORDER = tuple(_COLUMNS.values())


def told_around(row: Envelope, one: Exchange) -> Exchange:
    """Bodies as an exchange with what is told around them, as ``envelope_fields`` has it; changed in place."""
    found = {
        column: value
        for column, value in zip(_ORDER, _values_of(row), strict=True)
        if value is not None and value is not UNSET and (value != "" or column in _EMPTY_TOO)
    }
    for name, value in found.items():
        setattr(one, name, value)
    if not one.account_id:
        one.account_id = one.api_key_id or ""
    return one
