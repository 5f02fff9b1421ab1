"""Joint detection on small made-up logs: what convicts, and what no peer can do to it."""

from collections.abc import Mapping

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stillwatch.core import BadSetting
from stillwatch.rounds.joint import JointCampaign, Own, OwnGroup, PeerGraph, PeerGroup, detect_jointly, rarity
from stillwatch.rounds.joint.significance import GroupTest, controlled

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
GAMMA = peer("gamma", {b"mail", b"text"}, {b"text"}, {b"card", b"text"}, {b"mail"})


def test_a_tie_to_a_peers_group_is_found() -> None:
    (found,) = detect_jointly(campaign(), [HONEST], fdr=0.01)
    assert members([found]) == {0, 1, 2, 3}
    assert found.elsewhere == {"beta": 4}
    assert found.q_value <= 0.01
    assert [tie.held for tie, _ in found.groups[0].ties] == [4]


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
    framing = [peer(name, *(tokens,) * 6, weights={"timing": 64.0, "infrastructure": 64.0}) for name in ("m", "n")]
    assert members(detect_jointly(campaign(), [*framing, HONEST, GAMMA], fdr=0.01)) == {0, 1, 2, 3}


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
def test_a_flood_of_garbage_no_more_than_doubles_what_honest_peers_show(seed: int, groups: int) -> None:
    alone = detect_jointly(campaign(), [HONEST, GAMMA], fdr=0.01)
    spoilt = detect_jointly(campaign(), [HONEST, GAMMA, flood(np.random.default_rng(seed), groups)], fdr=0.01)
    assert members(spoilt) == members(alone) == {0, 1, 2, 3}
    before, after = alone[0].groups[0].tested, spoilt[0].groups[0].tested
    assert after.p_value <= 2 * before.p_value
    assert spoilt[0].q_value <= 0.01


PAIR = {b"pair": ("payment", [20, 21]), b"words": ("sentence", [20, 21])}


def with_pair() -> Own:
    """The campaign, and beside it two accounts of one person, who act as one to be sure."""
    mine = campaign()
    holders = {**mine.holders, **{token: np.array(who) for token, (_, who) in PAIR.items()}}
    kinds = {**mine.kinds, **{token: kind for token, (kind, _) in PAIR.items()}}
    return Own(N, [*mine.groups, OwnGroup(np.array([20, 21]), 1e-9, 1e-9)], holders, kinds)


def test_one_liar_makes_no_campaign_of_a_customer_with_two_accounts() -> None:
    liar = peer("mallory", *({b"pair", b"words"}, {b"words"}, {b"pair"}) * 20)
    believed = detect_jointly(with_pair(), [HONEST, GAMMA, liar], fdr=0.01, liars=0)
    assert members(believed) == {0, 1, 2, 3, 20, 21}
    assert members(detect_jointly(with_pair(), [HONEST, GAMMA, liar], fdr=0.01)) == {0, 1, 2, 3}


@given(st.integers(0, 2**32))
@settings(max_examples=60, deadline=None)
def test_whatever_one_peer_says_only_what_another_is_tied_to_is_reported(seed: int) -> None:
    rng = np.random.default_rng(seed)
    things = sorted(with_pair().holders)
    made = [
        PeerGroup(
            [frozenset(rng.choice(things, rng.integers(1, 5))) for _ in range(rng.integers(1, 80))],
            {"timing": float(rng.uniform(-5, 64)), "infrastructure": float(rng.uniform(-5, 64))},
        )
        for _ in range(rng.integers(0, 30))
    ]
    liar = PeerGraph("mallory", made, {t: int(rng.integers(0, 4)) for t in things})
    found = detect_jointly(with_pair(), [liar, HONEST, peer("gamma", {b"unknown"})], fdr=0.05)
    assert members(found) <= {0, 1, 2, 3}
    assert all(set(c.elsewhere) >= {"beta", "mallory"} for c in found)


def test_a_liar_cannot_weld_two_campaigns_into_one() -> None:
    mine = own(
        [OwnGroup(np.arange(4), 1e-8, 1e-8), OwnGroup(np.arange(4, 8), 1e-8, 1e-8)],
        {b"one": ("sentence", [0, 1, 2, 3]), b"two": ("sentence", [4, 5, 6, 7])},
    )
    honest = [
        PeerGraph(
            name,
            [PeerGroup([frozenset({token})] * 4, ACTING) for token in (b"one", b"two")],
            {b"one": 0, b"two": 0},
        )
        for name in ("beta", "gamma")
    ]
    liar = peer("mallory", *({b"one", b"two"},) * 8)
    assert len(detect_jointly(mine, [*honest, liar], fdr=0.01)) == 2


