"""Cyber-observables of STIX 2.1 (chapter 6): values without versions, whose identifiers follow from what they are."""

from __future__ import annotations

__all__ = ["OBSERVABLES"]

OBSERVABLES = frozenset(
    {
        "artifact",
        "autonomous-system",
        "directory",
        "domain-name",
        "email-addr",
        "email-message",
        "file",
        "ipv4-addr",
        "ipv6-addr",
        "mac-addr",
        "mutex",
        "network-traffic",
        "process",
        "software",
        "url",
        "user-account",
        "windows-registry-key",
        "x509-certificate",
    }
)
"""Their types; an object of any other belongs to who sent it first."""
