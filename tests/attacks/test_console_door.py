"""The console against whoever has no login and asks without end: the log that it keeps is not theirs to fill."""

import json
import socket
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from argon2 import PasswordHasher
from console_world import Open, make_places, open_console

from stillwatch.console import Console, people
from stillwatch.core import BadSetting


@pytest.fixture(autouse=True)
def hashed_in_little_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """Guesses are counted here, hundreds of them: what one costs is no matter."""
    cheap = PasswordHasher(time_cost=1, memory_cost=64, parallelism=1)
    monkeypatch.setattr(people, "PasswordHasher", lambda: cheap)


@pytest.fixture
def opened(tmp_path: Path) -> Iterator[Open]:
    with open_console(make_places(tmp_path, decided=False)) as opened:
        yield opened


def noted(opened: Open) -> list[str]:
    return [str(one.body["kind"]) for one in opened.console.audit.entries()]


def test_guesses_that_are_not_looked_at_are_written_down_once(opened: Open) -> None:
    statuses = []
    with httpx.Client(base_url=opened.url, timeout=120) as http:
        for number in range(120):
            name = ("ada", f"n{number}")[number % 2]
            statuses.append(http.post("/sign-in", data={"name": name, "password": f"no {number}"}).status_code)
    assert (statuses.count(403), statuses.count(429)) == (30, 90)
    kinds = noted(opened)
    assert kinds.count("sign-in failed") == 30
    # Once for the name, and once for the address.
    assert kinds.count("sign-in braked") == 2


def test_a_provider_that_is_away_is_written_down_so_often_and_no_more(tmp_path: Path) -> None:
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        issuer = f"http://127.0.0.1:{nobody.getsockname()[1]}"
        told = {"issuer": issuer, "client_id": "c", "roles": {"viewer": ["staff"]}}
        (tmp_path / "oidc.yaml").write_text(json.dumps(told))
        with (
            open_console(make_places(tmp_path, decided=False, oidc=tmp_path / "oidc.yaml")) as opened,
            httpx.Client(base_url=opened.url, timeout=120) as http,
        ):
            assert {http.get("/sign-in/provider").status_code for _ in range(60)} == {502}
            assert noted(opened).count("sign-in failed") == 30
            # Whoever comes once it is there again was not counted as one who guesses.
            for _ in range(60):
                http.get("/sign-in/provider/back", params={"state": "x"})
            kinds = noted(opened)
            assert (kinds.count("sign-in failed"), kinds.count("sign-in braked")) == (60, 1)


def sign_in(http: httpx.Client, name: str, password: str, *hops: str) -> int:
    headers = [("x-forwarded-for", hop) for hop in hops]
    return http.post("/sign-in", data={"name": name, "password": password}, headers=headers).status_code


def test_who_guesses_behind_a_proxy_keeps_nobody_else_out(tmp_path: Path) -> None:
    places = make_places(tmp_path, decided=False, trusted_proxies=("127.0.0.0/8", "10.9.0.1"))
    with open_console(places) as opened, httpx.Client(base_url=opened.url, timeout=120) as http:
        people = opened.console.people
        people.use_link(people.invite("hal", "analyst"), "correct horse battery")
        tried = [sign_in(http, f"n{number}", "no", "203.0.113.9") for number in range(40)]
        assert (tried.count(403), tried.count(429)) == (30, 10)
        # Whatever the guesser writes in front, in whatever form, it is the guesser's.
        for hops in (
            ("198.51.100.1, 203.0.113.9",),
            ("198.51.100.1", "203.0.113.9"),
            ("203.0.113.9:4711, 10.9.0.1",),
            ("::ffff:203.0.113.9",),
            (",".join(["198.51.100.1"] * 5_000) + ", 203.0.113.9",),
        ):
            assert (hops[0][-40:], sign_in(http, "hal", "no", *hops)) == (hops[0][-40:], 429)
        assert sign_in(http, "hal", "correct horse battery", "198.51.100.7") == 303
        # One customer has as many addresses of version 6 as there are.
        tried = [sign_in(http, f"m{number}", "no", f"2001:db8:1:2::{number:x}") for number in range(40)]
        assert (tried.count(403), tried.count(429)) == (30, 10)


def test_who_guesses_at_a_name_keeps_its_owner_out_of_no_other_address(tmp_path: Path) -> None:
    with open_console(make_places(tmp_path, decided=False, trusted_proxies=("127.0.0.1",))) as opened:
        people = opened.console.people
        people.use_link(people.invite("hal", "analyst"), "correct horse battery")
        with httpx.Client(base_url=opened.url, timeout=120) as http:
            assert [sign_in(http, "hal", "no", "203.0.113.9") for _ in range(7)] == [403] * 5 + [429] * 2
            assert sign_in(http, "hal", "correct horse battery", "198.51.100.7") == 303
            # From very many addresses it is a guess at one password all the same.
            tried = [sign_in(http, "hal", "no", f"192.0.2.{number}") for number in range(70)]
            assert (tried.count(403), tried.count(429)) == (60, 10)


def test_a_proxy_that_is_none_is_said(tmp_path: Path) -> None:
    with pytest.raises(BadSetting, match="no address and no network"):
        Console(make_places(tmp_path, decided=False, trusted_proxies=("proxy.example",)))
