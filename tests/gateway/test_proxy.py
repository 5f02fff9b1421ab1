"""The proxy before a real model server, spoken to by the real clients of both APIs."""

import contextlib
import json
import os
import socket
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import httpx
import msgspec
import pytest
from gateways import Gateway, Snap, decided, known
from leftovers import FORGIVEN, collected  # noqa: F401
from loaded_late import late
from marked_answers import MARK, THOUGHT, marks_in
from model_server import ModelServer
from patience import until

import stillwatch

if TYPE_CHECKING:
    import anthropic
    import openai
else:
    anthropic, openai = late("anthropic"), late("openai")

pytestmark = FORGIVEN

HELLO: Any = [{"role": "user", "content": "How many apples?"}]
TOOL: Any = {"type": "function", "function": {"name": "add", "parameters": {"type": "object", "properties": {}}}}
RESPONSES_TOOL: Any = {"type": "function", "name": "add", "parameters": {"type": "object", "properties": {}}}
SHARED = "Work through every step before you give the final answer to the examiner."


def post(url: str, path: str = "/v1/chat/completions", account: str = "bad", **body: Any) -> httpx.Response:
    asked = {"model": "plain", "messages": HELLO, **body}
    return httpx.post(url + path, json=asked, headers={"x-account": account}, timeout=120)


def recorded(folder: Path) -> list[dict[str, Any]]:
    lines = [line for file in sorted(folder.glob("*.jsonl")) for line in file.read_bytes().splitlines()]
    return [msgspec.json.decode(line) for line in lines]


def test_without_decisions_every_byte_passes_as_it_came(gateway: Gateway, upstream: str) -> None:
    url = gateway()
    for path, body in (("/v1/chat/completions", {"messages": HELLO}), ("/v1/responses", {"input": "x"})):
        for stream in (False, True):
            asked = {"model": "fields", "stream": stream, **body}
            assert httpx.post(url + path, json=asked).content == httpx.post(upstream + path, json=asked).content


@pytest.mark.parametrize("model", ["fields", "tags", "prompt-tags", "plain"])
def test_the_openai_client_sees_answers_without_reasoning(gateway: Gateway, snap: Snap, model: str) -> None:
    url = gateway(snapshot=snap(decided("hide-reasoning", accounts=["bad"])))
    client = openai.OpenAI(base_url=f"{url}/v1", api_key="k", default_headers={"x-account": "bad"})
    asked: Any = {"model": model, "messages": HELLO, "n": 2, "logprobs": True, "top_logprobs": 2, "tools": [TOOL]}
    whole = client.chat.completions.create(**asked)
    assert [choice.message.content for choice in whole.choices] == ["four apples"] * 2
    texts, calls = {0: "", 1: ""}, {0: "", 1: ""}
    with client.chat.completions.create(**asked, stream=True) as stream:
        for chunk in stream:
            assert marks_in(chunk.model_dump_json().encode()) == []
            for choice in chunk.choices:
                texts[choice.index] += choice.delta.content or ""
                for call in choice.delta.tool_calls or ():
                    calls[choice.index] += (call.function and call.function.arguments) or ""
    assert texts == {0: "four apples", 1: "four apples"}
    assert [json.loads(text) for text in calls.values()] == [{"a": 2, "deep": [{}], "note": "sum"}] * 2
    answer = client.responses.create(model=model, input="x", tools=[RESPONSES_TOOL])
    assert answer.output_text == "four apples"
    for one in (whole, answer):
        assert marks_in(one.model_dump_json().encode()) == []
    with client.responses.stream(model=model, input="x") as events:
        seen = [repr(event).encode() for event in events]
        assert events.get_final_response().output_text == "four apples"
    assert marks_in(b"".join(seen)) == []
    old = client.completions.create(model=model, prompt="x", n=2, logprobs=2)
    assert [choice.text for choice in old.choices] == ["four apples"] * 2
    assert marks_in(old.model_dump_json().encode()) == []


@pytest.mark.parametrize("model", ["fields", "tags", "prompt-tags", "plain"])
def test_the_anthropic_client_sees_answers_without_thinking(gateway: Gateway, snap: Snap, model: str) -> None:
    url = gateway(snapshot=snap(decided("hide-reasoning", accounts=["bad"])))
    client = anthropic.Anthropic(base_url=url, api_key="k", default_headers={"x-account": "bad"})
    tool: Any = {"name": "add", "input_schema": {"type": "object"}}
    asked: Any = {"model": model, "messages": HELLO, "max_tokens": 9, "tools": [tool]}
    whole = client.messages.create(**asked)
    assert [block.type for block in whole.content] == ["text", "tool_use"]
    with client.messages.stream(**asked) as stream:
        events = [repr(event).encode() for event in stream]
        final = stream.get_final_message()
    assert [block.type for block in final.content] == ["text", "tool_use"]
    assert final.content[0].to_dict() == {"type": "text", "text": "four apples"}
    assert final.content[1].to_dict()["input"] == {"a": 2, "deep": [{}], "note": "sum"}
    assert marks_in(b"".join([*events, whole.to_json().encode(), final.to_json().encode()])) == []


