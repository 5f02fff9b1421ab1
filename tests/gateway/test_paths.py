"""No spelling of a path and no other path is a way round record and stripping."""

import asyncio
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote

import httpx
import msgspec
import pytest
from gateways import Gateway, Snap, decided, known, standings
from hypothesis import example, given, settings
from hypothesis import strategies as st
from marked_answers import MARK, THOUGHT, Answer, chat, marks_in
from model_server import ModelServer

import stillwatch
from stillwatch.gateway import GatewaySettings, Guard, write_snapshot
from stillwatch.gateway.paths import api_of, plain_path

APIS = {
    "/v1/chat/completions": "chat",
    "/v1/completions": "completions",
    "/v1/responses": "responses",
    "/v1/messages": "messages",
}
SHARED = "Work through every step before you give the final answer to the examiner."
FULL_WIDTH = {chr(code): chr(code + 0xFEE0) for code in range(0x61, 0x7B)}


@st.composite
def spellings(draw: st.DrawFn) -> tuple[str, str]:
    """A path as some server may take it, as it stands in the request line, and its API."""
    path, api = draw(st.sampled_from(sorted(APIS.items())))
    made = draw(st.sampled_from(["", "/openai/deployments/m", "//", "/x/..", "/PROXY"]))
    for segment in path.strip("/").split("/"):
        made += draw(st.sampled_from(["/", "//", "/./", "///", "/y/../", "\\", "%2F", "%5C", "/;p=1/"]))
        for letter in segment:
            forms = [letter, letter.upper(), f"%{ord(letter):02x}", f"%25{ord(letter):02X}", f"%2525{ord(letter):02x}"]
            forms += [quote(FULL_WIDTH[letter])] if letter in FULL_WIDTH else []
            made += draw(st.sampled_from(forms) if draw(st.integers(0, 3)) == 0 else st.just(letter))
        made += draw(st.sampled_from(["", "", "", ";v=2", "%20", "%00", "%09", "%E2%80%8B", "%C2%AD", ".", "%3Bp"]))
    return made + draw(st.sampled_from(["", "", "/", "//", "/.", "%3Fa=b", "%23top", "/%20"])), api


@settings(max_examples=600, deadline=None)
@given(spelled=spellings())
@example(("//v1/chat/completions", "chat"))
@example(("/V1/Chat/Completions/", "chat"))
@example(("/v1/chat%2Fcompletions", "chat"))
@example(("/v1/chat/completions;jsessionid=1", "chat"))
def test_an_api_is_known_however_its_path_is_spelt(spelled: tuple[str, str]) -> None:
    path, api = spelled
    # As a server hands it on, decoded once, and as it came.
    assert api_of(unquote(path)) == api
    assert api_of(path) == api


@settings(max_examples=300, deadline=None)
@given(path=st.text(st.characters(max_codepoint=127, exclude_characters="%"), max_size=40))
def test_a_plain_path_is_plain(path: str) -> None:
    plain = plain_path(path)
    assert plain.startswith("/")
    assert not {"..", "."} & set(plain.split("/"))
    assert "//" not in plain
    assert plain_path(plain) == plain


@pytest.mark.parametrize(
    "path",
    [
        "/v1/models",
        "/v1/embeddings",
        "/v1/chat/completions/chatcmpl-1",
        "/v1/mycompletions",
        "/v1/messages/count_tokens",
        "/v1/completions/..",
        "/",
        "",
        "%" * 999,
    ],
)
def test_other_paths_are_no_api(path: str) -> None:
    assert api_of(path) is None


