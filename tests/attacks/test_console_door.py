"""The console against whoever has no login and asks without end: the log that it keeps is not theirs to fill."""

import json
import socket
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from console_world import Open, make_places, open_console


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