def test_stored_answers_and_unknown_ones_do_not_get_round_it(gateway: Gateway, snap: Snap) -> None:
    url = gateway(snapshot=snap(decided("hide-reasoning", accounts=["bad"])))
    headers = {"x-account": "bad"}
    stored = httpx.get(f"{url}/v1/responses/resp_1", headers=headers)
    assert stored.status_code == 200
    assert marks_in(stored.content) == []
    assert "x-thought" not in stored.headers
    assert httpx.get(f"{url}/v1/models", headers=headers).json()["data"][0]["id"] == "plain"
    withheld = httpx.get(f"{url}/v1/files/f/content", headers=headers)
    assert (withheld.status_code, withheld.json()["error"]["code"]) == (502, "answer_withheld")
    assert MARK in httpx.get(f"{url}/v1/files/f/content").text


def test_refusals_speak_each_api_and_name_the_decision(gateway: Gateway, snap: Snap) -> None:
    url = gateway(
        snapshot=snap(
            decided("block", accounts=["blocked"], decision_id="D1"),
            decided(("verify", {"url": "https://example.org/verify"}), accounts=["doubted"], decision_id="D2"),
            decided(("rate-limit", {"requests_per_minute": 1, "burst": 1}), accounts=["fast"], decision_id="D3"),
        )
    )
    blocked = post(url, account="blocked")
    assert blocked.status_code == 403
    assert blocked.json()["error"]["reference"] == "D1"
    doubted = post(url, "/v1/messages", account="doubted").json()
    assert doubted["type"] == "error"
    challenge = {"type": "account_verification", "url": "https://example.org/verify", "reference": "D2"}
    assert doubted["error"]["challenge"] == challenge
    assert post(url, account="fast").status_code == 200
    slowed = post(url, account="fast")
    assert slowed.status_code == 429
    assert 50 < int(slowed.headers["retry-after"]) <= 90
    client = openai.OpenAI(base_url=f"{url}/v1", api_key="k", default_headers={"x-account": "fast"}, max_retries=0)
    with pytest.raises(openai.RateLimitError):
        client.chat.completions.create(model="plain", messages=[{"role": "user", "content": "x"}])


def test_shadow_mode_touches_nothing_and_says_what_it_would_have_done(
    gateway: Gateway, snap: Snap, tmp_path: Path
) -> None:
    url = gateway(
        mode="shadow",
        record=tmp_path / "record",
        snapshot=snap(decided("hide-reasoning", "block", accounts=["bad"])),
    )
    assert THOUGHT in post(url, model="fields").json()["choices"][0]["message"]["reasoning_content"]
    (line,) = until(lambda: recorded(tmp_path / "record"))
    assert line["gateway"]["would_refuse"] == "account_blocked"
    assert line["gateway"]["actions"] == ["hide-reasoning", "block"]


def test_the_request_is_recorded_as_asked_and_sent_on_as_decided(
    gateway: Gateway, snap: Snap, tmp_path: Path, model_server: ModelServer
) -> None:
    url = gateway(
        record=tmp_path / "record",
        watermark_body={"vllm_xargs": {"watermark_key": "{key}"}},
        snapshot=snap(
            decided("strip-logprobs", ("watermark", {"key": "k7"}), ("tag", {"tag": "t\r\nx-y: 1"}), accounts=["bad"])
        ),
    )
    post(url, logprobs=True, top_logprobs=5)
    _, headers, sent = model_server.seen[-1]
    assert "logprobs" not in sent
    assert sent["vllm_xargs"] == {"watermark_key": "k7"}
    assert headers["x-stillwatch-tags"] == "t??x-y: 1"
    (line,) = until(lambda: recorded(tmp_path / "record"))
    assert (line["logprobs"], line["top_logprobs"], line["response"]) == (True, 5, "four apples")


def test_a_blocked_account_gets_a_lesser_model_only_where_the_operator_says_so(
    gateway: Gateway, snap: Snap, tmp_path: Path, model_server: ModelServer
) -> None:
    path = snap(decided("block", accounts=["bad"]))
    assert post(gateway(snapshot=path)).status_code == 403
    url = gateway(snapshot=path, degrade_to="small", record=tmp_path / "record")
    assert post(url).status_code == 200
    assert model_server.seen[-1][2]["model"] == "small"
    (line,) = until(lambda: recorded(tmp_path / "record"))
    assert (line["model"], line["gateway"]["degraded_to"]) == ("plain", "small")