class Served:
    """A guard before an app that answers every path with reasoning; all of it in memory."""

    def __init__(self, folder: Path, **more: Any) -> None:
        decisions = [
            decided("hide-reasoning", accounts=["bad"], decision_id="D1"),
            decided("block", accounts=["old"], templates=["T1"], decision_id="D2"),
        ]
        write_snapshot(folder / "snapshot", standings(folder / "log.jsonl", *decisions), known(("T1", "C1", SHARED)))
        self.record = folder / "record"
        self.kind, self.answer = b"application/json", json.dumps(chat(Answer(fields={"reasoning": THOUGHT}))).encode()
        self.bodies: list[bytes] = []
        chosen: dict[str, Any] = {"mode": "enforce", "jitter_seconds": 0, "account_from": ("header:x-account",)}
        chosen |= {"snapshot": folder / "snapshot", "record": self.record, **more}
        self.guard = Guard(self.app, GatewaySettings(**chosen))

    async def app(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "websocket":
            await send({"type": "websocket.accept"})
            await send({"type": "websocket.close", "code": 1000})
            return
        parts = [await receive()]
        while parts[-1].get("more_body"):
            parts.append(await receive())
        self.bodies.append(b"".join(part.get("body", b"") for part in parts))
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", self.kind)]})
        await send({"type": "http.response.body", "body": self.answer})

    def ask(self, path: str, *pieces: bytes, account: str = "bad", method: str = "POST", **more: Any) -> Any:
        """The status and the body that the client sees."""
        headers = [(b"x-account", account.encode()), *more.pop("headers", ())]
        if any(pieces):
            headers.append((b"content-length", str(sum(map(len, pieces))).encode()))
        scope = {"type": "http", "method": method, "path": path, "raw_path": b"/"}
        scope |= {"query_string": b"", **more}
        rest, sent = list(pieces or (b"",)), []

        async def receive() -> Any:
            return {"type": "http.request", "body": rest.pop(0), "more_body": bool(rest)}

        async def send(message: Any) -> None:
            sent.append(message)

        asyncio.run(self.guard({**scope, "headers": headers}, receive, send))
        return sent[0].get("status"), b"".join(message.get("body", b"") for message in sent)

    def lines(self) -> list[dict[str, Any]]:
        lines = [line for file in self.record.glob("*.jsonl") for line in file.read_bytes().splitlines()]
        return [msgspec.json.decode(line) for line in lines]


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    made = Served(tmp_path_factory.mktemp("paths"))
    yield made
    asyncio.run(made.guard.gate.close())


def body(prompt: str, field: str = "prompt") -> bytes:
    return json.dumps({"model": "m", field: prompt}).encode()


@settings(max_examples=120, deadline=None)
@given(
    path=spellings().map(lambda pair: unquote(pair[0])) | st.text(max_size=30).map(lambda text: f"/{text}"),
    method=st.sampled_from(["POST", "PUT", "PATCH", "GET", "DELETE"]),
    number=st.integers(0, 10**9),
    field=st.sampled_from(["prompt", "inputs", "contents", "q"]),
)
def test_whatever_the_path_a_request_is_recorded_and_its_answer_stripped(
    served: Served, path: str, method: str, number: int, field: str
) -> None:
    before = len(served.lines())
    status, shown = served.ask(path, body(f"apple {number}", field), method=method)
    assert status == 200
    assert marks_in(shown) == []
    (line,) = served.lines()[before:]
    assert line["prompt"] == f"apple {number}"
    assert line["account_id"] == "bad"
    assert line["operation"]
    # Anthropic's API has no "inputs": there it is text in a place that is not known, recorded all the same.
    known = ("prompt",) if line["operation"] == "messages" else ("prompt", "inputs")
    assert ("unread" in line) == (field not in known)


def test_a_known_text_is_seen_on_any_path_and_in_any_field(served: Served) -> None:
    for path in ("/v1/chat/completions", "/V2//chat%2fcompletions", "/invocations", "/generate"):
        for field in ("prompt", "inputs"):
            assert served.ask(path, body(SHARED, field), account="fresh")[0] == 403
    query = f"a=1&prompt={SHARED.replace(' ', '+')}".encode()
    assert served.ask("/generate", account="fresh", method="GET", query_string=query)[0] == 403
    before = len(served.lines())
    assert served.ask("/v1/models", account="fresh", method="GET", query_string=b"limit=20&after=m-1")[0] == 200
    assert len(served.lines()) == before
    nested = json.dumps({"requests": [{"parts": [{"deep": {"text": SHARED}}]}]}).encode()
    assert served.ask("/v1/models/m:generateContent", nested, account="fresh")[0] == 403


@pytest.mark.parametrize(
    ("pieces", "headers", "why"),
    [
        ([b"--x\r\nContent-Disposition: form-data", b" ... " * 9], [], "it is no JSON"),
        ([b"{'half"], [], "it is no JSON"),
        ([b'{"a": 1}\n' * 2**16, b" "], [], "it is longer than max_body_mb"),
        ([b"5"], [], "its shape is not known"),
    ],
)
def test_a_body_that_cannot_be_read_goes_on_as_it_came_and_is_counted(
    tmp_path: Path, pieces: list[bytes], headers: list[tuple[bytes, bytes]], why: str
) -> None:
    served = Served(tmp_path, max_body_mb=0.5)
    status, shown = served.ask("/v1/files", *pieces, headers=headers)
    assert status == 200
    assert marks_in(shown) == []
    assert served.bodies == [b"".join(pieces)]
    (line,) = served.lines()
    assert (line["operation"], line["prompt"], line["unread"]) == ("v1/files", "", why)
    assert served.guard.gate.meters.value("failures", "unread") == 1
    # On a path of a known API none of these is served.
    if why != "its shape is not known":
        assert served.ask("/v1//chat/completions", *pieces, headers=headers)[0] in (400, 413, 415)
    asyncio.run(served.guard.gate.close())


def test_an_answer_of_no_known_shape_is_withheld_on_other_paths_too(tmp_path: Path) -> None:
    served = Served(tmp_path)
    for kind, answer in ((b"application/jsonl", THOUGHT), (b"application/json", json.dumps({"generated_text": MARK}))):
        served.kind, served.answer = kind, answer.encode()
        assert served.ask("/generate", body("x"))[0] == 502
        assert served.ask("/generate", body("x"), account="other") == (200, answer.encode())
    asyncio.run(served.guard.gate.close())


def test_other_paths_are_refused_or_passed_where_the_operator_says_so(tmp_path: Path) -> None:
    for name in ("refuse", "shadow", "pass"):
        (tmp_path / name).mkdir()
    strict = Served(tmp_path / "refuse", other_paths="refuse")
    assert strict.ask("/invocations", body("x"), account="other")[0] == 404
    assert strict.ask("/x/V1//Embeddings/", body("x"), account="other")[0] == 200
    assert strict.ask("/v1/models", method="GET", account="other")[0] == 200
    assert strict.ask("/v1/chat/completions", body("x"), account="other")[0] == 200
    shadow = Served(tmp_path / "shadow", other_paths="refuse", mode="shadow")
    assert shadow.ask("/invocations", body("x"), account="other")[0] == 200
    assert [line["operation"] for line in shadow.lines()] == ["invocations"]
    lax = Served(tmp_path / "pass", other_paths="pass")
    assert lax.ask("/invocations", body("x"), account="other")[0] == 200
    assert lax.lines() == []
    for one in (strict, shadow, lax):
        asyncio.run(one.guard.gate.close())


def test_a_websocket_is_recorded_and_closed_to_whoever_is_treated(tmp_path: Path) -> None:
    served = Served(tmp_path)
    shown: dict[str, str] = {}

    async def opened(account: str) -> None:
        sent = []

        async def receive() -> Any:
            return {"type": "websocket.connect"}

        async def send(message: Any) -> None:
            sent.append(message["type"])

        scope = {"type": "websocket", "path": "/v1/realtime", "headers": [(b"x-account", account.encode())]}
        await served.guard(scope, receive, send)
        shown[account] = sent[0]

    for account in ("other", "bad"):
        asyncio.run(opened(account))
    assert shown == {"other": "websocket.accept", "bad": "websocket.close"}
    assert [(line["operation"], line["status"]) for line in served.lines()] == [
        ("v1/realtime", "101"),
        ("v1/realtime", "403"),
    ]
    asyncio.run(served.guard.gate.close())


def test_a_scan_counts_what_was_asked_on_other_paths(
    gateway: Gateway, snap: Snap, tmp_path: Path, model_server: ModelServer
) -> None:
    url = gateway(record=tmp_path / "record", snapshot=snap())
    with httpx.Client(headers={"x-account": "a"}) as client:
        client.post(f"{url}/v1/embeddings", json={"model": "e", "input": ["one text", "another"]})
        client.post(f"{url}//v1/chat/completions/", json={"model": "plain", "messages": []})
        client.post(f"{url}/v1/files", files={"file": b"x" * 70_000})
        client.get(f"{url}/v1/models")
    assert model_server.seen[-2][1]["content-type"].startswith("multipart/")
    run = stillwatch.scan(tmp_path / "record", out=tmp_path / "run", workers=1)
    rows = sorted(run.table("exchanges").to_pylist(), key=lambda row: str(row["operation"]))
    assert run.dead_letters == 0
    assert [(row["operation"], row["prompt"]) for row in rows][1:] == [
        ("v1/embeddings", "one text\nanother"),
        ("v1/files", ""),
    ]
    assert rows[0]["operation"] == "chat.completions"
