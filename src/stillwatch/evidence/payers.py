"""Do accounts of one payer ask more alike than accounts of different ones?

A customer with several accounts asks of its own matters by all of them. Where accounts have matters of their own, and
those that pay together have no more in common than those that do not, a payment stands for no customer: it was given
to accounts as they were needed, and what each asks was given to it too.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import scipy

from stillwatch.core.counted import percent
from stillwatch.evidence.hands import is_kind, tied, within_of
from stillwatch.evidence.log_profile import I64, LogProfile
from stillwatch.evidence.thresholds import CONTRADICTS, MAJORITY, MARGIN, RARITIES, SEVERAL_PAYMENTS

__all__ = ["Payers", "payers_of"]

F64 = npt.NDArray[np.float64]


class Payers(NamedTuple):
    """How alike accounts of one payment ask, over all payments that several of a group have.

    Attributes:
        payments: how many there are.
        correlation: of two prompts of different accounts of one payment; 0 where accounts that pay together have no
            more in common than others.
        standard_error: delete-one-payment jackknife.
    """

    payments: int
    correlation: float
    standard_error: float

    def no_customers(self, own: float) -> bool:
        """Whether it is shown that accounts of one payment have in common less than half of what is each account's
        own, or of what people have at least.

        Args:
            own: intraclass correlation of the prompts by account.
        """
        line = MAJORITY * max(own, MARGIN)
        t = (self.correlation - line) / max(self.standard_error, 1e-6)
        return bool(scipy.special.stdtr(self.payments - 1, t) <= CONTRADICTS)

    def in_words(self) -> str:
        """What it says where it is shown, for whoever has not heard of it."""
        return (
            f"those who pay by the same of {self.payments:,} payments ask no more alike than those who do not: it "
            f"explains {percent(max(self.correlation, 0.0))} of how their prompts differ. A customer with several "
            "accounts asks of its own matters by all of them."
        )


def payers_of(log: LogProfile, members: I64, bystanders: I64) -> Payers | None:
    """How alike those of a group ask who pay together; None where most share no payment, or few payments, or where
    payments and addresses, most of whose holders were found with it, do not tie most of them to one another: an office
    has one payment, and each of its people asks for himself.

    Args:
        log: the whole log.
        members: the group.
        bystanders: found with it and set aside.
    """
    hands = log.shared.get("infrastructure")
    if hands is None:
        return None
    within, held = within_of(hands, members)
    pays = is_kind(hands, "payment") & (held > 1) & (hands.classes < len(RARITIES))
    shared = within[:, np.flatnonzero(pays)]
    if pays.sum() < SEVERAL_PAYMENTS or (np.asarray(shared.sum(axis=1)) > 0).mean() <= MAJORITY:
        return None
    theirs = is_kind(hands, "address") & (held > 1)
    theirs &= held + within_of(hands, bystanders)[1] > MAJORITY * hands.holders
    if np.bincount(tied(within, pays | theirs)).max() <= MAJORITY * len(members):
        return None
    return _correlated(log, members, shared.astype(np.float64))


def _correlated(log: LogProfile, members: I64, pays: scipy.sparse.csr_array) -> Payers | None:
    """The same of a group and which of its members has which payment (members x payments)."""
    n, sums = log.content.sums(members)
    rows = log.content.raw[log.content.rows(members)]
    if len(rows) < 2:
        return None
    centre = sums.sum(axis=0) / n.sum()
    away = np.where(n > 0, 1.0, 0.0)[:, None] * (sums / np.maximum(n, 1)[:, None] - centre)
    asked = pays.multiply((n > 0)[:, None]).tocsr()
    of_each = np.asarray(asked.sum(axis=0)).ravel()
    total = asked.T @ away
    alike = np.einsum("ij,ij->i", total, total) - asked.T @ np.einsum("ij,ij->i", away, away)
    pairs = of_each * (of_each - 1)
    alike, pairs = alike[pairs > 0], pairs[pairs > 0]
    if len(pairs) < SEVERAL_PAYMENTS:
        return None
    scatter = float(np.einsum("ij,ij->i", rows, rows).mean() - centre @ centre)
    left_out = (alike.sum() - alike) / (pairs.sum() - pairs) / scatter
    k = len(pairs)
    error = float(np.sqrt((k - 1) / k * np.sum((left_out - left_out.mean()) ** 2)))
    return Payers(k, float(alike.sum() / pairs.sum() / scatter), error)
