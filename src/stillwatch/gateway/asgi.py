"""Pure ASGI middleware: in front of vLLM (``--middleware stillwatch.gateway.Guard``) or of any ASGI server.

Nothing is encoded anew where nothing is changed: the request's bytes go on as they came, and so do the answer's.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

import msgspec

from stillwatch.gateway.answer import Answer, Send
from stillwatch.gateway.asked import Asked, api_of, asked
from stillwatch.gateway.edits import edited_request
from stillwatch.gateway.gate import Admission, Gate
from stillwatch.gateway.identity import identify
from stillwatch.gateway.refusal import Refusal
from stillwatch.gateway.settings import GatewaySettings, load_gateway_settings

__all__ = ["Guard"]

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

TAGS_HEADER = b"x-stillwatch-tags"


class _Refused(Exception):
    """A request that is not looked at further."""

    def __init__(self, refusal: Refusal) -> None:
        self.refusal = refusal


class Guard:
    """Middleware that applies decisions to the requests of the app behind it.

    Args:
        app: the ASGI app.
        settings: what it was told; from environment and file where none are given.
        gate: the core, where it is shared.

    Raises:
        BadSetting: a setting cannot be used.
    """

    def __init__(self, app: App, settings: GatewaySettings | None = None, *, gate: Gate | None = None) -> None:
        self._app = app
        self.gate = gate or Gate(settings or load_gateway_settings())
        self._settings = self.gate.settings

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection."""
        if scope["type"] == "http":
            await self._http(scope, receive, send)
        elif scope["type"] == "websocket":
            await self._websocket(scope, receive, send)
        else:
            try:
                await self._app(scope, receive, send)
            finally:
                await self.gate.close()

    async def _http(self, scope: Scope, receive: Receive, send: Send) -> None:
        api = api_of(scope["path"]) if scope["method"] == "POST" else None
        raw, body = b"", {}
        try:
            if api:
                raw = await self._body(scope, receive)
                body = _decoded(raw)
        except _Refused as refused:
            await Answer(self.gate, Admission(self._asked(scope, None, {})), send).refuse(refused.refusal)
            return
        admission = await self.gate.admit(self._asked(scope, api, body))
        answer = Answer(self.gate, admission, send)
        broken = True
        try:
            if admission.refusal is not None:
                await answer.refuse(admission.refusal)
            else:
                await self._serve(scope, receive, answer, admission, raw if api else None, body)
            broken = not answer.begun
        finally:
            answer.finish(broken=broken)

    async def _serve(
        self,
        scope: Scope,
        receive: Receive,
        answer: Answer,
        admission: Admission,
        raw: bytes | None,
        body: dict[str, Any],
    ) -> None:
        treatment = admission.treatment
        if raw is not None and (treatment.rules or admission.degraded_to):
            if treatment.watermark is not None and not self._settings.watermark_body:
                self.gate.meters.failed("watermark", "the setting watermark_body is empty", "nothing is watermarked")
            edited = edited_request(body, admission, self._settings)
            raw = raw if edited is None else msgspec.json.encode(edited)
        scope = _rewritten(scope, raw, treatment.tags, plain=raw is not None or bool(treatment.redaction))
        await self._app(scope, receive if raw is None else _replayed(raw, receive), answer.send)

    def _asked(self, scope: Scope, api: str | None, body: dict[str, Any]) -> Asked:
        headers = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope["headers"]}
        peer = scope.get("client")
        caller = identify(self._settings, self.gate.secret, headers, body, peer[0] if peer else None)
        return asked(api, body, caller)

    async def _body(self, scope: Scope, receive: Receive) -> bytes:
        """The whole body, within the limits of size and time."""
        most = int(self._settings.max_body_mb * 2**20)
        for name, value in scope["headers"]:
            if name == b"content-encoding" and value.lower() != b"identity":
                raise _Refused(Refusal(415, "encoding_not_supported", "Send the body without content-encoding."))
            if name == b"content-length" and value.isdigit() and int(value) > most:
                raise _Refused(Refusal(413, "request_too_large", f"The body may have {most} bytes."))
        parts: list[bytes] = []
        size = 0
        try:
            async with asyncio.timeout(self._settings.body_seconds):
                while True:
                    message = await receive()
                    if message["type"] == "http.disconnect":
                        raise _Refused(Refusal(400, "disconnected", "The client left before its request was whole."))
                    parts.append(message.get("body", b""))
                    size += len(parts[-1])
                    if size > most:
                        raise _Refused(Refusal(413, "request_too_large", f"The body may have {most} bytes."))
                    if not message.get("more_body", False):
                        return parts[0] if len(parts) == 1 else b"".join(parts)
        except TimeoutError:
            raise _Refused(Refusal(408, "request_timeout", "The body did not arrive in time.")) from None

    async def _websocket(self, scope: Scope, receive: Receive, send: Send) -> None:
        """A websocket's frames cannot be redacted: whoever is treated in any way gets none."""
        admission = await self.gate.admit(self._asked(scope, None, {}))
        if admission.refusal is not None or admission.treatment.redaction:
            await receive()
            await send({"type": "websocket.close", "code": 1008})
            return
        await self._app(scope, receive, send)


def _decoded(raw: bytes) -> dict[str, Any]:
    try:
        body = msgspec.json.decode(raw)
    except (msgspec.DecodeError, RecursionError):
        body = None
    if not isinstance(body, dict):
        raise _Refused(Refusal(400, "invalid_json", "The body must be a JSON object."))
    return body


def _rewritten(scope: Scope, raw: bytes | None, tags: tuple[str, ...], *, plain: bool) -> Scope:
    """The request's head as the app behind sees it; the client's own word for our headers is removed."""
    headers = []
    for name, value in scope["headers"]:
        if name.startswith(b"x-stillwatch-") or (plain and name == b"accept-encoding"):
            continue
        if raw is not None and name in (b"content-length", b"transfer-encoding"):
            continue
        headers.append((name, value))
    if raw is not None:
        headers.append((b"content-length", str(len(raw)).encode()))
    if tags:
        said = ",".join(tags).encode("ascii", "replace")
        headers.append((TAGS_HEADER, bytes(code if 0x20 <= code < 0x7F else 0x3F for code in said)))
    rewritten = {**scope, "headers": headers}
    if plain:
        # Answers must pass through here, not go from file to socket.
        rewritten["extensions"] = {}
    return rewritten


def _replayed(raw: bytes, receive: Receive) -> Receive:
    given = False

    async def replay() -> MutableMapping[str, Any]:
        nonlocal given
        if given:
            return await receive()
        given = True
        return {"type": "http.request", "body": raw, "more_body": False}

    return replay
