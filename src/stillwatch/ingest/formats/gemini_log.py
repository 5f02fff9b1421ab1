"""Gemini-shaped request/response lines: ``{"request": {...}, "response": {...}, ...}``.

Bodies of ``generateContent``, in camel case or snake case, as ``bodies.gemini`` reads them: ``contents``,
``systemInstruction``, ``generationConfig``, ``candidates``; streams as lists of pieces. Either may be a JSON
string, or stand in a ``body`` beside ``headers``. Around them the names of ``envelope``. These bodies name no
caller, so the line must.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, ClassVar

from stillwatch.core.bodies import gemini
from stillwatch.core.bodies.pairs import pair_fields
from stillwatch.core.bodies.shapes import Json, merged
from stillwatch.ingest.base import LogFormat
from stillwatch.ingest.beside_bodies import counts_beside
from stillwatch.ingest.bodies_apart import text_of_answer
from stillwatch.ingest.envelope import bodies, dialect, envelope_fields, model_around
from stillwatch.ingest.record import NAMES, Fields
from stillwatch.ingest.told_beside import parameters_beside

__all__ = ["FORMAT"]


class GeminiLog(LogFormat):
    """Reads Gemini-shaped request/response lines."""

    name: ClassVar[str] = "gemini-log"
    description: ClassVar[str] = "lines of {request, response} with bodies of the Gemini API"
    general: ClassVar[bool] = True
    example: ClassVar[Mapping[str, Any]] = {
        "time": "2026-11-24T00:00:00Z",
        "account_id": "a-1",
        "request": {
            "contents": [{"role": "user", "parts": [{"text": "Why?"}]}],
            "systemInstruction": {"parts": [{"text": "Be brief."}]},
            "generationConfig": {"temperature": 0.7, "maxOutputTokens": 64},
        },
        "response": {
            "candidates": [{"content": {"role": "model", "parts": [{"text": "Because."}]}, "finishReason": "STOP"}],
            "usageMetadata": {"promptTokenCount": 10, "candidatesTokenCount": 20},
            "modelVersion": "m",
        },
    }

    def recognises(self, record: Json) -> bool:
        """By ``request`` with ``contents``."""
        return dialect(record) == "gemini"

    def read(self, record: Json) -> Iterable[Fields]:
        """One exchange."""
        request, response, frame = bodies(record)
        # Of a batch only the answer says when it was made.
        made = {"time": gemini.response_fields(response).get("time")} if "time" not in record else {}
        fields = merged(
            made,
            parameters_beside(record),
            counts_beside(record),
            {"response": text_of_answer(record)} if response is None else {},
            model_around(record, frame),
            pair_fields(request, response),
            frame,
            envelope_fields(record),
        )
        if "account_id" not in fields:
            fields["account_id"] = fields.get("api_key_id")
        known = {name: value for name, value in fields.items() if name in NAMES}
        return [known | {"account_in": "bodies of this API name no caller: log `account_id` beside them"}]


FORMAT = GeminiLog()
