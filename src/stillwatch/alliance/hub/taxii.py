"""The endpoints of TAXII 2.1, section by section, each one transaction with its line in the journal.

https://docs.oasis-open.org/cti/taxii/v2.1/os/taxii-v2.1-os.html
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Annotated, Any

import msgspec
from fastapi import APIRouter, Depends, Query, Request
from fastapi.concurrency import run_in_threadpool

from stillwatch.alliance.hub.collections import (
    STIX,
    Collection,
    above_clearance,
    collections_of,
    find_collection,
)
from stillwatch.alliance.hub.database import Hub
from stillwatch.alliance.hub.journal import hash_at, record
from stillwatch.alliance.hub.members import CurrentMember, Member, in_the_name_of
from stillwatch.alliance.hub.negotiation import Filters, WantedFilters, acceptable, body_of, envelope_of, heading_of
from stillwatch.alliance.hub.problems import TAXII, Problem, TaxiiResponse
from stillwatch.alliance.hub.quotas import Quota
from stillwatch.alliance.hub.statuses import keep_status, status_by_id
from stillwatch.alliance.hub.storage import LARGEST, Refused, Row, examine, page_of, remove, take
from stillwatch.alliance.hub.timestamps import format_timestamp, now
from stillwatch.alliance.hub.traffic import Traffic
from stillwatch.core.garbage import unsearched
from stillwatch.core.not_json import NOT_JSON

__all__ = ["API_ROOT", "taxii_router"]

API_ROOT = "/alliance/"
"""Path of the one API root."""

_COLLECTION = "/alliance/collections/{collection}/"
_A_TRANSACTION = 50
_BYTES_A_TRANSACTION = 1_000_000
_A_DELETION = 200
_OBJECT_ID = re.compile(r"[a-z0-9-]{3,80}--[0-9a-f-]{36}")

taxii_router = APIRouter(dependencies=[Depends(acceptable)], default_response_class=TaxiiResponse)


def _hub(request: Request) -> Hub:
    hub: Hub = request.app.state.hub
    return hub


OpenHub = Annotated[Hub, Depends(_hub)]


def _traffic(request: Request) -> Traffic:
    traffic: Traffic = request.app.state.traffic
    return traffic


Counted = Annotated[Traffic, Depends(_traffic)]


@taxii_router.get("/taxii2/")
def discover(member: CurrentMember) -> TaxiiResponse:
    """Server discovery (section 4.1)."""
    return TaxiiResponse(
        {
            "title": "Stillwatch alliance hub",
            "description": f"Indicators of adversarial distillation, shared among members. You are {member.name}.",
            "default": API_ROOT,
            "api_roots": [API_ROOT],
        }
    )


@taxii_router.get(API_ROOT)
def api_root(request: Request, member: CurrentMember) -> TaxiiResponse:
    """API root information (section 4.2)."""
    return TaxiiResponse(
        {
            "title": "Alliance",
            "description": f"What members share; you are {member.name}, cleared up to TLP:{member.clearance.upper()}.",
            "versions": [TAXII],
            "max_content_length": request.app.state.max_body,
        }
    )


@taxii_router.get("/alliance/journal/")
def journal_head(
    member: CurrentMember, hub: OpenHub, n: Annotated[int | None, Query(ge=0, le=2**53)] = None
) -> TaxiiResponse:
    """The last entry's number and hash, or those of the entry that is named: what members hold the hub to."""
    with hub.reading() as connection:
        found = hash_at(connection, n)
    if found is None:
        raise Problem(404, "there is no such entry")
    return TaxiiResponse({"n": found[0], "hash": found[1]})


@taxii_router.get("/alliance/status/{status}/")
def status_of(status: str, member: CurrentMember, hub: OpenHub) -> TaxiiResponse:
    """Status of what the member sent (section 4.3); of nobody else's."""
    with hub.reading() as connection:
        found = status_by_id(connection, status, member.name)
    if found is None:
        raise Problem(404, "there is no such status")
    return TaxiiResponse(found)


@taxii_router.get("/alliance/collections/")
def list_collections(member: CurrentMember, hub: OpenHub) -> TaxiiResponse:
    """Collections (section 5.1); beside them who the hub takes the asker for, and how much its clearance hides."""
    with hub.reading() as connection:
        hidden = above_clearance(connection, member)
    with in_the_name_of(hub, member) as connection:
        seen = collections_of(connection, member)
        record(connection, {"action": "read", "what": "collections", "member": member.name})
    told: dict[str, Any] = {"collections": [one.resource() for one in seen]} if seen else {}
    you = {"name": member.name, "clearance": member.clearance, "above_clearance": hidden}
    return TaxiiResponse(told | {"x_stillwatch_member": you})


@taxii_router.get(_COLLECTION)
def one_collection(collection: str, member: CurrentMember, hub: OpenHub) -> TaxiiResponse:
    """A collection (section 5.2)."""
    with in_the_name_of(hub, member) as connection:
        seen = find_collection(connection, member, collection)
        record(connection, {"action": "read", "what": "collection", "member": member.name, "collection": seen.id})
    return TaxiiResponse(seen.resource())


