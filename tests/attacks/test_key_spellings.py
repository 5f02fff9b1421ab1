"""One key is one account, whatever it is called, wherever it stands, and whichever server behind reads it there."""

import asyncio
from pathlib import Path
from typing import Any

import pytest
from attacked import HELLO, SECRET, account_of, asked, guarded
from gateways import decided, known, standings

from stillwatch.gateway import GatewaySettings, Guard, write_snapshot

CHAT = {"model": "m", "messages": HELLO}
REAL = account_of("sk-REAL")

SPELLINGS = [
    # LiteLLM takes the key out of a signature of this form.
    "Authorization: AWS4-HMAC-SHA256 Credential=Bearer sk-REAL/20260101/us/bedrock/aws4_request, SignedHeaders=host",
    "Authorization: AWS4-HMAC-SHA256 Credential=sk-REAL/20260101/us/bedrock/aws4_request, Signature=1",
    "Authorization: Token sk-REAL",
    "Authorization: Key sk-REAL",
    "Authorization: ApiKey sk-REAL",
    "Authorization: Bearer: sk-REAL",
    "Authentication: Bearer sk-REAL",
    "X-Authorization: Bearer sk-REAL",
    "X-Forwarded-Authorization: sk-REAL",
    "Helicone-Auth: Bearer sk-REAL",
    "X-Own: bearer sk-REAL",
    "x-portkey-api-key: sk-REAL",
    "x_portkey_api_key: sk-REAL",
    "x-litellm-key: sk-REAL",
    "token: sk-REAL",
    "x-session-token: sk-REAL",
    "private-token: sk-REAL",
    "x-databricks-token: sk-REAL",
    "subscription-key: sk-REAL",
    "key: sk-REAL",
    "x-jwt-token: sk-REAL",
    "x-client-secret: sk-REAL",
    "Authorization: Basic c2stUkVBTDo=",
    "Authorization: Basic OnNrLVJFQUw=",
    "Sec-WebSocket-Protocol: realtime, openai-insecure-api-key.sk-REAL",
]
QUERIES = [
    "token=sk-REAL",
    "auth=sk-REAL",
    "x-goog-api-key=sk-REAL",
    "X_Api_Key=sk-REAL",
    "%6bey=sk-REAL",
    "a=1;key=sk-REAL",
    "key[]=sk-REAL",
    "authorization=Bearer%20sk-REAL",
]
TWO_IN_ONE = [
    "Authorization: Foo x=1, Bearer sk-REAL",
    "Authorization: Digest username=junk, Bearer sk-REAL",
    "Authorization: Bearer%20sk-REAL",
    "Authorization: BearerX:sk-REAL",
    "Authorization: AWS4-HMAC-SHA256 Credential=junk/1, Credential=Bearer sk-REAL/1",
    "Authorization: AWS4-HMAC-SHA256 Credential=junk/1, XCredential=sk-REAL/1",
    "Sec-WebSocket-Protocol: openai-insecure-api-key.junk, openai-insecure-api-key.sk-REAL",
]


def test_a_key_is_the_same_key_however_it_is_called(tmp_path: Path) -> None:
    with guarded(tmp_path, decided("block", accounts=[REAL])) as (url, behind):
        for header in SPELLINGS:
            assert asked(url, "/v1/chat/completions", CHAT, header)[0] == 403, header
        for query in QUERIES:
            assert asked(url, f"/v1/chat/completions?{query}", CHAT)[0] == 403, query
        for header in TWO_IN_ONE:
            status, said = asked(url, "/v1/chat/completions", CHAT, header)
            assert (status, b"ambiguous_credentials" in said) == (400, True), header
        assert behind.seen == []


@pytest.mark.parametrize("header", [one for one in SPELLINGS if not one.startswith(("Authorization", "Sec-Web"))])
def test_a_second_key_of_another_name_goes_no_further(tmp_path: Path, header: str) -> None:
    with guarded(tmp_path, decided("block", accounts=[REAL])) as (url, behind):
        assert asked(url, "/v1/chat/completions", CHAT, "Authorization: Bearer junk", header)[0] == 200
        assert asked(url, "/v1/chat/completions?key=junk", CHAT, header)[0] == 200
        assert not any(b"sk-REAL" in value for seen in behind.seen for _, value in seen.headers)
        assert [seen.all_of("authorization") for seen in behind.seen] == [["Bearer junk"], []]


def test_what_is_called_as_keys_are_and_is_none_is_left_alone(tmp_path: Path) -> None:
    headers = ("Idempotency-Key: 1", "X-CSRF-Token: 2", "X-Request-Id: 3", "Sec-WebSocket-Key: 4", "X-Keyboard: 5")
    with guarded(tmp_path) as (url, behind):
        assert asked(url, "/v1/chat/completions", CHAT, "Authorization: Bearer k", *headers)[0] == 200
        (seen,) = behind.seen
        for one in headers:
            name, _, value = one.lower().partition(": ")
            assert seen.all_of(name) == [value]


def test_a_websocket_is_asked_for_its_key_too(tmp_path: Path) -> None:
    """As vLLM and LiteLLM serve /v1/realtime: whoever is blocked gets none."""
    secret = tmp_path / "secret"
    secret.write_bytes(SECRET)
    blocked = decided("block", accounts=[REAL])
    write_snapshot(tmp_path / "snapshot", standings(tmp_path / "log.jsonl", blocked), known())
    opened: list[str] = []

    async def served(scope: Any, receive: Any, send: Any) -> None:
        opened.append(scope["path"])
        await send({"type": "websocket.accept"})

    async def asks(key: str) -> str:
        sent: list[Any] = []
        headers = [(b"sec-websocket-protocol", f"realtime, openai-insecure-api-key.{key}".encode())]
        scope = {"type": "websocket", "path": "/v1/realtime", "headers": headers, "client": ("127.0.0.1", 1)}

        async def receive() -> Any:
            return {"type": "websocket.connect"}

        async def send(message: Any) -> None:
            sent.append(message)

        await guard({**scope, "query_string": b"", "method": "GET"}, receive, send)
        return str(sent[0]["type"])

    settings = GatewaySettings(
        mode="enforce", snapshot=tmp_path / "snapshot", secret_file=secret, jitter_seconds=0, record=tmp_path / "record"
    )
    guard = Guard(served, settings)
    assert asyncio.run(asks("sk-REAL")) == "websocket.close"
    assert asyncio.run(asks("sk-other")) == "websocket.accept"
    assert opened == ["/v1/realtime"]
