"""Whoever sends a hub much, in many connections or in tiny pieces, takes nobody else's turn; who is no member any more has none."""

import json
import logging
import socket
import threading
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest
from alliance_served import Alliance, alliance, indicator
from patience import until_closed

from stillwatch.alliance.hub import admit, database, expel, journal_entries
from stillwatch.alliance.hub.turns import Turns
from stillwatch.alliance.member import Credentials

PATIENCE = 300
OBJECTS = "/alliance/collections/amber/objects/"


@pytest.fixture(scope="module")
def met(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Alliance]:
    with alliance(tmp_path_factory.mktemp("hub"), "alpha", "beta", "gamma", "delta") as served:
        yield served


def opened(met: Alliance) -> socket.socket:
    where = urlsplit(met.url)
    return socket.create_connection((where.hostname or "", where.port or 0), timeout=PATIENCE)


def head(met: Alliance, name: str, *more: str) -> bytes:
    told = [f"{key}: {value}" for key, value in met.headers(name).items()]
    return "\r\n".join([f"POST {OBJECTS} HTTP/1.1", "Host: hub", *told, *more, "", ""]).encode()


def test_a_body_in_pieces_of_one_byte_is_read_no_further(met: Alliance, caplog: pytest.LogCaptureFixture) -> None:
    """Without a login four sockets of such had kept a hub from its members for as long as they sent."""
    begin = b"POST /taxii2/ HTTP/1.1\r\nHost: hub\r\nTransfer-Encoding: chunked\r\n\r\n"
    behind = b"0\r\n\r\nGET /taxii2/ HTTP/1.1\r\nHost: hub\r\nConnection: close\r\n\r\n"
    with caplog.at_level(logging.ERROR):
        for pieces in (b"1\r\nx\r\n" * 5_000, b"zz\r\n"):
            with opened(met) as one:
                one.sendall(begin)
                said = one.recv(65536)
                one.sendall(pieces + behind)
                assert (said + until_closed(one)).count(b"HTTP/1.1") == 1
            with opened(met) as one:
                one.sendall(begin + pieces + behind)
                assert until_closed(one).count(b"HTTP/1.1") <= 1
    assert not [told for told in caplog.records if told.exc_info]
    body = b"".join(b"%x\r\n%b\r\n" % (len(part), part) for part in _parts(json.dumps({"objects": [0]}).encode()))
    with opened(met) as one:
        one.sendall(head(met, "beta", "Transfer-Encoding: chunked", "Connection: close") + body + b"0\r\n\r\n")
        assert until_closed(one).startswith(b"HTTP/1.1 202")


def _parts(body: bytes) -> list[bytes]:
    return [body[start : start + 2] for start in range(0, len(body), 2)]


@pytest.mark.parametrize("how", ["expelled", "another token"])
def test_who_is_no_member_when_its_body_is_whole_is_not_listened_to(met: Alliance, how: str) -> None:
    body = json.dumps({"objects": [indicator("delta", 5)]}).encode()
    with opened(met) as one:
        one.sendall(head(met, "delta", f"Content-Length: {len(body)}", "Expect: 100-continue", "Connection: close"))
        assert one.recv(1_000).startswith(b"HTTP/1.1 100")  # it has come in, and its body is waited for
        if how == "expelled":
            expel(met.hub, "delta")
        else:
            admit(met.hub, "delta")
        one.sendall(body)
        assert until_closed(one).startswith(b"HTTP/1.1 401")
    met.members["delta"] = replace(met.members["delta"], credentials=Credentials(admit(met.hub, "delta")))
    assert met.get("delta", f"{OBJECTS}{indicator('delta', 5)['id']}/").status_code == 404


def test_what_reads_two_ways_is_refused(met: Alliance) -> None:
    body = json.dumps({"objects": [indicator("beta", 6)]}).encode()
    twice = [*met.headers("beta").items(), ("Authorization", met.headers("alpha")["Authorization"])]
    assert httpx.post(met.url + OBJECTS, content=body, headers=twice, timeout=PATIENCE).status_code == 400
    for coding in ("gzip", "br", "gzip, identity"):
        more = met.headers("beta") | {"Content-Encoding": coding}
        assert httpx.post(met.url + OBJECTS, content=body, headers=more, timeout=PATIENCE).status_code == 415
    for odd in (1, "true", None, [True]):
        told = met.post("beta", "amber", [indicator("beta", 6, revoked=odd)]).json()
        assert "neither true nor false" in told["failures"][0]["message"]


def test_of_what_is_refused_the_name_is_told_and_the_rest_is_taken(met: Alliance) -> None:
    """What an object is called stands in the status, though nothing of it was made."""
    known = [indicator("beta", number) for number in (11, 12, 13)]
    long = json.dumps(known[0])[:-1] + ', "x": [' + ",".join(["[]"] * 600_000) + "]}"
    none = json.dumps(known[1])[:-1] + ', "x": 1e999}'
    body = f'{{"objects": [{long}, {none}, {json.dumps(known[2])}]}}'
    told = httpx.post(met.url + OBJECTS, content=body, headers=met.headers("beta"), timeout=PATIENCE).json()
    assert [one["id"] for one in told["successes"]] == [known[2]["id"]]
    assert [one["id"] for one in told["failures"]] == [known[0]["id"], known[1]["id"]]


def test_many_senders_leave_threads_for_others(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each of a member's connections had held a thread while it waited for its turn: three members held them all."""
    monkeypatch.setattr(database, "_SECONDS_FOR_A_TURN", 2 * PATIENCE)
    body = json.dumps({"objects": [0]}).encode()
    with alliance(tmp_path, "alpha", "beta", "gamma", "delta") as met, ExitStack() as held:
        with met.hub.transaction():
            for name in ("beta", "gamma", "delta"):
                for _ in range(15):
                    one = held.enter_context(opened(met))
                    one.sendall(head(met, name, f"Content-Length: {len(body)}", "Expect: 100-continue"))
                    assert one.recv(1_000).startswith(b"HTTP/1.1 100")
                    one.sendall(body)
            for _ in range(5):
                got = httpx.get(f"{met.url}/taxii2/", headers=met.headers("alpha"), timeout=PATIENCE)
                assert got.status_code == 200
        assert met.post("alpha", "amber", [indicator("alpha", 1)]).json()["success_count"] == 1


def test_turns_come_in_the_order_in_which_they_were_asked_for() -> None:
    turns, came, threads = Turns(), list[int](), list[threading.Thread]()

    def take(number: int) -> None:
        with turns.taken(PATIENCE):
            came.append(number)

    with turns.taken(PATIENCE):
        for number in range(8):
            threads.append(threading.Thread(target=take, args=(number,)))
            threads[-1].start()
            while len(turns._waiting) <= number:
                pass
        with pytest.raises(Exception, match="too many wait"):
            turns._take(0)
    for one in threads:
        one.join(timeout=PATIENCE)
    assert came == list(range(8))


def test_a_large_bundle_is_taken_in_many_short_turns(met: Alliance) -> None:
    before = sum(entry.body["action"] == "write" for entry in journal_entries(met.hub))
    things = [indicator("gamma", n, description="x" * 400_000) for n in range(6)]
    assert met.post("gamma", "amber", things).json()["success_count"] == 6
    assert sum(entry.body["action"] == "write" for entry in journal_entries(met.hub)) == before + 3
