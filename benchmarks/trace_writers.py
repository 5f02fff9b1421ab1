"""Writers of formats whose records are spans: the root that names its user stands in a record of its own.

``made_records`` says how to add one.
"""

from __future__ import annotations

from typing import Any

from format_writers import otel_attributes
from made_records import Made, Record, text, writer

__all__: list[str] = []


def _texts(made: Made, *left: str) -> dict[str, str]:
    """Attributes as text, less some."""
    attributes = {name: value for name, value in otel_attributes(made).items() if name not in left}
    attributes["gen_ai.tool.definitions"] = [{"type": "function", "name": name} for name in made.tools]
    return {name: value if isinstance(value, str) else text(value) for name, value in attributes.items()}


@writer("jaeger")
def jaeger(made: Made) -> list[Record]:
    """A call, and the span around it that ended later."""
    shared = {"traceID": f"t{made.exchange_id}", "duration": 1_500_000, "process": {"serviceName": "x", "tags": []}}

    def tags(given: dict[str, str]) -> list[Record]:
        return [{"key": name, "type": "string", "value": value} for name, value in given.items()]

    reference = {"refType": "CHILD_OF", "traceID": f"t{made.exchange_id}", "spanID": "root"}
    return [
        {
            **shared, "spanID": f"s{made.exchange_id}", "operationName": "chat", "references": [reference],
            "startTime": made.time, "tags": tags(_texts(made, "user.id")), "logs": [],
        },
        {
            **shared, "spanID": "root", "operationName": "POST", "references": [], "startTime": made.time - 5,
            "tags": tags({"user.id": made.account_id, "http.request.method": "POST"}), "logs": [],
        },
    ]  # fmt: skip


@writer("zipkin")
def zipkin(made: Made) -> list[Record]:
    """A call, and the span around it that ended later."""
    shared = {"traceId": f"t{made.exchange_id}", "duration": 1_500_000, "localEndpoint": {"serviceName": "x"}}
    return [
        {
            **shared, "id": f"s{made.exchange_id}", "parentId": "root", "name": "chat", "timestamp": made.time,
            "tags": _texts(made, "user.id"),
        },
        {
            **shared, "id": "root", "name": "post", "timestamp": made.time - 5,
            "tags": {"user.id": made.account_id, "http.request.method": "POST"},
        },
    ]  # fmt: skip


@writer("datadog-llm", lacks=("exchange_id",))
def datadog_llm(made: Made) -> list[Record]:
    """A call, and the workflow around it that ended later."""
    shared: dict[str, Any] = {"trace_id": f"t{made.exchange_id}", "duration": 1_500_000_000, "status": "ok"}
    asked = [{"role": "system", "content": made.system}, *made.turns]
    meta = {
        "kind": "llm", "model_name": made.model, "model_provider": "openai", "input": {"messages": asked},
        "output": {"messages": [{"role": "assistant", "content": made.response}]},
        "metadata": {"temperature": made.temperature, "max_tokens": made.max_tokens},
        "tool_definitions": [{"name": name, "schema": {}} for name in made.tools],
    }  # fmt: skip
    return [
        {
            **shared, "span_id": f"s{made.exchange_id}", "parent_id": "root", "name": "answer", "meta": meta,
            "start_ns": made.time * 1000, "session_id": made.session_id, "tags": ["env:x"],
            "metrics": {"input_tokens": made.input_tokens, "output_tokens": made.output_tokens},
        },
        {
            **shared, "span_id": "root", "parent_id": "undefined", "name": "ask", "start_ns": made.time * 1000 - 5,
            "meta": {"kind": "workflow", "input": {"value": made.prompt}, "output": {"value": made.response}},
            "metrics": {}, "tags": ["env:x", f"user_id:{made.account_id}"],
        },
    ]  # fmt: skip


@writer("new-relic", lacks=("tools",), step_us=1_000)
def new_relic(made: Made) -> list[Record]:
    """The events of a call, and of each of its messages."""
    summary = {
        "eventType": "LlmChatCompletionSummary",
        "id": made.exchange_id,
        "request_id": made.exchange_id,
        "timestamp": made.time // 1000,
        "duration": 1500,
        "vendor": "openai",
        "request.model": made.model,
        "request.temperature": made.temperature,
        "request.max_tokens": made.max_tokens,
        "response.usage.prompt_tokens": made.input_tokens,
        "response.usage.completion_tokens": made.output_tokens,
        "llm.user_id": made.account_id,
        "llm.conversation_id": made.session_id,
    }
    said = [{"role": "system", "content": made.system}, *made.turns, {"role": "assistant", "content": made.response}]
    messages = [
        {
            "eventType": "LlmChatCompletionMessage",
            "completion_id": made.exchange_id,
            "sequence": number,
            "is_response": number == len(said) - 1,
            **one,
        }
        for number, one in enumerate(said)
    ]
    return [*messages[:1], summary, *messages[1:]]
