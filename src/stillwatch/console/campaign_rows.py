"""A run's campaigns without their lists of accounts: thousands at most, so they are read once and kept."""

from __future__ import annotations

from typing import Any

import pyarrow as pa

from stillwatch.console.runs import Run

__all__ = ["campaign_list", "campaign_row"]

_LIST = """
SELECT campaign_id, verdict, accounts, exchanges, first_seen, last_seen, q_value, families, summary,
    list_sort(list_distinct([strftime(one, '%Y-%m-%d') for one in
        list_concat([hour.hour for hour in timeline], [first_seen, last_seen])])) AS days FROM {campaigns}
ORDER BY list_position(['act', 'review', 'watch', 'clear'], verdict), exchanges DESC, campaign_id
"""
_ROWS = """
SELECT * EXCLUDE (account_ids, bystander_ids), len(account_ids) AS members, len(bystander_ids) AS bystanders
FROM {campaigns}
"""


def campaign_list(run: Run) -> list[dict[str, Any]]:
    """Every campaign with what lists show of it, the worst first.

    Raises:
        UnreadableInput: a file of the run is absent or is not what its name says.
    """
    return run.keep("campaign rows", lambda: run.rows(_LIST))


def campaign_row(run: Run, name: str) -> dict[str, Any] | None:
    """A campaign, with how many members and bystanders it has; None where the run has none of that name.

    Raises:
        UnreadableInput: a file of the run is absent or is not what its name says.
    """
    table, places = run.keep("campaign table", lambda: _read(run))
    place = places.get(name)
    if place is None:
        return None
    row: dict[str, Any] = table.slice(place, 1).to_pylist()[0]
    return row


def _read(run: Run) -> tuple[pa.Table, dict[str, int]]:
    table = run.arrow(_ROWS)
    return table, {name: place for place, name in enumerate(table["campaign_id"].to_pylist())}
