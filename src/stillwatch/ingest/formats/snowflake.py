"""Snowflake's event table: spans of AI applications, as rows.

| read | as |
| --- | --- |
| ``user.id`` or ``enduser.id`` of ``RECORD_ATTRIBUTES``, else ``db.user`` of ``RESOURCE_ATTRIBUTES`` | ``account_id`` |
| ``START_TIMESTAMP``, ``TIMESTAMP`` (the span's end) | ``time``, ``latency_ms`` |
| ``TRACE.span_id`` | ``exchange_id`` |
| ``RECORD_ATTRIBUTES`` | as ``otel-genai`` reads a span's attributes |

Names may be in lower case, columns JSON text. Rows that are no spans, and spans without ``gen_ai.`` or ``llm.``
attributes (Cortex's own usage and history views hold no text) are refused. Layout: Snowflake's event table columns.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, ClassVar

from stillwatch.core.bodies.shapes import Json, first, identity, object_of
from stillwatch.ingest.base import LogFormat
from stillwatch.ingest.formats.otel_genai import read_span
from stillwatch.ingest.record import Fields, RecordError

__all__ = ["FORMAT"]


class Snowflake(LogFormat):
    """Reads spans of Snowflake's event table."""

    name: ClassVar[str] = "snowflake"
    description: ClassVar[str] = "Snowflake's event table: spans with GenAI attributes"
    example: ClassVar[Mapping[str, Any]] = {
        "START_TIMESTAMP": "2026-11-24 00:00:00.000",
        "TIMESTAMP": "2026-11-24 00:00:01.000",
        "TRACE": {"trace_id": "t", "span_id": "s-1"},
        "RECORD_TYPE": "SPAN",
        "RESOURCE_ATTRIBUTES": {"db.user": "a-1"},
        "RECORD_ATTRIBUTES": {
            "gen_ai.operation.name": "chat",
            "gen_ai.request.model": "m",
            "gen_ai.input.messages": '[{"role": "user", "content": "Why?"}]',
            "gen_ai.output.messages": '[{"role": "assistant", "content": "Because."}]',
        },
    }

    def recognises(self, record: Json) -> bool:
        """By ``RECORD_TYPE`` and ``RECORD_ATTRIBUTES``, in either case."""
        return any(
            case("RECORD_TYPE") in record and case("RECORD_ATTRIBUTES") in record for case in (str.upper, str.lower)
        )

    def read(self, record: Json) -> Iterable[Fields]:
        """One exchange.

        Raises:
            RecordError: the row is no span of a model's call.
        """
        row = {str(name).lower(): value for name, value in record.items()}
        attributes = dict(object_of(row.get("record_attributes"), "RECORD_ATTRIBUTES"))
        if row.get("record_type") != "SPAN" or not any(str(n).startswith(("gen_ai.", "llm.")) for n in attributes):
            raise RecordError("no span with `gen_ai.` attributes: it holds no call of a model")
        trace = object_of(row.get("trace"), "TRACE")
        span = {
            "spanId": trace.get("span_id"),
            "startTime": row.get("start_timestamp"),
            "endTime": row.get("timestamp"),
        }
        fields = read_span(span, attributes)
        if fields.get("account_id") is None:
            shared = object_of(row.get("resource_attributes"), "RESOURCE_ATTRIBUTES")
            fields["account_id"] = identity(first(shared, "user.id", "db.user"))
        fields["account_in"] = "neither `user.id` among the span's attributes nor `db.user` among the resource's"
        return [fields]


FORMAT = Snowflake()
