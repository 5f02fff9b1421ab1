"""Groups drawn from the background: like a group in all but what is tested, and never of its own people."""

from dataclasses import replace
from typing import Any, Literal

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from made_log import DAY, made_log

from stillwatch.detection import Background
from stillwatch.detection.nulls import _ages, _place
from stillwatch.evidence import LogProfile
from stillwatch.evidence.thresholds import LARGEST_DRAWN, LEAST_STAND_INS, LEAST_STRATUM, VOLUME_RATIO, VOLUME_WINDOW

# Ten members and as many others as may stand in for one of them.
E = 10 + VOLUME_WINDOW


def plain_log(entities: int = E, /, **given: Any) -> LogProfile:
    """A log where all entities are of one stratum and volume, unless more is given."""
    same: dict[str, Any] = {name: np.ones(entities, np.uint64) for name in ("plan", "country", "agent")}
    same |= {"exchanges": np.full(entities, 20, np.int64), "first_seen": np.full(entities, 400 * DAY)}
    told = {**same, "sign_up": np.full(entities, np.nan), **given}
    return made_log(entities=entities, **told)


def drawn(log: LogProfile, members: np.ndarray, way: str = "matched", **more: Any) -> np.ndarray:
    return np.asarray(getattr(Background(log, 300, 1), way)(members, **more))


@pytest.mark.parametrize("way", ["plain", "matched"])
def test_neither_members_nor_their_kin_are_drawn(way: str) -> None:
    log, members, kin = plain_log(), np.arange(10), np.zeros(E, np.bool_)
    kin[10:20] = True
    background = Background(log, 300, 1)
    assert set(getattr(background, way)(members).ravel()) == set(range(10, E))
    found = getattr(background.beside(kin), way)(members)
    assert found.shape == (300, 10)
    assert set(found.ravel()) == set(range(20, E))


def test_a_background_beside_kin_may_draw_fewer_groups() -> None:
    background, kin = Background(plain_log(), 300, 1), np.zeros(E, np.bool_)
    assert background.beside(kin).draws == 300
    assert background.beside(kin, 40).matched(np.arange(10)).shape == (40, 10)
    assert background.matched(np.arange(10), 70).shape == (70, 10)
    assert background.plain(np.arange(10), 70).shape == (70, 10)


@pytest.mark.parametrize("left", [LEAST_STAND_INS, LEAST_STAND_INS - 1])
def test_kin_are_drawn_where_nearly_nobody_else_is_left(left: int) -> None:
    kin = np.ones(E, np.bool_)
    kin[E - left :] = False
    found = Background(plain_log(), 3000, 1).beside(kin).plain(np.arange(10))
    assert set(found.ravel()) == set(range(E - left, E) if left == LEAST_STAND_INS else range(E))


@pytest.mark.parametrize("way", ["plain", "matched"])
def test_only_those_are_drawn_who_may_be(way: str) -> None:
    among = np.zeros(E, np.bool_)
    among[5:65] = True
    assert set(drawn(plain_log(), np.arange(10), way, among=among).ravel()) == set(range(10, 65))
    few = np.zeros(E, np.bool_)
    few[:20] = True
    assert set(drawn(plain_log(), np.arange(10), way, among=few).ravel()) == set(range(20))


@pytest.mark.parametrize("name", ["plan", "country", "agent"])
@pytest.mark.parametrize("others", [LEAST_STRATUM, LEAST_STRATUM - 1])
@pytest.mark.parametrize("way", ["plain", "matched"])
def test_a_stratum_is_kept_where_enough_others_are_of_it(way: str, others: int, name: str) -> None:
    values = np.ones(E, np.uint64)
    values[:10] = values[40 : 40 + others] = 2
    found = set(drawn(plain_log(**{name: values}), np.arange(10), way).ravel())
    inside = set(range(40, 40 + others))
    assert found == (inside if others == LEAST_STRATUM else set(range(10, E)))


def test_age_is_kept_by_matched_groups_and_free_in_plain_ones() -> None:
    sign_up = np.full(E, 300.0 * DAY)
    sign_up[:10] = sign_up[40:65] = 399.5 * DAY
    log = plain_log(sign_up=sign_up)
    assert set(drawn(log, np.arange(10)).ravel()) == set(range(40, 65))
    assert set(drawn(log, np.arange(10), "plain").ravel()) == set(range(10, E))


