"""The threshold is the hub's to keep: what it gains by not keeping it, what of that is found out, what it cannot gain."""

from collections.abc import Callable, Mapping

import numpy as np
import pytest
import sqlalchemy as sa
from round_table import NAMES, Held, Table, loaded

from stillwatch.core import BadMessage
from stillwatch.rounds import relay
from stillwatch.rounds.matching import Participant
from stillwatch.rounds.messages import Graph, GraphGroup, Matched, Round

THRESHOLD = 3
Run = Callable[[Mapping[str, Participant]], None]
Lie = Callable[[Matched], Matched]


@pytest.fixture
def many() -> Held:
    """Sixty things that two or three members hold, with one to four accounts each; seeded."""
    draw = np.random.default_rng(5)
    out: dict[str, dict[tuple[str, str], int]] = {name: {} for name in NAMES}
    for number in range(60):
        for name in draw.permutation(NAMES)[: draw.integers(2, 4)]:
            out[str(name)]["payment", f"card-{number}"] = int(draw.integers(1, 5))
    return out


def tell_all(monkeypatch: pytest.MonkeyPatch, lie: Lie) -> None:
    """Have the hub forget the threshold, and say further untruths."""
    real = relay._matched

    def lying(connection: sa.Connection, round_: Round, member: str, after: bytes) -> Matched:
        return lie(real(connection, Round(round_.id, round_.members, 1), member, after))

    monkeypatch.setattr(relay, "_matched", lying)


def started(table: Table, held: Held, least: int = 1) -> dict[str, Participant]:
    table.begin(threshold=THRESHOLD)
    members = {name: table.member(name) for name in NAMES}
    for name, member in members.items():
        member.load([row for row in loaded(held[name]) if row[2] >= least])
    return members


def tokens_told(held: Held, members: Mapping[str, Participant]) -> tuple[int, int]:
    """How often a member was told of what enough accounts of others hold, and of what fewer do."""
    enough = below = 0
    for name, member in members.items():
        for match in member.matches().values():
            accounts = sum(held[other].get(match[:2], 0) for other in NAMES if other != name)
            enough, below = (enough + 1, below) if accounts >= THRESHOLD else (enough, below + 1)
    return enough, below


def test_an_honest_hub_keeps_it(table: Table, many: Held, run_round: Run) -> None:
    members = started(table, many)
    run_round(members)
    assert tokens_told(many, members) == (118, 0)


def test_a_hub_that_forgets_it_is_found_out_where_two_hold_a_thing(
    table: Table, many: Held, run_round: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each of the two knows how many accounts the other hears of: its own."""
    tell_all(monkeypatch, lambda page: page)
    members = started(table, many)
    with pytest.raises(BadMessage, match="below the threshold"):
        run_round(members)


def third(page: Matched) -> Matched:
    """All three hold everything."""
    return Matched(page.tokens, (0b111,) * len(page.members), page.told, page.more)


def test_a_hub_that_names_a_third_holder_gains_what_is_below_the_threshold(
    table: Table, many: Held, run_round: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    tell_all(monkeypatch, third)
    members = started(table, many)
    run_round(members)
    assert tokens_told(many, members) == (118, 34)


def test_whoever_offers_what_enough_of_its_own_hold_owes_nothing_to_the_hub(
    table: Table, many: Held, run_round: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    """``--least`` as high as the threshold: fewer matches, and none below it whatever the hub says."""
    tell_all(monkeypatch, third)
    members = started(table, many, least=THRESHOLD)
    run_round(members)
    assert tokens_told(many, members) == (36, 0)


@pytest.mark.parametrize(
    "lie",
    [
        lambda page: Matched(page.tokens, tuple(m & 0b110 for m in page.members), page.told, page.more),
        lambda page: Matched(page.tokens, page.told, tuple(0b111 for _ in page.told), page.more),
        lambda page: Matched(page.tokens, tuple(m | 0b1000 for m in page.members), page.told, page.more),
        lambda page: Matched(page.tokens, tuple(0b001 for _ in page.members), page.told, page.more),
        lambda page: Matched(b"\xff" * len(page.tokens), page.members, page.told, page.more),
    ],
    ids=["without us", "told more than hold", "a fourth", "us alone", "not ours"],
)
def test_what_cannot_be_true_is_not_believed(
    table: Table, held: Held, run_round: Run, monkeypatch: pytest.MonkeyPatch, lie: Lie
) -> None:
    real = relay._matched
    monkeypatch.setattr(relay, "_matched", lambda *given: lie(real(*given)))
    table.begin(threshold=1)
    members = {name: table.member(name) for name in NAMES}
    for name, member in members.items():
        member.load(loaded(held[name]))
    with pytest.raises(BadMessage, match="the hub"):
        run_round(members)


def test_a_peer_is_sent_nothing_that_it_is_not_told_of(table: Table, run_round: Run) -> None:
    """Of two holders only alpha hears of the other's three accounts; beta hears nothing, by the hub or by a graph."""
    held: Held = {
        "alpha": {("payment", "card-1"): 1, ("payment", "card-2"): 3},
        "beta": {("payment", "card-1"): 3, ("payment", "card-2"): 3},
        "gamma": {("payment", "card-3"): 1},
    }
    members = started(table, held)
    run_round(members)
    assert {match[1] for match in members["alpha"].matches().values()} == {"card-1", "card-2"}
    assert {match[1] for match in members["alpha"].matches_told_to("beta").values()} == {"card-2"}
    assert {match[1] for match in members["beta"].matches().values()} == {"card-2"}
    assert members["alpha"].matches_told_to("gamma") == {}


def test_a_graph_about_what_is_not_shared_is_said(table: Table, held: Held, run_round: Run) -> None:
    """Beta, or a hub that deceived it, speaks to alpha of a token that alpha never had."""
    table.begin(threshold=1)
    members = {name: table.member(name) for name in NAMES}
    for name, member in members.items():
        member.load(loaded(held[name]))
    run_round(members)
    members["beta"].send_graph("alpha", Graph(b"x" * 16, b"\x00", (GraphGroup(((0,),), {"timing": 6}),)))
    members["alpha"].step()
    assert members["alpha"].contradictions() == [
        "beta speaks of 1 things it does not share with us: it lies, or the hub does"
    ]
