"""Tables as pages ask for them, each in one order: SQL over a run's own files, and of a large run a sorted copy.

To have a page ask for another table, give it a line in ``ORDERED``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from stillwatch.core.paths_in_sql import parquet_in_sql

__all__ = [
    "ACCOUNT_COLUMNS",
    "KNOWN_COLUMNS",
    "LISTED",
    "LISTED_ORDER",
    "ORDERED",
    "REQUESTS",
    "Ordered",
    "own_tables",
]

_TABLES = ("accounts", "campaigns", "links", "templates", "dead_letters", "account_file", "partners", "profiles")

KNOWN_COLUMNS = ("org_id", "created", "plan", "verified", "declared_use", "licence_id", "email_domain")
"""What may be known of an account beside what it does."""

ACCOUNT_COLUMNS = (
    "account_id, verdict, campaign_id, exchanges, first_seen, last_seen, match_probability, q_value, org_id"
)
LISTED = f"""SELECT {ACCOUNT_COLUMNS}, plan
    FROM {{accounts}} LEFT JOIN (SELECT account_id, plan FROM {{told}}) USING (account_id)"""
LISTED_ORDER = "list_position(['act', 'review', 'watch', 'clear'], verdict), exchanges DESC, account_id"
"""Columns of the list of accounts that are their table's own, all of its rows, and their order."""

MEMBER_COLUMNS = "account_id, exchanges, first_seen, last_seen, match_probability, verdict, reasons"


@dataclass(frozen=True, slots=True)
class Ordered:
    """A table in one order.

    Attributes:
        sql: what it is made of, over the run's own tables in braces.
        order: its whole order, the same rows in the same places each time.
        key: the column that it is asked for by, the first of its order; None: by number alone.
        needs: the run's table without which it does not exist.
    """

    sql: str
    order: str
    key: str | None = None
    needs: str = "accounts"


REQUESTS = """SELECT exchange_id, account_id, time, model, status, input_tokens, output_tokens, country, asn,
    length(prompt) AS prompt_length, parse_filename(filename) AS part, file_row_number AS row FROM {texts}
    WHERE account_id IS NOT NULL"""
_LINKS_OF = """SELECT account_a AS account, account_b AS other, * EXCLUDE (account_a, account_b) FROM {links}
    UNION ALL SELECT account_b, account_a, * EXCLUDE (account_a, account_b) FROM {links}"""
_TRAFFIC = """SELECT date_trunc('hour', time) AS hour, count(*) AS exchanges, count(DISTINCT account_id) AS accounts
    FROM {exchanges} GROUP BY hour"""

_PLACES = f"SELECT account_id, org_id, row_number() OVER (ORDER BY {LISTED_ORDER}) - 1 AS place FROM {{accounts}}"
"""Where each account stands in the list."""

_OF_DAY = f"""SELECT DISTINCT strftime(time, '%Y-%m-%d') AS day, place
    FROM {{exchanges}} JOIN ({_PLACES}) USING (account_id) WHERE time IS NOT NULL"""
_OF_PLAN = f"""SELECT plan, place FROM ({_PLACES}) JOIN (SELECT account_id, plan FROM {{told}}) USING (account_id)
    WHERE plan IS NOT NULL"""

ORDERED: Mapping[str, Ordered] = {
    "account_rows": Ordered("SELECT * FROM {accounts}", "account_id", "account_id"),
    "known": Ordered("SELECT * FROM {told}", "account_id", "account_id"),
    "requests": Ordered(REQUESTS, "account_id, time, exchange_id, part, row", "account_id", "exchanges"),
    "links_of": Ordered(_LINKS_OF, "account, match_weight DESC, other", "account", "links"),
    "members": Ordered(
        f"SELECT campaign_id, {MEMBER_COLUMNS} FROM {{accounts}} WHERE campaign_id IS NOT NULL",
        "campaign_id, match_probability DESC NULLS LAST, exchanges DESC, account_id",
        "campaign_id",
    ),
    "ranked": Ordered(LISTED, LISTED_ORDER),
    "of_day": Ordered(_OF_DAY, "day, place", "day", "exchanges"),
    "of_organisation": Ordered(
        f"SELECT org_id, place FROM ({_PLACES}) WHERE org_id IS NOT NULL", "org_id, place", "org_id"
    ),
    "of_plan": Ordered(_OF_PLAN, "plan, place", "plan"),
    "traffic": Ordered(_TRAFFIC, "hour", needs="exchanges"),
    "by_size": Ordered(
        "SELECT account_id, verdict, exchanges, campaign_id FROM {accounts}", "exchanges DESC, account_id"
    ),
}


def own_tables(path: Path) -> dict[str, str]:
    """What stands in SQL for each table of a run, by name.

    Args:
        path: the run's folder.
    """
    sources = {name: path / f"{name}.parquet" for name in _TABLES}
    sources["exchanges"] = path / "exchanges.parquet" / "*.parquet"
    own = {name: parquet_in_sql(file) for name, file in sources.items()}
    own["texts"] = parquet_in_sql(sources["exchanges"], "filename = true, file_row_number = true")
    # Of several values that a log gives for one fact the least counts, as in a scan: the same in every look.
    known = ", ".join(f"{'max' if name == 'verified' else 'min'}({name}) AS {name}" for name in KNOWN_COLUMNS)
    own["known"] = f"(SELECT account_id, {known} FROM {own['exchanges']} GROUP BY account_id)"
    return own
