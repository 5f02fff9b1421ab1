"""What became of every campaign, step by step of a run."""

from __future__ import annotations

import pyarrow as pa

from stillwatch.tables.columns import STRINGS, TIME

__all__ = ["CAMPAIGN_HISTORY"]

CAMPAIGN_HISTORY = pa.schema(
    [
        pa.field("step", pa.int64(), nullable=False),  # number of the scan of this run, from 1
        pa.field("time", TIME, nullable=False),  # when that scan began
        pa.field("campaign_id", pa.string(), nullable=False),
        pa.field("state", pa.string(), nullable=False),
        pa.field("first_reported", TIME, nullable=False),
        ("accounts", pa.int64()),  # null where it was not found
        ("exchanges", pa.int64()),
        ("new_account_ids", STRINGS),  # members that it had not when it was last found
        ("lost_account_ids", STRINGS),  # members then that are none now
        ("merged_into", pa.string()),
        ("split_from", pa.string()),
        ("texts", pa.list_(pa.uint64())),  # its signature: hashes of sentences and templates that most members send
    ]
)
"""``state`` is ``new``, ``known`` (found by the step before too), ``returned`` (found before, but not by that step),
``split``, ``merged`` or ``gone``; the last two are told once, by the step that misses the campaign."""
