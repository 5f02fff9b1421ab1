"""Databricks' inference tables of serving endpoints, with AI Gateway and before it.

| read | as |
| --- | --- |
| ``requester`` | ``account_id`` |
| the request's ``user`` where there is no ``requester`` | ``account_id`` |
| ``request_time``, ``timestamp_ms`` | ``time`` |
| ``databricks_request_id`` | ``exchange_id`` |
| ``request``, ``response`` (JSON text) | request and answer |
| ``request_metadata.model_name``, ``served_entity_name``, ``endpoint_name`` | ``model``, without the body's |
| ``status_code``, ``execution_duration_ms`` or ``execution_time_ms`` | ``status``, ``latency_ms`` |

``client_request_id`` and ``served_entity_id`` are no accounts. Layout: Databricks' documentation of inference
tables.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, ClassVar

import msgspec
from msgspec import UNSET, UnsetType

from stillwatch.core.bodies.columns import either, named, told
from stillwatch.core.bodies.optional_parts import object_or_note
from stillwatch.core.bodies.pairs import pair_caller, pair_fields
from stillwatch.core.bodies.shapes import Json, first, identity, merged
from stillwatch.ingest.base import LogFormat
from stillwatch.ingest.plain_pairs import Around, Body, Count, Id, Reply, Time, identities, made, pair_columns
from stillwatch.ingest.plain_shape import PlainShape
from stillwatch.ingest.record import Exchange, Fields

__all__ = ["FORMAT"]


class _Known(msgspec.Struct, gc=False):
    model_name: str | None = None


class _Plain(Around, gc=False, kw_only=True):
    """A row as most are: a chat completion."""

    databricks_request_id: str | None
    request: Body
    response: Reply
    requester: Id | UnsetType | None = UNSET
    request_time: Time | UnsetType | None = UNSET
    timestamp_ms: Time | UnsetType | None = UNSET
    request_metadata: _Known | None = None
    served_entity_name: str | None = None
    endpoint_name: str | None = None
    status_code: str | Count = None
    execution_duration_ms: float | None = None
    execution_time_ms: float | None = None


_NAMES = (
    "databricks_request_id", "request", "response", "requester", "request_time", "timestamp_ms", "request_metadata",
    "served_entity_name", "endpoint_name", "status_code", "execution_duration_ms", "execution_time_ms",
)  # fmt: skip


def _exchanges(rows: Sequence[_Plain]) -> list[Exchange | None]:
    """Plain rows as ``Databricks.read`` reads them; None for each that is to be read so."""
    held = named(rows, _NAMES)
    columns, left = pair_columns(held["request"], held["response"])
    models = [None if one is None else one.model_name for one in held["request_metadata"]]
    columns |= {
        "exchange_id": told(held["databricks_request_id"], columns["exchange_id"]),
        "time": told(held["request_time"], held["timestamp_ms"]),
        "account_id": told(identities(held["requester"]), columns.get("account_id", ())),
        "model": told(columns["model"], models, held["served_entity_name"], held["endpoint_name"]),
        "status": held["status_code"],
        "latency_ms": either(held["execution_duration_ms"], held["execution_time_ms"]),
    }
    return made(columns, left, len(rows))


class Databricks(LogFormat):
    """Reads rows of Databricks' inference tables."""

    name: ClassVar[str] = "databricks"
    description: ClassVar[str] = "Databricks' inference tables"
    example: ClassVar[Mapping[str, Any]] = {
        "databricks_request_id": "d-1",
        "request_time": "2026-11-24T00:00:00.000Z",
        "status_code": 200,
        "execution_duration_ms": 900,
        "request": '{"messages": [{"role": "user", "content": "Why?"}]}',
        "response": '{"model": "m", "choices": [{"index": 0, "message": {"content": "Because."}}]}',
        "requester": "a-1",
    }

    plain: ClassVar[PlainShape | None] = PlainShape(_Plain, _exchanges, texts=True)

    def recognises(self, record: Json) -> bool:
        """By ``databricks_request_id``."""
        return "databricks_request_id" in record

    def read(self, record: Json) -> Iterable[Fields]:
        """One exchange."""
        request = record.get("request")
        fields = pair_fields(request, record.get("response"))
        known = object_or_note(fields, record.get("request_metadata"), "request_metadata")
        own: Fields = {
            "exchange_id": identity(record.get("databricks_request_id")),
            # A time of zero is one that was left out.
            "time": record.get("request_time") or record.get("timestamp_ms") or record.get("request_time"),
            "account_id": identity(record.get("requester")) or pair_caller(request),
            "model": None
            if fields.get("model")
            else first(known, "model_name") or first(record, "served_entity_name", "endpoint_name"),
            "status": record.get("status_code"),
            "latency_ms": first(record, "execution_duration_ms", "execution_time_ms"),
            "account_in": "the row has no `requester`: inference tables of AI Gateway have one",
        }
        return [merged(fields, own)]


FORMAT = Databricks()
