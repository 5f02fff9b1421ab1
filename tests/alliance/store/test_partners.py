"""A member's file against members that lie: nobody unties, silences or replaces what is another's."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from stillwatch.alliance.stix import extended, identity_id, stable_id
from stillwatch.alliance.store import Store, appeals, partner_indicators
from stillwatch.core import CampaignFacts, UnreadableInput

Thing = dict[str, Any]
LATER = "2026-11-25T00:00:00Z"


@pytest.fixture
def said(facts: CampaignFacts, stamped: Callable[..., list[Thing]]) -> list[Thing]:
    return stamped(facts, "acme", "amber")


@pytest.fixture
def store(tmp_path: Path, said: list[Thing]) -> Store:
    made = Store(tmp_path / "member.db")
    made.keep("hub", "amber", said, "2026-11-24T12:00:00Z")
    return made


def count(store: Store) -> int:
    return len(partner_indicators(store.path))


def of_type(said: list[Thing], kind: str) -> Thing:
    return next(one for one in said if one["type"] == kind)


def test_a_link_to_a_campaign_of_the_liars_own_unties_nothing(store: Store, said: list[Thing]) -> None:
    liar = identity_id("liar")
    own = of_type(said, "campaign") | {"id": stable_id("campaign", "liar"), "created_by_ref": liar, "revoked": True}
    links = [
        {
            **of_type(said, "relationship"),
            "id": stable_id("relationship", number),
            "relationship_type": "indicates",
            "created_by_ref": liar,
            "source_ref": one["id"],
            "target_ref": own["id"],
        }
        for number, one in enumerate(said)
        if one["type"] == "indicator"
    ]
    store.keep("hub", "amber", [own, *links], None)
    assert count(store) == 6


def test_an_outcome_beside_an_object_of_the_liars_own_silences_nobody(store: Store, said: list[Thing]) -> None:
    liar = identity_id("liar")
    own = of_type(said, "campaign") | {"id": stable_id("campaign", "liar"), "created_by_ref": liar}
    verdict = {
        "type": "note",
        "id": stable_id("note", "liar"),
        "created_by_ref": liar,
        "modified": LATER,
        "object_refs": [of_type(said, "campaign")["id"], own["id"]],
        "extensions": extended(appeal={"case": "liar.1", "status": "upheld"}),
    }
    store.keep("hub", "amber", [own, verdict], None)
    assert [one.final for one in appeals(store)] == [False]
    assert {one.appeal for one in partner_indicators(store.path)} == {"filed"}
    assert count(store) == 6


def test_another_member_replaces_nothing_and_nothing_follows_a_revocation(store: Store, said: list[Thing]) -> None:
    one = of_type(said, "indicator")
    theft = one | {"created_by_ref": identity_id("liar"), "modified": LATER, "revoked": True}
    before = len(partner_indicators(store.path))
    assert store.keep("hub", "amber", [theft], None) == [theft]
    assert store.doubtful() == {one["id"]}
    assert len(partner_indicators(store.path)) == before
    gone = one | {"modified": "2026-11-24T12:00:00.5Z", "revoked": True}
    assert store.keep("hub", "amber", [gone], None) == [gone]
    assert store.keep("hub", "amber", [one | {"modified": LATER}], None) == []
    assert count(store) == 5


@pytest.mark.parametrize(
    "change",
    [
        {"pattern": 5},
        {"pattern": "[nonsense"},
        {"pattern_type": "sigma"},
        {"valid_from": "long ago"},
        {"valid_until": "never"},
        {"valid_from": ["2026"]},
        {"revoked": True},
    ],
)
def test_an_indicator_that_cannot_be_read_is_left_out(store: Store, said: list[Thing], change: Thing) -> None:
    store.keep("hub", "amber", [of_type(said, "indicator") | {"modified": LATER} | change], None)
    assert count(store) == 5


@pytest.mark.parametrize(
    "change",
    [
        {"confidence": "high"},
        {"confidence": 1000},
        {"object_marking_refs": 5},
        {"created_by_ref": None},
        {"extensions": []},
        {"extensions": {"extension-definition--ff45ec3e-805d-4c0b-9f41-a139d2af088a": 7}},
    ],
)
def test_what_else_is_odd_about_it_upsets_nobody(tmp_path: Path, said: list[Thing], change: Thing) -> None:
    store = Store(tmp_path / "other.db")
    store.keep("hub", "amber", [one | (change if one["type"] == "indicator" else {}) for one in said], None)
    assert count(store) == 6


def test_a_name_is_believed_where_its_identifier_vouches_for_it(tmp_path: Path, said: list[Thing]) -> None:
    store = Store(tmp_path / "other.db")
    store.keep("hub", "amber", [one | ({"name": "bolt"} if one["type"] == "identity" else {}) for one in said], None)
    assert {one.partner for one in partner_indicators(store.path)} == {f"bolt ({identity_id('acme')})"}


def test_a_file_that_is_not_there_is_said(tmp_path: Path) -> None:
    with pytest.raises(UnreadableInput):
        partner_indicators(tmp_path / "none.db")
