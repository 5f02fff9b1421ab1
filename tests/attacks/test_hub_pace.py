"""A member that asks without end is told to wait; the others notice nothing, and what it asks leaves little behind."""

import json
import socket
import sqlite3
import threading
from contextlib import ExitStack
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from alliance_served import Alliance, alliance, indicator

from stillwatch.alliance.hub import Pace, Problem, Traffic, journal_entries
from stillwatch.alliance.member import pull
from stillwatch.rounds.relay import matching_router

COLLECTION = "/alliance/collections/amber"


@pytest.mark.parametrize(
    "path",
    ["/taxii2/", "/alliance/journal/", f"{COLLECTION}/manifest/", "/matching/rounds/none/inbox", "/openapi.json"],
)
def test_a_flood_is_refused_whatever_it_asks_and_others_go_on(tmp_path: Path, path: str) -> None:
    with alliance(tmp_path, "alpha", "beta", pace=Pace(requests=20), routers=[matching_router()]) as met:
        seen = [met.get("beta", path) for _ in range(25)]
        assert seen[-1].status_code == 429
        assert int(seen[-1].headers["Retry-After"]) > 0
        assert met.get("alpha", "/taxii2/").status_code == 200
        assert met.post("alpha", "amber", [indicator("alpha", 1)]).json()["success_count"] == 1


def test_a_flood_of_writes_is_refused_too(tmp_path: Path) -> None:
    with alliance(tmp_path, "beta", pace=Pace(requests=20)) as met:
        answers = [met.post("beta", "amber", [0]) for _ in range(25)]
        assert answers[-1].status_code == 429


def test_what_is_read_sent_and_deleted_is_bounded_by_the_day(tmp_path: Path) -> None:
    with alliance(tmp_path, "alpha", "beta", pace=Pace(objects=100)) as met:
        met.post("alpha", "amber", [indicator("alpha", n) for n in range(40)])
        statuses = [met.get("beta", f"{COLLECTION}/manifest/?limit=1000").status_code for _ in range(9)]
        assert statuses.count(200) < 5
        assert statuses[-1] == 429
        assert met.post("beta", "amber", [0]).status_code == 429


def test_the_levels_rise_again() -> None:
    now = [0.0]
    traffic = Traffic(Pace(requests=2), clock=lambda: now[0])
    traffic.ask("beta")
    traffic.ask("beta")
    with pytest.raises(Problem) as refused:
        traffic.ask("beta")
    now[0] += int((refused.value.headers or {})["Retry-After"])
    traffic.ask("beta")


def test_refusals_fill_no_disk(tmp_path: Path) -> None:
    with alliance(tmp_path, "beta") as met:
        status = met.post("beta", "amber", [0]).json()["id"]
        assert met.get("beta", f"/alliance/status/{status}/").json()["id"] == status
        for _ in range(210):
            last = met.post("beta", "amber", [0]).json()["id"]
        assert met.get("beta", f"/alliance/status/{status}/").status_code == 404
        assert met.get("beta", f"/alliance/status/{last}/").status_code == 200
        with sqlite3.connect(tmp_path / "hub.db") as connection:
            assert connection.execute("SELECT count(*) FROM status").fetchone() == (200,)
        connection.close()


def _open(met: Alliance, name: str, held: ExitStack, sent: bytes) -> socket.socket:
    where = urlsplit(met.url)
    one = held.enter_context(socket.create_connection((where.hostname or "", where.port or 0), timeout=120))
    token = met.headers(name)["Authorization"].encode()
    one.sendall(b"POST /alliance/collections/amber/objects/ HTTP/1.1\r\nHost: hub\r\nAuthorization: " + token + sent)
    return one


def test_a_member_holds_no_more_connections_than_its_part(tmp_path: Path) -> None:
    body = b"\r\nContent-Type: application/taxii+json;version=2.1\r\nContent-Length: 16000000\r\n"
    body += b"Expect: 100-continue\r\n\r\n"
    with alliance(tmp_path, "alpha", "beta", pace=Pace(connections=4)) as met, ExitStack() as held:
        for _ in range(4):
            assert _open(met, "beta", held, body).recv(1_000).startswith(b"HTTP/1.1 100")  # it waits for the body
        answer = met.get("beta", "/taxii2/")
        assert answer.json()["title"] == "too many connections"
        assert met.get("alpha", "/taxii2/").status_code == 200
        held.close()
        for _ in range(1_000):  # until the hub knows that they are gone
            answer = met.get("beta", "/taxii2/")
            if answer.status_code == 200:
                break
        assert answer.status_code == 200


def test_a_long_look_keeps_nobody_from_writing(tmp_path: Path) -> None:
    with alliance(tmp_path, "alpha", "beta") as met, met.hub.reading() as looking:
        looking.exec_driver_sql("SELECT count(*) FROM object").scalar()
        assert met.post("alpha", "amber", [indicator("alpha", 1)]).json()["success_count"] == 1
        assert met.get("beta", f"{COLLECTION}/objects/?match[type]=none").status_code == 200


def test_a_long_write_keeps_nobody_from_coming_in(tmp_path: Path) -> None:
    """Whose token it is was looked up in the one transaction there is: a hub that was busy failed everybody."""
    with alliance(tmp_path, "alpha") as met, met.hub.transaction():
        assert met.get("alpha", "/taxii2/").status_code == 200
        assert met.get("alpha", "/alliance/journal/").status_code == 200


def test_a_deletion_of_many_versions_is_many_transactions(tmp_path: Path) -> None:
    with alliance(tmp_path, "beta") as met:
        one = indicator("beta", 1)
        versions = [one | {"modified": f"2026-11-25T12:00:{n // 10:02d}.{n % 10}Z"} for n in range(500)]
        assert met.post("beta", "amber", versions).json()["success_count"] == 500
        assert met.delete("beta", f"{COLLECTION}/objects/{one['id']}/").status_code == 200
        gone = [entry.body for entry in journal_entries(met.hub) if entry.body["action"] == "delete"]
        assert [len(body["objects"]) for body in gone] == [200, 200, 100]
        assert met.delete("beta", f"{COLLECTION}/objects/{one['id']}/").status_code == 404


def test_a_member_that_is_told_to_wait_waits(tmp_path: Path) -> None:
    with alliance(tmp_path, "alpha", "gamma", pace=Pace(requests=60)) as met:
        met.post("alpha", "amber", [indicator("alpha", 7)])
        flood = threading.Thread(target=lambda: [met.get("gamma", "/taxii2/") for _ in range(60)])
        flood.start()
        flood.join(timeout=300)
        told = pull(met.members["gamma"])
        assert (told.indicators, told.parted) == (1, None)
        assert json.dumps(told.retracted) == "[]"
