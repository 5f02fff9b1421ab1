"""Content: those who ask alike are found, and strangers look like strangers."""

import numpy as np
import pytest
from made_log import GROUP, E, made_content

from stillwatch.evidence import nearest


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
