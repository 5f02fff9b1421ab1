"""Dispatch: one queue of work over many accounts, by the seconds between them, by sessions that move from one to
another and by how a pool is shared out."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt

from stillwatch.core.counted import percent
from stillwatch.evidence.base import Count, Counted, Example, Family, Level, Null, Observed
from stillwatch.evidence.dispatch_thresholds import (
    ASKED_AGAIN_SECONDS,
    DRAWS_SHIFTED,
    HANDED_OVER_SECONDS,
    LEAST_MOMENTS,
    MET_SECONDS,
)
from stillwatch.evidence.hands import is_kind, one_owners, within_of
from stillwatch.evidence.in_turn import asked_in_turn
from stillwatch.evidence.log_profile import I64, LogProfile
from stillwatch.evidence.moments import Moments, shifted
from stillwatch.evidence.moved_sessions import (
    SESSION_SQL,
    carrying_on,
    going_on,
    moved,
    moved_abroad,
    moved_together,
    moved_turns,
)
from stillwatch.evidence.p_values import count_tail_p, drawn_until_told, tail_p
from stillwatch.evidence.postings import Postings
from stillwatch.evidence.repeated_sampling import sampled_together
from stillwatch.evidence.shared_levels import reached
from stillwatch.evidence.sharing_out import sharing_out
from stillwatch.evidence.thresholds import BLOCKED_CLASSES, LEAST_MEMBERS, MAJORITY, RARITIES, UNTOLD

__all__ = ["FAMILY"]

F64 = npt.NDArray[np.float64]

_DEALT = " That is more even than chance: so prompts are dealt out by count."
# Of each count: its name, and what it says of the shares of requests counted here and under the shifts.
_COUNTED = (
    (
        f"requests met within {MET_SECONDS:.0f} s",
        f"After {{mine}} of the requests, one of another of these accounts begins within {MET_SECONDS:.0f} seconds; "
        "were each account's clock shifted by some minutes, it would be {usual}.",
    ),
    (
        f"requests handed over within {HANDED_OVER_SECONDS:.0f} s",
        f"Of the requests, {{mine}} begin within {HANDED_OVER_SECONDS:.0f} seconds of the end of another of these "
        "accounts' answers; were each account's clock shifted by some minutes, it would be {usual}.",
    ),
    (
        "refused requests asked again by another account",
        f"Of the requests, {{mine}} were refused and asked again, word for word, by another of the accounts within "
        f"{ASKED_AGAIN_SECONDS / 60:.0f} minutes; were each account's clock shifted by some minutes, it would be "
        "{usual}.",
    ),
)


class Dispatch(Family):
    """Requests that follow one another over accounts as one queue's do, and prompts dealt out by count."""

    name = "dispatch"
    sees = "one queue of work"
    side = "coordination"
    redraws = False
    reads = ("time", "latency_ms", "status", "prompt", "session_id", "messages", "response")
    blind_spot = "Accounts that work at their own pace, each through a list of its own."
    counts: ClassVar[Mapping[str, Count]] = {
        "session": Count(SESSION_SQL, shared=True, kept=False),
        "answered": Count("answered", source="sketches", kept=False),
        "carried": Count("carried", source="sketches", kept=False),
    }
    examples = (
        Example(
            "each begins as another's answer comes",
            {
                "hours_from_start": lambda rng, account, row: 30 + row * 0.9 + account / 180,
                "latency_ms": lambda rng, account, row: 19_500.0,
            },
            seen=True,
        ),
        Example(
            "each goes on with sessions that the one before it began",
            {"session_id": lambda rng, account, row: _session((account + row % 2) % 12, row // 2)},
            seen=True,
        ),
        Example(
            "a class that asks at three bells",
            {"hours_from_start": lambda rng, account, row: 30 + 24 * (row % 3) + rng.normal(0, 0.4) ** 2},
            seen=False,
        ),
        Example(
            "each works at its own pace, in sessions of its own",
            {"session_id": lambda rng, account, row: _session(account, row // 4)},
            seen=False,
        ),
    )

    def levels(self, log: LogProfile) -> Sequence[Level]:
        """Two sessions in common, or one."""
        sessions = log.shared[self.name]
        if sessions is None:
            return []
        two, one = max(sessions.chance()[0] ** 1.5, 1e-9), sessions.chance()[:BLOCKED_CLASSES].sum()
        return [
            Level("two sessions in common", "p.sessions = 0", 0.05, float(two)),
            Level("a session in common", f"p.sessions BETWEEN 1 AND {BLOCKED_CLASSES}", 0.1, float(one)),
        ]

    def pair_columns(self, log: LogProfile, a: I64, b: I64) -> Mapping[str, npt.NDArray[Any]]:
        """The level of shared sessions, of accounts that have sessions."""
        sessions = log.shared[self.name]
        if sessions is None:
            return {}
        (known,) = sessions.told
        column = reached("sessions", sessions, a, b)["sessions"]
        return {"sessions": np.ma.MaskedArray(column, mask=~(known[a] & known[b]))}

    def derive(self, log: LogProfile, counted: Counted) -> Postings | None:
        """Sessions and turns of conversations that move between accounts."""
        answered, carried = counted("answered", "carried"), counted("carried")
        return going_on(log.shared[self.name], moved_turns(answered[:2], carried[:2], len(log)))

    def groups(self, log: LogProfile, *, least: int, seed: int) -> Iterable[I64]:
        """Accounts between which sessions move, directly or over others."""
        sessions = log.derived[self.name]
        return [] if sessions is None else sessions.webs(moved(sessions), least)

    def acts_along(self, log: LogProfile, members: I64, who: I64) -> npt.NDArray[np.bool_] | None:
        """Who has a session in common with a member."""
        sessions = log.derived[self.name]
        return None if sessions is None else carrying_on(sessions, members, who)

    def test(self, log: LogProfile, members: I64, null: Null, *, least: int = LEAST_MEMBERS) -> Iterable[Observed]:
        """Requests met and handed over within seconds, a steady number in flight, refusals asked again by another,
        sessions that move between them, requests made in turn, a pool of which every prompt is dealt equally often, and
        sampled prompts."""
        sessions = log.derived[self.name]
        in_sessions = members[:0] if sessions is None else members[sessions.told[0][members]]
        if sessions is not None and len(in_sessions) >= least and len(moved(sessions)):
            yield moved_together(sessions, in_sessions)
            abroad = in_sessions[log.known("country")[in_sessions]]
            if len(abroad) >= least and _nothing_ties(log, abroad):
                yield moved_abroad(sessions, abroad, log.columns["country"][abroad])
        dealt = sharing_out(log.prompt_sets, members)
        if dealt is not None:
            yield Observed(
                dealt.p_value,
                "spread of how many accounts send one prompt",
                dealt.observed,
                dealt.expected,
                dealt.statement + (_DEALT if dealt.p_value <= UNTOLD else ""),
            )
        moments = log.moments(members) if log.moments is not None else None
        if moments is not None and len(moments) >= LEAST_MOMENTS:
            sampled = sampled_together(moments, log.prompt_sets, members)
            if sampled is not None:
                yield sampled
            some = moments.bounded()
            in_turn = asked_in_turn(some, one_owner=one_owners(log.shared["infrastructure"], members))
            if in_turn is not None:
                yield in_turn
            yield from _seconds(some)


def _nothing_ties(log: LogProfile, members: I64) -> bool:
    """Whether the hands of most of a group are known, and no more than half of it have a payment or an address in
    common with another: what a firm or a reseller owns pays together, or stands in one place, whatever country the
    record says."""
    hands = log.shared["infrastructure"]
    if hands is None or hands.known[members].mean() <= MAJORITY:
        return False
    within, held = within_of(hands, members)
    theirs = is_kind(hands, "payment", "address") & (held > 1) & (hands.classes < len(RARITIES))
    return bool((np.asarray(within[:, np.flatnonzero(theirs)].sum(axis=1)) > 0).mean() <= MAJORITY)


def _seconds(moments: Moments) -> Iterable[Observed]:
    rng, total = np.random.default_rng([int(moments.owner[0]), len(moments)]), len(moments)
    moments = moments.with_bells(MET_SECONDS)
    mine = _measured(moments, 1)[0]
    drawn = drawn_until_told(lambda draws: _measured(shifted(moments, rng, draws), draws), mine, DRAWS_SHIFTED)
    usual = drawn.mean(axis=0)
    for place, (statistic, statement) in enumerate(_COUNTED):
        yield Observed(
            count_tail_p(drawn[:, place], int(mine[place])) if mine[place] else 1.0,
            statistic,
            float(mine[place]) / total,
            float(usual[place]) / total,
            statement.format(mine=percent(mine[place] / total), usual=percent(usual[place] / total)),
        )
    if len(mine) > len(_COUNTED):
        p_value = tail_p(drawn[:, -1], float(mine[-1]))
        yield Observed(
            p_value,
            "variance of requests in flight",
            _variance(mine[-1]),
            _variance(usual[-1]),
            "The number of requests being answered at once, over all the accounts together, "
            f"{'stays steady' if p_value <= UNTOLD else 'is not shown to stay steady'}: its variance is "
            f"{_variance(mine[-1]):.2g}; were each account's clock shifted by some minutes, it would be "
            f"{_variance(usual[-1]):.2g}.",
        )


def _measured(moments: Moments, draws: int) -> F64:
    """Of each of so many draws what ``_COUNTED`` names and, where most answers' lengths are known, how steady the
    number in flight is. At a bell whoever comes meets others, and is not counted."""
    apart = np.True_ if moments.at_a_bell is None else ~moments.at_a_bell
    counted = (
        moments.met(MET_SECONDS) & apart,
        moments.handed_over(HANDED_OVER_SECONDS) & apart,
        moments.asked_again(ASKED_AGAIN_SECONDS),
    )
    columns = [which.reshape(draws, -1).sum(axis=1) for which in counted]
    if moments.lasted.mean() > MAJORITY:
        columns.append(-np.log(moments.in_flight().reshape(draws, -1).var(axis=1) + 0.01))
    return np.column_stack(columns)


def _session(account: int, number: int) -> str:
    return hashlib.md5(f"session {account} {number}".encode(), usedforsecurity=False).hexdigest()


def _variance(steadiness: float) -> float:
    return float(np.exp(-steadiness) - 0.01)


FAMILY = Dispatch()
