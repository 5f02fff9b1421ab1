"""Requests that come many in one body: files of a line each, and lists in JSON.

A file is looked at as it passes and never held: each line that asks a model for something is admitted and recorded
as a request of its own. If one is refused, the upload ends there and the server behind never has it whole. Read are
the lines of OpenAI (``url`` and ``body``), Anthropic (``params``), Vertex (``request``) and Bedrock (``modelInput``);
to read one more, add it to ``_asked_in``.
"""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Callable, Iterator, Mapping, MutableMapping
from typing import Any

from stillwatch.gateway.client_request import ClientRequest
from stillwatch.gateway.gate import Gate
from stillwatch.gateway.incoming import Incoming, Receive
from stillwatch.gateway.json_body import TwoMeanings, documents_in
from stillwatch.gateway.long_bodies import TooManyValues, beside, check_values
from stillwatch.gateway.paths import api_of
from stillwatch.gateway.refusal import Refusal

__all__ = ["NOT_IN_BATCHES", "Batch", "lines_in"]

Asked = tuple[str | None, Mapping[str, Any]]

_AMBIGUOUS = Refusal(400, "ambiguous_json", "A line of the file can be read in two ways.")
NOT_IN_BATCHES = Refusal(403, "not_in_batches", "A line of the file asks what is answered one request at a time.")
"""Its answer is fetched by a request without the text for which something would be taken out of it."""
_TOO_LONG = Refusal(413, "request_too_large", "A line of the file is longer, or holds more values, than is looked at.")
_MOST_LINES = 200_000
_TOO_MANY = Refusal(413, "request_too_large", f"A file may hold {_MOST_LINES:,} requests.")
_PIECE = 64 * 1024
_NESTED = 3
_BREATH_SECONDS = 0.005
# What a line says that asks; names may be escaped.
_MAY_ASK = re.compile(rb"\\u|body|params|request|modelinput", re.IGNORECASE)
# One class of letters before the brace: two that overlap would take time with the square of a line of blanks.
_BEGINS = re.compile(rb'[\s\x00\xef\xbb\xbf\[]*\{[\s\x00]*"')
_ENDS = re.compile(rb"[\r\n\x0b\x0c\x1c-\x1e]+")


def lines_in(body: Any) -> list[Asked]:
    """The requests in a JSON body, each with its API; none where it is no batch."""
    lists = [body] if isinstance(body, list) else [[body], *_lists_in(body)]
    found = [_asked_in(one) for given in lists for one in given]
    return [one for one in found if one is not None]


def _lists_in(value: Any, deep: int = _NESTED) -> Iterator[list[Any]]:
    """Lists in an object, and in the objects in it, as Gemini has them in ``batch``."""
    for inner in value.values() if isinstance(value, Mapping) else ():
        if isinstance(inner, list):
            yield inner
        elif deep:
            yield from _lists_in(inner, deep - 1)


def _asked_in(line: Any) -> Asked | None:
    if not isinstance(line, Mapping):
        return None
    named = {name.casefold(): value for name, value in line.items()}
    if isinstance(named.get("body"), Mapping):
        return api_of(str(named.get("url") or "")), named["body"]
    if isinstance(named.get("params"), Mapping):
        return "messages", named["params"]
    for name in ("request", "modelinput"):
        if isinstance(named.get(name), Mapping):
            return None, named[name]
    return None


def _documents(line: bytes, most: int) -> tuple[list[Asked], Refusal | None, bool]:
    """What a line asks, why it may not be, and whether all of it could be read."""
    found: list[Asked] = []
    try:
        check_values(line, most)
        for body in documents_in(line.decode("utf-8", "replace")):
            asked = _asked_in(body)
            found += [] if asked is None else [asked]
    except TwoMeanings:
        return found, _AMBIGUOUS, True
    except TooManyValues:
        return found, _TOO_LONG, True
    except ValueError:
        return found, None, False
    return found, None, True


class Batch:
    """The requests of one body on its way.

    Args:
        gate: the core.
        made: a request of this caller's, from an API and a body.

    Attributes:
        lines: requests that were admitted.
        unread: lines that look like JSON and could not be read.
        refusal: why it ends here.
    """

    def __init__(self, gate: Gate, made: Callable[[str | None, Any], ClientRequest]) -> None:
        self._gate = gate
        self._made = made
        self._longest = int(gate.settings.max_body_mb * 2**20)
        self._breathed = time.monotonic()
        self._rest = bytearray()
        self._skipping = False
        self.lines = 0
        self.unread = 0
        self.refusal: Refusal | None = None

    async def look(self, came: Incoming) -> None:
        """Look at what of the body is here already."""
        if came.unread is None:
            for asked in lines_in(came.body):
                await self._admit(asked)
        else:
            await self._feed(came.raw or b"", more=came.more)

    def passing(self, receive: Receive) -> Receive:
        """The rest of the body, looked at as it passes; for whoever reads it the client leaves where it is refused."""

        async def looked_at() -> MutableMapping[str, Any]:
            message = await receive()
            if self.refusal is None and message["type"] == "http.request":
                await self._feed(message.get("body", b""), more=message.get("more_body", False))
            return message if self.refusal is None else {"type": "http.disconnect"}

        return looked_at

    async def _feed(self, piece: bytes, *, more: bool) -> None:
        for start in range(0, max(1, len(piece)), _PIECE):
            last = start + _PIECE >= len(piece)
            for line in self._whole_lines(piece[start : start + _PIECE], more=more or not last):
                if self.refusal is not None:
                    return
                line = line.replace(b"\x00", b"")
                if b"{" in line and _MAY_ASK.search(line):
                    await self._read(line)
            await self._breathe()

    async def _breathe(self) -> None:
        """Let others go on."""
        if time.monotonic() - self._breathed > _BREATH_SECONDS:
            await asyncio.sleep(0)
            self._breathed = time.monotonic()

    async def _read(self, line: bytes) -> None:
        """Admit what one line asks. Servers read lines in more ways than one: with blanks that are none in JSON, with
        several objects, as a list."""
        found, refusal, whole = await beside(len(line), _documents, line, self._gate.settings.max_body_values)
        for asked in found:
            await self._admit(asked)
        if refusal is _TOO_LONG and not self._refuses:
            refusal, whole = None, False
        self.refusal = self.refusal or refusal
        self.unread += not whole

    @property
    def _refuses(self) -> bool:
        return self._gate.settings.mode == "enforce"

    def _whole_lines(self, piece: bytes, *, more: bool) -> Iterator[bytes]:
        first, *others = _ENDS.split(piece)
        if not self._skipping:
            self._rest += first
        for line in others:
            if not self._skipping:
                yield bytes(self._rest)
            self._skipping = False
            self._rest = bytearray(line)
        if len(self._rest) > self._longest:
            if self._refuses and _BEGINS.match(self._rest):
                self.refusal = self.refusal or _TOO_LONG
            self._skipping, self._rest = True, bytearray()
            self.unread += 1
        if not more and not self._skipping:
            yield bytes(self._rest)

    async def _admit(self, asked: Asked) -> None:
        await self._breathe()
        if self.lines >= _MOST_LINES:
            self.refusal = self.refusal or _TOO_MANY
        if self.refusal is not None:
            return
        request = self._made(*asked)
        # Refused, and never answered by another model: it is one of many in a file.
        request.api = None
        admission = await self._gate.admit(request)
        if admission.by_text and admission.treatment.redaction:
            admission.refusal = admission.refusal or NOT_IN_BATCHES
        self.refusal = admission.refusal
        self.lines += 1
        self._gate.finish(admission, status=str(self.refusal.status) if self.refusal else "batched")
