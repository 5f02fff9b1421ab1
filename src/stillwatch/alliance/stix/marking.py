"""TLP 2.0: its labels in order, their fixed marking definitions, and which label an object bears.

https://www.first.org/tlp/; the definitions are those of OASIS's extension for TLP 2.0.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

__all__ = ["LABELS", "MARKINGS", "label_of", "label_of_object", "marking_definition", "says_label"]

LABELS = ("clear", "green", "amber", "amber+strict", "red")
"""From what anyone may see to what named people alone may see."""

MARKINGS: Mapping[str, str] = {
    "clear": "marking-definition--94868c89-83c2-464b-929b-a1a8aa3c8487",
    "green": "marking-definition--bab4a63c-aed9-4cf5-a766-dfca5abac2bb",
    "amber": "marking-definition--55d920b0-5e8b-4f79-9ee9-91f868d9b421",
    "amber+strict": "marking-definition--939a9414-2ddd-4d32-a0cd-375ea402b003",
    "red": "marking-definition--e828b379-4e03-4974-9ac4-e53a884c97c1",
}
"""The identifier of each label's marking definition."""

# Members with older tools mark by TLP 1; white and amber mean then what clear and amber mean now.
_OLDER = {
    "marking-definition--613f2e26-407d-48c7-9eca-b8e91df99dc9": "clear",
    "marking-definition--34098fce-860f-48ae-8e50-ebd3cc5e41da": "green",
    "marking-definition--f88d31f6-486f-44da-b317-01333bde0b82": "amber",
    "marking-definition--5e57c739-391a-4eb3-b6be-7d15ca92d5ed": "red",
}
_LABEL_OF = {**{identifier: label for label, identifier in MARKINGS.items()}, **_OLDER}

_EXTENSION = "extension-definition--60a3c5c5-0d10-413e-aab3-9e08dde9e88d"


def marking_definition(label: str) -> dict[str, Any]:
    """The marking definition of a label, letter for letter as published."""
    return {
        "type": "marking-definition",
        "spec_version": "2.1",
        "id": MARKINGS[label],
        "created": "2022-10-01T00:00:00.000Z",
        "name": f"TLP:{label.upper()}",
        "extensions": {_EXTENSION: {"extension_type": "property-extension", "tlp_2_0": label}},
    }


def label_of(references: Iterable[object]) -> str | None:
    """The strictest label among an object's markings; None where it bears none."""
    named = [reference.strip().lower() for reference in references if isinstance(reference, str)]
    return max((_LABEL_OF[one] for one in named if one in _LABEL_OF), key=LABELS.index, default=None)


def label_of_object(thing: Mapping[str, Any]) -> str | None:
    """The strictest label that an object bears, as a whole or in any part (``granular_markings``); None without one."""
    whole, parts = thing.get("object_marking_refs"), thing.get("granular_markings")
    marks = list(whole) if isinstance(whole, list) else []
    marks += [one.get("marking_ref") for one in (parts if isinstance(parts, list) else ()) if isinstance(one, Mapping)]
    return label_of(marks)


def says_label(definition: Mapping[str, Any]) -> bool:
    """Whether a marking definition says a TLP label under another identifier than that label's own."""
    if definition.get("id") in _LABEL_OF:
        return False
    extensions = definition.get("extensions")
    said = isinstance(extensions, Mapping) and _EXTENSION in extensions
    name = str(definition.get("name", "")).strip().lower()
    return said or definition.get("definition_type") == "tlp" or name.startswith("tlp:")
