"""Whole records of every format that has a plain shape, with all that it reads; and where their bodies stand."""

from typing import Any

SECOND = 1_795_490_904
ASKED = {
    "model": "m", "temperature": 0.5, "top_p": 1, "top_k": 3, "n": 1, "seed": 7, "stream": False, "logprobs": True,
    "top_logprobs": 2, "max_completion_tokens": 64, "max_tokens": 65, "max_output_tokens": 66, "stop": ["END"],
    "response_format": {"type": "json_object"}, "user": "user_h_account_u-1_session_s-1234567",
    "tools": [{"type": "function", "function": {"name": "search"}}], "metadata": {"user_id": "u-2"},
}  # fmt: skip
SAID = [
    {"role": "system", "content": "Be brief."}, {"role": "user", "content": [{"type": "text", "text": "Why?"}]},
    {"role": "assistant", "content": None, "tool_calls": []}, {"role": "user", "content": "And then?"},
]  # fmt: skip
ANSWERED = {
    "id": "c-1", "object": "chat.completion", "created": SECOND, "model": "m-2",
    "choices": [{"index": 0, "finish_reason": "stop", "message": {
        "role": "assistant", "content": "Because.", "refusal": None, "reasoning_content": "Hm.",
    }}],
    "usage": {"prompt_tokens": 10, "completion_tokens": 20, "completion_tokens_details": {"reasoning_tokens": 5}},
}  # fmt: skip
AROUND = {
    "time": SECOND, "timestamp": "2026-11-24T00:00:00Z", "account_id": "a-1", "request_id": "r-1",
    "id": "i-1", "org_id": "o-1", "api_key_id": "k-1", "session_id": "s-1", "client_ip": "203.0.113.9", "status": 200,
    "latency_ms": 12.5, "provider": "p", "user_agent": "x/1", "country": "NZ", "asn": 64500,
}  # fmt: skip
OF_CLAUDE = {
    "model": "m", "system": [{"type": "text", "text": "Be brief."}], "messages": SAID, "max_tokens": 64,
    "temperature": 0.5, "top_p": 1, "top_k": 3, "stop_sequences": ["END"], "stream": False,
    "tools": [{"name": "search", "input_schema": {}}], "metadata": {"user_id": "u-1"},
}  # fmt: skip
STREAMED = [
    {"type": "message_start", "message": {
        "id": "msg-1", "type": "message", "role": "assistant", "content": [], "model": "m-2",
        "usage": {"input_tokens": 10, "output_tokens": 1},
    }},
    {"type": "content_block_start", "index": 0, "content_block": {"type": "thinking", "thinking": ""}},
    {"type": "content_block_delta", "index": 0, "delta": {"type": "thinking_delta", "thinking": "Hm."}},
    {"type": "content_block_stop", "index": 0},
    {"type": "content_block_delta", "index": 1, "delta": {"type": "text_delta", "text": "Be"}},
    {"type": "content_block_delta", "index": 1, "delta": {"type": "text_delta", "text": "cause."}},
    {"type": "message_delta", "delta": {"stop_reason": "end_turn"}, "usage": {"output_tokens": 20}},
    {"type": "message_stop"},
]  # fmt: skip
WHOLE: dict[str, dict[str, Any]] = {
    "bedrock": {
        "schemaType": "ModelInvocationLog", "schemaVersion": "1.0", "timestamp": "2026-11-24T00:00:00Z",
        "accountId": "a-1", "identity": {"arn": "arn:aws:iam::1:user/x"}, "region": "us-east-1", "requestId": "r-1",
        "operation": "InvokeModelWithResponseStream", "modelId": "anthropic.claude", "errorCode": "Throttled",
        "input": {"inputBodyJson": {**OF_CLAUDE, "anthropic_version": "x"}, "inputTokenCount": 11},
        "output": {"outputBodyJson": STREAMED, "outputTokenCount": 21},
    },
    "openai-log": {**AROUND, "request": {**ASKED, "messages": SAID}, "response": ANSWERED},
    "anthropic-log": {
        **AROUND,
        "request": OF_CLAUDE,
        "response": {
            "id": "msg-1", "type": "message", "role": "assistant", "model": "m-2", "stop_reason": "end_turn",
            "content": [{"type": "thinking", "thinking": "Hm."}, {"type": "text", "text": "Because."}],
            "usage": {"input_tokens": 10, "output_tokens": 20},
        },
    },
    "litellm-standard": {
        "id": "c-1", "litellm_call_id": "l-1", "call_type": "acompletion", "status": "success", "stream": True,
        "custom_llm_provider": "openai", "startTime": SECOND + 0.25, "endTime": SECOND + 1.5, "model": "m",
        "prompt_tokens": 10, "completion_tokens": 20, "end_user": "x", "requester_ip_address": "203.0.113.9",
        "user_agent": "x/1", "session_id": "s-1", "messages": SAID, "response": ANSWERED, "model_parameters": ASKED,
        "metadata": {
            "user_api_key_hash": "h", "user_api_key_user_id": "a-1", "user_api_key_org_id": "o-1",
            "user_api_key_team_id": "t-1", "requester_ip_address": "203.0.113.8", "user_agent": "x/2",
        },
    },
}  # fmt: skip
# Names of one's own: what stands there is read by which others stand beside it.
WHOLE |= {
    "flat": {
        "timestamp": "2026-11-24T00:00:00Z", "user_id": "a-1", "email": "x@example.com", "conversation_id": "s-1",
        "thread_id": "s-2", "request_id": "r-1", "model_name": "m", "system_prompt": "Be brief.", "prompt": "Why?",
        "response": "Because.", "prompt_tokens": 10, "completion_tokens": 20, "duration_ms": 12.5, "ip": "203.0.113.9",
        "status_code": 200, "temperature": 0.5, "max_tokens": 64, "stop": ["END"], "country": "NZ", "extra": {"a": [1]},
    },
    "flat, in other words": {
        "requestedAt": SECOND, "customerId": 7, "login": "x", "sessionId": 12, "id": "i-1", "apiKeyId": "k-1",
        "model": "m", "messages": [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "Why?"}],
        "completion": "Because.", "tokens_in": 10, "latencyMs": 12, "asn": 64500, "tools": ["search"], "userAgent": "x",
    },
    "flat, of a caller": {
        "time": SECOND, "ts": SECOND + 1, "caller": "a-1", "question": '{"a": 1} is what?', "user_input": "Why?", "seed": 7,
        "answer": "[1] Because.", "request_id": "r-1", "id": "i-1", "stream": True, "created": "2026-11-01",
        "api_key_id": "k-1", "org_id": "o-1", "response_format": "json", "verified": True, "provider": "p",
    },
}  # fmt: skip
# A request and its answer in records of gateways.
GATEWAYS: dict[str, dict[str, Any]] = {
    "kong": {
        "client_ip": "203.0.113.9", "started_at": SECOND * 1000, "latencies": {"request": 900, "proxy": 890},
        "request": {"id": "r-1", "uri": "/v1/chat/completions", "headers": {"user-agent": "x/1", "accept": "*/*"}},
        "response": {"status": 200, "headers": {}}, "consumer": {"id": "a-1", "custom_id": "b-1", "username": "c-1"},
        "authenticated_entity": {"id": "k-1"}, "service": {"name": "llm"},
        "ai": {"proxy": {
            "meta": {"request_model": "m", "response_model": "m-2", "provider_name": "openai"},
            "usage": {"prompt_tokens": 10, "completion_token": 20},
            "payload": {"request": {**ASKED, "messages": SAID}, "response": ANSWERED},
        }},
    },
    "portkey": {
        "id": "i-1", "created_at": "2026-11-24T00:00:00Z", "trace_id": "t", "ai_model": "m", "ai_org": "openai",
        "request": {
            "url": "https://x/v1/chat/completions", "headers": {"User-Agent": "x/1"}, "method": "POST",
            "body": {**ASKED, "messages": SAID},
        },
        "response": {"status": 200, "response_time": 700, "body": ANSWERED, "headers": {"server": "x"}},
        "metadata": {"_user": "a-1", "user_id": 7, "session_id": "s-1", "_session": "s-2"},
        "req_units": 10, "res_units": 20, "prompt_tokens": 11, "response_status_code": 201, "response_time": 701,
    },
    "cloudflare": {
        "id": "i-1", "created_at": "2026-11-24T00:00:00Z", "provider": "openai", "model": "m", "tokens_in": 10,
        "tokens_out": 20, "success": True, "status_code": 200, "duration": 812, "path": "chat/completions",
        "metadata": {"user": "a-1", "user_id": 7, "session_id": "s-1"}, "request": {**ASKED, "messages": SAID},
        "response": ANSWERED,
    },
    "databricks": {
        "databricks_request_id": "i-1", "client_request_id": None, "requester": "a-1", "status_code": 200,
        "request_time": "2026-11-24T00:00:00Z", "timestamp_ms": SECOND * 1000, "execution_duration_ms": 812,
        "request_metadata": {"model_name": "m"}, "served_entity_name": "e", "endpoint_name": "n",
        "request": {**ASKED, "messages": SAID}, "response": ANSWERED,
    },
    "helicone": {
        "request_id": "i-1", "request_created_at": "2026-11-24T00:00:00Z", "request_user_id": "a-1",
        "request_path": "/v1/chat/completions", "request_properties": {"Helicone-Session-Id": "s-1"}, "delay_ms": 812,
        "request_model": "m", "response_model": "m-2", "provider": "OPENAI", "prompt_tokens": 10, "cost": 0.5,
        "completion_tokens": 20, "response_status": 200, "request_ip": "203.0.113.9", "country_code": "NZ",
        "request_body": {**ASKED, "messages": SAID}, "response_body": ANSWERED,
    },
    "litellm-spend": {
        "request_id": "i-1", "call_type": "acompletion", "api_key": "h", "startTime": "2026-11-24T00:00:00Z",
        "endTime": "2026-11-24T00:00:02Z", "user": "a-1", "organization_id": "o-1", "team_id": "t-1", "model": "m",
        "session_id": "s-1", "custom_llm_provider": "openai", "status": "success", "prompt_tokens": 10,
        "completion_tokens": 20, "requester_ip_address": "203.0.113.9", "messages": {}, "spend": 0.1,
        "metadata": {"user_agent": "x", "status": "success", "user_api_key_user_id": "u-1"},
        "proxy_server_request": {**ASKED, "messages": SAID}, "response": ANSWERED,
    },
    "openpipe": {
        "input": {**ASKED, "messages": SAID}, "output": ANSWERED, "tags": {"user_id": "a-1", "user": "b-1"},
        "requestedAt": "2026-11-24T00:00:00Z",
    },
}  # fmt: skip
# Where their bodies stand, which many write as JSON text.
BODIES: dict[str, list[tuple[str, ...]]] = {
    "kong": [("ai", "proxy", "payload", "request"), ("ai", "proxy", "payload", "response")],
    "portkey": [("request", "body"), ("response", "body")],
    "cloudflare": [("request",), ("response",)],
    "databricks": [("request",), ("response",)],
    "helicone": [("request_body",), ("response_body",)],
    "litellm-spend": [("proxy_server_request",), ("response",)],
}
WHOLE |= GATEWAYS
