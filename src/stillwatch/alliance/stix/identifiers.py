"""Identifiers that come out the same every time, so that what is published twice is known twice.

STIX 2.1 (section 2.9) asks for UUIDv5 under its own namespace for cyber-observables, and leaves other objects their
choice; here those are UUIDv5 under a namespace of this project.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import Any

from stillwatch.core import canonical_json

__all__ = ["NAMESPACE", "identity_id", "observable_id", "stable_id"]

NAMESPACE = uuid.UUID("f1315a61-f195-4f82-a17d-7d476762f8b5")
"""Of every object that is not a cyber-observable."""

_OBSERVABLES = uuid.UUID("00abedb4-aa42-466c-9c01-fed23315a9b7")  # STIX 2.1, section 2.9


def stable_id(kind: str, *parts: object) -> str:
    """The identifier of an object of this type that these parts tell apart."""
    return f"{kind}--{uuid.uuid5(NAMESPACE, canonical_json([kind, *parts]).decode())}"


def observable_id(kind: str, contributing: Mapping[str, Any]) -> str:
    """The identifier of a cyber-observable with these id contributing properties."""
    return f"{kind}--{uuid.uuid5(_OBSERVABLES, canonical_json(contributing).decode())}"


def identity_id(name: str) -> str:
    """The STIX identity of a member of this name."""
    return stable_id("identity", name)
