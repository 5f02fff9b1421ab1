"""Weights and candidate pairs against small cases worked out by hand."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from made_exchanges import opened
from made_log import made_log

from stillwatch.engines import DuckDBEngine
from stillwatch.evidence import Example, Family, Level, LogProfile, Postings
from stillwatch.evidence import thresholds as t
from stillwatch.linking import Linker, Links, candidate_pairs
from stillwatch.linking.weights import _level_weights


@pytest.fixture(scope="module")
def engine() -> Iterator[DuckDBEngine]:
    with opened() as made:
        yield made


class Toy(Family):
    """Compares entities by whatever a test gives."""

    sees = "toys"
    side = "context"
    blind_spot = "Everything."
    examples = (Example("nothing", {}, seen=False),)

    def __init__(
        self,
        *levels: Level,
        name: str = "toy",
        columns: Mapping[str, Any] | None = None,
        proposed: Sequence[tuple[int, int]] = (),
    ) -> None:
        self.name = name  # type: ignore[misc]
        self._levels, self._columns, self._proposed = levels, columns or {}, proposed

    def levels(self, log: LogProfile) -> Sequence[Level]:
        return self._levels

    def pair_columns(self, log: LogProfile, a: Any, b: Any) -> Mapping[str, Any]:
        return {name: made(a, b) for name, made in self._columns.items()}

    def pairs(self, log: LogProfile) -> Any:
        return tuple(np.array([pair[side] for pair in self._proposed], np.int64) for side in (0, 1))

    def test(self, log: LogProfile, members: Any, null: Any, *, least: int = 5) -> Any:
        return ()


def one(level: Level, counts: list[int]) -> list[float]:
    weights: list[float] = _level_weights([level], np.array(counts)).tolist()
    return weights


# Weights.


def test_a_weight_is_log2_of_m_over_u() -> None:
    reached, none = one(Level("x", "true", 0.4, 0.1), [0, 0, 0])
    assert reached == pytest.approx(np.log2(0.4 / 0.1))
    assert none == pytest.approx(np.log2(0.6 / 0.9))


def test_u_is_measured_with_half_a_pair_added() -> None:
    reached, none = one(Level("x", "true", 0.4), [10, 89, 900])
    u = 10.5 / 100
    assert reached == pytest.approx(np.log2(0.4 / u))
    assert none == pytest.approx(np.log2(0.6 / (1 - u)))


def test_u_is_bounded_and_a_common_level_never_speaks_against() -> None:
    assert one(Level("x", "true", 0.4, 0.0), [0, 0, 0])[0] == pytest.approx(np.log2(0.4 / t.LEAST_U))
    common, none = one(Level("x", "true", 0.4), [900, 0, 0])
    assert common == 0.0
    assert none == pytest.approx(0.0)
    assert one(Level("x", "true", 0.4, 0.45), [0, 0, 0])[0] == 0.0


def test_something_is_left_for_pairs_that_reach_no_level() -> None:
    levels = [Level("a", "x", 0.6, 0.01), Level("b", "y", 0.5, 0.02)]
    assert _level_weights(levels, np.zeros(4, np.int64))[-1] == pytest.approx(np.log2(t.LEAST_REST_M / 0.97))
    often = [Level("a", "x", 0.1, 0.49), Level("b", "y", 0.1, 0.49)]
    assert _level_weights(often, np.zeros(4, np.int64))[-1] == pytest.approx(np.log2(t.LEAST_REST_M / t.LEAST_REST_U))


def test_a_level_that_says_nothing_has_no_weight() -> None:
    levels = [Level("a", "x", 0.4, 0.1), Level("says nothing", "y", None, 0.3)]
    weights = _level_weights(levels, np.zeros(4, np.int64))
    assert weights.tolist() == pytest.approx([2.0, 0.0, np.log2(0.6 / 0.9)])


def test_later_levels_are_measured_on_those_that_reached_no_stronger() -> None:
    levels = [Level("a", "x", 0.3), Level("b", "y", 0.2)]
    weights = _level_weights(levels, np.array([100, 200, 699, 5]))
    first = 100.5 / 1000
    second = 200.5 / 900 * (1 - first)
    assert weights.tolist() == pytest.approx(
        [np.log2(0.3 / first), np.log2(max(0.2, second) / second), np.log2((1 - 0.3 - 0.2) / (1 - first - second))],
        abs=0.05,
    )
    known = [Level("a", "x", 0.3, 0.25), Level("b", "y", 0.2)]
    later = _level_weights(known, np.array([0, 99, 899, 5]))
    assert later[1] == pytest.approx(np.log2(0.2 / (99.5 / 999 * 0.75)))


# Levels as SQL.


def test_a_pair_has_the_first_level_that_holds(engine: DuckDBEngine) -> None:
    values = np.array([1.0, 1.0, 3.0, 9.0, np.nan] + [0.0] * 35)
    codes = np.array([4, 4, 4, 5, 0] + [0] * 35, np.uint64)
    log = replace(made_log(entities=40, value=values, code=codes), exchanges=np.arange(1, 41))
    toy = Toy(
        Level("near", "abs(l.value - r.value) < 1 AND l.code = r.code", 0.3),
        Level("same code", "l.code = r.code", 0.2),
        Level("near enough", "abs(l.value - r.value) <= 6", 0.1),
    )
    linker = Linker(engine, log, {"toy": toy}, 0)
    a, b = np.array([0, 0, 2, 0, 3, 4, 0]), np.array([1, 2, 3, 3, 4, 5, 10])
    # Of the last three something is unknown, and nothing that is known holds, but for the last.
    assert linker._reached(a, b)["toy"].tolist() == [0, 1, 2, 3, 4, 4, 2]
    assert linker._reached(b, a)["toy"].tolist() == [0, 1, 2, 3, 4, 4, 2]


def test_levels_see_the_entities_own_times_and_volumes(engine: DuckDBEngine) -> None:
    log = made_log(entities=40)
    checks = [
        Level("exchanges", f"l.exchanges = {log.exchanges[3]} AND r.exchanges = {log.exchanges[7]}", 0.3),
        Level("first", f"l.first_seen = {log.first_seen[2]} AND r.first_seen = {log.first_seen[9]}", 0.3),
        Level("last", f"l.last_seen = {log.last_seen[1]} AND r.last_seen = {log.last_seen[8]}", 0.1),
    ]
    linker = Linker(engine, log, {"toy": Toy(*checks)}, 0)
    assert linker._reached(np.array([3, 2, 1]), np.array([7, 9, 8]))["toy"].tolist() == [0, 1, 2]


def test_pair_columns_stand_beside_their_pairs(engine: DuckDBEngine) -> None:
    def gap(a: Any, b: Any) -> Any:
        return np.ma.MaskedArray(b - a, mask=a == 5)

    log = made_log(entities=4000)
    toy = Toy(Level("far", "p.gap > 2000", 0.3), Level("one apart", "p.gap = 1", 0.2), columns={"gap": gap})
    linker = Linker(engine, log, {"toy": toy}, 0)
    rng = np.random.default_rng(0)
    a = rng.integers(0, 1900, 3000)
    b = a + rng.choice([1, 2, 2000, 2001], 3000)
    expected = np.where(a == 5, 3, np.select([b - a > 2000, b - a == 1], [0, 1], 2))
    assert linker._reached(a, b)["toy"].tolist() == expected.tolist()


def test_rates_are_those_of_random_pairs(engine: DuckDBEngine) -> None:
    log = made_log(entities=1000, half=(np.arange(1000) % 10).astype(float))
    linker = Linker(engine, log, {"toy": Toy(Level("same", "l.half = r.half", 0.4))}, 3)
    # Of two different entities one in ten is alike.
    assert linker._weights["toy"][0] == pytest.approx(np.log2(0.4 / 0.0991), abs=0.03)
    again = Linker(engine, log, {"toy": Toy(Level("same", "l.half = r.half", 0.4))}, 3)
    assert again._weights["toy"].tolist() == linker._weights["toy"].tolist()


def test_a_log_of_one_entity_has_weights_and_no_pairs(engine: DuckDBEngine) -> None:
    log = made_log(entities=1)
    linker = Linker(engine, log, {"toy": Toy(Level("same", "l.exchanges = r.exchanges", 0.4))}, 0)
    none = np.zeros(0, np.int64)
    found = linker.weigh(none, none)
    assert len(found.a) == len(found.weight) == len(found.families["toy"]) == 0


# Weighing.

PRIOR = np.log2(t.PRIOR / (1 - t.PRIOR))


def weighing(engine: DuckDBEngine, level: Level, *more: Toy) -> Linker:
    log = made_log(entities=40, x=np.array([1.0, 1.0, 2.0, np.nan] + [7.0] * 36))
    families = {toy.name: toy for toy in (Toy(level), *more)}
    return Linker(engine, log, families, 0)


def test_weights_add_up_to_the_priors_odds(engine: DuckDBEngine) -> None:
    other = Toy(Level("far", "abs(l.x - r.x) > 3", 0.3, 1e-4), name="other")
    silent = Toy(name="silent")
    linker = weighing(engine, Level("same", "l.x = r.x", 0.5, 1e-5), other, silent)
    found = linker.weigh(np.array([0, 0, 0, 0]), np.array([1, 2, 3, 9]))
    same, far = np.log2(0.5 / 1e-5), np.log2(0.3 / 1e-4)
    none, no_other = np.log2(0.5 / (1 - 1e-5)), np.log2(0.7 / (1 - 1e-4))
    assert found.b.tolist() == [1, 9], "far from matching"
    assert found.weight.tolist() == pytest.approx([PRIOR + same + no_other, PRIOR + none + far])
    assert found.families["toy"].tolist() == pytest.approx([same, none])
    assert found.families["other"].tolist() == pytest.approx([no_other, far])
    assert np.isnan(found.families["silent"]).all()
    assert found.probability.tolist() == pytest.approx((1 / (1 + 2**-found.weight)).tolist())
    assert found.without([]).tolist() == pytest.approx(found.probability.tolist())
    alone = PRIOR + same
    assert found.without(["other", "silent"])[0] == pytest.approx(1 / (1 + 2**-alone))
    assert found.likely().b.tolist() == [1]


@pytest.mark.parametrize(("above", "kept"), [(1e-6, True), (-1e-6, False)])
def test_pairs_far_from_matching_are_left_out(engine: DuckDBEngine, above: float, kept: bool) -> None:
    u = 0.5 / 2 ** (t.FAINTEST - PRIOR + above)
    found = weighing(engine, Level("same", "l.x = r.x", 0.5, u)).weigh(np.array([0]), np.array([1]))
    assert bool(len(found.a)) is kept


def links(*pairs: tuple[int, int, float]) -> Links:
    a, b, weight = (np.array(side) for side in zip(*pairs, strict=True))
    return Links(a, b, weight.astype(float), 1 / (1 + 2.0**-weight), {"toy": weight * 2.0})


def test_likely_is_more_likely_than_not() -> None:
    assert links((0, 1, 0.0), (0, 2, 0.01), (1, 2, -0.01)).likely().b.tolist() == [2]


def test_chosen_and_joined_keep_columns_together() -> None:
    first, second = links((3, 4, 1.0), (0, 1, 5.0), (2, 9, 3.0)), links((0, 1, 7.0), (0, 9, 2.0))
    some = first.chosen(np.array([True, False, True]))
    assert (some.a.tolist(), some.b.tolist(), some.weight.tolist()) == ([3, 2], [4, 9], [1.0, 3.0])
    assert some.families["toy"].tolist() == [2.0, 6.0]
    assert len(some.probability) == 2
    both = first.joined(second)
    told = {
        (a, b): (weight, toy)
        for a, b, weight, toy in zip(both.a, both.b, both.weight, both.families["toy"], strict=True)
    }
    assert told == {(3, 4): (1.0, 2.0), (0, 1): (5.0, 10.0), (2, 9): (3.0, 6.0), (0, 9): (2.0, 4.0)}
    assert both.probability.tolist() == pytest.approx((1 / (1 + 2.0**-both.weight)).tolist())


# Candidates.


def shared(*things: list[int], entities: int = 1000) -> Postings:
    entity = np.concatenate([np.array(holders) for holders in things])
    name = np.repeat(np.arange(len(things)), [len(holders) for holders in things]).astype(np.uint64)
    return Postings.build(entity, name, np.ones(len(entity)), entities)


def candidates(log: LogProfile, *families: Toy, seed: int = 0) -> list[tuple[int, int]]:
    a, b = candidate_pairs(log, families, seed)
    return list(zip(a.tolist(), b.tolist(), strict=True))


def test_candidates_share_a_scarce_thing_or_are_proposed() -> None:
    log = made_log(entities=1000)
    log = replace(
        log,
        shared={
            "hands": shared([5, 2], [7, 2, 9], list(range(100, 200)), [9, 7]),
            "text": shared([2, 5], [800, 900]),
            "none": None,
        },
    )
    families = (Toy(name="hands"), Toy(name="text", proposed=[(30, 20), (2, 5)]), Toy(name="none", proposed=[(1, 999)]))
    assert candidates(log, *families) == [(1, 999), (2, 5), (2, 7), (2, 9), (7, 9), (20, 30), (800, 900)]
    assert candidates(log) == []
    assert candidates(log, Toy(name="none")) == []


def test_many_holders_are_cut_into_blocks_by_a_seed() -> None:
    log = made_log(entities=4000)
    log = replace(log, shared={"hands": shared(list(range(60)), entities=4000)})
    found = candidates(log, Toy(name="hands"))
    assert found == sorted(set(found))
    assert all(a < b < 60 for a, b in found)
    # Two cuts into three blocks of twenty, some pairs in both.
    assert 3 * 190 < len(found) <= 2 * 3 * 190
    assert {entity for pair in found for entity in pair} == set(range(60))
    assert candidates(log, Toy(name="hands")) == found
    assert candidates(log, Toy(name="hands"), seed=1) != found
