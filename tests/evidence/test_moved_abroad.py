"""Sessions that move between accounts of several countries are no firm's application's, nor one person's."""

import numpy as np
import pytest

from stillwatch.evidence import Postings
from stillwatch.evidence.moved_sessions import moved_abroad, moved_together

E, GROUP = 1000, np.arange(30)


def handed_on(reach: int) -> Postings:
    """Each of thirty goes on with a session of the one so many places before it; the others have sessions of their own."""
    entity = np.concatenate([GROUP, GROUP, np.arange(30, E)])
    session = np.concatenate([GROUP, (GROUP - reach) % 30, np.arange(30, E)])
    return Postings.build(
        entity, session.astype(np.uint64), np.ones(len(entity)), E, np.ones(E, np.bool_), told=np.ones((1, E), np.bool_)
    )


@pytest.mark.parametrize(
    ("country", "reach", "shown"),
    [
        (GROUP % 5 + 1, 1, True),
        (GROUP % 5 + 1, 5, False),
        (np.ones(30), 1, False),
        (np.where(GROUP < 15, 1, 2), 1, False),
        (GROUP // 2 + 1, 1, True),
    ],
    ids=[
        "five countries",
        "within each of five",
        "one country",
        "two halves that meet at two places",
        "each with a next",
    ],
)
def test_what_moves_over_borders_most_of_a_group_must_have(country: np.ndarray, reach: int, shown: bool) -> None:
    found = moved_abroad(handed_on(reach), GROUP, country.astype(np.uint64))
    assert (found.p_value < 1e-6) is shown
    # What moves within one place may be one owner's, and counts among strangers only where it moves abroad.
    assert found.p_strangers is None
    within = moved_together(handed_on(reach), GROUP)
    assert within.p_value < 1e-6
    assert within.p_strangers == 1.0
    assert ("30 of 30" in found.statement) is shown
