"""Records of known kinds that cannot become exchanges, so that each is refused by its name.

| record | why |
| --- | --- |
| Azure OpenAI's diagnostic log (``category`` RequestResponse) | lengths, and no text |
| Envoy AI Gateway's access log (``gen_ai.request.model`` beside ``response_code``) | no text |
| OpenRouter's activity and generations (``native_tokens_prompt``) | no text |
| ShareGPT's conversations (``from`` and ``value``) | a data set: no account, no time |
| CloudTrail's events (``eventSource``, ``eventName``, ``userIdentity``) | who called, and not what |
| Cloud Audit Logs (``protoPayload`` with ``methodName``) | who called, and not what |
| reports of usage of OpenAI and Anthropic (``num_model_requests``, ``uncached_input_tokens``) | counts, and no text |
| metrics of OTLP (``resourceMetrics``) | numbers, and no text |
| transcripts of Claude Code (``sessionId``, ``uuid``) | one person's own, without an account |

It is asked only where no other format recognises a record.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, ClassVar

from stillwatch.core.bodies.shapes import Json
from stillwatch.ingest.base import LogFormat
from stillwatch.ingest.body_names import asked_in
from stillwatch.ingest.plain_names import TIMES, spelt_names
from stillwatch.ingest.record import Fields, RecordError

__all__ = ["FORMAT"]


def _azure(record: Json) -> bool:
    return record.get("category", record.get("Category")) in (
        "RequestResponse",
        "AzureOpenAIRequestUsage",
    ) and ("properties" in record or "properties_s" in record or "operationName" in record or "OperationName" in record)


def _envoy(record: Json) -> bool:
    named = "response_code" in record and any(str(name).startswith("gen_ai.") for name in record)
    return named and asked_in(record) is None


def _audit(record: Json) -> bool:
    held = record.get("protoPayload", record.get("protopayload_auditlog"))
    return isinstance(held, dict) and "methodName" in held


def _sharegpt(record: Json) -> bool:
    said = record.get("conversations")
    if not spelt_names(tuple(map(str, record))).keys().isdisjoint(TIMES):
        # Somebody's log of such conversations.
        return False
    return isinstance(said, list) and bool(said) and isinstance(said[0], dict) and "from" in said[0]


_KINDS: tuple[tuple[Callable[[Json], bool], str], ...] = (
    (_azure, "Azure's diagnostic log of RequestResponse holds lengths and no text: log through API Management "
             "(ApiManagementGatewayLlmLog) with messages on"),
    (_envoy, "Envoy AI Gateway's access log holds no text: export its spans (OpenInference over OTLP) instead"),
    (lambda r: "native_tokens_prompt" in r or "native_tokens_completion" in r,
     "OpenRouter's activity holds no text: use its broadcast to a tracer instead"),
    (_sharegpt, "a ShareGPT conversation is a data set's: it has neither account nor time"),
    (lambda r: {"eventSource", "eventName", "userIdentity"} <= r.keys(),
     "CloudTrail says who called and not what was asked: give Bedrock's model invocation log (or the gateway's); "
     "`--callers` takes who made which request"),
    (_audit, "a Cloud Audit Log says who called and not what was asked: give Vertex AI's request-response table; "
             "`--callers` takes who made which request"),
    (lambda r: "num_model_requests" in r or "uncached_input_tokens" in r,
     "a report of usage holds counts and no requests: give the log of requests of the gateway or the model server"),
    (lambda r: "resourceMetrics" in r or "resource_metrics" in r,
     "an export of metrics holds numbers and no requests: export traces or logs with their contents"),
    (lambda r: {"sessionId", "uuid", "message"} <= r.keys(),
     "a transcript of Claude Code is one person's own and names no account; a session is none"),
)  # fmt: skip


class Refused(LogFormat):
    """Refuses known kinds of records by name."""

    name: ClassVar[str] = "refused"
    description: ClassVar[str] = "known kinds of records without text or account, each refused with its reason"
    general: ClassVar[bool] = True
    refuses: ClassVar[bool] = True
    example: ClassVar[Mapping[str, Any]] = {
        "start_time": "2026-11-24T00:00:00Z",
        "response_code": 200,
        "gen_ai.request.model": "m",
    }

    def recognises(self, record: Json) -> bool:
        """By the keys of any of these kinds."""
        return any(holds(record) for holds, _ in _KINDS)

    def read(self, record: Json) -> Iterable[Fields]:
        """Nothing.

        Raises:
            RecordError: always; it names the kind.
        """
        raise RecordError(next((why for holds, why in _KINDS if holds(record)), "no format recognises the record"))


FORMAT = Refused()
