"""Azure API Management's LLM log (``ApiManagementGatewayLlmLog``), as rows or as diagnostic records.

| read | as |
| --- | --- |
| ``ApimSubscriptionId`` or ``UserId``, where a query joined them from ``ApiManagementGatewayLogs`` | ``account_id`` |
| ``TimeGenerated``, else ``time`` | ``time`` |
| ``CorrelationId`` | ``exchange_id`` |
| ``ModelName``, else ``DeploymentName`` | ``model`` |
| ``RequestMessages``, ``ResponseMessages`` (JSON text) | ``messages``, ``response`` |
| ``PromptTokens``, ``CompletionTokens`` | token counts |
| ``IsStreamCompletion``, ``CallerIpAddress`` | ``stream``, ``client_address`` |

Names may be in camel case, and in ``properties``. Long messages lie in several rows of one ``CorrelationId``, in
order of ``SequenceNumber``, and the answer in rows of its own: rows must be put together before they are read. A
row that is only a part is a dead letter that says so. Layout: Azure Monitor's table reference.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, ClassVar

from stillwatch.core.bodies.shapes import Json, first, identity, merged, object_of
from stillwatch.core.bodies.traced import answer_fields, asked_fields
from stillwatch.ingest.base import LogFormat
from stillwatch.ingest.record import Fields, RecordError

__all__ = ["FORMAT"]

_TOGETHER = (
    "put the rows of a `CorrelationId` together first: summarize strcat_array(make_list(RequestMessages), '') and "
    "ResponseMessages by CorrelationId, ordered by SequenceNumber, joined with ApiManagementGatewayLogs"
)


class AzureAPIM(LogFormat):
    """Reads rows of Azure API Management's LLM log."""

    name: ClassVar[str] = "azure-apim"
    description: ClassVar[str] = "Azure API Management's LLM log"
    example: ClassVar[Mapping[str, Any]] = {
        "TimeGenerated": "2026-11-24T00:00:00.000Z",
        "CorrelationId": "z-1",
        "ApimSubscriptionId": "a-1",
        "ModelName": "m",
        "RequestMessages": '[{"role": "user", "content": "Why?"}]',
        "ResponseMessages": '[{"role": "assistant", "content": "Because."}]',
        "PromptTokens": 10,
        "CompletionTokens": 20,
        "SequenceNumber": 0,
    }

    def recognises(self, record: Json) -> bool:
        """By ``RequestMessages`` or ``ResponseMessages``, in either case, also in ``properties``."""
        row = _row(record)
        return "requestmessages" in row or "responsemessages" in row

    def read(self, record: Json) -> Iterable[Fields]:
        """One exchange.

        Raises:
            RecordError: the row is a part of one.
        """
        row = _row(record)
        asked = row.get("requestmessages")
        if not asked:
            raise RecordError(f"a row of an answer alone: {_TOGETHER}")
        if row.get("sequencenumber") not in (None, 0, "0", ""):
            raise RecordError(f"part {row['sequencenumber']} of a request: {_TOGETHER}")
        try:
            fields = asked_fields(asked, "RequestMessages")
        except RecordError as error:
            raise RecordError(f"{error}: where it is the first of several parts, {_TOGETHER}") from None
        own: Fields = {
            "exchange_id": identity(first(row, "correlationid")),
            "time": first(row, "timegenerated", "time"),
            "account_id": identity(first(row, "apimsubscriptionid", "userid", "account_id")),
            "model": first(row, "modelname", "deploymentname"),
            "stream": row.get("isstreamcompletion"),
            "input_tokens": row.get("prompttokens"),
            "output_tokens": row.get("completiontokens"),
            "client_address": row.get("calleripaddress"),
            "account_in": "join `ApimSubscriptionId` from ApiManagementGatewayLogs by `CorrelationId`",
        }
        return [merged(answer_fields(row.get("responsemessages"), "ResponseMessages"), fields, own)]


def _row(record: Json) -> Json:
    """The row with names in lower case; those in ``properties`` beside its own."""
    held = record.get("properties")
    if isinstance(held, str) and "essages" in held:
        try:
            held = object_of(held, "properties")
        except RecordError:
            held = None
    inner = held if isinstance(held, Mapping) else {}
    return {str(name).lower(): value for name, value in (*record.items(), *inner.items())}


FORMAT = AzureAPIM()
