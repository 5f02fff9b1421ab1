"""Envoy AI Gateway's access log: counts and latencies, and no text. Its records are refused by name.

Its OpenTelemetry traces carry messages and are read as spans. After Envoy AI Gateway's "Access logs" page.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from stillwatch.core.bodies.shapes import Json
from stillwatch.ingest.base import RefusedFormat

__all__ = ["FORMAT"]


class Envoy(RefusedFormat):
    """Knows Envoy AI Gateway's access log."""

    name: ClassVar[str] = "envoy-ai-gateway"
    description: ClassVar[str] = "Envoy AI Gateway's access log"
    refusal: ClassVar[str] = (
        "it holds token counts and no text; export the gateway's OpenTelemetry traces with message content instead, "
        "which are read as spans"
    )
    example: ClassVar[Mapping[str, Any]] = {
        "start_time": "2026-11-24T00:00:00Z",
        "gen_ai.request.model": "m",
        "gen_ai.provider.name": "p",
        "gen_ai.usage.input_tokens": 15,
        "gen_ai.usage.output_tokens": 7,
        "x-forwarded-for": "203.0.113.9",
        "user-agent": "x",
        "x-request-id": "r-1",
        "response_code": 200,
        "duration": 1526,
    }

    def recognises(self, record: Json) -> bool:
        """By a ``gen_ai.`` name beside ``response_code`` or ``duration``, and no ``attributes``."""
        if "attributes" in record or not ("response_code" in record or "duration" in record):
            return False
        return "gen_ai.request.model" in record or "gen_ai.usage.input_tokens" in record


FORMAT = Envoy()
