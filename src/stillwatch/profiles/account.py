"""Accounts and what they use, as aggregates that add up: of two parts of a log, or of two accounts of one entity.

``account_table`` has a row an account, with what is known of it and one column a ``Value`` of a family.
``count_tables`` has, for each ``Count`` of a family, a row an account and thing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import pyarrow as pa

from stillwatch.engines import Engine, Table
from stillwatch.evidence import Count, Family, Value
from stillwatch.sketching import hash_strings

__all__ = ["FACTS", "MERGE", "account_table", "count_table", "count_tables", "values_of"]

MERGE = {"sum": "sum({})::BIGINT", "min": "min({})", "max": "max({})"}
"""SQL of each way in which parts come together."""

FACTS: Mapping[str, str] = {
    "exchanges": "sum",
    "first_seen": "min",
    "last_seen": "max",
    "org_id": "min",
    "created": "min",
    "payment_id": "min",
    "email_domain": "min",
    "plan": "min",
    "verified": "max",
    "declared_use": "min",
    "licence_id": "min",
}
"""What every log tells of an account, and how it comes together: of several values that a log gives for one fact the
least counts, whatever their order."""

_FROM_FILE = tuple(name for name in FACTS if name not in ("exchanges", "first_seen", "last_seen"))

_ACCOUNT_SQL = """
WITH seen AS (
    SELECT account_id, count(*) AS exchanges, min(time) AS first_seen, max(time) AS last_seen, {facts}{values}
    FROM {{exchanges}} GROUP BY account_id
)
SELECT seen.* REPLACE ({chosen}) FROM seen LEFT JOIN {{account_file}} AS file USING (account_id)
"""

_USES_SQL = """
WITH used AS (SELECT {of}, {sql} AS used{more} FROM {{source}}),
    counted AS (SELECT {of}, {grouped} AS used, {uses} AS uses FROM used WHERE used IS NOT NULL GROUP BY ALL)
SELECT account, {named} AS thing, uses FROM counted{join}
"""

_NUMBER = "CASE WHEN used >= 0 THEN used::UBIGINT ELSE md5_number_lower(used::VARCHAR) END"


def values_of(families: Iterable[Family]) -> dict[str, Value]:
    """Every family's values by name."""
    return {name: value for family in families for name, value in family.values.items()}


def account_table(engine: Engine, families: Iterable[Family], *, exchanges: Table, account_file: Table) -> Table:
    """A row an account: ``account_id``, its hash as ``account``, ``FACTS`` and the families' values.

    What ``account_file`` says of an account goes before what the log's records say.
    """
    values = values_of(families)
    query = _ACCOUNT_SQL.format(
        facts=", ".join(f"{MERGE[FACTS[name]].format(name)} AS {name}" for name in _FROM_FILE),
        values="".join(f", {value.sql} AS {name}" for name, value in values.items() if value.source == "exchanges"),
        chosen=", ".join(f"coalesce(file.{name}, seen.{name}) AS {name}" for name in _FROM_FILE),
    )
    known = engine.sql(query, exchanges=exchanges, account_file=account_file)
    more = "".join(f", {value.sql} AS {name}" for name, value in values.items() if value.source == "account")
    hashes = engine.map_arrow("SELECT account_id FROM {known}", _with_hash, known=known)
    return engine.sql(
        f"SELECT hashed.account, known.*{more} FROM {{known}} AS known JOIN {{hashes}} AS hashed USING (account_id)",
        known=known,
        hashes=hashes,
    )


def _with_hash(batch: pa.RecordBatch) -> pa.RecordBatch:
    ids = batch.column(0)
    return pa.record_batch({"account_id": ids, "account": pa.array(hash_strings(ids), pa.uint64())})


def count_tables(engine: Engine, families: Iterable[Family], accounts: Table, **sources: Table) -> dict[str, Table]:
    """By name of each count whose source is given: ``account, thing, uses``, one row a pair.

    Args:
        engine: where the tables lie.
        families: whose counts.
        accounts: from ``account_table``.
        sources: ``exchanges``, ``sketches`` and what else counts name as their source.
    """
    known = {"account": accounts, **sources}
    counts = {name: count for family in families for name, count in family.counts.items() if count.source in known}
    of_source: dict[str, dict[str, Count]] = {}
    for name, count in counts.items():
        of_source.setdefault(count.source, {})[name] = count
    # Asked at once of all counts of a source: in a small log, what a query costs is that it is one.
    texts = {name for source, several in of_source.items() for name in _texts(engine, several, known[source])}
    return {name: _counted(engine, one, accounts, known[one.source], name in texts) for name, one in counts.items()}


def count_table(engine: Engine, count: Count, accounts: Table, source: Table) -> Table:
    """What accounts use, and how often: ``account, thing, uses``. Text is named by a hash that no version changes."""
    return _counted(engine, count, accounts, source, "used" in _texts(engine, {"used": count}, source))


def _texts(engine: Engine, counts: Mapping[str, Count], source: Table) -> set[str]:
    """The counts of a source whose things are text."""
    used = ", ".join(f"{count.sql} AS {name}" for name, count in counts.items())
    probe = engine.fetch(f"SELECT {used} FROM {{source}} LIMIT 0", source=source)
    return {field.name for field in probe.schema if pa.types.is_string(field.type)}


def _counted(engine: Engine, count: Count, accounts: Table, source: Table, text: bool) -> Table:
    told, known = count.source == "template_use", count.source in ("sketches", "template_use")
    query = _USES_SQL.format(
        of="account" if known else "account_id",
        sql=count.sql,
        more=", uses" if told else "",
        uses="sum(uses)::BIGINT" if told else "count(*)",
        # A text is named once for each account that uses it, not at each use.
        grouped="used" if text else _NUMBER,
        named="md5_number_lower(used)" if text else "used",
        join="" if known else " JOIN {accounts} USING (account_id)",
    )
    return engine.sql(query, source=source, **({} if known else {"accounts": accounts}))
