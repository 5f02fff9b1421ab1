"""Whether an object from anybody has the form that everything which reads it relies on; the rest are dead letters."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

__all__ = ["LONGEST", "escaped", "fault_of", "is_plain", "moment_of"]

LONGEST = 1_000_000
"""Characters of the longest object that is kept."""

_MOST_NAMED = 200
_MOMENT = re.compile(r"([0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2})(?:\.([0-9]{1,12}))?Z")
_FAR_AHEAD = timedelta(days=10 * 366)  # as far as a hub of ours takes


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
        if moment is not None and moment > datetime.now(UTC) + _FAR_AHEAD:
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


def moment_of(text: object) -> datetime | None:
    """A timestamp as STIX and TAXII write them, to the microsecond; None where it is none."""
    match = _MOMENT.fullmatch(text) if isinstance(text, str) else None
    try:
        return match and datetime.fromisoformat(f"{match[1]}.{match[2] or '0':0<6.6}+00:00")
    except ValueError:
        return None


def _maps_maps(value: Any) -> bool:
    return isinstance(value, Mapping) and all(
        isinstance(one, Mapping) and isinstance(one.get("appeal", {}), Mapping) for one in value.values()
    )


def escaped(text: str) -> str:
    """Somebody's words in one line: control and direction characters, line ends among them, are written out."""
    return "".join(one if one.isprintable() else f"\\u{ord(one):04x}" for one in text)
