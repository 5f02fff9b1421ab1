"""A request's body on its way in: read where a model may be asked for something, passed on unread where it is not.

On a path of a known API the body must be a JSON object, within limits of size and time. On any other path with a body
the same is tried, since nobody knows what the server behind answers there; what is no JSON or too long goes on as it
came, and the record says that it could not be read. A compressed body is inflated and goes on so; one that cannot be
is refused, on other paths in enforce mode alone.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, MutableMapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, unquote_plus

from stillwatch.gateway.first_document import GOES_ON, first_document, may_be_json
from stillwatch.gateway.form_texts import FORM_BYTES, texts_beside_json
from stillwatch.gateway.inflated import codings_of, inflated
from stillwatch.gateway.json_body import NO_UTF8, TwoMeanings, lenient_json, strict_json
from stillwatch.gateway.long_bodies import TooManyValues, beside, check_values
from stillwatch.gateway.paths import api_of, plain_path
from stillwatch.gateway.refusal import Refusal
from stillwatch.gateway.settings import GatewaySettings
from stillwatch.gateway.texts import texts_of

__all__ = ["Incoming", "Receive", "Refused", "Scope", "incoming", "operation_of"]

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]

_FORMS = (b"multipart/", b"application/x-www-form-urlencoded")
_LONGEST_OPERATION = 200
_LONG = 80
_INFLATES = 8


class Refused(Exception):
    """A request that is not looked at further; it never leaves this package."""

    def __init__(self, refusal: Refusal) -> None:
        self.refusal = refusal


@dataclass(slots=True)
class Incoming:
    """A request as it came.

    Attributes:
        api: which API its path belongs to, or None.
        operation: its path, where that is none of a known API and a body came with it.
        body: the body, decoded; an empty object where it was not read.
        raw: the body's bytes, as far as they were read; None where nothing was.
        more: whether further bytes follow.
        unread: why the body was not read.
        inflated: whether it came compressed; ``raw`` is not.
        closed: whether it came compressed and could not be read.
        query: names and values in the query.
        path: of the target.
    """

    api: str | None
    rest: Receive
    operation: str | None = None
    body: Any = field(default_factory=dict)
    raw: bytes | None = None
    more: bool = False
    unread: str | None = None
    inflated: bool = False
    closed: bool = False
    query: Sequence[tuple[str, str]] = ()
    path: str = "/"

    @property
    def texts(self) -> list[str]:
        """Texts beside the body that may be a prompt: several words, or long."""
        said = [*(value for _, value in self.query), *(unquote_plus(one) for one in self.path.split("/"))]
        return [text for text in said if " " in text.strip() or len(text) > _LONG]

    @property
    def whole(self) -> bool:
        """Whether all of the body was read."""
        return self.raw is not None and not self.more

    def replayed(self) -> Receive:
        """Gives the body again to whoever serves the request, then what follows it."""
        if self.raw is None:
            return self.rest
        given = False

        async def replay() -> MutableMapping[str, Any]:
            nonlocal given
            if given:
                return await self.rest()
            given = True
            return {"type": "http.request", "body": self.raw, "more_body": self.more}

        return replay


async def incoming(scope: Scope, receive: Receive, settings: GatewaySettings) -> Incoming:
    """Read a request as far as it is to be read.

    Args:
        scope, receive: of ASGI.
        settings: limits, and what to do about paths of no known API.

    Raises:
        Refused: the body is too long, too slow, compressed or no JSON object, on a path of a known API; or the path
            is not served.
    """
    if any(name == b"transfer-encoding" and value.strip().lower() != b"chunked" for name, value in scope["headers"]):
        raise Refused(Refusal(501, "encoding_not_supported", "Send the body without a coding of the transfer."))
    api = api_of(scope["path"])
    if api and (scope["method"] == "POST" or _carries(scope)):
        found = Incoming(api, receive)
        _look_beside(found, scope)
        return await _known(found, scope, settings)
    found = Incoming(None, receive)
    _look_beside(found, scope)
    carries = settings.other_paths != "pass" and _carries(scope)
    texts = [] if carries or settings.other_paths == "pass" else found.texts
    if not (carries or texts):
        return found
    found.operation = operation = operation_of(scope)
    if settings.other_paths == "refuse" and settings.mode == "enforce":
        path = f"/{operation}"
        if not any(path.endswith(f"/{ending.strip('/').lower()}") for ending in settings.other_paths_served):
            raise Refused(Refusal(404, "path_not_served", "This path is not served here."))
    if not carries:
        found.body = texts
        return found
    return await _other(found, scope, settings)


def operation_of(scope: Scope) -> str:
    """What the record calls a request to a path of no known API: the path, plainly spelt."""
    return plain_path(scope["path"]).strip("/")[:_LONGEST_OPERATION] or "/"


def _look_beside(found: Incoming, scope: Scope) -> None:
    """What a target says beside the API's name."""
    query = scope.get("query_string", b"")
    found.query = parse_qsl(query.decode("latin-1"), keep_blank_values=True, errors="replace") if query else ()
    found.path = scope["path"]


def _carries(scope: Scope) -> bool:
    """Whether a body may follow. Later versions of HTTP need not say so."""
    if scope.get("http_version", "1.1") not in ("1.0", "1.1"):
        return scope["method"] not in ("GET", "HEAD", "OPTIONS")
    return any(
        name == b"transfer-encoding" or (name == b"content-length" and value.strip(b"0 ") != b"")
        for name, value in scope["headers"]
    )


