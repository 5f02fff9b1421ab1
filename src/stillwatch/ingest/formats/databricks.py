"""Databricks' inference tables: of serving endpoints, and of AI Gateway and Unity AI Gateway.

| read | as |
| --- | --- |
| ``request_time``, else ``event_time``, else ``timestamp_ms`` (milliseconds) | ``time`` |
| ``requester``, else the body's end user | ``account_id`` |
| ``databricks_request_id``, else ``request_id`` | ``exchange_id`` |
| ``request``, ``response`` (JSON text) | the bodies, of any API |
| ``status_code`` | ``status`` |
| ``execution_duration_ms`` (older: ``execution_time_ms``; newer: ``latency_ms``) | ``latency_ms`` |
| the bodies' ``model``, else ``served_entity_name``, ``model_name``, ``endpoint_name`` | ``model`` |

Rows come as Parquet, as a Delta table's files, or as an export to JSON or CSV. Tables of before AI Gateway have no
``requester``. ``client_request_id`` is whatever a client likes, and no session. After Databricks' "inference
tables" pages.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, ClassVar

from stillwatch.core.bodies.dialects import body_fields, end_user
from stillwatch.core.bodies.shapes import Json, RecordError, first, identity, merged
from stillwatch.ingest.base import LogFormat
from stillwatch.ingest.record import Fields

__all__ = ["FORMAT"]

_NEWER = ("event_time", "requester", "request", "response")


class Databricks(LogFormat):
    """Reads rows of Databricks' inference tables."""

    name: ClassVar[str] = "databricks"
    description: ClassVar[str] = "rows of a Databricks inference table"
    account_from: ClassVar[str] = (
        "the column `requester` is empty or absent, as in tables of before AI Gateway: join the endpoint's audit log "
        "by `databricks_request_id` and give it by --callers, or say whose the table is by --default-account"
    )
    example: ClassVar[Mapping[str, Any]] = {
        "databricks_request_id": "d-1",
        "client_request_id": None,
        "requester": "a-1",
        "request_date": "2026-11-24",
        "request_time": "2026-11-24T00:00:00.123Z",
        "status_code": 200,
        "execution_duration_ms": 812,
        "request": '{"messages": [{"role": "user", "content": "Why?"}], "max_tokens": 64}',
        "response": '{"model": "m", "choices": [{"index": 0, "message": {"content": "Because."}}]}',
        "served_entity_id": "e-1",
        "logging_error_codes": [],
    }

    def recognises(self, record: Json) -> bool:
        """By ``databricks_request_id`` beside ``request``, or ``event_time`` and ``requester`` beside both bodies."""
        if "databricks_request_id" in record and "request" in record:
            return True
        return all(name in record for name in _NEWER)

    def read(self, record: Json) -> Iterable[Fields]:
        """One exchange."""
        asked = record.get("request")
        if asked is None or asked == "":
            told = first(record, "logging_error_codes")
            why = f": the table says {told}" if told and told != "[]" else ""
            raise RecordError(f"no text in `request`{why}")
        own: Fields = {
            "exchange_id": identity(first(record, "databricks_request_id", "request_id")),
            "time": first(record, "request_time", "event_time", "timestamp_ms"),
            "provider": "databricks",
            "account_id": identity(first(record, "requester")) or end_user(asked)[0],
            "status": first(record, "status_code"),
            "latency_ms": first(record, "execution_duration_ms", "execution_time_ms", "latency_ms"),
        }
        named = {"model": first(record, "served_entity_name", "model_name", "endpoint_name")}
        return [merged(named, body_fields(asked, record.get("response")), own)]


FORMAT = Databricks()
