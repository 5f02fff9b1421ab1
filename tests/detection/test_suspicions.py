"""Groups worth asking others about: chosen by content, tested as far as few members go, none that is explained."""

import numpy as np
import pytest
from handmade_families import World, explanation, pairs_within, prompt_sets, told

from stillwatch.detection import Suspicion, suspicions
from stillwatch.engines import Engine
from stillwatch.evidence import Family
from stillwatch.evidence.one_office import OFFICE
from stillwatch.evidence.thresholds import LEAST_SUSPECTS, LEAST_TIMED

E = 80
GROUP = range(6)


def texts(p: float | dict[tuple[int, ...], float] = 1e-4, groups: list[range] | None = None) -> Family:
    return told("structure", "content", marks=True, p=p, groups=[GROUP] if groups is None else groups)


def found(world: World, engine: Engine) -> list[Suspicion]:
    links = world.links(world.linker(engine))
    return suspicions(world.log, world.families, links, draws=300, seed=0)


def test_a_group_of_one_text_is_asked_about_with_what_the_log_says_of_it(engine: Engine) -> None:
    clock = told("timing", "coordination", p=0.02)
    hands = told("infrastructure", "coordination", p=0.3)
    (one,) = found(World(E).add(texts(), clock, hands), engine)
    assert one.members.tolist() == [*GROUP]
    assert one.content_p == pytest.approx(2e-4)
    assert one.coordination_p == pytest.approx(0.04)


def test_likeness_counts_where_texts_say_nothing(engine: Engine) -> None:
    (one,) = found(World(E).add(texts(p=1.0), told("timing", "coordination", p=0.9)), engine)
    # Strangers' prompts: no likelier than any group's.
    assert 0.02 < one.content_p <= 1.0
    assert one.coordination_p == 0.9


def test_coordination_that_cannot_be_tested_says_nothing(engine: Engine) -> None:
    blind = told("infrastructure", "coordination", p=None)
    (one,) = found(World(E).add(texts(), told("timing", "coordination", p=0.02), blind), engine)
    assert one.coordination_p == pytest.approx(0.02)
    (one,) = found(World(E).add(texts(), blind), engine)
    assert one.coordination_p == 1.0
    (one,) = found(World(E).add(texts(), *(told(f"clock{n}", "coordination", p=0.7) for n in range(2))), engine)
    assert one.coordination_p == 1.0


@pytest.mark.parametrize(("size", "asked"), [(LEAST_SUSPECTS, True), (LEAST_SUSPECTS - 1, False)])
def test_two_are_enough_to_ask_about(engine: Engine, size: int, asked: bool) -> None:
    assert bool(found(World(E).add(texts(groups=[range(size)])), engine)) is asked


@pytest.mark.parametrize(
    ("name", "holds", "asked"),
    [("a class", True, False), ("a class", None, True), ("a class", False, True), (OFFICE, True, True)],
)
def test_an_explained_group_is_not_asked_about_but_one_office_may_be_part_of_a_whole(
    engine: Engine, name: str, holds: bool | None, asked: bool
) -> None:
    clock = told("timing", "coordination", explain=lambda members, beside: explanation(holds, name))
    assert bool(found(World(E).add(texts(), clock), engine)) is asked


def test_a_licence_explains_too(engine: Engine) -> None:
    licensed = np.zeros(E)
    licensed[:4] = 1
    assert found(World(E, licensed=licensed).add(texts()), engine) == []


def test_the_largest_come_first_and_then_by_members(engine: Engine) -> None:
    groups = [range(20, 24), range(4), range(30, 37), range(40, 44)]
    asked = found(World(E).add(texts(groups=groups)), engine)
    assert [one.members.tolist() for one in asked] == [
        [*range(30, 37)],
        [*range(4)],
        [*range(20, 24)],
        [*range(40, 44)],
    ]


@pytest.mark.parametrize(("first", "once"), [(2, True), (3, False)])
def test_nearly_one_group_is_asked_about_once(engine: Engine, first: int, once: bool) -> None:
    # Of the 22 that are in either, 18 are in both; of 23, 17.
    one, other = range(20), range(first, 20 + first)
    groups = told("structure", "content", marks=True, groups=[one, other])
    asked = [found.members.tolist() for found in found(World(E).add(groups), engine)]
    assert asked == ([[*one]] if once else [[*one], [*other]])


def test_those_who_repeat_one_another_are_asked_about_apart(engine: Engine) -> None:
    sets = prompt_sets(E, {e: list(range(10)) for e in range(3)})
    asked = found(World(E, prompt_sets=sets).add(texts()), engine)
    assert [one.members.tolist() for one in asked] == [[0, 1, 2], [3, 4, 5]]
    lone = prompt_sets(E, {e: list(range(10)) for e in (0, 20)})
    asked = found(World(E, prompt_sets=lone).add(texts(groups=[range(2), range(20, 22)])), engine)
    assert [one.members.tolist() for one in asked] == [[0, 1], [20, 21]]


def test_the_weights_are_means_over_the_pairs_inside(engine: Engine) -> None:
    linked = pairs_within(E, [range(3)])
    world = World(E).add(texts(), told("topics", "content", linked=linked), told("timing", "coordination"))
    (one,) = [one for one in found(world, engine) if len(one.members) == 6]
    links = world.links(world.linker(engine), GROUP)
    inside = np.isin(links.a, [*GROUP]) & np.isin(links.b, [*GROUP])
    assert one.weights["topics"] == pytest.approx(links.families["topics"][inside].mean())
    assert np.isnan(one.weights["timing"])
    assert np.isnan(one.weights["structure"])
    (alone,) = found(World(E).add(texts()), engine)
    assert np.isnan(alone.weights["structure"])


def test_the_tests_are_asked_of_three_and_more(engine: Engine) -> None:
    asked = []
    clock = told("timing", "coordination", p=0.5)
    test = clock.test

    def noted(log, members, null, *, least=5):  # type: ignore[no-untyped-def]
        asked.append(least)
        return test(log, members, null, least=least)

    clock.test = noted  # type: ignore[method-assign]
    found(World(E).add(texts(), clock), engine)
    assert asked == [LEAST_TIMED]
