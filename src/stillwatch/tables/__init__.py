"""The tables of a run, declared once: column names, types and order.

Bulk data moves between packages as Arrow tables with these schemas and lies on disk as
Parquet. A missing value is null, never guessed. To add a column, add it here; every reader
selects by name, so order matters only to people.

| table | a row is |
| --- | --- |
| ``EXCHANGES`` | a request to a model and its response |
| ``DEAD_LETTERS`` | a record that could not be read |
| ``ACCOUNTS`` | an account, with its verdict |
| ``LINKS`` | a linked pair of accounts, with a match weight per evidence family |
| ``TEMPLATES`` | a family of near-identical or same-source prompts |
| ``CAMPAIGNS`` | a campaign with its portrait |
| ``CAMPAIGN_HISTORY`` | what became of a campaign in one step of the run |
| ``PARTNERS`` | an account that has what a partner of an alliance named |
"""

from __future__ import annotations

from stillwatch.core.terms import FAMILIES, VERDICTS
from stillwatch.tables.accounts import ACCOUNTS, PARTNERS
from stillwatch.tables.campaigns import CAMPAIGNS
from stillwatch.tables.exchanges import (
    ACCOUNT_COLUMNS,
    ACCOUNT_FILE,
    CALLERS_FILE,
    DEAD_LETTERS,
    EXCHANGES,
    RELEASES_FILE,
    RUN_EXCHANGES,
)
from stillwatch.tables.history import CAMPAIGN_HISTORY
from stillwatch.tables.kept_columns import check_columns, check_info, check_parts, check_tables
from stillwatch.tables.links import LINKS, TEMPLATES

__all__ = [
    "ACCOUNTS",
    "ACCOUNT_COLUMNS",
    "ACCOUNT_FILE",
    "CALLERS_FILE",
    "CAMPAIGNS",
    "CAMPAIGN_HISTORY",
    "DEAD_LETTERS",
    "EXCHANGES",
    "FAMILIES",
    "LINKS",
    "PARTNERS",
    "RELEASES_FILE",
    "RUN_EXCHANGES",
    "TEMPLATES",
    "VERDICTS",
    "check_columns",
    "check_info",
    "check_parts",
    "check_tables",
]
