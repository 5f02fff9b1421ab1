"""Timing: accounts that act together by one clock, beyond what each one's own habits explain."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import ClassVar

import numpy as np
import numpy.typing as npt
import scipy

from stillwatch.core.counted import duration, percent
from stillwatch.evidence.base import Count, Counted, Example, Explanation, Family, Level, Null, Observed
from stillwatch.evidence.bursts import bursts, came_with
from stillwatch.evidence.communities import communities
from stillwatch.evidence.group_statistics import likeness, odd_volumes, scatter, usual_and_spread, within_one_stretch
from stillwatch.evidence.hands import cards_of, one_owners, ties_of
from stillwatch.evidence.icc import of_many_matters
from stillwatch.evidence.log_profile import HOUR, I64, LogProfile
from stillwatch.evidence.p_values import tail_p
from stillwatch.evidence.rhythm import Rhythm, hourly_residuals
from stillwatch.evidence.sign_ups import EDGE_SCATTER, EVEN_VOLUMES, signed_up_together
from stillwatch.evidence.thresholds import (
    ALONG,
    AT_ONCE_HOURS,
    DRAWS_RHYTHM,
    EDGE_GAPS,
    EVEN_RATIO,
    EVEN_SPREAD,
    HANDED_OUT,
    LEAST_MEMBERS,
    LEAST_STAND_INS,
    LIKE_RATIO,
    MAJORITY,
    MOST_BEATS,
    MOST_COMPARED,
    OCCASION_HOURS,
    OCCASION_REQUESTS,
    OCCASION_SHARE,
    OCCASION_SIZE,
    ODD_ONES,
    OFFICE_SIZE,
    ONE_BEAT,
    REPEATS,
    RESOLUTION_BEAT,
    SPAN_HOURS,
    UNTOLD,
    WEEKEND_HOURS,
)
from stillwatch.evidence.waves import Hours, hourly_counts, in_waves

__all__ = ["FAMILY", "PROGRAM"]

PROGRAM = "users of one program that came out, or closed, in those days"

_CHUNK = 1_024
_SPAN = int(SPAN_HOURS * HOUR)
_SPANS = f"abs(l.first_seen - r.first_seen) < {_SPAN} AND abs(l.last_seen - r.last_seen) < {_SPAN}"
_RATIO = "abs(ln(l.exchanges / r.exchanges))"


class Timing(Family):
    """Even volumes, common beginnings and ends, common bursts and pauses, turns taken."""

    name = "timing"
    sees = "acting together"
    side = "coordination"
    reads = ("time",)
    blind_spot = "Accounts that keep human hours of their own and begin on days of their own."
    counts: ClassVar[Mapping[str, Count]] = {
        "hour": Count(f"epoch_us(time) // {HOUR}"),
    }
    examples = (
        Example(
            "they work in the same three hours and pause together",
            {"hours_from_start": lambda rng, account, row: 24.0 * (row % 12) + 5 * (row % 3) + rng.random()},
            seen=True,
        ),
        Example("each works when it likes", {}, seen=False),
    )

    def derive(self, log: LogProfile, counted: Counted) -> Hours:
        """When the log's entities are at work."""
        entity, hour, uses = counted("hour")
        counts = hourly_counts(entity, hour.astype(np.int64), uses, len(log))
        return Hours(hourly_residuals(counts, log.exchanges), counts)

    def levels(self, log: LogProfile) -> Sequence[Level]:
        """First and last seen together, and as busy."""
        return (
            Level("same span, same volume", f"{_SPANS} AND {_RATIO} < {EVEN_RATIO}", 0.3),
            Level("same span", f"{_SPANS} AND {_RATIO} < {LIKE_RATIO}", 0.2),
        )

    def groups(self, log: LogProfile, *, least: int, seed: int) -> Iterable[I64]:
        """Communities of entities that speed up and pause together, whatever else links them."""
        a, b, beside = _in_one_beat(log.derived[self.name].rhythm, log.exchanges)
        return communities(a, b, beside, len(log), resolution=RESOLUTION_BEAT, least=least, seed=seed)

    def crowds(self, log: LogProfile, *, least: int) -> Iterable[I64]:
        """Who began, or ended, at once."""
        for times, edge in ((log.first_seen, log.window_start), (log.last_seen, log.window_end)):
            yield from bursts(times.astype(np.float64), _inside(log, times, edge), least=least)

    def test(self, log: LogProfile, members: I64, null: Null, *, least: int = LEAST_MEMBERS) -> Iterable[Observed]:
        """Fewer than ``least`` members have no common beginnings, ends or bursts. Who asks no more than people do may
        be given as much to do: by an owner, of no more than an office has, or by a task, where no hands tie them."""
        many = len(members) > OFFICE_SIZE and not _tied_by_nothing(log, members)
        if many or _more_than_people(log, members):
            yield _volumes(log, members, null)
        yield from _edge(log, members, null, "first", log.first_seen, log.window_start, least)
        yield from _edge(log, members, null, "last", log.last_seen, log.window_end, least)
        yield from _beats(log.derived[self.name].rhythm, members, null, least)
        yield from in_waves(log, log.derived[self.name].counts, members, null)

    def explain(self, log: LogProfile, members: I64, bystanders: I64) -> Iterable[Explanation]:
        """An occasion that brought strangers together, and a program that did."""
        return [_occasion(log, members), _program(log, members)]

    def acts_along(self, log: LogProfile, members: I64, who: I64) -> npt.NDArray[np.bool_] | None:
        """Whose hourly activity correlates with the group's far beyond the log's, or who begins or ends together with
        more of the group than chance has."""
        return (
            _in_its_beat(log.derived[self.name].rhythm, members, who)
            | came_with(log.first_seen, _inside(log, log.first_seen, log.window_start), members, who)
            | came_with(log.last_seen, _inside(log, log.last_seen, log.window_end), members, who)
        )


