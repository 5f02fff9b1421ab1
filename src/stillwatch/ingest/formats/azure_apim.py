"""Azure API Management: the log of language models, its parts put together, and the gateway log beside it.

Rows of ``ApiManagementGatewayLlmLog`` and ``ApiManagementGatewayLogs`` as Log Analytics exports them, or resource
logs of the categories ``GatewayLlmLogs`` and ``GatewayLogs`` (with ``properties``). All rows of a ``CorrelationId``
in a folder make one exchange.

| read | as |
| --- | --- |
| ``TimeGenerated``, else ``time``, of the first row | ``time`` |
| ``ApimSubscriptionId`` of the gateway log, else of the LLM log | ``account_id`` |
| ``CorrelationId`` | ``exchange_id`` |
| ``RequestMessages``, ``ResponseMessages``, parts by ``SequenceNumber`` | ``messages``, ``response`` |
| ``ModelName``, else ``DeploymentName``; ``PromptTokens``, ``CompletionTokens`` | their columns |
| ``IsStreamCompletion`` | ``stream`` |
| ``CallerIpAddress``, ``RequestHeaders`` of the gateway log | origin |
| ``ResponseCode``, ``TotalTime`` (else ``durationMs``) of the gateway log | ``status``, ``latency_ms`` |
| ``RequestBody``, ``ResponseBody`` (also ``Backend...``) of the gateway log, where no LLM row holds text | the bodies |

A request of which a part is missing is refused: its last words may be what is missing. ``ApimSubscriptionId`` is a
caller's subscription at the gateway; an Azure subscription, a service and an API are nobody's name. After
Microsoft's "Log token usage, prompts, and completions for LLM APIs" and the tables' references.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, ClassVar

import msgspec

from stillwatch.core.bodies.pairs import pair_caller, pair_fields
from stillwatch.core.bodies.shapes import (
    Json,
    RecordError,
    content_text,
    first,
    identity,
    merged,
    messages,
    noted,
    object_or_empty,
    parsed,
    shown,
    whole,
)
from stillwatch.ingest.base import PartsFormat
from stillwatch.ingest.headers import header
from stillwatch.ingest.record import Fields

__all__ = ["FORMAT"]

_TABLES = frozenset(("apimanagementgatewayllmlog", "apimanagementgatewaylogs", "gatewayllmlogs", "gatewaylogs"))
_NOBODY = (
    "put the gateway log (ApiManagementGatewayLogs, with `ApimSubscriptionId`) of the same hours beside the LLM log, "
    "or join `ApimSubscriptionId` by `CorrelationId`"
)
_MARKS = ("RequestMessages", "ResponseMessages", "SequenceNumber", "ApimSubscriptionId", "PromptTokens")


class AzureApim(PartsFormat):
    """Reads the logs of Azure API Management."""

    name: ClassVar[str] = "azure-apim"
    description: ClassVar[str] = "Azure API Management's LLM log, with its gateway log"
    example: ClassVar[Mapping[str, Any]] = {
        "TimeGenerated": "2026-11-24T00:00:00.1234567Z",
        "CorrelationId": "x-1",
        "SequenceNumber": 0,
        "ModelName": "m",
        "DeploymentName": "d",
        "PromptTokens": 14,
        "CompletionTokens": 8,
        "IsStreamCompletion": False,
        "RequestMessages": [{"role": "user", "content": "Why?"}],
        "ResponseMessages": [{"role": "assistant", "content": "Because."}],
    }
    more_examples: ClassVar[Sequence[Mapping[str, Any]]] = (
        {
            "TimeGenerated": "2026-11-24T00:00:00.1Z",
            "CorrelationId": "x-1",
            "ApimSubscriptionId": "a-1",
            "CallerIpAddress": "203.0.113.9",
            "ResponseCode": 200,
            "TotalTime": 812,
            "OperationId": "ChatCompletions_Create",
            "Type": "ApiManagementGatewayLogs",
        },
    )

    def recognises(self, record: Json) -> bool:
        """By ``CorrelationId`` beside a column of either table, or a ``category`` that is one of the two."""
        if "CorrelationId" in record:
            kind = str(record.get("Type") or record.get("Category") or "").lower()
            return kind in _TABLES or any(name in record for name in _MARKS)
        return "correlationId" in record and str(record.get("category", "")).lower() in _TABLES

    def key(self, record: Json) -> str | None:
        """The id of a request at the gateway."""
        found = record.get("CorrelationId", record.get("correlationId"))
        return str(found) if found else None

    def join(self, parts: Sequence[Json]) -> Iterable[Fields]:
        """One exchange."""
        rows = [_flat(part) for part in parts]
        spoken = _in_order([row for row in rows if _is_llm(row)])
        gateway = next((row for row in rows if not _is_llm(row)), {})
        told = merged(*reversed(spoken))
        fields = _of_messages(spoken)
        if fields is None:
            fields = _of_bodies(gateway, bool(spoken))
        subscription = first(gateway, "apimsubscriptionid") or first(told, "apimsubscriptionid")
        own: Fields = {
            "exchange_id": identity(first(told, "correlationid") or first(gateway, "correlationid")),
            "time": _earliest(spoken) or _earliest([gateway]),
            "provider": "azure.apim",
            "account_id": identity(subscription) or pair_caller(first(gateway, "requestbody")),
            "account_in": _NOBODY,
            "model": first(told, "modelname", "deploymentname"),
            "stream": told.get("isstreamcompletion"),
            "input_tokens": _counted(spoken, "prompttokens"),
            "output_tokens": _counted(spoken, "completiontokens"),
            "status": first(gateway, "responsecode"),
            "latency_ms": first(gateway, "totaltime", "durationms"),
            "client_address": first(gateway, "calleripaddress"),
            "user_agent": header(object_or_empty(gateway.get("requestheaders")), "user-agent"),
        }
        return [merged(fields, own)]


def _flat(record: Json) -> dict[str, Any]:
    """A row whose names are in lower case, those in ``properties`` among them."""
    inner = object_or_empty(record.get("properties"))
    return {str(name).lower(): value for name, value in (*inner.items(), *record.items()) if value is not None}


def _is_llm(row: Json) -> bool:
    kind = str(row.get("type") or row.get("category") or "").lower()
    if kind in _TABLES:
        return "llm" in kind
    return any(name in row for name in ("sequencenumber", "requestmessages", "responsemessages", "prompttokens"))


def _in_order(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Rows by their numbers; of two with one number, which a second delivery leaves, the first."""
    found: dict[int, dict[str, Any]] = {}
    for row in rows:
        number = row.get("sequencenumber", 0)
        if not str(number).removesuffix(".0").isdecimal():
            raise RecordError(f"`SequenceNumber`: expected a whole number, got {shown(number)}")
        found.setdefault(int(float(number)), row)
    return [found[number] | {"sequencenumber": number} for number in sorted(found)]


