"""Content negotiation of TAXII 2.1 (section 1.6.8), and what a request's filters and body may be.

A filter that is not what it must be is refused with 400; nothing is ignored, for a filter that is ignored sends more
than was asked for.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Annotated, Any

import msgspec
from fastapi import Depends, Query, Request

from stillwatch.alliance.hub.problems import TAXII, Problem
from stillwatch.alliance.hub.timestamps import parse_timestamp
from stillwatch.core.not_json import NOT_JSON

__all__ = ["MOST_A_PAGE", "MOST_SENT", "Filters", "WantedFilters", "acceptable", "body_of", "envelope_of", "heading_of"]

MOST_A_PAGE = 1_000
"""Objects of the largest page."""

MOST_SENT = 1_000
"""Objects of the largest envelope that is taken."""

_PAGE = 100
_MOST_VALUES = 200
_LONGEST_NAME = 200
_MATCHED = ("id", "type", "version", "spec_version")
_ID = re.compile(r"[a-z0-9-]{1,80}--[0-9a-f-]{36}")
_TYPE = re.compile(r"[a-z0-9-]{1,80}")
_SPEC = re.compile(r"[0-9.]{1,8}")
_INTEGER = re.compile(r"[0-9]{1,18}")


def acceptable(request: Request) -> None:
    """Depend on this where an answer is in TAXII's media type.

    Raises:
        Problem: 406, the client takes nothing the hub can say.
    """
    asked = request.headers.get("accept", "*/*")
    if not any(_takes(part) for part in asked.split(",")):
        raise Problem(406, "no media type that is asked for can be given", f"the hub says {TAXII}")


def _takes(media_range: str) -> bool:
    kind, *parameters = (part.strip().lower() for part in media_range.split(";"))
    told = {name.strip(): value.strip(' "') for name, _, value in (p.partition("=") for p in parameters)}
    if re.fullmatch(r"0(\.0*)?", told.get("q", "1")):
        return False
    if kind in ("*/*", "application/*"):
        return True
    return kind == "application/taxii+json" and told.get("version", "2.1") == "2.1"


@dataclass(frozen=True, slots=True)
class Filters:
    """What part of a collection is asked for.

    Attributes:
        limit: most objects of the page.
        after: microseconds after which objects must have been added; -1 for all.
        ids, types, specs: allowed values; None for any.
        versions: ``first``, ``last``, ``all`` and moments in microseconds.
    """

    limit: int = _PAGE
    after: int = -1
    ids: frozenset[str] | None = None
    types: frozenset[str] | None = None
    specs: frozenset[str] | None = None
    versions: frozenset[str | int] = frozenset({"last"})


def _read_filters(
    request: Request,
    limit: str | None = None,
    added_after: str | None = None,
    page: Annotated[str | None, Query(alias="next")] = None,
    match_id: Annotated[str | None, Query(alias="match[id]")] = None,
    match_type: Annotated[str | None, Query(alias="match[type]")] = None,
    match_version: Annotated[str | None, Query(alias="match[version]")] = None,
    match_spec: Annotated[str | None, Query(alias="match[spec_version]")] = None,
) -> Filters:
    for name in request.query_params:
        if name.startswith("match[") and name[6:-1] not in _MATCHED:
            raise Problem(400, "a filter is not known", f"{name[:40]!r}; one of {', '.join(_MATCHED)}")
    after = -1
    if added_after is not None:
        after = _moment("added_after", added_after)
    # Some clients send both; what was seen already must not come again.
    if page:
        after = max(after, _number("next", page))
    return Filters(
        min(_number("limit", limit), MOST_A_PAGE) if limit is not None else _PAGE,
        after,
        _matching(match_id, _ID),
        _matching(match_type, _TYPE),
        _matching(match_spec, _SPEC),
        frozenset(_version(value) for value in _values(match_version)) or frozenset({"last"}),
    )


WantedFilters = Annotated[Filters, Depends(_read_filters)]
"""The filters of a request, as a parameter's type."""


def _number(name: str, text: str) -> int:
    if not _INTEGER.fullmatch(text) or int(text) < 1:
        raise Problem(400, f"{name} is no positive number", repr(text[:40]))
    return int(text)


def _moment(name: str, text: str) -> int:
    moment = parse_timestamp(text)
    if moment is None:
        raise Problem(400, f"{name} is no timestamp", f"{text[:40]!r}; for instance 2026-11-24T12:00:00.000000Z")
    return moment


def _values(text: str | None) -> list[str]:
    values = [value.strip() for value in (text or "").split(",") if value.strip()]
    if len(values) > _MOST_VALUES:
        raise Problem(400, "too many values in a filter", f"at most {_MOST_VALUES}")
    return values


def _matching(text: str | None, form: re.Pattern[str]) -> frozenset[str] | None:
    """Values of a form that objects can have; others match nothing and never reach the database."""
    if text is None:
        return None
    return frozenset(value for value in _values(text) if form.fullmatch(value))


def _version(text: str) -> str | int:
    return text if text in ("first", "last", "all") else _moment("match[version]", text)


class _Envelope(msgspec.Struct):
    """What a body must be; its objects are left as they came until it is known how many they are."""

    objects: list[msgspec.Raw]


class _Heading(msgspec.Struct):
    """What an object is called, whatever else is in it; each as it was sent."""

    id: msgspec.Raw = msgspec.Raw(b"0")
    modified: msgspec.Raw = msgspec.Raw(b"0")
    created: msgspec.Raw = msgspec.Raw(b"0")


async def body_of(request: Request) -> bytes:
    """A request's body.

    Raises:
        Problem: 415, it is of another media type, or compressed.
    """
    if request.headers.get("content-encoding", "identity").strip().lower() != "identity":
        raise Problem(415, "the body is in a coding", "send it as it is, without Content-Encoding")
    kind, *parameters = (part.strip().lower() for part in request.headers.get("content-type", "").split(";"))
    version = [p for p in parameters if p.replace(" ", "").startswith("version=")]
    if kind != "application/taxii+json" or any(p.partition("=")[2].strip(' "') != "2.1" for p in version):
        raise Problem(415, "the body is of another media type", f"send {TAXII}")
    return await request.body()


def envelope_of(body: bytes) -> list[msgspec.Raw]:
    """The objects of an envelope, each still as it was sent: some of them would take seconds to make.

    Raises:
        Problem: 400 or 422, no envelope; 413, too many objects.
    """
    try:
        found = msgspec.json.decode(body, type=_Envelope).objects
    except msgspec.ValidationError:
        found = []
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise Problem(400, "the body is no JSON", str(error)[:200]) from error
    if len(found) > MOST_SENT:
        raise Problem(413, "too many objects at a time", f"at most {MOST_SENT}; send the rest with another request")
    if not found:
        raise Problem(422, "the body is no envelope", 'it must be {"objects": [...]} with at least one object')
    return found


def heading_of(thing: msgspec.Raw) -> dict[str, Any]:
    """Identifier and versions of an object that is not taken in, as far as it has short ones."""
    try:
        found = msgspec.structs.asdict(msgspec.json.decode(thing, type=_Heading))
        return {name: msgspec.json.decode(said) for name, said in found.items() if len(bytes(said)) < _LONGEST_NAME}
    except NOT_JSON:
        return {}
