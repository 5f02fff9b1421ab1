"""Content: those who ask alike are found, and strangers look like strangers."""

import numpy as np
import pytest
from made_log import GROUP, E, content_of, made_content

from stillwatch.evidence import content, nearest


def test_those_who_ask_alike_are_nearest() -> None:
    found = nearest(made_content(pull=1.2))
    assert np.isin(found.a, GROUP).all()
    assert np.isin(found.b, GROUP).all()
    assert len(found.a) > 150
    assert len(nearest(made_content()).a) == 0


def test_z_of_strangers_is_standard_normal() -> None:
    mine = made_content(3)
    rng = np.random.default_rng(0)
    a, b = rng.integers(0, E, (2, 20_000))
    z = mine.z(a[a != b], b[a != b])
    assert abs(float(z.mean())) < 0.05
    assert float(z.std()) == pytest.approx(1.0, abs=0.12)


def test_sums_of_all_are_those_of_each(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(3)
    owner = np.sort(rng.choice([n for n in range(80) if n % 5], 300))
    features = rng.normal(size=(300, 8)).astype(np.float32)
    counts = np.bincount(owner, minlength=80)

    def asked(members: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        return content_of(owner, features, counts, np.zeros((80, 8), np.float32), features).sums(members)

    for members in (np.arange(80), np.array([2, 4, 10, 71]), np.arange(0, 80, 3), np.zeros(0, np.int64)):
        kept = asked(members)
        with monkeypatch.context() as alone:
            alone.setattr(content, "_MOST_SUMS", -1)
            wanted = asked(members)
        np.testing.assert_array_equal(kept[0], wanted[0])
        np.testing.assert_array_equal(kept[1], wanted[1])
        assert kept[1].sum(axis=0) == pytest.approx(features[np.isin(owner, members)].sum(axis=0), abs=1e-4)
