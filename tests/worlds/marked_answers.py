"""Answers of the four APIs, whole and streamed, in which every bit of reasoning is written in one letter.

The letter is ``MARK``; it stands nowhere else. So a test can ask for nothing less than none of it.
"""

import base64
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

MARK = "Ж"
THOUGHT = MARK * 12
_BYTES = list(MARK.encode())


def encoded_thought() -> str:
    return base64.b64encode((MARK * 30).encode()).decode()


def marks_in(answer: bytes) -> list[str]:
    """Every form in which the letter stands in an answer's bytes."""
    text = answer.decode("utf-8", "replace")
    compact = text.replace(" ", "")
    encodings: set[str] = {
        base64.b64encode(MARK.encode() * 3).decode(),
        base64.b64encode(b"." + MARK.encode() * 3)[4:8].decode(),
    }
    forms = {MARK, "\\u0416", f"{_BYTES[0]},{_BYTES[1]}", *encodings}
    return [form for form in forms if form in text or form in compact]


@dataclass
class Answer:
    """What a model came up with, and where its reasoning goes."""

    visible: str = "four apples"
    choices: int = 1
    tag: tuple[str, str] | None = None
    opened_in_prompt: bool = False
    fields: dict[str, Any] = field(default_factory=dict)
    arguments: str | None = None
    logprobs: bool = False
    unknown: dict[str, Any] = field(default_factory=dict)
    thinking: bool = False

    @property
    def content(self) -> str:
        if self.tag is None:
            return self.visible
        opening, closing = self.tag
        return f"{'' if self.opened_in_prompt else opening}{THOUGHT}{closing}{self.visible}"


def arguments_with_reasoning(escaped: bool, tag: tuple[str, str]) -> str:
    said = {
        "a": 2,
        "reasoning": THOUGHT,
        "note": f"{tag[0]}{THOUGHT}{tag[1]}sum",
        "deep": [{"Thought_Signature": THOUGHT}],
    }
    text = json.dumps(said, ensure_ascii=escaped)
    return text.replace("<", "\\u003c") if escaped else text


def token(text: str) -> dict[str, Any]:
    one = {"token": text, "logprob": -0.1, "bytes": list(text.encode())}
    return {**one, "top_logprobs": [dict(one), {"token": MARK, "logprob": -3.0, "bytes": _BYTES}]}


USAGE = {
    "prompt_tokens": 3,
    "completion_tokens": 9,
    "total_tokens": 12,
    "completion_tokens_details": {"reasoning_tokens": 416, "note": MARK},
}


def chat(answer: Answer) -> dict[str, Any]:
    message: dict[str, Any] = {"role": "assistant", "content": answer.content, **answer.fields, **answer.unknown}
    if answer.arguments is not None:
        call = {"id": f"call_1__thought__{encoded_thought()}", "type": "function"}
        message["tool_calls"] = [{**call, "index": 0, "function": {"name": "add", "arguments": answer.arguments}}]
    tokens = {"content": [token(MARK), token("four")], "reasoning": [token(MARK)]} if answer.logprobs else None
    choice = {"finish_reason": "stop", "logprobs": tokens, "message": message, **answer.unknown}
    choices = [{"index": number, **choice} for number in range(answer.choices)]
    body = {"id": "chatcmpl-1", "object": "chat.completion", "created": 1, "model": "m", "choices": choices}
    return {**body, "usage": USAGE, **answer.unknown}


def completion(answer: Answer) -> dict[str, Any]:
    tokens = {"tokens": [MARK, "four"], "token_logprobs": [-0.1, -0.2], "top_logprobs": [{MARK: -0.1}, {"four": -1.0}]}
    choice = {"text": answer.content, "finish_reason": "stop", "logprobs": tokens if answer.logprobs else None}
    choices = [{"index": number, **choice, **answer.unknown} for number in range(answer.choices)]
    body = {"id": "cmpl-1", "object": "text_completion", "created": 1, "model": "m", "choices": choices}
    return {**body, "usage": USAGE, **answer.unknown}


