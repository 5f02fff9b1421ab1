"""An API's request and answer laid beside the account and the time, in no objects of their own, are one exchange."""

from pathlib import Path
from typing import Any

import pytest
from read_records import read_records

WHO = {"timestamp": "2026-03-02T09:00:00Z", "user_id": "a-1"}
TURNS = [{"role": "user", "parts": [{"text": "Hello."}]}, {"role": "user", "parts": [{"text": "Deepest lake?"}]}]
CONFIG = {"temperature": 0.5, "maxOutputTokens": 64}
BRIEF = {"parts": [{"text": "Be brief."}]}
GEMINI = {
    "contents": TURNS,
    "systemInstruction": BRIEF,
    "generationConfig": CONFIG,
    "candidates": [{"content": {"role": "model", "parts": [{"text": "Baikal."}]}, "finishReason": "STOP"}],
    "usageMetadata": {"promptTokenCount": 14, "candidatesTokenCount": 3},
    "modelVersion": "m",
}
ASKED = {
    "model": "m",
    "messages": [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "Deepest lake?"}],
}
SAMPLED = {"temperature": 0.5, "max_tokens": 64}
COUNTED = {"prompt_tokens": 14, "completion_tokens": 3}
RECORDS: dict[str, dict[str, Any]] = {
    "Gemini": {**WHO, **GEMINI},
    "Gemini, in canonical names": {"time": WHO["timestamp"], "account_id": "a-1", **GEMINI},
    "Gemini, whose account its labels name": {"createTime": WHO["timestamp"], "labels": {"user_id": "a-1"}, **GEMINI},
    "Gemini, its answer in an object": {
        **WHO,
        **{name: GEMINI[name] for name in ("contents", "systemInstruction", "generationConfig")},
        "response": {name: GEMINI[name] for name in ("candidates", "usageMetadata", "modelVersion")},
    },
    "Cohere": {
        **WHO, "model": "m", "message": "Deepest lake?", "preamble": "Be brief.", **SAMPLED, "text": "Baikal.",
        "meta": {"tokens": {"input_tokens": 14, "output_tokens": 3}},
    },
    "responses": {
        **WHO, "model": "m", "instructions": "Be brief.", "input": [{"role": "user", "content": "Deepest lake?"}],
        "temperature": 0.5, "max_output_tokens": 64, "usage": {"input_tokens": 14, "output_tokens": 3},
        "output": [{"type": "message", "role": "assistant", "content": [{"type": "output_text", "text": "Baikal."}]}],
    },
    "Converse": {
        **WHO, "modelId": "m", "system": [{"text": "Be brief."}], "inferenceConfig": {"temperature": 0.5, "maxTokens": 64},
        "messages": [{"role": "user", "content": [{"text": "Deepest lake?"}]}],
        "output": {"message": {"role": "assistant", "content": [{"text": "Baikal."}]}},
        "usage": {"inputTokens": 14, "outputTokens": 3},
    },
    "Ollama": {
        **WHO, **ASKED, "options": {"temperature": 0.5, "num_predict": 64}, "done": True, "prompt_eval_count": 14,
        "eval_count": 3, "message": {"role": "assistant", "content": "Baikal."},
    },
    "SGLang": {
        **WHO, "model": "m", "obj": {"text": "Deepest lake?", "sampling_params": {"temperature": 0.5, "max_new_tokens": 64}},
        "out": {"text": "Baikal.", "meta_info": COUNTED},
    },
    "SGLang, at the top": {
        **WHO, "model": "m", "text": "Deepest lake?", "sampling_params": {"temperature": 0.5, "max_new_tokens": 64},
        "output": {"text": "Baikal.", "meta_info": COUNTED},
    },
    "Text Generation Inference": {
        **WHO, "model": "m", "inputs": "Deepest lake?", "parameters": {"temperature": 0.5, "max_new_tokens": 64},
        "generated_text": "Baikal.", "details": {"generated_tokens": 3, "prefill": [{}] * 14},
    },
    "names of a program's own": {
        **WHO, "llm": {"name": "m"}, "prompt": "Deepest lake?", "completion": "Baikal.", "temp": 0.5,
        "max_completion_tokens": 64, "stats": {"tokens_in": 14, "tokens_out": 3}, "system_instruction": "Be brief.",
    },
    "a model's name with its settings": {
        **WHO, "model": {"name": "m", "temperature": 0.5, "max_tokens": 64}, "prompt": "Deepest lake?",
        "completion": "Baikal.", "token_usage": '{"prompt_tokens": 14, "completion_tokens": 3}',
    },
}  # fmt: skip
BRIEFED = ("Be brief.", None)


