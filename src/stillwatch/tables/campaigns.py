"""Campaigns: what was observed, what is inferred, and what else was considered."""

from __future__ import annotations

import pyarrow as pa

from stillwatch.tables.columns import STRINGS, TIME

__all__ = ["CAMPAIGNS"]

_OBSERVATION = pa.struct(
    [
        ("family", pa.string()),
        ("statement", pa.string()),  # what was seen, as a plain sentence
        ("statistic", pa.string()),  # name of the measured quantity
        ("value", pa.float64()),
        ("background", pa.float64()),  # the same quantity in the log's own background, or null
        ("p_value", pa.float64()),  # null where the family only describes
        ("exchange_ids", STRINGS),  # a sample a person can look up
    ]
)
_INFERENCE = pa.struct([("statement", pa.string()), ("confidence", pa.string())])
_EXPLANATION = pa.struct(
    [
        ("name", pa.string()),  # the honest explanation considered
        ("statement", pa.string()),  # what was measured about it
        ("holds", pa.bool_()),
    ]
)

_WORTH = pa.struct(
    [
        ("task", pa.string()),
        ("interface", pa.string()),
        ("attacker", pa.string()),
        ("recovery", pa.float64()),
        ("low", pa.float64()),
        ("high", pa.float64()),
        ("beyond", pa.bool_()),  # whether the campaign's volume lies outside what was measured
    ]
)

CAMPAIGNS = pa.schema(
    [
        ("campaign_id", pa.string()),
        ("accounts", pa.int64()),
        ("exchanges", pa.int64()),
        ("first_seen", TIME),
        ("last_seen", TIME),
        ("p_value", pa.float64()),
        ("q_value", pa.float64()),
        ("verdict", pa.string()),
        ("families", STRINGS),  # those that count as evidence at the run's level
        ("tactics", pa.list_(pa.struct([("id", pa.string()), ("name", pa.string())]))),
        ("targets", pa.list_(pa.struct([("name", pa.string()), ("share", pa.float64())]))),
        ("models", pa.list_(pa.struct([("name", pa.string()), ("share", pa.float64())]))),
        (
            "pivots",
            pa.list_(
                pa.struct(
                    [
                        ("model", pa.string()),
                        ("released", TIME),
                        ("hours_to_half", pa.float64()),
                        ("share_before", pa.float64()),
                        ("share_after", pa.float64()),
                    ]
                )
            ),
        ),
        (
            "failovers",
            pa.list_(
                pa.struct(
                    [
                        ("time", TIME),
                        ("accounts_stopped", pa.int64()),
                        ("accounts_started", pa.int64()),
                    ]
                )
            ),
        ),
        ("worth", pa.list_(_WORTH)),
        ("summary", pa.string()),
        ("observations", pa.list_(_OBSERVATION)),
        ("inferences", pa.list_(_INFERENCE)),
        ("explanations", pa.list_(_EXPLANATION)),
        ("waterfall", pa.list_(pa.struct([("family", pa.string()), ("match_weight", pa.float64())]))),
        (
            "timeline",
            pa.list_(pa.struct([("hour", TIME), ("exchanges", pa.int64()), ("accounts", pa.int64())])),
        ),
        ("account_ids", STRINGS),
        ("bystander_ids", STRINGS),  # accounts linked to the cluster and judged not to be members
    ]
)
"""``worth`` is what the exchanges may have been worth to a student, by a lab's curves; null without ``--values``.
``waterfall`` sums to the mean match weight of the campaign's links: prior first, then families."""