def test_a_new_account_that_joins_a_known_campaign_is_seen_at_its_first_request(
    gateway: Gateway, snap: Snap, tmp_path: Path
) -> None:
    texts = known(("T1", "C001", f"{SHARED} What is 2 + 2?"))
    url = gateway(
        record=tmp_path / "record",
        snapshot=snap(decided("block", accounts=["old"], templates=["T1"]), texts=texts),
    )
    said = [{"role": "system", "content": SHARED}, {"role": "user", "content": "Why do leaves fall in autumn, then?"}]
    assert post(url, account="fresh", messages=said).status_code == 403
    assert post(url, account="stranger").status_code == 200
    lines = until(lambda: found if len(found := recorded(tmp_path / "record")) == 2 else None)
    (match,) = lines[0]["gateway"]["matches"]
    assert (match["template_id"], match["campaign_id"], match["kind"]) == ("T1", "C001", "sentence")
    assert "gateway" not in lines[1]


def test_an_appeal_that_suspends_keeps_hands_off_even_where_a_text_matches(gateway: Gateway, snap: Snap) -> None:
    appeal = {
        "kind": "appeal",
        "appeal_id": "A1",
        "decision_id": "D1",
        "account": "old",
        "by": "them",
        "statement": "no",
    }
    decision = decided("block", accounts=["old", "other"], templates=["T1"])
    path = snap(decision, texts=known(("T1", "C001", SHARED)), more=[{**appeal, "suspends": True}])
    url = gateway(snapshot=path)
    said = [{"role": "user", "content": SHARED}]
    assert post(url, account="old", messages=said).status_code == 200
    assert post(url, account="other", messages=said).status_code == 403


def test_a_decision_takes_hold_at_a_time_of_its_own_for_each_account(gateway: Gateway, snap: Snap) -> None:
    accounts = [f"a{number}" for number in range(40)]
    path = snap(decided("block", accounts=accounts))
    # Made an hour ago, takes hold within two: about half of them are held by now.
    url = gateway(snapshot=path, jitter_seconds=7200)
    first = [post(url, account=account).status_code for account in accounts]
    assert 8 < first.count(403) < 32
    assert [post(url, account=account).status_code for account in accounts] == first


def test_a_new_snapshot_is_taken_up_and_a_broken_one_is_not(gateway: Gateway, snap: Snap) -> None:
    path = snap()
    url = gateway(snapshot=path, snapshot_check_seconds=0.02)
    assert post(url).status_code == 200
    snap(decided("block", accounts=["bad"]))
    assert until(lambda: post(url).status_code == 403)
    broken = bytearray(path.read_bytes())
    broken[-1] ^= 1
    path.with_suffix(".new").write_bytes(bytes(broken))
    path.with_suffix(".new").replace(path)
    time.sleep(0.1)
    assert [post(url).status_code for _ in range(3)] == [403] * 3


def test_it_fails_open_or_closed_as_told(gateway: Gateway, tmp_path: Path, snap: Snap) -> None:
    missing = tmp_path / "no-such-file"
    assert post(gateway(snapshot=missing)).status_code == 200
    assert post(gateway(snapshot=missing, when_snapshot_missing="closed")).status_code == 503
    limited = snap(decided(("rate-limit", {"requests_per_minute": 60}), accounts=["bad"]))
    with socket.socket() as silent:
        # Connects and never answers.
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        state = f"redis://127.0.0.1:{silent.getsockname()[1]}"
        for kind, status in (("open", 200), ("closed", 503)):
            url = gateway(snapshot=limited, state=state, when_state_missing=kind)
            # Were it waited for, nobody would be answered at all.
            assert [post(url).status_code for _ in range(3)] == [status] * 3
    for kind, status in (("open", 200), ("closed", 503)):
        url = gateway(record=tmp_path / f"full-{kind}", when_record_fails=kind)
        fill(tmp_path / f"full-{kind}")
        assert post(url).status_code == status


def fill(folder: Path) -> None:
    """Make every further write to the record fail, as a full disk does."""
    for handle in Path("/proc/self/fd").iterdir():
        with contextlib.suppress(OSError):
            if str(handle.readlink()).startswith(str(folder)):
                full = os.open("/dev/full", os.O_WRONLY)
                os.dup2(full, int(handle.name))
                os.close(full)


