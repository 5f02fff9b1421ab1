"""Conversations in ShareGPT's layout, which training sets use. They are refused by name.

A record is a conversation of turns ``{"from", "value"}``; it says neither when nor by whom anything was asked.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from stillwatch.core.bodies.shapes import Json
from stillwatch.ingest.base import RefusedFormat

__all__ = ["FORMAT"]


class ShareGPT(RefusedFormat):
    """Knows conversations in ShareGPT's layout."""

    name: ClassVar[str] = "sharegpt"
    description: ClassVar[str] = "conversations in ShareGPT's layout"
    refusal: ClassVar[str] = "a training set's layout, which says neither when nor by whom anything was asked"
    example: ClassVar[Mapping[str, Any]] = {
        "id": "x_0",
        "conversations": [{"from": "human", "value": "Why?"}, {"from": "gpt", "value": "Because."}],
    }

    def recognises(self, record: Json) -> bool:
        """By ``conversations`` whose turns have ``from`` and ``value``."""
        turns = record.get("conversations")
        if not isinstance(turns, list) or not turns or not isinstance(turns[0], Mapping):
            return False
        return "from" in turns[0] and "value" in turns[0]


FORMAT = ShareGPT()
