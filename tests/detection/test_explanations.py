"""Each honest explanation holds, is ruled out, or cannot be told: both sides of every line, on profiles made by hand."""

from dataclasses import replace

import numpy as np
import pytest
from handmade_families import prompt_sets
from made_log import DAY, HOURS, made_content, made_log, unit

from stillwatch.core.counted import percent
from stillwatch.detection.explanations import explain
from stillwatch.evidence import (
    HOUR,
    Explanation,
    Finding,
    LogProfile,
    Moments,
    Observed,
    Postings,
    all_families,
    whiten,
)
from stillwatch.evidence.rhythm import Rhythm
from stillwatch.evidence.thresholds import LEAST_HARVEST

E = 200
DOMAIN, ADDRESS = 1, 2
GROUP = np.arange(20)
NONE = GROUP[:0]


def explained(log: LogProfile, word: str, members: np.ndarray = GROUP, beside: np.ndarray = NONE) -> Explanation:
    """The one explanation whose name has this word."""
    (found,) = [one for one in explain(log, all_families(), members, beside) if word in one.name]
    return found


def test_nine_explanations_are_considered_for_every_group() -> None:
    names = [one.name for one in explain(made_log(entities=E), all_families(), GROUP, NONE)]
    assert len(names) == len(set(names)) == 9
    assert names[-1] == "licensed distillation"
    assert all(one.statement.endswith(".") for one in explain(made_log(entities=E), all_families(), GROUP, NONE))


@pytest.mark.parametrize(("licensed", "holds"), [(11, True), (10, None), (4, None), (3, False), (0, False)])
def test_a_licence_of_more_than_half_holds_and_of_more_than_a_few_may(licensed: int, holds: bool | None) -> None:
    known = np.zeros(E)
    known[:licensed] = 1
    known[licensed : licensed + 9] = np.nan
    known[50:] = 1
    found = explained(made_log(entities=E, licensed=known), "licensed")
    assert found.holds is holds
    assert found.statement == f"Of these 20 accounts, {licensed or 'none'} have a licence on record."


# A published set.


def repeating(shared: int, each: int = 40, who: int = 20) -> LogProfile:
    """The first of the members send so many of their prompts as others of them do."""
    same = {
        e: [*range(shared), *range(1000 * (e + 1), 1000 * (e + 1) + each - shared)]
        if e < who
        else [*range(1000 * (e + 1), 1000 * (e + 1) + each)]
        for e in range(25)
    }
    return made_log(entities=E, prompt_sets=prompt_sets(E, same))


@pytest.mark.parametrize(("shared", "holds"), [(5, True), (3, False), (0, False)])
def test_a_published_set_is_what_more_than_a_tenth_repeats(shared: int, holds: bool) -> None:
    found = explained(repeating(shared), "published")
    assert found.holds is holds
    assert found.statement.startswith(f"Of a typical account's prompts, {percent(shared / 40)} are sent by others")


def test_a_published_set_of_a_few_members_cannot_be_told() -> None:
    # Eight of twenty repeat a quarter each: the median is none, the mean may be a tenth or more.
    found = explained(repeating(10, who=8), "published")
    assert found.holds is None
    assert explained(repeating(10, who=2), "published").holds is False
    assert explained(repeating(10, who=11), "published").holds is True


def test_one_member_alone_cannot_be_told() -> None:
    assert explained(repeating(0), "published", GROUP[:1]).holds is None


def test_what_members_repeat_of_bystanders_is_repeated() -> None:
    same = {e: list(range(10 * e, 10 * e + 10)) for e in range(20)} | {30: list(range(200))}
    log = made_log(entities=E, prompt_sets=prompt_sets(E, same))
    assert explained(log, "published").holds is False
    assert explained(log, "published", beside=np.array([30])).holds is True


