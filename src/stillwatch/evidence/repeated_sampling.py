"""Whether a group samples its prompts: asks each several times over, by one account soon after another.

Whoever trains on the best of several answers (rejection sampling; Brown et al. 2024 call it repeated sampling) asks for
each prompt k times, and a queue spreads the k over its accounts. They come within minutes, and then that prompt never
comes again. Who runs a published set, each for itself, comes to a prompt when its own run does; a class comes to it in
the same lesson, but then all of it does, and a few lessons are all there are.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from stillwatch.core.counted import percent
from stillwatch.evidence.base import Observed
from stillwatch.evidence.dispatch_thresholds import (
    ASKED_AGAIN_SECONDS,
    DRAWS_SHIFTED,
    LEAST_DEALT,
    MOST_SAMPLES,
    SAMPLED_HOURS,
    SAMPLED_TIMES,
    SHIFTED_BY_HOURS,
)
from stillwatch.evidence.log_profile import HOUR
from stillwatch.evidence.moments import Moments, shifted
from stillwatch.evidence.p_values import count_tail_p, drawn_until_told
from stillwatch.evidence.prompt_sets import PromptSets
from stillwatch.evidence.thresholds import MAJORITY, OVERLAP_UNTOLD, UNTOLD

__all__ = ["sampled_together"]

I64 = npt.NDArray[np.int64]
F64 = npt.NDArray[np.float64]


def sampled_together(moments: Moments, prompts: PromptSets, members: I64) -> Observed | None:
    """Whether the prompts that several of a group send come from one of them soon after another.

    Args:
        moments: the group's requests.
        prompts: of the log.
        members: sorted.

    Returns:
        How many of those prompts do, against as many with each account's clock shifted by hours. None where too few
        prompts are sent by several of the accounts, by ``MOST_SAMPLES`` at most and no more than half of them, where
        two of the accounts have much in common, and where it is not most of the prompts, over many hours, and far more
        than chance brings together.
    """
    by_a_few = prompts.several(members, min(MOST_SAMPLES, MAJORITY * len(members)))
    if len(by_a_few) < LEAST_DEALT or prompts.overlaps(members)[0].mean() > OVERLAP_UNTOLD:
        return None
    several = moments.chosen(np.isin(moments.prompt, by_a_few)).bounded()
    again = several.sent_again(ASKED_AGAIN_SECONDS)
    prompt, mine = len(np.unique(several.prompt)), len(np.unique(several.prompt[again]))
    if mine <= MAJORITY * prompt or len(np.unique(several.begin[again] // HOUR)) < SAMPLED_HOURS:
        return None
    rng = np.random.default_rng([int(members[0]), len(several)])
    drawn = drawn_until_told(lambda draws: _together(several, rng, draws), np.array([mine]), DRAWS_SHIFTED)[:, 0]
    usual = float(drawn.mean())
    if mine < SAMPLED_TIMES * usual:
        return None
    p_value = count_tail_p(drawn, mine)
    many = " So each is asked several times over." if p_value <= UNTOLD else ""
    return Observed(
        p_value,
        "prompts that come from another account soon after",
        mine / prompt,
        usual / prompt,
        f"Of {prompt:,} prompts that several of the accounts send, {percent(mine / prompt)} come from one of them "
        f"within {ASKED_AGAIN_SECONDS / 60:.0f} minutes after another; were each account's clock shifted by some "
        f"hours, it would be {percent(usual / prompt)}.{many}",
    )


def _together(moments: Moments, rng: np.random.Generator, draws: int) -> F64:
    """Of each of so many draws, how many prompts come from another account soon after (draws x 1)."""
    moved = shifted(moments, rng, draws, SHIFTED_BY_HOURS)
    again = np.flatnonzero(moved.sent_again(ASKED_AGAIN_SECONDS))
    _, name = np.unique(moved.prompt[again], return_inverse=True)
    draw = np.unique(again // len(moments) + draws * name.astype(np.int64)) % draws
    return np.bincount(draw, minlength=draws).astype(np.float64)[:, None]
