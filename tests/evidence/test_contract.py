"""What holds of every family of evidence: the suite that a new one must pass, whoever wrote it.

A family is asked through the interface of ``evidence.base`` alone, on a log of 300 ordinary accounts and twelve that
its own examples describe (``made_exchanges``).
"""

import copy
import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from contract import (
    DRAWS,
    EVERY,
    EVERY_EXAMPLE,
    EVERY_SEEN,
    FAMILIES,
    all_lost,
    example_log,
    found,
    groups,
    ordinary,
    shown,
)
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from made_exchanges import ORDINARY, TWELVE, World, members, opened

from stillwatch.detection import Background
from stillwatch.engines import DuckDBEngine
from stillwatch.evidence import Example, Family, Finding, LogProfile, Observed
from stillwatch.linking import Linker
from stillwatch.profiles import account_table, build_profile, count_tables, merge_accounts, merge_counts
from stillwatch.tables import ACCOUNT_FILE, EXCHANGES


def observed(family: Family, log: LogProfile, who: np.ndarray) -> list[Observed]:
    return list(family.test(log, who, Background(log, DRAWS, 0)))


# A family says what it is.


@EVERY
def test_a_family_declares_itself(family: Family) -> None:
    assert family.name.isidentifier()
    assert family.name == family.name.lower()
    assert family.name not in {"account_a", "account_b", "match_weight", "match_probability"}
    assert family.sees.strip()
    assert family.side in ("content", "coordination", "context")
    assert family.blind_spot.endswith(".")
    assert family.reads
    assert set(family.reads) <= set(EXCHANGES.names)
    assert set(family.needs) <= set(family.reads)
    assert {True, False} <= {example.seen for example in family.examples}
    for name, value in family.values.items():
        assert name.isidentifier()
        assert value.merge in ("sum", "min", "max")
    for name, count in family.counts.items():
        assert name.isidentifier()
        assert count.source in ("exchanges", "account", "sketches", "template_use")
    for wording in family.wordings:
        assert wording.says.strip()


@EVERY
def test_a_family_reads_what_it_says_it_reads(family: Family) -> None:
    told = [value.sql for value in family.values.values()]
    told += [count.sql for count in family.counts.values() if count.source in ("exchanges", "account")]
    in_sql = {word for sql in told for word in re.findall(r"[a-z_]+", re.sub(r"'[^']*'", "", sql))} & {*EXCHANGES.names}
    assert in_sql <= set(family.reads)
    # The profile reads these, and sketches them, for everybody.
    sketched = {"prompt", "system", "time", "client_address", "messages", "response"}
    assert set(family.reads) - in_sql <= sketched | {"latency_ms", "status"}


@EVERY
def test_examples_set_columns_that_a_log_has(family: Family) -> None:
    for example in family.examples:
        assert set(example.columns) <= {*EXCHANGES.names, "hours_from_start"}
        assert not example.seen or example.columns, "what is seen must differ from everybody"
        assert not example.says.endswith(".")


# It sees what it says it sees.


@EVERY_EXAMPLE
def test_an_example_holds(family: Family, example: Example) -> None:
    seen = found(family, shown(family, example))
    assert (seen.p_value <= 0.01) is example.seen, seen


@EVERY
def test_ordinary_accounts_are_not_seen(family: Family) -> None:
    p = [found(family, ordinary(), group).p_value for group in groups(ordinary(), 12)]
    assert min(p) > 1e-3
    assert np.mean(np.array(p) <= 0.05) <= 0.25


@EVERY_EXAMPLE
def test_an_observation_is_a_probability_and_a_plain_sentence(family: Family, example: Example) -> None:
    log = shown(family, example)
    for who in (members(log), *groups(log, 2)):
        seen: list[Observed | Finding] = [*observed(family, log, who), found(family, log, who)]
        for one in seen:
            assert 0.0 <= one.p_value <= 1.0
            assert one.statement[0].isupper() or one.statement[0].isdigit()
            assert one.statement.endswith(".")
            assert len(one.statement.split()) >= 3
            assert "nan" not in one.statement.lower().split()
            assert one.statistic


@EVERY_SEEN
def test_a_finding_is_the_strongest_test_times_their_number(family: Family, example: Example) -> None:
    log = shown(family, example)
    each = observed(family, log, members(log))
    best = min(each, key=lambda one: one.p_value)
    seen = found(family, log)
    assert seen.p_value == pytest.approx(min(1.0, best.p_value * len(each)))
    assert (seen.statistic, seen.value, seen.background, seen.statement) == best[1:5]
    apart = min(one.p_value if one.p_strangers is None else one.p_strangers for one in each)
    told = best.p_value if best.p_strangers is None else apart
    assert seen.among_strangers == pytest.approx(min(1.0, told * len(each)))
    assert seen.among_strangers >= seen.p_value
    assert seen.tested


# It says the same whenever it is asked.


