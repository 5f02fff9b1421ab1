"""Reads a finished run's files into facts about its campaigns, accounts, licences, organisations and templates.

Everything comes from the run's folder and the registry of licences. A value that they do not hold is missing. The
run itself is never changed.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import msgspec
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from stillwatch import tables
from stillwatch.core import BadTable, UnreadableInput, said_by
from stillwatch.core.not_json import NOT_JSON
from stillwatch.core.paths_in_sql import parquet_in_sql
from stillwatch.core.small_files import LIST, read_small
from stillwatch.engines import query, stoppable
from stillwatch.policy.fact_columns import Subjects
from stillwatch.policy.licences import Registry
from stillwatch.policy.subject_facts import Sources, make_subjects
from stillwatch.policy.usage import Holder, Usage, measure_usage

__all__ = ["RunFacts", "read_run"]

_HINT = "give the folder that `stillwatch scan --out` wrote"
_FROM_LOG = ("created", "plan", "verified", "declared_use", "licence_id")

_ACCOUNT_SQL = """
SELECT account_id AS id, a.org_id AS organisation, a.exchanges, a.verdict AS scan_verdict, a.campaign_id,
       a.campaign_id IS NOT NULL AS in_campaign, a.match_probability, a.first_seen, a.last_seen,
       (epoch_us(a.last_seen) - epoch_us(a.first_seen)) / 86400e6 AS days,
       a.exchanges / greatest((epoch_us(a.last_seen) - epoch_us(a.first_seen)) / 86400e6, 1) AS exchanges_per_day,
       (epoch_us(a.last_seen) - epoch_us(k.created)) / 86400e6 AS age_days,
       k.plan, k.verified, k.declared_use,
       coalesce(k.licence_id, named.licence_id, theirs.licence_id) AS licence_id
