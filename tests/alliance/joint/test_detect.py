"""Joint detection on small made-up logs: what convicts, and what no peer can do to it."""

from collections.abc import Mapping

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stillwatch.alliance.joint import JointCampaign, Own, OwnGroup, PeerGraph, PeerGroup, detect_jointly, rarity

ACTING = {"timing": 6.0, "infrastructure": 5.0}
N = 1_000


def own(groups: list[OwnGroup], tokens: Mapping[bytes, tuple[str, list[int]]]) -> Own:
    return Own(
        N, groups, {t: np.array(who) for t, (_, who) in tokens.items()}, {t: kind for t, (kind, _) in tokens.items()}
    )


def campaign() -> Own:
    """Accounts 0-3 act as one; 4-7 are customers of one framework; 8-11 an office."""
    return own(
        [
            OwnGroup(np.arange(4), 1e-5, 1e-4),
            OwnGroup(np.arange(4, 8), 1e-5, 0.6),
            OwnGroup(np.arange(8, 12), 0.7, 1e-4),
        ],
        {
            b"card": ("payment", [0, 1]),
            b"mail": ("domain", [2, 3]),
            b"text": ("sentence", [0, 1, 2, 3]),
            b"frame": ("sentence", [4, 5, 6, 7]),
            b"door": ("network", [8, 9, 10, 11]),
            b"everywhere": ("tls", list(range(0, N, 2))),
        },
    )


def peer(name: str, *nodes: set[bytes], weights: Mapping[str, float] = ACTING, classes: int = 0) -> PeerGraph:
    group = PeerGroup([frozenset(node) for node in nodes], weights)
    return PeerGraph(name, [group], {t: classes for node in nodes for t in node})


def members(found: list[JointCampaign]) -> set[int]:
    return {int(e) for c in found for e in c.members}


HONEST = peer("beta", {b"card", b"text"}, {b"mail", b"text"}, {b"text"}, {b"card"})


def test_a_tie_to_a_peers_group_is_found() -> None:
    (found,) = detect_jointly(campaign(), [HONEST], fdr=0.01)
    assert members([found]) == {0, 1, 2, 3}
    assert found.elsewhere == {"beta": 4}
    assert found.q_value <= 0.01
    assert found.ties[0].held == 4


def test_without_a_tie_nothing_is_reported() -> None:
    assert detect_jointly(campaign(), [], fdr=0.01) == []
    assert detect_jointly(campaign(), [peer("beta", {b"unknown"}, {b"unknown"}, {b"unknown"})], fdr=0.01) == []


def test_what_everybody_holds_ties_nobody() -> None:
    assert detect_jointly(campaign(), [peer("beta", *({b"everywhere"},) * 6)], fdr=0.01) == []
    common_there = peer("beta", {b"card", b"text"}, {b"mail", b"text"}, {b"text"}, {b"card"}, classes=2)
    assert detect_jointly(campaign(), [common_there], fdr=0.01) == []


@pytest.mark.parametrize("tokens", [{b"frame"}, {b"door"}, {b"frame", b"door"}])
def test_nobody_can_frame_accounts_that_do_not_act_as_one(tokens: set[bytes]) -> None:
    """The framework's customers ask alike and do not act together; the office acts and does not ask alike."""
    framing = peer("mallory", *(tokens,) * 6, weights={"timing": 64.0, "infrastructure": 64.0})
    assert detect_jointly(campaign(), [framing, HONEST], fdr=0.01)
    assert members(detect_jointly(campaign(), [framing, HONEST], fdr=0.01)) == {0, 1, 2, 3}


def test_what_ones_own_log_speaks_against_is_no_hypothesis() -> None:
    quiet = peer("beta", {b"card", b"text"}, {b"mail", b"text"}, {b"text"}, {b"card"}, weights={"timing": -1.0})
    assert detect_jointly(campaign(), [quiet], fdr=0.01) == []


def flood(rng: np.random.Generator, groups: int) -> PeerGraph:
    things = sorted(campaign().holders)
    made = [
        PeerGroup([frozenset(rng.choice(things, 2)) for _ in range(5)], {"timing": 64.0, "infrastructure": 64.0})
        for _ in range(groups)
    ]
    return PeerGraph("mallory", made, dict.fromkeys(things, 0))


@given(st.integers(0, 2**32), st.integers(0, 60))
@settings(max_examples=40, deadline=None)
def test_a_flood_of_garbage_changes_no_honest_peers_ties_but_for_the_number_of_peers(seed: int, groups: int) -> None:
    alone = detect_jointly(campaign(), [HONEST], fdr=0.5)
    spoilt = detect_jointly(campaign(), [HONEST, flood(np.random.default_rng(seed), groups)], fdr=0.5)
    before = {(t.group, t.peer_group): t for c in alone for t in c.ties}
    after = {(t.group, t.peer_group): t for c in spoilt for t in c.ties if t.member == "beta"}
    for place, tie in before.items():
        assert after[place].p_value == tie.p_value
        assert after[place].q_value <= 2 * tie.q_value


def test_an_office_with_accounts_at_two_providers_is_no_campaign() -> None:
    """All of ours and all of theirs hold one payment: an office, however alike it asks."""
    mine = own([OwnGroup(np.arange(4), 1e-6, 1e-6)], {b"card": ("payment", [0, 1, 2, 3])})
    assert detect_jointly(mine, [peer("beta", *({b"card"},) * 5)], fdr=0.01) == []


def test_fewer_than_five_strangers_in_all_are_no_campaign() -> None:
    mine = own([OwnGroup(np.arange(2), 1e-6, 1e-6)], {b"text": ("sentence", [0, 1])})
    assert detect_jointly(mine, [peer("beta", {b"text"}, {b"text"})], fdr=0.01) == []
    assert detect_jointly(mine, [peer("beta", {b"text"}, {b"text"}, {b"text"})], fdr=0.01)


def test_a_campaigns_own_sentence_recruits_who_was_in_no_group() -> None:
    mine = own([OwnGroup(np.arange(4), 1e-5, 1e-5)], {b"text": ("sentence", [0, 1, 2, 3, 99])})
    assert members(detect_jointly(mine, [peer("beta", *({b"text"},) * 4)], fdr=0.01)) == {0, 1, 2, 3, 99}


def test_the_error_rate_is_what_was_asked_for_where_nothing_is_there() -> None:
    """Own p-values uniform, tokens dealt at random: reports are as rare as the level says, up to chance."""
    rng = np.random.default_rng(7)
    false = 0
    for _ in range(100):
        groups = [OwnGroup(np.arange(i, i + 4), rng.random(), rng.random()) for i in range(0, 80, 4)]
        tokens = {
            b"t%d" % t: ("sentence" if t % 2 else "payment", sorted(rng.choice(N, 3, replace=False).tolist()))
            for t in range(200)
        }
        mine = own(groups, tokens)
        theirs = [PeerGroup([frozenset(rng.choice(sorted(tokens), 6)) for _ in range(4)], ACTING) for _ in range(20)]
        peers = [PeerGraph(name, theirs, dict.fromkeys(tokens, 0)) for name in ("beta", "gamma")]
        false += bool(detect_jointly(mine, peers, fdr=0.1))
    # Three null hypotheses must fall together: far below the level where none is true.
    assert false <= 10


def test_classes_of_rarity() -> None:
    assert [rarity(n, 1000) for n in (1, 3, 10, 100, 500)] == [0, 0, 1, 2, 3]
    assert rarity(3, 4) == 0
