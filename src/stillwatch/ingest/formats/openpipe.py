"""OpenPipe's export of request logs: ``{"input", "output", "tags"}``.

``input`` is a request's body and ``output`` its answer, of any API. ``time`` is ``requestedAt``, which exports lack
as a rule, else the answer's ``created``; ``account_id`` is the tag ``user_id`` or ``user``, else the body's end
user. A ``created`` that is no time between 2000 and 2100, as in OpenPipe's own example, costs the record. After
OpenPipe's "Exporting logs" page.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, ClassVar

import msgspec
from msgspec import UNSET, UnsetType

from stillwatch.core.bodies.columns import columns_of, told, within
from stillwatch.core.bodies.pairs import pair_caller, pair_fields
from stillwatch.core.bodies.plain_openai import Answer, Asked
from stillwatch.core.bodies.shapes import Json, first, identity, merged, object_of
from stillwatch.ingest.base import LogFormat
from stillwatch.ingest.plain_pairs import Id, Time, identities, made, pair_columns
from stillwatch.ingest.plain_shape import PlainShape
from stillwatch.ingest.record import Exchange, Fields

__all__ = ["FORMAT"]


class _Tags(msgspec.Struct, gc=False):
    user_id: Id | None = None
    userId: Id | None = None  # noqa: N815 - as some spell it
    user: Id | None = None


class _Plain(msgspec.Struct, gc=False, kw_only=True):
    """A request as most are: a chat completion."""

    input: Asked
    output: Answer
    tags: _Tags | None
    requestedAt: Time | UnsetType | None = UNSET  # noqa: N815
    requested_at: Time | UnsetType | None = UNSET


_NO_TAGS = _Tags()


def _exchanges(rows: Sequence[_Plain]) -> list[Exchange | None]:
    """Plain requests as ``OpenPipe.read`` reads them; None for each that is to be read so."""
    asked, answered, tags, times, others = columns_of(rows, ("input", "output", "tags", "requestedAt", "requested_at"))
    columns, left = pair_columns(asked, answered)
    users = map(identities, within(tags, _NO_TAGS, ("user_id", "userId", "user")))
    columns |= {
        "time": told(times, others, [one.created for one in answered]),
        "account_id": told(*users, columns.get("account_id", ())),
    }
    return made(columns, left, len(rows))


class OpenPipe(LogFormat):
    """Reads OpenPipe's request logs."""

    name: ClassVar[str] = "openpipe"
    description: ClassVar[str] = "OpenPipe's export of request logs"
    example: ClassVar[Mapping[str, Any]] = {
        "input": {"model": "m", "messages": [{"role": "user", "content": "Why?"}]},
        "output": {
            "id": "c-1",
            "object": "chat.completion",
            "created": 1795490904,
            "choices": [{"index": 0, "message": {"role": "assistant", "content": "Because."}}],
        },
        "tags": {"user_id": "a-1"},
    }

    plain: ClassVar[PlainShape | None] = PlainShape(_Plain, _exchanges)

    def recognises(self, record: Json) -> bool:
        """By ``tags`` beside ``output`` and an ``input`` with ``messages``."""
        asked = record.get("input")
        return "tags" in record and "output" in record and isinstance(asked, dict) and "messages" in asked

    def read(self, record: Json) -> Iterable[Fields]:
        """One exchange."""
        tags = object_of(record.get("tags"), "tags")
        output = record.get("output")
        own: Fields = {
            "time": first(record, "requestedAt", "requested_at")
            or (output.get("created") if isinstance(output, dict) else None),
            "account_id": identity(first(tags, "user_id", "userId", "user")) or pair_caller(record.get("input")),
            "account_in": "OpenPipe names no caller but in tags: have clients send the tag `user_id`",
        }
        return [merged(pair_fields(record.get("input"), output, where="input"), own)]


FORMAT = OpenPipe()
