"""From a run to the facts of one of its campaigns: what an alliance may be told, and nothing beside.

An indicator is a value that at least ``least`` members have and that next to nobody else has: among the accounts
with it, the campaign's are the great majority. Everything is read from the run's own files.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import duckdb
import msgspec
import pyarrow as pa
import pyarrow.parquet as pq

from stillwatch.core import INDICATOR_KINDS, BadSetting, CampaignFacts, Indicator, UnreadableInput
from stillwatch.core.not_json import NOT_JSON
from stillwatch.core.paths_in_sql import parquet_in_sql
from stillwatch.core.small_files import LIST, read_small
from stillwatch.engines import stoppable

__all__ = ["campaign_facts"]

LEAST_ACCOUNTS = 3
"""Members that must share a value before it leaves: what one or two have may be one customer's own."""

_PRECISION = 0.8
_MOST_OF_A_KIND = 25

_VALUE_SQL = """
WITH trait AS (
    SELECT DISTINCT account_id, 'address' AS kind, client_address AS value FROM exchanges
    WHERE client_address IS NOT NULL
    UNION ALL SELECT DISTINCT account_id, 'network', network FROM sketches JOIN profiles USING (account)
    WHERE network IS NOT NULL
    UNION ALL SELECT DISTINCT account_id, 'tls', tls_fingerprint FROM exchanges WHERE tls_fingerprint IS NOT NULL
    UNION ALL SELECT DISTINCT account_id, 'agent', user_agent FROM exchanges WHERE user_agent IS NOT NULL
    UNION ALL SELECT DISTINCT account_id, 'domain', lower(email_domain) FROM profiles WHERE email_domain IS NOT NULL
)
"""

_PICK_SQL = f"""
SELECT kind, value, count(DISTINCT account_id) FILTER (inside) AS accounts,
       count(DISTINCT account_id) FILTER (NOT inside) AS others
FROM (SELECT kind, value, account_id, account_id IN (SELECT account_id FROM member) AS inside FROM trait)
GROUP BY kind, value
HAVING accounts >= ? AND accounts >= {_PRECISION} * (accounts + others)
QUALIFY row_number() OVER (PARTITION BY kind ORDER BY accounts DESC, others, value) <= {_MOST_OF_A_KIND}
ORDER BY kind, accounts DESC, others, value
"""


def campaign_facts(
    run: Path, campaign_id: str, *, least: int = LEAST_ACCOUNTS, kinds: Sequence[str] | None = None
) -> CampaignFacts:
    """The facts of a campaign.

    Args:
        run: a finished run.
        campaign_id: its name there.
        least: members that must share a value before it becomes an indicator.
        kinds: kinds of indicators to look for; None for all.

    Raises:
        UnreadableInput: there is no run.
        BadSetting: it has no such campaign, ``least`` is below 2, or there is no such kind.
    """
    if least < 2:
        raise BadSetting(f"{least} account is no group: its values would be one customer's own", where="--least")
    wanted = set(INDICATOR_KINDS if kinds is None else kinds)
    if not wanted <= set(INDICATOR_KINDS):
        unknown = ", ".join(sorted(wanted - set(INDICATOR_KINDS)))
        raise BadSetting(f"no kind: {unknown}", where="--kinds", hint=f"of {', '.join(INDICATOR_KINDS)}")
    row = _row(run, campaign_id)
    members = tuple(sorted(row["account_ids"]))
    with duckdb.connect() as connection:
        connection.execute("SET enable_progress_bar = false")
        connection.register("member", pa.table({"account_id": pa.array(members, pa.string())}))
        for view, files in (
            ("exchanges", run / "exchanges.parquet" / "*.parquet"),
            ("sketches", run / "sketches.parquet" / "*.parquet"),
            ("profiles", run / "profiles.parquet"),
        ):
            connection.execute(f"CREATE VIEW {view} AS SELECT * FROM {parquet_in_sql(files)}")
        found = [*_values(connection, least), *(_sentences(connection, least) if "sentence" in wanted else ())]
    counted = set(row["families"])
    observed = [o["family"] for o in row["observations"] if o["family"] in counted]
    return CampaignFacts(
        campaign_id,
        row["accounts"],
        row["exchanges"],
        row["first_seen"],
        row["last_seen"],
        row["q_value"],
        {family: observed.count(family) for family in row["families"]},
        tuple((tactic["id"], tactic["name"]) for tactic in row["tactics"]),
        tuple(target["name"] for target in row["targets"]),
        row["inferences"][0]["confidence"] if row["inferences"] else "low",
        members,
        tuple(one for one in found if one.kind in wanted),
        _lasting_id(run, campaign_id),
    )


def _lasting_id(run: Path, campaign_id: str) -> str | None:
    """The run's own name, which it keeps from step to step, with the campaign's."""
    try:
        named = msgspec.json.decode(read_small(run / "run.json", LIST)).get("run_id")
    except (OSError, *NOT_JSON):
        return None
    return f"{named}/{campaign_id}" if named else None


def _row(run: Path, campaign_id: str) -> dict[str, Any]:
    try:
        rows = pq.read_table(run / "campaigns.parquet").to_pylist()
    except (OSError, pa.ArrowException) as error:
        raise UnreadableInput(
            f"no run is there: {error}", where=str(run), hint="give the folder that stillwatch scan wrote"
        ) from error
    for row in rows:
        if row["campaign_id"] == campaign_id:
            return dict(row)
    names = ", ".join(row["campaign_id"] for row in rows) or "none"
    raise BadSetting(f"the run has no campaign {campaign_id!r}", where="--campaign", hint=f"it has {names}")


def _values(connection: duckdb.DuckDBPyConnection, least: int) -> Iterable[Indicator]:
    for kind, value, accounts, others in _picked(connection, _VALUE_SQL, least):
        yield Indicator(kind, value, accounts, others)


_SENTENCE_SQL = """
WITH used AS (
    SELECT DISTINCT p.account_id, s.value FROM (SELECT account, unnest(sentences) AS value FROM sketches) AS s
    JOIN profiles AS p USING (account)
), trait AS (
    SELECT account_id, 'sentence' AS kind, value FROM used
    WHERE value IN (SELECT value FROM used SEMI JOIN member USING (account_id))
)
"""


def _sentences(connection: duckdb.DuckDBPyConnection, least: int) -> Iterable[Indicator]:
    """Sentences that members share, by fingerprint; the texts themselves stay here."""
    for kind, value, accounts, others in _picked(connection, _SENTENCE_SQL, least):
        yield Indicator(kind, f"{value:016x}", accounts, others)


def _picked(connection: duckdb.DuckDBPyConnection, traits: str, least: int) -> list[tuple[str, Any, int, int]]:
    return stoppable(connection, lambda: connection.execute(traits + _PICK_SQL, [least]).fetchall())
