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

from collections.abc import Iterable, Mapping
from typing import Any, ClassVar

from stillwatch.core.bodies.optional_parts import object_or_note
from stillwatch.core.bodies.pairs import pair_caller, pair_fields
from stillwatch.core.bodies.shapes import Json, first, identity, merged
from stillwatch.ingest.base import LogFormat
from stillwatch.ingest.record import Fields

__all__ = ["FORMAT"]


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
            "time": first(record, "request_time", "timestamp_ms"),
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
