"""Bodies of the families that Bedrock serves, of Ollama, and prompts that a chat template wrote out."""

import json
from pathlib import Path
from typing import Any

import pytest
from read_records import read_records

from stillwatch.core.bodies.chat_templates import turns_of
from stillwatch.core.bodies.shapes import RecordError, parsed, parsed_or_text

LOGGED = {
    "schemaType": "ModelInvocationLog", "timestamp": "2026-11-24T03:28:24Z", "accountId": "1", "requestId": "r",
    "region": "x", "modelId": "m",
}  # fmt: skip
LLAMA = (
    "<|begin_of_text|><|start_header_id|>system<|end_header_id|>\n\nBrief.<|eot_id|>"
    "<|start_header_id|>user<|end_header_id|>\n\nWhy?<|eot_id|><|start_header_id|>assistant<|end_header_id|>\n\n"
)
METRICS = {"amazon-bedrock-invocationMetrics": {"inputTokenCount": 3}}
NOVA = {"schemaVersion": "messages-v1", "messages": [{"role": "user", "content": [{"text": "Why?"}]}],
        "system": [{"text": "Brief."}], "inferenceConfig": {"max_new_tokens": 9}}  # fmt: skip


def called(folder: Path, asked: Any, answered: Any, operation: str = "InvokeModel") -> dict[str, Any]:
    record = {
        **LOGGED, "operation": operation, "input": {"inputBodyJson": asked}, "output": {"outputBodyJson": answered},
    }  # fmt: skip
    (row,), letters = read_records(folder, record)
    assert letters == []
    return row


@pytest.mark.parametrize(
    ("asked", "answered", "told"),
    [
        ({"prompt": LLAMA, "max_gen_len": 9},
         {"generation": "So.", "prompt_token_count": 3, "generation_token_count": 4, "stop_reason": "stop"},
         {"system": "Brief.", "input_tokens": 3, "output_tokens": 4, "stop_reason": "stop", "max_tokens": 9}),
        ({"prompt": "Why?", "maxTokens": 9, "topP": 1},
         {"id": 1, "completions": [{"data": {"text": "So.", "tokens": []}, "finishReason": {"reason": "endoftext"}}]},
         {"max_tokens": 9, "exchange_id": "r"}),
        ({"prompt": LLAMA},
         [{"generation": "S", "prompt_token_count": 3}, {"generation": "o.", "stop_reason": "stop", **METRICS}],
         {"system": "Brief.", "stop_reason": "stop", "input_tokens": 3}),
        ({"prompt": "<s>[INST] Why? [/INST]"}, {"outputs": [{"text": "So.", "stop_reason": "stop"}]},
         {"stop_reason": "stop"}),
        ({"message": "Why?", "chat_history": [{"role": "USER", "message": "Hi"}, {"role": "CHATBOT", "message": "Yo"}],
          "preamble": "Brief."}, {"text": "So.", "finish_reason": "COMPLETE"},
         {"system": "Brief.", "stop_reason": "COMPLETE"}),
        ({"inputText": "Why?", "textGenerationConfig": {"maxTokenCount": 9}},
         {"inputTextTokenCount": 3, "results": [{"tokenCount": 4, "outputText": "So.", "completionReason": "FINISH"}]},
         {"max_tokens": 9, "input_tokens": 3, "output_tokens": 4, "stop_reason": "FINISH"}),
        ({"inputText": "Why?"}, [{"outputText": "S", "index": 0}, {"outputText": "o.", "completionReason": "FINISH"}],
         {"stop_reason": "FINISH"}),
        (NOVA, {"output": {"message": {"content": [{"text": "So."}]}}, "stopReason": "end_turn",
                "usage": {"inputTokens": 3, "outputTokens": 4}},
         {"system": "Brief.", "max_tokens": 9, "input_tokens": 3, "output_tokens": 4, "stop_reason": "end_turn"}),
        (NOVA, [{"messageStart": {"role": "assistant"}}, {"contentBlockDelta": {"delta": {"text": "So."}}},
                {"messageStop": {"stopReason": "end_turn"}}, {"metadata": {"usage": {"inputTokens": 3}}}],
         {"system": "Brief.", "max_tokens": 9, "input_tokens": 3, "stop_reason": "end_turn"}),
        ({"messages": [{"role": "user", "content": "Why?"}]}, {"choices": [{"message": {"content": "So."}}]}, {}),
        ({"messages": [{"role": "user", "content": "Why?"}]}, None, {"response": None}),
        (NOVA, None, {"response": None, "system": "Brief.", "max_tokens": 9}),
        ({"anthropic_version": "b", "messages": [{"role": "user", "content": "Why?"}]},
         {"type": "message", "content": [{"type": "text", "text": "So."}]}, {}),
    ],
)  # fmt: skip
def test_every_family_of_bedrock(tmp_path: Path, asked: Any, answered: Any, told: dict[str, Any]) -> None:
    row = called(tmp_path, asked, answered)
    wanted = {"prompt": "Why?", "response": "So.", **told}
    assert {name: row.get(name) for name in wanted} == wanted
    assert "note" not in row


