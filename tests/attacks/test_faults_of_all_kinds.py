"""Where reasoning is hidden, a fault of the server behind keeps its status in whatever form it comes, and tells no more."""

import json
from pathlib import Path
from typing import Any

import pytest
from marked_answers import MARK, THOUGHT, marks_in
from stripped_answers import got, stripped

WHY = "max_tokens is too large"
SAID: dict[str, Any] = {
    "FastAPI": {"detail": WHY},
    "FastAPI of a body": {"detail": [{"loc": ["body", "messages", 0], "msg": WHY, "type": "int", "input": THOUGHT}]},
    "an object in detail": {"detail": {"message": WHY, "code": "x"}},
    "Ollama": {"error": WHY},
    "TGI": {"error": WHY, "error_type": "validation"},
    "Bedrock": {"message": WHY},
    "vLLM of old": {"object": "error", "message": WHY, "type": "BadRequestError", "param": None, "code": 400},
    "OpenAI": {"error": {"message": WHY, "type": "invalid_request_error", "code": None}},
    "Anthropic": {"type": "error", "error": {"type": "invalid_request_error", "message": WHY}, "request_id": "r"},
}
HELD: dict[str, bytes] = {
    "a page": b"<html>" + THOUGHT.encode() + b"</html>",
    "nothing known": json.dumps({"wrong": THOUGHT}).encode(),
    "a list": json.dumps([{"msg": THOUGHT}]).encode(),
    "a text": json.dumps(THOUGHT).encode(),
    "no text": b"\x1f\x8b\x00\xff",
    "within words": json.dumps({"detail": f"<think>{THOUGHT}</think>"}).encode(),
    "within the list": json.dumps({"detail": [{"msg": f"<think>{THOUGHT}", "ctx": {"e": THOUGHT}, MARK: 1}]}).encode(),
    "as a place": json.dumps({"detail": [{"loc": [THOUGHT, {"x": THOUGHT}], "msg": "m"}]}).encode(),
    "beside": json.dumps({"detail": "m", "output": THOUGHT, "body": {"reasoning": THOUGHT}}).encode(),
    "deep": b'{"detail": ' + b"[" * 100_000 + b"]" * 100_000 + b"}",
}
STATUSES = (400, 404, 422, 429, 500, 503)


@pytest.mark.parametrize("name", SAID)
@pytest.mark.parametrize("status", STATUSES)
def test_its_words_are_shown_under_its_status(tmp_path: Path, name: str, status: int) -> None:
    with stripped(tmp_path) as (url, upstream):
        upstream.headers, upstream.status = [(b"content-type", b"application/json")], status
        upstream.pieces = [json.dumps(SAID[name]).encode()]
        given, said = got(url)
        assert (given, marks_in(said)) == (status, [])
        assert WHY.encode() in said


@pytest.mark.parametrize("name", HELD)
@pytest.mark.parametrize("status", STATUSES)
def test_what_is_of_no_known_form_is_withheld_under_its_status(tmp_path: Path, name: str, status: int) -> None:
    with stripped(tmp_path) as (url, upstream):
        upstream.headers, upstream.status = [(b"content-type", b"application/json")], status
        upstream.pieces = [HELD[name]]
        given, said = got(url)
        assert (given, marks_in(said)) == (status, [])
        assert json.loads(said)


def test_what_is_no_fault_is_not_read_as_one(tmp_path: Path) -> None:
    with stripped(tmp_path) as (url, upstream):
        upstream.headers = [(b"content-type", b"application/json")]
        for said in ({"detail": WHY}, {"error": WHY}, {"message": WHY}):
            upstream.pieces = [json.dumps(said).encode()]
            assert (got(url)[0], WHY.encode() in got(url)[1]) == (502, False)


@pytest.mark.parametrize("headers", [[(b"content-encoding", b"gzip")], [(b"content-type", b"text/html")]])
def test_so_is_one_that_is_packed_or_a_page(tmp_path: Path, headers: list[tuple[bytes, bytes]]) -> None:
    with stripped(tmp_path) as (url, upstream):
        upstream.headers = [(b"content-type", b"application/json"), *headers]
        upstream.pieces, upstream.status = [THOUGHT.encode()], 404
        status, said = got(url)
        assert (status, marks_in(said)) == (404, [])
