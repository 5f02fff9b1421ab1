"""Whatever an endpoint answers, a run that asks it says so in a sentence, in bounded time and memory, and carries on."""

import json
import socketserver
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from stillwatch.core import EndpointFailed
from stillwatch.endpoints import Endpoint
from stillwatch.endpoints import chat_completions as client
from stillwatch.services.audited_models import AskSettings, open_model

GOOD = json.dumps({"choices": [{"message": {"role": "assistant", "content": "four"}}]}).encode()
BODY = {"model": "m", "messages": [{"role": "user", "content": "Two and two?"}]}


@contextmanager
def answering(say: Callable[[Any], None]) -> Iterator[str]:
    """A server that says what it likes, a connection each time."""

    class Handler(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            length = 0
            while (line := self.rfile.readline()) not in (b"\r\n", b""):
                if line.lower().startswith(b"content-length:"):
                    length = int(line.split(b":")[1])
            self.rfile.read(length)
            try:
                say(self.wfile)
            except OSError:
                return

    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler) as server:
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        yield f"http://127.0.0.1:{server.server_address[1]}/v1"
        server.shutdown()


def whole(body: bytes, status: str = "200 OK", *headers: str) -> bytes:
    head = [f"HTTP/1.1 {status}", f"content-length: {len(body)}", "connection: close", *headers, "", ""]
    return "\r\n".join(head).encode() + body


ANSWERS = {
    "nothing": b"",
    "no JSON": whole(b"<html>"),
    "no object": whole(b"[]"),
    "no choices": whole(b'{"choices": []}'),
    "choices that are none": whole(b'{"choices": "four"}'),
    "a choice that is none": whole(b'{"choices": [7]}'),
    "depth": whole(b"[" * 200_000 + b"]" * 200_000),
    "a refusal with lines of its own": whole(b"no\r\nstillwatch: evidence: none\x1b[2J", "400 Bad"),
    "a redirect": whole(b"", "307 Temporary Redirect", "location: http://127.0.0.1:1/v1/chat/completions"),
    "no UTF-8": whole(b'{"choices": [{"message": {"content": "\xff"}}]}'),
    "no HTTP": b"four\r\n\r\n",
    "less than it said": b"HTTP/1.1 200 OK\r\ncontent-length: 900\r\n\r\n" + GOOD,
    "a status that is none": whole(GOOD, "999 Odd"),
    "Retry-After that is no number": whole(b"", "429 Busy", "retry-after: nan"),
    "Retry-After before all time": whole(b"", "429 Busy", "retry-after: Mon, 01 Jan 0001 00:00:00 GMT"),
    "Retry-After beyond numbers": whole(b"", "503 Busy", "retry-after: -1e999"),
}


@pytest.mark.parametrize("name", ANSWERS)
def test_an_answer_that_is_none_is_said_in_a_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    # Waits between tries double; here none is waited for.
    monkeypatch.setattr(client, "_LONGEST_WAIT_SECONDS", 0.01)
    with answering(lambda out: out.write(ANSWERS[name])) as url, pytest.raises(EndpointFailed) as failed:
        Endpoint(url, tmp_path / "record.jsonl", timeout_seconds=20).complete(BODY)
    assert url in str(failed.value)
    assert "carries on" in str(failed.value)
    assert len(str(failed.value).splitlines()) == 2
    assert str(failed.value).replace("\n", "").isprintable()
    assert not (tmp_path / "record.jsonl").exists()


def test_an_answer_without_end_is_left(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client, "_LONGEST", 2**20)
    sent = []

    def flood(out: Any) -> None:
        out.write(b"HTTP/1.1 200 OK\r\n\r\n")
        while True:
            out.write(b" " * 65536)
            sent.append(65536)

    with answering(flood) as url, pytest.raises(EndpointFailed, match="no chat completion"):
        Endpoint(url, tmp_path / "record.jsonl").complete(BODY)
    # What the system holds for a connection, and no more.
    assert sum(sent) < 64 * 2**20


def test_an_answer_that_drips_is_given_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client, "_LONGEST_WAIT_SECONDS", 0.01)
    monkeypatch.setattr(client, "_TRIES", 2)

    def drip(out: Any) -> None:
        out.write(b"HTTP/1.1 200 OK\r\n\r\n")
        while True:
            out.write(b" ")
            time.sleep(0.02)

    with answering(drip) as url, pytest.raises(EndpointFailed, match="takes too long, 2 times"):
        Endpoint(url, tmp_path / "record.jsonl", timeout_seconds=0.5).complete(BODY)


def test_half_a_letter_can_be_kept(tmp_path: Path) -> None:
    body = GOOD.replace(b"four", b"fo\\ud83dur")
    with answering(lambda out: out.write(whole(body))) as url:
        said = Endpoint(url, tmp_path / "record.jsonl").complete(BODY)["choices"][0]["message"]["content"]
        assert said.encode() == "fo\ufffdur".encode()


def test_what_was_cut_off_costs_nothing_else(tmp_path: Path) -> None:
    record = tmp_path / "record.jsonl"
    with answering(lambda out: out.write(whole(GOOD))) as url:
        Endpoint(url, record).complete(BODY)
        record.write_bytes(record.read_bytes() + b'{"request": "\xc3')
        Endpoint(url, record).complete(BODY | {"seed": 1})
        again = Endpoint(url, record)
        again.complete(BODY)
        again.complete(BODY | {"seed": 1})
        assert again.sent == 0