async def _known(found: Incoming, scope: Scope, settings: GatewaySettings) -> Incoming:
    most = int(settings.max_body_mb * 2**20)
    for name, value in scope["headers"]:
        if name == b"content-length" and value.isdigit() and int(value) > most:
            raise _too_long(most)
    found.raw, found.more = await _pieces(found.rest, settings.body_seconds, most)
    if found.more or len(found.raw) > most:
        raise _too_long(most)
    if codings := codings_of(scope["headers"]):
        found.raw, found.inflated = await beside(_INFLATES * len(found.raw), _plain, found.raw, codings, most), True
    try:
        found.body = await beside(len(found.raw), _counted, strict_json, found.raw, settings.max_body_values)
    except TwoMeanings as error:
        raise _two_meanings(error) from None
    except TooManyValues as error:
        raise _too_much(error) from None
    except ValueError as error:
        if str(error) == NO_UTF8:
            raise Refused(Refusal(400, "invalid_text", "The body must be JSON in UTF-8.")) from None
        found.body = None
    if not isinstance(found.body, dict):
        raise Refused(Refusal(400, "invalid_json", "The body must be a JSON object."))
    return found


def _counted(read: Callable[[bytes], Any], raw: bytes, most: int) -> Any:
    if may_be_json(raw):
        check_values(raw, most)
    return read(raw)


def _too_much(error: TooManyValues) -> Refused:
    return Refused(Refusal(413, "request_too_large", f"The body cannot be looked at: {error}."))


def _plain(raw: bytes, codings: list[str], most: int) -> bytes:
    try:
        return inflated(raw, codings, most)
    except ValueError as error:
        raise Refused(
            Refusal(415, "encoding_not_supported", f"Send the body without content-encoding: {error}.")
        ) from None


def _too_long(most: int) -> Refused:
    return Refused(Refusal(413, "request_too_large", f"The body may have {most} bytes."))


async def _other(found: Incoming, scope: Scope, settings: GatewaySettings) -> Incoming:
    codings = codings_of(scope["headers"])
    most = int(settings.max_body_mb * 2**20)
    raw, more = await _pieces(found.rest, settings.body_seconds, most, json_only=not codings)
    if more and len(raw) < FORM_BYTES and not (codings or may_be_json(raw)) and _is_form(scope):
        further, more = await _pieces(found.rest, settings.body_seconds, FORM_BYTES - len(raw))
        raw += further
    found.raw, found.more = raw, more
    if codings and (raw or more):
        try:
            if more:
                raise ValueError("it is compressed and longer than max_body_mb")  # noqa: TRY301 - as if it were closed
            raw = found.raw = await beside(_INFLATES * len(raw), inflated, raw, codings, most)
            found.inflated = True
        except ValueError as error:
            found.unread, found.closed = str(error), True
            return found
    if not (raw or more):
        found.operation = None
    elif (more or len(raw) > most) and may_be_json(raw):
        found.unread = "it is longer than max_body_mb"
        first = await beside(len(raw), first_document, raw, settings.max_body_values)
        if first is GOES_ON and settings.mode == "enforce":
            raise _too_long(most)
        if first is not GOES_ON:
            found.body = texts_beside_json(raw, scope["headers"]) if first is None else first
            found.body = found.body if isinstance(found.body, dict) else [*texts_of(found.body)]
    else:
        await _whole(found, raw, scope, settings)
    return found


async def _whole(found: Incoming, raw: bytes, scope: Scope, settings: GatewaySettings) -> None:
    """Read a body on another path that is here whole, or is no JSON."""
    try:
        found.body = await beside(len(raw), _counted, lenient_json, raw, settings.max_body_values)
    except TwoMeanings as error:
        raise _two_meanings(error) from None
    except TooManyValues as error:
        if settings.mode == "enforce":
            raise _too_much(error) from None
        found.unread = str(error)
    except ValueError as error:
        found.unread = NO_UTF8 if str(error) == NO_UTF8 else "it is no JSON"
        found.body = texts_beside_json(raw, scope["headers"])


def _is_form(scope: Scope) -> bool:
    kinds = (value for name, value in scope["headers"] if name.replace(b"_", b"-") == b"content-type")
    return any(kind.strip().lower().startswith(_FORMS) for kind in kinds)


def _two_meanings(error: TwoMeanings) -> Refused:
    return Refused(Refusal(400, "ambiguous_json", f"The body can be read in two ways: {error}."))


async def _pieces(receive: Receive, seconds: float, most: int, *, json_only: bool = False) -> tuple[bytes, bool]:
    """The body up to a piece over ``most`` bytes, or to where it shows that it is no JSON, and whether more follows."""
    parts: list[bytes] = []
    size = 0
    try:
        async with asyncio.timeout(seconds):
            while True:
                message = await receive()
                if message["type"] == "http.disconnect":
                    raise Refused(Refusal(400, "disconnected", "The client left before its request was whole."))
                parts.append(message.get("body", b""))
                size += len(parts[-1])
                more = bool(message.get("more_body", False))
                if not more or size > most or (json_only and not may_be_json(parts[0])):
                    return parts[0] if len(parts) == 1 else b"".join(parts), more
    except TimeoutError:
        raise Refused(Refusal(408, "request_timeout", "The body did not arrive in time.")) from None