def test_who_has_a_little_in_common_with_one_other_runs_no_set() -> None:
    # Six of forty prompts each are sent by one other of the twenty, as of a pool dealt anew in part; or by all of them.
    def dealt(first: int) -> dict[int, list[int]]:
        return {
            e: [*range(first * (e // 2), first * (e // 2) + 6), *range(1000 * (e + 1), 1000 * (e + 1) + 34)]
            for e in range(len(GROUP))
        }

    pairs, all_of_them = (made_log(entities=E, prompt_sets=prompt_sets(E, dealt(first))) for first in (6, 0))
    assert explained(pairs, "published").holds is False
    assert "none of them runs the set" in explained(pairs, "published").statement
    assert explained(all_of_them, "published").holds is True


def test_small_parts_may_be_of_a_set_or_of_a_pool() -> None:
    # Each has 40 prompts of 800 that it chose, so that a twentieth is another's and most are somebody's.
    rng = np.random.default_rng(0)
    same = {e: rng.choice(800, 40, replace=False).tolist() for e in range(len(GROUP))}
    log = made_log(entities=E, prompt_sets=prompt_sets(E, same))
    assert explained(log, "published").holds is None
    assert explained(log, "published").statement.startswith("Of a typical account's prompts, 6")


@pytest.mark.parametrize(("alike", "holds"), [(2, False), (6, True)])
def test_two_of_many_who_are_dealt_the_same_few_are_no_class(alike: int, holds: bool) -> None:
    """Of sixty accounts with four prompts of a pool each, twelve in twos or in sixes have the same."""
    rng = np.random.default_rng(3)
    few = np.arange(60)
    same = {int(e): rng.choice(300, 4, replace=False).tolist() for e in few}
    for e in range(12):
        same[e] = [1000 + 4 * (e // alike) + n for n in range(4)]
    log = made_log(entities=E, prompt_sets=prompt_sets(E, same))
    (found,) = [one for one in explain(log, all_families(), few, NONE) if "published" in one.name]
    assert found.holds is holds


def test_what_strangers_repeat_as_often_is_no_published_set() -> None:
    rng = np.random.default_rng(0)

    def popular(who: int) -> LogProfile:
        same = {e: [*rng.choice(20, 4, replace=False), *range(1000 * (e + 1), 1000 * (e + 1) + 12)] for e in range(who)}
        return made_log(entities=E, prompt_sets=prompt_sets(E, same))

    assert explained(popular(E), "published").holds is False
    assert explained(popular(len(GROUP)), "published").holds is True


@pytest.mark.parametrize(("hours", "holds"), [(3, True), (40, False)], ids=["an afternoon", "days"])
def test_a_script_spreads_an_evaluation_over_keys_in_an_afternoon_and_a_queue_runs_for_days(
    hours: int, holds: bool
) -> None:
    """All of what each sends another sends too, by one clock; nothing is known of their hands."""

    def moments(members: np.ndarray) -> Moments:
        begin = np.repeat(np.arange(hours) * HOUR, 10)
        never, owner = np.zeros(len(begin), np.bool_), np.resize(members, len(begin))
        return Moments(owner, begin, begin, never, never, np.zeros(len(begin), np.uint64))

    made = repeating(40)
    log = replace(made, moments=moments, shared={**made.shared, "infrastructure": None})
    queue = {"dispatch": Finding("dispatch", "seen", 1.0, 0.0, 1e-9, "One queue.")}
    (found,) = [e for e in explain(log, all_families(), GROUP, NONE, queue) if "published" in e.name]
    assert found.holds is holds
    assert ("over in a few hours" in found.statement) is holds


def small_parts() -> LogProfile:
    """Each sends a small part of one set."""
    rng = np.random.default_rng(0)
    same = {e: rng.choice(800, 40, replace=False).tolist() for e in range(len(GROUP))}
    return made_log(entities=E, hands=None, prompt_sets=prompt_sets(E, same))


@pytest.mark.parametrize(
    ("seen", "strangers", "holds"),
    [
        ({"infrastructure": 1e-6}, 1e-6, False),  # several payments, or several doors and one day
        ({"infrastructure": 1e-6}, 1.0, None),  # signed up together, and nothing else
        ({"timing": 1e-6}, None, None),  # a release moves them
        ({"timing": 1e-6, "infrastructure": 1e-6}, 1.0, False),
        ({"timing": 1e-6, "infrastructure": 0.01}, 1.0, None),
        ({"dispatch": 1e-6}, None, False),
    ],
)
def test_who_run_small_parts_of_a_set_are_strangers(
    seen: dict[str, float], strangers: float | None, holds: bool | None
) -> None:
    findings = {name: Finding(name, "seen", 1.0, 0.0, p, f"{name} seen.", strangers) for name, p in seen.items()}
    found = explain(small_parts(), all_families(), GROUP, NONE, findings)
    (one,) = [e for e in found if "published" in e.name]
    assert one.holds is holds
    assert all((f"{name} seen." in one.statement) is (holds is False) for name in seen)


@pytest.mark.parametrize(("strangers", "holds"), [(1.0, True), (1e-9, False)])
def test_a_class_may_be_paid_for_together_and_not_by_many_cards_of_two(strangers: float, holds: bool) -> None:
    hands = {"infrastructure": Finding("infrastructure", "seen", 1.0, 0.0, 1e-9, "Seen.", strangers)}
    (one,) = [e for e in explain(repeating(30), all_families(), GROUP, NONE, hands) if "published" in e.name]
    assert one.holds is holds


def test_an_explanation_is_ruled_out_by_the_test_that_strangers_fail_and_says_which() -> None:
    """The accounts end together; that they send as many requests each is stronger, and as true of one owner's."""
    family = all_families()["timing"]
    even = Observed(1e-12, "volumes", 0.1, 1.0, "They send as many requests each.", 1.0)
    together = Observed(1e-8, "last exchange", 1.0, 50.0, "They end together.")
    found = family.found([even, together])
    assert found.statement == even.statement
    clock = explained_by(behind({1: 60}, entities=3000), {"timing": found}, np.arange(50))
    assert clock.holds is False
    assert clock.statement.endswith("Against it speaks: They end together.")
    assert explained_by(behind({1: 60}, entities=3000), {"timing": family.found([even])}, np.arange(50)).holds is None


def explained_by(log: LogProfile, findings: dict[str, Finding], members: np.ndarray) -> Explanation:
    (one,) = [e for e in explain(log, all_families(), members, NONE, findings) if "office" in e.name]
    return one


# Content of their own.


def asking(apart: float, *, each: int = 24, members: int = 20, seed: int = 1) -> LogProfile:
    """Members of whose prompts so much of the variance is each one's own."""
    rng = np.random.default_rng(seed)
    owner = np.repeat(np.arange(E), np.where(np.arange(E) < members, each, 12))
    features = rng.normal(size=(len(owner), 40))
    own = np.isin(owner, np.arange(members))
    features[own] = features[own] * np.sqrt(1 - apart) + (rng.normal(size=(E, 40)) * np.sqrt(apart))[owner[own]]
    return made_log(entities=E, content=whiten(features.astype(np.float16), owner, E, embedded=40))


@pytest.mark.parametrize(("apart", "holds"), [(0.2, True), (0.0, False)])
def test_content_of_their_own_is_what_sets_accounts_apart(apart: float, holds: bool) -> None:
    found = explained(asking(apart), "content of their own")
    assert found.holds is holds
    assert "too small" not in found.statement


def test_content_of_a_few_prompts_cannot_be_told() -> None:
    found = explained(asking(0.0, each=3, members=8), "content of their own", GROUP[:8])
    assert found.holds is None
    assert "The samples are too small to tell: it may be anything from " in found.statement
    found = explained(asking(0.0, each=1), "content of their own")
    assert found.holds is None
    assert found.statement.startswith("Too few prompts")


@pytest.mark.parametrize(("apart", "holds"), [(0.2, True), (0.0, False)])
def test_a_closer_look_tells_what_the_sample_cannot(apart: float, holds: bool) -> None:
    members, rng = GROUP[:8], np.random.default_rng(3)

    def closer(who: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        owner = np.repeat(who, 100)
        own = rng.normal(size=(E, 40)) * np.sqrt(apart)
        raw = (own[owner] + rng.normal(size=(len(owner), 40)) * np.sqrt(1 - apart)).astype(np.float32)
        return raw, raw, owner

    known = asking(0.0, each=3, members=8)
    told = made_log(entities=E, content=known.content, closer=None)
    object.__setattr__(told, "closer", closer)
    assert explained(told, "content of their own", members).holds is holds
    # Where the sample tells, nobody looks closer.
    object.__setattr__(clear := asking(0.0), "closer", lambda who: pytest.fail("looked closer"))
    assert explained(clear, "content of their own").holds is False


# One occasion.


def on_an_occasion(
    hours: float, *, within: int = 20, requests: int = 20, size: int = 20, hands: Postings | None = None
) -> LogProfile:
    """So many members come and go within some hours of a fortnight; the others stay."""
    start, end = 400 * DAY, 414 * DAY
    first, last = np.full(E, start), np.full(E, end)
    first[:within] = 404 * DAY + np.arange(within) * 1_000_000
    last[:within] = 404 * DAY + int(hours * HOUR)
    exchanges = np.full(E, 50)
    exchanges[:size] = requests
    return made_log(
        entities=E, first_seen=first, last_seen=last, exchanges=exchanges, hands=hands,
        window_start=np.full(E, start), window_end=np.full(E, end),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("given", "holds"),
    [
        ({"hours": 35.9}, True),
        ({"hours": 36.1}, False),
        ({"hours": 5, "within": 16}, True),
        ({"hours": 5, "within": 15}, None),
        ({"hours": 5, "within": 10}, False),
        ({"hours": 5, "requests": 100}, True),
        ({"hours": 5, "requests": 101}, False),
    ],
)
def test_an_occasion_is_short_small_and_soon_over(given: dict[str, float], holds: bool) -> None:
    found = explained(on_an_occasion(**given), "occasion")  # type: ignore[arg-type]
    assert found.holds is holds
    assert "within one stretch of 36 hours, of 336 hours observed" in found.statement


@pytest.mark.parametrize(("size", "holds"), [(100, True), (101, False)])
def test_an_occasion_has_at_most_a_hundred(size: int, holds: bool) -> None:
    log = on_an_occasion(5, within=size, size=size)
    assert explained(log, "occasion", np.arange(size)).holds is holds


@pytest.mark.parametrize(("hours", "holds"), [(11.9, True), (12.1, False)])
def test_an_occasion_takes_a_quarter_of_what_was_observed_at_most(hours: float, holds: bool) -> None:
    log = on_an_occasion(hours)
    object.__setattr__(log, "window_start", np.full(E, 403 * DAY))
    object.__setattr__(log, "window_end", np.full(E, 405 * DAY))
    assert explained(log, "occasion").holds is holds


@pytest.mark.parametrize(("cards", "holds"), [(5, False), (3, False), (2, True), (1, True)])
def test_strangers_on_an_occasion_do_not_pay_by_several_payments_together(cards: int, holds: bool) -> None:
    """Twenty on five cards are no strangers; on one or two they may be a school's, or the guests of who hands them out."""
    hands = Postings.build(
        np.arange(20), np.arange(20, dtype=np.uint64) % np.uint64(cards), np.ones(20), E, kind=np.zeros(20, np.int8)
    )
    found = explained(on_an_occasion(5, hands=hands), "occasion")
    assert found.holds is holds
    assert (f"pay by {cards} payments that several of them share" in found.statement) is not holds


# One program.


def released(hours: float) -> LogProfile:
    """Twenty come at so many hours from the middle one of them on average, in a month of forty days; the others stay."""
    start, end = 400 * DAY, 440 * DAY
    first = np.full(E, start)
    first[GROUP] = 415 * DAY + np.linspace(-2, 2, len(GROUP)) * (hours * (len(GROUP) - 1) / len(GROUP)) * HOUR
    return made_log(
        entities=E, first_seen=first, last_seen=np.full(E, end), exchanges=np.full(E, 400),
        window_start=np.full(E, start), window_end=np.full(E, end),
    )  # fmt: skip


def test_users_of_one_program_share_nothing_but_when_they_came() -> None:
    found = explained(released(40), "program")
    assert found.holds is None
    assert (
        "20 began and 0 ended within what was observed, at the closest 40 hours from the middle one" in found.statement
    )
    # Who is set to work begins within hours.
    assert explained(released(11.9), "program").holds is False
    assert explained(released(12.1), "program").holds is None
    # Of forty days observed, who comes at any time lies ten from the middle one.
    assert explained(released(119), "program").holds is None
    assert explained(released(121), "program").holds is False
    # Who was there before and stays came with nobody.
    assert explained(made_log(entities=E), "program").holds is False


@pytest.mark.parametrize(
    ("family", "strangers", "holds"),
    [("timing", 1.0, None), ("timing", 1e-9, False), ("dispatch", 1.0, False), ("infrastructure", 1.0, False)],
)
def test_a_clock_a_queue_or_common_hands_are_no_programs(
    family: str, strangers: float | None, holds: bool | None
) -> None:
    """That they began or ended together is what its users do."""
    findings = {family: Finding(family, "seen", 1.0, 0.0, 1e-9, "Seen.", strangers)}
    found = explain(released(40), all_families(), GROUP, NONE, findings)
    (one,) = [e for e in found if "program" in e.name]
    assert one.holds is holds
    assert ("Seen." in one.statement) is (holds is False)


@pytest.mark.parametrize(("narrow", "nearer", "holds"), [(0.0, 1e-9, False), (0.0, 1.0, None), (3.0, 1e-9, None)])
def test_a_pool_of_all_kinds_that_could_be_swapped_is_no_programs(
    narrow: float, nearer: float, holds: bool | None
) -> None:
    """A program asks of one matter, or lets each of its users ask."""
    log = released(40)
    content = made_content(pull=narrow)
    log = replace(log, content=content)
    asked = {"semantics": Finding("semantics", "seen", 1.0, 0.0, 1e-9, "Of one source.", nearer)}
    (one,) = [e for e in explain(log, all_families(), GROUP, NONE, asked) if "program" in e.name]
    assert one.holds is holds


# One cohort.


def signed_up(apart: float, hands: Postings | None = None) -> LogProfile:
    """The members signed up so many hours after one another, strangers over a year."""
    created = np.random.default_rng(1).uniform(0, 365, E) * DAY
    created[GROUP] = 100 * DAY + apart * HOUR * np.arange(len(GROUP))
    return made_log(entities=E, sign_up=created, hands=hands)


def test_whom_nothing_ties_but_their_sign_ups_may_be_a_cohort() -> None:
    assert explained(signed_up(2), "signed up").holds is None
    assert explained(signed_up(2), "signed up").statement.startswith(
        "They signed up on average 10 hours from the middle"
    )
    # A crew is taken on over weeks, and is young beside accounts of a year; who came over half a year are strangers.
    assert explained(signed_up(100), "signed up").holds is None
    assert explained(signed_up(300), "signed up").holds is False
    assert explained(made_log(entities=E), "signed up").holds is False


def paying(cards: int, kind: int = 0) -> Postings:
    """The members share so many payments, or things of another kind, in turn."""
    return Postings.build(
        GROUP, (GROUP % cards).astype(np.uint64), np.ones(len(GROUP)), E, kind=np.full(len(GROUP), kind, np.int8)
    )


def test_a_cohort_has_a_door_or_two_in_common_and_no_payments() -> None:
    assert explained(signed_up(2, paying(5)), "signed up").holds is False
    assert explained(signed_up(2, paying(1, ADDRESS)), "signed up").holds is None
    assert explained(signed_up(2, paying(5, ADDRESS)), "signed up").holds is False
    assert explained(signed_up(2, paying(1, DOMAIN)), "signed up").holds is None


def test_a_clock_rules_a_cohort_out_and_else_its_sign_ups_show_nothing() -> None:
    clock = Finding("timing", "seen", 1.0, 0.0, 1e-6, "One clock.")
    hands = Finding("infrastructure", "seen", 1.0, 0.0, 1e-12, "One day.")
    text = Finding("semantics", "seen", 1.0, 0.0, 1e-9, "One source.")
    for acting, holds in (({"timing": clock}, False), ({}, None)):
        found = {"infrastructure": hands, "semantics": text, **acting}
        (cohort,) = (
            one for one in explain(signed_up(2), all_families(), GROUP, NONE, found) if "signed up" in one.name
        )
        assert cohort.holds is holds
    assert cohort.beside == 1.0


# One office.


def behind(doors: dict[int, int], entities: int = E, people: int = 20) -> LogProfile:
    """So many of the members have each of some things; everybody has one of their own with another."""
    entity = [*(e for _, count in doors.items() for e in range(count)), *range(entities)]
    name = [*(door for door, count in doors.items() for _ in range(count)), *(5000 + e // 2 for e in range(entities))]
    hands = Postings.build(np.array(entity), np.array(name, np.uint64), np.ones(len(entity)), entities)
    return made_log(entities=entities, hands=hands, content=made_content(entities=entities, topics=1.0))


@pytest.mark.parametrize(("count", "holds"), [(16, True), (15, False)])
def test_an_office_is_one_door_of_four_fifths(count: int, holds: bool) -> None:
    found = explained(behind({1: count}), "office")
    assert found.holds is holds
    assert f"At most {percent(count / 20)} of them have one and the same payment or" in found.statement
    assert "These 20 accounts declare no organisation in common" in found.statement


def housed(cards: int, doors: int = 0, strangers: int = 0) -> LogProfile:
    """The members pay by so many cards in turn, and send by so many addresses, whatever they pay by; so many strangers
    send by each of these too."""
    entity = [GROUP, GROUP, *(np.arange(20, 20 + strangers) for _ in range(doors))]
    name = [GROUP % cards, 100 + GROUP // max(1, len(GROUP) // max(doors, 1)) % max(doors, 1)]
    name += [np.full(strangers, 100 + door) for door in range(doors)]
    kind = [np.zeros(20, np.int8), np.full(20, ADDRESS), *(np.full(strangers, ADDRESS) for _ in range(doors))]
    kept = slice(None) if doors else slice(20)
    parts = (np.concatenate(part)[kept] for part in (entity, name, kind))
    who, what, of = parts
    hands = Postings.build(who, what.astype(np.uint64), np.ones(len(who)), E, kind=of.astype(np.int8))
    return made_log(entities=E, hands=hands)


@pytest.mark.parametrize(("cards", "houses"), [(2, 2), (4, 4), (5, 0), (10, 0)])
def test_a_few_houses_may_be_as_many_firms(cards: int, houses: int) -> None:
    """Of twenty in five houses each has four: so few claim nothing."""
    found = explained(housed(cards), "office")
    assert found.holds is (None if houses else False)
    assert (f"They fall into {houses} houses, " in found.statement) == bool(houses)


def test_addresses_across_cards_make_one_house_of_several_unless_a_carrier_gives_them() -> None:
    assert explained(housed(2, doors=5), "office").holds is False
    assert explained(housed(2, doors=5, strangers=30), "office").holds is None


@pytest.mark.parametrize(("common", "holds"), [(True, False), (False, None)])
def test_one_clock_over_several_houses_is_no_chance_and_each_firm_keeps_its_own(
    common: bool, holds: bool | None
) -> None:
    clock = Finding("timing", "seen", 1.0, 0.0, 1e-6, "One clock.")
    log = housed(2)
    rng = np.random.default_rng(4)
    waves = rng.normal(size=(1 if common else 2, HOURS))
    rhythm = rng.normal(size=(E, HOURS))
    rhythm[GROUP] += waves[GROUP % len(waves)]
    log.derived["timing"] = log.derived["timing"]._replace(rhythm=Rhythm.of(unit(rhythm)))
    (office,) = (
        one
        for one in explain(log, all_families(), GROUP, NONE, {"timing": clock})
        if one.name.startswith("one organisation")
    )
    assert office.holds is holds


@pytest.mark.parametrize(
    ("at", "cards", "holds"), [(16, 0, True), (15, 0, None), (11, 0, None), (10, 0, False), (11, 2, False)]
)
def test_of_a_crew_that_sits_in_one_place_some_may_be_at_home(at: int, cards: int, holds: bool | None) -> None:
    """Of twenty so many mostly use one address, and all pay by some cards or each for itself."""
    paid = GROUP if cards else NONE
    entity = np.concatenate([np.arange(at), paid, np.arange(E)])
    name = np.concatenate([np.zeros(at), 10 + np.arange(len(paid)) % max(cards, 1), 5000 + np.arange(E) // 2])
    kind = np.concatenate([np.full(at, ADDRESS), np.zeros(len(paid)), np.full(E, ADDRESS)])
    hands = Postings.build(
        entity.astype(np.int64), name.astype(np.uint64), np.ones(len(entity)), E, kind=kind.astype(np.int8)
    )
    log = made_log(entities=E, hands=hands, content=made_content(entities=E, topics=1.0))
    assert explained(log, "office").holds is holds


@pytest.mark.parametrize(("others", "holds"), [(0, None), (40, False)])
def test_a_mail_domain_of_nobody_else_is_a_firms_however_many_it_has(others: int, holds: bool | None) -> None:
    """Sixty of two thousand: no rare thing, and of hardly anybody else."""
    members = np.arange(60)
    who = np.arange(60 + others)
    hands = Postings.build(who, np.zeros(len(who), np.uint64), np.ones(len(who)), 2000, kind=np.full(len(who), DOMAIN))
    assert explained(made_log(entities=2000, hands=hands), "office", members).holds is holds


@pytest.mark.parametrize(("size", "days", "holds"), [(101, 2, False), (100, 2, True), (101, 20, True)])
def test_customers_of_a_framework_do_not_come_and_go_together(size: int, days: int, holds: bool) -> None:
    """Each has content of its own, of fourteen days that were observed: an occasion brings a hundred at most."""
    members = np.arange(size)
    first, last = np.full(E, 400 * DAY), np.full(E, 414 * DAY)
    first[members] = (403 if days < 14 else 400) * DAY + members * HOUR // 10
    last[members] = first[members] + min(days, 10) * DAY
    log = replace(
        asking(0.3, members=size),
        shared=dict.fromkeys(all_families()),
        first_seen=first,
        last_seen=last,
        window_start=np.full(E, 400 * DAY),
        window_end=np.full(E, 414 * DAY),
    )
    found = explained(log, "content of their own", members)
    assert found.holds is holds
    assert ("came and went together" in found.statement) == (holds is False)


@pytest.mark.parametrize(("size", "holds"), [(40, True), (41, False)])
def test_an_office_has_at_most_forty(size: int, holds: bool) -> None:
    assert explained(behind({1: size}), "office", np.arange(size)).holds is holds


def test_a_door_that_a_good_part_of_the_log_has_is_none() -> None:
    # Rare things count by share of the log; beyond it, up to an office's size.
    log = behind({1: 50}, entities=300)
    assert explained(log, "office", np.arange(20)).holds is False
    # Twenty of fifty that hold it are a part of more than an office: theirs or a reseller's cannot be told.
    assert explained(behind({1: 50}, entities=3000), "office", np.arange(20)).holds is None
    assert explained(behind({1: 40}, entities=3000), "office", np.arange(20)).holds is True


@pytest.mark.parametrize(
    ("size", "entities", "holds"), [(40, 2400, None), (41, 2400, False), (20, E, None), (30, E, None), (31, E, False)]
)
def test_without_hands_an_office_cannot_be_told_up_to_what_one_customer_is(
    size: int, entities: int, holds: bool | None
) -> None:
    found = explained(made_log(entities=entities, hands=None), "office", np.arange(size))
    assert found.holds is holds
    assert f"up to {min(40, int(0.15 * entities))} of the {entities:,} accounts may be" in found.statement


def test_hands_of_others_tell_nothing_of_a_group() -> None:
    others = np.arange(100, 140)
    hands = Postings.build(others, np.zeros(40, np.uint64), np.ones(40), E, kind=np.zeros(40, np.int8))
    hands = replace(hands, known=np.isin(np.arange(E), others))
    assert explained(made_log(entities=E, hands=hands), "office").holds is None


@pytest.mark.parametrize(
    ("different", "times", "holds"),
    [(LEAST_HARVEST - 1, 3, True), (LEAST_HARVEST, 3, False), (LEAST_HARVEST - 1, 2, False)],
)
def test_a_few_prompts_over_and_over_train_nobody(different: int, times: int, holds: bool) -> None:
    exchanges = np.full(E, 50)
    exchanges[:20] = -(-times * different // 20)
    made = prompt_sets(E, {e: range(different) for e in range(20)})
    found = explained(made_log(entities=E, exchanges=exchanges, prompt_sets=made), "a few prompts")
    assert found.holds is holds
    assert f"{different} different prompts altogether" in found.statement


def test_of_accounts_whose_prompts_are_not_known_it_is_not_said_that_they_are_few() -> None:
    log = made_log(entities=E, prompt_sets=prompt_sets(E, {e: [] for e in range(E)}))
    assert explained(log, "a few prompts").holds is False


def test_the_content_of_strangers_is_each_ones_own_or_cannot_be_told() -> None:
    # Prompts without any structure: nothing sets accounts apart.
    assert explained(made_log(entities=E, content=made_content(2, entities=E, each=40)), "own").holds is False
