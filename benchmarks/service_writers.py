"""Writers of gateways', clouds', chat programs' and tracers' formats; ``made_records`` says how to add one."""

from __future__ import annotations

from format_writers import otel_attributes
from made_records import (
    Made,
    Record,
    answered_gemini,
    answered_openai,
    asked_gemini,
    asked_openai,
    text,
    writer,
)

__all__: list[str] = []


@writer("kong", lacks=("session_id",), step_us=1000)
def kong(made: Made) -> list[Record]:
    """A line of http-log."""
    return [
        {
            "client_ip": "203.0.113.20",
            "started_at": made.time // 1000,
            "request": {"id": made.exchange_id, "uri": "/v1/chat/completions", "headers": {"user-agent": "x"}},
            "response": {"status": 200},
            "consumer": {"id": made.account_id, "username": made.account_id},
            "authenticated_entity": {"id": "k"},
            "latencies": {"request": 900, "proxy": 890, "kong": 10},
            "ai": {
                "proxy": {
                    "meta": {"request_model": made.model, "provider_name": "openai"},
                    "usage": {"prompt_tokens": made.input_tokens, "completion_tokens": made.output_tokens},
                    "payload": {"request": text(asked_openai(made)), "response": text(answered_openai(made))},
                }
            },
        }
    ]


@writer("portkey")
def portkey(made: Made) -> list[Record]:
    """A line of an export."""
    return [
        {
            "id": made.exchange_id,
            "trace_id": "t",
            "created_at": made.iso,
            "request": {"url": "https://x/v1/chat/completions", "headers": {}, "body": asked_openai(made)},
            "response": {"status": 200, "body": answered_openai(made), "response_time": 700},
            "metadata": {"_user": made.account_id, "session_id": made.session_id},
            "ai_model": made.model,
            "ai_org": "openai",
            "req_units": made.input_tokens,
            "res_units": made.output_tokens,
        }
    ]


@writer("helicone", flat=True)
def helicone(made: Made) -> list[Record]:
    """A request of the query API."""
    return [
        {
            "request_id": made.exchange_id,
            "request_created_at": made.iso,
            "request_user_id": made.account_id,
            "request_model": made.model,
            "request_path": "/v1/chat/completions",
            "request_body": asked_openai(made),
            "response_body": answered_openai(made),
            "response_status": 200,
            "prompt_tokens": made.input_tokens,
            "completion_tokens": made.output_tokens,
            "request_properties": {"Helicone-Session-Id": made.session_id},
        }
    ]


@writer("cloudflare", flat=True)
def cloudflare(made: Made) -> list[Record]:
    """A log of the API, its bodies beside."""
    return [
        {
            "id": made.exchange_id,
            "created_at": made.iso,
            "provider": "openai",
            "model": made.model,
            "request": text(asked_openai(made)),
            "response": text(answered_openai(made)),
            "tokens_in": made.input_tokens,
            "tokens_out": made.output_tokens,
            "success": True,
            "metadata": {"user": made.account_id, "session_id": made.session_id},
        }
    ]


@writer("databricks", lacks=("session_id",), flat=True)
def databricks(made: Made) -> list[Record]:
    """A row of an inference table."""
    return [
        {
            "databricks_request_id": made.exchange_id,
            "client_request_id": None,
            "requester": made.account_id,
            "request_time": made.iso,
            "status_code": 200,
            "execution_duration_ms": 812,
            "request": text(asked_openai(made)),
            "response": text(answered_openai(made)),
            "served_entity_id": "e",
        }
    ]


@writer("vertex", lacks=("session_id",), flat=True)
def vertex(made: Made) -> list[Record]:
    """A row of the logging table, with the account that a query joined."""
    return [
        {
            "endpoint": "projects/1/locations/us/endpoints/2",
            "deployed_model_id": "3",
            "logging_time": made.iso.replace("T", " ").replace("+00:00", " UTC"),
            "request_id": made.exchange_id,
            "full_request": asked_gemini(made, snake=True),
            "full_response": answered_gemini(made, snake=True),
            "model": made.model,
            "account_id": made.account_id,
        }
    ]


@writer("azure-apim", lacks=("session_id", "tools", "temperature", "max_tokens"))
def azure_apim(made: Made) -> list[Record]:
    """The rows of a request: counts, two pieces of its messages, its answer; and the gateway log's."""
    asked = text([{"role": "system", "content": made.system}, *made.turns])
    half = len(asked) - 12
    rows: list[Record] = [
        {
            "ModelName": made.model,
            "DeploymentName": "d",
            "PromptTokens": made.input_tokens,
            "CompletionTokens": made.output_tokens,
        },
        {"RequestMessages": asked[:half]},
        {"RequestMessages": asked[half:]},
        {"ResponseMessages": text([{"role": "assistant", "content": made.response}])},
    ]
    shared = {"TimeGenerated": made.iso, "CorrelationId": made.exchange_id}
    llm = [{**shared, "SequenceNumber": number, **row} for number, row in enumerate(rows)]
    gateway = {
        **shared,
        "Type": "ApiManagementGatewayLogs",
        "ApimSubscriptionId": made.account_id,
        "CallerIpAddress": "203.0.113.9",
        "ResponseCode": 200,
    }
    # Nothing says in which order rows come.
    return [llm[2], gateway, llm[0], llm[3], llm[1]]