def test_the_coarser_stratum_gives_up_country_first_and_then_age_then_client_then_plan() -> None:
    size = 200
    plan, country, agent = (np.ones(size, np.uint64) for _ in range(3))
    sign_up = np.full(size, 300.0 * DAY)
    plan[:10] = plan[20:110] = 2
    agent[:10] = agent[20:80] = 2
    sign_up[:10] = sign_up[20:50] = 399.5 * DAY
    country[:10] = country[20:30] = 2
    log = plain_log(size, plan=plan, country=country, agent=agent, sign_up=sign_up)

    def stand_ins(first: int, way: str = "matched") -> set[int]:
        return set(drawn(log, np.arange(10), way, among=np.arange(size) >= first).ravel())

    assert stand_ins(10) == set(range(20, 50))
    assert stand_ins(40) == set(range(40, 80))
    assert stand_ins(70) == set(range(70, 110))
    assert stand_ins(100, "plain") == set(range(100, 200))
    assert stand_ins(10, "plain") == set(range(20, 80))
    assert stand_ins(70, "plain") == set(range(70, 110))


def test_plain_groups_keep_the_country_where_enough_others_have_it() -> None:
    country = np.ones(E, np.uint64)
    country[:10] = country[20:45] = 2
    assert set(drawn(plain_log(country=country), np.arange(10), "plain").ravel()) == set(range(20, 45))


def test_members_of_several_strata_have_each_their_own() -> None:
    plan = np.ones(E, np.uint64)
    plan[5:10] = plan[40:] = 2
    found = drawn(plain_log(plan=plan), np.arange(10))
    assert set(found[:, :5].ravel()) == set(range(10, 40))
    assert set(found[:, 5:].ravel()) == set(range(40, E))


@settings(max_examples=10, deadline=None)
@given(st.integers(0, 10**6), st.integers(0, 190))
def test_who_stands_in_for_a_member_is_at_most_twice_as_busy_or_idle(seed: int, first: int) -> None:
    volumes = np.random.default_rng(seed).integers(1, 400, 200)
    log = plain_log(200, exchanges=volumes)
    members = np.arange(first, first + 10)
    ratio = volumes[drawn(log, members)] / volumes[members]
    others = np.delete(volumes, members)
    for place, volume in enumerate(volumes[members].tolist()):
        alike = (others > volume / VOLUME_RATIO) & (others < volume * VOLUME_RATIO)
        if alike.sum() >= LEAST_STRATUM:
            assert ratio[:, place].max() <= VOLUME_RATIO * (1 + 1e-9)
            assert ratio[:, place].min() >= (1 - 1e-9) / VOLUME_RATIO


def test_the_nearest_by_volume_stand_in_where_nobody_is_alike() -> None:
    volumes = np.concatenate([np.full(10, 100_000), np.arange(1, 191)])
    found = volumes[drawn(plain_log(200, exchanges=volumes), np.arange(10))]
    # However far: the busiest of the others.
    assert set(found.ravel()) == set(range(191 - VOLUME_WINDOW, 191))
    idle = np.concatenate([np.full(10, 1), np.arange(1001, 1191)])
    found = idle[drawn(plain_log(200, exchanges=idle), np.arange(10))]
    assert set(found.ravel()) == set(range(1001, 1001 + VOLUME_WINDOW))


def test_of_many_alike_the_nearest_stand_in() -> None:
    volumes = np.concatenate([np.full(10, 1000), np.arange(905, 1095)])
    found = volumes[drawn(plain_log(200, exchanges=volumes), np.arange(10))]
    assert set(found.ravel()) == set(range(970, 1030))
    many = np.concatenate([np.full(10, 10_000), np.arange(8000, 12_000)])
    found = many[drawn(plain_log(4010, exchanges=many), np.arange(10))]
    # A fortieth of a large stratum.
    assert (found.min(), found.max()) == (9950, 10_049)


