"""What a log line says around a request and a response: who, when, from where.

Middleware that logs ``{"request": ..., "response": ...}`` puts the rest beside them under names of its
own. The canonical names are always read; ``_ALIASES`` adds the common others. To read another name,
add it there and to the formats' page of the reference.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from stillwatch.core.bodies.anthropic import is_anthropic
from stillwatch.core.bodies.gemini import is_gemini
from stillwatch.core.bodies.model_paths import model_in_path
from stillwatch.core.bodies.optional_parts import pieces_of
from stillwatch.core.bodies.packed_text import unpacked_text
from stillwatch.core.bodies.shapes import Json, first, identity, may_be_json, object_of
from stillwatch.ingest.beside_bodies import COUNTED, account_beside
from stillwatch.ingest.bodies_apart import answer_of, request_of, text_of_answer
from stillwatch.ingest.headers import header
from stillwatch.ingest.plain_names import OTHERS, TIMES, WHOSE
from stillwatch.ingest.record import Fields, RecordError
from stillwatch.ingest.spelling import in_camel_case
from stillwatch.ingest.told_beside import failure_beside, origin_beside, time_taken, verdict_beside

__all__ = ["NAMES", "bodies", "dialect", "envelope_fields", "model_around", "path_around"]

_ALIASES: Mapping[str, tuple[str, ...]] = {
    "exchange_id": OTHERS["exchange_id"],
    # What HAR calls `time` is how long it took.
    "time": ("startedDateTime", "time", "timestamp", "ts", "created_at", *TIMES),
    "account_id": ("account_id", "user_id", "account", "user", *WHOSE),
    "org_id": OTHERS["org_id"],
    "api_key_id": OTHERS["api_key_id"],
    "session_id": OTHERS["session_id"],
    "client_address": OTHERS["client_address"],
    "latency_ms": OTHERS["latency_ms"],
    "status": OTHERS["status"],
    "user_agent": OTHERS["user_agent"],
}


NAMES: Mapping[str, tuple[str, ...]] = {
    # In the other usual spelling too: `userId`.
    column: (*dict.fromkeys(aliases), *(in_camel_case(alias) for alias in aliases if "_" in alias))
    for column, aliases in _ALIASES.items()
}
"""Of each column the names that are asked, the first of which has a value."""
# Of each spelling its column, and how many go before it.
_PLACES = {
    alias: (column, place) for column, aliases in NAMES.items() for place, alias in reversed([*enumerate(aliases)])
}
_SAME_NAME = frozenset((
    "provider", "pathway", "operation", "asn", "country", "tls_fingerprint", "created",
    "payment_id", "email_domain", "plan", "verified", "declared_use", "licence_id",
))  # fmt: skip
_PATHS = ("path", "url", "uri", "endpoint", "request_path", "request_uri", "request_url", "route", "http_path")
_IDENTITIES = ("exchange_id", "account_id", "org_id", "api_key_id", "session_id")


def envelope_fields(record: Json) -> Fields:
    """Canonical fields among a log line's own keys; only those it has."""
    fields: Fields = {}
    found: dict[str, int] = {}
    for alias, value in record.items():
        if value is None:
            continue
        place = _PLACES.get(alias)
        if place is None:
            if alias in _SAME_NAME:
                fields[alias] = value
            continue
        if value == "":
            continue
        if place[0] == "account_id" and (isinstance(value, dict) or identity(value) is None):
            continue
        if place[1] < found.get(place[0], len(_PLACES)):
            found[place[0]], fields[place[0]] = place[1], value
    for name in _IDENTITIES:
        if name in fields:
            fields[name] = identity(fields[name])
    if "apisix_latency" in record and "latency_ms" not in fields:
        fields["latency_ms"] = record.get("latency")
    if "startedDateTime" in record:
        # Of HAR, whose `time` is no time of the day.
        fields["latency_ms"] = record.get("time")
    if "latency_ms" not in fields and (spent := time_taken(record, fields.get("time"))) is not None:
        fields["latency_ms"] = spent
    if "status" not in fields:
        failed = verdict_beside(record)
        if failed is None and not (record.get("response") or record.get("response_body")):
            failed = failure_beside(record)
        fields |= {"status": failed} if failed is not None else {}
    fields = {**origin_beside(record), **fields}
    if fields.get("account_id") is None and isinstance(caller := record.get("consumer"), dict):
        # Of Apache APISIX.
        fields["account_id"] = identity(caller.get("username"))
    if fields.get("account_id") is None:
        told = account_beside(record)
        fields |= {name: value for name, value in told.items() if fields.get(name) is None}
    if fields.get("account_id") is None and isinstance(user := record.get("user"), dict):
        names = ", ".join(f"`user.{name}`" for name in [*user][:6])
        fields["account_in"] = f"`user` is an object: say which of {names} is the account (--account-from user...)"
    return fields


