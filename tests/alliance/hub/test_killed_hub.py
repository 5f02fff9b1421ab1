"""kill -9 of a hub while many send, delete and pull, over SQLite and PostgreSQL: nothing is half there, nothing that was acknowledged is lost."""

import threading
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import sqlalchemy as sa
from alliance_served import TAXII, indicator
from killed_hub import free_port, start
from patience import PATIENCE_SECONDS, until

from stillwatch.alliance.hub import Hub, admit, journal_entries
from stillwatch.alliance.hub.database import OBJECTS, USAGE
from stillwatch.alliance.member import Credentials, Membership, pull
from stillwatch.core import EndpointFailed

SENDERS = ("acme", "bolt", "cora")
OBJECTS_OF = "/alliance/collections/amber/objects/"
LIVES = 4


@dataclass
class Told:
    """What the hub acknowledged."""

    taken: set[str] = field(default_factory=set)
    deleted: set[str] = field(default_factory=set)
    asked_to_delete: set[str] = field(default_factory=set)
    pulls: int = 0
    over: threading.Event = field(default_factory=threading.Event)


def send(url: str, name: str, token: str, told: Told) -> None:
    """Send bundles, and delete one object of some, until it is over."""
    headers = {"Authorization": f"Bearer {token}", "Accept": TAXII, "Content-Type": TAXII}
    number = 0
    with httpx.Client(timeout=PATIENCE_SECONDS, trust_env=False, headers=headers) as client:
        while not told.over.is_set():
            number += 1
            names = [f"indicator--{uuid.uuid4()}" for _ in range((1, 7, 60)[number % 3])]
            try:
                things = [indicator(name, place, id=one) for place, one in enumerate(names)]
                answer = client.post(url + OBJECTS_OF, json={"objects": things})
                if answer.status_code == 202:
                    told.taken |= {one["id"] for one in answer.json()["successes"]}
                    if number % 4 == 0:
                        told.asked_to_delete.add(names[0])
                        if client.delete(f"{url}{OBJECTS_OF}{names[0]}/").status_code == 200:
                            told.deleted.add(names[0])
            except httpx.TransportError:
                told.over.wait(0.05)


def ask(member: Membership, told: Told) -> None:
    """Pull until it is over."""
    while not told.over.is_set():
        try:
            pull(member)
            told.pulls += 1
        except EndpointFailed:
            told.over.wait(0.05)


@contextmanager
def lived(where: str | Path, port: int) -> Iterator[None]:
    """A hub that is killed at the end of the block, wherever it stands."""
    process = start(where, port)  # type: ignore[arg-type]
    try:
        yield
    finally:
        process.kill()
        process.join(timeout=PATIENCE_SECONDS)


def test_nothing_is_half_there(hub: Hub, tmp_path: Path) -> None:
    port, told = free_port(), Told()
    url, where = f"http://127.0.0.1:{port}", hub.engine.url.render_as_string(hide_password=False)
    tokens = {name: admit(hub, name) for name in (*SENDERS, "dune")}
    pulls = Membership("dune", url, tmp_path / "dune.db", Credentials(tokens["dune"]))
    threads = [threading.Thread(target=send, args=(url, name, tokens[name], told)) for name in SENDERS]
    threads.append(threading.Thread(target=ask, args=(pulls, told)))
    for life in range(LIVES):
        with lived(where, port):
            for thread in threads if life == 0 else ():
                thread.start()
            before, pulled = len(told.taken), told.pulls
            assert until(lambda before=before: len(told.taken) > before + 30)  # type: ignore[misc]
            assert until(lambda pulled=pulled: told.pulls > pulled)  # type: ignore[misc]
    told.over.set()
    for thread in threads:
        thread.join(timeout=PATIENCE_SECONDS)
    journal = [entry.body for entry in journal_entries(hub)]
    taken = [one[0] for body in journal if body["action"] == "write" for one in body["taken"]]
    gone = {one[0] for body in journal if body["action"] == "delete" for one in body["objects"]}
    with hub.reading() as connection:
        sizes = sa.select(OBJECTS.c.id, OBJECTS.c.owner, sa.func.length(OBJECTS.c.body).label("letters"))
        rows = connection.execute(sizes.where(OBJECTS.c.owner.in_(SENDERS))).all()
        used = {row.member: (row.objects, row.characters) for row in connection.execute(sa.select(USAGE))}
    there = {row.id for row in rows}
    assert len(taken) == len(set(taken)), "none was taken twice"
    assert there == set(taken) - gone, "the journal tells of what is there, and of nothing else"
    assert told.taken - told.asked_to_delete <= there, "what was acknowledged is there"
    assert not told.deleted & there
    for name in SENDERS:
        mine = [row.letters for row in rows if row.owner == name]
        assert used[name] == (len(mine), sum(mine))
    fresh = Membership("dune", url, tmp_path / "fresh.db", Credentials(tokens["dune"]))
    with lived(where, port):
        for member in (pulls, fresh):
            while (got := pull(member)).objects:
                assert got.parted is None
    known, anew = ({one["id"] for one in member.store.pulled("indicator", hub=url)} for member in (pulls, fresh))
    # Who pulled before an object was deleted may keep it; nothing else differs.
    assert anew == there
    assert there <= known <= set(taken)
