"""Azure OpenAI's diagnostic log (``RequestResponse``, ``Audit``): lengths, and no text. It is refused by name.

After Microsoft's "Monitor Azure OpenAI" reference.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from stillwatch.core.bodies.shapes import Json
from stillwatch.ingest.base import RefusedFormat

__all__ = ["FORMAT"]

_CATEGORIES = frozenset(("RequestResponse", "AzureOpenAIRequestUsage", "Audit"))


class AzureOpenAI(RefusedFormat):
    """Knows Azure OpenAI's diagnostic log."""

    name: ClassVar[str] = "azure-openai"
    description: ClassVar[str] = "Azure OpenAI's diagnostic log"
    refusal: ClassVar[str] = (
        "it holds the lengths of requests and no text; put API Management in front and log `GatewayLlmLogs` with "
        "messages, or use a gateway that logs bodies"
    )
    example: ClassVar[Mapping[str, Any]] = {
        "time": "2026-11-24T00:00:00.4350000Z",
        "category": "RequestResponse",
        "operationName": "ChatCompletions_Create",
        "correlationId": "d427",
        "callerIpAddress": "203.0.113.***",
        "durationMs": 1021,
        "resultSignature": "200",
        "properties": {"modelDeploymentName": "d", "modelName": "m", "requestLength": 128, "responseLength": 1411},
    }

    def recognises(self, record: Json) -> bool:
        """By ``category`` (``RequestResponse``) beside ``operationName`` and ``properties``."""
        category = record.get("category", record.get("Category"))
        if not isinstance(category, str) or category not in _CATEGORIES:
            return False
        return ("operationName" in record or "OperationName" in record) and (
            "properties" in record or "properties_s" in record or "correlationId" in record
        )


FORMAT = AzureOpenAI()