def _counted(rows: list[dict[str, Any]], name: str) -> Any:
    # One row counts; the others say 0.
    return next((whole(row[name]) for row in rows if row.get(name) not in (None, "", 0, 0.0, "0")), None)


def _earliest(rows: Sequence[Json]) -> Any:
    times = [time for row in rows if (time := first(row, "timegenerated", "time")) is not None]
    return min(times, key=str) if times else None


def _of_messages(rows: list[dict[str, Any]]) -> Fields | None:
    """What the rows' messages say; None where no row holds a request's."""
    asked = [row for row in rows if _said(row.get("requestmessages"))]
    if not asked:
        return None
    answered = [row for row in rows if _said(row.get("responsemessages"))]
    numbers = [row["sequencenumber"] for row in rows]
    last = answered[0]["sequencenumber"] if answered else asked[-1]["sequencenumber"]
    if (missing := _first_missing(numbers, numbers[0], last)) is not None:
        raise RecordError(f"part {missing} of the request's {last + 1} parts (`SequenceNumber`) is missing")
    fields: Fields = {"operation": "chat.completions"}
    fields["messages"] = messages(_joined(asked, "requestmessages", "RequestMessages"), "RequestMessages")
    try:
        answer = messages(_joined(answered, "responsemessages", "ResponseMessages"), "ResponseMessages")
        fields["response"] = content_text([one.content for one in answer or () if one.content is not None])
    except RecordError as error:
        noted(fields, str(error))
    if (missing := _first_missing(numbers, last, numbers[-1])) is not None:
        fields["response"] = None
        noted(fields, f"`ResponseMessages`: part {missing} is missing")
    return fields


def _first_missing(numbers: Sequence[int], start: int, last: int) -> int | None:
    """The first number from ``start`` to ``last`` that is none of some ascending ones, however far apart these are."""
    wanted = start
    for number in numbers:
        if wanted < number:
            break
        wanted = max(wanted, number + 1)
    return wanted if wanted <= last else None


def _said(value: object) -> bool:
    return value not in (None, "", [], "[]")


def _joined(rows: list[dict[str, Any]], name: str, shown_name: str) -> list[Any] | None:
    """Messages of several rows as one list.

    Raises:
        RecordError: together they are no JSON, as where the last part is missing.
    """
    values = [row[name] for row in rows]
    if not values:
        return None
    decoded = [_decoded(value) for value in values]
    if all(isinstance(value, list) for value in decoded):
        return [message for value in decoded for message in value]
    if not all(isinstance(value, str) for value in values):
        raise RecordError(f"`{shown_name}`: expected lists of messages, or pieces of their text")
    try:
        whole_list = msgspec.json.decode("".join(values))
    except (msgspec.MsgspecError, ValueError, RecursionError):
        raise RecordError(
            f"`{shown_name}`: the {len(values)} parts together are no JSON: one is cut or missing"
        ) from None
    return whole_list if isinstance(whole_list, list) else [whole_list]


def _decoded(value: object) -> Any:
    try:
        found = parsed(value, "messages")
    except RecordError:
        return value
    return [found] if isinstance(found, dict) else found


def _of_bodies(gateway: Json, beside: bool) -> Fields:
    """What the gateway log's bodies say, where it logs them.

    Raises:
        RecordError: it does not.
    """
    asked = first(gateway, "requestbody", "backendrequestbody")
    if asked is None:
        raise RecordError(
            "no text: the LLM log's rows hold counts alone; switch on `Log prompts` and `Log completions` of the API"
            if beside
            else "no text: a request of the gateway log without a row of the LLM log in the same folder"
        )
    return pair_fields(asked, first(gateway, "responsebody", "backendresponsebody"), where="RequestBody")


FORMAT = AzureApim()
