"""MLflow traces: of ``Trace.to_json``, of the REST API, and rows of ``search_traces``.

Only spans of type ``CHAT_MODEL`` or ``LLM`` are calls, and of two in one another the inner one. Attributes may be
JSON text.

| read | as |
| --- | --- |
| ``mlflow.trace.user`` of ``trace_metadata`` (``request_metadata``) or ``tags`` | ``account_id`` |
| ``mlflow.trace.session`` | ``session_id`` |
| a span's ``start_time_unix_nano`` or ``start_time``, and its end | ``time``, ``latency_ms`` |
| ``mlflow.spanInputs``, ``mlflow.spanOutputs`` | request and answer |
| ``mlflow.llm.model``, ``mlflow.chat.tokenUsage`` | ``model``, token counts |
| ``mlflow.chat.tools``, where the request has none | ``tools`` |
| ``span_id`` | ``exchange_id`` |

An experiment is no account. Layout: MLflow's documentation of trace concepts.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, ClassVar

from stillwatch.core.bodies.optional_parts import UNFORESEEN, put, said
from stillwatch.core.bodies.shapes import Json, first, identity, listed, merged, names_of_tools, object_of
from stillwatch.core.bodies.traced import answer_fields, asked_fields
from stillwatch.ingest.base import LogFormat
from stillwatch.ingest.json_text import decoded
from stillwatch.ingest.record import Fields, RecordError
from stillwatch.ingest.timestamps import elapsed_ms

__all__ = ["FORMAT"]

_NAMES = ("trace_metadata", "request_metadata", "tags")


class MLflow(LogFormat):
    """Reads MLflow traces."""

    name: ClassVar[str] = "mlflow"
    description: ClassVar[str] = "MLflow traces"
    example: ClassVar[Mapping[str, Any]] = {
        "info": {"trace_id": "tr-1", "trace_metadata": {"mlflow.trace.user": "a-1"}},
        "data": {
            "spans": [
                {
                    "span_id": "s-1",
                    "parent_span_id": None,
                    "start_time_unix_nano": 1795490904000000000,
                    "end_time_unix_nano": 1795490905000000000,
                    "attributes": {
                        "mlflow.spanType": '"CHAT_MODEL"',
                        "mlflow.spanInputs": '{"model": "m", "messages": [{"role": "user", "content": "Why?"}]}',
                        "mlflow.spanOutputs": '{"choices": [{"index": 0, "message": {"content": "Because."}}]}',
                    },
                }
            ]
        },
    }

    def recognises(self, record: Json) -> bool:
        """By ``info`` and ``data`` with ``spans``, or by ``spans`` beside metadata of a trace."""
        data = record.get("data")
        if isinstance(record.get("info"), dict) and isinstance(data, dict) and "spans" in data:
            return True
        return "spans" in record and not {"trace_metadata", "request_metadata"}.isdisjoint(record)

    def read(self, record: Json) -> Iterable[Fields | RecordError]:
        """An exchange a span that calls a model.

        Raises:
            RecordError: there is none.
        """
        info = record["info"] if isinstance(record.get("info"), dict) else record
        spans = listed(object_of(record.get("data"), "data").get("spans") or record.get("spans"), "spans")
        known: dict[str, Any] = {}
        for name in _NAMES:
            given = object_of(info.get(name), name)
            known |= {key: value for key, value in given.items() if value not in (None, "")}
        calls = [(span, attributes) for span in spans for attributes in [_attributes(span)] if _is_call(attributes)]
        above = _above(spans, [span for span, _ in calls])
        found: list[Fields | RecordError] = []
        for span, attributes in calls:
            if _own(span) and _own(span) in above:
                continue
            try:
                found.append(_span(span, attributes, known))
            except UNFORESEEN as error:
                found.append(RecordError(said(error, "spans")))
        if not found:
            raise RecordError("the trace has no span of type CHAT_MODEL or LLM: it holds no call of a model")
        return found


def _above(spans: Sequence[Any], calls: Sequence[Json]) -> set[str]:
    """Every span around one of the calls."""
    by_id = {_own(span): span for span in spans if isinstance(span, dict)}
    found: set[str] = set()
    for call in calls:
        parent = _parent(call)
        while parent in by_id and parent not in found:
            found.add(parent)
            parent = _parent(by_id[parent])
    return found


def _attributes(span: object) -> dict[str, Any]:
    """A span's attributes, each decoded where it is JSON text, which is how MLflow writes all of them."""
    try:
        given = object_of(object_of(span, "spans").get("attributes"), "attributes")
    except RecordError:
        return {}
    return {name: value if name.startswith("mlflow.span") else _plain(value) for name, value in given.items()}


def _plain(value: object) -> Any:
    if not isinstance(value, str):
        return value
    try:
        return decoded(value.encode())[0]
    except (RecordError, UnicodeEncodeError):
        return value


def _is_call(attributes: Json) -> bool:
    return str(attributes.get("mlflow.spanType")).strip('"') in ("CHAT_MODEL", "LLM")


def _own(span: Json) -> str:
    context = span.get("context")
    return str(first(context if isinstance(context, dict) else {}, "span_id") or first(span, "span_id") or "")


def _parent(span: Json) -> str:
    return str(first(span, "parent_span_id", "parent_id"))


def _span(span: Json, attributes: Json, known: Json) -> Fields:
    start = first(span, "start_time_unix_nano", "start_time_ns", "start_time")
    end = first(span, "end_time_unix_nano", "end_time_ns", "end_time")
    usage = object_of(attributes.get("mlflow.chat.tokenUsage"), "mlflow.chat.tokenUsage")
    outputs = attributes.get("mlflow.spanOutputs")
    own: Fields = {
        "exchange_id": identity(_own(span)),
        "time": start,
        "latency_ms": elapsed_ms(start, end),
        "account_id": identity(known.get("mlflow.trace.user")),
        "session_id": identity(known.get("mlflow.trace.session")),
        "input_tokens": usage.get("input_tokens"),
        "output_tokens": usage.get("output_tokens"),
        "account_in": "the trace's metadata has no `mlflow.trace.user`",
    }
    asked = asked_fields(_text(attributes.get("mlflow.spanInputs")), "mlflow.spanInputs")
    if not asked.get("tools"):
        put(asked, "tools", names_of_tools, attributes.get("mlflow.chat.tools"))
    model = None if asked.get("model") else first(attributes, "mlflow.llm.model", "mlflow.chat.model")
    answer = {k: v for k, v in answer_fields(_text(outputs)).items() if k not in ("time", "exchange_id")}
    return merged({"model": model}, answer, asked, own)


def _text(value: object) -> Any:
    """JSON text of a text, decoded; objects are left to their readers."""
    return _plain(value) if isinstance(value, str) and value.startswith('"') else value


FORMAT = MLflow()
