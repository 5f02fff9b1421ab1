"""The tests of a cluster, one a family: what was seen, beside the log's own background.

Each takes the members of a cluster and returns a ``Finding``: a p-value against the family's null,
the statistic it rests on, the same statistic in the background, and a plain sentence. To add a
test to a family, add a function and join it in ``FAMILY_TESTS``.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import sparse, stats

from stillwatch.campaigns.background import Background
from stillwatch.campaigns.interchangeability import MARGIN, Interchangeability, interchangeability
from stillwatch.campaigns.linkage import Traits
from stillwatch.campaigns.postings import RARITIES, Postings, distinct
from stillwatch.campaigns.repeats import Asked
from stillwatch.campaigns.significance import tail_p

__all__ = ["FAMILY_TESTS", "Finding", "World", "apartness", "signature"]

I64 = npt.NDArray[np.int64]
F64 = npt.NDArray[np.float64]
F32 = npt.NDArray[np.float32]

_HOUR = 3_600_000_000
_EVEN = 0.5
_WEEKEND = 64
_MAJORITY = 0.5
_REDRAW = 0.01
_MOST_FOR_ICC = 300
_LEAST_SHARE = 0.02


@dataclass(frozen=True, slots=True)
class Finding:
    """What one test saw in one cluster."""

    family: str
    statistic: str
    value: float
    background: float
    p_value: float
    statement: str


@dataclass(frozen=True, slots=True)
class World:
    """The whole log, as the tests see it.

    Attributes:
        traits: what entities are compared by.
        background: draws groups from the log.
        asked: distinct prompts of every entity, to see who repeats whom.
        rhythm: E x hours unit vectors: activity an hour beyond each entity's own daily habit;
            zero for entities with too few exchanges to tell.
        tactics: names of the columns of ``traits.purpose`` and what each says.
    """

    traits: Traits
    background: Background
    asked: Asked
    rhythm: F32
    tactics: tuple[tuple[str, str], ...]


def signature(world: World, members: I64) -> tuple[I64, F64, F64]:
    """Texts shared within a cluster: their numbers, how many members use each, and log10 p.

    The p-value of a text is that of as many holders among blindly drawn entities, times the number
    of texts.
    """
    texts = world.traits.texts
    within = texts.matrix[members]
    things = within.indices[within.data >= _LEAST_SHARE]
    number, used = np.unique(things[texts.classes[things] < len(RARITIES)], return_counts=True)
    number, count = number[used >= 2].astype(np.int64), used[used >= 2].astype(np.float64)
    chance = _log10_tail(count, len(members), texts.holders[number] / texts.matrix.shape[0])
    chance += np.log10(max(len(texts.names), 1))
    order = np.argsort(chance + 1e-6 * -count, kind="stable")
    return number[order], count[order], np.minimum(chance[order], 0.0)


def _log10_tail(count: F64, size: int, share: F64) -> F64:
    """log10 P(at least ``count`` of ``size`` drawn have it). Binomial, which errs toward caution: drawing
    without replacement has the lighter tail (Hoeffding 1963)."""
    return np.asarray(np.log10(np.maximum(stats.binom.sf(count - 1, size, np.minimum(share, 1.0)), 1e-300)))


def structure(world: World, members: I64) -> Finding:
    """The same text machinery: a rare sentence or template that many members use."""
    number, count, chance = signature(world, members)
    if not len(number):
        return Finding("structure", "shared text", 0.0, 0.0, 1.0, "No rare text is shared.")
    share = count[0] / len(members)
    outside = (world.traits.texts.holders[number[0]] - count[0]) / max(len(world.traits.entities) - len(members), 1)
    return Finding(
        "structure",
        "share of accounts with the commonest rare text",
        float(share),
        float(outside),
        float(max(10.0 ** chance[0], 1e-12)),
        f"{int(count[0])} of {len(members)} accounts send one and the same sentence or template, "
        f"which {outside:.2%} of all other accounts send.",
    )


def apartness(world: World, members: I64) -> Interchangeability:
    """Interchangeability of the cluster's prompts, on a bounded number of members."""
    content = world.traits.content
    if len(members) > _MOST_FOR_ICC:
        members = members[:: -(-len(members) // _MOST_FOR_ICC)]
    rows = np.flatnonzero(np.isin(content.owner, members))
    return interchangeability(content.raw[rows], content.owner[rows])


def _likeness(means: F32, groups: I64) -> F64:
    """Mean product of different members' means, for each of g groups (g x size entities)."""
    count, size = groups.shape
    square = np.einsum("ij,ij->i", means, means)
    drawn = sparse.csr_matrix(
        (np.ones(groups.size, np.float32), groups.ravel(), np.arange(0, groups.size + 1, size)),
        shape=(count, len(means)),
    )
    totals = drawn @ means
    return np.asarray((np.einsum("ij,ij->i", totals, totals) - drawn @ square) / (size * (size - 1)), np.float64)


def semantics(world: World, members: I64) -> Finding:
    """One source of questions: alike beyond the background, and interchangeable."""
    content = world.traits.content
    draws = world.background.matched(members, 400)
    likeness = float(_likeness(content.means, members[None, :])[0])
    null = _likeness(content.means, draws)
    concentrated = tail_p(null, likeness)
    same = apartness(world, members)
    if not np.isfinite(same.icc):
        return Finding("semantics", "intraclass correlation", float("nan"), float("nan"), 1.0, "Too few prompts.")
    return Finding(
        "semantics",
        "intraclass correlation of prompts by account",
        same.icc,
        MARGIN,
        max(concentrated, same.p_value),
        f"The accounts ask from one source: their prompts are {likeness / max(float(np.std(null)), 1e-9):.0f} "
        f"standard deviations closer together than those of random accounts, and the account explains "
        f"{max(same.icc, 0):.1%} of the differences between prompts (people: 3 % and more).",
    )


def purpose(world: World, members: I64) -> Finding:
    """Wording that makes training data, in more of the prompts than elsewhere."""
    rates = world.traits.purpose
    mine = rates[members].mean(axis=0)
    groups = world.background.matched(members, 600)
    p = np.array([tail_p(rates[:, t][groups].mean(axis=1), float(mine[t])) for t in range(rates.shape[1])])
    best = int(np.lexsort((-mine, p))[0])
    elsewhere = float(rates[:, best].mean())
    return Finding(
        "purpose",
        f"share of prompts: {world.tactics[best][0]}",
        float(mine[best]),
        elsewhere,
        float(min(1.0, p[best] * rates.shape[1])),
        f"{mine[best]:.0%} of these accounts' prompts {world.tactics[best][1]}, against {elsewhere:.1%} of an "
        "average account's.",
    )


def shape(world: World, members: I64) -> Finding:
    """The same client: sampling parameters, user agent and TLS fingerprint."""
    e = world.traits.entities
    key = e.parameters * np.uint64(3) + e.agent * np.uint64(5) + e.tls * np.uint64(7)
    values, inverse, holders = np.unique(key, return_inverse=True, return_counts=True)
    within = np.bincount(inverse[members], minlength=len(values))
    log_p = _log10_tail(within.astype(np.float64), len(members), holders / len(e)) + np.log10(len(values))
    best = int(np.argmin(np.where(within > 0, log_p, 0.0)))
    share, elsewhere = within[best] / len(members), holders[best] / len(e)
    return Finding(
        "shape",
        "share of accounts with the commonest client",
        float(share),
        float(elsewhere),
        float(np.clip(10.0 ** log_p[best], 1e-12, 1.0)),
        f"{share:.0%} of the accounts use one and the same client and sampling parameters, against "
        f"{elsewhere:.1%} of all accounts.",
    )


def _timing_tests(world: World, members: I64) -> list[tuple[float, str, float, float, str]]:
    e = world.traits.entities
    volume = np.log(e.exchanges.astype(np.float64))
    spread = float(volume[members].std(ddof=1))
    # A text fills an account of few exchanges by chance: such accounts are held against their like.
    like = np.flatnonzero(volume <= np.quantile(volume[members], 0.95))
    plain = volume[like[world.background.plain(members) % len(like)]].std(axis=1, ddof=1)
    # Even beyond the background, and even beyond a fixed margin: both must be shown.
    margin = float(stats.chi2.cdf((len(members) - 1) * spread**2 / _EVEN**2, len(members) - 1))
    tests = [
        (
            max(tail_p(-plain, -spread), margin),
            "spread of log volume",
            spread,
            float(plain.mean()),
            f"The accounts' volumes are even, as if a load balancer filled them: typical spread a factor of "
            f"{np.exp(spread):.2f}, against {np.exp(plain.mean()):.1f} in random groups.",
        )
    ]
    for name, times, edge in (
        ("first", e.first_seen, e.first_seen.min()),
        ("last", e.last_seen, e.last_seen.max()),
    ):
        # An account that was there at the log's edge began before it or goes on after it.
        gap = (e.last_seen - e.first_seen) / np.maximum(e.exchanges - 1, 1)
        # The quiet may be a weekend's: only longer ones count.
        inside = np.abs(times - edge) > np.maximum(_WEEKEND * _HOUR, 3 * gap)
        told = members[inside[members]]
        if len(told) < max(5, 0.5 * len(members)):
            continue
        mine = _scatter(times[told][None, :])[0]
        null = _scatter(times[world.background.matched(told, among=inside)])
        tests.append(
            (
                tail_p(-np.log(null + 1), -float(np.log(mine + 1))),
                f"scatter of {name} exchange, hours",
                mine,
                float(np.median(null)),
                f"The accounts' {name} exchanges lie {mine:.1f} hours apart (typically), against "
                f"{np.median(null):.1f} in groups of like volume.",
            )
        )
    told = members[np.any(world.rhythm[members] != 0, axis=1)]
    if len(told) >= 5:
        groups = world.background.matched(told)[:1000]
        together = float(_likeness(world.rhythm, told[None, :])[0])
        null = _likeness(world.rhythm, groups)
        tests.append(
            (
                tail_p(null, together),
                "correlation of hourly activity",
                together,
                float(null.mean()),
                f"The accounts speed up and pause together: their hourly activity, beyond each one's own daily "
                f"habit, correlates by {together:.2f}, against {null.mean():.2f} in groups of like volume.",
            )
        )
    return tests


def _scatter(times: I64 | F64) -> F64:
    """Mean distance from the median in hours, by row."""
    centre = np.median(times, axis=1, keepdims=True)
    return np.asarray(np.abs(times - centre).mean(axis=1) / _HOUR)


def timing(world: World, members: I64) -> Finding:
    """Acting together: even volumes, common beginnings and ends, common bursts and pauses."""
    return _best("timing", _timing_tests(world, members))


def _sharing(hands: Postings, groups: I64) -> I64:
    """How many members share a rare or uncommon thing with another member, for each of g groups (g x size)."""
    size = groups.shape[1]
    groups = np.sort(groups, axis=1)
    # Who was drawn twice is one member.
    once = np.ones(groups.shape, np.bool_)
    once[:, 1:] = groups[:, 1:] != groups[:, :-1]
    cell = np.flatnonzero(once)
    scarce = hands.scarce()
    rows = scarce[groups.ravel()[cell]]
    holder = np.repeat(cell, np.diff(rows.indptr))
    key = (holder // size) * scarce.shape[1] + rows.indices
    order = np.argsort(key, kind="stable")
    again = np.zeros(len(key), np.bool_)
    again[1:] = key[order][1:] == key[order][:-1]
    again[:-1] |= again[1:]
    sharing = distinct(holder[order[again]])
    return np.bincount(sharing // size, minlength=len(groups))


def _jitter(count: int) -> F64:
    """Uniform noise below one, so that a count's null has a tail to extrapolate."""
    return np.asarray(np.random.default_rng(count).random(count))


def infrastructure(world: World, members: I64) -> Finding:
    """The same hands: payment, addresses, domains; signed up together."""
    e, hands = world.traits.entities, world.traits.hands
    tests: list[tuple[float, str, float, float, str]] = []
    if hands is not None:
        sharing = int(_sharing(hands, members[None, :])[0])
        chance = float(1 - (1 - hands.chance()[:2].sum()) ** (len(members) - 1))
        p = float(max(stats.binom.sf(sharing - 1, len(members), min(chance, 1.0)), 1e-12))
        if sharing <= _MAJORITY * len(members):
            # A few colleagues inside a group are no common hands of the group.
            p = 1.0
        elif p < _REDRAW:
            # Offices make sharing lumpy, which the binomial does not know; groups drawn from the log do.
            groups = world.background.plain(members, 200, whole=True)
            p = max(p, tail_p(_sharing(hands, groups) + _jitter(len(groups)), float(sharing)))
        tests.append(
            (
                p,
                "share of accounts that share a payment, address or domain",
                sharing / len(members),
                chance,
                f"{sharing} of {len(members)} accounts share a payment method, network or uncommon e-mail domain "
                f"with another of them; {chance:.1%} of random accounts would.",
            )
        )
    known = members[np.isfinite(e.created[members])]
    if len(known) >= 5:
        groups = world.background.plain(known)
        mine = float(_scatter(e.created[known][None, :])[0])
        null = _scatter(e.created[groups])
        tests.append(
            (
                tail_p(-np.log(null + 1), -float(np.log(mine + 1))),
                "scatter of sign-up, hours",
                mine,
                float(np.nanmedian(null)),
                f"The accounts signed up {mine:.0f} hours apart (typically), against {np.nanmedian(null):.0f} in "
                "random groups.",
            )
        )
    return _best("infrastructure", tests)


def _best(family: str, tests: list[tuple[float, str, float, float, str]]) -> Finding:
    """The strongest of a family's tests, its p-value times their number (Bonferroni)."""
    if not tests:
        return Finding(family, "none", float("nan"), float("nan"), 1.0, "The log has no columns to see this by.")
    p, statistic, value, background, statement = min(tests, key=lambda test: test[0])
    return Finding(family, statistic, value, background, float(min(1.0, p * len(tests))), statement)


FAMILY_TESTS: dict[str, Callable[[World, I64], Finding]] = {
    "structure": structure,
    "semantics": semantics,
    "purpose": purpose,
    "shape": shape,
    "timing": timing,
    "infrastructure": infrastructure,
}
