"""Not one letter of stripped reasoning comes out over a socket, however an upstream frames, cuts, names or places it."""

import gzip
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from marked_answers import STREAMED, THOUGHT, Answer, marks_in
from stripped_answers import got, stripped

TAGGED = f"<think>{THOUGHT}</think>"


def framed(stream: bytes, end: bytes, *, lines: bool = False, space: bytes = b" ") -> bytes:
    """The events of a stream, written in another way that says the same."""
    said = [b"\xef\xbb\xbf: " + THOUGHT.encode()]
    for event in stream.decode().split("\n\n"):
        for line in event.splitlines():
            name, _, value = line.partition(": ")
            values = [value]
            if name == "data" and lines and value.startswith("{"):
                values = json.dumps(json.loads(value), indent=1, ensure_ascii=False).splitlines()
            said += [name.encode() + b":" + space + one.encode() for one in values]
            said += [b"id: " + THOUGHT.encode(), b"retry: 7", b":", THOUGHT.encode() + b": x"]
        said.append(b"")
    return end.join(said) + end


WAYS: dict[str, dict[str, Any]] = {
    "line feeds": {"end": b"\n"},
    "carriage returns": {"end": b"\r"},
    "both": {"end": b"\r\n"},
    "no blank": {"end": b"\n", "space": b""},
    "many lines": {"end": b"\r\n", "lines": True},
    "many lines by carriage returns": {"end": b"\r", "lines": True, "space": b""},
}
PATHS = {"chat": "chat/completions", "completion": "completions", "responses": "responses", "messages": "messages"}


@pytest.mark.parametrize("api", sorted(STREAMED))
def test_framing_and_cuts_let_nothing_out(tmp_path: Path, api: str) -> None:
    answer = Answer(tag=("<think>", "</think>"), choices=2 if api in ("chat", "completion") else 1)
    if api in ("chat", "messages"):
        answer.fields, answer.thinking = {"reasoning_content": THOUGHT, "thinking": [{"summary": THOUGHT}]}, True
    plain = b"".join(STREAMED[api](answer, 3))
    with stripped(tmp_path) as (url, upstream):
        for name, way in WAYS.items():
            stream = framed(plain, **way)
            for size in (1, 7, len(stream)):
                upstream.pieces = [stream[at : at + size] for at in range(0, len(stream), size)]
                status, said = got(url, f"/v1/{PATHS[api]}")
                assert status == 200
                assert marks_in(said) == [], (name, size)
                texts = "".join(
                    str(found)
                    for line in said.decode().splitlines()
                    if line.startswith("data: {")
                    for found in spoken(json.loads(line[6:]))
                )
                assert "four" in texts, (name, size)


def spoken(event: Any) -> Iterator[str]:
    """Texts in pieces of an answer."""
    if isinstance(event, dict):
        for name, value in event.items():
            if name in ("content", "text", "delta") and isinstance(value, str):
                yield value
            yield from spoken(value)
    elif isinstance(event, list):
        for one in event:
            yield from spoken(one)


def delta(**fields: Any) -> list[Any]:
    return [{"object": "chat.completion.chunk", "choices": [{"index": 0, "delta": fields}]}]


def both(make: Any) -> list[Any]:
    """A text with tagged reasoning, cut within each tag."""
    return [event for piece in ("<thi", f"nk>{THOUGHT}", "</th", "ink>ok") for event in make(piece)]


