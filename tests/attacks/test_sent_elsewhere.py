"""An answer that a server is asked to send somewhere else, or to keep, comes past nobody who would take out of it what is to be."""

import json
from pathlib import Path
from typing import Any

import pytest
from attacked import HELLO, asked, guarded, spoken
from gateways import decided, known

CHAT = "/v1/chat/completions"
TEMPLATE = "Write a long and careful proof of the statement below, and explain each of its steps in full."
SAID: list[Any] = [{"role": "user", "content": TEMPLATE}]
THERE = "https://elsewhere.example/answers"
ACTS = ["hide-reasoning", "summarise-reasoning", "strip-logprobs"]

WAYS: list[dict[str, Any]] = [
    {"webhook": THERE},
    {"webhook_url": THERE},
    {"webhookURL": THERE, "webhook_events_filter": ["completed"]},
    {"webhook": {"url": THERE}},
    {"webhookEndpoint": THERE},
    {"webhook.url": THERE},
    {"options[webhook]": THERE},
    {"callback_url": THERE},
    {"output": {"callbackUrl": THERE}},
    {"extra_body": {"webhook": THERE}},
    {"metadata": {"webhook_id": THERE}},
    {"notify_url": THERE},
    {"configuration": {"pushNotificationConfig": {"url": THERE}}},
    {"outputDataConfig": {"s3OutputDataConfig": {"s3Uri": THERE}}},
    {"outputConfig": {"gcsDestination": {"outputUriPrefix": THERE}}},
    {"success_callback": [THERE]},
    {"langfuse_host": THERE, "langfuse_public_key": THERE, "langfuse_secret_key": THERE},
    {"gcs_bucket_name": THERE},
    {"parameters": {"options": {"langsmith_base_url": THERE}}},
]
HONEST: dict[str, Any] = {
    "metadata": {"case": "webhook"},
    "output_config": {"effort": "low"},
    "tools": [
        {"type": "function", "function": {"name": "callback", "parameters": {"webhook_url": {"type": "string"}}}}
    ],
}


def account() -> dict[str, Any]:
    return {"account_from": ("header:x-account",)}


@pytest.mark.parametrize("act", ACTS)
def test_no_server_is_asked_to_send_an_answer_elsewhere(tmp_path: Path, act: str) -> None:
    with guarded(tmp_path, decided(act, accounts=["a"]), **account()) as (url, behind):
        for path in (CHAT, "/v1/inference/m", "/api/predictions"):
            for way in WAYS:
                body = {"model": "m", "messages": HELLO, **HONEST, **way}
                for given in (body, [body]):
                    if path == CHAT and given is not body:
                        continue
                    asked(url, path, given, "x-account: a")
                    assert THERE.encode() not in behind.seen[-1].body, (path, way)
                    sent = json.loads(behind.seen[-1].body)
                    sent = sent if isinstance(sent, dict) else sent[0]
                    assert {name: sent[name] for name in ("tools", "output_config")}.items() <= HONEST.items()
                    asked(url, path, given, "x-account: b")
                    assert json.loads(behind.seen[-1].body) == given


@pytest.mark.parametrize(
    "name",
    [
        "webhook",
        "fal_webhook",
        "webhook_url",
        "%77ebhook",
        "callback_url",
        "notifyUrl",
        "webhook[url]",
        "x%5Bwebhook%5D",
        "a.webhook",
    ],
)
def test_nor_by_a_query_or_in_a_head(tmp_path: Path, name: str) -> None:
    with guarded(tmp_path, decided("hide-reasoning", accounts=["a"]), **account()) as (url, behind):
        for one in ("a", "b"):
            head = [f"POST {CHAT}?a=%20b&{name}={THERE}&c=1;d HTTP/1.1", f"x-account: {one}", "x-webhook: " + THERE]
            raw = json.dumps({"model": "m", "messages": HELLO}).encode()
            assert spoken(url, [*head, "X-Webhook-Url: " + THERE, "upstash-callback: " + THERE], raw)[0] == 200
        treated, other = behind.seen
        assert THERE not in "".join(treated.all_of("x-webhook-url", "upstash-callback", "x-callback_url", "x-webhook"))
        assert len(other.all_of("x-webhook-url", "upstash-callback")) == 2


def parts(*heads: str) -> bytes:
    told = "".join(f"--x\r\n{head}\r\n\r\n{THERE}\r\n" for head in heads)
    return f"{told}--x--\r\n".encode()


