"""Messages as libraries write their own objects: who says what is read, in a request's body, a flat line and an answer."""

from pathlib import Path
from typing import Any

import pytest
from read_records import read_records

AROUND = {"timestamp": "2026-03-02T09:00:00Z", "user_id": "a-1", "model": "m"}
# A system prompt, a question and an answer of each.
WRITTEN: dict[str, tuple[Any, ...]] = {
    "Haystack": tuple(
        {"_role": role, "_content": [{"text": text}], "_name": None, "_meta": {}}
        for role, text in (("system", "Brief."), ("user", "Why?"), ("assistant", "So."))
    ),
    "LlamaIndex": tuple(
        {"role": role, "blocks": [{"block_type": "text", "text": text}], "additional_kwargs": {}}
        for role, text in (("system", "Brief."), ("user", "Why?"), ("assistant", "So."))
    ),
    "Semantic Kernel": tuple(
        {"Role": {"Label": role}, "Items": [{"$type": "TextContent", "Text": text}]}
        for role, text in (("system", "Brief."), ("user", "Why?"), ("assistant", "So."))
    ),
    ".NET's names": tuple(
        {"Role": role, "Content": text} for role, text in (("System", "Brief."), ("User", "Why?"), ("Assistant", "So."))
    ),
    "Microsoft.Extensions.AI": tuple(
        {"role": role, "contents": [{"$type": "text", "text": text}]}
        for role, text in (("system", "Brief."), ("user", "Why?"), ("assistant", "So."))
    ),
    "the AI SDK": tuple(
        {"id": "x", "role": role, "parts": [{"type": "step-start"}, {"type": "text", "text": text}]}
        for role, text in (("system", "Brief."), ("user", "Why?"), ("assistant", "So."))
    ),
    "LangChain, stored": tuple(
        {"type": kind, "data": {"content": text, "additional_kwargs": {}}}
        for kind, text in (("system", "Brief."), ("human", "Why?"), ("ai", "So."))
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", WRITTEN)
def test_messages_and_answers_of_a_flat_line(tmp_path: Path, name: str) -> None:
    system, question, answer = WRITTEN[name]
    for told in ({"response": answer}, {"replies": [answer]}, {"response": {"message": answer}}):
        (row,), letters = read_records(tmp_path, {**AROUND, "messages": [system, question], **told})
        assert (letters, row["system"], row["prompt"], row.get("response")) == ([], "Brief.", "Why?", "So."), told


@pytest.mark.parametrize("name", [name for name in WRITTEN if "LangChain" not in name])
def test_messages_of_a_request_s_body(tmp_path: Path, name: str) -> None:
    system, question, _ = WRITTEN[name]
    record = {**AROUND, "request": {"model": "m", "messages": [system, question]}}
    (row,), letters = read_records(tmp_path, record)
    assert (letters, row["system"], row["prompt"]) == ([], "Brief.", "Why?")


@pytest.mark.parametrize("role", ["UserMessage", "user_message", "HumanMessage", "USER", "用户", "human"])
def test_a_role_by_its_class_or_in_another_language(tmp_path: Path, role: str) -> None:
    asked = [{"role": "system", "content": "Brief."}, {"role": role, "content": "Why?"}]
    for record in ({**AROUND, "messages": asked}, {**AROUND, "request": {"model": "m", "messages": asked}}):
        (row,), letters = read_records(tmp_path, record)
        assert (letters, row["system"], row["prompt"]) == ([], "Brief.", "Why?")


@pytest.mark.parametrize(
    "prompt",
    ["<|im_start|>system\nBrief.<|im_end|>\n<|im_start|>user\nWhy?<|im_end|>\n<|im_start|>assistant\n",
     "<s>[INST] <<SYS>>\nBrief.\n<</SYS>>\n\nWhy? [/INST]", "Brief. USER: Why? ASSISTANT:"],
)  # fmt: skip
def test_a_template_is_taken_apart_in_a_flat_line_and_in_a_span(tmp_path: Path, prompt: str) -> None:
    line = {**AROUND, "prompt": prompt, "response": "So."}
    whole, letters = read_records(tmp_path, line, {**line, "usage": {"prompt_tokens": 3}})
    assert (letters, [(row["system"], row["prompt"]) for row in whole]) == ([], [("Brief.", "Why?")] * 2)
    plain, letters = read_records(tmp_path, {**line, "prompt": " Why? "})
    assert (letters, plain[0]["prompt"].strip(), plain[0].get("system")) == ([], "Why?", None)
