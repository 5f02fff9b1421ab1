"""Vertex AI's request-response logging table, exported from BigQuery as JSON lines or Parquet.

| read | as |
| --- | --- |
| ``logging_time`` | ``time``: when the row was written, which is when the answer had ended |
| nothing: the table names no caller | ``account_id``; join Cloud Audit Logs by ``request_id`` (``--callers``) |
| ``request_id`` | ``exchange_id`` |
| ``full_request``, else ``request_payload[0]`` (JSON, or text of it) | the request: Gemini's, or a partner's body |
| ``full_response``, else ``response_payload[0]`` | the answer |
| ``model``, ``api_method``, ``metadata.request_latency`` (milliseconds) | ``model``, ``operation``, ``latency_ms`` |
| ``endpoint`` | the region in ``pathway``: ``vertex/REGION`` |

A project and an endpoint are what was asked, not who asked. ``request_id`` is read as text; a JSON number beyond
2^53 was rounded by whoever wrote it so. After Google Cloud's "Log requests and responses" page.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any, ClassVar

from stillwatch.core.bodies.dialects import body_fields
from stillwatch.core.bodies.shapes import Json, RecordError, first, identity, merged, object_of, parsed
from stillwatch.ingest.base import LogFormat
from stillwatch.ingest.record import Fields

__all__ = ["FORMAT"]

_REGION = re.compile(r"/locations/([^/]+)")


class Vertex(LogFormat):
    """Reads rows of Vertex AI's logging table."""

    name: ClassVar[str] = "vertex"
    description: ClassVar[str] = "Vertex AI request-response logging table, exported from BigQuery"
    account_from: ClassVar[str] = (
        "Vertex AI's table names no caller: export Cloud Audit Logs with `exchange_id` (this `request_id`) and "
        "`account_id` (`principalEmail`) and give them by --callers, or say whose the table is by --default-account"
    )
    example: ClassVar[Mapping[str, Any]] = {
        "endpoint": "projects/1/locations/us-central1/endpoints/2",
        "deployed_model_id": "3",
        "logging_time": "2026-11-24 00:00:00.123456 UTC",
        "request_id": "17",
        "request_payload": [],
        "full_request": {"contents": [{"role": "user", "parts": [{"text": "Why?"}]}]},
        "full_response": {"candidates": [{"content": {"role": "model", "parts": [{"text": "Because."}]}}]},
        "model": "publishers/google/models/m",
        "api_method": "GenerateContent",
        "metadata": {"request_latency": 812.5},
    }

    def recognises(self, record: Json) -> bool:
        """By ``logging_time`` beside ``full_request`` or ``request_payload``."""
        return "logging_time" in record and ("full_request" in record or "request_payload" in record)

    def read(self, record: Json) -> Iterable[Fields]:
        """One exchange."""
        asked = _body(record, "full_request", "request_payload")
        if not asked:
            raise RecordError("no text: `full_request` and `request_payload` are empty")
        where = _REGION.search(str(record.get("endpoint")))
        own: Fields = {
            "exchange_id": identity(record.get("request_id")),
            "time": record.get("logging_time"),
            "provider": "gcp.vertex_ai",
            "pathway": f"vertex/{where[1]}" if where else "vertex",
            "model": first(record, "model"),
            "operation": first(record, "api_method"),
            "latency_ms": _latency(record.get("metadata")),
        }
        return [
            merged(body_fields(asked, _body(record, "full_response", "response_payload"), where="full_request"), own)
        ]


def _body(record: Json, whole: str, pieces: str) -> Any:
    """A body, or the first piece of the older column that held it as text."""
    value = record.get(whole)
    if value not in (None, "", {}, "{}", "null"):
        return value
    try:
        held = parsed(record.get(pieces), pieces)
    except RecordError:
        return None
    return held[0] if isinstance(held, list) and held else None


def _latency(metadata: object) -> Any:
    try:
        return object_of(metadata, "metadata").get("request_latency")
    except RecordError:
        return None


FORMAT = Vertex()