def responses(answer: Answer) -> dict[str, Any]:
    reasoning = {
        "id": "rs_1",
        "type": "reasoning",
        "status": "completed",
        "summary": [{"type": "summary_text", "text": THOUGHT}],
        "content": [{"type": "reasoning_text", "text": THOUGHT}],
        "encrypted_content": encoded_thought(),
    }
    tokens = [token(MARK), token("four")] if answer.logprobs else []
    part = {"type": "output_text", "text": answer.content, "annotations": [], "logprobs": tokens, **answer.unknown}
    message = {"id": "msg_1", "type": "message", "status": "completed", "role": "assistant", "content": [part]}
    output: list[dict[str, Any]] = [reasoning] if answer.thinking else []
    output.append({**message, **answer.unknown})
    if answer.arguments is not None:
        call = {"id": "fc_1", "type": "function_call", "status": "completed", "call_id": "call_1", "name": "add"}
        output.append({**call, "arguments": answer.arguments})
    if answer.unknown:
        output.append({"type": "musing", "text": THOUGHT})
    return {
        "id": "resp_1",
        "object": "response",
        "created_at": 1,
        "status": "completed",
        "model": "m",
        "output": output,
        "tools": [],
        "tool_choice": "auto",
        "parallel_tool_calls": True,
        "usage": {
            "input_tokens": 3,
            "output_tokens": 9,
            "total_tokens": 12,
            "output_tokens_details": {"reasoning_tokens": 416, "note": MARK},
        },
        **answer.unknown,
    }


def messages(answer: Answer) -> dict[str, Any]:
    blocks: list[dict[str, Any]] = []
    if answer.thinking:
        blocks.append({"type": "thinking", "thinking": THOUGHT, "signature": encoded_thought()})
        blocks.append({"type": "redacted_thinking", "data": encoded_thought()})
    blocks.append({"type": "text", "text": answer.content, **answer.unknown})
    if answer.arguments is not None:
        blocks.append({"type": "tool_use", "id": "toolu_1", "name": "add", "input": json.loads(answer.arguments)})
    if answer.unknown:
        blocks.append({"type": "musing", "text": THOUGHT})
    usage = {"input_tokens": 3, "output_tokens": 9, "thinking_note": MARK}
    body = {"id": "msg_1", "type": "message", "role": "assistant", "model": "m", "content": blocks}
    return {**body, "stop_reason": "end_turn", "stop_sequence": None, "usage": usage, **answer.unknown}


def pieces(text: str, size: int) -> list[str]:
    return [text[at : at + size] for at in range(0, len(text), size)] or [""]


def sse(body: dict[str, Any] | str, name: str | None = None) -> bytes:
    data = body if isinstance(body, str) else json.dumps(body, ensure_ascii=False)
    return (f"event: {name}\n" if name else "").encode() + f"data: {data}\n\n".encode()


def chat_stream(answer: Answer, size: int) -> Iterator[bytes]:
    whole = chat(answer)
    base = {"id": "chatcmpl-1", "object": "chat.completion.chunk", "created": 1, "model": "m", **answer.unknown}
    yield f": thinking {THOUGHT}\n\n".encode()
    for choice in whole["choices"]:
        index, message = choice["index"], choice["message"]
        deltas: list[dict[str, Any]] = [{"role": "assistant", "content": ""}]
        for name, value in {**answer.fields, **answer.unknown}.items():
            deltas += [{name: piece} for piece in (pieces(value, size) if isinstance(value, str) else [value])]
        deltas += [{"content": piece} for piece in pieces(answer.content, size)]
        for call in message.get("tool_calls") or ():
            opened = {**call, "function": {"name": "add", "arguments": ""}}
            deltas.append({"tool_calls": [opened]})
            for piece in pieces(call["function"]["arguments"], size):
                deltas.append({"tool_calls": [{"index": 0, "function": {"arguments": piece}}]})
        for delta in deltas:
            one = {"index": index, "delta": delta, "logprobs": choice["logprobs"], "finish_reason": None}
            yield sse({**base, "choices": [one]})
        yield sse({**base, "choices": [{"index": index, "delta": {}, "finish_reason": "stop"}]})
    yield sse({**base, "choices": [], "usage": USAGE})
    yield sse("[DONE]")


