"""OASIS's own client, taxii2-client, against the hub on a real socket."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from leftovers import FORGIVEN, collected  # noqa: F401
from requests.exceptions import HTTPError
from taxii2client.common import TokenAuth
from taxii2client.exceptions import AccessError
from taxii2client.v21 import ApiRoot, Collection, Server, as_pages

from stillwatch.alliance.hub import Hub, Serving, admit, journal_entries, open_circle
from stillwatch.alliance.stix import MARKINGS, shared_objects
from stillwatch.core import CampaignFacts

pytestmark = FORGIVEN

Thing = dict[str, Any]
SHARED = len(shared_objects())


def root(served: Serving, token: str) -> ApiRoot:
    (only,) = Server(f"{served.url}/taxii2/", auth=TokenAuth(token)).api_roots
    return only


def collections(served: Serving, token: str) -> dict[str, Collection]:
    return {one.alias: one for one in root(served, token).collections}


def test_discovery_and_collections_by_token_and_by_password(served: Serving) -> None:
    token = admit(served.hub, "acme", clearance="green")
    server = Server(f"{served.url}/taxii2/", user="acme", password=token)
    assert server.title
    assert server.default.url == f"{served.url}/alliance/"
    assert server.default.versions == ["application/taxii+json;version=2.1"]
    assert list(collections(served, token)) == ["clear", "green"]
    with pytest.raises(HTTPError, match="401"):
        Server(f"{served.url}/taxii2/", user="acme", password="wrong").refresh()


def test_a_campaign_goes_there_and_comes_back_page_by_page(
    served: Serving, facts: CampaignFacts, stamped: Callable[..., list[Thing]]
) -> None:
    sent = stamped(facts, "acme", "amber")
    mine = root(served, admit(served.hub, "acme"))
    amber = {one.alias: one for one in mine.collections}["amber"]
    status = amber.add_objects({"objects": sent})
    assert (status.status, status.success_count, status.failures) == ("complete", len(sent), [])
    assert mine.get_status(status.id).total_count == len(sent)
    theirs = collections(served, admit(served.hub, "bolt"))["amber"]
    pages = list(as_pages(theirs.get_objects, per_request=7))
    assert all(len(page["objects"]) <= 7 for page in pages)
    found = [one for page in pages for one in page["objects"]]
    assert found[SHARED:] == sent
    listed = [one["id"] for page in as_pages(theirs.get_manifest, per_request=9) for one in page["objects"]]
    assert listed == [one["id"] for one in found]


def test_filters_versions_and_deletion(served: Serving, note: Callable[..., Thing]) -> None:
    amber = collections(served, admit(served.hub, "acme"))["amber"]
    first = note("acme", 1)
    second = first | {"modified": "2026-11-24T13:00:00.123456Z", "content": "changed"}
    amber.add_objects({"objects": [first, second, note("acme", 2)]})
    assert amber.get_objects(type="note", version="first")["objects"][0] == first
    assert amber.get_object(first["id"])["objects"] == [second]
    assert len(amber.get_object(first["id"], version="all")["objects"]) == 2
    assert amber.get_objects(id=first["id"], version="2026-11-24T12:00:00Z")["objects"] == [first]
    assert amber.get_objects(type="note,identity", spec_version="2.1")["objects"][-1]["type"] == "note"
    assert amber.get_objects(spec_version="2.0") == {}
    assert amber.object_versions(first["id"])["versions"] == [
        "2026-11-24T12:00:00.000000Z",
        "2026-11-24T13:00:00.123456Z",
    ]
    added = amber.get_manifest(type="note")["objects"][0]["date_added"]
    assert [one["id"] for one in amber.get_objects(added_after=added)["objects"]] == [note("acme", 2)["id"]]
    amber.delete_object(first["id"])
    with pytest.raises(HTTPError, match="404"):
        amber.get_object(first["id"])


def test_collections_hold_back_what_is_marked_too_strictly_or_not_at_all(
    served: Serving, note: Callable[..., Thing]
) -> None:
    mine = collections(served, admit(served.hub, "acme"))
    things = [note("acme", 1, "amber"), note("acme", 2, "red"), note("acme", 3, object_marking_refs=[])]
    status = mine["green"].add_objects({"objects": [*things, note("acme", 4, "green")]})
    assert (status.success_count, status.failure_count) == (1, 3)
    assert [one["message"] for one in status.failures] == [
        "it is marked TLP:AMBER, and the collection takes up to TLP:GREEN",
        "it is marked TLP:RED, and the collection takes up to TLP:GREEN",
        "it bears no TLP marking",
    ]
    both = note("acme", 5, object_marking_refs=[MARKINGS["clear"], MARKINGS["red"]])
    assert mine["amber"].add_objects({"objects": [both]}).failure_count == 1


def test_nobody_sees_writes_or_speaks_beyond_their_membership(
    hub: Hub, served: Serving, note: Callable[..., Thing]
) -> None:
    acme, bolt, cora = (admit(hub, name) for name in ("acme", "bolt", "cora"))
    watcher = admit(hub, "watcher", observer=True)
    open_circle(hub, "pair", "Two of us", "amber", ["acme", "bolt"])
    assert "pair" in collections(served, acme)
    assert "pair" not in collections(served, cora)
    with pytest.raises(HTTPError, match="404"):
        Collection(collections(served, acme)["pair"].url, auth=TokenAuth(cora)).refresh()
    with pytest.raises(AccessError):
        collections(served, watcher)["amber"].add_objects({"objects": [note("watcher", 1)]})
    theirs = collections(served, bolt)["amber"]
    collections(served, acme)["amber"].add_objects({"objects": [note("acme", 1)]})
    stolen = note("acme", 1) | {"modified": "2027-01-01T00:00:00Z", "revoked": True}
    own_name = stolen | {"created_by_ref": note("bolt", 1)["created_by_ref"]}
    refused = theirs.add_objects({"objects": [stolen, own_name, note("acme", 2)]}).failures
    assert [one["message"] for one in refused] == [
        "it belongs to another member",
        "it belongs to another member",
        "its created_by_ref is not the sender's identity",
    ]
    with pytest.raises(HTTPError, match="403"):
        theirs.delete_object(note("acme", 1)["id"])


def test_the_same_again_changes_nothing_and_a_version_is_not_overwritten(
    served: Serving, note: Callable[..., Thing]
) -> None:
    amber = collections(served, admit(served.hub, "acme"))["amber"]
    for _ in range(2):
        assert amber.add_objects({"objects": [note("acme", 1)]}).success_count == 1
    other = note("acme", 1, content="other words, same version")
    assert amber.add_objects({"objects": [other]}).failures[0]["message"].startswith("another object")
    gone = note("acme", 1, revoked=True, modified="2026-11-24T13:00:00Z")
    back = note("acme", 1, modified="2026-11-24T14:00:00Z")
    status = amber.add_objects({"objects": [gone, back]})
    assert status.failures[0]["message"] == "it is revoked, and nothing follows a revocation"
    assert len(amber.get_objects(type="note", version="all")["objects"]) == 2


def test_every_read_and_write_is_in_the_journal(hub: Hub, served: Serving, note: Callable[..., Thing]) -> None:
    amber = collections(served, admit(hub, "acme"))["amber"]
    amber.add_objects({"objects": [note("acme", 1)]})
    collections(served, admit(hub, "bolt"))["amber"].get_objects(type="note")
    told = [entry.body for entry in journal_entries(hub)]
    (write,) = [body for body in told if body["action"] == "write"]
    assert write["taken"] == [[note("acme", 1)["id"], "2026-11-24T12:00:00.000Z"]]
    assert {"member": "bolt", "what": "objects"}.items() <= told[-1].items()
    assert told[-1]["objects"] == [[note("acme", 1)["id"], "2026-11-24T12:00:00.000000Z"]]
    assert "note 1" not in json.dumps(told)
