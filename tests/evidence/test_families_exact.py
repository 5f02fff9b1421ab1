"""Each family's measures on small logs made by hand, on both sides of every line it draws."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from handmade_families import prompt_sets
from made_log import DAY, HOURS, content_of, made_log, made_postings, unit
from scipy import stats

from stillwatch.detection import Background
from stillwatch.evidence import HOUR, Finding, LogProfile, Observed, Postings, PromptSets, all_families, tail_p
from stillwatch.evidence import thresholds as t
from stillwatch.evidence.group_statistics import scatter
from stillwatch.evidence.hands import KINDS
from stillwatch.evidence.icc import icc_of, z_of
from stillwatch.evidence.one_office import OFFICE
from stillwatch.evidence.rhythm import hourly_residuals
from stillwatch.evidence.signature import signature
from stillwatch.evidence.waves import hourly_counts

FAMILY = all_families()
TEN = np.arange(10)


def held(*things: Sequence[int], share: float | Sequence[float] = 1.0, entities: int = 1000) -> Postings:
    """Each thing by who has it, and in what share of their exchanges."""
    shares = [share] * len(things) if isinstance(share, float) else share
    entity = np.concatenate([np.array(holders) for holders in things])
    sizes = [len(holders) for holders in things]
    name = np.repeat(np.arange(len(things)), sizes).astype(np.uint64)
    return Postings.build(entity, name, np.repeat(shares, sizes), entities)


def log_of(entities: int = 1000, **given: Any) -> LogProfile:
    return made_log(entities=entities, **given)


def observed(family: str, log: LogProfile, members: np.ndarray = TEN, draws: int = 500, **more: Any) -> list[Observed]:
    return list(FAMILY[family].test(log, members, Background(log, draws, 0), **more))


# Structure.


def test_a_signature_is_the_texts_that_members_share_and_their_binomial_tails() -> None:
    texts = held([0, 1, 2], [*range(8), 500], [8, 600], list(range(200)), [3, 4])
    number, _, _ = signature(log_of(texts=texts), TEN)
    # What more than a common share of all have is no signature, nor what one member alone has.
    assert number.tolist() == [1, 0, 4]
    number, count, chance = signature(log_of(texts=texts), TEN, common=True)
    assert number.tolist() == [1, 3, 0, 4]
    assert count.tolist() == [8, 10, 3, 2]
    held_by = ((8, 9), (10, 200), (3, 3), (2, 2))
    by_hand = [stats.hypergeom.sf(k - 1, 1000, holders, 10) * 5 for k, holders in held_by]
    assert (10**chance).tolist() == pytest.approx(by_hand)


def test_a_text_once_in_a_hundred_exchanges_is_no_habit() -> None:
    for share, shared in ((t.LEAST_SHARE, 1), (t.LEAST_SHARE * 0.99, 0)):
        number, _, _ = signature(log_of(texts=held([0, 1, 2], share=share)), TEN)
        assert len(number) == shared


def test_who_sends_the_text_of_a_campaign_that_fills_its_log_shows_it() -> None:
    """Not who sends what a few of its many accounts have in common besides, which is rarer in the log."""
    campaign = np.arange(400)
    shown = FAMILY["structure"].shown_by(log_of(texts=held(range(380), range(300, 370))), campaign)
    assert shown is not None
    assert shown.tolist() == [True] * 380 + [False] * 20


def test_structure_reports_the_commonest_rare_text() -> None:
    (seen,) = observed("structure", log_of(texts=held([0, 1, 2], [*range(8), *range(500, 509)])))
    assert seen.p_value == pytest.approx(max(stats.hypergeom.sf(7, 1000, 17, 10) * 2, t.P_FLOOR))
    assert seen.value == 0.8
    assert seen.background == pytest.approx(9 / 990)
    assert seen.statement == (
        "8 of 10 accounts send one and the same sentence, or prompts that are nearly the same; of the other 990 accounts, "
        "9 do."
    )
    (most,) = observed("structure", log_of(texts=held([*range(6), *range(400, 440)])))
    assert most.p_value == pytest.approx(stats.hypergeom.sf(5, 1000, 46, 10))
    # What half of the members or fewer share is no machinery of the group.
    (few,) = observed("structure", log_of(texts=held([*range(5), *range(500, 517)])))
    assert few.p_value == 1.0
    (none,) = observed("structure", log_of(texts=held([0, 700], [1, 701])))
    assert (none.p_value, none.value) == (1.0, 0.0)


@pytest.mark.parametrize(
    ("share", "others", "one_owners"),
    [(t.FILLED[-1], 30, False), (t.FILLED[-1] - 0.01, 30, True), (0.05, 7, False), (0.05, 8, True)],
)
def test_a_phrase_that_others_have_too_here_and_there_may_be_one_owners(
    share: float, others: int, one_owners: bool
) -> None:
    """What fills a group's requests, or most of whose senders are the group, is no phrase of somebody's product."""
    (seen,) = observed("structure", log_of(texts=held([*range(8), *range(500, 500 + others)], share=share)))
    assert (seen.p_strangers == 1.0) is one_owners


def sending(shared: int, each: int = 20) -> LogProfile:
    """Ten of whose prompts so many are others' of the ten too, each of three."""
    same = {e: [*range(1000 * (e + 1), 1000 * (e + 1) + each - shared)] for e in range(10)}
    rng = np.random.default_rng(2)
    for prompt in range(max(shared, 0) * 10 // 3):
        for e in rng.choice(10, 3, replace=False):
            same[e].append(prompt)
    return log_of(prompt_sets=prompt_sets(1000, same))


def test_prompts_that_others_of_a_group_send_too_are_its_text() -> None:
    (seen, none) = observed("structure", sending(9))
    assert seen.statistic == "share of prompts that others of them send too"
    assert 0.35 < seen.value < 0.55
    assert seen.p_value < 1e-4
    assert seen.p_strangers == none.p_value == 1.0
    # One in twenty is what an account may have in common with others.
    (alone,) = observed("structure", sending(1))
    assert alone.statistic == "shared text"


@pytest.mark.parametrize(
    ("entities", "others", "own"),
    [(1000, 49, True), (1000, 50, False), (1000, 200, False), (100, 22, True), (100, 23, False), (5000, 240, True)],
)
def test_what_people_at_large_say_is_no_text_of_a_group_that_was_found_by_it(
    entities: int, others: int, own: bool
) -> None:
    """Ten who all say it: what over a quarter of the others say, or over a twentieth of them and five for each."""
    log = log_of(entities=entities, texts=held([*range(10), *range(20, 20 + others)], entities=entities))
    (seen,) = observed("structure", log)
    assert (seen.p_value < 1e-4) is own


def test_structure_proposes_those_whom_one_text_fills() -> None:
    def proposed(*things: Sequence[int], share: float | Sequence[float] = 1.0, least: int = 8) -> list[list[int]]:
        groups = FAMILY["structure"].groups(log_of(texts=held(*things, share=share)), least=least, seed=0)
        return [group.tolist() for group in groups]

    eight, nine = list(range(8)), list(range(20, 29))
    assert proposed(eight, nine, [50, 51]) == [nine, eight]
    assert proposed(eight, nine, least=9) == [nine]
    mostly, partly = t.FILLED
    assert proposed(eight, share=mostly) == [eight]
    assert proposed(eight, share=partly) == [eight]
    assert proposed(eight, share=partly * 0.99) == []
    # Whom a text fills partly is a cohort of its own, unless nearly the same was proposed already.
    sixteen = list(range(16))
    assert proposed(eight, sixteen, share=[mostly, partly]) == [eight, sixteen]
    assert proposed(list(range(13)), sixteen, share=[mostly, partly]) == [list(range(13))]
    # Half of a cohort inside a larger one, and it is left out.
    half = [*range(20, 24), *range(100, 104)]
    assert proposed(nine, half) == [nine]
    assert proposed(nine, [20, 21, 22, *range(100, 105)]) == [nine, [20, 21, 22, *range(100, 105)]]
    assert list(FAMILY["structure"].groups(without_texts(), least=8, seed=0)) == []


def without_texts() -> LogProfile:
    return replace(log_of(), shared=dict.fromkeys(FAMILY))


def test_a_log_without_texts_says_nothing_of_structure() -> None:
    log = without_texts()
    assert observed("structure", log)[0].p_value == 1.0
    assert FAMILY["structure"].fit(log, TEN, np.arange(4)).tolist() == [0, 0, 0, 0]  # type: ignore[union-attr]
    assert FAMILY["structure"].levels(log) == []
    assert FAMILY["structure"].pair_columns(log, TEN, TEN) == {}


def test_fit_to_texts_by_hand() -> None:
    # All ten use the one text, and so do five strangers; the tenth part of it is used by fifty more.
    texts = held([*range(10), *range(500, 505)], [*range(3), 900, 901])
    bits = FAMILY["structure"].fit(log_of(texts=texts), TEN, np.array([0, 9, 500, 900, 950]))
    assert bits is not None
    wide = np.log2(1.0 / (5.5 / 991))
    absent = -min(t.LEAST_ABSENT_BITS, np.log2(10 / 0.5))
    # What all have is the group's text: another that some of them send brings nobody in.
    assert bits.tolist() == pytest.approx([wide, wide, wide, absent, absent])
    part = FAMILY["structure"].fit(log_of(texts=held(range(9), [7, 8, 9, 900])), TEN, np.array([8, 9, 900]))
    assert part is not None
    assert part[0] > t.MARK_BITS
    assert part[1] == part[2] < 0, "of a member no more than of a stranger"


def test_who_may_be_of_the_group_says_nothing_of_how_often_strangers_send_its_text() -> None:
    texts, who = held([*range(10), *range(500, 540)]), np.array([0, 500, 900])
    bits = FAMILY["structure"].fit(log_of(texts=texts), TEN, who, kin=np.arange(495, 538))
    assert bits is not None
    assert bits[:2].tolist() == pytest.approx([np.log2(1 / (2.5 / (1000 - 53 + 1)))] * 2)
    assert bits[2] < 0


def test_a_common_part_of_what_all_have_does_not_stand_for_the_rare_part() -> None:
    # A wrapper, and a phrase of it that forty strangers use too.
    texts = held(range(10), [*range(10), *range(500, 540)])
    bits = FAMILY["structure"].fit(log_of(texts=texts), TEN, np.array([0, 500, 900]))
    assert bits is not None
    whole, phrase = np.log2(1 / (0.5 / 991)), np.log2(1 / (40.5 / 991))
    lacks = min(t.LEAST_ABSENT_BITS, np.log2(10 / 0.5))
    assert phrase > t.MARK_BITS
    assert bits.tolist() == pytest.approx([whole, phrase - lacks, -lacks])


def test_without_a_text_of_nearly_all_any_wide_text_is_the_groups() -> None:
    texts = held(range(8), [*range(3), 900, 901])
    bits = FAMILY["structure"].fit(log_of(texts=texts), TEN, np.array([7, 900, 950]))
    assert bits is not None
    small = np.log2(0.3 / (2.5 / 991))
    assert bits.tolist() == pytest.approx([np.log2(0.8 / (0.5 / 991)), small, -np.log2(10 / 2)])
    # A text that nearly all have, and many others too, marks nobody.
    common = held(range(10), [*range(10), *range(300, 400)])
    whole = FAMILY["structure"].fit(log_of(texts=common), TEN, np.array([300]))
    assert whole is not None
    assert whole[0] < 0
    alone = FAMILY["structure"].fit(log_of(texts=held([*range(10), *range(300, 400)])), TEN, np.array([300]))
    assert alone is not None
    assert alone[0] == pytest.approx(np.log2(1 / (100.5 / 991)))


def test_a_text_must_be_wide_to_fit_by_it() -> None:
    members = np.arange(40)
    for sharing, wide in ((4, True), (3, False)):
        bits = FAMILY["structure"].fit(log_of(texts=held([*range(sharing), 900])), members, np.array([900]))
        assert bits is not None
        assert bool(bits[0] > 0) is wide
        if not wide:
            assert bits[0] == 0
    few = FAMILY["structure"].fit(log_of(texts=held([0, 1, 900])), np.arange(6), np.array([900]))
    assert few is not None
    assert few[0] == 0, "two are never wide"


def test_lacking_a_text_that_half_use_takes_one_bit_away() -> None:
    bits = FAMILY["structure"].fit(log_of(texts=held(range(5))), TEN, np.array([700]))
    assert bits is not None
    assert bits[0] == pytest.approx(-1.0)


def test_using_a_text_is_one_in_twenty_exchanges() -> None:
    for share, uses in ((t.USED, True), (t.USED * 0.99, False)):
        texts = held(range(10), [*range(10), 900], share=[1.0, share])
        bits = FAMILY["structure"].fit(log_of(texts=texts), TEN, np.array([900]))
        assert bits is not None
        assert bool(bits[0] > 0) is uses


def test_no_text_outweighs_the_most_bits() -> None:
    texts = held(range(10), entities=200_000)
    log = log_of(texts=held(range(10)))
    assert texts.matrix.shape[0] == 200_000
    bits = FAMILY["structure"].fit(log, TEN, TEN)
    assert bits is not None
    assert bits.max() == pytest.approx(min(np.log2(991 / 0.5), t.MOST_BITS))


# Timing.


def residuals_of(entity: np.ndarray, hour: np.ndarray, uses: np.ndarray, exchanges: np.ndarray) -> np.ndarray:
    return np.asarray(hourly_residuals(hourly_counts(entity, hour, uses, len(exchanges)), exchanges).rows.toarray())


def test_hourly_residuals_by_hand() -> None:
    rng = np.random.default_rng(0)
    table = rng.poisson(0.8, (3, 24)).astype(float)
    table[0, 0], table[2, 23] = 1, 1
    day, hour = np.nonzero(table)
    start = 24 * 700
    got = residuals_of(np.ones(len(hour), np.int64), start + 24 * day + hour, table[day, hour], np.array([5, 60]))
    expected = table.sum(axis=0)[None, :] * table.sum(axis=1)[:, None] / table.sum()
    flat = ((table - expected) / np.sqrt(expected + 0.5)).ravel()
    assert got.shape == (2, 72)
    np.testing.assert_allclose(got[1], flat / np.linalg.norm(flat), atol=1e-5)
    assert not got[0].any()


@pytest.mark.parametrize(("exchanges", "told"), [(t.LEAST_RHYTHM, True), (t.LEAST_RHYTHM - 1, False)])
def test_few_exchanges_tell_no_hours(exchanges: int, told: bool) -> None:
    hour = np.array([0, 25, 50])
    got = residuals_of(np.zeros(3, np.int64), hour, np.array([5.0, 5.0, 10.0]), np.array([exchanges]))
    assert bool(got.any()) is told


def test_two_days_and_no_exchanges_tell_no_habit() -> None:
    whole = np.arange(48)
    two = residuals_of(np.zeros(48, np.int64), whole, np.random.default_rng(0).random(48), np.array([99]))
    assert two.shape == (1, 1)
    three = residuals_of(np.zeros(49, np.int64), np.arange(49), np.random.default_rng(0).random(49), np.array([99]))
    assert three.shape == (1, 72)
    none = np.zeros(0, np.int64)
    assert residuals_of(none, none, np.zeros(0), np.array([0, 0])).shape == (2, 1)


def test_the_latest_weeks_speak_for_the_rest() -> None:
    long = 24 * 7 * (t.LONGEST_WEEKS + 3)
    hours = np.arange(long)
    got = residuals_of(np.zeros(long, np.int64), hours, np.ones(long), np.array([long]))
    assert got.shape[1] == 24 * 7 * t.LONGEST_WEEKS
    days = residuals_of(np.zeros(2, np.int64), np.array([30, 24 * 5 + 3]), np.ones(2), np.array([50]))
    assert days.shape[1] == 24 * 5, "whole days, from the first one's midnight"


def volumes(mine: np.ndarray, spread: float = 1.2) -> Observed:
    exchanges = np.maximum(np.exp(np.random.default_rng(5).normal(4, spread, 1000)), 1).astype(np.int64)
    exchanges[: len(mine)] = mine
    return next(iter(observed("timing", log_of(exchanges=exchanges), np.arange(len(mine)))))


def test_volumes_are_even_beyond_the_background_and_beyond_the_margin() -> None:
    even = np.round(np.exp(4 + 0.1 * np.linspace(-1.5, 1.5, 50))).astype(np.int64)
    seen = volumes(even)
    spread = np.log(even).std(ddof=1)
    assert seen.value == pytest.approx(spread)
    assert seen.p_value < 1e-3
    assert seen.statistic == "spread of log volume"
    assert seen.background > 0.5
    # Even by the margin, but everybody else is too.
    assert volumes(even, spread=0.1).p_value > 0.05
    # Not shown to be below the margin, however uneven the others are.
    assert seen.statement.startswith("The accounts send nearly the same number of requests each, as where software ")
    loose = np.round(np.exp(4 + 0.6 * np.linspace(-1.5, 1.5, 50))).astype(np.int64)
    assert volumes(loose, spread=2.0).statement.startswith("How many requests the accounts send differs typically by ")
    margin = stats.chi2.cdf(49 * np.log(loose).std(ddof=1) ** 2 / t.EVEN_SPREAD**2, 49)
    assert volumes(loose, spread=2.0).p_value == pytest.approx(margin)
    assert margin > 0.05
    # Of so few it is no sign: one owner's programs send as many each.
    assert volumes(even[: t.OFFICE_SIZE]).statistic != "spread of log volume"
    # But nobody's task has each of a few ask hundreds of times, as often as the other.
    busy = volumes(10 * even[: t.OFFICE_SIZE])
    assert busy.statistic == "spread of log volume"
    assert seen.p_strangers is None
    assert busy.p_strangers is None


@pytest.mark.parametrize(("share", "p_strangers"), [(0.4, None), (0.7, 1.0)])
def test_even_volumes_are_no_clock_of_strangers_where_most_may_be_one_owners(
    share: float, p_strangers: float | None
) -> None:
    group = np.arange(50)
    exchanges = np.maximum(np.exp(np.random.default_rng(5).normal(4, 1.2, 1000)), 1).astype(np.int64)
    exchanges[group] = 150
    paid = np.arange(int(share * 50))
    cards = Postings.build(
        np.concatenate([paid, np.arange(100, 1000)]),
        np.concatenate([np.zeros(len(paid)), np.arange(100, 1000)]).astype(np.uint64),
        np.ones(len(paid) + 900),
        1000,
        kind=np.zeros(len(paid) + 900, np.int8),
    )
    seen = observed("timing", log_of(entities=1000, exchanges=exchanges, hands=cards), group)[0]
    assert seen.statistic == "spread of log volume"
    assert seen.p_strangers == p_strangers


@pytest.mark.parametrize(
    ("cards", "requests", "tested"), [(None, 50, True), (5, 50, True), (50, 50, False), (50, 150, True)]
)
def test_who_shares_nothing_is_no_group_for_as_many_requests_as_a_task_has(
    cards: int | None, requests: int, tested: bool
) -> None:
    """Fifty with as much to do each, on so many cards: exercises, or texts to write. Of none whose hands are unknown."""
    group = np.arange(50)
    exchanges = np.maximum(np.exp(np.random.default_rng(5).normal(4, 1.2, 1000)), 1).astype(np.int64)
    exchanges[group] = requests
    known = np.arange(1000)
    paid = Postings.build(
        known, np.where(known < 50, known % (cards or 1), known).astype(np.uint64), np.ones(1000), 1000,
        kind=np.zeros(1000, np.int8),
    )  # fmt: skip
    log = log_of(entities=1000, exchanges=exchanges, **({} if cards is None else {"hands": paid}))
    seen = [one.statistic for one in observed("timing", log, group)]
    assert ("spread of log volume" in seen) is tested


def test_one_busy_account_makes_an_even_group_no_less_even() -> None:
    log = log_of(entities=1000)
    group = np.arange(50)
    exchanges = np.maximum(np.exp(np.random.default_rng(5).normal(4, 1.2, 1000)), 1).astype(np.int64)
    exchanges[group] = np.round(np.exp(4 + 0.2 * np.random.default_rng(6).normal(size=50)))

    def spread(busy: int) -> Observed:
        mine = exchanges.copy()
        mine[:busy] = 40_000
        return observed("timing", replace(log, exchanges=mine), group)[0]

    assert spread(0).p_value < 1e-3
    assert spread(0).value == pytest.approx(0.2, rel=0.3)
    assert spread(1).p_value < 1e-3
    # A tenth of them at one end are no accident.
    assert spread(5).p_value > 0.01


def edges(log: LogProfile, least: int = 5) -> dict[str, Observed]:
    return {seen.statistic: seen for seen in observed("timing", log, least=least)}


def spans(first: np.ndarray, last: np.ndarray) -> LogProfile:
    """A log of 60 days whose strangers begin and end on days of their own."""
    rng = np.random.default_rng(6)
    begin, end = 400 * DAY + rng.integers(5, 40, 1000) * DAY, 460 * DAY - rng.integers(5, 15, 1000) * DAY
    begin[TEN], end[TEN] = first, last
    return log_of(
        first_seen=begin,
        last_seen=end,
        exchanges=np.full(1000, 400),
        window_start=np.full(1000, 400 * DAY),
        window_end=np.full(1000, 460 * DAY),
    )


def test_common_beginnings_and_ends_inside_the_log_are_seen() -> None:
    hours = np.arange(10) * HOUR
    seen = edges(spans(420 * DAY + hours, 450 * DAY + hours))
    for name in ("first", "last"):
        assert seen[f"scatter of {name} exchange, hours"].p_value < 1e-3
        assert seen[f"scatter of {name} exchange, hours"].value == 2.5
    # Who is of one owner, or of one class, begins in one week: no clock of strangers.
    assert seen["scatter of first exchange, hours"].p_strangers == 1.0
    assert seen["scatter of last exchange, hours"].p_strangers is None
    many = np.arange(101)
    begun = log_of(
        first_seen=np.concatenate([420 * DAY + many * HOUR // 10, 400 * DAY + many.repeat(9)[:899] * DAY // 3]),
        last_seen=np.full(1000, 460 * DAY), exchanges=np.full(1000, 400),
        window_start=np.full(1000, 390 * DAY), window_end=np.full(1000, 460 * DAY),
    )  # fmt: skip
    for who, strangers in ((many, None), (many[:100], 1.0)):
        (first,) = [one for one in observed("timing", begun, who) if "first" in one.statistic]
        assert first.p_value < 1e-3
        assert first.p_strangers == strangers
    # Who is shut out ends within hours, a class within days.
    days = edges(spans(420 * DAY + hours, 450 * DAY + 6 * hours))
    assert days["scatter of last exchange, hours"].p_value < 1e-3
    assert days["scatter of last exchange, hours"].p_strangers == 1.0
    apart = edges(spans(405 * DAY + np.arange(10) * 3 * DAY, 445 * DAY + np.arange(10) * DAY))
    assert apart["scatter of first exchange, hours"].p_value > 0.05


@pytest.mark.parametrize(("days", "seen"), [(1.0, True), (2.0, False)])
def test_a_common_beginning_is_twice_as_close_as_others(days: float, seen: bool) -> None:
    """Ten of whom one comes every other day, where ten others come in a month: that is no moment."""
    begin = 410 * DAY + np.arange(10) * int(days * DAY)
    first = edges(spans(begin, 450 * DAY + np.arange(10) * 8 * HOUR))["scatter of first exchange, hours"]
    assert (first.value <= 0.5 * first.background) is seen
    assert (first.p_value < 1.0) is seen


def test_who_was_there_at_the_logs_edge_did_not_begin() -> None:
    seen = edges(spans(400 * DAY + np.arange(10) * HOUR, 460 * DAY - np.arange(10) * HOUR))
    assert not any(name.startswith("scatter") for name in seen)


@pytest.mark.parametrize(("inside", "least", "tested"), [(5, 5, True), (5, 3, True), (4, 3, False), (6, 7, False)])
def test_half_of_the_members_and_enough_must_have_begun_inside(inside: int, least: int, tested: bool) -> None:
    first = np.where(inside > TEN, 420 * DAY, 400 * DAY) + TEN * HOUR
    seen = edges(spans(first, 450 * DAY + TEN * HOUR), least)
    assert ("scatter of first exchange, hours" in seen) is tested


def test_a_quiet_weekend_at_the_edge_is_no_beginning() -> None:
    for hours, tested in ((t.WEEKEND_HOURS, False), (t.WEEKEND_HOURS + 1, True)):
        first = 400 * DAY + np.full(10, int(hours * HOUR))
        assert ("scatter of first exchange, hours" in edges(spans(first, 450 * DAY + TEN * HOUR))) is tested
    # Who asks once in two days is often silent for longer.
    idle = spans(np.full(10, 405 * DAY), 450 * DAY + TEN * HOUR)
    idle.exchanges[TEN] = 23
    assert "scatter of first exchange, hours" not in edges(idle)
    idle.exchanges[TEN] = 40
    assert "scatter of first exchange, hours" in edges(idle)


# Occasions.


def occasion(
    members: int = 10, *, hours: float = 20, staying: int = 0, exchanges: float = 10, days: int = 60
) -> bool | None:
    """Accounts that come and go within some hours of a log of some days; some of them stay on."""
    log = made_log(entities=1000)
    who = np.arange(members)
    first, last = log.first_seen.copy(), log.last_seen.copy()
    first[who] = 410 * DAY
    last[who] = 410 * DAY + int(hours * HOUR)
    last[who[:staying]] = 430 * DAY
    volume = np.full(1000, int(exchanges))
    start = np.full(1000, 400 * DAY)
    log = replace(
        log, first_seen=first, last_seen=last, exchanges=volume, window_start=start, window_end=start + days * DAY
    )
    (one, _) = FAMILY["timing"].explain(log, who, np.zeros(0, np.int64))
    assert "occasion" in one.name
    return one.holds


def test_an_occasion_is_short_small_and_soon_over() -> None:
    assert occasion() is True
    assert occasion(hours=t.OCCASION_HOURS) is True
    assert not occasion(hours=t.OCCASION_HOURS + 1)
    assert occasion(staying=2) is True
    assert not occasion(staying=3)
    assert occasion(t.OCCASION_SIZE) is True
    assert not occasion(t.OCCASION_SIZE + 1)
    assert occasion(exchanges=t.OCCASION_REQUESTS) is True
    assert not occasion(exchanges=t.OCCASION_REQUESTS + 1)
    # Of four days no more than one is an occasion.
    assert occasion(hours=24, days=4) is True
    assert not occasion(hours=25, days=4)


# Beats.


def rhythm(pull: float, silent: int = 0) -> LogProfile:
    rows = np.random.default_rng(6).normal(size=(1000, HOURS))
    rows[TEN] += pull * np.random.default_rng(7).normal(size=HOURS)
    rows = unit(rows)
    rows[:silent] = 0
    return log_of(residuals=rows)


def test_beats_are_told_of_those_whose_hours_are_known() -> None:
    for silent, tested in ((0, True), (5, True), (6, False)):
        seen = observed("timing", rhythm(1.0, silent))
        assert any("correlation" in one.statistic for one in seen) is tested
    assert any("correlation" in one.statistic for one in observed("timing", rhythm(1.0, 6), least=4))
    together = next(one for one in observed("timing", rhythm(1.0)) if one.statistic == "correlation of hourly activity")
    told = rhythm(1.0).derived["timing"].rhythm.rows[TEN].toarray()
    by_hand = (np.sum(told @ told.T) - 10) / 90
    assert together.value == pytest.approx(by_hand, rel=1e-3)
    assert together.p_value < 1e-6


def test_who_acts_along_lies_far_beyond_the_log() -> None:
    log = rhythm(1.0)
    along = FAMILY["timing"].acts_along(log, TEN, np.arange(60))
    assert along is not None
    assert along[:10].all()
    assert not along[10:].any()
    residuals = log.derived["timing"].rhythm.rows.toarray()
    beside = residuals @ residuals[TEN].mean(axis=0)
    others = np.sort(beside[10:])
    width = others[495:] - others[:495]
    middle = others[width.argmin()] + width.min() / 2
    line = middle + t.ALONG * width.min() / 2 / stats.norm.ppf(0.75)
    everyone = FAMILY["timing"].acts_along(log, TEN, np.arange(1000))
    assert everyone is not None
    assert everyone.tolist() == (beside > line).tolist()
    silent = log_of(residuals=np.zeros((1000, HOURS), np.float32))
    kept_silent = FAMILY["timing"].acts_along(silent, TEN, TEN)
    assert kept_silent is not None
    assert not kept_silent.any()


@pytest.mark.parametrize("found", [10, 24])
def test_a_group_that_is_half_of_a_log_does_not_hide_who_acts_along(found: int) -> None:
    """Of sixty 24 keep one beat, of whom the group has ten, or all."""
    rows = np.random.default_rng(6).normal(size=(60, HOURS))
    rows[:24] += 1.5 * np.random.default_rng(7).normal(size=HOURS)
    along = FAMILY["timing"].acts_along(log_of(60, residuals=unit(rows)), np.arange(found), np.arange(60))
    assert along is not None
    assert along.tolist() == [True] * 24 + [False] * 36
    # Beside fewer than a dozen others nothing is usual.
    few = FAMILY["timing"].acts_along(log_of(60, residuals=unit(rows)), np.arange(49), np.arange(60))
    assert few is not None
    assert not few.any()


@pytest.mark.parametrize("edge", ["first_seen", "last_seen"])
def test_who_begins_or_ends_with_many_of_the_group_acts_along(edge: str) -> None:
    """Twenty-four of forty begin (or end) within an hour, far from the log's edges; everybody else at any time."""
    rng = np.random.default_rng(1)
    start, end = 400 * DAY, 414 * DAY
    times = rng.integers(start + 4 * DAY, end - 4 * DAY, 1000)
    times[:24] = start + 7 * DAY + rng.integers(0, HOUR, 24)
    first, last = (times, np.full(1000, end)) if edge == "first_seen" else (np.full(1000, start), times)
    log = log_of(
        residuals=np.zeros((1000, HOURS), np.float32), exchanges=np.full(1000, 50), first_seen=first, last_seen=last,
        window_start=np.full(1000, start), window_end=np.full(1000, end),
    )  # fmt: skip
    along = FAMILY["timing"].acts_along(log, np.arange(40), np.arange(1000))
    assert along is not None
    assert along[:24].all()
    assert along[40:].mean() < 0.25
    # Beside forty who begin at any time, nobody does.
    anybody = FAMILY["timing"].acts_along(log, np.arange(500, 540), np.arange(1000))
    assert anybody is not None
    assert anybody.mean() < 0.02


# Infrastructure.


def three_cards(size: int) -> Postings:
    """The first of ten share three cards; strangers share a few things by chance."""
    strangers = [[100 + 2 * n, 101 + 2 * n] for n in range(40)]
    return held(*[[m for m in range(size) if m % 3 == card] for card in range(3)], *strangers)


def hands(log: LogProfile, members: np.ndarray = TEN) -> Observed:
    return next(one for one in observed("infrastructure", log, members) if one.statistic.startswith("share of"))


def test_shared_hands_of_most_members_are_seen_and_of_half_are_not() -> None:
    seen = hands(log_of(hands=three_cards(10)))
    assert seen.value == 1.0
    assert seen.p_value < 1e-3
    # Forty cards of two strangers each: what the group has is no part of its own background.
    assert seen.background == pytest.approx(1 - (1 - 40 * (2 / 990) ** 2) ** 9)
    assert seen.statement.startswith("10 of 10 accounts share a payment")
    assert hands(log_of(hands=held([0, 1, 2, 3, 4]))).p_value == 1.0
    assert hands(log_of(hands=held([0, 1, 2, 3, 4, 5]))).p_value < 0.05


@pytest.mark.parametrize(("others", "seen"), [(0, True), (5, True), (30, False)])
def test_addresses_through_which_more_others_pass_are_no_common_hands(others: int, seen: bool) -> None:
    """Each of the ten, and of so many others, has eight of forty addresses, as where software is built in a cloud."""
    rng = np.random.default_rng(2)
    who = np.concatenate([TEN, np.arange(100, 100 + others)])
    at = np.stack([rng.choice(40, 8, replace=False) for _ in who])
    entity, name = np.repeat(who, 8), at.ravel().astype(np.uint64)
    kind = np.full(len(name), KINDS.index("address"), np.int8)
    found = hands(log_of(hands=Postings.build(entity, name, np.ones(len(name)) / 8, 1000, kind=kind)))
    assert (found.p_value < 0.01) is seen
    # A payment that two of them share ties them all the same.
    paid = np.concatenate([entity, TEN]), np.concatenate([name, 1000 + TEN.astype(np.uint64) // 2])
    kinds = np.concatenate([kind, np.zeros(len(TEN), np.int8)])
    both = Postings.build(*paid, np.ones(len(kinds)), 1000, kind=kinds)
    assert hands(log_of(hands=both)).value == 1.0


def test_several_payments_are_more_than_one_owner_has() -> None:
    def found(*cards: Sequence[int]) -> Finding:
        made = log_of(hands=held(*cards))
        return FAMILY["infrastructure"].found(observed("infrastructure", made))

    assert found(*zip(range(9), range(1, 10), strict=True)).among_strangers < 1e-6
    assert found([0, 1], [2, 3, 4], [5, 6, 7], [8, 9]).among_strangers == 1.0, "a few owners"
    assert found(range(10)).p_value < 1e-6, "one payment is shared as well"
    assert found(range(10)).among_strangers == 1.0
    one_and_few = [range(6), *([6, 7] for _ in range(5))]
    assert found(*one_and_few).among_strangers == 1.0, "and beside the commonest, most must share one"


def test_sharing_is_told_of_those_of_whom_hands_are_known() -> None:
    made = three_cards(10)
    made.known[5:10] = False
    seen = hands(log_of(hands=made))
    assert seen.statement.startswith("4 of 5 accounts")
    made.known[:10] = False
    assert not any(one.statistic.startswith("share of") for one in observed("infrastructure", log_of(hands=made)))


def sign_ups(mine: np.ndarray) -> list[Observed]:
    created = np.random.default_rng(3).uniform(0, 300, 1000) * DAY
    created[TEN] = mine
    return [one for one in observed("infrastructure", log_of(sign_up=created)) if "sign-up" in one.statistic]


def test_sign_ups_of_one_day_are_seen() -> None:
    (seen,) = sign_ups(100 * DAY + np.arange(10) * HOUR)
    assert seen.value == 2.5
    assert seen.p_value < 1e-3
    log = log_of(
        sign_up=np.append(100.0 * DAY + np.arange(10) * HOUR, np.random.default_rng(3).uniform(0, 300, 990) * DAY)
    )
    (again,) = [one for one in observed("infrastructure", log) if "sign-up" in one.statistic]
    drawn = scatter(log.columns["sign_up"][Background(log, 500, 0).plain(TEN, among=log.known("sign_up"))])
    assert again.p_value == pytest.approx(tail_p(-np.log(drawn + 1), -np.log(3.5)))
    assert again.background == pytest.approx(np.median(drawn))
    (apart,) = sign_ups(np.linspace(0, 300, 10) * DAY)
    assert apart.p_value > 0.1
    # Closer than ten strangers by chance, and months apart.
    (hired,) = sign_ups(np.linspace(100, 245, 10) * DAY)
    assert hired.p_value == 1.0
    assert "close together" not in hired.statement
    known = np.where(np.arange(10) < 5, 100.0 * DAY, np.nan)
    assert len(sign_ups(known)) == 1
    assert sign_ups(np.where(np.arange(10) < 4, 100.0 * DAY, np.nan)) == []


def test_who_shares_a_rare_thing_with_two_members_acts_along() -> None:
    made = held([0, 1, 500], [2, 501], [*range(3), *range(600, 640)])
    along = FAMILY["infrastructure"].acts_along(log_of(hands=made), TEN, np.array([0, 2, 500, 501, 600, 900]))
    assert along is not None
    assert along.tolist() == [True, False, True, False, False, False]
    log = log_of(hands=None)
    assert not FAMILY["infrastructure"].acts_along(log, TEN, TEN).any()  # type: ignore[union-attr]
    log = replace(log, columns={"sign_up": np.full(1000, np.nan)})
    assert FAMILY["infrastructure"].acts_along(log, TEN, TEN) is None
    assert FAMILY["infrastructure"].shown_by(log, TEN) is None


@pytest.mark.parametrize("webs", [(8,), (5, 3), (4, 4)], ids=["one web", "a web and a few", "a few and a few"])
def test_a_family_among_those_who_share_with_many_shares_with_nobody(webs: tuple[int, ...]) -> None:
    """Ten have cards for so many each, and the last two a card and an address of their own."""
    ends = np.cumsum((0, *webs))
    cards = [range(first, last) for first, last in pairwise(ends)]
    hands = held(*cards, [8, 9], [8, 9], *([one] for one in range(10, 1000)))
    hands.kinds[len(webs) + 1] = KINDS.index("address")
    created = np.random.default_rng(0).uniform(0, 900 * DAY, 1000)
    log = replace(log_of(hands=hands), columns={"sign_up": created})
    along = FAMILY["infrastructure"].acts_along(log, TEN, TEN)
    assert along is not None
    many = max(webs) >= 5
    # Five of ten are not most of them: then whoever shares with another acts along.
    most = many and max(webs) > 5
    assert along[8:].tolist() == [not most, not most]
    assert along[: webs[0]].all()


@pytest.mark.parametrize(
    ("share_a_card", "came", "along"),
    [(10, 10, [False, True]), (3, 10, [True, False]), (6, 10, [True, True]), (4, 5, [True, True])],
    ids=["all share a card", "all signed up together", "most share a card", "some the one, some the other"],
)
def test_who_does_what_nearly_all_do_by_their_hands_acts_along(share_a_card: int, came: int, along: list[bool]) -> None:
    """Of one who signed up with a group, one who has its card, and a stranger."""
    created = np.random.default_rng(0).uniform(0, 900 * DAY, 1000)
    created[[*TEN[10 - came :], 500]] = 400 * DAY
    hands = held([*range(share_a_card), 501], *([one] for one in range(1000)))
    log = replace(log_of(hands=hands), columns={"sign_up": created})
    found = FAMILY["infrastructure"].acts_along(log, TEN, np.array([500, 501, 502]))
    assert found is not None
    assert found.tolist() == [*along, False]


def test_who_has_hands_of_its_own_in_a_group_that_shares_them_does_not_show_it() -> None:
    # A card for eight of ten, one card each for the ninth and for strangers; of the tenth nothing is known.
    made = held(range(8), [8], *([one] for one in range(10, 1000)))
    made.known[9] = False
    shown = FAMILY["infrastructure"].shown_by(log_of(hands=made), TEN)
    assert shown is not None
    assert shown.tolist() == [True] * 8 + [False, True]


def office(made: Postings | None, members: np.ndarray) -> bool | None:
    one, *_ = FAMILY["infrastructure"].explain(log_of(hands=made), members, np.zeros(0, np.int64))
    assert one.name == OFFICE
    return one.holds


def test_an_office_is_few_enough_behind_one_door() -> None:
    assert office(held(range(8)), TEN) is True
    assert office(held(range(7), [7, 8]), TEN) is False
    assert not office(None, TEN)


# Purpose.


def test_habits_are_shares_of_requests_and_unknown_where_no_record_tells() -> None:
    log = log_of(
        exchanges=np.full(1000, 4),
        logprobs_hits=np.where(np.arange(1000) < 10, 2.0, 0.0),
        logprobs_told=np.where(np.arange(1000) < 20, 4.0, 0.0),
        many_answers_hits=np.zeros(1000),
        many_answers_told=np.zeros(1000),
        full_length_hits=np.full(1000, 4.0),
        full_length_told=np.full(1000, 4.0),
    )
    log.wording["purpose"][3] = [0.5, 0, 0.25, 0]
    rates = FAMILY["purpose"].derive(log, lambda name, also=None: (TEN, TEN.astype(np.uint64), TEN.astype(float)))
    assert isinstance(rates, np.ndarray)
    assert rates.shape == (1000, 7)
    assert rates[3].tolist()[:5] == [0.5, 0, 0.25, 0, 0.5]
    assert rates[500, 4] == 0
    assert np.isnan(rates[:, 5]).all()
    assert rates[:, 6].tolist() == [1.0] * 1000
    log.derived["purpose"] = rates
    assert [one.statistic for one in observed("purpose", log)] == [
        f"share of requests that {said}"
        for said in (
            "ask for the reasoning to be written out",
            "have the model grade answers by a rubric",
            "have the model write training data",
            "ask that safeguards stay quiet",
            "ask for log-probabilities",
            "have the answer run up to the length allowed",
        )
    ]


def test_a_share_of_one_request_is_all_of_it() -> None:
    names = ("logprobs", "many_answers", "full_length")
    told: dict[str, Any] = {f"{name}_{part}": np.ones(1000) for name in names for part in ("hits", "told")}
    rates = FAMILY["purpose"].derive(log_of(exchanges=np.ones(1000, np.int64), **told), _nothing)
    assert isinstance(rates, np.ndarray)
    assert rates[:, 4:].min() == 1.0


def _nothing(name: str, also: str | None = None) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    return np.zeros(0, np.int64), np.zeros(0, np.uint64), np.zeros(0)


def test_a_pair_has_the_tactic_that_both_have() -> None:
    log = log_of()
    log.wording["purpose"][:3] = [[0.9, 0, 0, 0.1], [0.3, 0.8, 0, 0], [0, 0.7, 0, 0]]
    both = FAMILY["purpose"].pair_columns(log, np.array([0, 1, 0]), np.array([1, 2, 2]))["purpose"]
    assert both.tolist() == pytest.approx([0.3, 0.7, 0.0])


# Shape.


def clients(**given: np.ndarray) -> Observed:
    columns: dict[str, Any] = {
        "parameters": np.full(1000, 7, np.uint64),
        "agent": np.full(1000, 3, np.uint64),
        "tls": np.full(1000, 5, np.uint64),
        **given,
    }
    (seen,) = observed("shape", made_log(entities=1000, **columns))
    return seen


def rare(name: str, mine: int, members: int = 10) -> dict[str, np.ndarray]:
    column = np.full(1000, 3, np.uint64)
    column[:members] = mine
    return {name: column}


@pytest.mark.parametrize("name", ["parameters", "agent", "tls"])
def test_one_rare_client_is_seen_by_any_of_its_marks(name: str) -> None:
    for many in (8, 3):
        seen = clients(**rare(name, 99, many))
        by_hand = stats.hypergeom.sf(many - 1, 1000, many, 10) * 2
        assert seen.p_value == pytest.approx(max(by_hand, t.P_FLOOR))
        assert seen.value == many / 10
        assert seen.background == pytest.approx(many / 1000)


def test_a_client_is_said_by_what_is_known_of_it() -> None:
    most = clients(**rare("agent", 99, 8))
    assert most.statement == (
        "8 of 10 accounts mostly send with one and the same user agent, TLS fingerprint and sampling parameters; of all "
        "accounts, 0.8 % do."
    )
    unsaid = clients(**rare("parameters", 99, 8), tls=np.zeros(1000, np.uint64))
    assert unsaid.statement.startswith("8 of 10 accounts mostly send with one and the same user agent and sampling ")
    # Each has another client, and so have all others: none is the group's.
    own = clients(agent=np.arange(1000, dtype=np.uint64) % 20 + 1)
    assert (own.p_value, own.statement) == (1.0, "No client stands out among these accounts.")


def test_a_client_of_which_most_say_nothing_is_no_mark() -> None:
    assert clients().p_value == 1.0
    half = rare("agent", 0, 5)
    half["agent"][5:10] = 99
    assert clients(**half).p_value == 1.0
    most = rare("agent", 0, 4)
    most["agent"][4:10] = 99
    seen = clients(**most)
    assert seen.value == 1.0, "of those who say it"
    assert seen.p_value < 1e-6


# Semantics.


def sourced(icc: float, *, accounts: int = 10, prompts: int = 30, seed: int = 0, pull: float = 3.0) -> LogProfile:
    """Members whose prompts lie together, with so much of the account's own among them."""
    rng = np.random.default_rng(seed)
    entities = 300
    owner = np.repeat(np.arange(entities), prompts)
    features = rng.normal(size=(len(owner), 60)).astype(np.float32)
    mine = owner < accounts
    own = rng.normal(size=(entities, 60)) * np.sqrt(icc)
    features[mine] = own[owner[mine]] + rng.normal(size=(mine.sum(), 60)) * np.sqrt(1 - icc)
    centred = features.copy()
    centred[mine] += pull / np.sqrt(60) * 3
    means = np.stack([centred[owner == entity].mean(axis=0) for entity in range(entities)])
    content = content_of(owner, centred, np.full(entities, prompts), means, features)
    sets = PromptSets(np.arange(entities * 4, dtype=np.uint64), np.arange(entities + 1) * 4)
    return made_log(entities=entities, content=content, prompt_sets=sets)


def test_one_source_is_concentrated_and_interchangeable() -> None:
    (seen,) = observed("semantics", sourced(0.0))
    assert seen.p_value < 0.01
    assert seen.value == pytest.approx(icc_of(sourced(0.0).content, TEN).icc)
    assert seen.background == t.MARGIN
    (apart,) = observed("semantics", sourced(0.3))
    assert apart.p_value == pytest.approx(icc_of(sourced(0.3).content, TEN).p_value)
    assert apart.p_value > 0.5
    (scattered,) = observed("semantics", sourced(0.0, pull=0.0))
    # What could be swapped and is no nearer to itself than strangers' questions are may be a relay's mixed customers.
    assert scattered.p_value < 0.01
    assert scattered.p_strangers is not None
    assert scattered.p_strangers > 0.05
    assert scattered.statement.startswith("What the accounts ask could be swapped among them")
    assert scattered.statement.endswith("That others ask otherwise is not shown.")
    assert seen.statement.startswith("The accounts ask alike, and their questions could be swapped: ")
    assert seen.statement.endswith("That is what one source of questions looks like.")
    assert apart.statement.startswith("It is not shown that what the accounts ask could be swapped among them: ")
    assert seen.p_strangers is not None
    assert seen.p_value <= seen.p_strangers < 0.01
    (few,) = observed("semantics", sourced(0.0, prompts=1))
    assert few.p_value == 1.0
    assert few.statement == "Too few prompts to tell whether the accounts ask from one source."


def own_content(log: LogProfile) -> bool | None:
    one = list(FAMILY["semantics"].explain(log, TEN, np.zeros(0, np.int64)))[1]
    told = "too small to tell" in one.statement or "Too few prompts" in one.statement
    assert told is (one.holds is None)
    return one.holds


def test_a_closer_look_is_taken_only_where_the_sample_does_not_tell() -> None:
    looked: list[list[int]] = []

    def closer(members: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        looked.append(members.tolist())
        more = sourced(0.3, prompts=40).content
        rows = more.rows(members)
        return more.raw[rows], more.whitened[rows], more.owner[rows]

    assert own_content(replace(sourced(0.0, prompts=60), closer=closer)) is False
    assert looked == []
    assert own_content(replace(sourced(0.0, prompts=2), closer=closer)) is True
    assert own_content(replace(sourced(0.0, prompts=1), closer=closer)) is True
    assert looked == [TEN.tolist()] * 2


def test_common_moments_of_too_few_prompts_to_tell_leave_it_to_more_of_them() -> None:
    def read(log: LogProfile) -> Callable[[np.ndarray], tuple[np.ndarray, np.ndarray, np.ndarray]]:
        content = log.content
        return lambda members: (content.raw[r := content.rows(members)], content.whitened[r], content.owner[r])

    few, apart, more = sourced(0.0, prompts=2), sourced(0.3, prompts=30), sourced(0.0, prompts=80)
    # Of three features two prompts an account tell nothing.
    few = replace(few, content=replace(few.content, raw=few.content.raw[:, :3]))

    def again(in_common: LogProfile) -> float:
        log = replace(sourced(0.0), closer=read(more), in_common=read(in_common))
        found = FAMILY["semantics"].again(log, TEN, Background(log, 500, 0))
        assert found is not None
        return found.value

    assert again(few) == pytest.approx(icc_of(more.content, TEN).icc)
    # What common moments tell stays told, for and against.
    assert again(sourced(0.0, prompts=60)) == pytest.approx(icc_of(sourced(0.0, prompts=60).content, TEN).icc)
    assert again(apart) == pytest.approx(icc_of(apart.content, TEN).icc)


def test_content_of_ones_own_holds_does_not_or_cannot_be_told() -> None:
    for icc, prompts in ((0.3, 30), (0.0, 60), (0.0, 2), (0.05, 4)):
        log = sourced(icc, prompts=prompts)
        told = icc_of(log.content, TEN)
        bound = z_of(t.UNTOLD) * told.standard_error
        expected = True if told.icc - bound > t.MARGIN else False if told.p_value <= t.UNTOLD else None
        assert own_content(log) is expected
    assert own_content(sourced(0.3)) is True
    assert own_content(sourced(0.0, prompts=60)) is False
    assert own_content(sourced(0.0, prompts=2)) is None
    assert own_content(sourced(0.0, prompts=1)) is None


def test_who_sends_what_the_others_send_has_no_content_of_its_own() -> None:
    log = sourced(0.3)
    for shared, holds in ((3, False), (2, True)):
        prompts = np.arange(len(log) * 4, dtype=np.uint64)
        prompts[: 4 * len(TEN)].reshape(-1, 4)[:, :shared] = np.arange(shared)
        sets = PromptSets(prompts, np.arange(len(log) + 1) * 4)
        assert own_content(replace(log, prompt_sets=sets)) is holds


def published(sets: list[list[int]], bystanders: Sequence[int] = ()) -> bool | None:
    log = sourced(0.0)
    held_by = [*sets, *([entity * 100 + 10_000] for entity in range(len(sets), len(log)))]
    offsets = np.cumsum([0, *map(len, held_by)])
    prompts = np.array([prompt for one in held_by for prompt in one], np.uint64)
    log = made_log(entities=len(log), content=log.content, prompt_sets=PromptSets(prompts, offsets))
    members = np.arange(len(sets) - len(bystanders))
    explained = FAMILY["semantics"].explain(log, members, np.array(bystanders, np.int64))
    return next(iter(explained)).holds


def test_a_published_set_holds_does_not_or_cannot_be_told() -> None:
    same = [[1, 2, 3, 4]] * 10
    assert published(same) is True
    own = [[10 * n, 10 * n + 1, 10 * n + 2, 10 * n + 3] for n in range(10)]
    assert published(own) is False
    # A typical account repeats a tenth and no more; it is not shown that all do.
    pairs = [[*range(100 * n, 100 * n + 9), 7777 if n < 2 else 9 + 100 * n] for n in range(10)]
    assert published(pairs) is False
    mixed = [[5555] if n < 4 else [100 * n] for n in range(10)]
    assert published(mixed) is None
    eleven = [[*range(100 * n, 100 * n + 8), 7777] for n in range(10)]
    assert published(eleven) is True
    ten = [[*range(100 * n, 100 * n + 9), 7777] for n in range(10)]
    assert published(ten) is False


def test_bystanders_repeat_too_but_are_not_asked() -> None:
    own = [[10 * n, 10 * n + 1] for n in range(10)]
    beside = [[prompt for one in own for prompt in one]]
    assert published([*own, *beside], bystanders=[10]) is True
    assert published([*own, [9999]], bystanders=[10]) is False


@pytest.mark.parametrize(("icc", "prompts", "pull", "wide"), [(0.0, 30, 0.4, False), (0.6, 4, 0.6, True)])
def test_fit_to_content_by_hand(icc: float, prompts: int, pull: float, wide: bool) -> None:
    log = sourced(icc, prompts=prompts, pull=pull)
    content, members = log.content, TEN
    centre = content.means[members].mean(axis=0)
    strength = float(centre @ centre)
    varies = float(np.var(content.means[members] @ centre / strength))
    assert (varies > 0.05) is wide
    spread = max(varies, 0.05) * strength**2
    who = np.array([0, 5, 100, 200, 201])
    content.counts[200:202] = [1, 0]
    noise = strength / np.array([prompts, prompts, prompts, 1, 1]) + spread
    by_hand = ((content.means[who] @ centre) * strength - strength**2 / 2) / noise / np.log(2)
    assert np.abs(by_hand).max() < t.MOST_BITS
    by_hand[4] = 0
    bits = FAMILY["semantics"].fit(log, members, who)
    assert bits is not None
    assert bits.tolist() == pytest.approx(by_hand.tolist(), rel=1e-3)
    assert bits[0] > 0 > bits[2]


def test_a_busy_member_rules_no_centre() -> None:
    log = sourced(0.5, prompts=4, pull=0.7)
    log.content.counts[:10] = [400, *range(1, 8), t.COUNTED_PROMPTS, t.COUNTED_PROMPTS + 1]
    weights = np.minimum(log.content.counts[:10], t.COUNTED_PROMPTS)
    centre = (log.content.means[:10] * weights[:, None]).sum(axis=0) / weights.sum()
    strength = float(centre @ centre)
    spread = max(float(np.var(log.content.means[:10] @ centre / strength)), 0.05) * strength**2
    by_hand = (log.content.means[5] @ centre * strength - strength**2 / 2) / (strength / 5 + spread) / np.log(2)
    bits = FAMILY["semantics"].fit(log, TEN, np.array([5]))
    assert bits is not None
    assert bits[0] == pytest.approx(by_hand, rel=1e-3)


def test_no_content_outweighs_the_most_bits() -> None:
    far = sourced(0.0, pull=9.0)
    far.content.means[200] *= 50
    bits = FAMILY["semantics"].fit(far, TEN, np.arange(300))
    assert bits is not None
    assert np.abs(bits).max() <= t.MOST_BITS


def test_fit_of_those_without_prompts_is_nothing() -> None:
    log = sourced(0.0)
    log.content.counts[[3, 200]] = 0
    bits = FAMILY["semantics"].fit(log, TEN, np.array([3, 200, 4]))
    assert bits is not None
    assert bits[:2].tolist() == [0, 0]
    assert bits[2] > 0
    log.content.counts[:10] = 0
    none = FAMILY["semantics"].fit(log, TEN, np.array([4, 200]))
    assert none is not None
    assert none.tolist() == [0, 0]


def test_pairs_are_compared_in_few_dimensions_without_loss() -> None:
    log = sourced(0.0)
    a, b = np.triu_indices(30, 1)
    pair = FAMILY["semantics"].pair_columns(log, a, b)
    unit_rows = log.content.unit()
    np.testing.assert_allclose(pair["cosine"], np.einsum("ij,ij->i", unit_rows[a], unit_rows[b]), atol=0.02)
    told = np.asarray(~pair["ordinary"])
    np.testing.assert_allclose(pair["z"][told], log.content.z(a, b)[told], rtol=0.05, atol=0.5)
    assert told.any()
    assert pair["ordinary"].tolist() == [
        not (unit_rows[i].any() and unit_rows[j].any()) for i, j in zip(a, b, strict=True)
    ]
    log.content.counts[4] = 0
    masked = FAMILY["semantics"].pair_columns(log, np.array([3, 3, 4]), np.array([4, 5, 6]))["cosine"]
    assert np.ma.getmaskarray(masked).tolist() == [True, False, True]


def test_many_members_are_sampled_for_the_correlation() -> None:
    # Two prompts each: a few more than half the bound is more than one pass has.
    entities = t.MOST_FOR_ICC // 2 + 1
    owner = np.repeat(np.arange(entities), 2)
    raw = np.random.default_rng(0).normal(size=(len(owner), 3)).astype(np.float32)
    content = content_of(owner, raw, np.full(entities, 2), raw[::2], raw)
    log = made_log(entities=entities, content=content)
    assert icc_of(log.content, np.arange(entities)) == icc_of(log.content, np.arange(0, entities, 2))
    exact = np.arange(entities - 1)
    assert icc_of(log.content, exact).standard_error < icc_of(log.content, exact[::2]).standard_error / 1.2


def test_quantiles() -> None:
    assert z_of(0.01) == pytest.approx(2.3263, abs=1e-3)


def test_a_family_without_shared_things_uses_defaults() -> None:
    log = log_of(texts=made_postings(3, False, 1000))
    shape = FAMILY["shape"]
    assert shape.fit(log, TEN, TEN) is None
    assert shape.acts_along(log, TEN, TEN) is None
    assert list(shape.explain(log, TEN, TEN)) == []
    assert list(shape.groups(log, least=5, seed=0)) == []
    assert shape.pair_columns(log, TEN, TEN) == {}
    assert [len(side) for side in shape.pairs(log)] == [0, 0]
    assert shape.derive(log, lambda name, also=None: (TEN, TEN.astype(np.uint64), TEN.astype(float))) is None


def test_holders_are_all_who_use_the_text_of_nearly_all() -> None:
    everybody = FAMILY["structure"].holders(log_of(texts=held([*range(10), 500, 900], range(10))), TEN)
    assert everybody.tolist() == [*range(10)]
    rare = FAMILY["structure"].holders(log_of(texts=held([*range(10), 500, 900])), TEN)
    assert rare.tolist() == [*range(10), 500, 900]
    assert len(FAMILY["structure"].holders(log_of(texts=held(range(5))), TEN)) == 0
    assert len(FAMILY["structure"].holders(without_texts(), TEN)) == 0


@pytest.mark.parametrize(("mine", "theirs", "own"), [(1.0, 1.0, True), (0.1, 0.1, True), (0.1, 0.5, False)])
def test_what_many_others_say_more_often_is_no_text_of_a_groups(mine: float, theirs: float, own: bool) -> None:
    # Twenty members and sixty others: three for each, who are not five times as many, but may say it five times as often.
    entity, group = np.arange(80), np.arange(20)
    share = np.where(entity < 20, mine, theirs)
    texts = Postings.build(entity, np.zeros(80, np.uint64), share, 1000)
    (found,) = observed("structure", log_of(texts=texts), group)
    assert (found.p_value < 1e-6) is own
