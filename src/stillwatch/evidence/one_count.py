"""Whether more prompts are sent by just so many accounts than any independent choice has it.

Where each account chooses for itself, a prompt is sent by a number of them that chance gives: by a Poisson number, or a
binomial one, mixed over how well liked each prompt is. However that is mixed, those sent by k accounts are then no more
than those sent by k - 1 and by k + 1 allow: the squares of such numbers are bounded by the products of their neighbours
(Cauchy and Schwarz; of elementary symmetric polynomials of how much each account sends, Newton). A dealer who has each
prompt asked k times leaves a hump at k that no liking explains, and neither what each account sends beside it nor what
everybody sends hides it: both lie elsewhere.

The test is exact given the three numbers' sum and mean, as the test of Hardy and Weinberg's proportions is, whose
heterozygotes are the hump (Wigginton, Cutler and Abecasis 2005). Who chooses chapters of a set and runs each whole
chooses fewer times than there are prompts: what the same accounts send together more often than the hump's accounts
would by chance counts for less by as much.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import scipy

from stillwatch.evidence.dispatch_thresholds import LEAST_DEALT, MOST_AT_ONE_COUNT, MOST_OF_SEVERAL, MOST_TOGETHER
from stillwatch.evidence.thresholds import MAJORITY

__all__ = ["AtOneCount", "at_one_count"]

I64 = npt.NDArray[np.int64]
F64 = npt.NDArray[np.float64]


class AtOneCount(NamedTuple):
    """How many prompts are sent by just so many accounts.

    Attributes:
        p_value: of "each account chose for itself".
        times: how many accounts that is.
        prompts: how many are sent by so many.
        allowed: how many at most the numbers of those sent by one fewer and one more allow, on average.
    """

    p_value: float
    times: int
    prompts: int
    allowed: float


def at_one_count(owner: I64, prompt: npt.NDArray[np.integer[Any]]) -> AtOneCount | None:
    """The count of accounts whose prompts are most in excess; None where too few prompts are sent by several.

    Prompts count whose senders share such prompts with others as well: one customer with two accounts sends the same by
    both, and chooses once. Who sends much of all that several send is left out: what is dealt to the rest is no less
    even without.

    Args:
        owner: account of each prompt that an account sends, each pair once.
        prompt: its number or hash.
    """
    _, account = np.unique(owner, return_inverse=True)
    _, column, counts = np.unique(prompt, return_inverse=True, return_counts=True)
    several = np.bincount(account[counts[column] > 1], minlength=int(account.max(initial=0)) + 1)
    kept = (several <= MOST_OF_SEVERAL * several.sum())[account]
    if not kept.all():
        _, account = np.unique(account[kept], return_inverse=True)
        _, column, counts = np.unique(column[kept], return_inverse=True, return_counts=True)
    if not len(account):
        return None
    sizes = np.bincount(account).astype(np.float64)
    number = np.bincount(counts, minlength=MOST_AT_ONE_COUNT + 2)
    chance = _symmetric(sizes / sizes.sum(), MOST_AT_ONE_COUNT + 1)
    found: list[AtOneCount] = []
    for times in range(2, MOST_AT_ONE_COUNT + 1):
        kept = counts[column] == times
        hump, together = _spread(account[kept], column[kept], times) if number[times] >= LEAST_DEALT else (0, 1.0)
        if hump < LEAST_DEALT or chance[times + 1] <= 0:
            continue
        ratio = float(chance[times] ** 2 / (chance[times - 1] * chance[times + 1]))
        fewer, more = int(number[times - 1]), int(number[times + 1])
        p_value = _as_many(round(fewer / together), round(hump / together), round(more / together), ratio)
        found.append(AtOneCount(p_value, times, hump, float(np.sqrt(ratio * fewer * more))))
    if not found:
        return None
    best = min(found, key=lambda one: one.p_value)
    return best._replace(p_value=min(1.0, len(found) * best.p_value))


def _symmetric(sizes: F64, most: int) -> F64:
    """Elementary symmetric polynomials of these, of degree 0 to ``most``."""
    out = np.zeros(most + 1)
    out[0] = 1.0
    for size in sizes:
        out[1:] += size * out[:-1]
    return out


def _spread(account: I64, column: I64, times: int) -> tuple[int, float]:
    """How many of the prompts that so many accounts send are sent by accounts no two of which have most of such prompts
    in common, or many times more than chance gives; and how many of those the same accounts send together, in place of
    one, beyond chance.

    Args:
        account, column: account and prompt of each pair.
        times: accounts of each prompt.
    """
    senders = np.sort(account[np.argsort(column, kind="stable")].reshape(-1, times), axis=1)
    first, second = np.triu_indices(times, 1)
    size = int(account.max()) + 1
    pairs = senders[:, first] * size + senders[:, second]
    _, which, number = np.unique(pairs, return_inverse=True, return_counts=True)
    of_each = np.bincount(account, minlength=size)
    one, other, both = of_each[senders[:, first]], of_each[senders[:, second]], number[which.reshape(pairs.shape)]
    by_chance = (times - 1) * one * other / len(account)
    apart = (both <= MAJORITY * np.minimum(one, other)) & (both <= MOST_TOGETHER * (by_chance + 1))
    kept = senders[apart.all(axis=1)]
    _, often = np.unique(kept, axis=0, return_counts=True)
    if len(often) < LEAST_DEALT:
        return 0, 1.0
    usual = len(kept) / scipy.special.comb(len(np.unique(kept)), times)
    return len(kept), max(1.0, float(np.sum(often**2) / len(kept)) - float(usual))


def _as_many(fewer: int, hump: int, more: int, ratio: float) -> float:
    """p-value of as many at one count, where their expected square is at most ``ratio`` times the product of their
    neighbours'.

    Args:
        fewer, hump, more: prompts sent by one account fewer, by just so many, and by one more.
    """
    total, steps = fewer + hump + more, hump + 2 * more
    could = np.arange(steps % 2, min(steps, 2 * total - steps) + 1, 2)
    above = (steps - could) // 2
    logs = could * np.log(ratio) / 2
    logs -= sum(scipy.special.gammaln(one + 1) for one in (total - could - above, could, above))
    return float(min(1.0, np.exp(scipy.special.logsumexp(logs[could >= hump]) - scipy.special.logsumexp(logs))))
