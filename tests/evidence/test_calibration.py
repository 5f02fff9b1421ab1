"""A calibration: other weeks measure a log's prompts, say how common a text is, and step back where they do not fit."""

import numpy as np
import numpy.typing as npt
import pytest

from stillwatch.evidence import Calibration, whiten
from stillwatch.evidence.calibration import FeatureMoments, unlike

E, EACH, D = 60, 20, 30


def traffic(
    seed: int, *, campaign: float = 0.0, shift: float = 0.0
) -> tuple[npt.NDArray[np.float16], npt.NDArray[np.int64]]:
    """Prompts of people, each with topics of their own; a share of them draws on one source instead."""
    rng = np.random.default_rng(seed)
    owner = np.repeat(np.arange(E), EACH)
    own = 0.6 * rng.standard_normal((E, D))
    own[: round(campaign * E)] = np.eye(D)[0] * 2.0
    return (own[owner] + rng.standard_normal((len(owner), D)) + shift).astype(np.float16), owner


def moments(seed: int) -> FeatureMoments:
    features, owner = traffic(seed)
    return whiten(features, owner, E, embedded=10).moments


def strangers(seed: int, **given: float) -> tuple[float, float]:
    """Mean z between two of a campaign of 60 %, measured by the log and by other weeks."""
    features, owner = traffic(seed, campaign=0.6, **given)
    a, b = np.triu_indices(round(0.6 * E), 1)
    own = whiten(features, owner, E, embedded=10)
    beside = whiten(features, owner, E, embedded=10, ordinary=moments(seed + 1))
    assert beside.unlike is None
    return float(own.z(a, b).mean()), float(beside.z(a, b).mean())


@pytest.mark.parametrize("seed", range(5))
def test_a_campaign_that_fills_a_log_stands_out_of_other_weeks(seed: int) -> None:
    own, beside = strangers(seed)
    assert beside > 2 * own


@pytest.mark.parametrize("seed", range(5))
def test_other_weeks_of_the_same_traffic_fit(seed: int) -> None:
    features, owner = traffic(seed)
    assert whiten(features, owner, E, embedded=10, ordinary=moments(100)).unlike is None


def test_where_everybody_has_moved_the_log_measures_itself() -> None:
    features, owner = traffic(1, shift=1.5)
    beside = whiten(features, owner, E, embedded=10, ordinary=moments(2))
    assert beside.unlike is not None
    np.testing.assert_array_equal(beside.whitened, whiten(features, owner, E, embedded=10).whitened)


def test_few_accounts_say_nothing_against_it() -> None:
    one = np.ones((1, 4), np.float32)
    assert unlike(one, one, np.ones(1, np.int64)) is None


def test_how_common_a_text_is() -> None:
    known = Calibration(moments(1), 200, np.array([3, 9], np.uint64), np.array([20, 6], np.int64))
    assert known.share(np.array([9, 4, 3, 99], np.uint64)).tolist() == [0.03, 0, 0.1, 0]
    assert Calibration(moments(1), 200).share(np.array([9], np.uint64)).tolist() == [0]
