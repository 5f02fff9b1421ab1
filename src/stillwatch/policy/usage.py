"""What was done under each licence in a run, held to the registry.

Only exchanges of accounts with a licence are read. Every bound that was passed comes with exchange ids, so
that a finding can be walked back to its records.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa

from stillwatch.core.paths_in_sql import parquet_in_sql
from stillwatch.engines import query
from stillwatch.policy.licences import Licence, Registry

__all__ = ["Holder", "Usage", "measure_usage"]

_SAMPLE = 5

_SQL = """
SELECT holder.licence_id, account_id, model, epoch_us(time) // 86400000000 AS day,
       count(*) AS exchanges,
       count(*) FILTER (time < begins) AS before,
       count(*) FILTER (time > ends) AS after,
       list(exchange_id ORDER BY hash(exchange_id))[:5] AS sample,
       list(exchange_id ORDER BY hash(exchange_id)) FILTER (time < begins OR time > ends)[:5] AS untimely
FROM {exchanges} JOIN holder USING (account_id)
GROUP BY ALL ORDER BY holder.licence_id, account_id, model, day
"""


@dataclass(frozen=True, slots=True)
class Holder:
    """An account that works under a licence, as far as the run says.

    Attributes:
        account, organisation, declared_use: who, and what for.
        licence_id: claimed, or given by the registry.
    """

    account: str
    organisation: str | None
    declared_use: str | None
    licence_id: str


@dataclass(slots=True)
class Usage:
    """One licence in one run.

    Attributes:
        facts: the group ``licence``; facts that cannot be known are left out.
        inside, outside: accounts that may work under it, and others that did.
        covered: accounts inside whose own use passed none of its bounds.
        evidence: exchange ids.
    """

    facts: dict[str, Any]
    inside: list[str] = field(default_factory=list)
    outside: list[str] = field(default_factory=list)
    covered: set[str] = field(default_factory=set)
    evidence: list[str] = field(default_factory=list)


def measure_usage(
    connection: duckdb.DuckDBPyConnection, exchanges: Path, holders: Sequence[Holder], registry: Registry | None
) -> dict[str, Usage]:
    """The use of every licence that a run's accounts name, by licence id.

    Args:
        connection: any.
        exchanges: the run's folder of exchanges.
        holders: accounts with a licence.
        registry: None where none is given; then no bound is known.
    """
    if not holders:
        return {}
    rows = _rows(connection, exchanges, holders, registry)
    by_licence: dict[str, list[Holder]] = {}
    for holder in holders:
        by_licence.setdefault(holder.licence_id, []).append(holder)
    used: dict[str, list[Mapping[str, Any]]] = {}
    for row in rows:
        used.setdefault(row["licence_id"], []).append(row)
    return {
        licence_id: _usage(licence_id, of_it, used.get(licence_id, []), registry)
        for licence_id, of_it in sorted(by_licence.items())
    }


def _rows(
    connection: duckdb.DuckDBPyConnection, exchanges: Path, holders: Sequence[Holder], registry: Registry | None
) -> list[dict[str, Any]]:
    known = [registry.licences.get(holder.licence_id) if registry else None for holder in holders]
    moment = pa.timestamp("us", tz="UTC")
    table = pa.table(
        {
            "account_id": pa.array([holder.account for holder in holders], pa.string()),
            "licence_id": pa.array([holder.licence_id for holder in holders], pa.string()),
            "begins": pa.array([one.begins if one else None for one in known], moment),
            "ends": pa.array([one.ends if one else None for one in known], moment),
        }
    )
    connection.register("holder", table)
    rows: list[dict[str, Any]] = query(
        connection, _SQL.format(exchanges=parquet_in_sql(exchanges / "*.parquet"))
    ).to_pylist()
    connection.unregister("holder")
    return rows


def _usage(
    licence_id: str, holders: Sequence[Holder], rows: Sequence[Mapping[str, Any]], registry: Registry | None
) -> Usage:
    facts: dict[str, Any] = {
        "id": licence_id,
        "accounts": len(holders),
        "exchanges": sum(row["exchanges"] for row in rows),
    }
    made = Usage(facts, evidence=_first(row["sample"] for row in rows))
    if registry is None:
        return made
    licence = registry.licences.get(licence_id)
    facts["known"] = licence is not None
    if licence is None:
        facts["in_bounds"] = False
        made.outside = [holder.account for holder in holders]
        return made
    for holder in holders:
        may = licence.holds(holder.account, holder.organisation)
        (made.inside if may else made.outside).append(holder.account)
    # What strangers do under its number is not its holder's doing.
    own = set(made.inside)
    rows = [row for row in rows if row["account_id"] in own]
    facts["exchanges"] = sum(row["exchanges"] for row in rows)
    offending = [row for row in rows if _passes(row, licence)]
    made.evidence = _first([*(row["untimely"] or row["sample"] for row in offending), made.evidence], 2 * _SAMPLE)
    facts.update(_bounds(licence, holders, rows))
    facts["accounts_outside"] = len(made.outside)
    facts["in_bounds"] = not made.outside and _within(facts)
    wrong = {row["account_id"] for row in offending}
    # An account that says nothing of its use says nothing against the licence's purposes either.
    made.covered = {
        holder.account
        for holder in holders
        if holder.account in own - wrong
        and (holder.declared_use is None or licence.allows_purpose(holder.declared_use))
    }
    return made


def _passes(row: Mapping[str, Any], licence: Licence) -> bool:
    """Whether a row lies outside the licence's models or term."""
    foreign = licence.models is not None and row["model"] is not None and row["model"] not in licence.models
    return foreign or row["before"] > 0 or row["after"] > 0


def _bounds(licence: Licence, holders: Sequence[Holder], rows: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """What was used, over what is allowed; a fact that the log cannot give is left out."""
    total = sum(row["exchanges"] for row in rows)
    days: dict[Any, int] = {}
    for row in rows:
        days[row["day"]] = days.get(row["day"], 0) + row["exchanges"]
    models = {row["model"] for row in rows}
    uses = {holder.declared_use for holder in holders if licence.holds(holder.account, holder.organisation)}
    found: dict[str, Any] = {
        "volume_share": total / licence.exchanges if licence.exchanges else 0.0,
        "busiest_day_share": max(days.values(), default=0) / licence.exchanges_per_day
        if licence.exchanges_per_day
        else 0.0,
        "exchanges_before": sum(row["before"] for row in rows),
        "exchanges_after": sum(row["after"] for row in rows),
        "exchanges_outside_term": sum(row["before"] + row["after"] for row in rows),
    }
    foreign = sorted(m for m in models - {None} if licence.models is not None and m not in licence.models)
    if foreign or licence.models is None or models - {None}:
        found["models_outside"] = foreign
    other = sorted(use for use in uses if use is not None and not licence.allows_purpose(use))
    if other or licence.purposes is None or uses - {None}:
        found["purposes_outside"] = other
    return found


def _within(facts: Mapping[str, Any]) -> bool:
    return (
        facts["volume_share"] <= 1
        and facts["busiest_day_share"] <= 1
        and not facts["exchanges_outside_term"]
        and not facts.get("models_outside")
        and not facts.get("purposes_outside")
    )


def _first(lists: Any, most: int = _SAMPLE) -> list[str]:
    """The first distinct ids of several lists."""
    ids: dict[str, None] = {}
    for one in lists:
        for name in one or ():
            ids.setdefault(name)
            if len(ids) == most:
                return list(ids)
    return list(ids)