END = {"choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]}
BLOCK = {"type": "content_block_start", "index": 0}
PLACES: dict[str, list[Any]] = {
    "a whole message in a chunk": [
        {"choices": [{"index": 0, "message": {"content": TAGGED}, "finish_reason": "stop"}]}
    ],
    "a refusal": [*both(lambda text: delta(refusal=text)), END],
    "a refusal among parts": [*both(lambda text: delta(content=[{"type": "refusal", "refusal": text}])), END],
    "a text among parts": [*both(lambda text: delta(content=[{"type": "text", "text": text}])), END],
    "what is spoken": [*both(lambda text: delta(audio={"id": "a", "transcript": text})), END],
    "a title": [*delta(content="x", annotations=[{"type": "url_citation", "url_citation": {"title": TAGGED}}]), END],
    "a title among parts": [*delta(content=[{"type": "text", "text": "x", "annotations": [{"title": TAGGED}]}]), END],
    "a tool's free text": [
        *both(lambda text: delta(tool_calls=[{"index": 0, "custom": {"name": "f", "input": text}}])),
        END,
    ],
    "a tool's arguments": [
        *both(lambda text: delta(tool_calls=[{"index": 0, "function": {"name": "f", "arguments": text}}])),
        END,
    ],
    "a field of a name that nobody knows": [*delta(content="x", inner={"deep": [THOUGHT]}), END],
    "summaries": [*delta(content="x", reasoning={"summary": [{"text": THOUGHT}]}), END],
    "a message that begins with its text": [
        {"type": "message_start", "message": {"type": "message", "content": [{"type": "text", "text": TAGGED}]}}
    ],
    "a block that begins with its text": [
        {**BLOCK, "content_block": {"type": "text", "text": f"<think>{THOUGHT}"}},
        {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": "</think>ok"}},
        {"type": "content_block_stop", "index": 0},
    ],
    "a tool's input as text": [
        {**BLOCK, "content_block": {"type": "tool_use", "id": "t", "name": "f", "input": TAGGED}}
    ],
    "thinking within a text": [
        {**BLOCK, "content_block": {"type": "text", "text": "", "thinking": THOUGHT, "signature": THOUGHT}},
        {"type": "content_block_delta", "index": 0, "delta": {"type": "thinking_delta", "thinking": THOUGHT}},
        {"type": "content_block_delta", "index": 0, "delta": {"type": "signature_delta", "signature": THOUGHT}},
        {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": "ok", "thinking": THOUGHT}},
        {"type": "content_block_stop", "index": 0, "thinking": THOUGHT},
    ],
    "where a stop is told": [{"type": "message_delta", "delta": {"stop_reason": "end_turn", "stop_sequence": TAGGED}}],
    "a completion of old": both(lambda text: [{"type": "completion", "completion": text}]),
    "a whole text beside a piece": [
        {"type": "response.output_text.delta", "output_index": 0, "content_index": 0, "delta": "ok", "text": TAGGED}
    ],
    "half a text beside a piece": [
        {
            "type": "response.output_text.delta",
            "output_index": 0,
            "content_index": 0,
            "delta": "ok",
            "text": f"<think>{THOUGHT}",
        }
    ],
    "a note": [{"type": "response.output_text.annotation.added", "output_index": 0, "annotation": {"title": TAGGED}}],
    "summaries of an answer": [
        {"type": f"response.reasoning_summary_{kind}", "output_index": 0, "delta": THOUGHT, "text": THOUGHT}
        for kind in ("part.added", "text.delta", "text.done")
    ],
    "an item's reasoning": [
        {
            "type": "response.output_item.done",
            "output_index": 0,
            "item": {
                "type": "reasoning",
                "id": "r",
                "summary": [{"type": "summary_text", "text": THOUGHT}],
                "encrypted_content": THOUGHT,
            },
        }
    ],
    "log probabilities in other shapes": [
        {
            "choices": [
                {
                    "index": 0,
                    "delta": {"content": "x"},
                    "logprobs": {"tokens": [THOUGHT], "top_logprobs": [{THOUGHT: -1}], "content": [{"token": THOUGHT}]},
                    "prompt_logprobs": [{"1": {"decoded_token": THOUGHT}}],
                    "token_logprobs": {THOUGHT: 0},
                }
            ],
            "completion_probabilities": [{"content": THOUGHT}],
            "meta_info": {"output_top_logprobs": [[-1, 5, THOUGHT]]},
            "details": {"tokens": [{"text": THOUGHT}]},
        },
        END,
    ],
    "an error": [{"error": {"message": TAGGED, "reasoning": THOUGHT}, "reasoning": THOUGHT}],
}


def test_no_place_lets_reasoning_out(tmp_path: Path) -> None:
    with stripped(tmp_path) as (url, upstream):
        for name, events in PLACES.items():
            lines = [b"data: " + json.dumps(one, ensure_ascii=False).encode() + b"\n\n" for one in events]
            upstream.pieces = [*lines, b"data: [DONE]\n\n"]
            status, said = got(url)
            assert status == 200
            assert marks_in(said) == [], name
            assert b"[DONE]" in said, name


PICTURE = b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR" + bytes(range(256))
WHOLE = json.dumps({"choices": [{"message": {"content": "x", "reasoning": THOUGHT}}]}, ensure_ascii=False).encode()
DATA = b"data: " + WHOLE + b"\n\n"


@pytest.mark.parametrize(
    ("headers", "body"),
    [
        ([("content-type", "text/event-stream"), ("content-encoding", "gzip")], gzip.compress(DATA, mtime=0)),
        ([("content-type", "text/event-stream")], gzip.compress(DATA, mtime=0)),
        ([("content-type", "application/json"), ("content-encoding", "gzip"), ("content-encoding", "identity")], WHOLE),
        ([("content-type", "application/json"), ("content-type", "image/png")], WHOLE),
        ([("content-type", "image/png"), ("content-type", "text/event-stream")], DATA),
        ([("content-type", "image/png")], WHOLE),
        ([("content-type", "audio/wav")], DATA),
        ([("content-type", "video/mp4")], THOUGHT.encode("utf-8").hex().encode()),
        ([("content-type", "text/plain")], DATA),
        ([("content-type", "application/x-ndjson")], WHOLE + b"\n" + WHOLE),
        ([("content-type", "application/octet-stream")], DATA),
        ([], DATA),
        ([("content-type", "image/png")], WHOLE.decode().encode("utf-16")),
        ([("content-type", "audio/mpeg")], WHOLE.decode().encode("utf-16-le")),
        ([("content-type", "video/mp4")], DATA.decode().encode("utf-32")),
        ([("content-type", "image/png; charset=binary")], b"\x00" + DATA),
        ([("x-reasoning", THOUGHT.encode().hex()), ("content-type", "application/json")], WHOLE),
    ],
    ids=[
        "compressed and said so",
        "compressed and not said",
        "compressed and not compressed",
        "JSON and a picture",
        "a picture and events",
        "JSON as a picture",
        "events as sound",
        "hexadecimal as a video",
        "events as text",
        "lines",
        "events as octets",
        "no type",
        "JSON of two bytes a letter as a picture",
        "the same without a mark as sound",
        "events of four as a video",
        "events behind a control character",
        "in a header",
    ],
)
def test_no_name_for_an_answer_lets_reasoning_out(tmp_path: Path, headers: list[tuple[str, str]], body: bytes) -> None:
    with stripped(tmp_path) as (url, upstream):
        upstream.headers = [(name.encode(), value.encode()) for name, value in headers]
        for pieces in ([body], [body[at : at + 1] for at in range(len(body))]):
            upstream.pieces = pieces
            status, said = got(url)
            assert status in (200, 502)
            assert marks_in(said) == []
            assert THOUGHT.encode().hex().encode() not in said
            assert not any(THOUGHT.encode(wide)[-8:] in said for wide in ("utf-16-le", "utf-32-le"))
            assert gzip.compress(DATA, mtime=0)[10:30] not in said


def test_pictures_pass_whole(tmp_path: Path) -> None:
    with stripped(tmp_path) as (url, upstream):
        upstream.headers = [(b"content-type", b"image/png")]
        for size in (1, 100, 1000):
            upstream.pieces = [PICTURE[at : at + size] for at in range(0, len(PICTURE), size)]
            assert got(url) == (200, PICTURE)
        upstream.pieces = []
        assert got(url) == (200, b"")


MEDIA = {
    "image/jpeg": b"\xff\xd8\xff\xe0\x00\x10JFIF\x00",
    "image/webp": b"RIFF\x24\x00\x00\x00WEBPVP8 ",
    "image/avif": b"\x00\x00\x00\x20ftypavif",
    "audio/wav": b"RIFF\x24\x00\x00\x00WAVEfmt ",
    "audio/mpeg": b"\xff\xfb\x90\x64\x00",
    "audio/opus": b"OggS\x00\x02",
    "audio/pcm": b"\x03\x00\xfe\xff\x05\x00\x0a\x00\xf3\xff",
    "video/mp4": b"\x00\x00\x00\x18ftypisom",
    "video/webm": b"\x1aE\xdf\xa3\x9fB\x86",
}


def test_what_is_a_picture_sound_or_film_passes(tmp_path: Path) -> None:
    with stripped(tmp_path) as (url, upstream):
        for kind, begins in MEDIA.items():
            body = begins + bytes(range(256)) * 3
            upstream.headers = [(b"content-type", kind.encode())]
            upstream.pieces = [body[at : at + 50] for at in range(0, len(body), 50)]
            assert got(url) == (200, body), kind
