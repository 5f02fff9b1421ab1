"""A known text's answer that is asked for now and fetched later: that request holds no text by which it would be known."""

import json
from pathlib import Path
from typing import Any

import httpx
import pytest
from attacked import HELLO, asked, guarded, record_of
from gateways import decided, known

TEMPLATE = "Write a long and careful proof of the statement below, and explain each of its steps in full."
SAID: list[Any] = [{"role": "user", "content": TEMPLATE}]
TREATS = ["hide-reasoning", "summarise-reasoning", "strip-logprobs", ("cap-logprobs", {"top_logprobs": 1})]
ASKS: dict[str, dict[str, Any]] = {
    "/v1/responses": {"model": "m", "input": SAID, "background": True},
    "/v1/chat/completions": {"model": "m", "messages": SAID, "store": True},
}


def settings() -> dict[str, Any]:
    return {"texts": known(("T1", "C001", TEMPLATE)), "account_from": ("header:x-account",)}


@pytest.mark.parametrize("act", TREATS, ids=str)
def test_an_answer_that_is_treated_for_its_text_is_kept_nowhere(tmp_path: Path, act: Any) -> None:
    with guarded(tmp_path, decided(act, templates=["T1"]), **settings()) as (url, behind):
        for path, body in ASKS.items():
            assert asked(url, path, body, "x-account: b")[0] == 200
            sent = json.loads(behind.seen[-1].body)
            assert (sent["store"], sent.get("background", False)) == (False, False)
            # What is no known text is asked for as it came.
            place = "input" if "input" in body else "messages"
            other = {**body, place: HELLO}
            assert asked(url, path, other, "x-account: b")[0] == 200
            assert json.loads(behind.seen[-1].body) == other


AGAIN = ["Idempotency-Key", "x_idempotency_key", "cf-aig-cache-key", "x-cache-key", "repeatability-request-id"]


@pytest.mark.parametrize("act", TREATS, ids=str)
def test_nor_given_again_to_a_request_without_its_text(tmp_path: Path, act: Any) -> None:
    with guarded(tmp_path, decided(act, templates=["T1"]), **settings()) as (url, behind):
        named = {"idempotency_key": "k", "options": {"clientRequestToken": "k"}, "prompt_cache_key": "p"}
        for said, times in ((SAID, 0), (HELLO, 1)):
            for path in ("/v1/chat/completions", "/v1/inference/m"):
                body = {"model": "m", "messages": said, **named}
                asked(url, f"{path}?idempotencyKey=k&a=1", body, "x-account: b", *(f"{name}: k" for name in AGAIN))
                seen = behind.seen[-1]
                assert len(seen.all_of(*map(str.lower, AGAIN))) == times * len(AGAIN)
                kept = body if times else {"model": "m", "messages": said, "options": {}, "prompt_cache_key": "p"}
                assert json.loads(seen.body) == kept
                assert seen.query == (b"idempotencyKey=k&a=1" if times else b"a=1")


def lines(said: Any) -> bytes:
    one = {"custom_id": "1", "method": "POST", "url": "/v1/chat/completions", "body": {"model": "m", "messages": said}}
    return json.dumps(one).encode() + b"\n"


@pytest.mark.parametrize("act", TREATS, ids=str)
def test_a_file_for_a_batch_has_none_of_which_the_answer_would_be_treated(tmp_path: Path, act: Any) -> None:
    with guarded(tmp_path, decided(act, templates=["T1"]), **settings()) as (url, behind):

        def upload(file: bytes) -> httpx.Response:
            form: dict[str, Any] = {"files": {"file": ("batch.jsonl", file)}, "data": {"purpose": "batch"}}
            return httpx.post(f"{url}/v1/files", headers={"x-account": "b"}, timeout=120, **form)

        assert upload(lines(HELLO)).status_code == 200
        refused = upload(lines(HELLO) + lines(SAID) + lines(HELLO))
        assert (refused.status_code, refused.json()["error"]["code"]) == (403, "not_in_batches")
        requests = {"requests": [{"custom_id": "1", "params": {"messages": SAID, "max_tokens": 9}}]}
        assert asked(url, "/v1/messages/batches", requests, "x-account: b")[0] == 403
        assert len(behind.seen) == 1
    refusals = [
        line["gateway"]["refused"] for line in record_of(tmp_path) if (line.get("gateway") or {}).get("refused")
    ]
    assert refusals.count("not_in_batches") >= 2


def test_tags_and_limits_hold_for_lines_as_for_others(tmp_path: Path) -> None:
    tags = decided(("tag", {"tag": "seen"}), templates=["T1"])
    with guarded(tmp_path, tags, **settings()) as (url, behind):
        assert asked(url, "/v1/responses", ASKS["/v1/responses"], "x-account: b")[0] == 200
        assert json.loads(behind.seen[-1].body) == ASKS["/v1/responses"]
        form: dict[str, Any] = {"files": {"file": ("batch.jsonl", lines(SAID))}, "data": {"purpose": "batch"}}
        assert httpx.post(f"{url}/v1/files", headers={"x-account": "b"}, timeout=120, **form).status_code == 200
