"""Transcripts that a coding client keeps on its user's machine. They are refused by name.

A line is a message of a conversation, with what the client did in between, and names no account.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from stillwatch.core.bodies.shapes import Json
from stillwatch.ingest.base import RefusedFormat

__all__ = ["FORMAT"]


class ClaudeCode(RefusedFormat):
    """Knows a coding client's transcripts."""

    name: ClassVar[str] = "claude-code"
    description: ClassVar[str] = "a coding client's transcript"
    refusal: ClassVar[str] = (
        "it is kept on a user's own machine, holds messages rather than requests, and names no account; log at the "
        "gateway, or at the provider"
    )
    example: ClassVar[Mapping[str, Any]] = {
        "type": "user",
        "uuid": "1",
        "parentUuid": None,
        "sessionId": "s-1",
        "timestamp": "2026-11-24T00:00:00.000Z",
        "cwd": "/home/x",
        "message": {"role": "user", "content": "Why?"},
    }

    def recognises(self, record: Json) -> bool:
        """By ``sessionId`` beside ``uuid``, ``type`` and ``message``."""
        return "sessionId" in record and "uuid" in record and "type" in record and "message" in record


FORMAT = ClaudeCode()