def choice(content: Any, **more: Any) -> dict[str, Any]:
    return {"message": {"role": "assistant", "content": content}, "finish_reason": "stop", **more}


TOP = {"token": "a", "logprob": -0.5}
SHAPES: dict[str, tuple[dict[str, Any], str, dict[str, float]]] = {
    "parts": (choice([{"type": "text", "text": "fo"}, {"type": "text", "text": "ur"}]), "four", {}),
    "parts with a thought": (choice([{"type": "thinking", "thinking": "hm"}, {"type": "text", "text": "4"}]), "4", {}),
    "a part alone": (choice({"type": "text", "text": "four"}), "four", {}),
    "a number": (choice(4), "4", {}),
    "a message that is text": ({"message": "four"}, "four", {}),
    "a message that is none": ({"message": [1], "text": "four"}, "1", {}),
    "text alone": ({"text": "four", "finish_reason": ["stop"]}, "four", {}),
    "log-probabilities": (choice("four", logprobs={"content": [{"top_logprobs": [TOP]}]}), "four", {"a": -0.5}),
    "as text": (choice("four", logprobs="none"), "four", {}),
    "as a list": (choice("four", logprobs=[1]), "four", {}),
    "of no token": (choice("four", logprobs={"content": [None]}), "four", {}),
    "by name": (choice("four", logprobs={"content": {"a": 1}}), "four", {}),
    "tokens as text": (choice("four", logprobs={"content": [{"top_logprobs": "abc"}]}), "four", {}),
    "null": (choice("four", logprobs={"content": [{"top_logprobs": [{"token": None, "logprob": None}]}]}), "four", {}),
    "no number": (
        choice("four", logprobs={"content": [{"top_logprobs": [TOP, {"token": "b", "logprob": float("nan")}]}]}),
        "four",
        {"a": -0.5},
    ),
    "without end": (
        choice("four", logprobs={"content": [{"top_logprobs": [{"token": "b", "logprob": float("-inf")}]}]}),
        "four",
        {"b": -1e4},
    ),
    "more than certain": (
        choice("four", logprobs={"content": [{"top_logprobs": [TOP, {"token": "b", "logprob": 700.0}]}]}),
        "four",
        {"a": -0.5},
    ),
}


@pytest.mark.parametrize("name", SHAPES)
def test_an_audit_reads_what_an_answer_says_in_whatever_form(tmp_path: Path, name: str) -> None:
    given, text, tokens = SHAPES[name]
    body = json.dumps({"choices": [given], "usage": [5]}).encode()
    with answering(lambda out: out.write(whole(body))) as url:
        model = open_model(f"openai:{url}#m", AskSettings(tmp_path, parallel=1))
        chats = [(("user", "Two and two?"),)]
        assert model.answers(chats)[0][0] == text
        assert model.next_tokens(chats) == ([tokens] if tokens else None)
        assert model.token_counts(["x"]) is None


def test_of_an_answer_that_is_far_too_long_its_beginning_is_kept_as_cut(tmp_path: Path) -> None:
    body = json.dumps({"choices": [choice("word " * 100_000)]}).encode()
    with answering(lambda out: out.write(whole(body))) as url:
        model = open_model(f"openai:{url}#m", AskSettings(tmp_path, parallel=1, max_tokens=20))
        text, ending = model.answers([(("user", "Two and two?"),)])[0]
        assert (len(text), ending) == (20 * 64, "length")


@pytest.mark.parametrize("where", ["content", "reasoning_content", "logprobs"])
def test_what_goes_on_beyond_all_measure_fills_neither_disk_nor_memory(tmp_path: Path, where: str) -> None:
    """Each answer had been kept whole, up to 32 MiB of hundreds."""
    found = choice("four")
    if where == "logprobs":
        found["logprobs"] = {"content": [{"top_logprobs": [{"token": "x" * 99, "logprob": -1.0}] * 1_000}] * 60}
    else:
        found["message"][where] = "word " * 1_000_000
    body = json.dumps({"choices": [found]}).encode()
    with answering(lambda out: out.write(whole(body))) as url:
        for _ in range(2):  # the second time from the record
            model = open_model(f"openai:{url}#m", AskSettings(tmp_path, parallel=1, max_tokens=20))
            text, ending = model.answers([(("user", "Two and two?"),)])[0]
            assert (text[:4], ending) == ("word" if where == "content" else "four", "length")
    record = tmp_path / "m.jsonl"
    assert record.stat().st_size < 1_000_000
    assert len(record.read_bytes().splitlines()) == 1


def test_a_record_that_was_damaged_is_asked_for_again_where_it_was(tmp_path: Path) -> None:
    record = tmp_path / "record.jsonl"
    with answering(lambda out: out.write(whole(GOOD))) as url:
        one = Endpoint(url, record)
        for seed in range(4):
            one.complete(BODY | {"seed": seed})
        lines = record.read_bytes().splitlines(keepends=True)
        record.write_bytes(b"\xff\x00[[\n" + lines[0] + b"[" * 100_000 + b"\n" + lines[3] + lines[1][:40])
        again = Endpoint(url, record)
        for seed in range(4):
            assert again.complete(BODY | {"seed": seed})["choices"][0]["message"]["content"] == "four"
        assert again.sent == 2
