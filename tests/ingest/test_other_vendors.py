"""Bodies of vendors whose APIs have no OpenAI shape, as lines of requests and answers hold them."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from read_records import read_records

from stillwatch.core.bodies import openai
from stillwatch.core.bodies.shapes import RecordError

AROUND = {"time": "2026-03-02T09:00:00Z", "user_id": "a-1"}
MODEL = {"model": "m"}
ASKED = [{"role": "system", "content": "Brief."}, {"role": "user", "content": "Why?"}]
SAID = {"role": "assistant", "content": "So."}
PART = [{"type": "TEXT", "text": "So."}]
# Each with what stands beside the bodies; all say a system prompt, a temperature and counts.
PAIRS: dict[str, tuple[Any, Any, dict[str, Any]]] = {
    "DashScope": (
        {"model": "m", "input": {"messages": ASKED}, "parameters": {"temperature": 0.5}},
        {"output": {"choices": [{"message": SAID}]}, "usage": {"input_tokens": 3, "output_tokens": 1}, "request_id": "r"}, {}),
    "Replicate": (
        {"input": {"prompt": "Why?", "system_prompt": "Brief.", "temperature": 0.5, "max_new_tokens": 9}},
        {"id": "p", "status": "succeeded", "output": ["S", "o."],
         "metrics": {"input_token_count": 3, "output_token_count": 1}}, MODEL),
    "ERNIE": (
        {"model": "m", "messages": ASKED[1:], "system": "Brief.", "temperature": 0.5},
        {"id": "as", "created": 1, "result": "So.", "usage": {"prompt_tokens": 3, "completion_tokens": 1}}, {}),
    "Hunyuan": (
        {"Model": "m", "Temperature": 0.5, "Messages": [{"Role": m["role"], "Content": m["content"]} for m in ASKED]},
        {"Response": {"Choices": [{"FinishReason": "stop", "Message": {"Role": "assistant", "Content": "So."}}],
                      "Usage": {"PromptTokens": 3, "CompletionTokens": 1}}}, {}),
    "Spark": (
        {"header": {"uid": "x"}, "parameter": {"chat": {"domain": "m", "temperature": 0.5}},
         "payload": {"message": {"text": ASKED}}},
        {"payload": {"choices": {"text": [{**SAID, "index": 0}]},
                     "usage": {"text": {"prompt_tokens": 3, "completion_tokens": 1}}}}, {}),
    "OCI": (
        {"servingMode": {"modelId": "m"}, "chatRequest": {"temperature": 0.5, "messages": [
            {"role": m["role"].upper(), "content": [{"type": "TEXT", "text": m["content"]}]} for m in ASKED]}},
        {"modelId": "m", "chatResponse": {"choices": [{"message": {"role": "ASSISTANT", "content": PART}}],
                                          "usage": {"promptTokens": 3, "completionTokens": 1}}}, {}),
    "Workers AI": (
        {"messages": ASKED, "temperature": 0.5},
        {"result": {"response": "So.", "usage": {"prompt_tokens": 3, "completion_tokens": 1}}, "success": True}, MODEL),
    "Converse, by its SDK": (
        {"modelId": "m", "system": [{"text": "Brief."}], "messages": [{"role": "user", "content": [{"text": "Why?"}]}],
         "inferenceConfig": {"temperature": 0.5}},
        {"output": {"message": {"role": "assistant", "content": [{"text": "So."}]}},
         "usage": {"inputTokens": 3, "outputTokens": 1}}, {}),
    "InvokeModel, by its SDK": (
        {"modelId": "m", "body": json.dumps({"anthropic_version": "b", "max_tokens": 9, "system": "Brief.",
                                             "temperature": 0.5, "messages": ASKED[1:]})},
        {"type": "message", "content": [{"type": "text", "text": "So."}], "usage": {"input_tokens": 3, "output_tokens": 1}},
        {}),
}  # fmt: skip


@pytest.mark.parametrize("name", PAIRS)
def test_a_pair_of_bodies_is_one_exchange(tmp_path: Path, name: str) -> None:
    request, answer, beside = PAIRS[name]
    for written in ((request, answer), (json.dumps(request), json.dumps(answer))):
        (row,), letters = read_records(tmp_path, {**AROUND, **beside, "request": written[0], "response": written[1]})
        assert (letters, row.get("note")) == ([], None)
        told = (row["model"], row["system"], row["prompt"], row["response"], row["temperature"])
        assert (told, row["input_tokens"], row["output_tokens"]) == (("m", "Brief.", "Why?", "So.", 0.5), 3, 1)


ALONE: dict[str, tuple[Any, Any]] = {
    "DashScope, a text": ({"model": "m", "input": {"prompt": "Why?"}, "parameters": {}}, {"output": {"text": "So."}}),
    "watsonx": (
        {"model_id": "m", "input": "Why?", "parameters": {"max_new_tokens": 9}},
        {"model_id": "m", "results": [{"generated_text": "So.", "generated_token_count": 1, "stop_reason": "eos_token"}]},
    ),
    "predictions": (
        {"instances": [{"prompt": "Why?"}], "parameters": {"maxOutputTokens": 9}}, {"predictions": [{"content": "So."}]}),
    "predictions of a chat": (
        {"instances": [{"messages": [{"author": "user", "content": "Why?"}]}]},
        {"predictions": [{"candidates": [{"author": "1", "content": "So."}]}]}),
    "JumpStart": ({"inputs": "Why?"}, [{"generation": SAID}]),
}  # fmt: skip


@pytest.mark.parametrize("name", ALONE)
def test_a_bare_question_and_its_answer(tmp_path: Path, name: str) -> None:
    request, answer = ALONE[name]
    (row,), letters = read_records(tmp_path, {**AROUND, **MODEL, "request": request, "response": answer})
    told = (row["account_id"], row["model"], row["prompt"], row["response"])
    assert (letters, told, row.get("note")) == ([], ("a-1", "m", "Why?", "So."), None)


def test_thoughts_in_parts_of_their_own(tmp_path: Path) -> None:
    content = [{"type": "thinking", "thinking": [{"type": "text", "text": "Hm."}]}, {"type": "text", "text": "So."}]
    answer = {"choices": [{"message": {"role": "assistant", "content": content}}]}
    (row,), _ = read_records(tmp_path, {**AROUND, "request": {"model": "m", "messages": ASKED}, "response": answer})
    assert (row["reasoning"], row["response"]) == ("Hm.", "So.")


def test_several_prompts_at_once_are_refused(tmp_path: Path) -> None:
    request = {"instances": [{"prompt": "Why?"}, {"prompt": "How?"}]}
    rows, letters = read_records(tmp_path, {**AROUND, "request": request, "response": {"predictions": []}})
    assert (rows, len(letters)) == ([], 1)
    assert "cannot be told apart" in letters[0]


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5), lambda inner: st.lists(inner, max_size=2)
    | st.dictionaries(st.sampled_from([
        "input", "output", "Messages", "Role", "Content", "payload", "message", "text", "parameter", "chat", "result",
        "chatRequest", "chatResponse", "servingMode", "instances", "predictions", "candidates", "results", "parameters",
        "Choices", "Response", "choices", "generation", "generated_text", "prompt", "usage", "type", "model_id", "modelId",
    ]), inner, max_size=3), max_leaves=12)  # fmt: skip


@given(ANYTHING, ANYTHING)
def test_nothing_in_such_a_body_stops_a_scan(request_body: Any, answer: Any) -> None:
    openai.response_fields(answer)
    if isinstance(request_body, dict):
        try:
            openai.request_fields(request_body)
        except RecordError:
            return