@writer("snowflake", lacks=("tools",), flat=True)
def snowflake(made: Made) -> list[Record]:
    """A row of the event table."""
    return [
        {
            "START_TIMESTAMP": made.iso.replace("T", " ").replace("+00:00", ""),
            "TIMESTAMP": made.later.replace("T", " ").replace("+00:00", " +0000"),
            "TRACE": {"trace_id": "t", "span_id": f"s{made.exchange_id}"},
            "RECORD_TYPE": "SPAN",
            "RESOURCE_ATTRIBUTES": {"db.user": made.account_id},
            "RECORD_ATTRIBUTES": {name: value for name, value in otel_attributes(made).items() if name != "user.id"},
        }
    ]


@writer("openwebui", lacks=("tools",), step_us=1_000_000)
def openwebui(made: Made) -> list[Record]:
    """A chat of one question and its answer."""
    usage = {"prompt_tokens": made.input_tokens, "completion_tokens": made.output_tokens}
    moment = made.time // 1_000_000
    asked = {
        "id": f"q{made.exchange_id}",
        "parentId": None,
        "role": "user",
        "content": made.prompt,
        "timestamp": moment,
    }
    answer = {
        "id": made.exchange_id,
        "parentId": asked["id"],
        "role": "assistant",
        "content": made.response,
        "model": made.model,
        "usage": usage,
        "timestamp": moment + 2,
    }
    params = {"system": made.system, "temperature": made.temperature, "max_tokens": made.max_tokens}
    tree = {"currentId": made.exchange_id, "messages": {one["id"]: one for one in (asked, answer)}}
    chat = {"models": [made.model, "another"], "params": params, "history": tree}
    return [{"id": made.session_id, "user_id": made.account_id, "title": "t", "chat": chat, "created_at": moment}]