def _in_its_beat(rhythm: Rhythm, members: I64, who: I64) -> npt.NDArray[np.bool_]:
    """Whose activity correlates with the group's beyond that of a bounded number of others, evenly spread."""
    told = rhythm.told
    some = np.arange(0, len(told), -(-len(told) // MOST_COMPARED))
    some = some[told[some] & ~np.isin(some, members)]
    if len(some) < LEAST_STAND_INS:
        return np.zeros(len(who), np.bool_)
    centre = rhythm.mean(members)
    # Members not found yet are among the others, half of them in a small log, and must not widen their spread.
    usual, spread = usual_and_spread(rhythm.beside(some, centre))
    return np.asarray(told[who] & (rhythm.beside(who, centre) - usual > ALONG * max(spread, 1e-9)))


def _in_one_beat(rhythm: Rhythm, exchanges: I64) -> tuple[I64, I64, npt.NDArray[np.float64]]:
    """Pairs whose hourly activity correlates, of the busiest of whom it is told, and by how much.

    What moves everybody, such as a release, is taken away first.
    """
    told = np.flatnonzero(rhythm.told)
    told = np.sort(told[np.argsort(-exchanges[told], kind="stable")[:MOST_BEATS]])
    rows = rhythm.rows[told].toarray()
    rows = rows - rows.mean(axis=0) if len(told) else rows
    rows = rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-9)
    found: list[tuple[I64, I64, npt.NDArray[np.float64]]] = []
    for start in range(0, len(told), _CHUNK):
        # Of two each pair once: those before it were held against this part already.
        beside = rows[start : start + _CHUNK] @ rows[start:].T
        a, b = np.nonzero(beside >= ONE_BEAT)
        kept = a < b
        found.append((told[a[kept] + start], told[b[kept] + start], beside[a[kept], b[kept]].astype(np.float64)))
    none = np.zeros(0, np.int64), np.zeros(0, np.int64), np.zeros(0)
    a, b, beside = (np.concatenate(parts) for parts in zip(none, *found, strict=True))
    return a, b, beside


def _occasion(log: LogProfile, members: I64) -> Explanation:
    """One occasion: nearly all come and go within one short stretch, each with little to ask."""
    watched = log.watched(members)
    stretch = min(OCCASION_HOURS, watched / 4)
    share = within_one_stretch(log.first_seen[members], log.last_seen[members], stretch)
    requests = float(np.median(log.exchanges[members]))
    repeated = float(np.median(log.prompt_sets.repeats(members)))
    small = len(members) <= OCCASION_SIZE and requests <= OCCASION_REQUESTS
    # An occasion that brought most of them may have brought the group together, and others who came before.
    holds = None if small and MAJORITY < share < OCCASION_SHARE else small and share >= OCCASION_SHARE
    return Explanation(
        "one occasion, such as a class, a workshop or a launch",
        f"Of these {len(members):,} accounts, {round(share * len(members)) or 'none'} come and go within one stretch "
        f"of {stretch:.0f} hours, of {watched:.0f} hours observed; typically each has {requests:,.0f} exchanges. What "
        f"an occasion brings together is small and soon over: at most {OCCASION_SIZE} accounts with typically at most "
        f"{OCCASION_REQUESTS:.0f} exchanges, {percent(OCCASION_SHARE)} or more of them within one such stretch.",
        holds,
        # A class asks one thing many times, and an audience each its own; neither deals out one source.
        contradicted_by=("dispatch",) if repeated > REPEATS else ("dispatch", "semantics"),
        strangers=True,
        pay_apart=not _handed_out(log, members),
    )


def _handed_out(log: LogProfile, members: I64) -> bool:
    """Whether payments are as few as who invites strangers hands out among them: a campaign's pay for fewer each."""
    hands = log.shared["infrastructure"]
    return hands is not None and cards_of(hands, members) * HANDED_OUT <= len(members)


def _program(log: LogProfile, members: I64) -> Explanation:
    """A program that came out, or closed, when its users came or went, who have nothing else in common."""
    moments = ((log.first_seen, log.window_start), (log.last_seen, log.window_end))
    told = [times[members[_inside(log, times, edge)[members]]] for times, edge in moments]
    apart = [float(scatter(times[None, :])[0]) for times in told if len(times) >= MAJORITY * len(members)]
    closest = min(apart, default=np.inf)
    # Who comes at any time lies a quarter of what was observed from the middle one on average.
    near = AT_ONCE_HOURS < closest <= MAJORITY * log.watched(members) / 4
    together = f", at the closest {duration(closest)} from the middle one of them on average" if apart else ""
    return Explanation(
        PROGRAM,
        f"Of these {len(members):,} accounts {len(told[0]):,} began and {len(told[1]):,} ended within what was "
        f"observed{together}. Users of one program come over days when it is new and go when it is old; beyond that "
        "each works when and as much as it likes, pays for itself and shares no hands with others of them.",
        None if near else False,
        # A program asks of one matter, or lets its users ask, each of their own.
        contradicted_by=("timing", "semantics") if near and of_many_matters(log.content, members) else ("timing",),
        contradicted_together=(("dispatch",), ("infrastructure",)),
        strangers=True,
        pay_apart=True,
        accounts_for=("timing",),
    )


def _volumes(log: LogProfile, members: I64, null: Null) -> Observed:
    volume = np.log(log.exchanges.astype(np.float64))
    spread, kept = (float(one) for one in _spread(volume[members]))
    # A text fills an account of few exchanges by chance: such accounts are held against their like.
    like = volume <= np.quantile(volume[members], 0.95)
    drawn, _ = _spread(volume[null.plain(members, among=like)])
    # Even beyond the background, and even beyond a fixed margin: both must be shown.
    margin = float(scipy.stats.chi2.cdf((kept - 1) * spread**2 / EVEN_SPREAD**2, kept - 1))
    p_value = max(tail_p(-drawn, -spread), margin)
    even = "The accounts send nearly the same number of requests each, as where software shares them out: they differ"
    even = even if p_value <= UNTOLD else "How many requests the accounts send differs"
    return Observed(
        p_value,
        EVEN_VOLUMES,
        spread,
        float(drawn.mean()),
        f"{even} typically by a factor of {np.exp(spread):.2f}, in random groups by a factor of "
        f"{np.exp(drawn.mean()):.1f}.",
        # A class with one exercise, or the programs of one owner, send as many each: that is no clock of strangers.
        1.0 if one_owners(log.shared["infrastructure"], members) else None,
    )


def _tied_by_nothing(log: LogProfile, members: I64) -> bool:
    """Whether the hands of most of a group are known, and tie no more than half of it, who did not sign up together."""
    hands = log.shared["infrastructure"]
    if hands is None or hands.known[members].mean() <= MAJORITY or ties_of(hands, members).share > MAJORITY:
        return False
    return not signed_up_together(log, members)


def _more_than_people(log: LogProfile, members: I64) -> bool:
    """Whether each of a group typically asks more than an occasion or a task of people has them ask."""
    return bool(np.median(log.exchanges[members]) > OCCASION_REQUESTS)


def _spread(values: npt.NDArray[np.float64]) -> tuple[npt.NDArray[np.float64], I64]:
    """Standard deviation over the last axis, and of how many: without what lies far out at either end, if hardly
    any does: one application among a load balancer's accounts makes them no less even."""
    ordered = np.sort(values, axis=-1)
    size = ordered.shape[-1]
    place, ends = np.arange(size), int(ODD_ONES * size)
    odd = odd_volumes(ordered) & ((place < ends) | (place >= size - ends))
    kept = size - odd.sum(axis=-1)
    mean = np.where(odd, 0.0, ordered).sum(axis=-1) / kept
    square = np.where(odd, 0.0, ordered - mean[..., None]) ** 2
    return np.sqrt(square.sum(axis=-1) / (kept - 1)), kept


def _edge(
    log: LogProfile, members: I64, null: Null, name: str, times: I64, edge: I64, least: int
) -> Iterable[Observed]:
    """Common first or last exchanges, of those who began or ended inside what was observed of their sources."""
    inside = _inside(log, times, edge)
    told = members[inside[members]]
    if len(told) < max(least, 0.5 * len(members)):
        return
    mine = float(scatter(times[told][None, :])[0])
    drawn = scatter(times[null.matched(told, among=inside)])
    usual = float(np.median(drawn))
    # Users of one program come when it is new and go when it is old: closer than others, and no common beginning.
    p_value = tail_p(-np.log(drawn + 1), -float(np.log(mine + 1))) if mine <= MAJORITY * usual else 1.0
    close = "lie close together: they are" if p_value <= UNTOLD else "are"
    yield Observed(
        p_value,
        EDGE_SCATTER[name],
        mine,
        usual,
        f"The accounts' {name} exchanges {close} on average {duration(mine)} from the middle one of them, in random "
        f"groups of like volume {duration(usual)}.",
        # One owner's people, or a class, begin in one week and end in one, a class in one hour. Who is shut out is so
        # within hours, and no class has more than an occasion brings together.
        None if mine <= AT_ONCE_HOURS and (name == "last" or len(told) > OCCASION_SIZE) else 1.0,
    )


def _inside(log: LogProfile, times: I64, edge: I64) -> npt.NDArray[np.bool_]:
    """Who began or ended inside what was observed of their sources (E)."""
    gap = (log.last_seen - log.first_seen) / np.maximum(log.exchanges - 1, 1)
    # An account that was there at the edge began before it or goes on after it; the quiet may be a weekend's.
    return np.asarray(np.abs(times - edge) > np.maximum(WEEKEND_HOURS * HOUR, EDGE_GAPS * gap))


def _beats(rhythm: Rhythm, members: I64, null: Null, least: int) -> Iterable[Observed]:
    known = rhythm.told
    told = members[known[members]]
    if len(told) < least:
        return
    groups = null.matched(told, among=known)[:DRAWS_RHYTHM]
    mine, drawn = float(_likeness(rhythm, told[None, :])[0]), _likeness(rhythm, groups)
    usual = float(drawn.mean())
    together, turns = tail_p(drawn, mine), tail_p(max(usual, 0.0) - drawn, -mine)
    places = 2 + (mine < 0.1)
    hours = (
        f"Beyond each one's own daily habit, their hourly activity correlates by {mine:.{places}f}, in random groups "
        f"of like volume by {usual:.{places}f} (0: each works when it likes; 1: all in step)."
    )
    yield Observed(
        together,
        "correlation of hourly activity",
        mine,
        usual,
        f"The accounts speed up and pause together. {hours}" if together <= UNTOLD else hours,
    )
    # Who merely does not follow what moves the log keeps hours of their own: turns are fewer together than that.
    yield Observed(
        turns,
        "correlation of hourly activity, below none",
        mine,
        usual,
        f"The accounts take turns: while some work others pause. {hours}" if turns <= UNTOLD else hours,
    )


def _likeness(rhythm: Rhythm, groups: I64) -> npt.NDArray[np.float64]:
    return likeness(rhythm.rows, groups, squares=rhythm.squares)


FAMILY = Timing()
