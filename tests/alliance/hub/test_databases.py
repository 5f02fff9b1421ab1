"""SQLite and PostgreSQL: many at once make one chain, and what cannot be opened is said."""

import hashlib
import json
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from stillwatch.alliance.hub import Hub, Pace, Quota, Traffic, admit, create_collections, journal_entries
from stillwatch.alliance.hub.collections import find_collection
from stillwatch.alliance.hub.members import Member
from stillwatch.alliance.hub.taxii import _add
from stillwatch.alliance.stix import identity_id
from stillwatch.core import BadSetting, UnreadableInput

Thing = dict[str, Any]


def test_many_writers_make_one_chain_and_lose_nothing(hub: Hub, note: Callable[..., Thing]) -> None:
    names = ("acme", "bolt", "cora", "dune")
    tokens = {name: admit(hub, name) for name in names}
    statuses: list[Thing] = []

    def write(name: str) -> None:
        # A connection pool of its own, as another process of the same hub would have.
        other = Hub.open(hub.engine.url.render_as_string(hide_password=False))
        proof = hashlib.sha256(tokens[name].encode()).hexdigest()
        member, traffic = Member(name, identity_id(name), "amber", token_sha256=proof), Traffic(Pace())
        for number in range(8):
            body = json.dumps({"objects": [note(name, number)]}).encode()
            statuses.append(_add(other, traffic, member, "amber", body, Quota()))
        other.close()

    threads = [threading.Thread(target=write, args=(name,)) for name in names]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=300)
    assert [status["success_count"] for status in statuses] == [1] * 32
    written = [entry for entry in journal_entries(hub) if entry.body["action"] == "write"]
    assert len(written) == 32


def test_founding_twice_is_founding_once(hub: Hub) -> None:
    before = len(list(journal_entries(hub)))
    create_collections(hub)
    assert len(list(journal_entries(hub))) == before
    admit(hub, "acme", clearance="clear")
    with hub.transaction() as connection:
        seen = find_collection(connection, Member("acme", "x", "clear"), "clear")
    assert (seen.alias, seen.can_write) == ("clear", True)


@pytest.mark.parametrize("url", ["nonsense://x", "postgresql://:::"])
def test_a_url_that_is_none(url: str) -> None:
    with pytest.raises(BadSetting, match="no database"):
        Hub.open(url)


def test_a_database_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(UnreadableInput, match="does not open"):
        Hub.open(f"postgresql://hub:secret@/none?host={tmp_path}")
    (tmp_path / "text").write_text("this is no database" * 100)
    with pytest.raises(UnreadableInput):
        Hub.open(tmp_path / "text")
