"""Coming in: links that work once, passwords, brakes on guessing, sessions that end, and who may change whom."""

import sqlite3
import time
from pathlib import Path

import httpx
import pytest
from argon2 import PasswordHasher
from console_world import Open

from stillwatch.console import Database, People
from stillwatch.console.people import TooManyTries
from stillwatch.core import BadSetting

GOOD = "correct horse battery"


@pytest.fixture
def people(tmp_path: Path) -> People:
    return People(Database(tmp_path / "console.db"), PasswordHasher(time_cost=1, memory_cost=64, parallelism=1))


def test_a_link_works_once_and_sets_the_password(people: People) -> None:
    token = people.invite("ada", "analyst")
    assert people.sign_in("ada", GOOD, "here") is None
    with pytest.raises(BadSetting, match="12 characters"):
        people.use_link(token, "short")
    came = people.use_link(token, GOOD)
    assert came is not None
    assert people.use_link(token, GOOD + "!") is None
    assert people.sign_in("ada", GOOD, "here") == came
    assert people.sign_in("ada", GOOD + "!", "here") is None


def test_neither_password_nor_link_nor_cookie_stands_in_the_file(fresh: Open) -> None:
    token = fresh.console.people.invite("ada", "admin")
    with httpx.Client(base_url=fresh.url) as http:
        http.post(f"/welcome/{token}", data={"password": GOOD, "again": GOOD})
        cookie = http.cookies["stillwatch"]
        assert http.get("/people").status_code == 200
    folder = fresh.console.places.state
    kept = b"".join(path.read_bytes() for path in folder.iterdir() if path.is_file())
    assert b"$argon2id$" in kept
    for secret in (GOOD, token, cookie):
        assert secret.encode() not in kept


def test_guessing_is_braked_by_name_and_a_right_password_does_not_help_then(people: People) -> None:
    """Five tries from one address brake that one, and sixty from wherever all of them."""
    people.use_link(people.invite("ada", "analyst"), GOOD)
    for _ in range(5):
        assert people.sign_in("ada", "wrong wrong wrong", "an address") is None
    for password in ("wrong wrong wrong", GOOD):
        with pytest.raises(TooManyTries):
            people.sign_in("ada", password, "an address")
    for n in range(55):
        assert people.sign_in("ada", "wrong wrong wrong", f"address {n}") is None
    with pytest.raises(TooManyTries):
        people.sign_in("ada", GOOD, "another address")


@pytest.mark.parametrize("name", ["", "Ada", "../x", "a" * 41, "<b>", "ada\n"])
def test_what_is_no_name_is_refused(people: People, name: str) -> None:
    with pytest.raises(BadSetting, match="is no name"):
        people.invite(name, "analyst")


def test_the_last_admin_stays(people: People) -> None:
    people.invite("ada", "admin")
    with pytest.raises(BadSetting, match="no admin"):
        people.shut_out("ada")
    with pytest.raises(BadSetting, match="no admin"):
        people.change_role("ada", "viewer")
    with pytest.raises(BadSetting, match="no admin"):
        people.invite("ada", "viewer")
    people.invite("grace", "admin")
    people.shut_out("ada")
    assert people.find("ada") is None


def test_a_session_ends_by_signing_out_by_being_shut_out_and_by_time(fresh: Open) -> None:
    boss, ada = fresh.visitor("boss", "admin"), fresh.visitor("ada", "analyst")
    assert ada.get("/queue").status_code == 200
    boss.post("/people/shut-out", {"name": "ada"})
    assert ada.get("/queue").status_code == 303
    bea = fresh.visitor("bea", "analyst")
    cookie = bea.http.cookies["stillwatch"]
    assert bea.post("/sign-out").status_code == 303
    assert httpx.get(f"{fresh.url}/queue", cookies={"stillwatch": cookie}).status_code == 303
    cyd = fresh.visitor("cyd", "analyst")
    with sqlite3.connect(fresh.console.places.state / "console.db") as connection:
        connection.execute("UPDATE sessions SET seen = ?", (time.time() - 3 * 3600,))
    connection.close()
    assert cyd.get("/queue").status_code == 303


def test_another_role_holds_at_once(fresh: Open) -> None:
    boss, ada = fresh.visitor("boss", "admin"), fresh.visitor("ada", "viewer")
    assert ada.get("/appeals").status_code == 403
    boss.post("/people/role", {"name": "ada", "role": "analyst"})
    # Their sessions ended: rights are looked up anew.
    assert ada.get("/appeals").status_code == 303


def test_a_wrong_sign_in_tells_no_names(fresh: Open) -> None:
    fresh.visitor("ada", "admin")
    with httpx.Client(base_url=fresh.url, timeout=120) as http:
        answers = [http.post("/sign-in", data={"name": name, "password": "x" * 12}) for name in ("ada", "nobody")]
    assert [one.status_code for one in answers] == [403, 403]
    assert len({one.text.replace("nobody", "ada") for one in answers}) == 1


def test_who_comes_first_is_told_how(fresh: Open) -> None:
    assert "user add NAME --role admin" in httpx.get(f"{fresh.url}/sign-in").text
