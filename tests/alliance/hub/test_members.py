"""Who may come in, what is written down, and how refusals look."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from fastapi import APIRouter
from fastapi.testclient import TestClient

from stillwatch.alliance.hub import CurrentMember, Hub, admit, create_app, expel, journal_entries
from stillwatch.alliance.hub.database import JOURNAL
from stillwatch.core import BadSetting, TamperedLog

router = APIRouter()


@router.get("/who")
def who(member: CurrentMember) -> str:
    return member.name


@router.post("/say")
def say(member: CurrentMember, body: dict[str, Any]) -> str:
    return f"{member.name} {len(body)}"


@pytest.fixture
def hub(tmp_path: Path) -> Iterator[Hub]:
    opened = Hub.open(tmp_path / "hub.db")
    yield opened
    opened.close()


@pytest.fixture
def client(hub: Hub) -> Iterator[TestClient]:
    with TestClient(create_app(hub, [router], max_body=100), raise_server_exceptions=False) as client:
        yield client


def test_a_token_opens_and_is_kept_as_a_hash_alone(hub: Hub, client: TestClient, tmp_path: Path) -> None:
    token = admit(hub, "acme")
    for header in (f"Bearer {token}", f"Token {token}"):
        assert client.get("/who", headers={"Authorization": header}).json() == "acme"
    assert client.get("/who", auth=("acme", token)).json() == "acme"
    assert token.encode() not in b"".join(path.read_bytes() for path in tmp_path.iterdir())


@pytest.mark.parametrize("header", ["", "Bearer", "Bearer wrong", "Basic !!!", "Basic /w==", "Digest x", "Bearer é"])
def test_nothing_else_does(client: TestClient, header: str) -> None:
    answer = client.get("/who", headers={b"authorization": header.encode()})
    assert answer.status_code == 401
    assert answer.headers["www-authenticate"].startswith("Bearer")
    assert answer.json()["http_status"] == "401"


def test_an_expelled_member_stays_out_and_a_new_token_ends_the_old(hub: Hub, client: TestClient) -> None:
    old, new = admit(hub, "acme"), admit(hub, "acme")
    assert client.get("/who", headers={"Authorization": f"Bearer {old}"}).status_code == 401
    assert client.get("/who", headers={"Authorization": f"Bearer {new}"}).status_code == 200
    expel(hub, "acme")
    assert client.get("/who", headers={"Authorization": f"Bearer {new}"}).status_code == 401
    with pytest.raises(BadSetting, match="no member"):
        expel(hub, "nobody")


def test_a_body_is_bounded_whether_its_length_is_said_or_not(hub: Hub, client: TestClient) -> None:
    headers = {"Authorization": f"Bearer {admit(hub, 'acme')}", "Content-Type": "application/json"}
    assert client.post("/say", headers=headers, content=b"{}").json() == "acme 0"
    for body in (b" " * 101, iter([b" " * 60, b" " * 60])):
        answer = client.post("/say", headers=headers, content=body)
        assert (answer.status_code, answer.json()["http_status"]) == (413, "413")


def test_the_journal_tells_when_a_row_was_changed(hub: Hub) -> None:
    admit(hub, "acme")
    admit(hub, "bolt", observer=True)
    assert [entry.body["member"] for entry in journal_entries(hub)] == ["acme", "bolt"]
    with hub.engine.begin() as connection:
        connection.execute(sa.update(JOURNAL).where(JOURNAL.c.n == 0).values(body=json.dumps({"action": "none"})))
    with pytest.raises(TamperedLog):
        list(journal_entries(hub))


@pytest.mark.parametrize("name", ["", "A", "a b", "-a", "é", "a" * 64])
def test_a_name_is_plain(hub: Hub, name: str) -> None:
    with pytest.raises(BadSetting):
        admit(hub, name)