FROM accounts AS a
LEFT JOIN known_of AS k USING (account_id)
LEFT JOIN named USING (account_id)
LEFT JOIN theirs USING (org_id)
ORDER BY account_id
"""


@dataclass(frozen=True, slots=True)
class RunFacts:
    """What a run says, ready for rules.

    Attributes:
        path: the run's folder.
        sha256: of its ``run.json``: which run it is.
        subjects: by kind.
        campaigns, templates: rows of these tables by id.
        usage: of licences, by id.
        registry: the licences that were given, or None.
        reasons: the scan's reasons by account, for those that it did not clear.
    """

    path: Path
    sha256: str
    subjects: Mapping[str, Subjects]
    campaigns: Mapping[str, Mapping[str, Any]]
    templates: Mapping[str, Mapping[str, Any]]
    usage: Mapping[str, Usage]
    registry: Registry | None
    reasons: Mapping[str, list[str]]

    @property
    def covered(self) -> frozenset[str]:
        """Accounts that a licence of the registry covers, in bounds."""
        return frozenset(account for usage in self.usage.values() for account in usage.covered)

    def own_templates(self, campaign_id: str) -> tuple[str, ...]:
        """Templates of a campaign that nobody but its accounts sends.

        A text that strangers send too would tell nothing of a new account, nor would a prompt that merely
        stands for a campaign's source.
        """
        accounts = self.campaigns[campaign_id]["accounts"]
        return tuple(
            name
            for name, row in self.templates.items()
            if row["campaign_id"] == campaign_id and row["kind"] != "source" and row["accounts"] <= accounts
        )


def read_run(path: Path, registry: Registry | None = None) -> RunFacts:
    """The facts of a run.

    Args:
        path: the run's folder.
        registry: licences; None: nothing is known of any.

    Raises:
        UnreadableInput: a file of the run is absent or is not what its name says.
        BadTable: a table lacks a column.
    """
    content, info = _info(path)
    accounts = _table(path, "accounts", tables.ACCOUNTS)
    campaigns = _table(path, "campaigns", tables.CAMPAIGNS).to_pylist()
    templates = _table(path, "templates", tables.TEMPLATES)
    missing = frozenset(info.get("columns_missing", ()))
    connection = duckdb.connect(config={"threads": "2"})
    try:
        connection.execute("SET enable_progress_bar = false")
        rows = _account_rows(connection, path, accounts, registry, missing)
        usage = measure_usage(connection, path / "exchanges.parquet", _holders(rows), registry)
    finally:
        connection.close()
    named = {row["campaign_id"]: row for row in campaigns}
    flagged = accounts.filter(pc.not_equal(accounts["verdict"], "clear")).select(["account_id", "reasons"])
    return RunFacts(
        path=path,
        sha256=hashlib.sha256(content).hexdigest(),
        subjects=make_subjects(Sources(info, rows, named, templates, usage, registry, missing)),
        campaigns=named,
        templates={row["template_id"]: row for row in templates.to_pylist()},
        usage=usage,
        registry=registry,
        reasons={row["account_id"]: row["reasons"] for row in flagged.to_pylist()},
    )


def _info(path: Path) -> tuple[bytes, dict[str, Any]]:
    file = path / "run.json"
    try:
        content = read_small(file, LIST)
        info = msgspec.json.decode(content, type=dict[str, Any])
    except (OSError, *NOT_JSON) as error:
        raise UnreadableInput(f"is no run: {error}", where=str(file), hint=_HINT) from error
    tables.check_info(info, file)
    return content, info


def _table(path: Path, name: str, schema: pa.Schema) -> pa.Table:
    file = path / f"{name}.parquet"
    try:
        with pq.ParquetFile(file) as opened:
            lacking = sorted(set(schema.names) - set(opened.schema_arrow.names))
            if lacking:
                raise BadTable(f"no column {', '.join(lacking)}", where=str(file), hint=_HINT)
            tables.check_columns(opened.schema_arrow, schema, file)
            return opened.read(columns=schema.names)
    except (OSError, pa.ArrowException) as error:
        raise UnreadableInput(f"cannot be read as a table: {said_by(error)}", where=str(file), hint=_HINT) from error


def _account_rows(
    connection: duckdb.DuckDBPyConnection,
    path: Path,
    accounts: pa.Table,
    registry: Registry | None,
    missing: frozenset[str],
) -> pa.Table:
    """Every account with what log, account file and registry say of it, in order of id."""
    connection.register("accounts", accounts)
    connection.register("named", _pairs("account_id", registry.by_account() if registry else {}))
    connection.register("theirs", _pairs("org_id", registry.by_organisation() if registry else {}))
    file = path / "account_file.parquet"
    columns = dict.fromkeys(_FROM_LOG, "NULL")
    sources = ["(SELECT account_id FROM accounts) AS everyone"]
    if file.exists():
        sources.append(f"LEFT JOIN {parquet_in_sql(file)} AS file USING (account_id)")
        columns = {name: f"file.{name}" for name in _FROM_LOG}
    asked = [name for name in _FROM_LOG if name not in missing]
    if asked:
        # Parquet holds columns apart: only these few are read, and none where the log has none.
        picked = ", ".join(f"any_value({name}) AS {name}" for name in asked)
        seen = f"SELECT account_id, {picked} FROM {parquet_in_sql(path / 'exchanges.parquet' / '*.parquet')}"
        sources.append(f"LEFT JOIN ({seen} GROUP BY account_id) AS seen USING (account_id)")
        columns |= {name: f"coalesce({columns[name]}, seen.{name})" for name in asked}
    typed = {"created": "TIMESTAMPTZ", "verified": "BOOLEAN"}
    picked = ", ".join(f"{sql}::{typed.get(name, 'VARCHAR')} AS {name}" for name, sql in columns.items())
    known = f"CREATE TEMP TABLE known_of AS SELECT account_id, {picked} FROM {' '.join(sources)}"
    try:
        stoppable(connection, lambda: connection.execute(known))
    except duckdb.Error as error:
        raise UnreadableInput(
            f"its exchanges cannot be read: {str(error).splitlines()[0]}", where=str(path), hint=_HINT
        ) from error
    return query(connection, _ACCOUNT_SQL)


def _pairs(key: str, licences: Mapping[str, str]) -> pa.Table:
    return pa.table(
        {key: pa.array(list(licences), pa.string()), "licence_id": pa.array(list(licences.values()), pa.string())}
    )


def _holders(rows: pa.Table) -> list[Holder]:
    held = rows.filter(pc.is_valid(rows["licence_id"]))
    picked = held.select(["id", "organisation", "declared_use", "licence_id"]).to_pylist()
    return [Holder(row["id"], row["organisation"], row["declared_use"], row["licence_id"]) for row in picked]
