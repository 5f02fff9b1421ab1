"""Postings, content and match weights: what strangers share says little, what few share says much."""

import duckdb
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stillwatch.campaigns import Content, Entities, Postings, Traits, link, nearest, whiten
from stillwatch.tables import FAMILIES

E = 2400
GROUP = np.arange(20)


def entities(seed: int = 0) -> Entities:
    rng = np.random.default_rng(seed)
    return Entities(
        exchanges=np.maximum(1, rng.lognormal(3, 1.2, E)).astype(np.int64),
        accounts=np.ones(E, np.int64),
        first_seen=rng.integers(0, 10**11, E),
        last_seen=rng.integers(5 * 10**11, 6 * 10**11, E),
        created=rng.uniform(-1e13, 0, E),
        parameters=rng.integers(1, 9, E).astype(np.uint64),
        agent=rng.integers(1, 40, E).astype(np.uint64),
        tls=rng.integers(1, 12, E).astype(np.uint64),
        licensed=np.zeros(E, np.bool_),
    )


def content(seed: int = 0, pull: float = 0.0) -> Content:
    rng = np.random.default_rng(seed)
    owner = np.repeat(np.arange(E), 12)
    features = rng.normal(size=(len(owner), 40))
    features[np.isin(owner, GROUP)] += pull * rng.normal(size=40)
    return whiten(features.astype(np.float16), owner, E, embedded=20)


def postings(seed: int, shared: bool) -> Postings:
    rng = np.random.default_rng(seed)
    entity, name = np.divmod(np.unique(rng.integers(0, E * 500, 4 * E)), 500)
    if shared:
        entity = np.concatenate([entity, GROUP])
        name = np.concatenate([name, np.full(len(GROUP), 900)])
    return Postings.build(entity, name.astype(np.uint64), np.ones(len(entity)), E)


def pairs() -> tuple[np.ndarray, np.ndarray]:
    a, b = np.triu_indices(60, 1)
    return a.astype(np.int64), b.astype(np.int64)


def test_links_join_those_who_share_text_source_and_hands() -> None:
    traits = Traits(entities(), content(pull=1.2), postings(1, True), postings(2, True), np.zeros((E, 4), np.float32))
    with duckdb.connect() as connection:
        links = link(traits, *pairs(), connection, seed=0).likely()
    inside = np.isin(links.a, GROUP) & np.isin(links.b, GROUP)
    assert len(np.union1d(links.a[inside], links.b[inside])) >= 18
    assert inside.mean() > 0.95
    total = np.log2(1e-4 / (1 - 1e-4)) + sum(np.nan_to_num(links.families[family]) for family in FAMILIES)
    np.testing.assert_allclose(total, links.weight, atol=1e-6)


def test_strangers_are_not_linked() -> None:
    traits = Traits(entities(), content(), postings(1, False), postings(2, False), np.zeros((E, 4), np.float32))
    with duckdb.connect() as connection:
        assert len(link(traits, *pairs(), connection, seed=0).likely().a) <= 2


def test_a_log_without_origin_says_nothing_of_infrastructure() -> None:
    traits = Traits(entities(), content(pull=1.2), postings(1, True), None, np.zeros((E, 4), np.float32))
    with duckdb.connect() as connection:
        links = link(traits, *pairs(), connection, seed=0).likely()
    assert len(links.a) > 0
    assert np.isnan(links.families["infrastructure"]).all()


def test_those_who_ask_alike_are_nearest() -> None:
    found = nearest(content(pull=1.2))
    assert np.isin(found.a, GROUP).all()
    assert np.isin(found.b, GROUP).all()
    assert len(found.a) > 150
    assert len(nearest(content()).a) == 0


def test_z_of_strangers_is_standard_normal() -> None:
    mine = content(3)
    rng = np.random.default_rng(0)
    a, b = rng.integers(0, E, (2, 20_000))
    z = mine.z(a[a != b], b[a != b])
    assert abs(float(z.mean())) < 0.05
    assert float(z.std()) == pytest.approx(1.0, abs=0.12)


@given(st.lists(st.tuples(st.integers(0, 19), st.integers(0, 9)), min_size=1, max_size=60, unique=True))
def test_every_shared_thing_has_a_block_and_every_block_shares_a_thing(held: list[tuple[int, int]]) -> None:
    entity, name = np.array(held).T
    made = Postings.build(entity, name.astype(np.uint64), np.ones(len(held)), 400)
    by_thing = {n: {e for e, m in held if m == n} for n in name.tolist()}
    expected = {frozenset(holders) for holders in by_thing.values() if len(holders) > 1}
    assert {frozenset(block.tolist()) for block in made.blocks(np.random.default_rng(0))} == expected
    assert sorted(made.holders.tolist()) == sorted(len(h) for h in by_thing.values() if len(h) > 1)


def test_a_thing_with_many_holders_is_cut_into_blocks_that_stay_connected() -> None:
    made = Postings.build(np.arange(55), np.zeros(55, np.uint64), np.ones(55), 10_000)
    blocks = made.blocks(np.random.default_rng(1))
    assert max(len(block) for block in blocks) <= 24
    reached = set(blocks[0].tolist())
    for _ in range(10):
        for block in blocks:
            if reached & set(block.tolist()):
                reached |= set(block.tolist())
    assert reached == set(range(55))