def _read(
    hub: Hub, traffic: Traffic, member: Member, name: str, what: str, filters: Filters, identifier: str | None = None
) -> tuple[list[Row], bool]:
    """A page of a collection, with its line in the journal before it is told; others write while it is sought."""
    if identifier is not None and not _OBJECT_ID.fullmatch(identifier):
        raise Problem(404, "there is no such object")
    with hub.reading() as connection:
        collection = find_collection(connection, member, name).for_reading()
        rows, more = page_of(
            connection, collection.id, member.reads_up_to, filters, identifier, bodies=what == "objects"
        )
        if identifier is not None and not rows and not _exists(connection, collection, member, identifier):
            raise Problem(404, "there is no such object")
    traffic.spend(member.name, len(rows))
    told: dict[str, Any] = {"action": "read", "what": what, "member": member.name, "collection": collection.id}
    with in_the_name_of(hub, member) as connection:
        record(connection, told | {"objects": [[row.id, format_timestamp(row.version)] for row in rows]})
    return rows, more


def _exists(connection: Any, collection: Collection, member: Member, identifier: str) -> bool:
    anything = Filters(limit=1, versions=frozenset({"all"}))
    return bool(page_of(connection, collection.id, member.reads_up_to, anything, identifier)[0])


def _page(rows: Sequence[Row], more: bool, name: str, values: list[Any]) -> TaxiiResponse:
    """A resource of many (sections 3.4 and 3.7); ``next`` is the moment of its last."""
    body: dict[str, Any] = {name: values} if values else {}
    headers = {}
    if rows:
        headers = {
            "X-TAXII-Date-Added-First": format_timestamp(rows[0].added),
            "X-TAXII-Date-Added-Last": format_timestamp(rows[-1].added),
        }
    if more:
        body = {"more": True, "next": str(rows[-1].added), **body}
    return TaxiiResponse(body, headers=headers)


@taxii_router.get(_COLLECTION + "manifest/")
def manifest(
    collection: str, filters: WantedFilters, member: CurrentMember, hub: OpenHub, traffic: Counted
) -> TaxiiResponse:
    """Object manifests (section 5.3)."""
    rows, more = _read(hub, traffic, member, collection, "manifest", filters)
    listed = [
        {
            "id": row.id,
            "date_added": format_timestamp(row.added),
            "version": format_timestamp(row.version),
            "media_type": STIX,
        }
        for row in rows
    ]
    return _page(rows, more, "objects", listed)


@taxii_router.get(_COLLECTION + "objects/")
def objects(
    collection: str, filters: WantedFilters, member: CurrentMember, hub: OpenHub, traffic: Counted
) -> TaxiiResponse:
    """Objects (section 5.4)."""
    rows, more = _read(hub, traffic, member, collection, "objects", filters)
    return _page(rows, more, "objects", [json.loads(row.body) for row in rows])


@taxii_router.post(_COLLECTION + "objects/", status_code=202)
async def add_objects(
    collection: str, request: Request, member: CurrentMember, hub: OpenHub, traffic: Counted
) -> TaxiiResponse:
    """Add objects (section 5.5); they are in, or refused, when this answers."""
    body, quota = await body_of(request), request.app.state.quota
    async with traffic.one_bundle(member.name):
        return TaxiiResponse(await run_in_threadpool(_add, hub, traffic, member, collection, body, quota), 202)


def _add(hub: Hub, traffic: Traffic, member: Member, name: str, body: bytes, quota: Quota) -> dict[str, Any]:
    """Take an envelope in, some objects a transaction: others' turns come between them."""
    with hub.reading() as connection:
        collection = find_collection(connection, member, name).for_writing()
    things = envelope_of(body)
    traffic.spend(member.name, len(things))
    taken: list[dict[str, str]] = []
    refused: list[dict[str, str]] = []
    for some in _portions(things):
        _take_some(hub, member, collection, some, quota, taken, refused)
    status = {
        "status": "complete",
        "request_timestamp": format_timestamp(now()),
        "total_count": len(things),
        "success_count": len(taken),
        "successes": taken,
        "failure_count": len(refused),
        "failures": refused,
        "pending_count": 0,
    }
    with in_the_name_of(hub, member) as connection:
        return keep_status(connection, member.name, status)


def _portions(things: Sequence[msgspec.Raw]) -> Iterator[list[msgspec.Raw]]:
    """As many at a time as keep others waiting for an instant only."""
    some, long = list[msgspec.Raw](), 0
    for thing in things:
        length = memoryview(thing).nbytes
        if some and (len(some) == _A_TRANSACTION or long + length > _BYTES_A_TRANSACTION):
            yield some
            some, long = [], 0
        some.append(thing)
        long += length
    yield some