def test_of_two_peers_both_are_asked_for() -> None:
    assert detect_jointly(campaign(), [HONEST, peer("gamma", {b"unknown"})], fdr=0.01) == []
    assert detect_jointly(campaign(), [HONEST, peer("gamma", {b"unknown"})], fdr=0.01, liars=0)


def test_settings_that_cannot_be_are_refused() -> None:
    with pytest.raises(BadSetting):
        detect_jointly(campaign(), [HONEST], fdr=0.01, liars=-1)
    with pytest.raises(BadSetting):
        detect_jointly(campaign(), [HONEST], fdr=1.5)


def test_an_office_with_accounts_at_two_providers_is_no_campaign() -> None:
    """All of ours and all of theirs hold one payment: an office, however alike it asks."""
    mine = own([OwnGroup(np.arange(4), 1e-6, 1e-6)], {b"card": ("payment", [0, 1, 2, 3])})
    assert detect_jointly(mine, [peer("beta", *({b"card"},) * 5)], fdr=0.01) == []


def test_a_peers_few_on_one_payment_make_no_office_of_a_whole_that_pays_by_several() -> None:
    mine = own(
        [OwnGroup(np.arange(4), 1e-6, 1e-6)], {b"card": ("payment", [0, 1, 2, 3]), b"text": ("sentence", [0, 1, 2, 3])}
    )
    on_one = [frozenset({b"card", b"text"})] * 3
    few = PeerGroup(on_one, ACTING)
    whole = PeerGroup([*on_one, *[frozenset({b"other", b"text"})] * 3], ACTING)
    classes = dict.fromkeys((b"card", b"text", b"other"), 0)
    assert detect_jointly(mine, [PeerGraph("beta", [few], classes)], fdr=0.01) == []
    assert members(detect_jointly(mine, [PeerGraph("beta", [few, whole], classes)], fdr=0.01)) == {0, 1, 2, 3}
    # A wider group that does not act as one by its own log says nothing of an office.
    idle = PeerGroup(whole.nodes, dict.fromkeys(ACTING, 0.0))
    assert detect_jointly(mine, [PeerGraph("beta", [few, idle], classes)], fdr=0.01) == []


def test_fewer_than_five_strangers_in_all_are_no_campaign() -> None:
    mine = own([OwnGroup(np.arange(2), 1e-6, 1e-6)], {b"text": ("sentence", [0, 1])})
    assert detect_jointly(mine, [peer("beta", {b"text"}, {b"text"})], fdr=0.01) == []
    assert detect_jointly(mine, [peer("beta", {b"text"}, {b"text"}, {b"text"})], fdr=0.01)


def test_a_campaigns_own_sentence_recruits_who_was_in_no_group() -> None:
    mine = own([OwnGroup(np.arange(4), 1e-5, 1e-5)], {b"text": ("sentence", [0, 1, 2, 3, 99])})
    assert members(detect_jointly(mine, [peer("beta", *({b"text"},) * 4)], fdr=0.01)) == {0, 1, 2, 3, 99}


@pytest.mark.parametrize("true", [(), (0,), (1,), (2,), (0, 1), (0, 2), (1, 2)])
def test_the_error_rate_holds_whichever_of_the_three_is_false(true: tuple[int, ...]) -> None:
    """Forty groups of which five are campaigns; of the others one or two of the three hypotheses do hold."""
    rng = np.random.default_rng(11)
    shares = []
    for _ in range(150):
        rows = []
        for number in range(40):
            small = rng.random(3) * 1e-5
            p = np.where([number < 5 or i in true for i in range(3)], small, rng.random(3))
            rows.append(GroupTest(number, True, *p.tolist()))
        mine = Own(N, [OwnGroup(np.arange(4 * i, 4 * i + 4), 1.0, 1.0) for i in range(40)], {}, {})
        said = [row.group for row in controlled(mine, rows) if row.q_value <= 0.1]
        assert set(said) >= set(range(5))
        shares.append(sum(number >= 5 for number in said) / len(said))
    # The mean of 150 shares that are 0 nearly always has a standard error of about .01.
    assert np.mean(shares) <= 0.1 + 0.03


def test_the_error_rate_is_what_was_asked_for_where_nothing_is_there() -> None:
    """Own p-values uniform, tokens dealt at random: reports are as rare as the level says, up to chance."""
    rng = np.random.default_rng(7)
    false = 0
    for _ in range(60):
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
    assert false <= 6


def test_classes_of_rarity() -> None:
    assert [rarity(n, 1000) for n in (1, 3, 10, 100, 500)] == [0, 0, 1, 2, 3]
    assert rarity(3, 4) == 0
