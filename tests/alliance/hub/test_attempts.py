"""Failing to come in: slowed down, told in the journal a bounded number of times, and nobody else's trouble."""

import ssl
import subprocess
import threading
from pathlib import Path

import httpx
import pytest
from leftovers import FORGIVEN, collected  # noqa: F401

from stillwatch.alliance.hub import Hub, Serving, Tls, admit, journal_entries, serving
from stillwatch.alliance.hub.attempts import BURST, ROWS_A_DAY, SECONDS_EACH, Attempts

pytestmark = FORGIVEN

WRONG = "d3adb33f-this-is-nobodys-token"


@pytest.fixture
def hub(sqlite_hub: Hub) -> Hub:
    """Nothing here depends on the database."""
    return sqlite_hub


def client(url: str, token: str | None, address: str = "127.0.0.1") -> httpx.Client:
    """Somebody who really comes from an address: all of 127.0.0.0/8 is this machine."""
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    return httpx.Client(base_url=url, headers=headers, transport=httpx.HTTPTransport(local_address=address))


def told(hub: Hub) -> list[dict[str, object]]:
    return [dict(entry.body) for entry in journal_entries(hub) if str(entry.body["action"]).startswith("refuse")]


def test_whoever_fails_is_slowed_down_and_its_neighbour_with_a_token_is_not(hub: Hub) -> None:
    token = admit(hub, "acme")
    with serving(hub) as running:
        member, honest = client(running.url, token), []
        stop = threading.Event()

        def work() -> None:
            while not stop.is_set():
                honest.append(member.get("/taxii2/").status_code)

        worker = threading.Thread(target=work)
        worker.start()
        with client(running.url, WRONG) as attacker, client(running.url, WRONG, "127.0.0.9") as other:
            answers = [attacker.get("/taxii2/") for _ in range(BURST + 40)]
            assert other.get("/taxii2/").status_code == 401
        stop.set()
        worker.join(timeout=300)
        member.close()
    said = [answer.status_code for answer in answers]
    assert said[:BURST] == [401] * BURST
    # One more a few seconds, however fast the test was.
    assert said.count(429) >= 35
    slowed = next(answer for answer in answers if answer.status_code == 429)
    assert 1 <= int(slowed.headers["Retry-After"]) <= SECONDS_EACH
    assert slowed.json()["http_status"] == "429"
    assert len(honest) > 10
    assert set(honest) == {200}


def test_a_client_that_waits_to_be_asked_is_always_asked(served: Serving) -> None:
    """Many clients send their first request bare."""
    token = admit(served.hub, "acme")
    with client(served.url, None) as bare:
        for _ in range(BURST + 10):
            answer = bare.get("/taxii2/")
            assert (answer.status_code, answer.headers["WWW-Authenticate"][:6]) == (401, "Bearer")
        assert bare.get("/taxii2/", auth=("acme", token)).status_code == 200


def test_failures_are_in_the_journal_and_what_was_tried_is_not(hub: Hub, tmp_path: Path) -> None:
    with (
        serving(hub) as running,
        client(running.url, WRONG) as attacker,
        client(running.url, None, "127.0.1.7") as bare,
    ):
        for _ in range(30):
            attacker.get("/taxii2/")
        bare.get("/alliance/collections/")
    rows = told(hub)
    assert {"action": "refuse", "network": "127.0.0.0/24", "why": "unknown token"} in rows
    assert {"action": "refuse", "network": "127.0.1.0/24", "why": "no credential"} in rows
    minutes = [row for row in rows if row["action"] == "refused in a minute"]
    # A minute may have ended in between; one whose every failure has a row has no row of its own.
    singles = len(rows) - len(minutes)
    assert 31 - singles <= sum(row["attempts"] for row in minutes) <= 31  # type: ignore[misc]
    assert len(rows) <= 6
    everything = b"".join(path.read_bytes() for path in tmp_path.glob("hub.db*"))
    for secret in (WRONG, "127.0.0.1", "127.0.1.7"):
        assert secret.encode() not in everything


def test_no_number_of_attempts_from_anywhere_fills_the_journal(hub: Hub) -> None:
    """Six hours of 40 failures a minute, each from a network of its own: one row a minute once the day's rows are told."""
    now = [1_800_000_000 // 86_400 * 86_400.0]
    attempts = Attempts(hub, clock=lambda: now[0])
    for minute in range(360):
        for number in range(40):
            attempts.fail(f"{1 + minute // 64}.{minute % 64}.{number}.1", "unknown token")
        now[0] += 60
    attempts.settle()
    rows = told(hub)
    assert sum("network" in row for row in rows) == ROWS_A_DAY
    assert len(rows) <= ROWS_A_DAY + 360
    # The first minutes had a row for each failure; nothing is counted twice or left out.
    assert 40 * 360 - ROWS_A_DAY <= sum(r["attempts"] for r in rows if "attempts" in r) <= 40 * 360  # type: ignore[misc]
    assert max(len(str(row)) for row in rows) < 400
    assert len(attempts._levels) <= 4_096


def test_sources(hub: Hub) -> None:
    attempts = Attempts(hub, clock=lambda: 0.0)
    waits = [attempts.fail(f"2001:db8::{n:x}", "unknown token") for n in range(BURST + 1)]
    assert waits == [0] * BURST + [6]
    # Another /64 of the same network is another source, and one network in the journal.
    assert attempts.fail("2001:db8:0:1::1", "unknown token") == 0
    assert attempts.fail("::ffff:192.0.2.1", "unknown token") == 0
    assert attempts.fail(None, "unknown token") == 0
    assert [row["network"] for row in told(hub)] == ["2001:db8::/48", "192.0.2.0/24", "unknown"]


def test_certificates_that_are_nobodys_are_counted(hub: Hub, tmp_path: Path) -> None:
    """One that the authority signed and no member has, like a token; one of another authority before any request."""

    def openssl(*words: str) -> None:
        subprocess.run(["openssl", *words], cwd=tmp_path, check=True, capture_output=True)

    for name in ("ours", "theirs"):
        made = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2", "-subj", f"/CN={name}")
        names = ("-addext", "subjectAltName=IP:127.0.0.1")
        openssl("req", "-x509", *made, *names, "-keyout", f"{name}.key", "-out", f"{name}.pem")
    tls = Tls(tmp_path / "ours.pem", tmp_path / "ours.key", tmp_path / "ours.pem")
    contexts = {name: ssl.create_default_context(cafile=tmp_path / "ours.pem") for name in ("ours", "theirs")}
    for name, context in contexts.items():
        context.load_cert_chain(tmp_path / f"{name}.pem", tmp_path / f"{name}.key")
    with serving(hub, tls=tls) as running:
        for _ in range(3):
            with (
                httpx.Client(base_url=running.url, verify=contexts["theirs"]) as stranger,
                pytest.raises(httpx.TransportError),
            ):
                stranger.get("/taxii2/")
        with httpx.Client(base_url=running.url, verify=contexts["ours"]) as unknown:
            said = [unknown.get("/taxii2/").status_code for _ in range(BURST + 5)]
    assert said[:BURST] == [401] * BURST
    assert 429 in said[BURST:]
    rows = told(hub)
    assert {"action": "refuse", "network": "127.0.0.0/24", "why": "unknown certificate"} in rows
    why = [dict(row["why"]) for row in rows if "attempts" in row]  # type: ignore[call-overload]
    assert sum(one.get("certificate of no known authority", 0) for one in why) == 3
    assert sum(one.get("unknown certificate", 0) for one in why) >= BURST
