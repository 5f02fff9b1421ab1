"""Types of STIX 2.1: cyber-observables (chapter 6), values without versions whose identifiers follow from what they
are, and what has authors and versions."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from stillwatch.alliance.stix.identifiers import observable_id

__all__ = ["AUTHORED", "OBSERVABLES", "is_derived"]

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
"""Their types."""

AUTHORED = frozenset(
    {
        "attack-pattern",
        "campaign",
        "course-of-action",
        "extension-definition",
        "grouping",
        "identity",
        "incident",
        "indicator",
        "infrastructure",
        "intrusion-set",
        "language-content",
        "location",
        "malware",
        "malware-analysis",
        "note",
        "observed-data",
        "opinion",
        "relationship",
        "report",
        "sighting",
        "threat-actor",
        "tool",
        "vulnerability",
    }
)
"""Types of what somebody says of the world, in versions of their own (chapters 4, 5 and 7)."""

# Properties of which STIX makes an identifier (chapter 6); of types that are not here it takes more than plain values.
_CONTRIBUTING = {
    "autonomous-system": ("number",),
    "domain-name": ("value",),
    "email-addr": ("value",),
    "ipv4-addr": ("value",),
    "ipv6-addr": ("value",),
    "mac-addr": ("value",),
    "mutex": ("name",),
    "url": ("value",),
    "user-account": ("account_type", "user_id", "account_login"),
}


def is_derived(thing: Mapping[str, Any]) -> bool:
    """Whether an observable's identifier follows from what it is: such a one is nobody's, whoever names it first."""
    named = {name: thing[name] for name in _CONTRIBUTING.get(thing["type"], ()) if name in thing}
    plain = all(isinstance(value, (str, int)) for value in named.values())
    return bool(named) and plain and bool(thing["id"] == observable_id(thing["type"], named))
