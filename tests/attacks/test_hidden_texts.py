"""A known text is found also where only the model reads it: in names, schemas, files, cut in pieces, in letters unseen."""

import base64
import html
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from attacked import HELLO, asked, guarded, record_of
from gateways import decided, known

TEXT = (
    "Work through every step of the following task before you give the final answer to the examiner. "
    "Explain each intermediate result in full sentences and never leave out a calculation."
)
CODED = base64.b64encode(TEXT.encode()).decode()
PNG = b"\x89PNG\r\n\x1a\n"
URL_CODED = base64.urlsafe_b64encode(TEXT.encode()).decode()
PIECES = [TEXT[at : at + 20] for at in range(0, len(TEXT), 20)]
WORDS = TEXT.split(" ")
CHAT, RESPONSES, MESSAGES, GEMINI = (
    "/v1/chat/completions",
    "/v1/responses",
    "/v1/messages",
    "/v1/models/m:generateContent",
)


def said(*contents: Any) -> list[Any]:
    return [{"role": "user", "content": one} for one in contents]


def part(text: str) -> dict[str, str]:
    return {"type": "text", "text": text}


def file(data: str) -> dict[str, Any]:
    return {"type": "file", "file": {"filename": "a.txt", "file_data": data}}


SCHEMA = {"type": "json_schema", "json_schema": {"name": "x", "description": TEXT, "schema": {"type": "object"}}}
NAMED = {"type": "object", "properties": {TEXT: {"type": "string"}}}
PLACES: dict[str, tuple[str, dict[str, Any]]] = {
    "a schema's description": (CHAT, {"messages": HELLO, "response_format": SCHEMA}),
    "a name in a schema": (CHAT, {"messages": HELLO, "response_format": {"json_schema": {"schema": NAMED}}}),
    "a name in a tool": (CHAT, {"messages": HELLO, "tools": [{"function": {"name": "f", "parameters": NAMED}}]}),
    "a file": (CHAT, {"messages": said([file(f"data:text/plain;base64,{CODED}")])}),
    "a file in a URL's letters": (RESPONSES, {"input": said([file(f"DATA:text/markdown,{quote(TEXT)}")])}),
    "a document": (
        MESSAGES,
        {"messages": said([{"type": "document", "source": {"media_type": "text/plain", "data": CODED}}])},
    ),
    "data": (GEMINI, {"contents": [{"parts": [{"inlineData": {"mimeType": "text/plain", "data": URL_CODED}}]}]}),
    "a file of no kind": (CHAT, {"messages": said([file(f"data:;base64,{CODED}")])}),
    "a file of bytes, behind a blank": (
        CHAT,
        {"messages": said([file(f" data:application/octet-stream;base64,{CODED}")])},
    ),
    "a file whose data stand alone": (RESPONSES, {"input": said([{"type": "input_file", "file_data": CODED}])}),
    "data of another kind": (GEMINI, {"contents": [{"parts": [{"inlineData": {"mimeType": "x/y", "data": CODED}}]}]}),
    "a document's bytes": (
        "/model/m/converse",
        {"messages": said([{"document": {"format": "txt", "name": "a", "source": {"bytes": CODED}}}])},
    ),
    "parts cut anywhere": (CHAT, {"messages": said([part(one) for one in PIECES])}),
    "parts of a letter": (CHAT, {"messages": said([part(one) for one in TEXT])}),
    "parts of an item": (RESPONSES, {"input": said([{"type": "input_text", "text": one} for one in PIECES])}),
    "turns cut anywhere": (CHAT, {"messages": said(*PIECES)}),
    "short turns with answers between them": (
        CHAT,
        {"messages": [turn for one in PIECES for turn in (*said(one), {"role": "assistant", "content": "Go on."})]},
    ),
    "turns of three words": (
        CHAT,
        {"messages": said(*(" ".join(WORDS[at : at + 3]) for at in range(0, len(WORDS), 3)))},
    ),
    "parts of another API": (GEMINI, {"contents": [{"role": "user", "parts": [{"text": one} for one in PIECES]}]}),
    "unseen letters": (CHAT, {"messages": said("\u200b".join(TEXT))}),
    "tags of no language": (CHAT, {"messages": said("\U000e0041".join(TEXT))}),
    "soft hyphens": (CHAT, {"messages": said(TEXT.replace("e", "e\u00ad"))}),
    "wide letters": (
        CHAT,
        {"messages": said("".join(chr(ord(one) + 0xFEE0) if "!" <= one <= "~" else one for one in TEXT))},
    ),
    "letters of Cyrillic": (CHAT, {"messages": said(TEXT.translate(str.maketrans("aeopcsi", "аеорсѕі")))}),
    "letters of Greek in a system prompt": (
        CHAT,
        {"messages": [{"role": "system", "content": TEXT.translate(str.maketrans("aov", "αον"))}, *HELLO]},
    ),
    "bold letters": (
        RESPONSES,
        {"input": "".join(chr(0x1D5EE + ord(one) - 97) if one.islower() else one for one in TEXT)},
    ),
    "letters in circles": (
        MESSAGES,
        {"messages": said("".join(chr(0x24D0 + ord(one) - 97) if one.islower() else one for one in TEXT))},
    ),
    "letters struck through": (CHAT, {"messages": said("".join(f"{one}\u0336" for one in TEXT))}),
    "escaped letters": (CHAT, {"messages": said(TEXT.replace("e", "&#101;").replace("t", "&#x74;"))}),
    "letters escaped as in a program": (CHAT, {"messages": said("".join(f"\\u{ord(one):04x}" for one in TEXT))}),
    "bytes escaped as in a program": (CHAT, {"messages": said(TEXT.replace("e", "\\x65").replace("t", "\\x74"))}),
    "an escaped system prompt": (
        CHAT,
        {"messages": [{"role": "system", "content": html.escape(TEXT) + "&#33;"}, *HELLO]},
    ),
}


