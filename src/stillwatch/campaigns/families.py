"""The tests of a cluster, one a family: what was seen, beside the log's own background.

Each takes the members of a cluster and returns a ``Finding``: a p-value against the family's null,
the statistic it rests on, the same statistic in the background, and a plain sentence. To add a
test to a family, add a function and join it in ``FAMILY_TESTS``.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt
from scipy import stats

from stillwatch.campaigns.interchangeability import MARGIN, Interchangeability, interchangeability
from stillwatch.campaigns.postings import RARITIES, Postings, distinct
from stillwatch.campaigns.significance import tail_p
from stillwatch.campaigns.timing import timing
from stillwatch.campaigns.world import Finding, Seen, World, likeness, scatter, strongest

__all__ = ["FAMILY_TESTS", "apartness", "signature"]

I64 = npt.NDArray[np.int64]
F64 = npt.NDArray[np.float64]

_MAJORITY = 0.5
_REDRAW = 0.01
_MOST_FOR_ICC = 300
_LEAST_SHARE = 0.02


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
    rows = content.rows(members)
    return interchangeability(content.raw[rows], content.owner[rows])


def semantics(world: World, members: I64) -> Finding:
    """One source of questions: alike beyond the background, and interchangeable."""
    content = world.traits.content
    draws = world.background.matched(members, 400)
    mine = float(likeness(content.means, members[None, :])[0])
    null = likeness(content.means, draws)
    concentrated = tail_p(null, mine)
    same = apartness(world, members)
    if not np.isfinite(same.icc):
        return Finding("semantics", "intraclass correlation", float("nan"), float("nan"), 1.0, "Too few prompts.")
    return Finding(
        "semantics",
        "intraclass correlation of prompts by account",
        same.icc,
        MARGIN,
        max(concentrated, same.p_value),
        f"The accounts ask from one source: their prompts are {mine / max(float(np.std(null)), 1e-9):.0f} "
        f"standard deviations closer together than those of random accounts, and the account explains "
        f"{max(same.icc, 0):.1%} of the differences between prompts (people: 3 % and more).",
    )


def purpose(world: World, members: I64) -> Finding:
    """Wording and settings that make training data, in more of the requests than elsewhere."""
    rates = world.habits
    mine = rates[members].mean(axis=0)
    groups = world.background.matched(members, 600)
    p = np.array([tail_p(rates[:, t][groups].mean(axis=1), float(mine[t])) for t in range(rates.shape[1])])
    best = int(np.lexsort((-mine, p))[0])
    elsewhere = float(rates[:, best].mean())
    return Finding(
        "purpose",
        f"share of requests: {world.tactics[best][0]}",
        float(mine[best]),
        elsewhere,
        float(min(1.0, p[best] * rates.shape[1])),
        f"{mine[best]:.0%} of these accounts' requests {world.tactics[best][1]}, against {elsewhere:.1%} of an "
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


def _sharing(hands: Postings, groups: I64) -> I64:
    """How many members share a rare or uncommon thing with another member, for each of g groups (g x size)."""
    size = groups.shape[1]
    groups = np.sort(groups, axis=1)
    # Who was drawn twice is one member.
    once = np.ones(groups.shape, np.bool_)
    once[:, 1:] = groups[:, 1:] != groups[:, :-1]
    cell = np.flatnonzero(once)
    scarce = hands.scarce
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


def infrastructure(world: World, members: I64, *, least: int = 5) -> Finding:
    """The same hands: payment, addresses, domains; signed up together, where at least ``least`` are known to have."""
    e, hands = world.traits.entities, world.traits.hands
    tests: list[Seen] = []
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
    if len(known) >= least:
        groups = world.background.plain(known)
        mine = float(scatter(e.created[known][None, :])[0])
        null = scatter(e.created[groups])
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
    return strongest("infrastructure", tests)


FAMILY_TESTS: dict[str, Callable[[World, I64], Finding]] = {
    "structure": structure,
    "semantics": semantics,
    "purpose": purpose,
    "shape": shape,
    "timing": timing,
    "infrastructure": infrastructure,
}
