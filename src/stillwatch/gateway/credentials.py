"""The one credential of a request: what account and key are told by, and all that the server behind sees of one.

Servers differ in which of several they read: the first header of a name, the last, or another name altogether. A
request that leaves them the choice is refused, so that whoever is judged is whoever is served. To know one more
place where a key may stand, add its name here. A header that is only called as keys are, or that holds a Bearer
token, counts where there is no other, and goes no further where there is.
"""

from __future__ import annotations

import base64
import binascii
import re
from dataclasses import dataclass
from functools import lru_cache
from urllib.parse import parse_qsl, unquote

from stillwatch.core.remembered import remembers_short
from stillwatch.gateway.incoming import Refused
from stillwatch.gateway.refusal import Refusal
from stillwatch.gateway.settings import GatewaySettings

__all__ = ["Credential", "sole_credential"]

Pairs = list[tuple[bytes, bytes]]
Found = tuple[str, bool, bytes]
"""A token, whether it is the same for every request, and its header as it goes on."""

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
_PLAIN = frozenset((b"accept", b"content-length", b"content-type", b"host", b"user-agent"))
_STAYING = (b"x-stillwatch-", b"x-forwarded-", b"content-", b"accept")
_QUERY = frozenset(("key", "subscription-key"))
_CALLED_KEYS = re.compile(
    r"(?:.*[-.])?(?:(?:api|litellm|virtual|secret)-?key|(?:auth|access|api)-?token|authorization|authentication)"
    r"|(?:x-)?(?:token|auth|key|bearer)|(?:.*-)?subscription-key|bearertoken|jwt|(?:.*-)?jwt-(?:token|assertion)"
    r"|(?:.*-)?(?:user|session|private|personal|service|security|client|id|bearer|jwt|databricks)-token"
    r"|(?:.*-)?(?:auth|access|master|service|user|consumer|functions|rapidapi|openai|anthropic)-?key"
    r"|(?:.*-)?(?:client-secret|api-?secret|secret|credentials?|password)"
)
_PROTOCOLS = b"sec-websocket-protocol"
_IN_PROTOCOLS = "openai-insecure-api-key."
_IN_QUERY = re.compile(r"[\[\x00]")
_OF_FUNCTIONS = re.compile(r"[\w+/\-]{40,}={0,2}", re.ASCII)
_SIGNER = "x-amz-credential"
_NAME_BEFORE = re.compile(
    r"(?:[\w-]{0,24}[_-])?(?:(?:api|access|auth)?(?:token|key)|auth|bearer|secret)=(?=[^=])", re.I
)
_NAMED = re.compile(r"(?:^|[\s,;])(?:(?:api|access)?[_-]?(?:token|key)|keyid)\s*=\s*[\"']?([^\"',;\s]+)", re.I)
_CREDENTIAL = re.compile(r"credential=(?:bearer\s+)?([^/\s,]+)", re.IGNORECASE)
_CHANGING = frozenset(("negotiate", "ntlm", "kerberos"))
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
        Refused: with 400; there are several, one stands twice, or one cannot be read in one way only. With 401; it is
            not of the form that keys have.
    """
    known, deciding = _headers_of(settings.key_headers, settings.account_from, settings.org_from)
    seen: set[bytes] = set()
    found: dict[bytes, Found] = {}
    others: dict[bytes, str | None] = {}
    for name, value in given:
        # CGI and its like take one for the other.
        name = name.replace(b"_", b"-")
        if name in deciding:
            if name in seen:
                raise _refused(f"The header {name.decode('latin-1')} stands there twice.")
            seen.add(name)
            if name in known and value.strip():
                read = _read(name, value.decode("latin-1").strip())
                if read is not None:
                    found[name] = read
        elif name == _PROTOCOLS:
            found |= _of_protocols(value.decode("latin-1"))
        elif name not in _PLAIN and _called_a_key(name, value):
            others[name] = _token_of(value.decode("latin-1").strip())
    asked = _asked(query)
    if settings.key_form:
        others = _held_to(settings.key_form, [*(token for token, _, _ in found.values()), *asked], others)
    found, asked = _all_bare(found), [_bare(token) for token in asked]
    if asked and (found or len(asked) > 1):
        raise _refused("A key stands in the query and another beside it.")
    if len({token for token, _, _ in found.values()}) > 1:
        raise _refused(f"Several credentials: {', '.join(name.decode('latin-1') for name in found)}.")
    order = (b"x-api-key", *known, _PROTOCOLS) if api == "messages" else (*known, _PROTOCOLS)
    kept = next((name for name in order if name in found), None)
    tokens = {} if asked or kept else {name: _bare(token) for name, token in others.items() if token}
    if len(set(tokens.values())) > 1:
        raise _refused(f"Several credentials: {', '.join(name.decode('latin-1') for name in tokens)}.")
    headers = []
    for name, value in given:
        if name == b"connection":
            value = _hops(value, deciding)
        plain = name.replace(b"_", b"-")
        if (plain == b"cookie" and not settings.pass_cookies) or (plain in others and plain not in tokens):
            continue
        if plain not in known:
            headers.append((name, value))
        elif plain == kept:
            headers.append((name, found[plain][2]))
    if kept is None:
        return Credential(next(iter([*asked, *tokens.values()]), None), headers)
    token, lasting, _ = found[kept]
    return Credential(token if lasting else None, headers)


def _held_to(form: str, shown: list[str], others: dict[bytes, str | None]) -> dict[bytes, str | None]:
    """Refuse a key of another form; headers that are only called as keys are hold none then."""
    if not all(re.fullmatch(form, token) for token in shown):
        raise Refused(Refusal(401, "key_of_another_form", "No key here has that form."))
    return {name: token if token and re.fullmatch(form, token) else None for name, token in others.items()}


def _called_a_key(name: bytes, value: bytes) -> bool:
    """Whether a header that nobody named as one may hold a key."""
    return _is_called_one(name.decode("latin-1")) or value.lstrip()[:7].lower() == b"bearer "


@remembers_short(512)
def _is_called_one(name: str) -> bool:
    # What AWS signs with a key belongs to it, and stands for nobody by itself.
    return not name.startswith("x-amz-") and _CALLED_KEYS.fullmatch(name) is not None


def _token_of(value: str) -> str | None:
    """The key in such a header or in a query, with or without a scheme before it; None where it is none."""
    scheme, _, rest = value.partition(" ")
    token = rest.strip() or scheme
    return token if _TOKEN.fullmatch(token) else None


def _all_bare(found: dict[bytes, Found]) -> dict[bytes, Found]:
    return {name: (_bare(token) if lasting else token, lasting, said) for name, (token, lasting, said) in found.items()}


def _bare(token: str) -> str:
    """A key without what some servers pass over: a name before it, quotes about it, parameters behind it, escapes."""
    if token.startswith("Basic "):
        return _alone(token)
    token = unquote(token).strip("\x00") if "%" in token else token
    token = token.partition(";")[0] or token
    named = _NAME_BEFORE.match(token)
    return (token[named.end() :] if named else token).strip("\"'<>") or token


def _alone(basic: str) -> str:
    """What is no name and password: a key behind the wrong scheme, as it is or in base64; else all of it."""
    coded = basic.removeprefix("Basic ")
    try:
        said = base64.b64decode(coded, validate=True).decode("latin-1")
    except (binascii.Error, ValueError):
        return basic
    return basic if ":" in said else said if _TOKEN.fullmatch(said) else coded


def _of_protocols(value: str) -> dict[bytes, Found]:
    """A key among the protocols of a websocket, where browsers put one that can set no header."""
    parts = [part.strip() for part in value.split(",")]
    tokens = {part.removeprefix(_IN_PROTOCOLS) for part in parts if part.startswith(_IN_PROTOCOLS)}
    if len(tokens) > 1:
        raise _refused("Several keys stand among the protocols.")
    return dict.fromkeys([_PROTOCOLS] if tokens else [], (_checked(_PROTOCOLS, "".join(tokens) or "-"), True, b""))


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
    # Some servers part a query at semicolons too, and read ``key[]`` as ``key``.
    pairs = parse_qsl(query.replace(b";", b"&").decode("latin-1"), errors="replace") if query else []
    found = []
    for name, value in pairs:
        # PHP reads dots and blanks in a name as ``_``.
        name = re.sub(r"[.\s]", "-", _IN_QUERY.split(_spelt(name.strip()))[0])
        if name == _SIGNER:
            found.append(value.partition("/")[0])
        elif name in _QUERY or _is_called_one(name) or (name == "code" and _OF_FUNCTIONS.fullmatch(value)):
            found.append(_token_of(value.strip("\x00 \t\r\n")) or value)
    return found


def _read(name: bytes, value: str) -> Found | None:
    """What a header says that may hold a key; None where it says nothing."""
    if name == b"authorization":
        return _authorized(name, value)
    return _checked(name, value), True, value.encode("latin-1")


def _authorized(name: bytes, value: str) -> Found | None:
    scheme, _, rest = value.partition(" ")
    rest, kind = rest.strip(), scheme.lower()
    as_it_is = value.encode("latin-1")
    if kind == "bearer":
        return (_checked(name, rest), True, b"Bearer " + rest.encode("latin-1")) if rest else None
    if kind == "basic":
        try:
            plain = base64.b64decode(rest, validate=True)
        except (binascii.Error, ValueError):
            raise _refused("Its Basic credential cannot be read.") from None
        # There is one spelling of each, so that another spelling is no other key.
        canonical = b"Basic " + base64.b64encode(plain)
        user, both, password = plain.decode("latin-1").partition(":")
        alone = user + password if both and not (user and password) else ""
        # A key alone, as some clients send one for a name: the same as it is elsewhere.
        return alone if _TOKEN.fullmatch(alone) else canonical.decode("ascii"), True, canonical
    signed = _CREDENTIAL.findall(value)
    if len(signed) == 1 and value.lower().count("credential=") == 1 and value.lower().count("bearer") <= 1:
        # As AWS signs: what names the signer is the same in every request, and some servers take it for the key.
        return _checked(name, signed[0]), True, as_it_is
    if signed or ("bearer" in rest.lower() if rest else kind.startswith("bearer")):
        raise _refused("It can be read as more than one credential.")
    named = {_bare(one) for one in _NAMED.findall(rest)} if kind not in _CHANGING else set()
    if len(named) > 1:
        raise _refused("It names more than one key.")
    if named:
        # As Rails has tokens, and as HTTP signatures name their signer.
        return _checked(name, named.pop()), True, as_it_is
    if rest and (kind in _CHANGING or not _TOKEN.fullmatch(rest)):
        # As Digest: no two requests show the same.
        return value, False, as_it_is
    # ``Token KEY`` and its like, or the key alone: the same key however it is called.
    return _checked(name, rest or value), True, as_it_is


def _checked(name: bytes, token: str) -> str:
    if not _TOKEN.fullmatch(token):
        raise _refused(f"The key in {name.decode('latin-1')} holds a space, a comma or a letter that no key has.")
    return token


def _refused(why: str) -> Refused:
    return Refused(Refusal(400, "ambiguous_credentials", f"{why} Send one credential, once."))
