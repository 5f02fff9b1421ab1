"""Postings: every thing that two share makes a block, and no other does."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from stillwatch.evidence import Postings


@given(st.lists(st.tuples(st.integers(0, 19), st.integers(0, 9)), min_size=1, max_size=60, unique=True))
def test_every_shared_thing_has_a_block_and_every_block_shares_a_thing(held: list[tuple[int, int]]) -> None:
    entity, name = np.array(held).T
    # Of so many that what twenty hold is not common: common things propose nobody.
    made = Postings.build(entity, name.astype(np.uint64), np.ones(len(held)), 2_000)
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
