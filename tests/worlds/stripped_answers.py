"""A gateway that hides reasoning from one account, in front of a server that answers whatever it is told to."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from attacked import HELLO, asked, guarded
from gateways import decided, serving

from stillwatch.decisions import Decision


class Upstream:
    """Answers every request with this status, and these headers and pieces."""

    def __init__(self) -> None:
        self.headers: list[tuple[bytes, bytes]] = [(b"content-type", b"text/event-stream")]
        self.pieces: list[bytes] = []
        self.status = 200

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        while (await receive()).get("more_body"):
            pass
        await send({"type": "http.response.start", "status": self.status, "headers": self.headers})
        for piece in self.pieces:
            await send({"type": "http.response.body", "body": piece, "more_body": True})
        await send({"type": "http.response.body", "body": b""})


@contextmanager
def stripped(folder: Path, *decisions: Decision, **settings: Any) -> Iterator[tuple[str, Upstream]]:
    upstream = Upstream()
    hides = decisions or (decided("hide-reasoning", accounts=["a"]),)
    with (
        serving(upstream) as behind,
        guarded(folder, *hides, upstream=behind, account_from=("header:x-account",), **settings) as (url, _),
    ):
        yield url, upstream


def got(url: str, path: str = "/v1/chat/completions") -> tuple[int, bytes]:
    return asked(url, path, {"model": "m", "stream": True, "messages": HELLO}, "x-account: a")
