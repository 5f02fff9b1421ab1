"""Not one letter of stripped reasoning comes out, in whatever shape an answer has and however a stream is cut."""

import json
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from marked_answers import (
    MARK,
    STREAMED,
    THOUGHT,
    WHOLE,
    Answer,
    arguments_with_reasoning,
    chat,
    encoded_thought,
    marks_in,
    token,
)

from stillwatch.core.reasoning_tags import ReasoningFilter, without_reasoning_across, without_reasoning_tags
from stillwatch.gateway.allowed import Redaction
from stillwatch.gateway.answer_shapes import UnknownShape, redacted_body
from stillwatch.gateway.streams import StreamRedactor

HIDE = Redaction(hide_reasoning=True)
TAGS = [
    ("<think>", "</think>"),
    ("<THINKING mode='deep'>", "</Thinking>"),
    ("< thought >", "< / thought >"),
    ("<seed:think>", "</seed:think>"),
    ("[THINK]", "[/THINK]"),
    ("◁think▷", "◁/think▷"),
    ("<|begin_of_thought|>", "<|end_of_thought|>"),
    ("<|channel|>analysis<|message|>", "<|end|>"),
    ("assistantanalysis", "assistantfinal"),
    ("<|channel>thought\n", "<channel|>"),
    ("<|inner_prefix|>", "<|inner_suffix|>"),
    ("<unused94>thought\n", "<unused95>"),
    ("[THINKING]", "[/THINKING]"),
    ("<|begin_of_thinking|>", "<|end_of_thinking|>"),
    ("&lt;think mode='deep'&gt;", "&lt;/think&gt;"),
    ("＜think＞", "＜/think＞"),
    ("<inner_monologue>", "</inner_monologue>"),
    ("<chain-of-thought>", "</chain-of-thought>"),
    ("<reasoning_content>", "</reasoning_content>"),
]
HOLDERS: list[Any] = [THOUGHT, [{"type": "reasoning.text", "text": THOUGHT}], {"text": THOUGHT}, [[THOUGHT]]]
FIELDS = ["reasoning_content", "reasoning", "reasoning_details", "thinking_blocks", "thoughts", "reasoning_text"]


@st.composite
def answers(draw: st.DrawFn) -> Answer:
    tag = draw(st.none() | st.sampled_from(TAGS))
    fields = draw(st.dictionaries(st.sampled_from(FIELDS), st.sampled_from(HOLDERS), max_size=3))
    unknown_names = st.sampled_from(["inner_voice", "x_trace", "provider_specific_fields", "psychic", "debug"])
    return Answer(
        choices=draw(st.integers(1, 3)),
        tag=tag,
        # Held back only where the upstream does not tell its reasoning apart: then it opens the tag itself.
        opened_in_prompt=tag is not None and not fields and draw(st.booleans()),
        fields=fields,
        arguments=draw(st.none() | st.builds(arguments_with_reasoning, st.booleans(), st.sampled_from(TAGS))),
        logprobs=draw(st.booleans()),
        unknown=draw(st.dictionaries(unknown_names, st.sampled_from(HOLDERS), max_size=2)),
        thinking=draw(st.booleans()),
    )


def redacted_stream(parts: list[bytes], redaction: Redaction, cut: int) -> bytes:
    stream = b"".join(parts)
    redactor = StreamRedactor(redaction)
    return b"".join(redactor.feed(stream[at : at + cut]) for at in range(0, len(stream), cut))


@pytest.mark.parametrize("api", sorted(WHOLE))
@settings(max_examples=40, deadline=None)
@given(answer=answers())
def test_a_whole_answer_keeps_its_text_and_nothing_of_its_reasoning(api: str, answer: Answer) -> None:
    body = WHOLE[api](answer)
    assert marks_in(json.dumps(body).encode()) or not (answer.fields or answer.tag or answer.unknown)
    passed = msgspec.json.encode(redacted_body(body, HIDE))
    assert marks_in(passed) == []
    assert b"416" not in passed
    assert passed.count(b"four apples") == (answer.choices if api in ("chat", "completion") else 1)


