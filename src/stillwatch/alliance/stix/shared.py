"""Objects that are the same whoever publishes: the project's identity, its extension, ATLAS techniques, TLP.

A hub holds them from the start, so that nobody can put other content under their identifiers.
"""

from __future__ import annotations

from typing import Any

from stillwatch.alliance.stix.extension import extension_definition
from stillwatch.alliance.stix.identifiers import identity_id, stable_id
from stillwatch.alliance.stix.marking import LABELS, MARKINGS, marking_definition

__all__ = ["PROJECT", "TECHNIQUES", "attack_pattern", "shared_objects"]

PROJECT = identity_id("stillwatch")
"""Who defines the extension and speaks for ATLAS's techniques here."""

TECHNIQUES = {
    "AML.T0024.002": "Extract AI Model",
    "AML.T0040": "AI Model Inference API Access",
    "AML.T0008.005": "AI Service Proxies",
}
"""Techniques of MITRE ATLAS that a campaign can bear."""

_WHEN = "2026-11-01T00:00:00.000Z"
_CLEAR = [MARKINGS["clear"]]


def attack_pattern(identifier: str, name: str) -> dict[str, Any]:
    """A technique of MITRE ATLAS."""
    return {
        "type": "attack-pattern",
        "spec_version": "2.1",
        "id": stable_id("attack-pattern", identifier),
        "created_by_ref": PROJECT,
        "created": _WHEN,
        "modified": _WHEN,
        "name": name,
        "external_references": [
            {
                "source_name": "mitre-atlas",
                "external_id": identifier,
                "url": f"https://atlas.mitre.org/techniques/{identifier}",
            }
        ],
        "object_marking_refs": _CLEAR,
    }


def shared_objects() -> list[dict[str, Any]]:
    """All of them."""
    project = {
        "type": "identity",
        "spec_version": "2.1",
        "id": PROJECT,
        "created": _WHEN,
        "modified": _WHEN,
        "name": "stillwatch",
        "description": "The open-source project Stillwatch.",
        "identity_class": "organization",
        "object_marking_refs": _CLEAR,
    }
    techniques = [attack_pattern(identifier, name) for identifier, name in TECHNIQUES.items()]
    extension = extension_definition(PROJECT) | {"object_marking_refs": _CLEAR}
    return [*map(marking_definition, LABELS), project, extension, *techniques]