def path_around(record: Json, frame: Json) -> Any:
    """The path, or the URL, of a call."""
    return first(frame, "url") or first(record, *_PATHS)


def model_around(record: Json, frame: Json) -> Fields:
    """The model that stands beside bodies which name none, or in their URL's path."""
    model = first(record, *OTHERS["model"], "modelName", "modelId", "deployment", "deployment_name")
    held = (one for name in COUNTED if isinstance(one := record.get(name), dict))
    model = model or next((one["model"] for one in held if one.get("model")), None)
    if model is None and (path := path_around(record, frame)) is not None:
        model = model_in_path(str(path))
    return {"model": model} if isinstance(model, str) else {}


def _framed(side: Json) -> Any:
    """The body of a side that has an HTTP frame around it, also as HAR has it; itself where it has none."""
    if "model" in side:
        return side
    if "body" in side:
        return side["body"]
    http = any(name in side for name in ("headers", "status_code", "statusCode", "method"))
    # HAR's answer.
    http |= "status" in side and isinstance(side.get("content"), dict)
    held = first(side, "postData", "content", "text") if http else None
    if isinstance(held, dict):
        held = held.get("text")
    return held if isinstance(held, str) else side


def _unwrapped(side: Json) -> tuple[Any, Fields]:
    """A body logged with its HTTP frame around it (``{"headers", "body", ...}``), and the frame."""
    body = _framed(side)
    if body is side:
        return side, {}
    headers = side.get("headers")
    frame: Fields = {
        "user_agent": header(headers, "user-agent"),
        "status": first(side, "status", "status_code", "statusCode"),
        "url": first(side, "url", "path"),
        "model": side.get("modelId"),
        "client_address": first(side, "client_ip", "remote_ip", "remote_addr"),
    }
    return body, {name: value for name, value in frame.items() if value is not None}


# The bodies opened last: several formats ask of a record in turn, and one of them reads it.
_opened: list[tuple[Any, Any, tuple[Json, Any, Fields]]] = []


def bodies(record: Json) -> tuple[Json, Any, Fields]:
    """A line's request body, its response body (an object, a list of chunks or None), and its frame; not to be changed.

    Raises:
        RecordError: the request is no JSON.
    """
    request, response = record.get("request"), record.get("response")
    last = _opened[0] if _opened else None
    if last is not None and last[0] is request and last[1] is response:
        return last[2]
    found = _bodies(record)
    _opened[:] = [(request, response, found)]
    return found


def _bodies(record: Json) -> tuple[Json, Any, Fields]:
    request, frame = _unwrapped(object_of(request_of(record), "request"))
    response = answer_of(record)
    if isinstance(response, str) and text_of_answer(record) is not None:
        # Whoever reads the record takes it as it is.
        response = None
    try:
        response = pieces_of(response)
    except RecordError:
        # Half an answer is the answer's reader's to tell of.
        return object_of(request, "request"), response, frame
    if isinstance(response, dict):
        response, answered = _unwrapped(response)
        frame |= answered
    return object_of(request, "request"), response, frame


# Whose bodies those were: three formats ask in turn.
_told: list[tuple[Any, Any, bool, Literal["anthropic", "gemini", "openai"] | None]] = []


def dialect(record: Json) -> Literal["anthropic", "gemini", "openai"] | None:
    """Whose bodies a line with a ``request`` carries; None for a line without one."""
    request = record.get("request")
    if not isinstance(request, dict | str) or (isinstance(request, str) and not _is_body(request)):
        return None
    response, answered = record.get("response"), "response" in record
    last = _told[0] if _told else None
    if last is not None and last[0] is request and last[1] is response and last[2] == answered:
        return last[3]
    found = _dialect(record)
    _told[:] = [(request, response, answered, found)]
    return found


def _is_body(text: str) -> bool:
    """Whether a text is a body, and not what somebody asked."""
    return may_be_json(text) or text[:2] in ("b'", 'b"') or unpacked_text(text) != text


def _dialect(record: Json) -> Literal["anthropic", "gemini", "openai"] | None:
    try:
        request, response, frame = bodies(record)
    except RecordError:
        request, response, frame = {}, None, {}
    if is_gemini(request):
        return "gemini"
    if not ("messages" in request or "prompt" in request or "input" in request or "response" in record):
        return None
    if "/v1/messages" in str(frame.get("url")) or is_anthropic(request, response):
        return "anthropic"
    return "openai"