def test_plain_groups_are_of_any_volume() -> None:
    volumes = np.arange(1, E + 1)
    found = drawn(plain_log(exchanges=volumes), np.arange(10), "plain")
    assert set(found.ravel()) == set(range(10, E))


@pytest.mark.parametrize("size", [LARGEST_DRAWN - 1, LARGEST_DRAWN, LARGEST_DRAWN + 1, 200])
def test_drawn_groups_are_of_the_same_size_up_to_a_bound(size: int) -> None:
    background, members = Background(plain_log(400), 60, 1), np.arange(size)
    bound = min(size, LARGEST_DRAWN)
    assert background.size(members) == bound
    assert background.matched(members).shape == (60, bound)
    assert background.plain(members).shape == (60, bound)
    assert background.plain(members, whole=True).shape == (60, size)


def test_a_large_group_is_stood_in_for_by_those_of_all_its_strata() -> None:
    plan = np.ones(400, np.uint64)
    plan[100:200] = plan[300:] = 2
    found = drawn(plain_log(400, plan=plan), np.arange(200), "plain")
    share = (found >= 300).mean()
    assert 0.3 < share < 0.7


def test_draws_depend_on_seed_and_members_and_on_nothing_else() -> None:
    log, members = plain_log(), np.arange(10)
    first = Background(log, 300, 1)
    one = first.matched(members)
    first.matched(np.arange(40, 50))
    assert np.array_equal(first.matched(members), one)
    assert np.array_equal(Background(log, 300, 1).matched(members), one)
    assert not np.array_equal(Background(log, 300, 2).matched(members), one)
    assert not np.array_equal(Background(log, 300, 1).matched(members + 1), one)
    assert not np.array_equal(Background(log, 300, 1).matched(np.append(np.arange(9), 10)), one)
    assert not np.array_equal(Background(log, 300, 1).matched(np.arange(1, 10)), one[:, 1:])


@pytest.mark.parametrize(
    ("one", "other"), [([0, *range(2, 11)], [1, *range(2, 11)]), ([*range(9), 9], [*range(9), 10])]
)
def test_the_first_and_the_last_member_each_change_the_draws(one: list[int], other: list[int]) -> None:
    log = plain_log()
    (mine,), (theirs,) = set(one) - set(other), set(other) - set(one)
    first, second = drawn(log, np.array(one)), drawn(log, np.array(other))
    # The two may draw the same entities but for each other's own.
    second = np.where(second == mine, theirs, second)
    assert not np.array_equal(np.sort(first.ravel()), np.sort(second.ravel()))


def test_a_log_without_facts_is_one_stratum() -> None:
    log = plain_log()
    log = replace(log, columns={"exchanges": log.columns["exchanges"]})
    assert set(drawn(log, np.arange(10)).ravel()) == set(range(10, E))
    assert set(drawn(log, np.arange(10), "plain").ravel()) == set(range(10, E))


def test_ages_are_doublings_of_days_and_nothing_where_unknown() -> None:
    days = [0.0, 0.5, 1.0, 2.9, 3.0, 7.0, -2.0, np.nan]
    sign_up = np.full(E, np.nan)
    sign_up[:8] = 400 * DAY - np.array(days) * DAY
    ages = _ages(plain_log(sign_up=sign_up))
    assert ages[:8].tolist() == [0, 0, 1, 1, 2, 3, 0, -1]
    assert set(ages[8:]) == {-1}


@given(st.integers(0, 10_000), st.integers(1, 60), st.booleans())
@settings(max_examples=60)
def test_places_are_those_of_a_search_in_each_stratum(seed: int, size: int, beyond: bool) -> None:
    rng = np.random.default_rng(seed)
    values = rng.integers(0, 8, size).astype(np.float64)
    low = rng.integers(0, size + 1, 12)
    high = np.minimum(low + rng.integers(0, size + 1, 12), size)
    whole = np.sort(values)
    sought = rng.integers(-1, 10, 12).astype(np.float64)
    found = _place(whole, sought, low, high, beyond=beyond)
    side: Literal["left", "right"] = "right" if beyond else "left"
    by_hand = [a + np.searchsorted(whole[a:b], v, side) for a, b, v in zip(low, high, sought, strict=True)]
    assert found.tolist() == by_hand
