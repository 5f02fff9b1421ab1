"""One object that is too large or is none stops nothing: it is a dead letter, and what came after it is pulled."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from alliance_served import Thing, alliance, indicator
from plain_server import Answer, answering

from stillwatch.alliance.member import Credentials, Membership, overview, pull
from stillwatch.alliance.member.enrolment import enrol
from stillwatch.alliance.store import Store, appeals, partner_indicators


@contextmanager
def _other_hub(bodies: list[str]) -> Iterator[str]:
    """A hub of somebody else's, which hands out whatever it was given, one object a second, in pages of any length."""

    class Paged(Answer):
        def answer(self) -> None:
            asked = urlsplit(self.path)
            if "/objects/" not in asked.path:
                told: Any = {"default": "/api/", "id": "c", "title": "c", "can_read": True}
                return self.say(json.dumps(told | {"collections": [told]}).encode(), {})
            wanted = {name: values[0] for name, values in parse_qs(asked.query).items()}
            start = int(wanted.get("added_after", "2026-11-24T12:00:00Z")[17:19])
            page = bodies[start : start + int(wanted["limit"])]
            more = start + len(page) < len(bodies)
            headers = {"X-TAXII-Date-Added-Last": f"2026-11-24T12:00:{start + len(page):02d}Z"} if page else {}
            return self.say(f'{{"more": {json.dumps(more)}, "objects": [{", ".join(page)}]}}'.encode(), headers)

    with answering(Paged) as url:
        yield url


def test_a_collection_of_large_objects_is_pulled_with_its_retractions(tmp_path: Path) -> None:
    with alliance(tmp_path, "alpha", "beta", "gamma") as met:
        filled = "x" * 990_000
        for batch in range(7):
            things = [indicator("beta", 10 * batch + n, description=filled) for n in range(10)]
            assert met.post("beta", "amber", things).json()["success_count"] == 10
        alphas = indicator("alpha", 7)
        gone = alphas | {"modified": "2026-11-25T12:00:00.000Z", "revoked": True}
        assert met.post("alpha", "amber", [alphas, gone]).json()["success_count"] == 2
        pulled = pull(met.members["gamma"])
        assert pulled.retracted == (alphas["id"],)
        assert (pulled.indicators, pulled.unread) == (70, 0)
        page = met.get("gamma", "/alliance/collections/amber/objects/?limit=1000")
        assert len(page.content) < 9_000_000
        assert page.json()["more"] is True


def _write(thing: Thing) -> str:
    return json.dumps(thing)


BAD: dict[str, Callable[[Thing], str]] = {
    "too large for any answer": lambda one: json.dumps(one | {"description": "x" * 20_000_000}),
    "too large for an object": lambda one: json.dumps(one | {"description": "x" * 2_000_000}),
    "too deep": lambda one: json.dumps(one)[:-1] + ', "x": ' + "[" * 100_000 + "]" * 100_000 + "}",
    "too large a number": lambda one: json.dumps(one)[:-1] + ', "x": ' + "9" * 10_000 + "}",
    "no JSON": lambda _: "{,}",
    "half a character": lambda one: json.dumps(one | {"id": "indicator--\ud800"}),
    "a creator that is none": lambda one: json.dumps(one | {"created_by_ref": {"a": 1}}),
    "markings that are none": lambda one: json.dumps(one | {"object_marking_refs": 7}),
    "no object": lambda _: "7",
    "references that are none": lambda one: json.dumps(
        one | {"type": "note", "id": one["id"].replace("indicator", "note"), "object_refs": 3}
    ),
    "an appeal that is none": lambda one: json.dumps(
        one
        | {"type": "note", "id": one["id"].replace("indicator", "note"), "object_refs": []}
        | {"extensions": {"extension-definition--ff45ec3e-805d-4c0b-9f41-a139d2af088a": {"appeal": "x"}}}
    ),
    "a link to nothing": lambda one: json.dumps(
        one
        | {"type": "relationship", "id": one["id"].replace("indicator", "relationship")}
        | {"relationship_type": "indicates", "source_ref": one["id"], "target_ref": ["x"]}
    ),
}


@pytest.mark.parametrize("bad", BAD.values(), ids=BAD.keys())
def test_the_rest_goes_on(tmp_path: Path, bad: Callable[[Thing], str]) -> None:
    alphas = indicator("alpha", 7)
    gone = alphas | {"modified": "2026-11-25T12:00:00.000Z", "revoked": True}
    bodies = [_write(alphas), bad(indicator("beta", 9)), _write(indicator("alpha", 8)), _write(gone)]
    state, token = tmp_path / "gamma.db", tmp_path / "token"
    token.write_text("secret")
    with _other_hub(bodies) as url:
        enrol(state, "gamma", url, token_file=token)
        pulled = pull(Membership("gamma", url, state, Credentials("secret")))
        assert pulled.retracted == (alphas["id"],)
        assert pulled.unread == 1
        assert [one.indicator_id for one in partner_indicators(state)] == [indicator("alpha", 8)["id"]]
        assert appeals(Store(state)) == []
        assert len(Store(state).dead_letters()) == 1
        assert "could not be read" in str(overview(state))
        assert pull(Membership("gamma", url, state, Credentials("secret"))).objects == 0