def _take_some(
    hub: Hub,
    member: Member,
    collection: Collection,
    things: Sequence[msgspec.Raw],
    quota: Quota,
    taken: list[dict[str, str]],
    refused: list[dict[str, str]],
) -> None:
    """One transaction with its line in the journal; what came of each is added to the lists."""
    begun = len(taken), len(refused)
    examined = [_examined(thing, collection.ceiling) for thing in things]
    with in_the_name_of(hub, member) as connection:
        find_collection(connection, member, collection.id).for_writing()
        for known, called in examined:
            told = {"id": _named(called, "id"), "version": _named(called, "modified") or _named(called, "created")}
            try:
                if isinstance(known, Refused):
                    raise known
                version = take(connection, collection.id, known, member.name, member.identity_id, quota)
                taken.append({"id": told["id"], "version": version or format_timestamp(now())})
            except Refused as error:
                version = told["version"] or format_timestamp(0)
                refused.append({"id": told["id"], "version": version, "message": str(error)})
        record(
            connection,
            {
                "action": "write",
                "member": member.name,
                "collection": collection.id,
                "taken": [[one["id"], one["version"]] for one in taken[begun[0] :]],
                "refused": [[one["id"], one["message"]] for one in refused[begun[1] :]],
            },
        )


def _examined(raw: msgspec.Raw, ceiling: str) -> tuple[dict[str, Any] | Refused, Mapping[str, Any]]:
    """An object that may be taken in, or why it may not; and what it calls itself."""
    if memoryview(raw).nbytes > LARGEST:
        return Refused(f"it is longer than {LARGEST} characters"), heading_of(raw)
    try:
        with unsearched():
            known = examine(msgspec.json.decode(raw), ceiling)
    except Refused as error:
        return error, heading_of(raw)
    except NOT_JSON as error:
        return Refused(f"it is no JSON: {str(error)[:200]}"), heading_of(raw)
    return known, known


def _named(thing: Mapping[str, Any], name: str) -> str:
    """A short text of what was sent, for the status; nothing else of an object that is refused is kept."""
    value = thing.get(name)
    return value[:120] if isinstance(value, str) and value.isascii() and value.isprintable() else ""


@taxii_router.get(_COLLECTION + "objects/{identifier}/")
def one_object(
    collection: str, identifier: str, filters: WantedFilters, member: CurrentMember, hub: OpenHub, traffic: Counted
) -> TaxiiResponse:
    """An object (section 5.6)."""
    rows, more = _read(hub, traffic, member, collection, "objects", _of_one(filters), identifier)
    return _page(rows, more, "objects", [json.loads(row.body) for row in rows])


def _of_one(filters: Filters) -> Filters:
    # Of one object, its identifier and type are no filters (section 3.5).
    return replace(filters, ids=None, types=None)


@taxii_router.delete(_COLLECTION + "objects/{identifier}/")
def delete_object(
    collection: str, identifier: str, filters: WantedFilters, member: CurrentMember, hub: OpenHub, traffic: Counted
) -> TaxiiResponse:
    """Delete an object (section 5.7): the member's own, all versions unless some are named."""
    if not _OBJECT_ID.fullmatch(identifier):
        raise Problem(404, "there is no such object")
    chosen = replace(_of_one(filters), limit=_A_DELETION)
    if chosen.versions == frozenset({"last"}):
        chosen = replace(chosen, versions=frozenset({"all"}))
    more, gone = True, 0
    while more:
        count, more = _delete_some(hub, member, collection, chosen, identifier)
        traffic.spend(member.name, count)
        gone += count
    if not gone:
        raise Problem(404, "there is no such object")
    return TaxiiResponse({})


def _delete_some(hub: Hub, member: Member, name: str, chosen: Filters, identifier: str) -> tuple[int, bool]:
    """One transaction with its line in the journal; how many versions went, and whether there are more."""
    with in_the_name_of(hub, member) as connection:
        seen = find_collection(connection, member, name).for_reading().for_writing()
        rows, more = page_of(connection, seen.id, member.reads_up_to, chosen, identifier)
        if any(row.owner != member.name for row in rows):
            raise Problem(403, "only who published an object deletes it")
        remove(connection, rows)
        if rows:
            gone = [[row.id, format_timestamp(row.version)] for row in rows]
            record(connection, {"action": "delete", "member": member.name, "collection": seen.id, "objects": gone})
        return len(rows), more


@taxii_router.get(_COLLECTION + "objects/{identifier}/versions/")
def versions(
    collection: str, identifier: str, filters: WantedFilters, member: CurrentMember, hub: OpenHub, traffic: Counted
) -> TaxiiResponse:
    """Versions of an object (section 5.8)."""
    every = replace(_of_one(filters), versions=frozenset({"all"}))
    rows, more = _read(hub, traffic, member, collection, "versions", every, identifier)
    return _page(rows, more, "versions", [format_timestamp(row.version) for row in rows])
