"""Entities: accounts of one declared organisation are one, any other account is one of its own."""

from __future__ import annotations

from collections.abc import Iterable

from stillwatch.engines import Engine, Table
from stillwatch.evidence import Family
from stillwatch.profiles.account import MERGE, values_of

__all__ = ["entity_counts", "entity_table", "of_several", "with_entities"]

_NUMBER_SQL = """
SELECT *, dense_rank() OVER (ORDER BY CASE WHEN org_id IS NULL THEN 'account ' || account_id
                                           ELSE 'org ' || org_id END) - 1 AS entity
FROM {accounts}
"""

_ENTITY_SQL = """
SELECT entity, sum(exchanges)::BIGINT AS exchanges, count(*) AS accounts,
       epoch_us(min(first_seen)) AS first_seen, epoch_us(max(last_seen)) AS last_seen,
       bool_or(licence_id IS NOT NULL) AS licensed, min(plan) AS plan{values}
FROM {{accounts}} GROUP BY entity ORDER BY entity
"""


def with_entities(engine: Engine, accounts: Table) -> Table:
    """Accounts with the dense number of their ``entity``."""
    return engine.sql(_NUMBER_SQL, accounts=accounts)


def entity_table(engine: Engine, families: Iterable[Family], accounts: Table) -> Table:
    """A row an entity, its accounts' values merged as two parts of a log are; in order of ``entity``."""
    values = values_of(families)
    merged = "".join(f", {MERGE[value.merge].format(name)} AS {name}" for name, value in values.items())
    return engine.sql(_ENTITY_SQL.format(values=merged), accounts=accounts)


def entity_counts(engine: Engine, counts: Table, accounts: Table) -> Table:
    """``entity, thing, uses`` of what accounts use."""
    return engine.sql(
        "SELECT a.entity, c.thing, sum(c.uses)::BIGINT AS uses "
        "FROM {counts} AS c JOIN {accounts} AS a USING (account) GROUP BY ALL",
        counts=counts,
        accounts=accounts,
    )


def of_several(engine: Engine, used: Table) -> Table:
    """Of ``entity, thing, uses`` the things that two entities use: of sentences a fifth, and all that is asked about
    what entities have in common."""
    return engine.sql(
        "SELECT * FROM {used} WHERE thing IN (SELECT thing FROM {used} GROUP BY thing HAVING count(*) > 1)", used=used
    )