@EVERY_SEEN
def test_the_same_question_has_the_same_answer(family: Family, example: Example) -> None:
    log = shown(family, example)
    before = copy.deepcopy({name: values.copy() for name, values in log.columns.items()})
    first = found(family, log)
    found(family, log, groups(log, 1)[0])
    assert found(family, log) == first
    for name, values in before.items():
        np.testing.assert_array_equal(log.columns[name], values)


@EVERY_SEEN
def test_answers_to_sorted_members_do_not_depend_on_whence_they_came(family: Family, example: Example) -> None:
    log = shown(family, example)
    shuffled = np.random.default_rng(3).permutation(members(log))
    assert found(family, log, np.sort(shuffled)) == found(family, log)
    who = np.random.default_rng(4).permutation(len(log))[:40]
    here, there = np.sort(who), who
    for answer in (family.fit, family.acts_along):
        mine, other = answer(log, members(log), here), answer(log, members(log), there)
        if mine is not None:
            assert other is not None
            np.testing.assert_allclose(np.asarray(mine, float), np.asarray(other, float)[np.argsort(who)], rtol=1e-6)


_ASKED = """
import json, sys
sys.path.insert(0, sys.argv[1])
from made_exchanges import World, members
from stillwatch.detection import Background
from stillwatch.evidence import all_families
columns = {n: c for f in all_families().values() for e in f.examples[:1] for n, c in e.columns.items()}
log = World().with_columns(columns).log()
print(json.dumps({n: f.find(log, members(log), Background(log, 300, 0)).p_value for n, f in all_families().items()}))
"""


