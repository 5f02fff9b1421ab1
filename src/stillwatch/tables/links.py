"""Linked pairs of accounts, and the texts that accounts share."""

from __future__ import annotations

import pyarrow as pa

from stillwatch.core.terms import FAMILIES
from stillwatch.tables.columns import STRINGS

__all__ = ["LINKS", "TEMPLATES"]

LINKS = pa.schema(
    [
        ("account_a", pa.string()),
        ("account_b", pa.string()),
        ("match_weight", pa.float64()),
        ("match_probability", pa.float64()),
        *[(family, pa.float64()) for family in FAMILIES],
    ]
)
"""Match weights are log2 Bayes factors (Fellegi and Sunter 1969); null where a family had no say."""

TEMPLATES = pa.schema(
    [
        ("template_id", pa.string()),
        ("kind", pa.string()),
        ("exchanges", pa.int64()),
        ("accounts", pa.int64()),
        ("example", pa.string()),
        ("shared", STRINGS),
        ("campaign_id", pa.string()),
        ("exchange_ids", STRINGS),
    ]
)
"""``shared`` holds the pieces of ``example`` that stand, letter for letter, in other accounts' prompts.

``kind`` is ``near-duplicate`` (MinHash), ``sentence`` (a rare sentence in otherwise different
prompts) or ``source`` (no text in common: one source of questions).
"""
