"""What is new, grown or gone since the run before: a campaign goes on where its accounts do, whatever its name."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from stillwatch.console.runs import Run
from stillwatch.core.paths_in_sql import path_with_wildcards

__all__ = ["CampaignChange", "changes_since"]

_SHARED = """
SELECT now.campaign_id AS now, before.campaign_id AS before, count(*) AS shared
FROM {accounts} AS now JOIN read_parquet(?, hive_partitioning = false) AS before USING (account_id)
WHERE now.campaign_id IS NOT NULL AND before.campaign_id IS NOT NULL GROUP BY ALL ORDER BY shared DESC, before, now
"""
_SIZES = "SELECT campaign_id, accounts FROM {campaigns} ORDER BY accounts DESC, campaign_id"


@dataclass(frozen=True, slots=True)
class CampaignChange:
    """One campaign then and now.

    Attributes:
        kind: ``new``, ``grown``, ``shrunk``, ``same`` or ``gone``.
        now, before: its names in the two runs; None where it is in one alone.
        accounts, accounts_before: how many it has.
        shared: how many accounts are in both.
    """

    kind: str
    now: str | None
    before: str | None
    accounts: int
    accounts_before: int
    shared: int


def changes_since(before: Run, now: Run) -> Sequence[CampaignChange]:
    """Every campaign of both runs: a campaign goes on in that with which it shares most accounts."""
    sizes = {row["campaign_id"]: row["accounts"] for row in now.rows(_SIZES)}
    sizes_before = {row["campaign_id"]: row["accounts"] for row in before.rows(_SIZES)}
    found, gone = [], dict(sizes_before)
    paired: dict[str, tuple[str, int]] = {}
    for row in now.rows(_SHARED, path_with_wildcards(before.path / "accounts.parquet")):
        paired.setdefault(row["now"], (row["before"], row["shared"]))
        gone.pop(row["before"], None)
    for name, accounts in sizes.items():
        old, shared = paired.get(name, (None, 0))
        then = sizes_before.get(old, 0) if old else 0
        kind = "new" if old is None else "grown" if accounts > then else "shrunk" if accounts < then else "same"
        found.append(CampaignChange(kind, name, old, accounts, then, shared))
    found += [CampaignChange("gone", None, name, 0, accounts, 0) for name, accounts in gone.items()]
    return found