@pytest.mark.slow
def test_the_seed_of_pythons_hash_changes_nothing() -> None:
    worlds = os.path.join(os.path.dirname(__file__), "..", "worlds")  # noqa: PTH118, PTH120
    # This process has another, drawn when it began or given.
    seed = "1" if os.environ.get("PYTHONHASHSEED") != "1" else "2"
    said = subprocess.run(
        [sys.executable, "-c", _ASKED, worlds],
        env={**os.environ, "PYTHONHASHSEED": seed},
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    columns = {
        name: column
        for family in FAMILIES.values()
        for one in family.examples[:1]
        for name, column in one.columns.items()
    }
    log = World().with_columns(columns).log()
    here = {name: family.find(log, members(log), Background(log, 300, 0)).p_value for name, family in FAMILIES.items()}
    assert json.loads(said) == here


# What it counts adds up.


@pytest.fixture(scope="module")
def engine() -> Iterator[DuckDBEngine]:
    with opened() as made:
        yield made


def added_up(engine: DuckDBEngine, rows: pa.Table, sketches: pa.Table) -> tuple[Any, Mapping[str, Any]]:
    exchanges = engine.keep(rows)
    accounts = account_table(
        engine, FAMILIES.values(), exchanges=exchanges, account_file=engine.keep(ACCOUNT_FILE.empty_table())
    )
    return accounts, count_tables(
        engine, FAMILIES.values(), accounts, exchanges=exchanges, sketches=engine.keep(sketches)
    )


def content(engine: DuckDBEngine, table: Any, order: str) -> list[dict[str, Any]]:
    columns = ", ".join(sorted(engine.columns(table)))
    rows: list[dict[str, Any]] = engine.fetch(f"SELECT {columns} FROM {{t}} ORDER BY {order}", t=table).to_pylist()
    return rows


@settings(
    deadline=None, max_examples=6, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(st.integers(0, 2**32), st.sampled_from([0.02, 0.3, 0.5]))
def test_two_parts_of_a_log_add_up_to_the_whole(engine: DuckDBEngine, seed: int, share: float) -> None:
    world = World()
    rows, sketches = world.exchanges.slice(0, 900), world.sketches.slice(0, 900)
    first = np.random.default_rng(seed).random(len(rows)) < share
    whole, whole_counts = added_up(engine, rows, sketches)
    (a, a_counts), (b, b_counts) = (
        added_up(engine, rows.filter(pa.array(part)), sketches.filter(pa.array(part))) for part in (first, ~first)
    )
    merged = merge_accounts(engine, FAMILIES.values(), a, b)
    assert content(engine, merged, "account") == content(engine, whole, "account")
    of_merged = count_tables(engine, FAMILIES.values(), merged)
    counts = {name: count for family in FAMILIES.values() for name, count in family.counts.items()}
    assert set(whole_counts) == {name for name, count in counts.items() if count.source != "template_use"}
    for name, table in whole_counts.items():
        # What an account is, is counted once, of the merged accounts; what it does, adds up.
        both = of_merged[name] if name in of_merged else merge_counts(engine, a_counts[name], b_counts[name])
        assert content(engine, both, "account, thing") == content(engine, table, "account, thing"), name


# Its levels are one question about a pair.


def pairs(log: LogProfile) -> tuple[np.ndarray, np.ndarray]:
    """All pairs of the twelve, and some hundreds with and among others."""
    a, b = np.triu_indices(TWELVE, 1)
    other = np.sort(np.random.default_rng(5).integers(0, len(log), (2, 400)), axis=0)
    other = other[:, other[0] != other[1]]
    return np.concatenate([a + ORDINARY, other[0]]), np.concatenate([b + ORDINARY, other[1]])


def weights(linker: Linker, family: Family, a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Of each pair, in bits; NaN where the log does not say, as where the family has no levels."""
    if family.name not in linker._weights:
        return np.full(len(a), np.nan)
    return np.append(linker._weights[family.name], np.nan)[linker._reached(a, b)[family.name]]


@EVERY_SEEN
def test_levels_are_symmetric_and_finite(engine: DuckDBEngine, family: Family, example: Example) -> None:
    log = shown(family, example)
    a, b = pairs(log)
    linker = Linker(engine, log, {family.name: family}, 0)
    levels = family.levels(log)
    if not levels:
        return
    assert all(level.m is None or 0 < level.m < 1 for level in levels)
    assert all(level.u is None or 0 < level.u < 1 for level in levels)
    assert len({level.label for level in levels}) == len(levels)
    assert sum(level.m or 0 for level in levels) < 1
    assert np.isfinite(linker._weights[family.name]).all()
    forth, back = linker._reached(a, b)[family.name], linker._reached(b, a)[family.name]
    np.testing.assert_array_equal(forth, back)
    assert forth.max() <= len(levels) + 1
    for column in family.pair_columns(log, a, b).values():
        assert len(column) == len(a)


@EVERY
def test_levels_link_the_twelve_of_some_example(engine: DuckDBEngine, family: Family) -> None:
    told = []
    for example in family.examples:
        log = shown(family, example)
        if not family.levels(log):
            return
        a, b = pairs(log)
        linker = Linker(engine, log, {family.name: family}, 0)
        weight = weights(linker, family, a, b)
        inside = np.isin(a, members(log)) & np.isin(b, members(log))
        told.append(example.seen and np.nanmean(weight[inside]) > np.nanmean(weight[~inside]) + 0.5)
    assert any(told)


@EVERY
def test_levels_say_nothing_where_nothing_is_known(engine: DuckDBEngine, family: Family) -> None:
    if not family.needs:
        return
    log = all_lost(1.0, "row")
    a, b = np.triu_indices(60, 1)
    linker = Linker(engine, log, {family.name: family}, 0)
    weight = weights(linker, family, a, b)
    assert np.all(np.isnan(weight) | (np.abs(weight) < 0.5))


# It proposes groups, fits and explanations in the shape that others rely on.


@EVERY_SEEN
def test_proposals_and_fits_have_the_agreed_shape(family: Family, example: Example) -> None:
    log = shown(family, example)
    who = np.arange(0, len(log), 7)
    for group in family.groups(log, least=5, seed=0):
        assert len(group) >= 5
        assert np.all(np.diff(group) > 0)
    left, right = family.pairs(log)
    assert len(left) == len(right)
    assert np.all(left != right)
    bits = family.fit(log, members(log), who)
    if bits is not None:
        assert bits.shape == who.shape
        assert np.isfinite(bits).all()
        inside = family.fit(log, members(log), members(log))
        assert inside is not None
        assert np.median(inside) >= np.median(bits)
        beside = family.fit(log, members(log), who, kin=np.arange(0, len(log), 3))
        assert beside is not None
        assert np.isfinite(beside).all()
    along = family.acts_along(log, members(log), who)
    assert along is None or (along.dtype == np.bool_ and along.shape == who.shape)
    for one in family.explain(log, members(log), np.zeros(0, np.int64)):
        assert one.name
        assert one.statement.endswith(".")
        assert one.holds in (True, False, None)


def test_a_log_of_one_exchange_raises_nothing() -> None:
    world = World(twelve=False)
    with opened() as small:
        made = build_profile(
            small,
            FAMILIES,
            exchanges=small.keep(world.exchanges.slice(0, 1)),
            sketches=small.keep(world.sketches.slice(0, 1)),
            account_file=small.keep(ACCOUNT_FILE.empty_table()),
            sample_prompts=8,
            sample_total=100,
        )
    assert len(made.log) == 1
    assert all(not list(family.groups(made.log, least=5, seed=0)) for family in FAMILIES.values())


M = {
    "structure": (0.2, 0.15, 0.15, 0.15),
    "semantics": (0.35, 0.3, 0.15, None),
    "purpose": (0.25, 0.2),
    "shape": (0.35, 0.2, 0.2),
    "timing": (0.3, 0.2),
    "infrastructure": (0.08, 0.12, 0.1, 0.1, 0.2),
}
"""From the public record (docs/explanation/method.md): no log can teach them, and whoever moves one says so here too."""


@pytest.mark.parametrize("name", M)
def test_how_often_members_reach_a_level_is_set_and_not_learnt(name: str) -> None:
    levels = [FAMILIES[name].levels(log) for log in (ordinary(), example_log(name, 0))]
    assert [tuple(level.m for level in one) for one in levels] == [M[name]] * 2
