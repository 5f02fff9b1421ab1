"""The bodies of a record with a ``request``, where it does not keep both as bodies under ``request`` and ``response``.

They may have other names (``response_body``, ``output``, ``completion``), also beside what ``request`` and ``response``
say of the HTTP frames around them, and an answer may be its text alone.
"""

from __future__ import annotations

import re
from typing import Any

from stillwatch.core.bodies.packed_text import unpacked_text
from stillwatch.core.bodies.shapes import Json, first, identity, may_be_json
from stillwatch.ingest.body_names import answer_in, asked_in
from stillwatch.ingest.plain_names import ANSWERS, OTHERS, spelt_names

__all__ = ["answer_of", "request_of", "text_of_answer"]

# What is said of a request or an answer without saying it.
_FRAME = frozenset((
    "status", "status_code", "statusCode", "headers", "size", "duration", "latency", "time", "http_version", "method",
    "uri", "url", "path", "host", "scheme", "proto", "querystring", "query", "client_ip", "remote_ip", "remote_port",
))  # fmt: skip
# How a stream, a page, the end of a stream, JSON and what Python shows of bytes begin; and JSON and gzip in base64.
_NO_TEXT = re.compile(r"""\s*(?:data:|event:|[<\[{]|b['"]|(?:[eW]|H4sI)\S*$)""")
_WENT_WELL = ("ok", "success", "succeeded", "successful", "complete", "completed", "done", "finished")


def request_of(record: Json) -> Any:
    """What was asked: what stands under ``request``, with its body where that has another name."""
    given = record.get("request")
    if not isinstance(given, dict) or not given or not _FRAME.issuperset(given):
        return given
    found = asked_in({name: one for name, one in record.items() if name != "request"})
    return given if found is None else {**given, "body": found[1]}


def answer_of(record: Json) -> Any:
    """What was answered: under ``response``, else under whatever other name of an answer a body stands."""
    given = record.get("response")
    bare = isinstance(given, dict) and _FRAME.issuperset(given)
    if not bare and given is not None and given != "":
        return given
    found = answer_in({name: one for name, one in record.items() if name not in ("request", "response")})
    if found is None:
        return given
    return {**given, "body": found[1]} if isinstance(given, dict) and given else found[1]


def text_of_answer(record: Json) -> str | None:
    """The answer's text, where a record has that in place of the API's answer; None where it says what went wrong."""
    state = first(record, *OTHERS["status"])
    if record.get("error") or not (state is None or _went_well(str(identity(state)).lower())):
        return None
    names = spelt_names(tuple(map(str, record)))
    given = next((one for name in ANSWERS if (one := record.get(names.get(name, ""))) not in (None, "")), None)
    if not isinstance(given, str) or may_be_json(given) or _NO_TEXT.match(given):
        return None
    return given if unpacked_text(given) == given else None


def _went_well(state: str) -> bool:
    return state[:1] == "2" or state in _WENT_WELL
