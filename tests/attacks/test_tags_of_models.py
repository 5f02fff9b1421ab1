"""Reasoning between the tags that public models write, where the server behind does not tell it apart."""

import json
from pathlib import Path

import pytest
from attacked import HELLO, asked, guarded
from gateways import decided
from marked_answers import THOUGHT, marks_in
from stripped_answers import Upstream, stripped

CHAT = "/v1/chat/completions"
LONG = "think_never_used_51bce0c785ca2f68081bfa7d91973934"
TAGS = {
    "LongCat": ("<longcat_think>", "</longcat_think>"),
    "Pangu": ("[unused16]", "[unused17]"),
    "Lux": ("<|think_start|>", "<|think_end|>"),
    "with a start and an end": ("<|reasoning_start|>", "<|reasoning_end|>"),
    "Doubao": (f"<{LONG}>", f"</{LONG}>"),
    "Hermes": ("<REASONING_SCRATCHPAD>", "</REASONING_SCRATCHPAD>"),
    "with a word before it": ("<redacted_thinking>", "</redacted_thinking>"),
    "K2": ("<think_fast>", "</think_fast>"),
    "K2, of a later make": ("<ifm|think_faster>", "</ifm|think_faster>"),
    "Gemini": ("<ctrl94>thought\n", "<ctrl95>"),
    "Claude, of old": ("<antThinking>", "</antThinking>"),
    "Solar": ("<|think|>", "<|end|><|begin|>assistant<|content|>"),
    "Solar, where the turn's end is taken out": ("<|think|>", "<|begin|>assistant<|content|>"),
    "barred": ("<|think|>", "<|/think|>"),
    "Open WebUI": ('<details type="reasoning" done="true" duration="12">\n<summary>Thought</summary>', "</details>"),
    "Granite": ("Here is my thought process:", "Here is my response:"),
    "Granite, in short": ("Here's my thought process:\n\n", "\n\nHere\u2019s my response:\n\n"),
}

ENDING_ANYTHING = {"Granite", "Granite, in short", "Open WebUI"}
"""What ends a thought there may stand in any answer."""


def said(url: str, upstream: Upstream, *pieces: str) -> bytes:
    """What comes of an answer in one piece, and of a stream in several."""
    stream = len(pieces) > 1
    given = [{"index": 0, "delta": {"content": piece}} for piece in pieces]
    if stream:
        given.append({"index": 0, "delta": {}, "finish_reason": "stop"})
    else:
        given = [{"index": 0, "message": {"role": "assistant", "content": pieces[0]}, "finish_reason": "stop"}]
    events = [json.dumps({"choices": [one]}, ensure_ascii=False).encode() for one in given]
    upstream.headers = [(b"content-type", b"text/event-stream" if stream else b"application/json")]
    upstream.pieces = [b"data: " + one + b"\n\n" for one in events] if stream else events
    status, answer = asked(url, CHAT, {"model": "m", "stream": stream, "messages": HELLO}, "x-account: a")
    assert status == 200
    return answer


@pytest.mark.parametrize("hold", [True, False])
@pytest.mark.parametrize("name", TAGS)
def test_what_stands_between_them_is_not_shown(tmp_path: Path, name: str, hold: bool) -> None:
    opening, closing = TAGS[name]
    text = f"{opening}{THOUGHT}{closing}four"
    with stripped(tmp_path, hold_untagged=hold) as (url, upstream):
        for answer in (said(url, upstream, text), said(url, upstream, *text)):
            assert (marks_in(answer), answer.count(THOUGHT.encode())) == ([], 0)
            assert "four" in "".join(json.loads(f'"{part}"') for part in texts_of(answer))
        for cut in range(1, len(opening)):
            assert marks_in(said(url, upstream, text[:cut], text[cut:])) == []
        # Cut off before it is closed.
        assert marks_in(said(url, upstream, f"{opening}{THOUGHT}")) == []
        assert marks_in(said(url, upstream, opening, THOUGHT)) == []


def texts_of(answer: bytes) -> list[str]:
    return [part.split('"')[0] for part in answer.decode().split('"content":"')[1:]]


@pytest.mark.parametrize("name", [name for name in TAGS if name not in ENDING_ANYTHING])
def test_a_template_may_have_opened_them(tmp_path: Path, name: str) -> None:
    text = f"{THOUGHT}{TAGS[name][1]}four"
    with stripped(tmp_path) as (url, upstream):
        for answer in (said(url, upstream, text), said(url, upstream, *text)):
            assert marks_in(answer) == []


@pytest.mark.parametrize("opens", ["", "Here are my reasoning steps:\n"])
def test_all_before_the_final_response_was_reasoning(tmp_path: Path, opens: str) -> None:
    """Of Apriel, whose template has begun to say so in the prompt."""
    text = f"{opens}{THOUGHT}\n[BEGIN FINAL RESPONSE]\nfour"
    with stripped(tmp_path) as (url, upstream):
        for pieces in ((text,), tuple(text), *((text[:cut], text[cut:]) for cut in range(1, len(text)))):
            answer = said(url, upstream, *pieces)
            assert marks_in(answer) == []
            assert "four" in "".join(json.loads(f'"{part}"') for part in texts_of(answer))
    hides = decided("hide-reasoning", accounts=["a"])
    with guarded(tmp_path, hides, account_from=("header:x-account",)) as (url, behind):
        body = {"model": "m", "messages": HELLO, "stop": ["[BEGIN FINAL", "FINAL RESPONSE]", "END"]}
        assert asked(url, CHAT, body, "x-account: a")[0] == 200
        assert json.loads(behind.seen[-1].body)["stop"] == ["END"]


@pytest.mark.parametrize(
    "text",
    [
        "Sure. Here is my response: four",
        "Here's what I think: four",
        "[unused18] and <longcat> and <|think",
        "Here is my thought",
        "a here",
        "<details><summary>More</summary>four</details> five",
        "<details class='a'>four</details>",
        "[BEGIN] and [BEGIN FINAL",
        "a | b <ifm|tool_calls> think_fast an antelope",
        "<|begin|>assistant and <|content|>",
        "<|begin|>user<|content|>",
    ],
)
def test_words_that_are_none_stay(tmp_path: Path, text: str) -> None:
    with stripped(tmp_path) as (url, upstream):
        assert "".join(texts_of(said(url, upstream, text))) == text
        assert "".join(texts_of(said(url, upstream, *text))) == text


def test_an_answer_is_not_ended_before_they_are(tmp_path: Path) -> None:
    hides = decided("hide-reasoning", accounts=["a"])
    with guarded(tmp_path, hides, account_from=("header:x-account",)) as (url, behind):
        for _, closing in (pair for name, pair in TAGS.items() if name not in ENDING_ANYTHING):
            body = {"model": "m", "messages": HELLO, "stop": [closing, closing[:-1], closing[2:], "END"]}
            assert asked(url, CHAT, body, "x-account: a")[0] == 200
            assert json.loads(behind.seen[-1].body)["stop"] == ["END"]
