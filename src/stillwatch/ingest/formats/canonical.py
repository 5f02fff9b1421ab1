"""Stillwatch's own record: one object whose keys are the columns of ``exchanges``.

Read are the columns named in ``tables.EXCHANGES``; other keys are told and not read. In place of a ``client_address``
``client_ip`` is read, else ``ip``, ``ip_address`` or ``remote_addr``, whichever first has a value. ``time``,
``account_id`` and ``prompt`` or ``messages`` are required. ``content`` may be text or content parts;
``tools`` may be names or definitions; ``stop`` one string or a list; ``status`` text or a number;
``asn`` a number or ``AS64500``; ``response_format`` text or an object with a ``type``. ``source_file``
and ``source_line`` are those of this reading, so that a run's own ``exchanges`` can be read again.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from operator import attrgetter
from typing import Any, ClassVar

import msgspec
import pyarrow as pa

from stillwatch.core.bodies.optional_parts import put
from stillwatch.core.bodies.shapes import (
    Json,
    content_text,
    identity,
    messages,
    names_of_tools,
    shown,
    stop_list,
    whole,
)
from stillwatch.ingest.base import LogFormat
from stillwatch.ingest.plain_names import ADDRESSES, TIMES, WHOSE, known_names
from stillwatch.ingest.plain_shape import PlainShape
from stillwatch.ingest.record import COLUMNS, Exchange, Fields
from stillwatch.ingest.stream_pieces import refuse_piece
from stillwatch.tables import EXCHANGES

__all__ = ["FORMAT", "IDENTITIES", "with_address"]

_NAMES = frozenset(COLUMNS)
_COUNTS = tuple(name for name in COLUMNS if EXCHANGES.field(name).type == pa.int64())
IDENTITIES = ("exchange_id", "account_id", "org_id", "api_key_id", "session_id", "payment_id", "licence_id")
# Names by which `flat` reads what is lacking here.
_OTHER_ACCOUNTS = frozenset(WHOSE)
_OTHER_TIMES = frozenset(TIMES)
_TEXTS = ("system", "prompt", "response", "reasoning")
# What a run keeps beside the columns, where its own `exchanges` are read again.
_OF_RUNS = (
    "source_file", "source_line", "row_key", "prompt_hash", "text_hash", "asked_hash", "answered_hash", "filled",
    "blank",
)  # fmt: skip
_KNOWN = frozenset((*COLUMNS, *ADDRESSES, *_OF_RUNS))


class _Line(Exchange, gc=False):
    """A line's record: the fields of an exchange, and behind them other names of a client's address."""

    client_ip: str | None = None
    ip: str | None = None
    ip_address: str | None = None
    remote_addr: str | None = None
    address_in_camel_case: str | None = msgspec.field(default=None, name="clientAddress")
    client_ip_in_camel_case: str | None = msgspec.field(default=None, name="clientIp")
    ip_address_in_camel_case: str | None = msgspec.field(default=None, name="ipAddress")
    remote_addr_in_camel_case: str | None = msgspec.field(default=None, name="remoteAddr")


_FIELDS = {field.encode_name: field.name for field in msgspec.structs.fields(_Line)}
_ADDRESSES_OF = tuple(attrgetter(_FIELDS[name]) for name in ADDRESSES)


def _settle(rows: Sequence[Any]) -> None:
    for address_of in _ADDRESSES_OF:
        if any(map(address_of, rows)):
            for row in rows:
                row.client_address = row.client_address or address_of(row)


def with_address(fields: Fields, record: Mapping[str, Any]) -> Fields:
    """Fields of a record with its client's address, under whichever of its names that has a value."""
    if not fields.get("client_address"):
        for name in ADDRESSES:
            if name in record and record[name] not in (None, ""):
                return {**fields, "client_address": record[name]}
    return fields


class Canonical(LogFormat):
    """Reads the canonical record."""

    name: ClassVar[str] = "canonical"
    description: ClassVar[str] = "Stillwatch's own record: keys are the columns of exchanges"
    general: ClassVar[bool] = True
    example: ClassVar[Mapping[str, Any]] = {
        "exchange_id": "x-1",
        "time": "2026-11-24T00:00:00Z",
        "account_id": "a-1",
        "model": "m",
        "messages": [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "Why?"}],
        "temperature": 0.7,
        "max_tokens": 64,
        "stop": "END",
        "response": "Because.",
        "client_address": "203.0.113.9",
        "asn": 64500,
    }

    plain: ClassVar[PlainShape | None] = PlainShape(_Line, once=("account_id", "time", "prompt"), settle=_settle)

    def recognises(self, record: Json) -> bool:
        """By ``account_id`` or ``time`` beside ``prompt`` or ``messages``.

        Where one of the two lacks and stands there under another name, the record is one of ``flat``.
        """
        if not ("prompt" in record or "messages" in record):
            return False
        if "account_id" in record and "time" in record:
            return True
        names = known_names(tuple(map(str, record))) or {}
        if "account_id" in record:
            return _OTHER_TIMES.isdisjoint(names)
        return "time" in record and _OTHER_ACCOUNTS.isdisjoint(names)

    def read(self, record: Json) -> Iterable[Fields]:
        """One exchange.

        Raises:
            RecordError: it holds a piece of an answer alone.
        """
        given = {name: value for name, value in record.items() if value is not None and name in _NAMES}
        fields = with_address(given, record)
        for name in IDENTITIES:
            if name in fields:
                fields[name] = identity(fields[name])
        if "account_id" in fields and fields["account_id"] is None and record["account_id"] != "":
            fields["account_in"] = f"{shown(record['account_id'])} stands for nobody"
        for name in _COUNTS:
            if name in fields:
                fields[name] = whole(fields[name])
        if isinstance(fields.get("response"), dict):
            refuse_piece(fields["response"], record)
        for name in _TEXTS:
            if isinstance(fields.get(name), list):
                put(fields, name, content_text, fields[name])
        if "messages" in fields:
            fields["messages"] = messages(fields["messages"])
        if "tools" in fields:
            put(fields, "tools", names_of_tools, fields["tools"])
        if "stop" in fields:
            fields["stop"] = stop_list(fields["stop"])
        asn = fields.get("asn")
        if isinstance(asn, str) and asn[:2].upper() == "AS" and asn[2:].isdecimal():
            fields["asn"] = int(asn[2:])
        wanted = fields.get("response_format")
        if isinstance(wanted, dict):
            fields["response_format"] = wanted.get("type")
        return [fields]

    def unread(self, names: Iterable[str]) -> Sequence[str]:
        """All that are no columns; what begins with an underscore or an at sign is a store's or a shipper's."""
        return [name for name in names if name not in _KNOWN and not name.startswith(("_", "@"))]


FORMAT = Canonical()