def test_what_bedrock_logs_that_is_no_conversation(tmp_path: Path) -> None:
    embedding = {**LOGGED, "operation": "InvokeModel", "input": {"inputBodyJson": {"inputText": "Why?"}},
                 "output": {"outputBodyJson": {"embedding": [0.1], "inputTextTokenCount": 3}}}  # fmt: skip
    silent = {**LOGGED, "operation": "Converse", "input": {"inputTokenCount": 3}}
    rows, letters = read_records(tmp_path, embedding, silent)
    assert rows == []
    assert letters == [
        "a call for embeddings holds no conversation",
        "`input` has no `inputBodyJson`: model invocation logging is on without the delivery of text",
    ]


def logged(folder: Path, asked: Any, answered: Any) -> dict[str, Any]:
    record = {"timestamp": "2026-11-24T03:28:24Z", "user_id": "u", "request": asked, "response": answered}
    (row,), letters = read_records(folder, record)
    assert letters == []
    return row


def test_bodies_of_ollama(tmp_path: Path) -> None:
    messages = [{"role": "user", "content": "Why?"}]
    options = {"temperature": 0.25, "num_predict": 9, "stop": ["END"], "seed": 3, "top_k": 4}
    last = {"done": True, "done_reason": "stop", "prompt_eval_count": 3, "eval_count": 4, "total_duration": 5_000_000}
    told = {
        "model": "m", "prompt": "Why?", "response": "So.", "temperature": 0.25, "max_tokens": 9, "stop": ["END"],
        "seed": 3, "top_k": 4, "input_tokens": 3, "output_tokens": 4, "stop_reason": "stop", "latency_ms": 5.0,
    }  # fmt: skip
    asked = {"model": "m", "messages": messages, "options": options}
    whole = {"model": "m", "message": {"role": "assistant", "content": "So.", "thinking": "hm"}, **last}
    pieces = [
        {"model": "m", "message": {"content": "S"}, "done": False},
        {"message": {"content": "o."}, "model": "m", **last},
    ]
    written = "".join(json.dumps(piece) + "\n" for piece in pieces)
    for answer, thought in ((whole, "hm"), (json.dumps(whole), "hm"), (pieces, None), (written, None)):
        row = logged(tmp_path, asked, answer)
        assert {name: row.get(name) for name in told} == told
        assert (row.get("reasoning"), row.get("note")) == (thought, None)
    row = logged(tmp_path, {"model": "m", "prompt": "Why?", "system": "Brief.", "options": options},
                 {"model": "m", "response": "So.", **last})  # fmt: skip
    assert {name: row.get(name) for name in (*told, "system")} == {**told, "system": "Brief."}


