"""Whether prompts are asked several times over, by one account soon after another, against those who run a set."""

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stillwatch.evidence import Moments, PromptSets
from stillwatch.evidence.base import Observed
from stillwatch.evidence.dispatch_thresholds import MOST_SAMPLES
from stillwatch.evidence.repeated_sampling import sampled_together

ACCOUNTS = np.arange(40)
DAY = 86_400.0
Rows = tuple[np.ndarray, np.ndarray, np.ndarray]
"""Of each request: who sends it, when in seconds, and which prompt."""


def seen(rows: Rows) -> Observed | None:
    owner, begin, prompt = rows
    order = np.argsort(begin, kind="stable")
    owner, start, prompt = owner[order], (begin[order] * 1e6).astype(np.int64), prompt[order].astype(np.uint64)
    never = np.zeros(len(owner), np.bool_)
    moments = Moments(owner, start, start, never, never, prompt)
    held = [np.unique(prompt[owner == account]) for account in ACCOUNTS]
    offsets = np.concatenate([[0], np.cumsum([len(one) for one in held])])
    return sampled_together(moments, PromptSets(np.concatenate(held), offsets), ACCOUNTS)


def sampled(rng: np.random.Generator, times: int, days: float, prompts: int = 200, within: float = 300.0) -> Rows:
    """A queue takes so many answers to each prompt over accounts that are free, within minutes."""
    begun = np.repeat(np.sort(rng.uniform(0, days * DAY, prompts)), times)
    to = np.concatenate([rng.choice(len(ACCOUNTS), times, replace=False) for _ in range(prompts)])
    return to, begun + rng.uniform(0, within, len(begun)), np.repeat(np.arange(prompts), times)


def runs(rng: np.random.Generator, of: int, each: int) -> Rows:
    """Each account runs a part of a published set, at an hour of its own."""
    chosen = np.concatenate([rng.choice(of, each, replace=False) for _ in ACCOUNTS])
    start = np.repeat(rng.uniform(0, 10 * DAY, len(ACCOUNTS)), each)
    return np.repeat(ACCOUNTS, each), start + np.tile(np.arange(each) * 20.0, len(ACCOUNTS)), chosen


def lessons(rng: np.random.Generator) -> Rows:
    """Three classes with eight lessons each: of its exercises, one class's, each is asked by a few within minutes."""
    some = [sampled(rng, 4, days=0.03, prompts=6) for _ in range(24)]
    begun = np.repeat(rng.choice(14, 24) * DAY + rng.integers(8, 14, 24) * 3_600.0, [len(one[0]) for one in some])
    to, at, which = (np.concatenate(parts) for parts in zip(*some, strict=True))
    place = np.repeat(np.arange(24), [len(one[0]) for one in some])
    return (to // 3) * 3 + place % 3, at + begun, which + 1_000 * place


@pytest.mark.parametrize("times", [2, 3, 4])
@pytest.mark.parametrize("seed", range(3))
def test_a_queue_that_takes_several_answers_is_seen(times: int, seed: int) -> None:
    found = seen(sampled(np.random.default_rng(seed), times, days=4))
    assert found is not None
    assert found.p_value < 1e-6
    assert found.value > 0.9
    assert found.background < 0.5 * found.value
    assert found.statement.endswith("So each is asked several times over.")


@pytest.mark.parametrize("seed", range(3))
def test_what_is_sent_beside_it_does_not_hide_it(seed: int) -> None:
    rng = np.random.default_rng(seed)
    owner, begin, prompt = sampled(rng, 4, days=6)
    own = rng.choice(len(ACCOUNTS), 2000), rng.uniform(0, 6 * DAY, 2000), 1000 + np.arange(2000)
    found = seen((np.append(owner, own[0]), np.append(begin, own[1]), np.append(prompt, own[2])))
    assert found is not None
    assert found.p_value < 1e-6


@pytest.mark.parametrize(
    "honest",
    [
        pytest.param(lambda rng: runs(rng, 2000, 100), id="parts of a set, each at its own hour"),
        pytest.param(lambda rng: sampled(rng, 4, days=4, within=3 * DAY), id="readers of one page, over days"),
        pytest.param(lambda rng: sampled(rng, 4, days=0.25), id="a lesson of some hours"),
        pytest.param(lambda rng: lessons(rng), id="a fortnight of three classes"),
        pytest.param(lambda rng: sampled(rng, MOST_SAMPLES + 8, days=4), id="an audience that is shown each"),
        pytest.param(lambda rng: sampled(rng, 4, days=4, prompts=12), id="a dozen prompts"),
    ],
)
def test_who_come_to_a_prompt_for_themselves_sample_nothing(honest: Callable[[np.random.Generator], Rows]) -> None:
    for seed in range(5):
        found = seen(honest(np.random.default_rng(seed)))
        assert found is None or found.p_value > 0.05


def test_p_values_of_accounts_that_keep_their_own_hours_are_no_smaller_than_they_say() -> None:
    """The same prompts at the same accounts, each of which is a few hours late: no test, or nothing found."""
    found = []
    for seed in range(40):
        rng = np.random.default_rng(seed)
        owner, begin, prompt = sampled(rng, 4, days=4)
        found.append(seen((owner, begin + rng.uniform(0, 0.5 * DAY, len(ACCOUNTS))[owner], prompt)))
    assert sum(one is not None and one.p_value <= 0.05 for one in found) <= 4


@given(st.integers(0, 1000), st.floats(0, 1e9))
@settings(deadline=None, max_examples=15)
def test_it_is_the_same_at_any_time_and_under_any_names(seed: int, later: float) -> None:
    rng = np.random.default_rng(seed)
    owner, begin, prompt = sampled(rng, 3, days=3, prompts=120)
    first = seen((owner, begin, prompt))
    whole = float(round(later / 3600) * 3600)
    again = seen((owner, begin + whole, rng.permutation(10_000)[: prompt.max() + 1][prompt]))
    assert first is not None
    assert again is not None
    assert again.value == first.value
    assert max(first.p_value, again.p_value) < 1e-3


def test_no_requests_say_nothing() -> None:
    nobody = np.zeros(0, np.int64)
    assert seen((nobody, np.zeros(0), nobody)) is None
