"""What every request and every answer passes, whatever it is for: the console's own name, and headers that forbid."""

from __future__ import annotations

from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

__all__ = ["Guard"]

_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "Cache-Control": "no-store",
}


class Guard:
    """Refuses what is asked of another name or has two lengths, and sets the headers of every answer.

    Args:
        app: what answers.
        url: the console's, as browsers see it; None: loopback alone.
    """

    def __init__(self, app: ASGIApp, url: str | None) -> None:
        self._app = app
        public = urlsplit(url or "")
        self._names = {"127.0.0.1", "localhost", "::1", public.hostname}
        self._secure = public.scheme == "https"

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def answer(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in _HEADERS.items():
                    headers.setdefault(name, value)
                if self._secure:
                    headers["Strict-Transport-Security"] = "max-age=31536000"
            await send(message)

        await (self._refusal(Headers(scope=scope)) or self._app)(scope, receive, answer)

    def _refusal(self, headers: Headers) -> Response | None:
        if {"content-length", "transfer-encoding"} <= set(headers):
            # A proxy in front may have read another end of it: what follows is nobody's.
            return Response("a body has one length", 400, headers={"Connection": "close"})
        if not self._is_ours(headers.get("host", "")):
            return Response("this console has another name", 421)
        return None

    def _is_ours(self, host: str) -> bool:
        """Whether the browser asks for this console: no page of another site may be led here by a name of its own."""
        try:
            name = (urlsplit(f"//{host}").hostname or "").rstrip(".")
        except ValueError:
            return False
        return name in self._names
