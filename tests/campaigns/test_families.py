"""What the families' tests see, and that they see nothing where nothing is."""

import duckdb
import numpy as np
import pyarrow as pa
import pytest
from test_links import GROUP, E, content, entities, postings

from stillwatch.campaigns import HABITS, Asked, Background, Traits, World, gather_habits
from stillwatch.campaigns.families import FAMILY_TESTS

HOURS = 168


def unit(rows: np.ndarray) -> np.ndarray:
    return np.asarray(rows / np.linalg.norm(rows, axis=1, keepdims=True), np.float32)


def world(rhythm: np.ndarray | None = None, habits: np.ndarray | None = None) -> World:
    who = entities()
    traits = Traits(who, content(), postings(1, False), postings(2, False), np.zeros((E, 1), np.float32))
    asked = Asked(np.arange(E, dtype=np.uint64), np.arange(E + 1))
    return World(
        traits,
        Background(who.exchanges, 2000, 0),
        asked,
        unit(np.random.default_rng(5).normal(size=(E, HOURS))) if rhythm is None else rhythm,
        np.zeros((E, 1), np.float32) if habits is None else habits,
        (("logprobs", "ask for log-probabilities"),),
    )


@pytest.mark.parametrize(("pattern", "says"), [("together", "speed up and pause together"), ("turns", "take turns")])
def test_timing_sees_accounts_that_act_by_one_clock(pattern: str, says: str) -> None:
    rhythm = np.random.default_rng(6).normal(size=(E, HOURS))
    if pattern == "together":
        rhythm[GROUP] += np.random.default_rng(7).normal(size=HOURS)
    else:
        # Whatever one account does more in an hour, the others do less.
        rhythm[GROUP] -= rhythm[GROUP].mean(axis=0)
    found = FAMILY_TESTS["timing"](world(unit(rhythm)), GROUP)
    assert found.p_value < 1e-4
    assert says in found.statement


def test_timing_sees_nothing_among_strangers() -> None:
    p = [FAMILY_TESTS["timing"](world(), np.arange(start, start + 20)).p_value for start in range(0, 600, 20)]
    assert min(p) > 1e-3
    assert np.mean(np.array(p) <= 0.1) <= 0.3


def test_purpose_sees_settings_as_well_as_wording() -> None:
    habits = np.random.default_rng(8).binomial(10, 0.02, size=(E, 1)) / 10
    habits[GROUP] = 1.0
    found = FAMILY_TESTS["purpose"](world(habits=habits.astype(np.float32)), GROUP)
    assert found.p_value < 1e-4
    assert found.statement.startswith("100% of these accounts' requests ask for log-probabilities")


def test_habits_are_shares_of_each_entitys_exchanges() -> None:
    exchanges = pa.table(
        {
            "account_id": ["a", "a", "b", "b"],
            "logprobs": pa.array([True, None, None, None], pa.bool_()),
            "top_logprobs": pa.array([None, 5, None, 0], pa.int64()),
            "n": pa.array([1, 8, None, None], pa.int64()),
            "max_tokens": pa.array([100, 100, 100, None], pa.int64()),
            "output_tokens": pa.array([99, 20, 20, 30], pa.int64()),
            "stop_reason": pa.array(["stop", "stop", "length", None], pa.string()),
        }
    )
    account = pa.table({"account_id": ["a", "b"], "entity": [0, 1]})
    with duckdb.connect() as connection:
        connection.register("exchanges", exchanges)
        connection.register("account", account)
        habits = gather_habits(connection)
    assert [name for name, _, _ in HABITS] == ["logprobs", "many_answers", "full_length"]
    np.testing.assert_allclose(habits, [[1.0, 0.5, 0.5], [0.0, 0.0, 0.5]])