@pytest.mark.parametrize("name", RECORDS)
def test_it_is_one_exchange(tmp_path: Path, name: str) -> None:
    (row,), letters = read_records(tmp_path, RECORDS[name])
    assert letters == []
    told = (row["account_id"], row["model"], row["prompt"], row["response"], row["time"].isoformat())
    assert told == ("a-1", "m", "Deepest lake?", "Baikal.", "2026-03-02T09:00:00+00:00")
    assert (row["temperature"], row["max_tokens"]) == (0.5, 64)
    assert (row["input_tokens"], row["output_tokens"]) == (14, 3)
    assert row.get("system") in BRIEFED
    assert (row.get("system") is None) == ("Be brief." not in str(RECORDS[name]))


def test_a_price_is_no_count(tmp_path: Path) -> None:
    record = {
        **WHO,
        "model": "m",
        "prompt": "Deepest lake?",
        "response": "Baikal.",
        "metrics": {"input": 2, "output": 4},
    }
    (row,), _ = read_records(tmp_path, record)
    assert "input_tokens" not in row


STREAMS = {
    "OpenAI's": 'data: {"choices":[{"delta":{"content":"Bai"}}]}\n\ndata: {"choices":[{"delta":{"content":"kal."}}]}\n\ndata: [DONE]\n',
    "Anthropic's": 'event: content_block_delta\ndata: {"type": "content_block_delta", "index": 0, "delta": {"text": "Baikal."}}\n\n',
    "Ollama's": '{"response": "Bai", "done": false}\n{"response": "kal.", "done": true}\n',
}  # fmt: skip


@pytest.mark.parametrize("name", STREAMS)
def test_a_stream_as_it_came_is_the_answer(tmp_path: Path, name: str) -> None:
    (row,), letters = read_records(
        tmp_path, {**WHO, "model": "m", "prompt": "Deepest lake?", "response": STREAMS[name]}
    )
    assert (row["response"], letters) == ("Baikal.", [])


def test_what_somebody_said_that_begins_like_a_stream_is_what_they_said(tmp_path: Path) -> None:
    said = "data: the plural of datum"
    (row,), _ = read_records(tmp_path, {**WHO, "model": "m", "prompt": "Deepest lake?", "response": said})
    assert row["response"] == said


@pytest.mark.parametrize(
    "held",
    [
        {"headers": {"User-Agent": "x/1", "X-Forwarded-For": "203.0.113.9"}},
        {"headers": [{"name": "user-agent", "value": "x/1"}, {"name": "x-real-ip", "value": "203.0.113.9"}]},
        {"client": {"ip": "203.0.113.9", "user_agent": "x/1"}},
        {"http": {"user_agent": "x/1"}, "network": {"client_ip": "203.0.113.9"}},
    ],
)
@pytest.mark.parametrize("bodies", [False, True])
def test_objects_beside_a_call_say_from_where_it_came(tmp_path: Path, held: dict[str, Any], bodies: bool) -> None:
    answer = {"choices": [{"message": {"content": "Baikal."}}]}
    texts = {"request": ASKED, "response": answer} if bodies else {"prompt": "Deepest lake?", "response": "Baikal."}
    (row,), letters = read_records(tmp_path, {**WHO, "model": "m", **texts, **held})
    told = (row["account_id"], row["response"], row["user_agent"], row["client_address"])
    assert (told, letters) == (("a-1", "Baikal.", "x/1", "203.0.113.9"), [])