def completion_stream(answer: Answer, size: int) -> Iterator[bytes]:
    whole = completion(answer)
    for choice in whole["choices"]:
        for piece in pieces(answer.content, size):
            yield sse({**whole, "choices": [{**choice, "text": piece, "finish_reason": None}], "usage": None})
        yield sse({**whole, "choices": [{**choice, "text": ""}]})
    yield sse("[DONE]")


def messages_stream(answer: Answer, size: int) -> Iterator[bytes]:
    whole = messages(answer)

    def event(kind: str, **rest: Any) -> bytes:
        return sse({"type": kind, **rest, **answer.unknown}, kind)

    yield event("message_start", message={**whole, "content": [], "stop_reason": None})
    yield event("ping")
    for index, block in enumerate(whole["content"]):
        start: dict[str, Any]
        deltas: list[dict[str, Any]]
        if block["type"] == "thinking":
            start = {"type": "thinking", "thinking": "", "signature": ""}
            deltas = [{"type": "thinking_delta", "thinking": piece} for piece in pieces(THOUGHT, size)]
            deltas.append({"type": "signature_delta", "signature": block["signature"]})
        elif block["type"] == "text":
            start = {**block, "text": ""}
            deltas = [{"type": "text_delta", "text": piece} for piece in pieces(block["text"], size)]
        elif block["type"] == "tool_use":
            start = {**block, "input": {}}
            text = json.dumps(block["input"], ensure_ascii=False)
            deltas = [{"type": "input_json_delta", "partial_json": piece} for piece in pieces(text, size)]
        else:
            start, deltas = block, []
        yield event("content_block_start", index=index, content_block=start)
        for delta in deltas:
            yield event("content_block_delta", index=index, delta=delta)
        yield event("content_block_stop", index=index)
    yield event("message_delta", delta={"stop_reason": "end_turn", "stop_sequence": None}, usage=whole["usage"])
    yield event("message_stop")


def responses_stream(answer: Answer, size: int) -> Iterator[bytes]:
    whole = responses(answer)
    number = iter(range(10_000))

    def event(kind: str, **rest: Any) -> bytes:
        return sse(
            {"type": f"response.{kind}", "sequence_number": next(number), **rest, **answer.unknown}, f"response.{kind}"
        )

    yield event("created", response={**whole, "status": "in_progress", "output": []})
    for place, item in enumerate(whole["output"]):
        at: dict[str, Any] = {"item_id": item.get("id"), "output_index": place}
        opened = {**item, "status": "in_progress"}
        if item["type"] == "message":
            opened["content"] = []
        if item["type"] == "function_call":
            opened["arguments"] = ""
        yield event("output_item.added", output_index=place, item=opened)
        if item["type"] == "reasoning":
            for piece in pieces(THOUGHT, size):
                yield event("reasoning_text.delta", **at, content_index=0, delta=piece)
                yield event("reasoning_summary_text.delta", **at, summary_index=0, delta=piece)
            yield event("reasoning_summary_text.done", **at, summary_index=0, text=THOUGHT)
        elif item["type"] == "message":
            (part,) = item["content"]
            yield event("content_part.added", **at, content_index=0, part={**part, "text": "", "logprobs": []})
            for piece in pieces(part["text"], size):
                yield event("output_text.delta", **at, content_index=0, delta=piece, logprobs=part["logprobs"])
            yield event("output_text.done", **at, content_index=0, text=part["text"], logprobs=part["logprobs"])
            yield event("content_part.done", **at, content_index=0, part=part)
        elif item["type"] == "function_call":
            for piece in pieces(item["arguments"], size):
                yield event("function_call_arguments.delta", **at, delta=piece)
            yield event("function_call_arguments.done", **at, arguments=item["arguments"])
        yield event("output_item.done", output_index=place, item=item)
    yield event("completed", response=whole)


WHOLE = {"chat": chat, "completion": completion, "responses": responses, "messages": messages}
STREAMED = {
    "chat": chat_stream,
    "completion": completion_stream,
    "responses": responses_stream,
    "messages": messages_stream,
}
