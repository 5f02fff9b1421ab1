"""Accounts with their verdicts, and what partners of an alliance said of them."""

from __future__ import annotations

import pyarrow as pa

from stillwatch.tables.columns import STRINGS, TIME

__all__ = ["ACCOUNTS", "PARTNERS"]

ACCOUNTS = pa.schema(
    [
        ("account_id", pa.string()),
        ("org_id", pa.string()),
        ("exchanges", pa.int64()),
        ("first_seen", TIME),
        ("last_seen", TIME),
        ("campaign_id", pa.string()),
        ("match_probability", pa.float64()),
        ("q_value", pa.float64()),
        ("verdict", pa.string()),
        ("reasons", STRINGS),
    ]
)

PARTNERS = pa.schema(
    [
        ("account_id", pa.string()),
        ("partner", pa.string()),
        ("kind", pa.string()),
        ("indicator_id", pa.string()),
        ("partner_campaign", pa.string()),
        ("tlp", pa.string()),
        ("confidence", pa.int64()),
        ("valid_until", TIME),
        ("appeal", pa.string()),
    ]
)
"""Written where a scan was given ``--indicators``. ``indicator_id`` and ``partner_campaign`` are STIX identifiers."""
