"""One source of questions behind words of each account's own: seen, told from others, and never by itself a reason."""

from dataclasses import replace

import numpy as np
import pytest
from made_exchanges import ORDINARY, World, members
from made_log import GROUP, made_log

from stillwatch.detection import Background
from stillwatch.evidence import Content, LogProfile, all_families
from stillwatch.evidence.icc import departure, icc_of

PAYLOAD = all_families()["payload"]
E, WIDTH, EMBEDDED = 400, 90, 70


def payloads(
    *,
    wrapped: int = 120,
    pull: float = 1.0,
    own: float = 0.6,
    apart: int = 0,
    seed: int = 0,
    prompts: int = 20,
    entities: int = E,
) -> Content:
    """Payloads of the first accounts: GROUP asks of one matter, all others each of their own; ``apart`` of GROUP have
    matters of their own beside it."""
    rng = np.random.default_rng(seed)
    owner = np.repeat(np.arange(wrapped), prompts)
    theirs = own * rng.normal(size=(wrapped, WIDTH))
    theirs[GROUP] = pull * rng.normal(size=WIDTH)
    theirs[GROUP[:apart]] += 0.4 * rng.normal(size=(apart, WIDTH))
    whitened = (theirs[owner] + rng.normal(size=(len(owner), WIDTH))).astype(np.float32)
    counts = np.bincount(owner, minlength=entities)
    means = np.zeros((entities, WIDTH), np.float32)
    means[:wrapped] = np.add.reduceat(whitened, np.arange(0, len(owner), prompts)) / prompts
    return Content(owner, whitened, counts, means, whitened[:, :EMBEDDED])


def log_of(payload: Content) -> LogProfile:
    means = np.random.default_rng(9).normal(scale=0.25, size=(E, WIDTH)).astype(np.float32)
    content = replace(payload, counts=np.full(E, 16), means=means)
    return replace(made_log(entities=E, content=content), payload=payload)


def p(log: LogProfile, who: np.ndarray) -> float:
    return PAYLOAD.find(log, who, Background(log, 400, 0)).p_value


def test_one_source_behind_wrappers_is_seen() -> None:
    log = log_of(payloads())
    assert p(log, GROUP) < 1e-4
    assert p(log, np.arange(30, 50)) > 0.5


def test_each_with_matters_of_its_own_is_no_source() -> None:
    assert p(log_of(payloads(apart=20)), GROUP) > 0.5


def test_what_everybody_asks_is_no_source_however_interchangeable() -> None:
    # Applications that forward ordinary talk in words of their own.
    log = log_of(payloads(pull=0.0, own=0.0))
    assert icc_of(log.payload, GROUP).p_value < 1e-3
    assert p(log, GROUP) > 0.01


@pytest.mark.parametrize(("without", "tested"), [(5, True), (6, False)])
def test_four_fifths_must_send_words_of_their_own(without: int, tested: bool) -> None:
    who = np.append(GROUP, np.arange(200, 200 + without))
    found = PAYLOAD.find(log_of(payloads()), who, Background(log_of(payloads()), 400, 0))
    assert found.tested is tested


def test_groups_are_found_without_those_who_depart() -> None:
    log = log_of(payloads(pull=0.3, own=0.1, apart=2))
    (group,) = [group for group in PAYLOAD.groups(log, least=5, seed=0) if np.isin(GROUP, group).sum() > 5]
    assert np.array_equal(group[np.isin(group, GROUP)], GROUP[2:])
    assert len(group) <= len(GROUP)


def test_a_group_within_a_larger_one_is_worth_a_look() -> None:
    assert PAYLOAD.within
    assert not any(family.within for name, family in all_families().items() if name != "payload")


def test_departure_grows_with_what_is_ones_own() -> None:
    payload = payloads(apart=1)
    away = departure(payload, GROUP, GROUP)
    assert away[0] > 8
    assert np.abs(away[1:]).max() < 5
    assert np.all(departure(payload, GROUP[1:], np.arange(30, 60)) > 5)
    assert departure(payload, GROUP, np.array([200])).tolist() == [0.0]


def test_departure_of_equals_is_about_standard() -> None:
    away = np.concatenate([departure(payloads(seed=seed), GROUP, GROUP) for seed in range(20)])
    assert abs(away.mean()) < 0.3
    assert 0.7 < away.std() < 1.4


def test_it_keeps_whom_it_found_and_recruits_nobody() -> None:
    log = log_of(payloads(apart=1))
    first, rest = GROUP[1:10], GROUP[10:]
    assert PAYLOAD.fit(log, first, first).min() >= 4  # type: ignore[union-attr]
    assert PAYLOAD.fit(log, first, rest).max() <= 2  # type: ignore[union-attr]
    departed, bare = PAYLOAD.fit(log, first, np.array([0, 300]))  # type: ignore[misc]
    assert departed == bare == -12


def test_a_group_without_wrappers_is_held_against_nobody() -> None:
    log = log_of(payloads())
    assert PAYLOAD.fit(log, np.arange(200, 220), np.arange(E)).tolist() == [0.0] * E  # type: ignore[union-attr]


def test_a_closer_look_is_taken_where_the_sample_leaves_it_open() -> None:
    few, many = payloads(prompts=6, seed=3), payloads(prompts=60, seed=3)
    asked = []

    def closer(who: np.ndarray) -> Content:
        asked.append(who)
        return many

    log = replace(log_of(few), closer_payload=closer)
    assert p(log_of(few), GROUP) > 1e-4 >= p(log, GROUP)
    assert len(asked) == 1
    assert p(replace(log_of(many), closer_payload=closer), GROUP) < 1e-4
    assert len(asked) == 1


@pytest.mark.parametrize(("apart", "seen"), [(4, True), (5, False)])
def test_a_closer_look_leaves_out_a_fifth_at_most(apart: int, seen: bool) -> None:
    few, many = payloads(prompts=6, seed=3), payloads(prompts=60, apart=apart, seed=3)
    assert (p(replace(log_of(few), closer_payload=lambda _: many), GROUP) < 1e-4) is seen


def test_a_closer_look_that_tells_less_than_the_sample_changes_nothing() -> None:
    few, fewer = payloads(prompts=6, seed=3), payloads(prompts=1, seed=3)
    assert p(replace(log_of(few), closer_payload=lambda _: fewer), GROUP) == p(log_of(few), GROUP)


def test_it_rules_out_content_of_each_ones_own() -> None:
    semantics = all_families()["semantics"]
    own = next(one for one in semantics.explain(made_log(entities=E), GROUP, GROUP[:0]) if "each with" in one.name)
    assert own.contradicted_by == ("payload",)


def test_cover_and_wrappers_hide_nothing() -> None:
    """A quarter of what each of the twelve sends is talk of its own, the rest one pool in a wrapper of its own."""
    (seen, _) = PAYLOAD.examples
    ask = seen.columns["prompt"]

    def wrapped(rng: np.random.Generator, account: int, row: int) -> str:
        if row % 4:
            return str(ask(rng, account, row))
        letters = [letter * (account + 2) for letter in "bcdfghjklmnpqrst"]
        return " ".join(rng.choice(letters, 12))

    log = World().with_columns({"prompt": wrapped}).log()
    null = Background(log, 600, 0)
    assert np.all(log.payload.counts[members(log)] > 0)
    assert np.mean(log.payload.counts[:ORDINARY] > 0) < 0.05
    assert PAYLOAD.find(log, members(log), null).p_value < 0.01
    assert all_families()["semantics"].find(log, members(log), null).p_value > 0.01
