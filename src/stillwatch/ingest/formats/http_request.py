"""Requests as a proxy logs them: ``{"method", "path", "headers", "body"}``, with or without the answer.

``body`` is a request's body, of any API, and the answer is ``response_body`` or ``response`` where the log has one.
``timestamp`` and the other names of ``envelope`` say when and who; ``headers`` give ``user_agent`` and, where no
address is named, the first of ``x-forwarded-for``. ``account_id`` falls back to the body's end user, then to the
key's id. A key in a header is a secret and is not read: where nobody else is named, the record is a dead letter
that says so.

Web servers, proxies and gateways that log bodies give the same under names of their own:

| of | read |
| --- | --- |
| nginx | ``time_iso8601``, ``time_local`` or ``msec``; ``request`` (a line) or ``request_method``, ``request_uri`` |
| nginx | ``request_body``, ``resp_body``, ``request_time`` (seconds), ``http_user_agent``, ``http_x_forwarded_for`` |
| Envoy | ``start_time``, ``request_body``, ``response_body``, ``response_code``, ``duration`` (milliseconds) |
| Envoy | ``downstream_remote_address``, ``x_forwarded_for`` |
| Amazon API Gateway | ``requestTime`` or ``requestTimeEpoch``, ``httpMethod``, ``resourcePath``, ``ip`` |
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any, ClassVar

from stillwatch.core.bodies.pairs import pair_caller, pair_fields
from stillwatch.core.bodies.shapes import Json, RecordError, first, merged, object_of, plain_object
from stillwatch.ingest.base import LogFormat
from stillwatch.ingest.envelope import envelope_fields
from stillwatch.ingest.headers import header
from stillwatch.ingest.record import NAMES, Fields

__all__ = ["FORMAT"]

_METHODS = ("method", "request_method", "http_method", "httpMethod")
_PATHS = ("path", "url", "uri", "request_uri", "request_path", "resourcePath")
_BODIES = ("body", "request_body", "requestBody")
_ANSWERS = ("response_body", "responseBody", "resp_body", "response")
# `request` as web servers write it.
_LINE = re.compile(r"([A-Z]{3,7}) (\S+) HTTP/[0-9.]+")
_TIMES = ("time_iso8601", "time_local", "msec", "requestTimeEpoch", "requestTime")
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
        """By a method beside a path or url and a ``body`` with a conversation, and no ``request`` but such a line."""
        _, path = _asked(record)
        if path is None:
            return False
        try:
            body = object_of(first(record, *_BODIES), "body")
        except RecordError:
            return False
        return any(name in body for name in _CONVERSATIONS)

    def read(self, record: Json) -> Iterable[Fields]:
        """One exchange."""
        around, path = _asked(record)
        body, answer = first(record, *_BODIES), first(record, *_ANSWERS)
        if isinstance(answer, dict) and "body" in answer and "statusCode" in answer:
            around = {"status": answer["statusCode"], **around}
            answer = answer["body"]
        fields = merged(pair_fields(body, answer, where="body", path=path), _frame(record), envelope_fields(around))
        if "account_id" not in fields:
            fields["account_id"] = pair_caller(body) or fields.get("api_key_id")
        return [{name: value for name, value in fields.items() if name in NAMES} | {"account_in": _NOBODY}]


def _asked(record: Json) -> tuple[Json, str | None]:
    """What a line says around a call under the names of ``envelope``, and the call's path; None of another's line."""
    if isinstance(about := record.get("requestContext"), dict):
        record = {**_of_context(about), **record}
    method, path, line = first(record, *_METHODS), first(record, *_PATHS), record.get("request")
    if isinstance(line, str) and (found := _LINE.fullmatch(line)) is not None:
        method, path, line = found[1], found[2], None
    if method is None or path is None or line is not None:
        return record, None
    if (when := first(record, *_TIMES)) is None:
        return record, str(path)
    # Beside one of these nginx' `request_time` says how long it took.
    around = {name: value for name, value in record.items() if name not in ("request_time", "requestTime")}
    return {**around, "time": when}, str(path)


def _of_context(about: Json) -> Json:
    """What Amazon API Gateway tells a function of a call, in the names of its access log."""
    whom = {
        **plain_object(about.get("http")),
        **plain_object(about.get("identity")),
        **plain_object(about.get("authorizer")),
    }
    return {
        "requestTimeEpoch": first(about, "requestTimeEpoch", "timeEpoch"),
        "request_id": about.get("requestId"),
        "ip": whom.get("sourceIp"),
        "userAgent": whom.get("userAgent"),
        "api_key_id": whom.get("apiKeyId"),
        "principal_id": whom.get("principalId"),
    }


def _frame(record: Json) -> Fields:
    headers = record.get("headers")
    forwarded = header(headers, "x-forwarded-for") or first(record, "http_x_forwarded_for", "x_forwarded_for")
    took = first(record, "duration")
    fields: Fields = {
        "user_agent": header(headers, "user-agent") or first(record, "http_user_agent", "userAgent"),
        "client_address": forwarded or first(record, "downstream_remote_address", "sourceIp"),
        "status": first(record, "response_code", "responseCode"),
    }
    if "response_code" in record:
        # Envoy's, in milliseconds.
        fields["latency_ms"] = took
    elif first(record, "time_iso8601", "time_local", "msec") is not None:
        fields["latency_ms"] = _milliseconds(record.get("request_time"))
    return fields


def _milliseconds(seconds: object) -> float | None:
    """What nginx writes in seconds; of several upstreams nothing."""
    try:
        return float(seconds) * 1000 if isinstance(seconds, str | int | float) else None
    except ValueError:
        return None


FORMAT = HttpRequest()
