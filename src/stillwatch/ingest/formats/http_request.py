"""Requests as a proxy logs them: ``{"method", "path", "headers", "body"}``, with or without the answer.

``body`` is a request's body, of any API, and the answer is ``response_body`` or ``response`` where the log has one.
``timestamp`` and the other names of ``envelope`` say when and who; ``headers`` give ``user_agent`` and, where no
address is named, the first of ``x-forwarded-for``. ``account_id`` falls back to the body's end user, then to the
key's id. A key in a header is a secret and is not read: where nobody else is named, the record is a dead letter
that says so.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, ClassVar

from stillwatch.core.bodies.pairs import pair_caller, pair_fields
from stillwatch.core.bodies.shapes import Json, RecordError, first, merged, object_of
from stillwatch.ingest.base import LogFormat
from stillwatch.ingest.envelope import envelope_fields
from stillwatch.ingest.headers import header
from stillwatch.ingest.record import NAMES, Fields

__all__ = ["FORMAT"]

_CONVERSATIONS = ("messages", "contents", "prompt", "input")
_NOBODY = (
    "the line names nobody, and a key in a header is not read: log `account_id` or `api_key_hash` beside the body, or "
    "say with `--map` what names an account"
)


class HttpRequest(LogFormat):
    """Reads a proxy's log of requests."""

    name: ClassVar[str] = "http-request"
    description: ClassVar[str] = "lines of {method, path, headers, body}, as proxies log requests"
    general: ClassVar[bool] = True
    example: ClassVar[Mapping[str, Any]] = {
        "timestamp": "2026-11-24T00:00:00.000Z",
        "method": "POST",
        "path": "/v1/messages",
        "status": 200,
        "duration_ms": 812,
        "headers": {"user-agent": "cli/2.0", "x-api-key": "[redacted]"},
        "body": {
            "model": "m",
            "max_tokens": 50,
            "messages": [{"role": "user", "content": "Why?"}],
            "metadata": {"user_id": "a-1"},
        },
    }

    def recognises(self, record: Json) -> bool:
        """By ``method`` beside ``path`` or ``url`` and a ``body`` with a conversation, and no ``request``."""
        if "method" not in record or "request" in record or not ("path" in record or "url" in record):
            return False
        try:
            body = object_of(record.get("body"), "body")
        except RecordError:
            return False
        return any(name in body for name in _CONVERSATIONS)

    def read(self, record: Json) -> Iterable[Fields]:
        """One exchange."""
        headers, path = record.get("headers"), str(first(record, "path", "url"))
        forwarded = header(headers, "x-forwarded-for")
        frame: Fields = {
            "user_agent": header(headers, "user-agent"),
            "client_address": forwarded.partition(",")[0].strip() if forwarded else None,
        }
        answer = first(record, "response_body", "response")
        body = record.get("body")
        fields = merged(pair_fields(body, answer, where="body", path=path), frame, envelope_fields(record))
        if "account_id" not in fields:
            fields["account_id"] = pair_caller(body) or fields.get("api_key_id")
        return [{name: value for name, value in fields.items() if name in NAMES} | {"account_in": _NOBODY}]


FORMAT = HttpRequest()
