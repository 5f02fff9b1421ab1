"""OpenInference spans outside OTLP, as Phoenix and Arize keep them, and OpenLLMetry's older attributes.

A record is a span with ``attributes`` (names with dots, or nested objects), or a row of Phoenix's data frame with
columns ``attributes.*``. Only spans of kind ``LLM`` are calls; who asked may stand in a span around them. In an OTLP
export these attributes are read by ``otel-genai``.

| read | as |
| --- | --- |
| ``attributes.user.id`` | ``account_id`` |
| ``attributes.session.id`` | ``session_id`` |
| ``start_time``, ``end_time`` | ``time``, ``latency_ms`` |
| ``context.span_id``, ``span_id`` | ``exchange_id`` |
| ``llm.model_name``, ``llm.provider`` or ``llm.system`` | ``model``, ``provider`` |
| ``llm.input_messages``, else ``input.value`` | ``messages`` or ``prompt``, ``system`` |
| ``llm.output_messages``, else ``output.value`` | ``response`` |
| ``llm.invocation_parameters``, ``llm.tools``, ``llm.token_count.*`` | their columns |

Layout: OpenInference's semantic conventions, Phoenix's ``get_spans_dataframe``.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, ClassVar

from stillwatch.core.bodies.shapes import Json, first, object_of
from stillwatch.ingest.record import Fields, RecordError
from stillwatch.ingest.span_attributes import is_foreign
from stillwatch.ingest.span_format import SpanFormat

__all__ = ["FORMAT"]

_COLUMNS = ("attributes.llm.", "attributes.openinference.", "attributes.input.value", "attributes.output.value")
_KINDS = frozenset(
    ("LLM", "CHAIN", "AGENT", "TOOL", "RETRIEVER", "RERANKER", "EMBEDDING", "GUARDRAIL", "EVALUATOR", "PROMPT")
)


class OpenInference(SpanFormat):
    """Reads OpenInference spans that are no OTLP."""

    name: ClassVar[str] = "openinference"
    holds_nothing: ClassVar[str] = "the span is no call of a model: only those of kind LLM are exchanges"
    description: ClassVar[str] = "OpenInference spans of Phoenix and Arize: JSON, and rows of their data frames"
    example: ClassVar[Mapping[str, Any]] = {
        "name": "ChatCompletion",
        "context": {"trace_id": "t", "span_id": "s-1"},
        "span_kind": "LLM",
        "start_time": "2026-11-24T00:00:00Z",
        "end_time": "2026-11-24T00:00:01Z",
        "attributes": {
            "openinference.span.kind": "LLM",
            "llm.model_name": "m",
            "llm.input_messages.0.message.role": "user",
            "llm.input_messages.0.message.content": "Why?",
            "llm.output_messages.0.message.role": "assistant",
            "llm.output_messages.0.message.content": "Because.",
            "user.id": "a-1",
        },
    }

    def recognises(self, record: Json) -> bool:
        """By attributes that begin with ``llm.`` or ``openinference.`` and none with ``gen_ai.``."""
        if "resourceSpans" in record or "resource_spans" in record:
            return False
        given = record.get("attributes")
        if isinstance(given, dict):
            if any(str(name).startswith("gen_ai.") for name in given):
                return False
            llm = given.get("llm")
            return is_foreign(given) or isinstance(llm, dict) or isinstance(given.get("openinference"), dict)
        return any(name.startswith(_COLUMNS) for name in record)

    def read(self, record: Json) -> Iterable[Fields | RecordError]:
        """The call that a span alone is.

        Raises:
            RecordError: it is none.
        """
        export = self.exported(record)
        if not (found := self.join([export])):
            attributes = export["resourceSpans"][0]["scopeSpans"][0]["spans"][0]["attributes"]
            kind = attributes["openinference.span.kind"]
            raise RecordError(f"a span of kind {kind} is no call of a model: only those of kind LLM are exchanges")
        return found

    def exported(self, record: Json) -> Json:
        """A span as OTLP has it, its attributes by names with dots."""
        attributes = _attributes(record)
        kind = first(attributes, "openinference.span.kind") or first(record, "span_kind")
        # OpenTelemetry's own kinds (CLIENT) say nothing of it.
        if kind not in _KINDS:
            kind = "LLM" if any(name.startswith("llm.") for name in attributes) else "CHAIN"
        context = object_of(first(record, "context"), "context")
        span = {
            **{name: value for name, value in record.items() if name != "attributes"},
            "traceId": first(context, "trace_id") or first(record, "context.trace_id", "trace_id", "traceId"),
            "spanId": first(context, "span_id") or first(record, "context.span_id", "span_id", "spanId", "id"),
            "attributes": {**attributes, "openinference.span.kind": kind},
        }
        return {"resourceSpans": [{"scopeSpans": [{"spans": [span]}]}]}


def _attributes(record: Json) -> dict[str, Any]:
    """Attributes by names with dots, from whichever layout."""
    given = record.get("attributes")
    if not isinstance(given, dict):
        given = {name[len("attributes.") :]: value for name, value in record.items() if name.startswith("attributes.")}
    flat: dict[str, Any] = {}
    _flatten(given, "", flat)
    return flat


def _flatten(value: Json, before: str, into: dict[str, Any]) -> None:
    for name, inner in value.items():
        key = f"{before}{name}"
        if isinstance(inner, dict) and key not in (
            "input.value",
            "output.value",
            "llm.invocation_parameters",
            "metadata",
        ):
            _flatten(inner, f"{key}.", into)
        elif inner is not None:
            into[key] = inner


FORMAT = OpenInference()
