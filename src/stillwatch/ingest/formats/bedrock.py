"""AWS Bedrock model invocation logs, streamed bodies too.

Read are ``timestamp``, ``accountId`` (the account, an AWS account), ``identity.arn`` (the key),
``region`` (as ``pathway`` together with ``bedrock``), ``requestId``, ``operation``, ``modelId``,
``input.inputBodyJson``, ``output.outputBodyJson``, ``input.inputTokenCount``,
``output.outputTokenCount`` and ``errorCode``. Bodies are Anthropic's, Converse's, OpenAI's or those of the
other families (Nova, Llama, Mistral, Cohere, Titan), told by their shape; a streamed
output is a list of events and is put together again. The log has no address and no user agent.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, ClassVar

import msgspec
from msgspec import UNSET, UnsetType

from stillwatch.core.bodies import anthropic, converse, openai
from stillwatch.core.bodies.columns import columns_of, either, told
from stillwatch.core.bodies.optional_parts import object_or_note
from stillwatch.core.bodies.other_calls import check_conversation
from stillwatch.core.bodies.plain_anthropic import Answer, Asked, message_columns
from stillwatch.core.bodies.plain_events import Event, whole_message
from stillwatch.core.bodies.plain_openai import Int64
from stillwatch.core.bodies.shapes import Json, RecordError, first, identity, merged, object_of, parsed
from stillwatch.ingest.base import LogFormat
from stillwatch.ingest.plain_pairs import made
from stillwatch.ingest.plain_shape import PlainShape
from stillwatch.ingest.record import Exchange, Fields

__all__ = ["FORMAT"]

_OF_OPENAI = frozenset(("choices", "object"))
_OF_CONVERSE = frozenset(("inferenceConfig", "schemaVersion", "toolConfig"))
_NO_TEXT = "`input` has no `inputBodyJson`: model invocation logging is on without the delivery of text"


class _Answered(Answer, gc=False):
    # Of answers that are no conversation.
    data: UnsetType = UNSET
    results: UnsetType = UNSET


class _PlainAsked(Asked, gc=False, kw_only=True):
    anthropic_version: str | UnsetType | None = UNSET


class _Input(msgspec.Struct, gc=False):
    inputBodyJson: _PlainAsked  # noqa: N815 - as Bedrock spells it
    inputTokenCount: Int64 | None = None  # noqa: N815


class _Output(msgspec.Struct, gc=False):
    outputBodyJson: _Answered | list[Event]  # noqa: N815
    outputTokenCount: Int64 | None = None  # noqa: N815


class _Identity(msgspec.Struct, gc=False):
    arn: str | None = None


class _Plain(msgspec.Struct, gc=False):
    """A record as many are: a message of a Claude, streamed or not."""

    timestamp: str | int | float
    accountId: str  # noqa: N815
    modelId: str  # noqa: N815
    input: _Input
    output: _Output
    identity: _Identity | UnsetType | None = UNSET
    requestId: str | None = None  # noqa: N815
    operation: str | None = None
    region: str | None = None
    errorCode: str | Int64 | None = None  # noqa: N815


_AROUND = (
    "timestamp", "accountId", "modelId", "input", "output", "identity", "requestId", "operation", "region", "errorCode",
)  # fmt: skip
_NO_MESSAGE = Answer("message", [])


def _exchanges(rows: Sequence[_Plain]) -> list[Exchange | None]:
    """Plain records as ``Bedrock.read`` reads them; None for each that is to be read so."""
    times, accounts, models, given, got, keys, ids, calls, regions, errors = columns_of(rows, _AROUND)
    asked, went_in = columns_of(given, ("inputBodyJson", "inputTokenCount"))
    answers, came_out = columns_of(got, ("outputBodyJson", "outputTokenCount"))
    messages = [whole_message(one) if isinstance(one, list) else one for one in answers]
    columns, left = message_columns(asked, [one or _NO_MESSAGE for one in messages])
    left.update(
        place
        for place, (message, call, one, model) in enumerate(zip(messages, calls, asked, models, strict=True))
        if message is None
        or (call is not None and call.startswith("Converse"))
        or not ("anthropic" in model or one.anthropic_version is not UNSET)
    )
    columns |= {
        # The answer's own is none of Bedrock's.
        "exchange_id": ids,
        "time": times,
        "provider": ["aws.bedrock"] * len(rows),
        "pathway": [f"bedrock/{one}" if one else "bedrock" for one in regions],
        "account_id": accounts,
        "api_key_id": [one.arn if isinstance(one, _Identity) else None for one in keys],
        "model": told(models, columns["model"]),
        "operation": calls,
        "status": errors,
        "input_tokens": either(columns["input_tokens"], went_in),
        "output_tokens": either(columns["output_tokens"], came_out),
    }
    return made(columns, left, len(rows))


class Bedrock(LogFormat):
    """Reads Bedrock invocation logs."""

    name: ClassVar[str] = "bedrock"
    description: ClassVar[str] = "AWS Bedrock model invocation logs"
    example: ClassVar[Mapping[str, Any]] = {
        "schemaType": "ModelInvocationLog",
        "schemaVersion": "1.0",
        "timestamp": "2026-04-18T22:54:57Z",
        "accountId": "111111111111",
        "identity": {"arn": "arn:aws:iam::111111111111:user/x"},
        "region": "us-east-1",
        "requestId": "6f9e",
        "operation": "InvokeModelWithResponseStream",
        "modelId": "anthropic.claude-3-haiku-20240307-v1:0",
        "input": {
            "inputBodyJson": {
                "messages": [{"role": "user", "content": [{"type": "text", "text": "Why?"}]}],
                "max_tokens": 2000,
            },
            "inputTokenCount": 571,
        },
        "output": {
            "outputBodyJson": [
                {"type": "message_start", "message": {"id": "m", "role": "assistant", "content": [], "usage": {}}},
                {"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}},
                {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": "Because."}},
            ],
            "outputTokenCount": 20,
        },
    }

    plain: ClassVar[PlainShape | None] = PlainShape(_Plain, _exchanges)

    def recognises(self, record: Json) -> bool:
        """By its schema type, or by ``modelId`` beside ``input`` and ``accountId``."""
        if record.get("schemaType") == "ModelInvocationLog":
            return True
        return "modelId" in record and "input" in record and "accountId" in record

    def read(self, record: Json) -> Iterable[Fields]:
        """One exchange."""
        told: Fields = {}
        given, got = object_of(record.get("input"), "input"), object_or_note(told, record.get("output"), "output")
        identified = object_or_note(told, record.get("identity"), "identity")
        request = object_of(given.get("inputBodyJson"), "input.inputBodyJson")
        response = got.get("outputBodyJson")
        # Half an answer is its reader's to tell of.
        with contextlib.suppress(RecordError):
            response = parsed(response, "output.outputBodyJson")
        check_conversation(response)
        if not request:
            raise RecordError(_NO_TEXT)
        side = _dialect(str(record.get("operation")), str(record.get("modelId")), request, response)
        fields = merged(told, side.response_fields(response), side.request_fields(request))
        fields |= {
            "exchange_id": identity(record.get("requestId")),
            "time": record.get("timestamp"),
            "provider": "aws.bedrock",
            "pathway": f"bedrock/{record['region']}" if record.get("region") else "bedrock",
            "account_id": identity(record.get("accountId")),
            "api_key_id": identified.get("arn"),
            "model": record.get("modelId") or fields.get("model"),
            "operation": record.get("operation"),
            "status": record.get("errorCode"),
        }
        counts = {
            "input_tokens": first(given, "inputTokenCount"),
            "output_tokens": first(got, "outputTokenCount"),
        }
        return [merged({name: count for name, count in counts.items() if count is not None}, fields)]


def _dialect(operation: str, model: str, request: Json, response: Any) -> Any:
    """The module that reads these bodies."""
    if operation.startswith("Converse"):
        return converse
    if "anthropic" in model or "anthropic_version" in request:
        return anthropic
    pieces = response if isinstance(response, list) else [response]
    answered = next((one for one in pieces if isinstance(one, dict)), None)
    if answered is None:
        return openai if "messages" in request and not _OF_CONVERSE.intersection(request) else converse
    return openai if _OF_OPENAI.intersection(answered) else converse


FORMAT = Bedrock()
