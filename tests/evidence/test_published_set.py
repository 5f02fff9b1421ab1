"""Whether who repeat one another run an evaluation that is over in a few hours, or share out a pool."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from made_hands import hands_of
from made_log import E, made_log, unit

from stillwatch.evidence import HOUR, Moments, Postings, PromptSets
from stillwatch.evidence.dispatch_thresholds import DAYS_IN_STEP
from stillwatch.evidence.published_set import published_set
from stillwatch.evidence.sign_ups import EVEN_VOLUMES

GROUP = np.arange(40)
NOBODY = GROUP[:0]


def dealt(prompts: int, times: int) -> PromptSets:
    """Every prompt to so many of the group, and two of its own to everybody else."""
    rng = np.random.default_rng(1)
    to = np.stack([rng.choice(len(GROUP), times, replace=False) for _ in range(prompts)])
    held = [np.flatnonzero((to == account).any(axis=1)) for account in GROUP]
    held += [10_000 + 2 * e + np.arange(2) for e in range(len(GROUP), E)]
    sizes = np.cumsum([len(one) for one in held])
    return PromptSets(np.concatenate(held).astype(np.uint64), np.concatenate([[0], sizes]))


def over_in(hours: int) -> Callable[[np.ndarray], Moments]:
    """Requests of some entities, an hour after another."""

    def moments(members: np.ndarray) -> Moments:
        begin = np.arange(hours).repeat(len(members)) * HOUR
        owner, none = np.tile(members, hours), np.zeros(len(begin), np.bool_)
        return Moments(owner, begin, begin, none, none, np.zeros(len(begin), np.uint64))

    return moments


@pytest.mark.parametrize(
    ("hands", "hours", "runs"),
    [
        (hands_of({0: GROUP.tolist()}), 5, True),
        (hands_of({0: GROUP.tolist()}), 40, False),
        (hands_of({e: [e] for e in range(100)}), 5, False),
        (None, 5, True),
    ],
    ids=["one owner's keys", "for days", "each pays for itself", "nothing known of hands"],
)
def test_an_evaluation_that_is_soon_over_has_the_keys_of_who_runs_it(
    hands: Postings | None, hours: int, runs: bool
) -> None:
    log = replace(made_log(hands=hands, prompt_sets=dealt(500, 4)), moments=over_in(hours))
    assert published_set(log, GROUP, NOBODY).holds is runs


def chosen(size: int) -> PromptSets:
    """Each of the group sends so many of 300 prompts, by chance; everybody else two of its own."""
    rng = np.random.default_rng(2)
    held = [np.sort(rng.choice(300, size, replace=False)) for _ in GROUP]
    held += [10_000 + 2 * e + np.arange(2) for e in range(len(GROUP), E)]
    sizes = np.cumsum([len(one) for one in held])
    return PromptSets(np.concatenate(held).astype(np.uint64), np.concatenate([[0], sizes]))


EACH = hands_of({e: [e] for e in range(100)})


WAVES = [1.0, 0.7, 0.0, 0.8, 0.6]
RELEASE = [1.0, 0.4, 0.2, 0.1, 0.1]


def in_step(by_day: list[float]) -> np.ndarray:
    """Hourly activity beyond each one's habit (E x a week's hours): the group's in one hour of each day."""
    rows = np.zeros((E, 24 * 7))
    rows[GROUP, : 24 * len(by_day)] = np.repeat(by_day, 24) * np.tile(np.arange(24) == 15, len(by_day))
    return unit(rows + np.random.default_rng(3).normal(0, 0.02, rows.shape))


@pytest.mark.parametrize(
    ("size", "hands", "by_day", "dealt_by_the_clock"),
    [
        (40, EACH, WAVES, True),
        (40, EACH, WAVES[:-1], False),
        (40, EACH, RELEASE, False),
        (280, EACH, WAVES, False),
        (40, hands_of({0: GROUP.tolist()}), WAVES, False),
        (40, None, WAVES, False),
    ],
    ids=[
        "a part each, on four days",
        "on three days",
        "a release",
        "the whole set each",
        "one owner's nights",
        "nothing known of hands",
    ],
)
def test_who_each_send_a_part_of_a_set_in_step_for_days_are_given_it(
    size: int, hands: Postings | None, by_day: list[float], dealt_by_the_clock: bool
) -> None:
    log = made_log(hands=hands, prompt_sets=chosen(size), residuals=in_step(by_day))
    log = replace(log, moments=over_in(24 * DAYS_IN_STEP))
    found = published_set(log, GROUP, NOBODY)
    assert found.holds is True
    assert ("timing" in found.contradicted_by) is dealt_by_the_clock
    assert (EVEN_VOLUMES in found.natural) is dealt_by_the_clock
