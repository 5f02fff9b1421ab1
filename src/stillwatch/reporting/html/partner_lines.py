"""What partners of an alliance said, as the page shows it: a line for each partner, kind and campaign of theirs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from stillwatch.core import INDICATOR_KINDS

__all__ = ["PartnerRow", "PartnerView", "list_partners"]


@dataclass(frozen=True, slots=True)
class PartnerRow:
    """One partner's indicators of one kind from one campaign of its own.

    ``accounts`` counts accounts of this log that have one of them, ``members`` those of them in a campaign here.
    """

    partner: str
    kind: str
    campaign: str | None
    tlp: str
    indicators: int
    accounts: int
    members: int
    appeal: str | None


@dataclass(frozen=True, slots=True)
class PartnerView:
    """All lines, how many indicators were held against the log, and how many were too broad to say anything."""

    rows: tuple[PartnerRow, ...]
    held: int
    broad: int


def list_partners(said: pa.Table, accounts: pa.Table, told: Mapping[str, Any]) -> PartnerView:
    """Gather the lines.

    Args:
        said: schema ``PARTNERS``.
        accounts: schema ``ACCOUNTS``.
        told: ``partners`` of ``run.json``.
    """
    member = dict(zip(accounts["account_id"].to_pylist(), accounts["campaign_id"].to_pylist(), strict=True))
    groups: dict[tuple[str, str, str], list[Mapping[str, Any]]] = {}
    for row in said.to_pylist():
        groups.setdefault((row["partner"], row["partner_campaign"] or "", row["kind"]), []).append(row)
    rows = []
    for (partner, campaign, kind), held in sorted(groups.items()):
        having = {row["account_id"] for row in held}
        appeals = {row["appeal"] for row in held if row["appeal"]}
        rows.append(
            PartnerRow(
                partner,
                INDICATOR_KINDS.get(kind, kind),
                campaign or None,
                held[0]["tlp"],
                len({row["indicator_id"] for row in held}),
                len(having),
                sum(member.get(account) is not None for account in having),
                ", ".join(sorted(appeals)) or None,
            )
        )
    return PartnerView(tuple(rows), int(told.get("indicators") or 0), int(told.get("too_broad") or 0))
