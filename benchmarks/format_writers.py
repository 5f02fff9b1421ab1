"""Writers of what middleware, batches, LiteLLM and OpenTelemetry write; ``made_records`` says how to add one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from made_records import (
    WRITERS,
    Made,
    Record,
    answered_anthropic,
    answered_gemini,
    answered_openai,
    asked_anthropic,
    asked_gemini,
    asked_openai,
    expected,
    text,
    writer,
)

__all__ = ["otel_attributes"]


@writer("canonical", flat=True)
def canonical(made: Made) -> list[Record]:
    """Our own record."""
    row = {name: value for name, value in expected(made, WRITERS["canonical"]).items() if name != "time"}
    return [{**row, "time": made.iso}]


@writer("openai-log")
def openai_log(made: Made) -> list[Record]:
    """Request and response on a line."""
    around = {"time": made.iso, "account_id": made.account_id, "session_id": made.session_id}
    return [{**around, "request": asked_openai(made), "response": answered_openai(made)}]


@writer("anthropic-log")
def anthropic_log(made: Made) -> list[Record]:
    """Request and response on a line."""
    whose = {"user_id": f"user_h_account_{made.account_id}_session_{made.session_id}"}
    return [{"time": made.iso, "request": asked_anthropic(made, metadata=whose), "response": answered_anthropic(made)}]


@writer("gemini-log")
def gemini_log(made: Made) -> list[Record]:
    """Request and response on a line."""
    around = {"id": made.exchange_id, "time": made.iso, "user_id": made.account_id, "session_id": made.session_id}
    return [{**around, "request": asked_gemini(made), "response": answered_gemini(made)}]


@writer("http-request")
def http_request(made: Made) -> list[Record]:
    """A proxy's line, with the answer."""
    return [
        {
            "timestamp": made.iso,
            "method": "POST",
            "path": "/v1/messages",
            "headers": {"User-Agent": "cli/2", "X-Api-Key": "[redacted]"},
            "session_id": made.session_id,
            "body": asked_anthropic(made, metadata={"user_id": made.account_id}),
            "response_body": answered_anthropic(made),
        }
    ]


@writer("answers-apart")
def answers_apart(made: Made) -> list[Record]:
    """A record of the request and one of the answer."""
    shared = {"request_id": made.exchange_id, "session_id": made.session_id}
    asked = {"ts": made.iso, "event": "request", **shared, "user_id": made.account_id, "body": asked_openai(made)}
    return [asked, {"ts": made.iso, "event": "response", **shared, "body": answered_openai(made)}]


@writer("openai-batch", lacks=("session_id",), step_us=1_000_000)
def openai_batch(made: Made) -> list[Record]:
    """A line of the input file and one of the output file."""
    key = f"r-{made.exchange_id}"
    body = {"status_code": 200, "body": answered_openai(made)}
    asked = asked_openai(made, user=made.account_id)
    return [
        {"custom_id": key, "method": "POST", "url": "/v1/chat/completions", "body": asked},
        {"id": f"b-{key}", "custom_id": key, "response": body, "error": None},
    ]


@writer("anthropic-batch", lacks=("session_id",))
def anthropic_batch(made: Made) -> list[Record]:
    """A request and a result, with the time that an exporter adds."""
    key = f"r-{made.exchange_id}"
    return [
        {"custom_id": key, "params": asked_anthropic(made, metadata={"user_id": made.account_id})},
        {
            "custom_id": key,
            "created_at": made.iso,
            "result": {"type": "succeeded", "message": answered_anthropic(made)},
        },
    ]


