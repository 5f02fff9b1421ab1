"""A websocket that stands, message by message: what is decided while it does holds for it as for a request.

Its messages are not read. So nothing can be counted, taken out or marked in them, and whoever is to be treated so in
each answer has none open.
"""

from __future__ import annotations

from collections.abc import MutableMapping
from typing import Any

from stillwatch.gateway.answer import Send
from stillwatch.gateway.client_request import ClientRequest
from stillwatch.gateway.gate import Gate
from stillwatch.gateway.incoming import Receive

__all__ = ["AGAINST_THE_RULES", "OpenSocket"]

AGAINST_THE_RULES = 1008
"""The code with which a websocket is closed (RFC 6455, 7.4.1)."""
_MESSAGES = ("websocket.receive", "websocket.send")


class OpenSocket:
    """One websocket; ``receive`` and ``send`` take the place of the server's own.

    Args:
        gate: the core.
        request: by which it was opened.
        receive, send: of ASGI.
    """

    def __init__(self, gate: Gate, request: ClientRequest, receive: Receive, send: Send) -> None:
        self._gate = gate
        self._request = request
        self._receive = receive
        self._send = send
        self._ended = False

    async def receive(self) -> MutableMapping[str, Any]:
        """The client's next message, or that it is gone."""
        if not self._ended:
            message = await self._receive()
            if await self._stands(message):
                return message
        return {"type": "websocket.disconnect", "code": AGAINST_THE_RULES}

    async def send(self, message: MutableMapping[str, Any]) -> None:
        """Pass on a message of the app's."""
        if not self._ended and await self._stands(message):
            await self._send(message)

    async def _stands(self, message: MutableMapping[str, Any]) -> bool:
        if message["type"] in _MESSAGES and not self._gate.stands(self._request):
            self._ended = True
            await self._send({"type": "websocket.close", "code": AGAINST_THE_RULES})
        return not self._ended
