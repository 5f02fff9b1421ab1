"""The one extension of STIX that Stillwatch defines: what a campaign's and an indicator's counts are.

A property extension under a fixed identifier. Tools that do not know it still have the standard objects and their
descriptions; none of its properties is needed to act.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from stillwatch.core import INDICATOR_KINDS
from stillwatch.tables import FAMILIES

__all__ = ["APPEAL_STATUSES", "EXTENSION_ID", "RETRACTION_REASONS", "extended", "extension_definition", "properties"]

EXTENSION_ID = "extension-definition--ff45ec3e-805d-4c0b-9f41-a139d2af088a"
"""Fixed for good; a change that breaks readers gets another."""

APPEAL_STATUSES = ("filed", "upheld", "rejected")
"""What an appeal can be: made, granted, refused."""

RETRACTION_REASONS = ("mistake", "appeal upheld", "no longer valid")
"""Why something is taken back; there is no free text."""

_WHEN = "2026-11-01T00:00:00.000Z"
_COUNT = {"type": "integer", "minimum": 0}

SCHEMA: Mapping[str, Any] = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "title": "Stillwatch: counts behind a campaign of adversarial distillation",
    "type": "object",
    "required": ["extension_type"],
    "additionalProperties": False,
    "properties": {
        "extension_type": {"const": "property-extension"},
        "accounts": _COUNT | {"description": "campaign: its accounts; indicator: those of them with the value"},
        "exchanges": _COUNT | {"description": "campaign: requests made by its accounts"},
        "other_accounts": _COUNT | {"description": "indicator: accounts outside the campaign with the value"},
        "indicator_kind": {"enum": list(INDICATOR_KINDS)},
        "observations": {
            "description": "campaign: observations that count as evidence, by family",
            "type": "object",
            "propertyNames": {"enum": list(FAMILIES)},
            "additionalProperties": _COUNT,
        },
        "q_value": {"type": "number", "minimum": 0, "maximum": 1},
        "retraction": {"enum": list(RETRACTION_REASONS)},
        "appeal": {
            "type": "object",
            "required": ["case", "status"],
            "additionalProperties": False,
            "properties": {"case": {"type": "string"}, "status": {"enum": list(APPEAL_STATUSES)}},
        },
    },
}
"""JSON Schema of the extension's properties; also in docs/reference/alliance.md."""


def extension_definition(creator: str) -> dict[str, Any]:
    """The extension definition object.

    Args:
        creator: identifier of the identity object that defines it.
    """
    return {
        "type": "extension-definition",
        "spec_version": "2.1",
        "id": EXTENSION_ID,
        "created_by_ref": creator,
        "created": _WHEN,
        "modified": _WHEN,
        "name": "Stillwatch campaign counts",
        "description": "Counts behind a campaign of adversarial distillation and its indicators, retractions, appeals.",
        "schema": json.dumps(SCHEMA, sort_keys=True),
        "version": "1.0.0",
        "extension_types": ["property-extension"],
    }


def extended(**known: Any) -> dict[str, Any]:
    """The ``extensions`` property of an object with these properties of ours."""
    return {EXTENSION_ID: {"extension_type": "property-extension", **known}}


def properties(thing: Mapping[str, Any]) -> Mapping[str, Any]:
    """Our properties of an object from anybody; empty where it has none, or none of the form they must have."""
    extensions = thing.get("extensions")
    found = extensions.get(EXTENSION_ID) if isinstance(extensions, Mapping) else None
    return found if isinstance(found, Mapping) else {}
