"""Payments, mail domains and addresses of accounts of a log made by hand."""

import numpy as np
from made_log import E

from stillwatch.evidence import Postings

__all__ = ["Things", "hands_of"]

Things = dict[int, list[int]]
"""Who has each of some things."""


def hands_of(
    cards: Things | None = None, names: Things | None = None, addresses: Things | None = None, *, entities: int = E
) -> Postings:
    """Payments, mail domains and addresses by who has each; everybody else from the hundredth (in a small log the
    fiftieth) on has a payment of their own."""
    kinds = [(0, cards or {}), (1, names or {}), (2, addresses or {})]
    rows = [(kind, 10_000 * kind + n, e) for kind, things in kinds for n, who in things.items() for e in who]
    rows += [(0, 5_000 + e, e) for e in range(100 if entities == E else 50, entities)]
    kind, name, entity = (np.array(column) for column in zip(*rows, strict=True))
    return Postings.build(
        entity,
        name.astype(np.uint64),
        np.ones(len(entity)),
        entities,
        kind=kind.astype(np.int8),
        told=np.ones((4, entities), np.bool_),
    )
