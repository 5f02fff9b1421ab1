"""Identifiers belong to whoever sent them first, in every collection: reposting another's object takes nothing away."""

import sqlite3
from pathlib import Path

import pytest
from alliance_served import alliance, indicator

from stillwatch.alliance.hub import admit
from stillwatch.alliance.member import Credentials, Membership, pull
from stillwatch.alliance.stix import MARKINGS, identity_id, observable_id, stable_id
from stillwatch.alliance.store import Store, partner_indicators

LATER = {"modified": "2026-11-25T12:00:00.000Z"}


def _refused(answer: dict[str, object]) -> object:
    return answer["failures"][0]["message"] if answer["failures"] else None  # type: ignore[index]


def test_a_repost_in_a_milder_collection_is_refused(tmp_path: Path) -> None:
    with alliance(tmp_path, "alpha", "beta", "gamma") as met:
        alphas = indicator("alpha", 7)
        assert met.post("alpha", "amber", [alphas]).json()["success_count"] == 1
        stolen = indicator("beta", 7, "clear", revoked=True) | {"id": alphas["id"]} | LATER
        assert _refused(met.post("beta", "clear", [stolen]).json()) == "it belongs to another member"
        pulled = pull(met.members["gamma"])
        assert (pulled.indicators, pulled.retracted) == (1, ())
        assert [one.indicator_id for one in partner_indicators(met.members["gamma"].state)] == [alphas["id"]]


def test_what_is_deleted_is_still_its_authors(tmp_path: Path) -> None:
    with alliance(tmp_path, "alpha", "beta") as met:
        alphas = indicator("alpha", 7)
        met.post("alpha", "amber", [alphas])
        assert met.delete("alpha", f"/alliance/collections/amber/objects/{alphas['id']}/").status_code == 200
        stolen = indicator("beta", 7) | {"id": alphas["id"]}
        assert _refused(met.post("beta", "amber", [stolen]).json()) == "it belongs to another member"
        assert met.post("alpha", "green", [indicator("alpha", 7, "green")]).json()["success_count"] == 1


def test_nobody_takes_anothers_identity_before_it_does(tmp_path: Path) -> None:
    with alliance(tmp_path, "alpha", "beta") as met:
        claimed = indicator("beta", 1, "clear") | {"type": "identity", "id": identity_id("alpha"), "name": "alpha"}
        assert _refused(met.post("beta", "clear", [claimed]).json()) == "it belongs to another member"
        own = claimed | {"created_by_ref": identity_id("alpha")}
        assert met.post("alpha", "clear", [own]).json()["success_count"] == 1


def _address(value: str, tlp: str, **more: object) -> dict[str, object]:
    seen = {
        "type": "ipv4-addr",
        "spec_version": "2.1",
        "value": value,
        "id": observable_id("ipv4-addr", {"value": value}),
    }
    return seen | {"object_marking_refs": [MARKINGS[tlp]]} | more


def test_an_observable_is_nobodys(tmp_path: Path) -> None:
    with alliance(tmp_path, "alpha", "beta") as met:
        for name, tlp in (("alpha", "amber"), ("beta", "green")):
            assert met.post(name, tlp, [_address("203.0.113.7", tlp)]).json()["success_count"] == 1


def test_what_only_calls_itself_an_observable_is_its_first_senders(tmp_path: Path) -> None:
    """Its identifier does not follow from its value: another's value under it would be another thing."""
    with alliance(tmp_path, "alpha", "beta") as met:
        own = "ipv4-addr--00000000-0000-4000-8000-000000000007"
        assert met.post("alpha", "amber", [_address("203.0.113.7", "amber", id=own)]).json()["success_count"] == 1
        there = _address("203.0.113.8", "clear", id=own)
        assert _refused(met.post("beta", "clear", [there]).json()) == "it belongs to another member"


@pytest.mark.parametrize(
    "version", [{"revoked": True}, {"modified": "2027-01-01T00:00:00Z"}, {"created": "2027-01-01T00:00:00Z"}]
)
def test_an_observable_has_no_versions_with_which_to_replace_anothers(
    tmp_path: Path, version: dict[str, object]
) -> None:
    with alliance(tmp_path, "alpha", "beta", "gamma") as met:
        assert met.post("alpha", "amber", [_address("203.0.113.7", "amber")]).json()["success_count"] == 1
        assert met.post("beta", "clear", [_address("203.0.113.7", "clear", **version)]).json()["success_count"] == 0
        assert pull(met.members["gamma"]).retracted == ()


def test_who_joins_later_has_its_identity_all_the_same(tmp_path: Path) -> None:
    with alliance(tmp_path, "beta") as met:
        claimed = indicator("beta", 1, "clear") | {"type": "identity", "id": identity_id("zeta"), "name": "zeta"}
        met.post("beta", "clear", [claimed])
        zeta = Credentials(admit(met.hub, "zeta"))
        met.members["zeta"] = Membership("zeta", met.url, tmp_path / "zeta.db", zeta)
        own = claimed | {"created_by_ref": identity_id("zeta")}
        assert met.post("zeta", "clear", [own]).json()["success_count"] == 1
        assert _refused(met.post("beta", "clear", [claimed | LATER]).json()) == "it belongs to another member"


