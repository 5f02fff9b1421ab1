"""What comes with every piece of a stream (what was spent so far, a role, a name) does not tell how many pieces were hidden."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from gateways import decided
from stripped_answers import got, stripped

FEW, MANY = 3, 60
Event = dict[str, Any]
WITH_EACH: dict[str, Event] = {
    "role": {"role": "assistant"},
    "role and no content": {"role": "assistant", "content": ""},
    "audio": {"audio": {"id": "a"}},
    "name of a call": {"tool_calls": [{"index": 0, "id": "c", "type": "function", "function": {"name": "add"}}]},
    "name of a function": {"function_call": {"name": "add"}},
    "nothing": {},
}


def spent(pieces: int) -> Event:
    return {"prompt_tokens": 7, "completion_tokens": pieces, "total_tokens": 7 + pieces}


def chunk(delta: Event | None, pieces: int, ends: str | None = None, index: int = 0) -> Event:
    """As vLLM sends it with ``continuous_usage_stats``."""
    choices = [] if delta is None else [{"index": index, "delta": delta, "finish_reason": ends}]
    return {"id": "c", "object": "chat.completion.chunk", "model": "m", "choices": choices, "usage": spent(pieces)}


def chat(hidden: int, more: Event, where: str) -> Iterator[Event]:
    in_tags = where == "tags"
    said = ["<think>", *["x "] * hidden, "</think>"] if in_tags else ["x "] * hidden
    yield chunk({"role": "assistant", "content": ""}, 0)
    for number, piece in enumerate(said):
        if where == "no choice":
            yield chunk(None, number)
        else:
            yield chunk({**more, "content" if in_tags else "reasoning_content": piece}, number)
    yield chunk({"content": "fo"}, hidden + 1)
    yield chunk({"content": "ur"}, hidden + 2)
    yield chunk({}, 999, "stop")
    yield chunk(None, 999)


def messages(hidden: int) -> Iterator[Event]:
    start = {"id": "m", "type": "message", "role": "assistant", "model": "m", "content": [], "usage": spent(0)}
    yield {"type": "message_start", "message": start}
    yield {"type": "content_block_start", "index": 0, "content_block": {"type": "thinking", "thinking": ""}}
    for number in range(hidden):
        yield {"type": "content_block_delta", "index": 0, "delta": {"type": "thinking_delta", "thinking": "x"}}
        yield {"type": "message_delta", "delta": {}, "usage": {"output_tokens": number}}
    yield {"type": "content_block_stop", "index": 0}
    yield {"type": "content_block_start", "index": 1, "content_block": {"type": "text", "text": ""}}
    yield {"type": "content_block_delta", "index": 1, "delta": {"type": "text_delta", "text": "<think>"}}
    for _ in range(hidden):
        cited = {"type": "char_location", "cited_text": "x", "start_char_index": hidden}
        yield {"type": "content_block_delta", "index": 1, "delta": {"type": "citations_delta", "citation": cited}}
    yield {"type": "content_block_delta", "index": 1, "delta": {"type": "text_delta", "text": "</think>four"}}
    yield {"type": "content_block_stop", "index": 1}
    yield {"type": "message_delta", "delta": {"stop_reason": "end_turn"}, "usage": {"output_tokens": 999}}
    yield {"type": "message_stop"}


def responses(hidden: int) -> Iterator[Event]:
    made = {"id": "r", "object": "response", "status": "in_progress", "model": "m", "output": []}
    yield {"type": "response.created", "response": made}
    for number in range(hidden):
        usage = {"input_tokens": 7, "output_tokens": number, "total_tokens": 7 + number}
        yield {"type": "response.in_progress", "response": {**made, "usage": usage}}
    place = {"output_index": 0, "item_id": "i", "content_index": 0}
    item = {"id": "i", "type": "message", "status": "in_progress", "role": "assistant", "content": []}
    yield {"type": "response.output_item.added", "output_index": 0, "item": item}
    yield {"type": "response.output_text.delta", **place, "delta": "<think>"}
    for number in range(hidden):
        note = {"type": "url_citation", "start_index": number, "end_index": number, "url": "u", "title": "t"}
        yield {"type": "response.output_text.annotation.added", **place, "annotation_index": number, "annotation": note}
    yield {"type": "response.output_text.delta", **place, "delta": "</think>four"}
    yield {"type": "response.output_text.done", **place, "text": "<think></think>four"}
    usage = {"input_tokens": 7, "output_tokens": 999, "total_tokens": 1006}
    yield {"type": "response.completed", "response": {**made, "status": "completed", "usage": usage}}


def shown(folder: Path, events: Iterator[Event], **settings: Any) -> bytes:
    with stripped(folder, **settings) as (url, upstream):
        upstream.pieces = [b"data: " + json.dumps(one).encode() + b"\n\n" for one in events] + [b"data: [DONE]\n\n"]
        status, answer = got(url)
    assert status == 200
    return answer


@pytest.mark.parametrize("hold", [True, False])
@pytest.mark.parametrize("where", ["field", "tags", "no choice"])
@pytest.mark.parametrize("name", WITH_EACH)
def test_a_chat_says_the_same_however_much_was_hidden(tmp_path: Path, name: str, where: str, hold: bool) -> None:
    few, many = (shown(tmp_path, chat(hidden, WITH_EACH[name], where), hold_untagged=hold) for hidden in (FEW, MANY))
    assert few == many
    # What it comes to is said, at the end, and so is the text.
    assert few.count(b'"completion_tokens":999') == 2
    assert few.count(b'"completion_tokens":') == 2
    assert b"four" in few or (b'"fo"' in few and b'"ur"' in few)


@pytest.mark.parametrize("hold", [True, False])
@pytest.mark.parametrize("made", [messages, responses])
def test_so_do_other_apis(tmp_path: Path, made: Any, hold: bool) -> None:
    few, many = (shown(tmp_path, made(hidden), hold_untagged=hold) for hidden in (FEW, MANY))
    assert few == many
    assert few.count(b'_tokens":999') == 1
    assert b"four" in few


def test_what_was_spent_is_said_where_no_choice_says_that_it_ended(tmp_path: Path) -> None:
    events = [chunk({"content": "four"}, 5), chunk({"content": ""}, 6, "as_i_please")]
    assert shown(tmp_path, iter(events)).count(b'"completion_tokens":6') == 1


def test_what_was_spent_may_stand_beside_an_empty_choice_behind_the_end(tmp_path: Path) -> None:
    """As LiteLLM sends it."""
    events = [chunk({"content": "four"}, 5), chunk({}, 6, "stop"), chunk({"content": "", "role": None}, 7)]
    with stripped(tmp_path) as (url, upstream):
        upstream.pieces = [b"data: " + json.dumps(one).encode() + b"\n\n" for one in events]
        assert got(url)[1].count(b'"completion_tokens":7') == 1


def test_of_several_choices_the_last_ends_it(tmp_path: Path) -> None:
    def both(hidden: int) -> Iterator[Event]:
        yield chunk({"role": "assistant"}, 0, index=0)
        yield chunk({"role": "assistant"}, 0, index=1)
        yield chunk({"content": "four"}, 1, index=0)
        yield chunk({}, 2, "stop", index=0)
        for number in range(hidden):
            yield chunk({"reasoning_content": "x"}, 3 + number, index=1)
        yield chunk({"content": "five"}, hidden + 4, index=1)
        yield chunk({}, 999, "stop", index=1)

    few, many = (shown(tmp_path, both(hidden)) for hidden in (FEW, MANY))
    assert few == many
    assert few.count(b'"completion_tokens":') == 1


def test_others_have_it_with_every_piece(tmp_path: Path) -> None:
    """Of whom log probabilities alone are taken, and who asked for it so."""
    with stripped(tmp_path, decided("strip-logprobs", accounts=["a"])) as (url, upstream):
        upstream.pieces = [b"data: " + json.dumps(one).encode() + b"\n\n" for one in chat(FEW, {}, "field")]
        assert got(url)[1].count(b'"completion_tokens":') == len(upstream.pieces)
