"""Nobody says anything without a name: what has authors names its own and its version, and nobody's word ends nothing."""

import json
from pathlib import Path
from typing import Any

import pytest
from alliance_served import TAXII, alliance, indicator
from plain_server import Answer, answering

from stillwatch.alliance.member import Credentials, Membership, pull
from stillwatch.alliance.stix import AUTHORED, MARKINGS, OBSERVABLES, extended, stable_id
from stillwatch.alliance.store import partner_indicators

SAID = "2026-11-24T12:00:00.000Z"
SIGNED = ("created", "modified", "created_by_ref")
"""What names an author and a version."""


def without(thing: dict[str, Any], *names: str) -> dict[str, Any]:
    return {name: value for name, value in thing.items() if name not in names}


def bare(kind: str) -> dict[str, Any]:
    """An object of a type that nobody has signed."""
    one = {"type": kind, "spec_version": "2.1", "id": stable_id(kind, "nobody's"), "name": "x"}
    return one | {"object_marking_refs": [MARKINGS["amber"]]}


@pytest.mark.parametrize("left_out", [SIGNED, *((name,) for name in SIGNED), SIGNED[:2], SIGNED[1:]])
def test_an_indicator_without_author_or_version_is_refused(tmp_path: Path, left_out: tuple[str, ...]) -> None:
    with alliance(tmp_path, "alpha", "beta") as met:
        for confidence in (1, 2):
            sent = without(indicator("beta", 9, confidence=confidence), *left_out)
            assert met.post("beta", "amber", [sent]).json()["success_count"] == 0
        assert met.post("beta", "amber", [indicator("beta", 9)]).json()["success_count"] == 1
        assert pull(met.members["alpha"]).indicators == 1


def test_of_no_type_that_has_authors_one_without_is_taken(tmp_path: Path) -> None:
    with alliance(tmp_path, "alpha") as met:
        said = met.post("alpha", "amber", [bare(kind) for kind in sorted(AUTHORED)]).json()
        assert (said["success_count"], said["failure_count"]) == (0, len(AUTHORED))
    assert AUTHORED.isdisjoint(OBSERVABLES)


def test_at_another_hub_nobodys_note_ends_nobodys_indicator(tmp_path: Path) -> None:
    told = without(indicator("m", 1), *SIGNED)
    note = bare("note") | {
        "object_refs": [told["id"]],
        "extensions": extended(appeal={"case": "c", "status": "upheld"}),
    }
    listed = {"id": "c1", "alias": "amber", "title": "t", "can_read": True, "can_write": True}
    says = {
        "/taxii2/": {"default": "/alliance/", "api_roots": ["/alliance/"]},
        "/alliance/journal/": {"n": 3, "hash": "a" * 64},
        "/alliance/collections/": {"collections": [listed]},
        "/alliance/collections/c1/objects/": {"objects": [told, note]},
    }

    class Hub(Answer):
        def answer(self) -> None:
            self.say(json.dumps(says[self.path.partition("?")[0]]).encode(), {"content-type": TAXII})

    with answering(Hub) as url:
        member = Membership("alpha", url, tmp_path / "alpha.db", Credentials("token"))
        pull(member)
        (found,) = partner_indicators(member.state)
    assert (found.partner, found.appeal) == ("(unnamed)", None)
