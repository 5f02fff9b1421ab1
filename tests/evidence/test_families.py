"""What the families' tests see, and that they see nothing where nothing is."""

from dataclasses import replace

import numpy as np
import pytest
from made_log import GROUP, HOURS, E, made_log, unit

from stillwatch.detection import Background
from stillwatch.evidence import Content, Finding, LogProfile, Postings, all_families, whiten
from stillwatch.evidence.signature import senders
from stillwatch.evidence.thresholds import FILLED

FAMILY = all_families()


def found(family: str, log: LogProfile, members: np.ndarray = GROUP) -> Finding:
    return FAMILY[family].find(log, members, Background(log, 2000, 0))


@pytest.mark.parametrize(("pattern", "says"), [("together", "speed up and pause together"), ("turns", "take turns")])
def test_timing_sees_accounts_that_act_by_one_clock(pattern: str, says: str) -> None:
    rhythm = np.random.default_rng(6).normal(size=(E, HOURS))
    if pattern == "together":
        rhythm[GROUP] += np.random.default_rng(7).normal(size=HOURS)
    else:
        # Whatever one account does more in an hour, the others do less.
        rhythm[GROUP] -= rhythm[GROUP].mean(axis=0)
    seen = found("timing", made_log(residuals=unit(rhythm)))
    assert seen.p_value < 1e-4
    assert says in seen.statement


def test_timing_sees_nothing_among_strangers() -> None:
    log = made_log()
    p = [found("timing", log, np.arange(start, start + 20)).p_value for start in range(0, 600, 20)]
    assert min(p) > 1e-3
    assert np.mean(np.array(p) <= 0.1) <= 0.3


def test_purpose_sees_settings_as_well_as_wording() -> None:
    habits = np.full((E, len(FAMILY["purpose"].wordings) + 3), np.nan, np.float32)
    habits[:, -3] = np.random.default_rng(8).binomial(10, 0.02, size=E) / 10
    habits[GROUP, -3] = 1.0
    seen = found("purpose", made_log(habits=habits))
    assert seen.p_value < 1e-4
    assert seen.statement.startswith("Of these accounts' requests, 100 % ask for log-probabilities;")


def test_keeping_hours_of_ones_own_is_not_taking_turns() -> None:
    rng = np.random.default_rng(9)
    rhythm = rng.normal(size=(E, HOURS)) + 0.5 * rng.normal(size=HOURS)
    # What moves everybody else does not move the group.
    rhythm[GROUP] = rng.normal(size=(len(GROUP), HOURS))
    assert found("timing", made_log(residuals=unit(rhythm))).p_value > 0.01


@pytest.mark.parametrize(("elsewhere", "seen"), [(0.03, True), (0.1, False), (0.4, False)])
def test_a_text_that_many_others_have_is_no_groups_own(elsewhere: float, seen: bool) -> None:
    rng = np.random.default_rng(10)
    holders = np.concatenate([GROUP, 20 + np.flatnonzero(rng.random(E - 20) < elsewhere)])
    texts = Postings.build(holders, np.full(len(holders), 7, np.uint64), np.ones(len(holders)), E)
    assert (found("structure", made_log(texts=texts)).p_value < 1e-4) == seen


@pytest.mark.parametrize(("sharing", "seen"), [(0.01, True), (0.9, False)])
def test_hands_that_most_strangers_share_are_no_groups_own(sharing: float, seen: bool) -> None:
    rng = np.random.default_rng(11)
    some = 20 + np.flatnonzero(rng.random(E - 20) < sharing)
    # Offices of eight with a door each; the group's twenty have three.
    entity, door = np.concatenate([some, GROUP]), np.concatenate([np.arange(len(some)) // 8, 5_000 + GROUP // 8])
    hands = Postings.build(entity, door.astype(np.uint64), np.ones(len(entity)), E)
    everyone = np.concatenate([GROUP, rng.permutation(some)[:380]])
    members = np.sort(GROUP if seen else everyone)
    assert (found("infrastructure", made_log(hands=hands), members).p_value < 1e-4) == seen


def asked_by_others_too(others: int) -> Content:
    """The group, and so many others, ask of one matter."""
    rng = np.random.default_rng(12)
    owner = np.repeat(np.arange(E), 12)
    features = rng.normal(size=(len(owner), 40))
    features[owner < len(GROUP) + others] += 1.5 * rng.normal(size=40)
    return whiten(features.astype(np.float16), owner, E, embedded=20)


@pytest.mark.parametrize("others", [0, 400])
def test_who_asks_as_many_others_do_is_of_no_one_source(others: int) -> None:
    # People talk of one kind of thing, machines of others; a reseller's customers are people.
    log = made_log(content=asked_by_others_too(others))
    assert (found("semantics", log).among_strangers < 0.1) == (others == 0)


@pytest.mark.parametrize("text", [True, False])
def test_who_sends_a_groups_text_is_no_stranger_who_asks_as_it_does(text: bool) -> None:
    """A third of a campaign was set aside; it is no sign that people ask what the rest asks."""
    who = np.arange(len(GROUP) + (10 if text else 0))
    texts = Postings.build(who, np.full(len(who), 7, np.uint64), np.ones(len(who)), E)
    log = made_log(content=asked_by_others_too(10), texts=texts)
    assert (found("semantics", log).among_strangers < 0.1) == text


@pytest.mark.parametrize("of_case", [True, False])
def test_who_was_convicted_with_a_group_and_left_it_is_no_stranger_who_asks_as_it_does(of_case: bool) -> None:
    log = made_log(content=asked_by_others_too(10))
    case = np.arange(len(GROUP) + 10) if of_case else None
    background = Background(log, 2000, 0).beside(np.zeros(E, np.bool_), of_case=case)
    assert (FAMILY["semantics"].find(log, GROUP, background).among_strangers < 0.1) == of_case


@pytest.mark.parametrize("text", [True, False])
def test_cover_is_what_people_ask_and_a_text_tells_what_is_beside_it(text: bool) -> None:
    """Most of what each member asks is people's; what it sends with the group's own text is nobody's."""
    rng = np.random.default_rng(13)
    owner = np.repeat(np.arange(E), 60)
    features = rng.normal(size=(len(owner), 40))
    features[owner < len(GROUP) + 400] += 3.0 * rng.normal(size=40)
    carrying = (owner < len(GROUP)) & (np.arange(len(owner)) % 5 == 0)
    features[carrying] = rng.normal(size=(int(carrying.sum()), 40)) + rng.normal(size=40)
    content = whiten(features.astype(np.float16), owner, E, embedded=20)
    texts = Postings.build(GROUP, np.full(len(GROUP), 7, np.uint64), np.full(len(GROUP), 0.5), E)
    part = content.among(np.flatnonzero(carrying))
    log = replace(made_log(content=content, texts=texts), carrying=(lambda some, named: part) if text else None)
    assert (found("semantics", log).among_strangers < 0.1) == text


def test_who_is_filled_by_a_groups_text_is_told_from_who_passes_by() -> None:
    who = np.concatenate([GROUP, [30, 31, 32]])
    share = np.concatenate([np.ones(len(GROUP)), [0.2, 0.19, 1.0]])
    log = made_log(texts=Postings.build(who, np.full(len(who), 7, np.uint64), share, E))
    assert senders(log, GROUP, min(FILLED)).tolist() == [*GROUP, 30, 32]
    assert senders(made_log(), GROUP, min(FILLED)).tolist() == []
