"""A week dealt to three providers: none finds its campaigns alone, together they do. Runs everything but the wire."""

import json
from pathlib import Path

import pytest

from stillwatch.range import score, simulate, split
from stillwatch.rounds.joint import Match, Offer, OwnGroup, detect_jointly, peer_graph
from stillwatch.scanning.scan import scan
from stillwatch.services.suspects import Suspects, find_suspects
from stillwatch.settings import ScanSettings

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def providers(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    folder = tmp_path_factory.mktemp("dealt")
    simulate("september", scale=0.015, seed=11, out=folder / "week")
    places = split(folder / "week", folder / "split", providers=3, most=4, seed=11)
    for place in places:
        scan(
            [place / "logs"],
            out=place / "run",
            accounts=place / "accounts.jsonl",
            settings=ScanSettings(workers=1),
        )
    return places


@pytest.fixture(scope="module")
def suspects(providers: list[Path]) -> list[Suspects]:
    return [find_suspects(place / "run") for place in providers]


def offered(found: Suspects) -> Offer:
    groups = [OwnGroup(g.members, g.content_p, g.coordination_p, g.weights) for g in found.groups]
    return Offer.of(len(found.accounts), groups, found.entity, found.kind, found.value)


def matched(mine: Offer, theirs: dict[str, Offer]) -> dict[bytes, Match]:
    """What private matching gives, without it: tests of the wire show that it gives the same."""
    asked = {name: {row[:2]: row[2] for row in offer.identifiers()} for name, offer in theirs.items()}
    out: dict[bytes, Match] = {}
    for kind, value, _ in mine.identifiers():
        others = {name: held[kind, value] for name, held in asked.items() if (kind, value) in held}
        if sum(others.values()) >= 2:
            out[f"{kind} {value}".encode()[-16:].rjust(16)] = (kind, value, frozenset(others))
    return out


def test_none_finds_it_alone(providers: list[Path]) -> None:
    for place in providers:
        assert score(place / "run", place / "truth.jsonl").recall <= 0.3


def test_suspects_are_the_same_each_time_and_hold_what_the_log_says(
    providers: list[Path], suspects: list[Suspects]
) -> None:
    again = find_suspects(providers[0] / "run")
    assert [g.members.tolist() for g in again.groups] == [g.members.tolist() for g in suspects[0].groups]
    assert again.value == suspects[0].value
    rows = [json.loads(line) for line in (providers[0] / "accounts.jsonl").read_text().splitlines()]
    cards = {row["account_id"]: row.get("payment_id") for row in rows}
    held = [
        (suspects[0].accounts[e], v)
        for e, k, v in zip(suspects[0].entity.tolist(), suspects[0].kind, suspects[0].value, strict=True)
        if k == "payment"
    ]
    assert held
    assert all(v in {cards[a] for a in cards} for _, v in held)


def test_together_they_find_it(providers: list[Path], suspects: list[Suspects]) -> None:
    names = ("alpha", "beta", "gamma")
    offers = {name: offered(found) for name, found in zip(names, suspects, strict=True)}
    matches = {name: matched(offers[name], {o: offers[o] for o in names if o != name}) for name in names}
    members = found = false = 0
    for name, place, known in zip(names, providers, suspects, strict=True):
        peers = [peer_graph(o, offers[o].graph(name, matches[o])) for o in names if o != name]
        campaigns = detect_jointly(offers[name].own(matches[name]), peers, fdr=0.01)
        truth = {
            row["account_id"]
            for line in (place / "truth.jsonl").read_text().splitlines()
            if (row := json.loads(line))["campaign"]
        }
        said = {known.accounts[e] for c in campaigns for e in c.members}
        members, found = members + len(truth), found + len(truth & said)
        false += sum(not truth & {known.accounts[e] for e in c.members} for c in campaigns)
    assert found / members >= 0.9
    assert false == 0