@pytest.mark.parametrize(
    ("answer", "note"),
    [
        ({"error": {"message": "overloaded"}}, "`response`: an error: {'message': 'overloaded'}"),
        ({"detail": "Not Found"}, "`response`: no answer in it, but `detail`"),
        ({"choices": []}, None),
        ({"id": "x", "message": {"role": "assistant", "content": [{"type": "text", "text": "So."}]}}, None),
        ({}, None),
    ],
)
def test_an_answer_in_which_nothing_is_known_is_noted(tmp_path: Path, answer: Any, note: str | None) -> None:
    row = logged(tmp_path, {"model": "m", "messages": [{"role": "user", "content": "Why?"}]}, answer)
    assert row.get("note") == note
    assert row.get("response") == ("So." if "message" in answer else None)


def test_a_stream_of_responses_that_breaks_off_keeps_what_came(tmp_path: Path) -> None:
    events = [
        {"type": "response.created", "response": {"id": "resp", "status": "in_progress", "output": []}},
        {"type": "response.output_text.delta", "delta": "S"}, {"type": "response.output_text.delta", "delta": "o."},
    ]  # fmt: skip
    row = logged(tmp_path, {"model": "m", "input": "Why?"}, "".join(f"data: {json.dumps(one)}\n\n" for one in events))
    assert (row["response"], row["exchange_id"], row["stop_reason"]) == ("So.", "resp", "in_progress")


@pytest.mark.parametrize(
    ("prompt", "turns"),
    [
        (LLAMA, [("system", "Brief."), ("user", "Why?")]),
        ("<s>[INST] <<SYS>>\nS\n<</SYS>>\n\nA? [/INST] B. </s><s>[INST] C? [/INST]",
         [("system", "S"), ("user", "A?"), ("assistant", "B."), ("user", "C?")]),
        ("<|im_start|>user\nA?<|im_end|>\n<|im_start|>assistant\nB.<|im_end|>\n<|im_start|>user\nC?<|im_end|>\n"
         "<|im_start|>assistant\n", [("user", "A?"), ("assistant", "B."), ("user", "C?")]),
        ("<bos><start_of_turn>user\nA?<end_of_turn>\n<start_of_turn>model\n", [("user", "A?")]),
        ("<|system|>\nS<|end|>\n<|user|>\nA?<|end|>\n<|assistant|>\n", [("system", "S"), ("user", "A?")]),
        ("What does <|im_start|>user mean?", None),
        ("Explain [INST] A [/INST].", None),
        ("<|im_start|>assistant\nB.<|im_end|>", None),
        ("<|im_start|>", None),
        ("", None),
    ],
)  # fmt: skip
def test_prompts_that_a_template_wrote_out(prompt: str, turns: list[tuple[str, str]] | None) -> None:
    found = turns_of(prompt)
    assert (None if found is None else [(turn.role, turn.content) for turn in found]) == turns


def test_a_bare_completion_of_a_chat_model_is_its_conversation(tmp_path: Path) -> None:
    row = logged(tmp_path, {"model": "m", "prompt": LLAMA}, {"choices": [{"index": 0, "text": "So."}]})
    assert (row["system"], row["prompt"], row["response"]) == ("Brief.", "Why?", "So.")


def test_what_python_shows_of_an_object_is_one() -> None:
    assert parsed("{'role': 'user', 'content': \"it's\", 'x': None}", "x") == {
        "role": "user", "content": "it's", "x": None,
    }  # fmt: skip
    assert parsed("[{'a': [1, 2]}]", "x") == [{"a": [1, 2]}]
    with pytest.raises(RecordError):
        parsed("{'a': __import__('os')}", "x")


@pytest.mark.parametrize(
    "text", ["[1] what", "{weird}", "[INST] x", "{{name}} hi", '{"a": 1} explain', "[System] be brief"]
)
def test_a_text_that_only_begins_like_json_is_one(text: str) -> None:
    assert parsed_or_text(text, "x") == text


@pytest.mark.parametrize("text", ['{"a": "cut', '[{"role": "user", "content": "Q', '{"a": 1', '["a", ', '{"a":', "{"])
def test_json_that_was_cut_is_refused(text: str) -> None:
    with pytest.raises(RecordError, match="cannot be parsed"):
        parsed_or_text(text, "x")
