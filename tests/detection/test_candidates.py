"""Which groups are worth testing: from links without what coordination says, from questions and from texts."""

import numpy as np
import pytest
from handmade_families import World, pairs_within, told

from stillwatch.detection.candidates import candidate_groups
from stillwatch.engines import Engine
from stillwatch.evidence.thresholds import LEAST_COHORT, LEAST_MEMBERS
from stillwatch.linking import Links

E = 60


def proposed(world: World, engine: Engine, **more: int) -> list[list[int]]:
    links = world.links(world.linker(engine))
    return [group.members.tolist() for group in candidate_groups(world.log, world.families, links, 0, **more)]


def linking(name: str, side: str, *groups: range) -> World:
    return World(E).add(told(name, side, linked=pairs_within(E, groups)))  # type: ignore[arg-type]


def test_linked_by_content_is_a_group_and_linked_by_coordination_is_none(engine: Engine) -> None:
    assert proposed(linking("topics", "content", range(6), range(20, 28)), engine) == [[*range(20, 28)], [*range(6)]]
    assert proposed(linking("manner", "context", range(6)), engine) == [[*range(6)]]
    assert proposed(linking("hands", "coordination", range(6)), engine) == []


def test_what_coordination_links_does_not_join_what_content_links(engine: Engine) -> None:
    world = linking("topics", "content", range(6), range(20, 28))
    world.add(told("hands", "coordination", linked=pairs_within(E, [range(28)])))
    assert proposed(world, engine) == [[*range(20, 28)], [*range(6)]]


@pytest.mark.parametrize("size", [LEAST_MEMBERS, LEAST_MEMBERS - 1])
def test_a_linked_group_has_a_least_size(engine: Engine, size: int) -> None:
    world = linking("topics", "content", range(size))
    assert proposed(world, engine) == ([[*range(size)]] if size == LEAST_MEMBERS else [])
    assert proposed(world, engine, least=size) == [[*range(size)]]


def test_a_pair_as_likely_as_not_is_no_link(engine: Engine) -> None:
    # A weight of no bits is a probability of one half.
    world = World(E).add(told("topics", "content", linked=pairs_within(E, [range(8)])))
    links = world.links(world.linker(engine))
    assert (links.probability > 0.5).any()
    weak = Links(links.a, links.b, np.zeros(len(links.a)), links.probability, links.families)
    assert list(candidate_groups(world.log, world.families, weak, 0)) == []


@pytest.mark.parametrize("within", [False, True])
def test_a_group_inside_a_larger_one_is_tested_where_its_family_says_so(engine: Engine, within: bool) -> None:
    world = World(E).add(told("topics", "content", groups=[range(20)]))
    world.add(told("wrappers", "content", marks=True, within=within, groups=[range(2, 12)]))
    assert proposed(world, engine) == [[*range(20)], *([[*range(2, 12)]] if within else [])]


def test_texts_propose_larger_groups_than_questions(engine: Engine) -> None:
    few, many = range(LEAST_COHORT - 1), range(20, 20 + LEAST_COHORT)
    texts = World(E).add(told("texts", "content", marks=True, groups=[few, many]))
    assert proposed(texts, engine) == [[*many]]
    assert proposed(texts, engine, cohort=2) == [[*few], [*many]]
    questions = World(E).add(told("topics", "content", groups=[few, range(30, 34), many]))
    assert proposed(questions, engine) == [[*few], [*many]]
    assert proposed(questions, engine, least=4) == [[*few], [*range(30, 34)], [*many]]


def test_acting_together_proposes_and_context_does_not(engine: Engine) -> None:
    world = World(E).add(
        told("hands", "coordination", groups=[range(10)]), told("manner", "context", groups=[range(20, 30)])
    )
    links = world.links(world.linker(engine))
    (one,) = candidate_groups(world.log, world.families, links, 0)
    assert (one.members.tolist(), one.by) == ([*range(10)], "coordination")


@pytest.mark.parametrize(("linked", "covers"), [(range(8), True), (range(7), False)])
def test_a_group_that_links_cover_to_four_fifths_is_left_out(engine: Engine, linked: range, covers: bool) -> None:
    world = linking("topics", "content", linked).add(told("texts", "content", marks=True, groups=[range(10)]))
    assert proposed(world, engine) == [[*linked], *([] if covers else [[*range(10)]])]


def test_a_group_of_two_that_are_found_already_is_covered_by_neither(engine: Engine) -> None:
    world = linking("topics", "content", range(6), range(20, 26))
    world.add(told("texts", "content", marks=True, groups=[[*range(6), *range(20, 26)]]))
    assert proposed(world, engine)[2:] == [[*range(6), *range(20, 26)]]


def test_questions_come_before_texts_and_cover_them(engine: Engine) -> None:
    texts = told("a text", "content", marks=True, groups=[range(10)])
    topics = told("topics", "content", groups=[range(9)])
    assert proposed(World(E).add(texts, topics), engine) == [[*range(9)]]


def test_texts_do_not_cover_one_another(engine: Engine) -> None:
    texts = told("texts", "content", marks=True, groups=[range(10), range(9)])
    assert proposed(World(E).add(texts), engine) == [[*range(10)], [*range(9)]]
    topics = told("topics", "content", groups=[range(10), range(9)])
    assert proposed(World(E).add(topics), engine) == [[*range(10)]]
