"""Whether what a group repeats is what it has in common."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest
from made_log import content_of, made_log, unit

from stillwatch.evidence import LogProfile, PromptSets, all_families
from stillwatch.evidence.repeated_part import repeats_beside, repeats_without_own_words, runs_one_set
from stillwatch.evidence.rhythm import Rhythm

ENTITIES, MEMBERS, PROMPTS, WIDTH = 300, 40, 30, 60
GROUP = np.arange(MEMBERS)
NOBODY = GROUP[:0]


def group_of(repeated: float, *, apart: float, own: float = 0.0, seed: int = 0) -> LogProfile:
    """A group that shares out a pool, whose other prompts are taken at random from a set of a few hundred.

    Args:
        repeated: share of a member's prompts that are of that set.
        apart: how far from the pool the set lies, in standard deviations of prompts.
        own: intraclass correlation of what is not repeated.
        seed: of every draw.
    """
    rng = np.random.default_rng(seed)
    owner = np.repeat(np.arange(ENTITIES), PROMPTS)
    features = rng.normal(size=(len(owner), WIDTH))
    names = np.arange(len(owner)).astype(np.uint64) + np.uint64(10_000)
    mine = owner < MEMBERS
    habits = rng.normal(size=(ENTITIES, WIDTH)) * np.sqrt(own)
    features[mine] = features[mine] * np.sqrt(1 - own) + habits[owner[mine]]
    the_set = rng.normal(size=(200, WIDTH)) + apart * np.eye(WIDTH)[0]
    taken = mine & (rng.random(len(owner)) < repeated)
    chosen = rng.integers(200, size=int(taken.sum()))
    features[taken], names[taken] = the_set[chosen], chosen
    features[mine] += 1.0
    order = np.lexsort((names, owner))
    white = features[order].astype(np.float32)
    means = np.stack([white[owner == entity].mean(axis=0) for entity in range(ENTITIES)])
    content = content_of(owner, white, np.full(ENTITIES, PROMPTS), means, white)
    held = [np.unique(names[order][owner == entity]) for entity in range(ENTITIES)]
    sets = PromptSets(np.concatenate(held), np.concatenate([[0], np.cumsum([len(one) for one in held])]))
    return replace(made_log(entities=ENTITIES, content=content, prompt_sets=sets), sampled=names[order])


def published_set(log: LogProfile) -> bool | None:
    """Whether the group is held to run a published set."""
    return next(iter(all_families()["semantics"].explain(log, GROUP, NOBODY))).holds


@pytest.mark.parametrize("seed", range(4))
def test_what_is_repeated_beside_a_pool_is_no_published_set(seed: int) -> None:
    log = group_of(0.4, apart=4, seed=seed)
    assert np.median(log.prompt_sets.repeats(GROUP)) > 0.2
    rest = repeats_beside(log, GROUP, NOBODY)
    assert rest is not None
    assert rest.same.p_value < 0.01
    assert published_set(log) is False
    # Who mostly repeats runs a set all the same.
    assert runs_one_set(log, GROUP).tolist() == (log.prompt_sets.repeats(GROUP) > 0.5).tolist()


@pytest.mark.parametrize(("days", "told"), [([9, 10], False), ([1, 4, 9, 11, 12], True)], ids=["a deadline", "a queue"])
def test_what_a_class_sends_beside_its_homework_makes_it_no_campaign_where_its_dates_move_it(
    days: list[int], told: bool
) -> None:
    """All of one group are at work in one hour of these days, beyond each one's own habit."""
    rows = np.random.default_rng(4).normal(0, 0.01, (ENTITIES, 14 * 24))
    rows[:MEMBERS, np.array(days) * 24 + 20] += 1
    log = group_of(0.4, apart=4)
    log.derived["timing"] = log.derived["timing"]._replace(rhythm=Rhythm.of(unit(rows)))
    assert published_set(log) is (False if told else None)


@pytest.mark.parametrize("seed", range(4))
def test_parts_of_one_set_are_of_one_kind_whether_they_meet_or_not(seed: int) -> None:
    log = group_of(0.4, apart=0, seed=seed)
    assert repeats_beside(log, GROUP, NOBODY) is None
    assert published_set(log) is True
    assert runs_one_set(log, GROUP).tolist() == (log.prompt_sets.repeats(GROUP) > 0.2).tolist()


@pytest.mark.parametrize(
    ("phrases", "own", "holds"), [(3, 0.0, False), (8, 0.0, False), (9, 0.0, True), (3, 0.3, True)]
)
def test_a_few_turns_of_phrase_are_no_published_set(phrases: int, own: float, holds: bool) -> None:
    """Each member carries its conversations on in the same few words, six times in thirty."""
    log = group_of(0.0, apart=0, own=own)
    assert log.sampled is not None
    rng = np.random.default_rng(9)
    names = log.sampled.copy()
    for member in GROUP:
        names[np.flatnonzero(log.content.owner == member)[:6]] = rng.integers(phrases, size=6)
    held = [np.unique(names[log.content.owner == entity]) for entity in range(ENTITIES)]
    sets = PromptSets(np.concatenate(held), np.concatenate([[0], np.cumsum([len(one) for one in held])]))
    said = replace(log, sampled=names, prompt_sets=sets)
    found = next(iter(all_families()["semantics"].explain(said, GROUP, NOBODY)))
    assert found.holds is holds
    assert (f"no set but {phrases} prompts" in found.statement) is not holds


