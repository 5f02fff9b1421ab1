"""What may be matched: kinds of identifiers, one spelling each, and the bytes that go into the function.

Each kind and each round is a domain of its own: the same characters as a payment id and as an e-mail domain, or in
two rounds, give unrelated tokens. A value that has no canonical spelling is left out, never sent as it is.
To add a kind, give it a line in ``KINDS``.
"""

from __future__ import annotations

import hashlib
import ipaddress
import re
from collections.abc import Callable, Iterable, Mapping
from typing import Final

__all__ = ["KINDS", "TOKEN", "canonical", "encode", "token"]

TOKEN = 16
"""Bytes of a token: the chance that two of 2**32 collide by accident is below 2**-64."""

_DOMAIN = re.compile(r"(?=.{1,253}\Z)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")
_LABEL: Final = b"stillwatch-match-v1"


def _plain(value: str) -> str | None:
    value = value.strip()
    return value if 0 < len(value.encode()) <= 512 else None


def _domain(value: str) -> str | None:
    try:
        ascii_only = value.strip().rstrip(".").lower().encode("idna").decode()
    except UnicodeError:
        return None
    return ascii_only if _DOMAIN.fullmatch(ascii_only) else None


def _address(value: str) -> str | None:
    try:
        found = ipaddress.ip_address(value.strip())
    except ValueError:
        return None
    mapped = found.ipv4_mapped if isinstance(found, ipaddress.IPv6Address) else None
    found = mapped or found
    # What is private to a network names somebody else at every provider.
    return found.compressed if found.is_global else None


def _network(value: str) -> str | None:
    """The /24 of an IPv4 address, the /48 of an IPv6 address: what one customer is commonly given."""
    address = _address(value.partition("/")[0])
    if address is None:
        return None
    size = 24 if "." in address else 48
    return ipaddress.ip_network(f"{address}/{size}", strict=False).with_prefixlen


KINDS: Mapping[str, Callable[[str], str | None]] = {
    "payment": _plain,
    "domain": _domain,
    "address": _address,
    "network": _network,
    "tls": _plain,
    "device": _plain,
    "sentence": _plain,
    "template": _plain,
}
"""Kinds of identifiers and how each is spelt; None where a value cannot be."""


def canonical(held: Iterable[tuple[str, str]]) -> set[tuple[str, str]]:
    """Identifiers in their one spelling; an address also gives its network, what cannot be spelt gives nothing.

    >>> sorted(canonical([("address", "9.9.9.9"), ("domain", "Mail.Example.")]))
    [('address', '9.9.9.9'), ('domain', 'mail.example'), ('network', '9.9.9.0/24')]
    """
    out = set()
    for kind, value in held:
        for name in (kind, "network") if kind == "address" else (kind,):
            spelt = KINDS[name](value)
            if spelt is not None:
                out.add((name, spelt))
    return out


def encode(round_id: str, kind: str, value: str) -> bytes:
    """The bytes that the function is evaluated on: no two (round, kind, value) give the same."""
    return b"\x00".join((_LABEL, round_id.encode(), kind.encode(), value.encode()))


def token(round_id: str, kind: str, outputs: Mapping[str, bytes]) -> bytes:
    """The pseudonym of an identifier: a hash over every member's output for it.

    Without any one member's output it cannot be worked out, so none can be left out of a guess.

    Args:
        round_id: of the round.
        kind: of the identifier.
        outputs: output of every member's function, by member.
    """
    digest = hashlib.sha256(b"\x00".join((_LABEL, b"token", round_id.encode(), kind.encode())))
    for member in sorted(outputs):
        digest.update(hashlib.sha256(member.encode()).digest() + outputs[member])
    return digest.digest()[:TOKEN]