@pytest.mark.parametrize("place", PLACES)
def test_a_known_text_is_found(tmp_path: Path, place: str) -> None:
    path, body = PLACES[place]
    blocked = decided("block", templates=["T1"])
    with guarded(tmp_path, blocked, texts=known(("T1", "C001", TEXT)), account_from=("header:x-account",)) as (
        url,
        behind,
    ):
        status, answer = asked(url, path, {"model": "m", **body}, "x-account: a")
        assert (status, b"account_blocked" in answer) == (403, True)
        assert not behind.seen


def test_a_picture_is_no_text(tmp_path: Path) -> None:
    pictures = [
        f"data:image/png;base64,{base64.b64encode(PNG + TEXT.encode()).decode()}",
        "data:text/plain;base64,!!!",
        "data:text/plain",
        "data:,",
        "data:text/x,%",
    ]
    parts = [{"type": "image_url", "image_url": {"url": one}} for one in pictures]
    others = [{"source": {"media_type": "text/plain", "data": one}} for one in ("", "\u00e4", "a", "=" * 9)]
    with guarded(tmp_path, decided("block", templates=["T1"]), texts=known(("T1", "C001", TEXT))) as (url, behind):
        assert asked(url, CHAT, {"model": "m", "messages": said([*parts, *others])})[0] == 200
        assert len(behind.seen) == 1


@pytest.mark.parametrize(
    "body",
    [
        {"Messages": said(TEXT)},
        {"messages": [{"role": "user", "Content": TEXT}]},
        {"messages": [{"Role": "user", "content": "x"}]},
        {"messages": said([{"type": "text", "Text": TEXT}])},
        {"messages": said([{"type": "text", "text": "x", "TEXT": TEXT}])},
        {"messages": said("x"), "\u017fystem": TEXT},
        {"model": "m", "PROMPT": TEXT},
    ],
)
def test_what_only_servers_read_that_pass_over_case_is_refused(tmp_path: Path, body: Any) -> None:
    """Go's JSON, and so Ollama and many gateways, read ``Content`` as ``content``."""
    with guarded(tmp_path) as (url, behind):
        status, answer = asked(url, CHAT, {"model": "m", **body})
        assert (status, b"ambiguous_json" in answer) == (400, True)
        assert asked(url, CHAT, {"model": "m", "messages": HELLO, "N": 1, "Temperature": 0.5})[0] == 200
        assert len(behind.seen) == 1
    assert [line["prompt"] for line in record_of(tmp_path)] == [HELLO[0]["content"]]
