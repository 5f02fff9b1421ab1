"""Hours of many entities are held sparsely, and say what whole rows would."""

import numpy as np
import pytest

from stillwatch.evidence import rhythm
from stillwatch.evidence.group_statistics import likeness
from stillwatch.evidence.rhythm import Rhythm, hourly_residuals
from stillwatch.evidence.waves import hourly_counts

ENTITIES, DAYS = 300, 20


def sent(seed: int = 3) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Entity, hour and requests of each entity and hour, and the exchanges of each: people, a few hours a day."""
    rng = np.random.default_rng(seed)
    entity = np.repeat(np.arange(ENTITIES), rng.integers(1, 120, ENTITIES))
    hour = 24 * rng.integers(0, DAYS, len(entity)) + (entity + rng.integers(0, 6, len(entity))) % 24
    pairs, uses = np.unique(np.stack([entity, hour]), axis=1, return_counts=True)
    return pairs[0], pairs[1], uses.astype(float), np.bincount(entity, minlength=ENTITIES)


def test_blocks_of_entities_give_what_all_at_once_do(monkeypatch: pytest.MonkeyPatch) -> None:
    entity, hour, uses, exchanges = sent()
    counts = hourly_counts(entity, hour, uses, ENTITIES)
    whole = hourly_residuals(counts, exchanges)
    monkeypatch.setattr(rhythm, "_BLOCK", 7)
    blocks = hourly_residuals(counts, exchanges)
    assert np.array_equal(blocks.rows.toarray(), whole.rows.toarray())
    assert np.array_equal(blocks.squares, whole.squares)
    assert whole.told.tolist() == np.any(whole.rows.toarray() != 0, axis=1).tolist()


def test_what_is_kept_grows_with_hours_at_work_and_not_with_hours() -> None:
    entity, hour, uses, exchanges = sent()
    short = hourly_residuals(hourly_counts(entity, hour, uses, ENTITIES), exchanges)
    # One entity more, that is there once, two weeks on.
    late = hourly_counts(
        np.append(entity, ENTITIES), np.append(hour, 24 * (DAYS + 14)), np.append(uses, 1), 1 + ENTITIES
    )
    long = hourly_residuals(late, np.append(exchanges, 1))
    assert long.rows.shape[1] == short.rows.shape[1] + 24 * 15
    assert long.rows.nnz == short.rows.nnz


@pytest.mark.parametrize("most", [0, 1 << 24])
def test_likeness_is_the_same_to_the_last_bit_of_rows_held_either_way(
    monkeypatch: pytest.MonkeyPatch, most: int
) -> None:
    monkeypatch.setattr("stillwatch.evidence.group_statistics._MOST_WHOLE", most)
    entity, hour, uses, exchanges = sent()
    made = hourly_residuals(hourly_counts(entity, hour, uses, ENTITIES), exchanges)
    groups = np.random.default_rng(1).choice(np.flatnonzero(made.told), (200, 30))
    assert np.array_equal(likeness(made.rows, groups, squares=made.squares), likeness(made.rows.toarray(), groups))


def test_a_group_is_held_against_its_mean() -> None:
    rows = np.random.default_rng(0).normal(size=(9, 48)).astype(np.float32)
    made, members = Rhythm.of(rows), np.array([1, 4, 5])
    np.testing.assert_allclose(made.mean(members), rows[members].mean(axis=0), rtol=1e-5)
    np.testing.assert_allclose(made.beside(np.arange(9), rows[0]), rows @ rows[0], rtol=1e-4)
