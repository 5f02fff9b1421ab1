"""What TAXII 2.1 asks for beyond what its client sends: negotiation, errors, headers, bounds."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from fastapi.testclient import TestClient

from stillwatch.alliance.hub import Hub, admit, create_app

Thing = dict[str, Any]
TAXII = "application/taxii+json;version=2.1"
OBJECTS = "/alliance/collections/amber/objects/"


@pytest.fixture
def hub(sqlite_hub: Hub) -> Hub:
    return sqlite_hub


@pytest.fixture
def client(hub: Hub) -> Iterator[TestClient]:
    headers = {"Authorization": f"Bearer {admit(hub, 'acme')}", "Accept": TAXII}
    with TestClient(create_app(hub), headers=headers, raise_server_exceptions=False) as client:
        yield client


@pytest.mark.parametrize(
    "accept",
    ["application/taxii+json", TAXII, "application/taxii+json; version=2.1", "*/*", "text/html, application/*;q=0.1"],
)
def test_what_a_client_may_accept(client: TestClient, accept: str) -> None:
    answer = client.get("/taxii2/", headers={"Accept": accept})
    assert (answer.status_code, answer.headers["content-type"]) == (200, TAXII)


@pytest.mark.parametrize("accept", ["application/json", "application/taxii+json;version=2.0", "*/*;q=0", ""])
def test_what_it_may_not(client: TestClient, accept: str) -> None:
    answer = client.get("/taxii2/", headers={"Accept": accept})
    assert answer.status_code == 406
    assert answer.json()["http_status"] == "406"


@pytest.mark.parametrize("kind", ["application/json", "application/taxii+json;version=2.0", "", "text/plain"])
def test_a_body_of_another_media_type_is_refused(client: TestClient, kind: str) -> None:
    assert client.post(OBJECTS, headers={"Content-Type": kind}, content=b'{"objects":[{}]}').status_code == 415


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"", 400),
        (b"{", 400),
        (b"[" * 100_000, 422),
        (b'{"objects": [' + b"[" * 100_000, 400),
        (b'{"objects": [NaN]}', 400),
        (b"\xff\xfe", 400),
        (b"[]", 422),
        (b"{}", 422),
        (b'{"objects": {}}', 422),
        (b'{"objects": []}', 422),
        (b'{"objects": [1, null, "x", [], {}]}', 202),
        (b'{"objects": [{"id": "bundle--%s", "type": "bundle"}]}' % (b"0" * 8), 202),
        (b'{"objects": [{"id": {"a": 1}, "type": 5, "modified": []}]}', 202),
    ],
)
def test_bodies_that_are_none(client: TestClient, body: bytes, status: int) -> None:
    answer = client.post(OBJECTS, headers={"Content-Type": TAXII}, content=body)
    assert answer.status_code == status
    if status == 202:
        assert answer.json()["success_count"] == 0


@pytest.mark.parametrize(
    "query",
    [
        "limit=0",
        "limit=-1",
        "limit=x",
        "limit=99999999999999999999",
        "next=abc",
        "next=%00",
        "added_after=yesterday",
        "added_after=2026-13-01T00:00:00Z",
        "match[version]=never",
        "match[colour]=blue",
        "match[id]=" + ",".join(["x"] * 300),
    ],
)
def test_a_filter_that_is_none_is_refused_and_not_ignored(client: TestClient, query: str) -> None:
    assert client.get(f"{OBJECTS}?{query}").status_code == 400


@pytest.mark.parametrize(
    "query",
    ["match[id]=%00", "match[type]=%F0%9F%98%80", "match[id]=' OR 1=1--", "match[version]=2026-11-24T12:00:00Z"],
)
def test_a_filter_that_matches_nothing_gives_nothing(client: TestClient, query: str) -> None:
    assert client.get(f"{OBJECTS}?{query}").json() == {}


@pytest.mark.parametrize(
    "path",
    [
        "/alliance/collections/none/objects/",
        "/alliance/collections/%00/objects/",
        "/alliance/collections/amber/objects/%00/",
        "/alliance/collections/amber/objects/note--00000000-0000-4000-8000-000000000000/",
        "/alliance/collections/amber/objects/x/versions/",
        "/alliance/status/x/",
        "/alliance/status/00000000-0000-4000-8000-000000000000/",
        "/elsewhere/",
    ],
)
def test_what_is_not_there(client: TestClient, path: str) -> None:
    answer = client.get(path)
    assert (answer.status_code, answer.json()["http_status"]) == (404, "404")


def test_pages_say_when_their_objects_came(client: TestClient, note: Callable[..., Thing]) -> None:
    things = [note("acme", number) for number in range(5)]
    client.post(OBJECTS, headers={"Content-Type": TAXII}, json={"objects": things})
    first = client.get(OBJECTS, params={"limit": 2, "match[type]": "note"})
    assert first.json()["more"] is True
    assert first.headers["x-taxii-date-added-first"] < first.headers["x-taxii-date-added-last"]
    # A client may go on by the last moment as well as by ``next``, or send both.
    last = first.headers["x-taxii-date-added-last"]
    ways: list[dict[str, str]] = [
        {"next": first.json()["next"]},
        {"added_after": last},
        {"next": first.json()["next"], "added_after": "2020-01-01T00:00:00Z"},
    ]
    for way in ways:
        rest = client.get(OBJECTS, params={"limit": "10", "match[type]": "note", **way}).json()
        assert [one["id"] for one in rest["objects"]] == [one["id"] for one in things[2:]]
        assert "more" not in rest


def test_another_members_status_is_nobodys_business(hub: Hub, client: TestClient, note: Callable[..., Thing]) -> None:
    status = client.post(OBJECTS, headers={"Content-Type": TAXII}, json={"objects": [note("acme", 1)]}).json()
    assert client.get(f"/alliance/status/{status['id']}/").json() == status
    other = {"Authorization": f"Bearer {admit(hub, 'bolt')}"}
    assert client.get(f"/alliance/status/{status['id']}/", headers=other).status_code == 404


def test_a_method_that_is_not_there_is_an_error_resource(client: TestClient) -> None:
    answer = client.put("/alliance/")
    assert (answer.status_code, answer.headers["content-type"]) == (405, TAXII)
