"""Dispatch: one queue of work over many accounts, by the seconds between them and by how a pool is shared out."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import numpy as np
import numpy.typing as npt

from stillwatch.evidence.base import Example, Family, Null, Observed
from stillwatch.evidence.log_profile import I64, LogProfile
from stillwatch.evidence.moments import Moments, shifted
from stillwatch.evidence.p_values import tail_p
from stillwatch.evidence.sharing_out import sharing_out
from stillwatch.evidence.thresholds import (
    ASKED_AGAIN_SECONDS,
    HANDED_OVER_SECONDS,
    LEAST_MEMBERS,
    LEAST_MOMENTS,
    MET_SECONDS,
)

__all__ = ["FAMILY"]

F64 = npt.NDArray[np.float64]


class Dispatch(Family):
    """Requests that follow one another over accounts as one queue's do, and prompts dealt out by count."""

    name = "dispatch"
    sees = "one queue of work"
    side = "coordination"
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
    draws = shifted(moments, seed=int(moments.owner[0]))
    total = len(moments)
    for name, statement, count in (
        (
            f"requests met within {MET_SECONDS:.0f} s",
            "{mine:.0%} of the requests are met by another account's within {s:.0f} seconds, against {usual:.0%} were "
            "each account's hours shifted by some minutes.".replace("{s:.0f}", f"{MET_SECONDS:.0f}"),
            lambda m: m.met(MET_SECONDS),
        ),
        (
            f"requests handed over within {HANDED_OVER_SECONDS:.0f} s",
            "{mine:.0%} of the requests begin as another account's answer ends, against {usual:.0%} were each "
            "account's hours shifted by some minutes.",
            lambda m: m.handed_over(HANDED_OVER_SECONDS),
        ),
        (
            "refused requests asked again by another account",
            "Of the requests, {mine:.1%} were refused and asked again, word for word, by another of the accounts "
            "within minutes, against {usual:.1%} by chance.",
            lambda m: m.asked_again(ASKED_AGAIN_SECONDS),
        ),
    ):
        mine, usual, p = _beyond(moments, draws, count)
        yield Observed(p, name, mine / total, usual / total, statement.format(mine=mine / total, usual=usual / total))
    if moments.lasted.mean() > 0.5:
        yield _steady(moments, draws)


def _steady(moments: Moments, draws: list[Moments]) -> Observed:
    """Whether so many workers as there are keep so many requests in flight."""
    mine = float(moments.in_flight().var())
    drawn = np.array([one.in_flight().var() for one in draws])
    usual = float(drawn.mean())
    return Observed(
        tail_p(-np.log(drawn + 0.01), -float(np.log(mine + 0.01))),
        "variance of requests in flight",
        mine,
        usual,
        "The number of requests being answered at once stays steady over all the accounts together (variance "
        f"{mine:.2f}, against {usual:.2f} were each account's hours shifted by some minutes).",
    )


def _beyond(moments: Moments, draws: list[Moments], count: Callable[[Moments], int]) -> tuple[int, float, float]:
    """A count, its mean under the shifts, and its p-value."""
    mine = count(moments)
    # Uniform noise below one, so that a count's null has a tail to extrapolate.
    jitter = np.random.default_rng(len(draws)).random(len(draws))
    drawn = np.array([count(one) for one in draws], np.float64)
    return mine, float(drawn.mean()), tail_p(drawn + jitter, float(mine)) if mine else 1.0


FAMILY = Dispatch()
