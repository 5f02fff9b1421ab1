"""The one credential of a request: what account and key are told by, and all that the server behind sees of one.

Servers differ in which of several they read: the first header of a name, the last, or another name altogether. A
request that leaves them the choice is refused, so that whoever is judged is whoever is served. To know one more
place where a key may stand, add its name here.
"""

from __future__ import annotations

import base64
import binascii
import re
from dataclasses import dataclass
from functools import lru_cache
from urllib.parse import parse_qsl

from stillwatch.gateway.incoming import Refused
from stillwatch.gateway.refusal import Refusal
from stillwatch.gateway.settings import GatewaySettings

__all__ = ["Credential", "sole_credential"]

Pairs = list[tuple[bytes, bytes]]

_HEADERS = (
    b"authorization",
    b"x-api-key",
    b"api-key",
    b"x-goog-api-key",
    b"ocp-apim-subscription-key",
    b"x-litellm-api-key",
    b"apikey",
    b"x-apikey",
    b"x-auth-token",
    b"x-access-token",
    b"x-api-token",
    b"x-functions-key",
)
_STAYING = (b"x-stillwatch-", b"x-forwarded-", b"content-", b"accept")
_QUERY = frozenset(("key", "api-key", "api_key", "apikey", "access_token", "subscription-key"))
# RFC 6750 and what keys look like elsewhere: no space and no comma, where one server might cut and another not.
_TOKEN = re.compile(r"[\x21-\x2b\x2d-\x7e]+")


@dataclass(frozen=True, slots=True)
class Credential:
    """What a request shows.

    Attributes:
        key: what the key's id is made of; None where there is none, or one that changes from request to request.
        headers: the request's, with this credential once, as it was read, and no other.
    """

    key: str | None
    headers: Pairs


def sole_credential(given: Pairs, query: bytes, settings: GatewaySettings, api: str | None) -> Credential:
    """The credential of a request.

    Args:
        given: its headers, names in lower case.
        query: of its target.
        settings: which other headers say who asks.
        api: which API it is for: where one key stands in two headers, the one that this API reads goes on.

    Raises:
        Refused: with 400; there are several, one stands twice, or one cannot be read in one way only.
    """
    known, deciding = _headers_of(settings.key_headers, settings.account_from, settings.org_from)
    seen: set[bytes] = set()
    found: dict[bytes, tuple[str, bool, bytes]] = {}
    for name, value in given:
        # CGI and its like take one for the other.
        name = name.replace(b"_", b"-")
        if name not in deciding:
            continue
        if name in seen:
            raise _refused(f"The header {name.decode('latin-1')} stands there twice.")
        seen.add(name)
        if name in known and value.strip():
            read = _read(name, value.decode("latin-1").strip())
            if read is not None:
                found[name] = read
    asked = _asked(query)
    if asked and (found or len(asked) > 1):
        raise _refused("A key stands in the query and another beside it.")
    if len({token for token, _, _ in found.values()}) > 1:
        raise _refused(f"Several credentials: {', '.join(name.decode('latin-1') for name in found)}.")
    order = (b"x-api-key", *known) if api == "messages" else known
    kept = next((name for name in order if name in found), None)
    headers = []
    for name, value in given:
        if name == b"connection":
            value = _hops(value, deciding)
        plain = name.replace(b"_", b"-")
        if plain == b"cookie" and not settings.pass_cookies:
            continue
        if plain not in known:
            headers.append((name, value))
        elif plain == kept:
            headers.append((name, found[plain][2]))
    if kept is None:
        return Credential(asked[0] if asked else None, headers)
    token, lasting, _ = found[kept]
    return Credential(token if lasting else None, headers)


def _hops(value: bytes, deciding: frozenset[bytes]) -> bytes:
    """What a client calls hop-by-hop, less what whoever passes the request on must not lose for that."""
    named = {part.strip(): part.strip().lower().replace(b"_", b"-") for part in value.split(b",")}
    return b", ".join(part for part, name in named.items() if name not in deciding and not name.startswith(_STAYING))


@lru_cache(16)
def _headers_of(
    key_headers: tuple[str, ...], account_from: tuple[str, ...], org_from: str | None
) -> tuple[tuple[bytes, ...], frozenset[bytes]]:
    """Those that may hold a key, in the order of their say; and those with them that say who asks."""
    known = (*_HEADERS, *(_spelt(name).encode("latin-1") for name in key_headers))
    said = [one.removeprefix("header:") for one in (*account_from, org_from or "") if one.startswith("header:")]
    return known, frozenset((*known, *(_spelt(name).encode("latin-1") for name in said)))


def _spelt(name: str) -> str:
    return name.lower().replace("_", "-")


def _asked(query: bytes) -> list[str]:
    pairs = parse_qsl(query.decode("latin-1"), keep_blank_values=False, errors="replace") if query else []
    return [value for name, value in pairs if name.lower() in _QUERY]


def _read(name: bytes, value: str) -> tuple[str, bool, bytes] | None:
    """The token, whether it is the same for every request, and the header as it goes on."""
    scheme, _, rest = value.partition(" ")
    rest = rest.strip()
    if name == b"authorization" and scheme.lower() == "bearer":
        if not rest:
            return None
        return _checked(name, rest), True, b"Bearer " + rest.encode("latin-1")
    if name == b"authorization" and scheme.lower() == "basic":
        try:
            plain = base64.b64decode(rest, validate=True)
        except (binascii.Error, ValueError):
            raise _refused("Its Basic credential cannot be read.") from None
        # There is one spelling of each, so that another spelling is no other key.
        canonical = b"Basic " + base64.b64encode(plain)
        return canonical.decode("ascii"), True, canonical
    if name == b"authorization" and rest:
        # Signed by time and body, as Digest and AWS' are: no two requests show the same.
        return value, False, value.encode("latin-1")
    return _checked(name, value), True, value.encode("latin-1")


def _checked(name: bytes, token: str) -> str:
    if not _TOKEN.fullmatch(token):
        raise _refused(f"The key in {name.decode('latin-1')} holds a space, a comma or a letter that no key has.")
    return token


def _refused(why: str) -> Refused:
    return Refused(Refusal(400, "ambiguous_credentials", f"{why} Send one credential, once."))