@writer("bedrock", lacks=("session_id",))
def bedrock(made: Made) -> list[Record]:
    """An invocation log's line, the answer streamed."""
    opened = {**answered_anthropic(made), "content": [], "usage": {"input_tokens": made.input_tokens}}
    half = len(made.response) // 2
    pieces = [
        {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": piece}}
        for piece in (made.response[:half], made.response[half:])
    ]
    return [
        {
            "schemaType": "ModelInvocationLog",
            "schemaVersion": "1.0",
            "timestamp": made.iso,
            "accountId": made.account_id,
            "identity": {"arn": "arn:aws:iam::1:user/x"},
            "requestId": made.exchange_id,
            "operation": "InvokeModelWithResponseStream",
            "modelId": made.model,
            "input": {
                "inputBodyJson": asked_anthropic(made, anthropic_version="x"),
                "inputTokenCount": made.input_tokens,
            },
            "output": {
                "outputBodyJson": [{"type": "message_start", "message": opened}, *pieces],
                "outputTokenCount": made.output_tokens,
            },
        }
    ]


@writer("litellm-standard")
def litellm_standard(made: Made) -> list[Record]:
    """A StandardLoggingPayload."""
    asked = asked_openai(made)
    return [
        {
            "id": made.exchange_id,
            "call_type": "acompletion",
            "status": "success",
            "startTime": made.time / 1e6,
            "endTime": made.time / 1e6 + 1,
            "model": made.model,
            "session_id": made.session_id,
            "prompt_tokens": made.input_tokens,
            "completion_tokens": made.output_tokens,
            "messages": asked.pop("messages"),
            "response": answered_openai(made),
            "model_parameters": {name: value for name, value in asked.items() if name != "model"},
            "metadata": {"user_api_key_hash": "h", "user_api_key_user_id": made.account_id},
        }
    ]


@writer("litellm-spend", flat=True)
def litellm_spend(made: Made) -> list[Record]:
    """A row of SpendLogs."""
    return [
        {
            "request_id": made.exchange_id,
            "call_type": "acompletion",
            "api_key": "h",
            "startTime": made.iso,
            "endTime": made.later,
            "model": made.model,
            "user": made.account_id,
            "session_id": made.session_id,
            "prompt_tokens": made.input_tokens,
            "completion_tokens": made.output_tokens,
            "messages": {},
            "response": answered_openai(made),
            "proxy_server_request": asked_openai(made),
            "metadata": {"user_agent": "x"},
        }
    ]


def of_parts(items: Sequence[Record]) -> list[Record]:
    """Messages with parts, as OpenTelemetry has them."""
    return [{"role": one["role"], "parts": [{"type": "text", "content": one["content"]}]} for one in items]


def otel_attributes(made: Made) -> Record:
    """Attributes of a GenAI span."""
    return {
        "gen_ai.operation.name": "chat",
        "gen_ai.request.model": made.model,
        "gen_ai.request.temperature": made.temperature,
        "gen_ai.request.max_tokens": made.max_tokens,
        "gen_ai.response.id": made.exchange_id,
        "gen_ai.usage.input_tokens": made.input_tokens,
        "gen_ai.usage.output_tokens": made.output_tokens,
        "gen_ai.system_instructions": [{"type": "text", "content": made.system}],
        "gen_ai.input.messages": of_parts(made.turns),
        "gen_ai.output.messages": of_parts([{"role": "assistant", "content": made.response}]),
        "user.id": made.account_id,
        "gen_ai.conversation.id": made.session_id,
    }


@writer("otel-genai", lacks=("tools",))
def otel_genai(made: Made) -> list[Record]:
    """A line of an OTLP export."""
    attributes = [{"key": name, "value": _any_value(value)} for name, value in otel_attributes(made).items()]
    span = {
        "traceId": f"t{made.exchange_id}",
        "spanId": f"s{made.exchange_id}",
        "name": "chat m",
        "startTimeUnixNano": str(made.time * 1000 + 999),
        "endTimeUnixNano": str(made.time * 1000 + 10**9),
        "attributes": attributes,
    }
    return [{"resourceSpans": [{"resource": {"attributes": []}, "scopeSpans": [{"spans": [span]}]}]}]


@writer("otel-genai-events", lacks=("tools", "temperature", "max_tokens", "input_tokens", "output_tokens"))
def otel_genai_events(made: Made) -> list[Record]:
    """A line of an OTLP export of logs: an event that holds a whole call."""
    told = {
        name: value
        for name, value in otel_attributes(made).items()
        if "usage" not in name and "temperature" not in name and "max_tokens" not in name
    }
    event = {
        "timeUnixNano": str(made.time * 1000 + 1),
        "eventName": "gen_ai.client.inference.operation.details",
        "traceId": f"{made.time:032x}",
        "spanId": f"{made.time:016x}",
        "attributes": [{"key": name, "value": _any_value(value)} for name, value in told.items()],
    }
    return [{"resourceLogs": [{"resource": {"attributes": []}, "scopeLogs": [{"logRecords": [event]}]}]}]


def _any_value(value: Any) -> Record:
    if isinstance(value, int):
        return {"intValue": str(value)}
    if isinstance(value, float):
        return {"doubleValue": value}
    return {"stringValue": value if isinstance(value, str) else text(value)}


@writer("flat", lacks=("tools",), flat=True)
def flat(made: Made) -> list[Record]:
    """A line of a program of one's own."""
    return [
        {
            "id": made.exchange_id, "timestamp": made.iso, "userId": made.account_id, "sessionId": made.session_id,
            "model": made.model, "system_prompt": made.system, "prompt": made.prompt, "completion": made.response,
            "temperature": made.temperature, "max_tokens": made.max_tokens, "prompt_tokens": made.input_tokens,
            "completion_tokens": made.output_tokens,
        }
    ]  # fmt: skip