@pytest.mark.parametrize("first", ["alpha", "beta"])
def test_a_member_keeps_both_when_two_speak_under_one_identifier(tmp_path: Path, first: str) -> None:
    """As another hub, that does not ask whose an identifier is, may send it."""
    store = Store(tmp_path / "gamma.db")
    alphas = indicator("alpha", 7)
    betas = indicator("beta", 7, "clear", revoked=True) | {"id": alphas["id"]} | LATER
    for thing in (alphas, betas) if first == "alpha" else (betas, alphas):
        store.keep("hub", "collection", [thing], None)
    assert store.doubtful() == {alphas["id"]}
    (held,) = partner_indicators(store.path)
    assert (held.indicator_id, held.tlp) == (alphas["id"], "amber")
    store.keep("hub", "collection", [alphas | LATER | {"revoked": True}], None)
    assert not partner_indicators(store.path)


@pytest.mark.parametrize("first", ["honest", "forging"])
def test_a_second_hub_that_forges_a_creator_ends_nothing_of_the_first(tmp_path: Path, first: str) -> None:
    """Both claim to be alpha's: a revocation, and an appeal that alpha is said to have upheld."""
    store, alphas = Store(tmp_path / "gamma.db"), indicator("alpha", 7)
    extension = "extension-definition--ff45ec3e-805d-4c0b-9f41-a139d2af088a"
    upheld = indicator("alpha", 9) | {"type": "note", "id": stable_id("note", "x"), "object_refs": [alphas["id"]]}
    upheld["extensions"] = {extension: {"appeal": {"case": "alpha.1", "status": "upheld"}}}
    said = {"honest": [alphas], "forging": [alphas | LATER | {"revoked": True}, upheld]}
    for hub in (first, *(said.keys() - {first})):
        store.keep(hub, "collection", said[hub], None)
    assert [one.indicator_id for one in partner_indicators(store.path)] == [alphas["id"]]
    store.keep("mirror", "collection", [alphas], None)
    assert len(partner_indicators(store.path)) == 1
    store.keep("honest", "collection", [alphas | LATER | {"revoked": True}], None)
    store.keep("mirror", "collection", [alphas | LATER | {"revoked": True}], None)
    assert partner_indicators(store.path) == []


def test_who_claims_an_identifier_upholds_no_appeal_against_its_author(tmp_path: Path) -> None:
    store, alphas = Store(tmp_path / "gamma.db"), indicator("alpha", 7)
    betas = indicator("beta", 7, "clear") | {"id": alphas["id"]}
    note = indicator("beta", 9) | {"type": "note", "id": stable_id("note", "beta", 9), "object_refs": [alphas["id"]]}
    extension = "extension-definition--ff45ec3e-805d-4c0b-9f41-a139d2af088a"
    note["extensions"] = {extension: {"appeal": {"case": "beta.1", "status": "upheld"}}}
    store.keep("hub", "collection", [alphas, betas, note], None)
    assert [one.partner for one in partner_indicators(store.path)] == [f"({identity_id('alpha')})"]


def test_a_milder_marking_does_not_loosen_what_is_held(tmp_path: Path) -> None:
    store = Store(tmp_path / "gamma.db")
    store.keep("hub", "amber", [indicator("alpha", 7)], None)
    store.keep("hub", "clear", [indicator("alpha", 7, "clear") | LATER], None)
    assert [one.tlp for one in partner_indicators(store.path)] == ["amber"]


def test_a_file_of_an_earlier_version_is_carried_over(tmp_path: Path) -> None:
    store = Store(tmp_path / "gamma.db")
    store.keep("hub", "amber", [indicator("alpha", 7)], None)
    with sqlite3.connect(store.path) as connection:
        connection.executescript(
            "CREATE TABLE old (id TEXT PRIMARY KEY, type TEXT, hub TEXT, collection TEXT, body TEXT);"
            "INSERT INTO old SELECT id, type, hub, collection, body FROM pulled;"
            "DROP TABLE pulled; ALTER TABLE old RENAME TO pulled;"
        )
    connection.close()
    assert len(partner_indicators(store.path)) == 1
    store.keep("hub", "amber", [indicator("alpha", 8)], None)
    assert len(partner_indicators(store.path)) == 2


def test_a_hub_of_an_earlier_version_learns_who_was_first(tmp_path: Path) -> None:
    with alliance(tmp_path, "alpha") as met:
        met.post("alpha", "amber", [indicator("alpha", 7)])
    with sqlite3.connect(tmp_path / "hub.db") as connection:
        connection.execute("DROP TABLE owner")
    connection.close()
    with alliance(tmp_path, "beta") as met:
        stolen = indicator("beta", 7, "green") | {"id": indicator("alpha", 7)["id"]}
        assert _refused(met.post("beta", "green", [stolen]).json()) == "it belongs to another member"
        assert met.post("beta", "green", [indicator("beta", 7, "green")]).json()["success_count"] == 1
