"""Whatever happens to a hub's clock and database, no member misses what another published, and none is told that the hub failed."""

import sqlite3
from pathlib import Path

import httpx
import pytest
from alliance_served import alliance, indicator

from stillwatch.alliance.hub import Pace, admit, database, expel, journal_entries, storage
from stillwatch.alliance.hub.timestamps import now
from stillwatch.alliance.member import pull
from stillwatch.core import OutputUnwritable
from stillwatch.rounds.relay import matching_router


def test_what_comes_after_a_clock_was_put_back_is_seen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with alliance(tmp_path, "alpha", "beta") as served:
        one = indicator("alpha", 1, "green")
        monkeypatch.setattr(storage, "now", lambda: now() + 3_600 * 10**6)
        assert served.post("alpha", "green", [one]).status_code == 202
        assert pull(served.members["beta"]).indicators == 1
        monkeypatch.setattr(storage, "now", now)
        assert served.delete("alpha", f"/alliance/collections/green/objects/{one['id']}/").status_code == 200
        assert served.post("alpha", "green", [indicator("alpha", 2, "green")]).status_code == 202
        assert pull(served.members["beta"]).indicators == 1


def test_no_version_is_taken_that_nothing_could_follow(tmp_path: Path) -> None:
    with alliance(tmp_path, "alpha") as served:
        told = served.post("alpha", "green", [indicator("alpha", 1, "green", modified="9999-12-31T23:59:59.999Z")])
        assert told.json()["failure_count"] == 1
        assert "too far ahead" in told.text


def test_a_database_that_another_holds_is_no_failure_of_the_hub(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database, "_SECONDS_FOR_A_TURN", 0.2)
    with alliance(tmp_path, "alpha") as served:
        holder = sqlite3.connect(tmp_path / "hub.db", isolation_level=None)
        holder.execute("BEGIN IMMEDIATE")
        answers = (
            served.post("alpha", "green", [indicator("alpha", 1, "green")]),
            served.get("alpha", "/alliance/collections/green/objects/"),
            served.get("alpha", "/alliance/collections/"),
        )
        # A stranger is refused as ever, and no member waits for that to be written down.
        nobody = {"Authorization": "Bearer none"}
        assert httpx.get(f"{served.url}/taxii2/", headers=nobody, timeout=600, trust_env=False).status_code == 401
        assert served.get("alpha", "/taxii2/").status_code == 200
        for done in (lambda: admit(served.hub, "beta"), lambda: expel(served.hub, "alpha")):
            with pytest.raises(OutputUnwritable, match="locked") as refused:
                done()
            assert "token" not in str(refused.value)
        holder.execute("ROLLBACK")
        holder.close()
        for one in answers:
            assert (one.status_code, one.headers["retry-after"]) == (503, "5")
            assert "does not answer" in one.json()["title"]
        assert served.post("alpha", "green", [indicator("alpha", 1, "green")]).json()["success_count"] == 1
    hub = database.Hub.open(tmp_path / "hub.db")
    assert "refuse" in [entry.body["action"] for entry in journal_entries(hub)]
    hub.close()


def test_rounds_that_a_member_opens_are_counted(tmp_path: Path) -> None:
    with alliance(tmp_path, "alpha", routers=[matching_router()], pace=Pace(characters=3 * 4_096)) as served:
        names = ",".join(["alpha", *(f"m{number}" for number in range(62))])
        got = [
            httpx.put(
                f"{served.url}/matching/rounds/r{number}?members={names}&threshold=2",
                headers=served.headers("alpha"),
                timeout=600,
                trust_env=False,
            ).status_code
            for number in range(6)
        ]
        assert (got[:2], got[-2:]) == ([200, 200], [429, 429])


@pytest.mark.parametrize("said", ["0001-01-01T00:00:00.500000Z", "1970-01-01T00:00:00.000000Z"])
def test_a_version_of_any_year_is_told_as_it_was_said_and_is_one(tmp_path: Path, said: str) -> None:
    with alliance(tmp_path, "alpha") as served:
        one = indicator("alpha", 1, "green", created=said, modified=said)
        assert served.post("alpha", "green", [one]).json()["success_count"] == 1
        another = {**one, "confidence": 99}
        told = served.post("alpha", "green", [another]).json()["failures"]
        assert [refusal["message"] for refusal in told] == ["another object has this identifier and this version"]
        where = f"/alliance/collections/green/objects/{one['id']}/versions/"
        assert served.get("alpha", where).json() == {"versions": [said]}
        listed = served.get("alpha", f"/alliance/collections/green/manifest/?match[id]={one['id']}").json()["objects"]
        assert [each["version"] for each in listed] == [said]