@pytest.mark.parametrize(("phrases", "picked", "holds"), [(40, 6, None), (12, 6, True)])
def test_talk_that_many_have_beside_one_source_may_be_no_set(phrases: int, picked: int, holds: bool | None) -> None:
    """Each member carries its conversations on by six of so many turns of phrase: of forty each is sent by some of
    them, of twelve by most, as an exercise is."""
    log = group_of(0.0, apart=0)
    assert log.sampled is not None
    rng = np.random.default_rng(9)
    names = log.sampled.copy()
    for member in GROUP:
        names[np.flatnonzero(log.content.owner == member)[:picked]] = rng.choice(phrases, picked, replace=False)
    held = [np.unique(names[log.content.owner == entity]) for entity in range(ENTITIES)]
    sets = PromptSets(np.concatenate(held), np.concatenate([[0], np.cumsum([len(one) for one in held])]))
    said = replace(log, sampled=names, prompt_sets=sets)
    assert published_set(said) is holds


def test_what_is_ones_own_beside_a_set_leaves_the_set_in_common() -> None:
    log = group_of(0.4, apart=4, own=0.3)
    assert repeats_beside(log, GROUP, NOBODY) is None
    assert published_set(log) is True


def test_who_mostly_repeats_runs_the_set_whatever_stands_beside_it() -> None:
    log = group_of(0.8, apart=4)
    assert published_set(log) is True
    assert runs_one_set(log, GROUP).mean() > 0.9


def test_a_stranger_who_runs_the_set_is_told_from_those_who_repeat_beside_a_pool() -> None:
    log = group_of(0.4, apart=4)
    shares = log.prompt_sets.repeats(GROUP)
    odd = int(np.flatnonzero((shares > 0.2) & (shares <= 0.5))[0])
    # Of this one, what nobody repeats is as far from the pool as the set is.
    white = log.content.whitened.copy()
    assert log.sampled is not None
    own = (log.content.owner == odd) & (log.sampled >= 10_000)
    white[own] += 4 * np.eye(WIDTH, dtype=np.float32)[0]
    means = np.stack([white[log.content.owner == entity].mean(axis=0) for entity in range(ENTITIES)])
    moved = replace(log, content=content_of(log.content.owner, white, log.content.counts, means, white))
    assert np.flatnonzero(runs_one_set(moved, GROUP) & ~runs_one_set(log, GROUP)).tolist() == [odd]


def test_without_names_of_sampled_prompts_all_that_is_repeated_speaks() -> None:
    log = replace(group_of(0.4, apart=4), sampled=None)
    assert repeats_beside(log, GROUP, NOBODY) is None
    assert published_set(log) is True


def in_own_words(log: LogProfile, *, repeated: Sequence[int] = ()) -> LogProfile:
    """The same, where the group puts words of its own around what it does not repeat, and these of it around what they
    repeat."""
    names = np.asarray(log.sampled)
    rows = np.flatnonzero((log.content.owner < MEMBERS) & ((names >= 10_000) ^ np.isin(log.content.owner, repeated)))
    return replace(log, payload=log.content.among(rows), sampled_payload=names[rows])


@pytest.mark.parametrize("seed", range(3))
def test_what_carries_no_words_of_ones_own_is_no_published_set(seed: int) -> None:
    """Cover that repeats and is of the pool's own kind: only the words around the pool tell it."""
    log = group_of(0.4, apart=0, seed=seed)
    assert repeats_beside(log, GROUP, NOBODY) is None
    assert published_set(log) is not False
    assert runs_one_set(log, GROUP).mean() > 0.9
    told = in_own_words(log)
    assert published_set(told) is False
    assert runs_one_set(told, GROUP).tolist() == (log.prompt_sets.repeats(GROUP) > 0.5).tolist()


def test_who_puts_own_words_around_what_others_of_them_send_runs_a_set() -> None:
    log = in_own_words(group_of(0.4, apart=0), repeated=GROUP.tolist())
    assert repeats_without_own_words(log, GROUP, NOBODY) is None
    assert published_set(log) is not False
    assert runs_one_set(log, GROUP).mean() > 0.9


def test_a_matter_of_each_ones_own_in_own_words_excuses_no_repeats() -> None:
    log = in_own_words(group_of(0.4, apart=0, own=0.3))
    assert repeats_without_own_words(log, GROUP, NOBODY) is None
    few = replace(log, payload=log.content.among(np.flatnonzero(log.content.owner < MEMBERS // 2)))
    assert repeats_without_own_words(few, GROUP, NOBODY) is None


def test_one_who_runs_the_set_is_told_from_those_who_wrap_a_pool() -> None:
    log = group_of(0.4, apart=0)
    shares = log.prompt_sets.repeats(GROUP)
    odd = np.flatnonzero((shares > 0.2) & (shares <= 0.5))[:2].tolist()
    told = in_own_words(log, repeated=odd)
    assert np.flatnonzero(runs_one_set(told, GROUP) & (shares <= 0.5)).tolist() == odd


@pytest.mark.parametrize(("beside", "holds"), [("the same set", True), ("another set", False)])
def test_who_runs_another_set_beside_a_group_says_nothing_of_it(beside: str, holds: bool) -> None:
    """Each of the group has a small part of a set, and beside it are three who run one in full."""
    rng, others = np.random.default_rng(0), np.arange(MEMBERS, MEMBERS + 3)
    parts = rng.integers(1_600, size=(MEMBERS, 10))
    whole = np.arange(1_600) + (0 if beside == "the same set" else 2_000)
    held = [np.unique(parts[e]) if e < MEMBERS else whole if e in others else [5_000 + e] for e in range(ENTITIES)]
    sets = PromptSets(np.concatenate(held).astype(np.uint64), np.concatenate([[0], np.cumsum([*map(len, held)])]))
    log = replace(made_log(entities=ENTITIES), prompt_sets=sets)
    found = next(iter(all_families()["semantics"].explain(log, GROUP, others)))
    assert found.holds is holds
