"""What two parts of a log add up to: profiles of each, merged, are the profiles of both together.

The law holds for whatever a family declares, and the contract suite asks every family for it.
"""

from __future__ import annotations

from collections.abc import Iterable

from stillwatch.engines import Engine, Table
from stillwatch.evidence import Family
from stillwatch.profiles.account import FACTS, MERGE, values_of

__all__ = ["merge_accounts", "merge_counts"]


def merge_accounts(engine: Engine, families: Iterable[Family], first: Table, second: Table) -> Table:
    """Two tables of accounts as one."""
    ways = {**FACTS, **{name: value.merge for name, value in values_of(families).items()}}
    columns = ", ".join(f"{MERGE[way].format(name)} AS {name}" for name, way in ways.items())
    return engine.sql(
        f"SELECT account, account_id, {columns} FROM (FROM {{first}} UNION ALL BY NAME FROM {{second}}) GROUP BY ALL",
        first=first,
        second=second,
    )


def merge_counts(engine: Engine, first: Table, second: Table) -> Table:
    """Two tables of counts as one."""
    return engine.sql(
        "SELECT account, thing, sum(uses)::BIGINT AS uses "
        "FROM (FROM {first} UNION ALL BY NAME FROM {second}) GROUP BY ALL",
        first=first,
        second=second,
    )
