"""A gateway over sockets for whoever attacks it: spoken to in bytes, and a server behind that keeps what it was sent."""

import asyncio
import contextlib
import hashlib
import http.client
import json
import socket
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import msgspec
from gateways import known, serving, standings
from marked_answers import THOUGHT, WHOLE, Answer

from stillwatch.decisions import Decision
from stillwatch.gateway import GatewaySettings, KnownTexts, write_snapshot
from stillwatch.gateway.serve import proxy_app

SECRET = b"s" * 32
HELLO: Any = [{"role": "user", "content": "How many apples?"}]
_APIS = {"chat/completions": "chat", "completions": "completion", "responses": "responses", "messages": "messages"}


def account_of(key: str) -> str:
    """The account of whoever shows this key, at a gateway whose secret is ``SECRET``."""
    return f"key-{hashlib.blake2b(key.encode(), key=SECRET, digest_size=12).hexdigest()}"


@dataclass
class Seen:
    """One request as the server behind had it."""

    path: str
    headers: list[tuple[bytes, bytes]]
    body: bytes
    query: bytes = b""

    def all_of(self, *names: str) -> list[str]:
        """Values of these headers, in order."""
        return [value.decode("latin-1") for name, value in self.headers if name.decode("latin-1") in names]


class Witness:
    """A model server that reasons in fields of its own and keeps every byte that it was sent.

    ``answer`` replaces what it would say, ``keeps`` says whether bodies are kept; ``seconds`` it thinks first; ``most`` at once were seen in ``at_once``; requests that never came whole are counted in ``broken``.
    """

    def __init__(self) -> None:
        self.seen: list[Seen] = []
        self.answer: bytes | None = None
        self.kind = b"application/json"
        self.seconds = 0.0
        self.keeps = True
        self.over = False
        self.broken = 0
        self.now = self.at_once = 0

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        raw, more = b"", True
        while more:
            message = await receive()
            raw += message.get("body", b"") if self.keeps else b""
            more = message["type"] == "http.request" and message.get("more_body", False)
        if message["type"] == "http.disconnect":
            self.broken += 1
            return
        self.seen.append(Seen(scope["path"], list(scope["headers"]), raw, scope.get("query_string", b"")))
        self.now += 1
        self.at_once = max(self.at_once, self.now)
        await self._think()
        self.now -= 1
        api = _APIS.get(scope["path"].removeprefix("/v1/"))
        said = json.dumps(WHOLE[api](Answer(fields={"reasoning_content": THOUGHT}))).encode() if api else b"{}"
        said = said if self.answer is None else self.answer
        headers = [(b"content-type", self.kind), (b"content-length", str(len(said)).encode())]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": said})

    async def _think(self) -> None:
        """Nobody waits for a thought at the end of a test."""
        ends = time.monotonic() + self.seconds
        while not self.over and time.monotonic() < ends:
            await asyncio.sleep(0.05)


@contextlib.contextmanager
def guarded(
    folder: Path, *decisions: Decision, texts: KnownTexts | None = None, **settings: Any
) -> Iterator[tuple[str, Witness]]:
    """A gateway in enforce mode and what stands behind it; its record is ``folder / "record"``."""
    witness = Witness()
    secret = folder / "secret"
    secret.write_bytes(SECRET)
    write_snapshot(folder / "snapshot", standings(folder / "log.jsonl", *decisions), texts or known())
    with serving(witness) as upstream:
        chosen = {
            "mode": "enforce",
            "upstream": upstream,
            "jitter_seconds": 0,
            "secret_file": secret,
            "snapshot": folder / "snapshot",
            "record": folder / "record",
        }
        app = proxy_app(GatewaySettings(**{**chosen, **settings}))
        with serving(app, lifespan="on") as url:
            yield url, witness
            witness.over = True


def spoken(url: str, head: Sequence[str], body: bytes = b"") -> tuple[int, bytes]:
    """Say these lines and this body on a connection of one's own; the status and the body of the answer."""
    at = urlsplit(url)
    lines = [*head, "host: gateway"]
    if not any(line.lower().startswith("connection:") for line in head):
        lines.append("connection: close")
    with socket.create_connection((at.hostname or "", at.port or 0), timeout=120) as to:
        to.sendall("\r\n".join([*lines, f"content-length: {len(body)}", "", ""]).encode("latin-1") + body)
        answer = http.client.HTTPResponse(to)
        answer.begin()
        return answer.status, answer.read()


def asked(url: str, path: str, body: Any, *headers: str) -> tuple[int, bytes]:
    """Post a body, JSON unless it is bytes."""
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    return spoken(url, [f"POST {path} HTTP/1.1", "content-type: application/json", *headers], raw)


def record_of(folder: Path) -> list[dict[str, Any]]:
    """The lines of a gateway's record."""
    files = sorted((folder / "record").glob("*.jsonl"))
    return [msgspec.json.decode(line) for file in files for line in file.read_bytes().splitlines()]
