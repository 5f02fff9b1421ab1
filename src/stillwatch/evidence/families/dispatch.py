"""Dispatch: one queue of work over many accounts, by the seconds between them and by how a pool is shared out."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from stillwatch.evidence.base import Example, Family, Null, Observed
from stillwatch.evidence.log_profile import I64, LogProfile
from stillwatch.evidence.moments import Moments, shifted
from stillwatch.evidence.p_values import count_tail_p, tail_p
from stillwatch.evidence.sharing_out import sharing_out
from stillwatch.evidence.thresholds import (
    ASKED_AGAIN_SECONDS,
    HANDED_OVER_SECONDS,
    LEAST_MEMBERS,
    LEAST_MOMENTS,
    MAJORITY,
    MET_SECONDS,
)

__all__ = ["FAMILY"]

# Of each count: its name, and what it says of the shares of requests counted here and under the shifts.
_COUNTED = (
    (
        f"requests met within {MET_SECONDS:.0f} s",
        f"{{mine:.0%}} of the requests are met by another account's within {MET_SECONDS:.0f} seconds, against "
        "{usual:.0%} were each account's hours shifted by some minutes.",
    ),
    (
        f"requests handed over within {HANDED_OVER_SECONDS:.0f} s",
        "{mine:.0%} of the requests begin as another account's answer ends, against {usual:.0%} were each account's "
        "hours shifted by some minutes.",
    ),
    (
        "refused requests asked again by another account",
        "Of the requests, {mine:.1%} were refused and asked again, word for word, by another of the accounts within "
        "minutes, against {usual:.1%} by chance.",
    ),
)


class Dispatch(Family):
    """Requests that follow one another over accounts as one queue's do, and prompts dealt out by count."""

    name = "dispatch"
    sees = "one queue of work"
    side = "coordination"
    redraws = False
    reads = ("time", "latency_ms", "status", "prompt")
    blind_spot = "Accounts that work at their own pace, each through a list of its own."
    examples = (
        Example(
            "each begins as another's answer comes",
            {
                "hours_from_start": lambda rng, account, row: 30 + row * 0.9 + account / 180,
                "latency_ms": lambda rng, account, row: 19_500.0,
            },
            seen=True,
        ),
        Example("each works at its own pace", {}, seen=False),
    )

    def test(self, log: LogProfile, members: I64, null: Null, *, least: int = LEAST_MEMBERS) -> Iterable[Observed]:
        """Requests met and handed over within seconds, a steady number in flight, refusals asked again by another,
        and a pool of which every prompt is dealt equally often."""
        dealt = sharing_out(log.prompt_sets, members)
        if dealt is not None:
            yield Observed(
                dealt.p_value,
                "spread of how many accounts send one prompt",
                dealt.pairs,
                dealt.expected,
                f"Prompts are dealt out by count: each goes to {dealt.times:.1f} of the accounts, more evenly than "
                f"users of one set of {dealt.size:,} would meet by chance ({dealt.pairs:,.0f} pairs of accounts with "
                f"a prompt in common, against {dealt.expected:,.0f}).",
            )
        moments = log.moments(members).bounded() if log.moments is not None else None
        if moments is not None and len(moments) >= LEAST_MOMENTS:
            yield from _seconds(moments)


def _seconds(moments: Moments) -> Iterable[Observed]:
    mine = _measured(moments)
    drawn = np.array([_measured(one) for one in shifted(moments, seed=int(moments.owner[0]))])
    usual, total = drawn.mean(axis=0), len(moments)
    for place, (statistic, statement) in enumerate(_COUNTED):
        yield Observed(
            count_tail_p(drawn[:, place], int(mine[place])) if mine[place] else 1.0,
            statistic,
            mine[place] / total,
            float(usual[place]) / total,
            statement.format(mine=mine[place] / total, usual=usual[place] / total),
        )
    if moments.lasted.mean() > MAJORITY:
        yield Observed(
            tail_p(-np.log(drawn[:, -1] + 0.01), -float(np.log(mine[-1] + 0.01))),
            "variance of requests in flight",
            mine[-1],
            float(usual[-1]),
            "The number of requests being answered at once stays steady over all the accounts together (variance "
            f"{mine[-1]:.2f}, against {usual[-1]:.2f} were each account's hours shifted by some minutes).",
        )


def _measured(moments: Moments) -> tuple[float, ...]:
    """What ``_COUNTED`` names, and the variance of the requests in flight."""
    return (
        float(moments.met(MET_SECONDS)),
        float(moments.handed_over(HANDED_OVER_SECONDS)),
        float(moments.asked_again(ASKED_AGAIN_SECONDS)),
        float(moments.in_flight().var()),
    )


FAMILY = Dispatch()
