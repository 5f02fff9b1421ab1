"""Lists of accounts as the page shows them: members, bystanders, near misses.

A reason that every listed account shares is said once, above the list; rows carry only what is
their own. Accounts on watch stand in groups of those for which the same is said. Lists stop at
``_MOST_ROWS``; the whole list is in ``accounts.parquet``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

__all__ = ["AccountList", "NearMisses", "list_accounts", "list_near_misses"]

_MOST_ROWS = 200
_MOST_NEAR_MISSES = 100
_MOST_GROUPS = 20


@dataclass(frozen=True, slots=True)
class AccountList:
    """Accounts to show, the strongest match first.

    Attributes:
        rows: columns of the accounts table, with ``reasons`` less the shared ones.
        shared_reasons: reasons every listed account has.
        total: how many accounts the list stands for.
    """

    rows: tuple[dict[str, Any], ...]
    shared_reasons: tuple[str, ...]
    total: int


@dataclass(frozen=True, slots=True)
class NearMisses:
    """Accounts on watch.

    Attributes:
        groups: accounts for which the same is said, the largest group first.
        groups_total: how many such groups there are.
        alone: those of which nobody else's reasons are told.
        total: how many accounts there are in all.
    """

    groups: tuple[AccountList, ...]
    groups_total: int
    alone: AccountList
    total: int


def list_accounts(account_ids: Sequence[str], accounts: pa.Table) -> AccountList:
    """The named accounts; one that the accounts table lacks keeps its id and nothing else."""
    wanted = pa.array(account_ids, pa.string())
    found = accounts.filter(pc.is_in(accounts["account_id"], value_set=wanted))
    rows = _strongest(found, "match_probability", "descending", _MOST_ROWS)
    if found.num_rows < len(account_ids) and len(rows) < _MOST_ROWS:
        unknown = wanted.filter(pc.invert(pc.is_in(wanted, value_set=found["account_id"].combine_chunks())))
        nothing = dict.fromkeys(accounts.column_names)
        rows += [nothing | {"account_id": name, "reasons": []} for name in unknown.to_pylist()]
    return _share_reasons(rows[:_MOST_ROWS], len(account_ids))


def list_near_misses(accounts: pa.Table) -> NearMisses:
    """The accounts on ``watch``: something was seen, too little to accuse anybody of, or what may be honest."""
    watched = accounts.filter(pc.equal(accounts["verdict"], "watch"))
    places: dict[tuple[str, ...], list[int]] = {}
    for place, reasons in enumerate(watched["reasons"].to_pylist()):
        places.setdefault(tuple(reasons or ()), []).append(place)
    together = sorted((one for one in places.items() if len(one[1]) > 1), key=lambda one: (-len(one[1]), one[0]))
    alone = [place for found in places.values() if len(found) == 1 for place in found]
    return NearMisses(
        tuple(_near(watched, found) for _, found in together[:_MOST_GROUPS]),
        len(together),
        _near(watched, alone),
        watched.num_rows,
    )


def _near(watched: pa.Table, places: list[int]) -> AccountList:
    rows = _strongest(watched.take(pa.array(places, pa.int64())), "q_value", "ascending", _MOST_NEAR_MISSES)
    return _share_reasons(rows, len(places))


def _strongest(table: pa.Table, column: str, direction: str, most: int) -> list[dict[str, Any]]:
    order = pc.sort_indices(
        table,
        sort_keys=[(column, direction), ("exchanges", "descending"), ("account_id", "ascending")],
    )
    rows: list[dict[str, Any]] = table.take(order[:most]).to_pylist()
    return rows


def _share_reasons(rows: list[dict[str, Any]], total: int) -> AccountList:
    every = [row["reasons"] or [] for row in rows]
    shared = [reason for reason in every[0] if all(reason in reasons for reasons in every)] if every else []
    own = tuple(
        row | {"reasons": [reason for reason in reasons if reason not in shared]}
        for row, reasons in zip(rows, every, strict=True)
    )
    return AccountList(own, tuple(shared), total)
