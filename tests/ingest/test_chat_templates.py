"""Prompts that a chat template wrote out are read as its messages, whatever body they stand in."""

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from read_records import read_records

from stillwatch.core.bodies.chat_templates import turns_of


def logged(folder: Path, request: Any, response: Any) -> dict[str, Any]:
    line = {"time": "2026-03-02T09:00:00Z", "account_id": "a-1", "request": request, "response": response}
    (row,), letters = read_records(folder, line)
    assert letters == []
    return row


# Of each template the turns: a system prompt, a question, an answer, a question.
WRITTEN_OUT = {
    "DeepSeek": "<｜begin▁of▁sentence｜>S<｜User｜>A?<｜Assistant｜>B.<｜end▁of▁sentence｜><｜User｜>C?<｜Assistant｜><think>\n",
    "Llama 4": "<|begin_of_text|><|header_start|>system<|header_end|>\n\nS<|eot|><|header_start|>user<|header_end|>\n\nA?<|eot|>"
    "<|header_start|>assistant<|header_end|>\n\nB.<|eot|><|header_start|>user<|header_end|>\n\nC?<|eot|>"
    "<|header_start|>assistant<|header_end|>\n\n",
    "Kimi": "<|im_system|>system<|im_middle|>S<|im_end|><|im_user|>user<|im_middle|>A?<|im_end|>"
    "<|im_assistant|>assistant<|im_middle|>B.<|im_end|><|im_user|>user<|im_middle|>C?<|im_end|>"
    "<|im_assistant|>assistant<|im_middle|>",
    "gpt-oss": "<|start|>system<|message|>S<|end|><|start|>user<|message|>A?<|end|>"
    "<|start|>assistant<|channel|>final<|message|>B.<|end|><|start|>user<|message|>C?<|end|><|start|>assistant",
    "Granite": "<|start_of_role|>system<|end_of_role|>S<|end_of_text|>\n<|start_of_role|>user<|end_of_role|>A?<|end_of_text|>\n"
    "<|start_of_role|>assistant<|end_of_role|>B.<|end_of_text|>\n<|start_of_role|>user<|end_of_role|>C?<|end_of_text|>\n"
    "<|start_of_role|>assistant<|end_of_role|>",
    "Command R": "<BOS_TOKEN><|START_OF_TURN_TOKEN|><|SYSTEM_TOKEN|>S<|END_OF_TURN_TOKEN|>"
    "<|START_OF_TURN_TOKEN|><|USER_TOKEN|>A?<|END_OF_TURN_TOKEN|><|START_OF_TURN_TOKEN|><|CHATBOT_TOKEN|>B.<|END_OF_TURN_TOKEN|>"
    "<|START_OF_TURN_TOKEN|><|USER_TOKEN|>C?<|END_OF_TURN_TOKEN|><|START_OF_TURN_TOKEN|><|CHATBOT_TOKEN|>",
    "GLM": "[gMASK]<sop><|system|>\nS<|user|>\nA?<|assistant|>\nB.<|user|>\nC?<|assistant|>\n",
    "Mistral": "<s>[SYSTEM_PROMPT]S[/SYSTEM_PROMPT][INST]A?[/INST]B.</s>[INST]C?[/INST]",
    "Qwen, thinking": "<|im_start|>system\nS<|im_end|>\n<|im_start|>user\nA?<|im_end|>\n<|im_start|>assistant\nB.<|im_end|>\n"
    "<|im_start|>user\nC?<|im_end|>\n<|im_start|>assistant\n<think>\n\n</think>\n\n",
    "Vicuna": "S USER: A? ASSISTANT: B.</s>USER: C? ASSISTANT:",
    "Titan": "S\nUser: A?\nBot: B.\nUser: C?\nBot:",
    "Alpaca": "S\n\n### Instruction:\nA?\n\n### Response:\nB.\n\n### Instruction:\nC?\n\n### Response:",
}
BODIES_OF_PROMPTS: list[Callable[[str], dict[str, Any]]] = [
    lambda text: {"model": "m", "prompt": text},
    lambda text: {"model": "m", "inputs": text, "parameters": {"max_new_tokens": 9}},
    lambda text: {"model": "m", "inputText": text},
    lambda text: {"model": "m", "text": text, "sampling_params": {"max_new_tokens": 9}},
    lambda text: {"model": "m", "text_input": text},
]


@pytest.mark.parametrize("name", WRITTEN_OUT)
def test_every_template_is_taken_apart_wherever_a_prompt_stands(tmp_path: Path, name: str) -> None:
    turns = turns_of(WRITTEN_OUT[name]) or []
    said = [("system", "S"), ("user", "A?"), ("assistant", "B."), ("user", "C?")]
    assert [(turn.role, turn.content) for turn in turns] == said
    for body in BODIES_OF_PROMPTS:
        row = logged(tmp_path, body(WRITTEN_OUT[name]), {"choices": [{"index": 0, "text": "So."}]})
        assert (row["system"], row["prompt"], row["response"]) == ("S", "C?", "So.")


@pytest.mark.parametrize(
    "text",
    [
        "USER: is a word",
        "User: what?\nBot: that",
        "### Instruction:\nDo.",
        "A <｜User｜> mark",
        "What is ASSISTANT: for?",
    ],
)
def test_names_that_a_person_writes_make_no_turns(text: str) -> None:
    assert turns_of(text) is None


@pytest.mark.parametrize(
    "mark",
    [
        "<|start|>",
        "<｜begin▁of▁sentence｜>",
        "[SYSTEM_PROMPT]",
        "USER:",
        "\n### ",
        "<|start|>a<|channel|>",
        " ",
        "<think>",
    ],
)
def test_a_row_of_marks_takes_no_long(mark: str) -> None:
    begun = time.process_time()
    for end in ("", "ASSISTANT:", "### Response:"):
        turns_of(mark * 50_000 + end)
        turns_of(mark + "a" * 500_000 + end)
    assert time.process_time() - begun < 5