@pytest.mark.parametrize("api", sorted(STREAMED))
@settings(max_examples=40, deadline=None)
@given(answer=answers(), size=st.integers(1, 9), cut=st.sampled_from([1, 7, 64, 4096]))
def test_a_stream_keeps_its_text_and_nothing_of_its_reasoning(api: str, answer: Answer, size: int, cut: int) -> None:
    if api in ("messages", "responses") and answer.thinking:
        answer.opened_in_prompt = False
    passed = redacted_stream(list(STREAMED[api](answer, size)), HIDE, cut)
    assert marks_in(passed) == []
    assert b"416" not in passed
    assert shown_text(api, passed) == ["four apples"] * (answer.choices if api in ("chat", "completion") else 1)


def shown_text(api: str, stream: bytes) -> list[str]:
    """Each choice's text put together as a client would."""
    texts: dict[int, str] = {}
    for line in stream.decode().splitlines():
        if not line.startswith("data: ") or line == "data: [DONE]":
            continue
        body = json.loads(line[6:])
        for choice in body.get("choices", ()):
            piece = choice["text"] if "text" in choice else choice["delta"].get("content")
            texts[choice["index"]] = texts.get(choice["index"], "") + (piece or "")
        if api == "messages" and body["type"] == "content_block_delta" and body["delta"]["type"] == "text_delta":
            texts[0] = texts.get(0, "") + body["delta"]["text"]
        if api == "responses" and body["type"] == "response.output_text.delta":
            texts[0] = texts.get(0, "") + body["delta"]
    return [texts[index] for index in sorted(texts)]


@settings(max_examples=300, deadline=None)
@given(
    parts=st.lists(st.sampled_from([*[t for pair in TAGS for t in pair], "a < b ", "x", "[1]", THOUGHT]), max_size=12),
    cut=st.integers(1, 7),
    hold=st.booleans(),
)
def test_a_filter_gives_the_same_however_its_text_is_cut(parts: list[str], cut: int, hold: bool) -> None:
    text = "".join(parts)
    at_once, in_pieces = ReasoningFilter(hold=hold), ReasoningFilter(hold=hold)
    whole = at_once.feed(text) + at_once.finish()
    assert "".join(in_pieces.feed(text[at : at + cut]) for at in range(0, len(text), cut)) + in_pieces.finish() == whole


@pytest.mark.parametrize(
    "text",
    [
        "a < b and c > d",
        "see [1] and [THE end]",
        "<p>x</p>",
        "reasoning about <thin air>",
        "",
        "the assistant's final & analysis",
    ],
)
def test_text_without_reasoning_stays_as_it_is(text: str) -> None:
    assert without_reasoning_tags(text) == text


def test_a_doubly_closed_thought_is_left_out_whole() -> None:
    assert without_reasoning_tags(f"{THOUGHT}</think>{THOUGHT}</think>four") == "four"
    assert without_reasoning_tags(f"<think>{THOUGHT}") == ""
    # The end of a turn is the end of no thought.
    assert without_reasoning_tags(f"<think>{THOUGHT}</think>four<|end|>") == "four"
    assert without_reasoning_tags("four<|end|>") == "four"


@pytest.mark.parametrize("other", ["</reasoning>", "[/THINK]", "<|end|>", "◁/think▷", "</THINKING>"])
def test_a_closing_tag_of_another_kind_ends_no_thought_of_a_stream(other: str) -> None:
    for end, shown in ((f"{THOUGHT}</think>four", "four"), (THOUGHT, None)):
        text = f"<think>{THOUGHT}{other}{end}"
        for cut in (1, 5, 400):
            seen = ReasoningFilter()
            passed = "".join(seen.feed(text[at : at + cut]) for at in range(0, len(text), cut))
            assert passed == (shown or "")
            assert shown is None or seen.finish() == ""


