"""One member's writing takes neither the hub's time nor its disk from the others, and never the right to take back."""

import json
import threading
from pathlib import Path

import httpx
import pytest
from alliance_served import alliance, indicator

from stillwatch.alliance.hub import Quota, journal_entries
from stillwatch.alliance.member import pull


@pytest.mark.parametrize("empty", [b"{}", b"0", b"[]"])
def test_a_million_of_nothing_is_refused_at_once(tmp_path: Path, empty: bytes) -> None:
    with alliance(tmp_path, "alpha", "beta") as met:
        before = len(list(journal_entries(met.hub)))
        size = (tmp_path / "hub.db-wal").stat().st_size
        body = b'{"objects": [' + b",".join([empty] * 1_000_000) + b"]}"
        where = f"{met.url}/alliance/collections/amber/objects/"
        answer = httpx.post(where, content=body, headers=met.headers("beta"), timeout=600, trust_env=False)
        assert (answer.status_code, answer.json()["title"]) == (413, "too many objects at a time")
        assert len(list(journal_entries(met.hub))) == before
        assert (tmp_path / "hub.db-wal").stat().st_size == size
        assert met.post("alpha", "amber", [indicator("alpha", 7)]).json()["success_count"] == 1


def test_others_turns_come_while_a_large_bundle_is_taken(tmp_path: Path) -> None:
    with alliance(tmp_path, "alpha", "beta") as met:
        things = [indicator("beta", n % 250, id=f"indicator--00000000-0000-4000-8000-{n:012d}") for n in range(1000)]
        sending = threading.Thread(target=met.post, args=("beta", "amber", things))
        sending.start()
        while sending.is_alive():
            assert met.get("alpha", "/alliance/collections/amber/manifest/?limit=1").status_code == 200
        sending.join(timeout=300)
        order = [
            entry.body["member"] for entry in journal_entries(met.hub) if entry.body["action"] in ("read", "write")
        ]
        # Not one block of beta's: its bundle is many lines, one a transaction.
        assert order.count("beta") == 20


def test_who_has_filled_its_part_can_still_take_back(tmp_path: Path) -> None:
    with alliance(tmp_path, "alpha", "beta", quota=Quota(objects=5)) as met:
        answer = met.post("beta", "amber", [indicator("beta", n) for n in range(9)]).json()
        assert (answer["success_count"], answer["failure_count"]) == (5, 4)
        assert "no room left" in answer["failures"][0]["message"]
        gone = indicator("beta", 1, revoked=True, modified="2026-11-25T12:00:00.000Z")
        assert met.post("beta", "amber", [gone]).json()["success_count"] == 1
        assert met.post("alpha", "amber", [indicator("alpha", 1)]).json()["success_count"] == 1
        for n in (2, 3):
            assert met.delete("beta", f"/alliance/collections/amber/objects/{indicator('beta', n)['id']}/").is_success
        assert met.post("beta", "amber", [indicator("beta", 20)]).json()["success_count"] == 1
        assert met.post("beta", "amber", [indicator("beta", 21)]).json()["success_count"] == 0


def test_characters_count_too(tmp_path: Path) -> None:
    with alliance(tmp_path, "beta", quota=Quota(characters=2_500_000)) as met:
        long = [indicator("beta", n, description="x" * 900_000) for n in range(5)]
        assert met.post("beta", "amber", long).json()["success_count"] == 3


def test_a_revocation_without_room_is_no_larger_than_what_it_takes_back(tmp_path: Path) -> None:
    with alliance(tmp_path, "beta", quota=Quota(objects=2)) as met:
        known = [indicator("beta", n) for n in range(2)]
        assert met.post("beta", "amber", known).json()["success_count"] == 2
        gone = {"modified": "2026-11-25T12:00:00.000Z", "revoked": True}
        large = [one | gone | {"description": "x" * 900_000} for one in known]
        assert met.post("beta", "amber", large).json()["success_count"] == 0
        assert met.post("beta", "amber", [one | gone for one in known]).json()["success_count"] == 2


@pytest.mark.parametrize("odd", ["[" * 900 + "]" * 900, "9" * 5_000, "1e400", "[" * 60 + "1e308" + "]" * 60])
def test_an_object_that_readers_stumble_over_is_refused_and_the_rest_is_read(tmp_path: Path, odd: str) -> None:
    with alliance(tmp_path, "alpha", "beta", "gamma") as met:
        bad = json.dumps(indicator("beta", 9))[:-1] + f', "x": {odd}}}'
        body = f'{{"objects": [{bad}]}}'
        where = f"{met.url}/alliance/collections/amber/objects/"
        answer = httpx.post(where, content=body, headers=met.headers("beta"), timeout=600, trust_env=False)
        assert answer.status_code in (400, 422) or answer.json()["success_count"] == 0
        met.post("alpha", "amber", [indicator("alpha", 7)])
        assert pull(met.members["gamma"]).indicators == 1