def test_what_the_gateway_recorded_is_what_a_scan_reads(gateway: Gateway, tmp_path: Path) -> None:
    url = gateway(record=tmp_path / "record", account_from=("key",))
    for path, body in (
        ("/v1/chat/completions", {"messages": HELLO, "temperature": 0.5, "n": 2}),
        ("/v1/completions", {"prompt": "How many apples?"}),
        ("/v1/responses", {"input": "How many apples?", "instructions": "Count."}),
        ("/v1/messages", {"messages": HELLO, "system": "Count.", "max_tokens": 9}),
    ):
        for stream in (False, True):
            asked = {"model": "fields", "stream": stream, **body}
            assert httpx.post(url + path, json=asked, headers={"authorization": "Bearer sk-secret"}).status_code == 200
    until(lambda: len(recorded(tmp_path / "record")) == 8)
    run = stillwatch.scan(tmp_path / "record", out=tmp_path / "run", workers=1)
    assert (run.exchanges, run.dead_letters) == (8, 0)
    rows = run.table("exchanges").to_pylist()
    assert {row["prompt"] for row in rows} == {"How many apples?"}
    assert {row["response"] for row in rows} == {"four apples"}
    assert sorted(row["operation"] for row in rows) == sorted(
        ["chat.completions", "completions", "messages", "responses"] * 2
    )
    (account,) = {row["account_id"] for row in rows}
    assert account.startswith("key-")
    assert "sk-secret" not in "".join(file.read_text() for file in (tmp_path / "record").glob("*.jsonl"))


@pytest.mark.parametrize(
    ("head", "status"),
    [
        (
            b"POST /v1/chat/completions HTTP/1.1\r\nhost: x\r\ncontent-length: 5\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\nG",
            400,
        ),
        (b"POST /v1/chat/completions HTTP/1.1\r\nhost: x\r\ncontent-length: 2\r\ncontent-length: 9\r\n\r\n{}", 400),
        (b"GET /v1/../admin HTTP/1.1\r\nhost: x\r\n\r\n", 400),
        (b"GET /v1/%2e%2e/admin HTTP/1.1\r\nhost: x\r\n\r\n", 400),
        (b"GET http://169.254.169.254/latest HTTP/1.1\r\nhost: x\r\n\r\n", 404),
        (b"CONNECT a:1 HTTP/1.1\r\nhost: x\r\n\r\n", 400),
        (b"POST /v1/chat/completions HTTP/1.1\r\nhost: x\r\ncontent-length: 999999999\r\n\r\n", 413),
        (b"POST /v1/chat/completions HTTP/1.1\r\nhost: x\r\ncontent-length: 3\r\n\r\n[1]", 400),
        (
            b"POST /v1/chat/completions HTTP/1.1\r\nhost: x\r\ncontent-encoding: gzip\r\ncontent-length: 2\r\n\r\n{}",
            415,
        ),
    ],
)
def test_requests_that_servers_could_read_in_two_ways_are_refused(
    gateway: Gateway, model_server: ModelServer, head: bytes, status: int
) -> None:
    url = gateway()
    before = len(model_server.seen)
    with socket.create_connection(("127.0.0.1", urlsplit(url).port or 0), timeout=120) as client:
        client.sendall(head)
        assert client.recv(4096).startswith(f"HTTP/1.1 {status}".encode())
    # An absolute target becomes a path of the one upstream, and of no other host.
    assert all(path in ("/latest",) for path, _, _ in model_server.seen[before:])


def test_headers_of_one_hop_and_our_own_stay_here(gateway: Gateway, model_server: ModelServer) -> None:
    url = gateway()
    sent = {"connection": "x-mine, keep-alive", "x-mine": "1", "te": "trailers", "x-stillwatch-tags": "forged"}
    httpx.post(f"{url}/v1/chat/completions", json={"model": "plain", "messages": HELLO}, headers=sent)
    _, headers, _ = model_server.seen[-1]
    assert not {"x-mine", "te", "x-stillwatch-tags", "accept-encoding"} & headers.keys()
    assert headers["x-forwarded-for"] == "127.0.0.1"


def test_a_client_that_leaves_ends_the_upstream_request_too(
    gateway: Gateway, model_server: ModelServer, tmp_path: Path
) -> None:
    url = gateway(record=tmp_path / "record")
    before = model_server.left_early
    asked = {"model": "fields", "messages": HELLO, "stream": True}
    with httpx.stream("POST", f"{url}/v1/chat/completions", json=asked, headers={"x-gap": "0.1"}) as answer:
        next(answer.iter_bytes())
    assert until(lambda: model_server.left_early > before)
    assert until(lambda: recorded(tmp_path / "record"))


def test_an_upstream_that_is_not_there_is_said_at_once(gateway: Gateway) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        # Were a time-out waited for, it would be ten minutes.
        url = gateway(upstream=f"http://127.0.0.1:{taken.getsockname()[1]}", connect_seconds=600)
        assert post(url).status_code == 502