def test_what_is_begun_in_one_text_ends_in_another() -> None:
    assert without_reasoning_across(["<thi", f"nk>{THOUGHT}", THOUGHT, f"{THOUGHT}</think>four", "apples"]) == [
        *["", "", "", "four", "apples"]
    ]
    assert without_reasoning_across([THOUGHT, THOUGHT, "</think>four"]) == ["", "", "four"]
    first = ReasoningFilter()
    assert first.feed("<think>") + first.finish() == ""
    second = ReasoningFilter(after=first)
    assert second.feed(THOUGHT) + second.finish() == ""
    assert ReasoningFilter(after=second).feed("</think>four") == "four"


def test_text_is_held_back_until_the_upstream_tells_its_reasoning_apart() -> None:
    def shown(fields: dict[str, Any]) -> bytes:
        parts = list(STREAMED["chat"](Answer(fields=fields), 4))
        return redacted_stream(parts[:4] if not fields else parts[: 4 + len(pieces_of(fields))], HIDE, 64)

    assert b"four" not in shown({})
    assert b"four" in shown({"reasoning_content": THOUGHT})


def pieces_of(fields: dict[str, Any]) -> list[str]:
    return [value[at : at + 4] for value in fields.values() for at in range(0, len(value), 4)]


@pytest.mark.parametrize("body", [{"verdict": MARK}, [MARK], MARK, {"results": [{"text": MARK}]}, {}])
def test_a_body_of_no_known_shape_is_refused(body: object) -> None:
    with pytest.raises(UnknownShape):
        redacted_body(body, HIDE)


def test_events_of_no_known_shape_are_left_out() -> None:
    parts = [
        f"data: {text}\n\n".encode()
        for text in (MARK, f'{{"musing": "{MARK}"}}', f'["{MARK}"]', '{"type": "response.new"}')
    ]
    assert redacted_stream(parts, HIDE, 3) == b""


@pytest.mark.parametrize("top", [-1, 0, 1])
def test_log_probabilities_are_capped_or_stripped_and_reasoning_stays(top: int) -> None:
    answer = Answer(logprobs=True, fields={"reasoning_content": THOUGHT})
    passed = redacted_body(chat(answer), Redaction(top_logprobs=top))
    choice = passed["choices"][0]
    assert choice["message"]["reasoning_content"] == THOUGHT
    if top == -1:
        assert choice["logprobs"] is None
    else:
        assert [len(one["top_logprobs"]) for one in choice["logprobs"]["content"]] == [top, top]
        assert choice["logprobs"]["content"][1]["token"] == "four"
    for api, stream in STREAMED.items():
        out = redacted_stream(list(stream(answer, 5)), Redaction(top_logprobs=top), 50)
        assert (b'"bytes":[' in out) == (top != -1 and api in ("chat", "responses")), api


def test_a_summary_stays_where_only_raw_reasoning_goes() -> None:
    summary = Redaction(hide_reasoning=True, keep_summaries=True)
    body = WHOLE["responses"](Answer(thinking=True))
    body["output"][0]["summary"] = [{"type": "summary_text", "text": "Counted."}]
    passed = redacted_body(body, summary)
    assert passed["output"][0]["summary"] == [{"type": "summary_text", "text": "Counted."}]
    assert marks_in(msgspec.json.encode(passed)) == []
    details = [
        {"type": "reasoning.summary", "summary": "Counted."},
        {"type": "reasoning.encrypted", "data": encoded_thought()},
    ]
    passed = redacted_body(chat(Answer(fields={"reasoning_details": details})), summary)
    assert passed["choices"][0]["message"]["reasoning_details"] == [
        {"type": "reasoning.summary", "summary": "Counted."}
    ]


def test_the_marks_can_be_found() -> None:
    for form in (MARK, json.dumps(MARK), json.dumps(token(MARK)), encoded_thought()):
        assert marks_in(form.encode())