FORMS: dict[str, tuple[str, bytes]] = {
    "plain": ("application/x-www-form-urlencoded", f"prompt=hi&webhook_url={THERE}".encode()),
    "escaped": ("application/x-www-form-urlencoded", f"prompt=hi&%77ebhook%5Burl%5D={THERE}".encode()),
    "called otherwise": ("text/plain", f"callback_url={THERE}&prompt=hi".encode()),
    "parts": ("multipart/form-data; boundary=x", parts('Content-Disposition: form-data; name="webhook"')),
    "unquoted": ("multipart/form-data; boundary=x", parts("Content-Disposition: form-data; name=notify_url")),
    "other case": ("multipart/form-data; boundary=x", parts('content-DISPOSITION: form-data; NAME="callbackUrl"')),
    "folded": ("multipart/form-data; boundary=x", parts('Content-Disposition: form-data;\r\n name="webhook"')),
    "extended": ("multipart/form-data; boundary=x", parts("Content-Disposition: form-data; name*=utf-8''webhook")),
    "second": (
        "multipart/form-data; boundary=x",
        parts(
            'Content-Disposition: form-data; name="file"; filename="a"',
            'Content-Disposition: form-data; name="webhook"',
        ),
    ),
}


@pytest.mark.parametrize("name", FORMS)
def test_nor_by_a_form(tmp_path: Path, name: str) -> None:
    kind, raw = FORMS[name]
    with guarded(tmp_path, decided("hide-reasoning", accounts=["a"]), **account()) as (url, behind):
        head = ["POST /v1/audio/transcriptions HTTP/1.1", f"content-type: {kind}"]
        status, said = spoken(url, [*head, "x-account: a"], raw)
        assert (status, b"not_sent_elsewhere" in said, behind.seen) == (403, True, [])
        assert spoken(url, [*head, "x-account: b"], raw)[0] == 200
        assert behind.seen[-1].body == raw


def test_a_form_of_a_file_and_its_language_is_served(tmp_path: Path) -> None:
    raw = parts(
        'Content-Disposition: form-data; name="file"; filename="webhook.wav"',
        'Content-Disposition: form-data; name="language"',
    )
    with guarded(tmp_path, decided("hide-reasoning", accounts=["a"]), **account()) as (url, behind):
        head = [
            "POST /v1/audio/transcriptions HTTP/1.1",
            "content-type: multipart/form-data; boundary=x",
            "x-account: a",
        ]
        spoken(url, head, raw)
        assert behind.seen[-1].body == raw


LATER = [
    ("/v1beta/models/m:batchGenerateContent", {"batch": {"x": {"y": {"y": [{"request": {"contents": SAID}}]}}}}),
    ("/v1beta/models/m:batchGenerateContent", {"prompt": TEMPLATE}),
    ("/async/chat/completions", {"request": {"model": "m", "messages": SAID}}),
    ("/v1/slow/chat/completions", {"model": "m", "messages": SAID}),
    ("/model/m/async-invoke", {"modelInput": {"prompt": TEMPLATE}}),
    ("/v1/models/m:predictLongRunning", {"instances": [{"prompt": TEMPLATE}]}),
    ("/inline", {"batch": {"input_config": {"requests": {"requests": [{"request": {"contents": SAID}}]}}}}),
]


@pytest.mark.parametrize(("path", "body"), LATER)
def test_a_known_text_is_not_asked_where_its_answer_is_fetched_later(tmp_path: Path, path: str, body: Any) -> None:
    hides = decided("hide-reasoning", templates=["T1"])
    with guarded(tmp_path, hides, texts=known(("T1", "C001", TEMPLATE)), **account()) as (url, behind):
        status, said = asked(url, path, body, "x-account: b")
        assert (status, b"not_in_batches" in said) == (403, True)
        assert behind.seen == []
        other = json.loads(json.dumps(body).replace(TEMPLATE, "How many apples?"))
        asked(url, path, other, "x-account: b")
        assert json.loads(behind.seen[-1].body) == other


def test_nor_kept_by_another_word_for_it(tmp_path: Path) -> None:
    hides = decided("hide-reasoning", templates=["T1"])
    with guarded(tmp_path, hides, texts=known(("T1", "C001", TEMPLATE)), **account()) as (url, behind):
        for name in ("deferred", "async", "run_async", "isAsync"):
            asked(url, CHAT, {"model": "m", "messages": SAID, name: True}, "x-account: b")
            assert json.loads(behind.seen[-1].body)[name] is False
        headers = ("x-account: b", "Prefer: respond-async, wait=1", "X-DashScope-Async: enable")
        for said, count in ((SAID, 0), (HELLO, 2)):
            asked(url, CHAT, {"model": "m", "messages": said}, *headers)
            assert len(behind.seen[-1].all_of("prefer", "x-dashscope-async")) == count
