"""Accounts beside a stream: who carries their source, and when that makes a group of them a campaign."""

import numpy as np
import numpy.typing as npt
import pytest
from handmade_families import World, bits_for, explanation, members, pairs_within, prompt_sets, told
from hypothesis import given
from hypothesis import strategies as st

from stillwatch.detection import BesideStream
from stillwatch.detection.beside_streams import dealt_evenly
from stillwatch.engines import Engine
from stillwatch.evidence import Explanation, Observed, Toward
from stillwatch.evidence.stream_thresholds import LEAST_CARRIED

E = 60
CREW, REST = np.arange(6), np.arange(6, 50)


def toward(like: npt.NDArray[np.bool_], by_account: float = 0.0) -> Toward:
    return Toward((0.001,), like, 0.02, by_account)


@given(st.integers(0, 2**32 - 1), st.integers(24, 80), st.floats(0.05, 0.1), st.floats(0.0, 0.6))
def test_what_is_dealt_out_over_all_is_there_without_those_who_carry_most(
    seed: int, accounts: int, beyond: float, spread: float
) -> None:
    rng = np.random.default_rng(seed)
    volume = np.exp(rng.normal(0, spread, accounts))
    owner = rng.choice(accounts, 1500, p=volume / volume.sum())
    assert dealt_evenly(toward(rng.random(1500) < 0.02 + beyond), owner) > LEAST_CARRIED


@given(st.integers(0, 2**32 - 1), st.integers(80, 200))
def test_interest_of_some_does_not_hide_what_is_dealt_out_over_all(seed: int, accounts: int) -> None:
    """One in ten of people at large asks of a like matter again and again, others hardly ever; so do a relay's."""
    rng = np.random.default_rng(seed)
    scatter = 0.1
    interest = rng.beta(0.02 * (1 - scatter) / scatter, 0.98 * (1 - scatter) / scatter, accounts)
    owner = rng.integers(accounts, size=3000)
    asked = rng.random(3000) < interest[owner]
    assert dealt_evenly(toward(asked | (rng.random(3000) < 0.08), by_account=scatter), owner) > LEAST_CARRIED


@given(st.integers(0, 2**32 - 1), st.integers(24, 80), st.floats(0.3, 0.45))
def test_what_a_few_send_is_not(seed: int, accounts: int, theirs: float) -> None:
    rng, owner = np.random.default_rng(seed), np.arange(1500) % accounts
    like = rng.random(1500) < np.where(owner < accounts // 10, theirs, 0.02)
    assert dealt_evenly(toward(like), owner) < LEAST_CARRIED


def test_where_nothing_is_carried_nothing_is_dealt() -> None:
    assert dealt_evenly(toward(np.zeros((2, 50), np.bool_)), np.arange(100).reshape(2, 50) % 10) == 0.0


def world(*, holds: bool | None = False, content: float = 1e-6) -> World:
    return World(E).add(
        told("texts", "content", p={tuple(CREW.tolist()): content}, explain=lambda inside, beside: explanation(holds)),
        told("dispatch", "coordination", p=1.0),
    )


def beside(p_value: float) -> list[BesideStream]:
    return [BesideStream(CREW, REST, Observed(p_value, "share", 0.1, 0.02, "Others send it too."))]


def test_what_others_carry_convicts_a_group_that_asks_from_one_source(engine: Engine) -> None:
    assert members(world().decide(engine)) == []
    (case,) = world().decide(engine, beside=beside(1e-9)).campaigns
    assert (case.members.tolist(), case.bystanders.tolist()) == (CREW.tolist(), REST.tolist())
    assert [one.statement for one in case.findings if one.family == "dispatch"] == ["Others send it too."]


@pytest.mark.parametrize(
    ("holds", "content", "carried"), [(True, 1e-6, 1e-9), (None, 1e-6, 1e-9), (False, 0.2, 1e-9), (False, 1e-6, 0.2)]
)
def test_it_convicts_nobody_who_is_explained_or_has_nothing_in_common_or_whose_source_nobody_carries(
    holds: bool | None, content: float, carried: float, engine: Engine
) -> None:
    made = world(holds=holds, content=content)
    assert members(made.decide(engine, beside=beside(carried))) == []


@pytest.mark.parametrize(("homework", "found"), [(range(0), [CREW.tolist()]), (range(5), [])])
def test_what_others_send_letter_for_letter_speaks_against_no_honest_explanation(
    homework: range, found: list[list[int]], engine: Engine
) -> None:
    """A class sits behind one address, and half of what each of it sends is the homework."""
    held = {e: [*homework, *range(1_000 * (e + 1), 1_000 * (e + 1) + 10 - len(homework))] for e in (*CREW, *REST)}
    a_set = Explanation("a set", "What each runs.", None, contradicted_by=("dispatch",))
    made = World(E, prompt_sets=prompt_sets(E, held)).add(
        told("texts", "content", p={tuple(CREW.tolist()): 1e-6}, explain=lambda inside, beside: a_set),
        told("dispatch", "coordination", p=1.0),
    )
    assert members(made.decide(engine, beside=beside(1e-9))) == found


@pytest.mark.parametrize(("whole", "found"), [(1e-12, [*range(10)]), (0.4, [*range(6)])])
def test_nobody_belongs_to_two_campaigns(whole: float, found: list[int], engine: Engine) -> None:
    wider = tuple(range(10))
    says = {wider: whole, tuple(CREW.tolist()): 1e-6}
    bits = bits_for(E, wider, 9.0)
    made = World(E).add(
        told("texts", "content", p=says, bits=bits, linked=pairs_within(E, [wider])),
        told("dispatch", "coordination", p={wider: whole}, along=wider),
        told("reasons", "context", explain=lambda inside, beside: explanation(False)),
    )
    assert members(made.decide(engine, beside=beside(1e-9))) == [found]