@writer("librechat", lacks=("system", "tools", "temperature", "max_tokens", "input_tokens"), step_us=1000)
def librechat(made: Made) -> list[Record]:
    """Two documents of the collection of messages, the answer's first."""
    shared = {"conversationId": made.session_id, "user": made.account_id}
    asked = {
        **shared,
        "messageId": f"q{made.exchange_id}",
        "parentMessageId": "00000000-0000-0000-0000-000000000000",
        "isCreatedByUser": True,
        "text": made.prompt,
        "createdAt": {"$date": {"$numberLong": str(made.time // 1000)}},
    }
    answer = {
        **shared,
        "messageId": made.exchange_id,
        "parentMessageId": asked["messageId"],
        "isCreatedByUser": False,
        "text": "",
        "content": [{"type": "text", "text": made.response}],
        "model": made.model,
        "tokenCount": made.output_tokens,
        "createdAt": {"$date": made.later},
    }
    return [answer, asked]


@writer("openpipe", lacks=("session_id",), step_us=1_000_000)
def openpipe(made: Made) -> list[Record]:
    """A line of an export."""
    return [{"input": asked_openai(made), "output": answered_openai(made), "tags": {"user_id": made.account_id}}]


@writer("langfuse", lacks=("tools",))
def langfuse(made: Made) -> list[Record]:
    """An observation."""
    return [
        {
            "id": made.exchange_id,
            "traceId": "t",
            "type": "GENERATION",
            "startTime": made.iso,
            "endTime": made.later,
            "model": made.model,
            "modelParameters": {"temperature": made.temperature, "max_tokens": made.max_tokens},
            "input": [{"role": "system", "content": made.system}, *made.turns],
            "output": {"role": "assistant", "content": made.response},
            "usageDetails": {"input": made.input_tokens, "output": made.output_tokens},
            "userId": made.account_id,
            "sessionId": made.session_id,
        }
    ]


@writer("langfuse-events", lacks=("tools",))
def langfuse_events(made: Made) -> list[Record]:
    """A batch of a trace, a generation and its update."""
    body = {"id": made.exchange_id, "traceId": f"t-{made.exchange_id}"}
    begun = {
        **body,
        "startTime": made.iso,
        "model": made.model,
        "modelParameters": {"temperature": made.temperature, "max_tokens": made.max_tokens},
        "input": [{"role": "system", "content": made.system}, *made.turns],
    }
    ended = {
        **body,
        "endTime": made.later,
        "output": {"role": "assistant", "content": made.response},
        "usageDetails": {"input": made.input_tokens, "output": made.output_tokens},
    }
    trace = {"id": body["traceId"], "userId": made.account_id, "sessionId": made.session_id}
    several = [("trace-create", trace), ("generation-create", begun), ("generation-update", ended)]
    return [
        {
            "batch": [
                {"id": f"e-{made.exchange_id}-{place}", "timestamp": made.later, "type": kind, "body": one}
                for place, (kind, one) in enumerate(several)
            ]
        }
    ]


@writer("openai-stored", step_us=1_000_000)
def openai_stored(made: Made) -> list[Record]:
    """A stored completion, with its messages in it."""
    metadata = {"user_id": made.account_id, "session_id": made.session_id}
    return [{**asked_openai(made), **answered_openai(made), "metadata": metadata}]


@writer("message-rows", lacks=("session_id", "system", "tools", "temperature", "max_tokens"), flat=True)
def message_rows(made: Made) -> list[Record]:
    """A question and its answer, the answer's row first."""
    shared = {"conversation_id": f"{made.session_id}-{made.exchange_id}", "user_id": made.account_id}
    asked, answer = _messages_with_ids(made)
    return [{**shared, **answer}, {**shared, **asked}]


@writer("conversations", lacks=("system", "tools", "temperature", "max_tokens"))
def conversations(made: Made) -> list[Record]:
    """A conversation of a question and its answer."""
    return [{"id": made.session_id, "user_id": made.account_id, "messages": [*_messages_with_ids(made)]}]


def _messages_with_ids(made: Made) -> tuple[Record, Record]:
    answer = {
        "id": made.exchange_id,
        "role": "assistant",
        "content": made.response,
        "model": made.model,
        "prompt_tokens": made.input_tokens,
        "completion_tokens": made.output_tokens,
        "created_at": made.later,
    }
    return {"id": f"q{made.exchange_id}", "role": "user", "content": made.prompt, "created_at": made.iso}, answer


@writer("langsmith", lacks=("tools",))
def langsmith(made: Made) -> list[Record]:
    """A run."""
    said = [("SystemMessage", made.system), *((_CLASSES[one["role"]], one["content"]) for one in made.turns)]
    return [
        {
            "id": made.exchange_id,
            "run_type": "llm",
            "name": "ChatOpenAI",
            "start_time": made.iso.removesuffix("+00:00"),
            "end_time": made.later.removesuffix("+00:00"),
            "inputs": {
                "messages": [
                    [
                        {
                            "lc": 1,
                            "type": "constructor",
                            "id": ["langchain", "schema", kind],
                            "kwargs": {"content": what},
                        }
                        for kind, what in said
                    ]
                ]
            },
            "outputs": {"generations": [[{"text": made.response}]]},
            "prompt_tokens": made.input_tokens,
            "completion_tokens": made.output_tokens,
            "extra": {
                "invocation_params": {
                    "model": made.model,
                    "temperature": made.temperature,
                    "max_tokens": made.max_tokens,
                },
                "metadata": {"user_id": made.account_id, "thread_id": made.session_id},
            },
        }
    ]


_CLASSES = {"user": "HumanMessage", "assistant": "AIMessage"}


@writer("mlflow")
def mlflow(made: Made) -> list[Record]:
    """A trace of one call."""
    span = {
        "span_id": made.exchange_id,
        "parent_span_id": None,
        "start_time_unix_nano": made.time * 1000 + 1,
        "end_time_unix_nano": made.time * 1000 + 10**9,
        "attributes": {
            "mlflow.spanType": '"CHAT_MODEL"',
            "mlflow.spanInputs": text(asked_openai(made)),
            "mlflow.spanOutputs": text(answered_openai(made)),
        },
    }
    known = {"mlflow.trace.user": made.account_id, "mlflow.trace.session": made.session_id}
    return [{"info": {"trace_id": "t", "trace_metadata": known}, "data": {"spans": [span]}}]


@writer("weave")
def weave(made: Made) -> list[Record]:
    """A call."""
    return [
        {
            "id": made.exchange_id,
            "op_name": "weave:///team/shop/op/openai.chat.completions.create:h",
            "started_at": made.iso,
            "ended_at": made.later,
            "attributes": {"user_id": made.account_id, "session_id": made.session_id},
            "inputs": asked_openai(made),
            "output": answered_openai(made),
        }
    ]


@writer("openinference", lacks=("tools",))
def openinference(made: Made) -> list[Record]:
    """A span as Phoenix keeps it."""
    said = [("system", made.system), *((one["role"], one["content"]) for one in made.turns)]
    asked: Record = {}
    for place, (role, what) in enumerate(said):
        asked[f"llm.input_messages.{place}.message.role"] = role
        asked[f"llm.input_messages.{place}.message.content"] = what
    return [
        {
            "name": "ChatCompletion",
            "context": {"trace_id": "t", "span_id": made.exchange_id},
            "span_kind": "LLM",
            "start_time": made.iso,
            "end_time": made.later,
            "attributes": {
                "openinference.span.kind": "LLM",
                "llm.model_name": made.model,
                "llm.invocation_parameters": text({"temperature": made.temperature, "max_tokens": made.max_tokens}),
                **asked,
                "llm.output_messages.0.message.role": "assistant",
                "llm.output_messages.0.message.content": made.response,
                "llm.token_count.prompt": made.input_tokens,
                "llm.token_count.completion": made.output_tokens,
                "user.id": made.account_id,
                "session.id": made.session_id,
            },
        }
    ]
