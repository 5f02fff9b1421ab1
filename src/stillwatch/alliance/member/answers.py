"""What a hub answers, read to a bound: so many bytes once inflated, and no more whatever was sent."""

from __future__ import annotations

import json
import time
import zlib
from collections.abc import Iterator, Mapping
from typing import Any

import httpx

from stillwatch.alliance.store import escaped
from stillwatch.core import EndpointFailed
from stillwatch.endpoints import InTime

__all__ = ["LONGEST", "SECONDS", "NotThere", "Unreadable", "ask"]

LONGEST = 16 * 1024 * 1024
"""Bytes of the longest answer that is read."""
SECONDS = 600.0
"""How long one answer may take, however seldom it stands still."""

_LATER = (httpx.codes.TOO_MANY_REQUESTS, httpx.codes.SERVICE_UNAVAILABLE)
_TRIES = 5
_LONGEST_WAIT = 60  # seconds
_PIECE = 64 * 1024
_EITHER = 32 + zlib.MAX_WBITS  # the header of zlib or of gzip, whichever comes


class Unreadable(EndpointFailed):
    """An answer that is too long, or is no JSON; its headers say what it was."""

    def __init__(self, message: str, where: str, headers: Mapping[str, str]) -> None:
        super().__init__(message, where=where)
        self.headers = headers


class NotThere(EndpointFailed):
    """The hub says that it has no such thing (404)."""


def ask(
    client: httpx.Client, in_time: InTime, method: str, url: str, **more: Any
) -> tuple[Mapping[str, Any], Mapping[str, str]]:
    """One request; the JSON object that comes back, and its headers.

    A hub that was asked too much at a time, or is busy, is asked again when it says, a few times.

    Raises:
        EndpointFailed: the hub refuses or does not answer.
        NotThere: it has no such thing.
        Unreadable: its answer is too long, or is no JSON object.
    """
    for left in reversed(range(_TRIES)):
        try:
            with in_time.answer() as within, client.stream(method, url, extensions=within, **more) as answer:
                raw = _whole(answer, url)
        except (httpx.HTTPError, TimeoutError) as error:
            raise EndpointFailed(
                f"the hub does not answer: {error}", where=url, hint="nothing is lost; run the command again"
            ) from error
        wait = answer.headers.get("Retry-After", "") if answer.status_code in _LATER else ""
        if not (left and wait.isascii() and wait.isdigit() and int(wait[:9]) <= _LONGEST_WAIT):
            break
        time.sleep(int(wait))
    try:
        body = json.loads(raw)
    except (ValueError, RecursionError):
        body = None
    if answer.is_error:
        said = [body.get("title"), body.get("description")] if isinstance(body, dict) else []
        detail = ": ".join(escaped(str(part)[:300]) for part in said if part)
        kind = NotThere if answer.status_code == httpx.codes.NOT_FOUND else EndpointFailed
        raise kind(f"the hub refuses ({answer.status_code}) {detail}".rstrip(), where=url)
    if not isinstance(body, dict):
        raise Unreadable(f"the hub's answer ({answer.status_code}) is no JSON object", url, answer.headers)
    return body, answer.headers


def _whole(answer: httpx.Response, url: str) -> bytes:
    found = bytearray()
    for piece in _inflated(answer, url):
        found += piece
        if len(found) > LONGEST:
            raise Unreadable("the hub's answer is too long", url, answer.headers)
    return bytes(found)


def _inflated(answer: httpx.Response, url: str) -> Iterator[bytes]:
    """Pieces of the body; no single one is much larger than what came over the wire or ``_PIECE``."""
    coding = answer.headers.get("Content-Encoding", "identity").strip().lower()
    if coding == "identity":
        yield from answer.iter_raw()
        return
    if coding not in ("gzip", "deflate"):
        raise EndpointFailed(f"the hub answers in a coding nobody asked for: {coding[:40]!r}", where=url)
    inflater = zlib.decompressobj(_EITHER)
    try:
        for raw in answer.iter_raw():
            left = raw
            while left and not inflater.eof:
                yield inflater.decompress(left, _PIECE)
                left = inflater.unconsumed_tail
    except zlib.error as error:
        raise Unreadable("the hub's answer cannot be inflated", url, answer.headers) from error
