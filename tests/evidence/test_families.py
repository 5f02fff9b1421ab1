"""What the families' tests see, and that they see nothing where nothing is."""

import numpy as np
import pytest
from made_log import GROUP, HOURS, E, made_log, unit

from stillwatch.detection import Background
from stillwatch.evidence import Finding, LogProfile, all_families

FAMILY = all_families()


def found(family: str, log: LogProfile, members: np.ndarray = GROUP) -> Finding:
    return FAMILY[family].find(log, members, Background(log, 2000, 0))


@pytest.mark.parametrize(("pattern", "says"), [("together", "speed up and pause together"), ("turns", "take turns")])
def test_timing_sees_accounts_that_act_by_one_clock(pattern: str, says: str) -> None:
    rhythm = np.random.default_rng(6).normal(size=(E, HOURS))
    if pattern == "together":
        rhythm[GROUP] += np.random.default_rng(7).normal(size=HOURS)
    else:
        # Whatever one account does more in an hour, the others do less.
        rhythm[GROUP] -= rhythm[GROUP].mean(axis=0)
    seen = found("timing", made_log(residuals=unit(rhythm)))
    assert seen.p_value < 1e-4
    assert says in seen.statement


def test_timing_sees_nothing_among_strangers() -> None:
    log = made_log()
    p = [found("timing", log, np.arange(start, start + 20)).p_value for start in range(0, 600, 20)]
    assert min(p) > 1e-3
    assert np.mean(np.array(p) <= 0.1) <= 0.3


def test_purpose_sees_settings_as_well_as_wording() -> None:
    habits = np.full((E, len(FAMILY["purpose"].wordings) + 3), np.nan, np.float32)
    habits[:, -3] = np.random.default_rng(8).binomial(10, 0.02, size=E) / 10
    habits[GROUP, -3] = 1.0
    seen = found("purpose", made_log(habits=habits))
    assert seen.p_value < 1e-4
    assert seen.statement.startswith("100% of these accounts' requests ask for log-probabilities")
