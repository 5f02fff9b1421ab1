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
| ``PARTNERS`` | an account that has what a partner of an alliance named |
"""

from __future__ import annotations

import pyarrow as pa

__all__ = [
    "ACCOUNTS",
    "ACCOUNT_COLUMNS",
    "ACCOUNT_FILE",
    "CAMPAIGNS",
    "DEAD_LETTERS",
    "EXCHANGES",
    "FAMILIES",
    "LINKS",
    "PARTNERS",
    "RELEASES_FILE",
    "TEMPLATES",
    "VERDICTS",
]

FAMILIES = ("structure", "semantics", "purpose", "shape", "timing", "infrastructure")
"""The six families of evidence, in the order in which reports show them."""

VERDICTS = ("clear", "watch", "review", "act")
"""The evidence ladder, weakest first."""

_TIME = pa.timestamp("us", tz="UTC")
_STRINGS = pa.list_(pa.string())
_MESSAGES = pa.list_(pa.struct([("role", pa.string()), ("content", pa.string())]))

ACCOUNT_COLUMNS: tuple[tuple[str, pa.DataType], ...] = (
    ("created", _TIME),
    ("payment_id", pa.string()),
    ("email_domain", pa.string()),
    ("plan", pa.string()),
    ("verified", pa.bool_()),
    ("declared_use", pa.string()),
    ("licence_id", pa.string()),
)
"""What is known of an account itself: in the log's records, or joined from ``--accounts``."""

EXCHANGES = pa.schema(
    [
        # identity
        pa.field("exchange_id", pa.string(), nullable=False),
        pa.field("time", _TIME, nullable=False),
        ("provider", pa.string()),
        ("pathway", pa.string()),
        pa.field("account_id", pa.string(), nullable=False),
        ("org_id", pa.string()),
        ("api_key_id", pa.string()),
        ("session_id", pa.string()),
        # request
        ("model", pa.string()),
        ("operation", pa.string()),
        ("system", pa.string()),
        pa.field("prompt", pa.string(), nullable=False),
        ("messages", _MESSAGES),
        ("tools", _STRINGS),
        ("temperature", pa.float64()),
        ("top_p", pa.float64()),
        ("top_k", pa.int64()),
        ("n", pa.int64()),
        ("max_tokens", pa.int64()),
        ("seed", pa.int64()),
        ("stop", _STRINGS),
        ("stream", pa.bool_()),
        ("logprobs", pa.bool_()),
        ("top_logprobs", pa.int64()),
        ("response_format", pa.string()),
        # response
        ("response", pa.string()),
        ("reasoning", pa.string()),
        ("stop_reason", pa.string()),
        ("status", pa.string()),
        ("input_tokens", pa.int64()),
        ("output_tokens", pa.int64()),
        ("reasoning_tokens", pa.int64()),
        ("latency_ms", pa.float64()),
        # origin
        ("client_address", pa.string()),
        ("asn", pa.int64()),
        ("country", pa.string()),
        ("user_agent", pa.string()),
        ("tls_fingerprint", pa.string()),
        # account
        *ACCOUNT_COLUMNS,
        # where the record was read from
        pa.field("source_file", pa.string(), nullable=False),
        pa.field("source_line", pa.int64(), nullable=False),
    ]
)
"""The canonical log record. ``exchange_id`` falls back to ``file:line`` where a log has none."""

DEAD_LETTERS = pa.schema(
    [
        pa.field("file", pa.string(), nullable=False),
        pa.field("line", pa.int64(), nullable=False),
        pa.field("reason", pa.string(), nullable=False),
        pa.field("excerpt", pa.string(), nullable=False),
    ]
)

ACCOUNT_FILE = pa.schema([("account_id", pa.string()), ("org_id", pa.string()), *ACCOUNT_COLUMNS])
"""``--accounts FILE``: only ``account_id`` is required."""

RELEASES_FILE = pa.schema([("model", pa.string()), ("time", _TIME)])
"""``--releases FILE``: a model's name and when it came out."""

ACCOUNTS = pa.schema(
    [
        ("account_id", pa.string()),
        ("org_id", pa.string()),
        ("exchanges", pa.int64()),
        ("first_seen", _TIME),
        ("last_seen", _TIME),
        ("campaign_id", pa.string()),
        ("match_probability", pa.float64()),
        ("q_value", pa.float64()),
        ("verdict", pa.string()),
        ("reasons", _STRINGS),
    ]
)

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
        ("shared", _STRINGS),
        ("campaign_id", pa.string()),
        ("exchange_ids", _STRINGS),
    ]
)
"""``shared`` holds the pieces of ``example`` that stand, letter for letter, in other accounts' prompts.

``kind`` is ``near-duplicate`` (MinHash), ``sentence`` (a rare sentence in otherwise different
prompts) or ``source`` (no text in common: one source of questions).
"""

_OBSERVATION = pa.struct(
    [
        ("family", pa.string()),
        ("statement", pa.string()),  # what was seen, as a plain sentence
        ("statistic", pa.string()),  # name of the measured quantity
        ("value", pa.float64()),
        ("background", pa.float64()),  # the same quantity in the log's own background, or null
        ("p_value", pa.float64()),  # null where the family only describes
        ("exchange_ids", _STRINGS),  # a sample a person can look up
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
        ("first_seen", _TIME),
        ("last_seen", _TIME),
        ("p_value", pa.float64()),
        ("q_value", pa.float64()),
        ("verdict", pa.string()),
        ("families", _STRINGS),  # those that count as evidence at the run's level
        ("tactics", pa.list_(pa.struct([("id", pa.string()), ("name", pa.string())]))),
        ("targets", pa.list_(pa.struct([("name", pa.string()), ("share", pa.float64())]))),
        ("models", pa.list_(pa.struct([("name", pa.string()), ("share", pa.float64())]))),
        (
            "pivots",
            pa.list_(
                pa.struct(
                    [
                        ("model", pa.string()),
                        ("released", _TIME),
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
                        ("time", _TIME),
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
            pa.list_(pa.struct([("hour", _TIME), ("exchanges", pa.int64()), ("accounts", pa.int64())])),
        ),
        ("account_ids", _STRINGS),
        ("bystander_ids", _STRINGS),  # accounts linked to the cluster and judged not to be members
    ]
)
"""``worth`` is what the exchanges may have been worth to a student, by a lab's curves; null without ``--values``.
``waterfall`` sums to the mean match weight of the campaign's links: prior first, then families."""

PARTNERS = pa.schema(
    [
        ("account_id", pa.string()),
        ("partner", pa.string()),
        ("kind", pa.string()),
        ("indicator_id", pa.string()),
        ("partner_campaign", pa.string()),
        ("tlp", pa.string()),
        ("confidence", pa.int64()),
        ("valid_until", _TIME),
        ("appeal", pa.string()),
    ]
)
"""Written where a scan was given ``--indicators``. ``indicator_id`` and ``partner_campaign`` are STIX identifiers."""
