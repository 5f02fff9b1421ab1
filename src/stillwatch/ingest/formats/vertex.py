"""Vertex AI's request-response logging: rows of its BigQuery table, as JSON, Parquet or CSV.

| read | as |
| --- | --- |
| ``account_id``, where a query joined it | ``account_id`` |
| ``logging_time`` | ``time`` |
| ``request_id`` | ``exchange_id`` |
| ``model``, else ``endpoint`` | ``model`` |
| ``full_request``, ``full_response``, else the payloads' one item | request and answer |
| ``api_method`` | ``operation`` |

The table names no account: join ``account_id`` from Cloud Audit Logs (``authenticationInfo.principalEmail``) by
request id, or give both in a file of callers (``--callers``). An endpoint, a project or a deployed model is none.
Bodies are Gemini's, or those of a partner's API. Layout: Vertex AI's documentation of request-response logs.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, ClassVar

from stillwatch.core.bodies.pairs import pair_fields
from stillwatch.core.bodies.shapes import Json, first, identity, merged, parsed
from stillwatch.ingest.base import LogFormat
from stillwatch.ingest.beside_bodies import account_beside
from stillwatch.ingest.record import Fields, RecordError

__all__ = ["FORMAT"]


class Vertex(LogFormat):
    """Reads rows of Vertex AI's request-response table."""

    name: ClassVar[str] = "vertex"
    description: ClassVar[str] = "Vertex AI's request-response table of BigQuery"
    example: ClassVar[Mapping[str, Any]] = {
        "endpoint": "projects/1/locations/us/endpoints/2",
        "logging_time": "2026-11-24 00:00:00.123456 UTC",
        "request_id": "17",
        "full_request": {"contents": [{"role": "user", "parts": [{"text": "Why?"}]}]},
        "full_response": {"candidates": [{"content": {"parts": [{"text": "Because."}]}}]},
        "model": "publishers/google/models/m",
        "account_id": "a-1",
    }

    def recognises(self, record: Json) -> bool:
        """By ``logging_time`` beside ``full_request`` or ``request_payload``."""
        return "logging_time" in record and ("full_request" in record or "request_payload" in record)

    def read(self, record: Json) -> Iterable[Fields]:
        """One exchange.

        Raises:
            RecordError: the row has no body.
        """
        request = _body(record, "full_request", "request_payload")
        if not request:
            raise RecordError("neither `full_request` nor `request_payload`: the row was logged without bodies")
        fields = pair_fields(request, _body(record, "full_response", "response_payload"), where="full_request")
        own: Fields = {
            "exchange_id": identity(record.get("request_id")),
            "time": record.get("logging_time"),
            "account_id": identity(record.get("account_id")) or _of_labels(request),
            "model": first(record, "model") or fields.get("model") or first(record, "endpoint"),
            "operation": record.get("api_method"),
            "account_in": "Vertex rows name none: join `account_id` from Cloud Audit Logs by request id, or give it by "
            "--callers",
        }
        return [merged(fields, own)]


def _of_labels(request: Any) -> Any:
    """Whom a request's labels name: what a program writes there is its own, and the table keeps it."""
    held = request if isinstance(request, dict) else {}
    labels = held.get("labels")
    return account_beside({"labels": labels}).get("account_id") if isinstance(labels, dict) else None


def _body(record: Json, whole: str, payload: str) -> Any:
    """The body as an object, else the one item of the payload, which is JSON text."""
    body = parsed(record.get(whole), whole)
    if body:
        return body
    items = parsed(record.get(payload), payload)
    return items[0] if isinstance(items, list) and len(items) == 1 else None


FORMAT = Vertex()
