"""Whether an object from anybody has the form that everything which reads it relies on; the rest are dead letters."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from stillwatch.alliance.stix import FAR_AHEAD, moment_of

__all__ = ["LONGEST", "escaped", "fault_of", "is_plain"]

LONGEST = 1_000_000
"""Characters of the longest object that is kept."""

_MOST_NAMED = 200


def fault_of(thing: object) -> str | None:
    """Why an object cannot be kept; None where it can."""
    if not isinstance(thing, Mapping):
        return "it is no object"
    identifier, kind = thing.get("id"), thing.get("type")
    if not (is_plain(identifier) and is_plain(kind) and str(identifier).startswith(f"{kind}--")):
        return "its id is no identifier of its type"
    for name, value in thing.items():
        if name.endswith("_ref") and not is_plain(value):
            return f"its {name[:40]} is no identifier"
        if name.endswith("_refs") and not (isinstance(value, list) and all(is_plain(one) for one in value)):
            return f"its {name[:40]} is no list of identifiers"
    if not _maps_maps(thing.get("extensions", {})):
        return "its extensions are none"
    if not isinstance(thing.get("revoked", False), bool):
        return "its revoked is neither true nor false"
    for name in ("created", "modified"):
        moment = moment_of(thing.get(name))
        if name in thing and moment is None:
            return f"its {name} is no timestamp"
        if moment is not None and moment > datetime.now(UTC) + FAR_AHEAD:
            # Nothing could ever follow it, not even its being taken back.
            return f"its {name} is too far ahead"
    try:
        long = len(json.dumps(thing)) > LONGEST
    except (TypeError, ValueError, RecursionError):
        return "it cannot be written down"
    return f"it is longer than {LONGEST} characters" if long else None


def is_plain(value: object) -> bool:
    """Whether it is an identifier, a type, or some other short word of printable ASCII."""
    return isinstance(value, str) and 0 < len(value) < _MOST_NAMED and value.isascii() and value.isprintable()


def _maps_maps(value: Any) -> bool:
    return isinstance(value, Mapping) and all(
        isinstance(one, Mapping) and isinstance(one.get("appeal", {}), Mapping) for one in value.values()
    )


def escaped(text: str) -> str:
    """Somebody's words in one line: control and direction characters, line ends among them, are written out."""
    return "".join(one if one.isprintable() else f"\\u{ord(one):04x}" for one in text)
