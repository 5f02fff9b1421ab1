"""STIX patterns of our indicators, one comparison each, and the reading of such patterns from anybody.

Only these forms are read. A pattern of any other form is kept with the object it came in and held against nothing:
a scan does not guess what a partner meant.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable

__all__ = ["pattern_of", "read_pattern"]

_AGENT = "network-traffic:extensions.'http-request-ext'.request_header.'User-Agent'"
_SENTENCE = "artifact:hashes.'x-stillwatch-sentence-1'"
_TLS = "network-traffic:x_ja4"
_TEXT = r"'((?:[^'\\]|\\.)*)'"
_LONGEST = 2_000
_WIDEST = 16  # bits of an IPv4 network: a wider one names half a country


def pattern_of(kind: str, value: str) -> str:
    """The pattern of an indicator.

    >>> pattern_of("network", "192.0.2.0/24")
    "[ipv4-addr:value ISSUBSET '192.0.2.0/24']"
    """
    return f"[{_WRITERS[kind](value)}]"


def read_pattern(pattern: str) -> tuple[str, str] | None:
    """Kind and value of a pattern of ours or of the same form; None where it is another, or too wide.

    >>> read_pattern("[email-addr:value LIKE '%@mail.example']")
    ('domain', 'mail.example')
    >>> read_pattern("[file:name = 'a' AND file:size = 1]")
    """
    if len(pattern) > _LONGEST:
        return None
    for form, reader in _READERS:
        match = form.fullmatch(pattern.strip())
        if match:
            return reader(re.sub(r"\\(.)", r"\1", match[1]))
    return None


def _quoted(value: str) -> str:
    escaped = value.replace("\\", "\\\\").replace("'", "\\'")
    return f"'{escaped}'"


def _address_type(value: str) -> str:
    return "ipv6-addr" if ":" in value else "ipv4-addr"


_WRITERS: dict[str, Callable[[str], str]] = {
    "address": lambda value: f"{_address_type(value)}:value = {_quoted(value)}",
    "network": lambda value: f"{_address_type(value)}:value ISSUBSET {_quoted(value)}",
    "domain": lambda value: f"email-addr:value LIKE {_quoted('%@' + value)}",
    "tls": lambda value: f"{_TLS} = {_quoted(value)}",
    "agent": lambda value: f"{_AGENT} = {_quoted(value)}",
    "sentence": lambda value: f"{_SENTENCE} = {_quoted(value)}",
}


def _address(value: str) -> tuple[str, str] | None:
    try:
        network = ipaddress.ip_network(value, strict=False)
    except ValueError:
        return None
    if network.prefixlen == network.max_prefixlen:
        return "address", str(network.network_address)
    wide = _WIDEST if network.version == 4 else 2 * _WIDEST
    return ("network", str(network)) if network.prefixlen >= wide else None


def _domain(value: str) -> tuple[str, str] | None:
    domain = value.removeprefix("%@").lower()
    return ("domain", domain) if domain and not set(domain) & set("%_@ ") else None


def _sentence(value: str) -> tuple[str, str] | None:
    return ("sentence", value) if re.fullmatch(r"[0-9a-f]{16}", value) else None


_READERS: tuple[tuple[re.Pattern[str], Callable[[str], tuple[str, str] | None]], ...] = (
    (re.compile(rf"\[\s*ipv[46]-addr:value\s+(?:=|ISSUBSET)\s+{_TEXT}\s*\]"), _address),
    (re.compile(rf"\[\s*email-addr:value\s+LIKE\s+{_TEXT}\s*\]"), _domain),
    (re.compile(rf"\[\s*domain-name:value\s+=\s+{_TEXT}\s*\]"), _domain),
    (re.compile(rf"\[\s*{re.escape(_TLS)}\s+=\s+{_TEXT}\s*\]"), lambda value: ("tls", value)),
    (re.compile(rf"\[\s*{re.escape(_AGENT)}\s+=\s+{_TEXT}\s*\]"), lambda value: ("agent", value)),
    (re.compile(rf"\[\s*{re.escape(_SENTENCE)}\s+=\s+{_TEXT}\s*\]"), _sentence),
)
