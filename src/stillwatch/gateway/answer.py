"""The way of an answer from the server behind to the client: kept for the record, and redacted where that is due.

An answer that is redacted is either JSON, taken whole, or a stream of events, taken one by one. Pictures, sound and
film pass. Anything else could hold anything and is refused, headers that are not known included.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

import msgspec

from stillwatch.gateway.allowed import Redaction
from stillwatch.gateway.answer_shapes import UnknownShape, redacted_body
from stillwatch.gateway.client_request import answer_fields
from stillwatch.gateway.events import EventTooLong
from stillwatch.gateway.gate import Admission, Gate
from stillwatch.gateway.long_bodies import beside, check_values
from stillwatch.gateway.media import LOOKED_AT, is_media
from stillwatch.gateway.refusal import Refusal
from stillwatch.gateway.streams import StreamRedactor

__all__ = ["Answer", "Send"]

Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]

_MOST_KEPT = 16 * 2**20
_MOST_REDACTED = 64 * 2**20
_MOST_VALUES = 8_000_000
"""Texts and numbers of an answer, of objects and lists a tenth: embeddings of two thousand texts are six million."""
_PART = 206
_FAULT = 400
_PASSING_MEDIA = (b"image/", b"audio/", b"video/")
_PASSING_HEADERS = frozenset(
    {
        b"cache-control",
        b"content-type",
        b"date",
        b"openai-processing-ms",
        b"openai-version",
        b"request-id",
        b"retry-after",
        b"server",
        b"x-accel-buffering",
        b"x-request-id",
    }
)
_PASSING_PREFIXES = (b"x-ratelimit-", b"anthropic-ratelimit-", b"access-control-")


class Answer:
    """One answer under way; ``send`` takes the place of the server's own.

    Args:
        gate: the core.
        admission: of its request.
        send: the client.
    """

    def __init__(self, gate: Gate, admission: Admission, send: Send) -> None:
        self._gate = gate
        self._admission = admission
        self._send = send
        self._redaction: Redaction = admission.redaction
        self._start: MutableMapping[str, Any] | None = None
        self._stream: StreamRedactor | None = None
        self._whole: list[bytes] | None = None
        self._whole_bytes = 0
        self._passes = not self._redaction
        self._kind = b""
        self._kept: list[bytes] = []
        self._kept_bytes = 0
        self._over = False
        self.streamed = False
        self.status = 0
        self.begun = False

    async def send(self, message: MutableMapping[str, Any]) -> None:
        """Take one message of the server's answer."""
        if self._over:
            return
        kind = message["type"]
        if kind == "http.response.start":
            await self._begin(message)
        elif kind == "http.response.body":
            await self._continue(message.get("body", b""), more=message.get("more_body", False))
        elif not self._redaction:
            await self._send(message)

    async def _begin(self, message: MutableMapping[str, Any]) -> None:
        refusal = await self._gate.acknowledged(self._admission)
        if refusal is not None:
            await self.refuse(refusal)
            return
        self.status = message["status"]
        headers = [(name.lower(), value.strip().lower()) for name, value in message.get("headers", ())]
        kinds = [value.partition(b";")[0].strip() for name, value in headers if name == b"content-type"]
        kind = kinds[0] if kinds else b""
        self.streamed = kind == b"text/event-stream"
        if self._redaction:
            if any(name == b"content-encoding" and value != b"identity" for name, value in headers):
                await self._withhold("it is compressed")
                return
            if self.status == _PART or any(name == b"content-range" for name, _ in headers):
                await self._withhold("it is a part of one")
                return
            if len(set(kinds)) > 1:
                await self._withhold("it is of two kinds")
                return
            listed = [
                (name, value)
                for name, value in message.get("headers", ())
                if name.lower() in _PASSING_HEADERS or name.lower().startswith(_PASSING_PREFIXES)
            ]
            message = {**message, "headers": listed}
            self._passes, self._kind = kind.startswith(_PASSING_MEDIA), kind
            if self.streamed:
                self._stream = StreamRedactor(self._redaction, hold=self._gate.settings.hold_untagged)
            else:
                # Empty bodies carry no type; what is not JSON shows when it is read. What is called a picture is looked
                # at as well: some servers call an answer whatever a client says that it accepts.
                self._whole, self._start = [], message
                return
        self.begun = True
        await self._send(message)

    async def _continue(self, piece: bytes, *, more: bool) -> None:
        self._keep(piece)
        if self._stream is not None:
            await self._redact_piece(self._stream, piece, more=more)
        elif self._whole is not None:
            self._whole.append(piece)
            self._whole_bytes += len(piece)
            if self._passes:
                await self._look(more=more)
            elif self._whole_bytes > _MOST_REDACTED:
                await self._withhold("it is too long")
            elif not more:
                await self._redact_whole(b"".join(self._whole))
        elif self._passes:
            await self._send({"type": "http.response.body", "body": piece, "more_body": more})

    async def _look(self, *, more: bool) -> None:
        """Begin to pass on what is called a picture, sound or film, where its first bytes are of one."""
        first = b"".join(self._whole or ())
        if more and len(first) < LOOKED_AT:
            return
        if not is_media(self._kind, first[:LOOKED_AT]):
            await self._withhold("it is no picture, sound or film, and is called one")
            return
        self._whole = None
        self.begun = True
        await self._send(self._start or {})
        await self._send({"type": "http.response.body", "body": first, "more_body": more})

    async def _redact_piece(self, stream: StreamRedactor, piece: bytes, *, more: bool) -> None:
        try:
            shown = stream.feed(piece)
        except EventTooLong:
            shown, more = b"", False
        if shown or not more:
            await self._send({"type": "http.response.body", "body": shown, "more_body": more})
        self._over = not more

    async def _redact_whole(self, body: bytes) -> None:
        start = self._start or {"type": "http.response.start", "status": self.status, "headers": []}
        if body:
            try:
                body = await beside(len(body), _redacted, body, self._redaction, self.status >= _FAULT)
            except (ValueError, TypeError, AttributeError, KeyError, RecursionError) as error:
                self._gate.meters.count("unreadable_answers")
                await self._withhold(str(error) if isinstance(error, UnknownShape) else "it is no JSON")
                return
        self.begun = True
        length = (b"content-length", str(len(body)).encode())
        await self._send({**start, "headers": [*start["headers"], length]})
        await self._send({"type": "http.response.body", "body": body, "more_body": False})

    def _keep(self, piece: bytes) -> None:
        if self._admission.recorded and self._kept_bytes <= _MOST_KEPT:
            self._kept.append(piece)
            self._kept_bytes += len(piece)

    async def _withhold(self, why: str) -> None:
        """Say that there was an answer; of a fault its own status, by which clients know whether to ask again."""
        status = self.status if self.status >= _FAULT else 502
        await self.refuse(Refusal(status, "answer_withheld", f"The answer cannot be shown to this account: {why}."))

    async def refuse(self, refusal: Refusal) -> None:
        """Answer with a refusal in place of what was there."""
        self._over = True
        self.status = refusal.status
        self.begun = True
        body = refusal.body(self._admission.request.api)
        headers = [(name.encode(), value.encode()) for name, value in refusal.headers().items()]
        headers.append((b"content-length", str(len(body)).encode()))
        await self._send({"type": "http.response.start", "status": refusal.status, "headers": headers})
        await self._send({"type": "http.response.body", "body": body, "more_body": False})

    def finish(self, *, broken: bool) -> None:
        """Bring request and answer into the record, once the last byte is on its way."""
        status = "interrupted" if broken else str(self.status)
        fields = {}
        if self._kept and self._kept_bytes <= _MOST_KEPT:
            texts = self._gate.settings.record_answers
            fields = answer_fields(self._admission.request.api, self._kept, streamed=self.streamed, texts=texts)
        self._gate.finish(self._admission, status=status, answer=fields)


def _redacted(body: bytes, redaction: Redaction, fault: bool) -> bytes:
    check_values(body, _MOST_VALUES)
    return msgspec.json.encode(redacted_body(msgspec.json.decode(body), redaction, fault=fault))
