"""What is read: exchanges, what could not be read, and the files that go with a log."""

from __future__ import annotations

import pyarrow as pa

from stillwatch.tables.columns import MESSAGES, STRINGS, TIME

__all__ = [
    "ACCOUNT_COLUMNS",
    "ACCOUNT_FILE",
    "CALLERS_FILE",
    "DEAD_LETTERS",
    "EXCHANGES",
    "RELEASES_FILE",
    "RUN_EXCHANGES",
]

ACCOUNT_COLUMNS: tuple[tuple[str, pa.DataType], ...] = (
    ("created", TIME),
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
        pa.field("time", TIME, nullable=False),
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
        ("messages", MESSAGES),
        ("tools", STRINGS),
        ("temperature", pa.float64()),
        ("top_p", pa.float64()),
        ("top_k", pa.int64()),
        ("n", pa.int64()),
        ("max_tokens", pa.int64()),
        ("seed", pa.int64()),
        ("stop", STRINGS),
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
        # how the record was read, and from where
        ("note", pa.string()),
        pa.field("source_file", pa.string(), nullable=False),
        pa.field("source_line", pa.int64(), nullable=False),
    ]
)
"""The canonical log record. ``exchange_id`` falls back to ``file:line`` where a log has none. ``note`` says what of the
record could not be read, where the rest could: an answer that is no JSON, a document that was cut."""

RUN_EXCHANGES = EXCHANGES.append(pa.field("row_key", pa.int64(), nullable=False))
"""What a run keeps of it. ``row_key`` is the exchange's place in the run: its part times 2**32, plus its row. Tables
are joined on it, for nothing makes an ``exchange_id`` unique: logs restart them for every account."""

DEAD_LETTERS = pa.schema(
    [
        pa.field("file", pa.string(), nullable=False),
        pa.field("kind", pa.string(), nullable=False),
        pa.field("line", pa.int64(), nullable=False),
        pa.field("reason", pa.string(), nullable=False),
        pa.field("excerpt", pa.string(), nullable=False),
    ]
)
"""``kind`` is ``record``; ``part``, one of several exchanges that a record should hold; or ``file``, nothing of which
could be read, on line 0."""

ACCOUNT_FILE = pa.schema([("account_id", pa.string()), ("org_id", pa.string()), *ACCOUNT_COLUMNS])
"""``--accounts FILE``: only ``account_id`` is required."""

CALLERS_FILE = pa.schema(
    [
        (name, pa.string())
        for name in ("exchange_id", "account_id", "org_id", "api_key_id", "session_id", "client_address", "user_agent")
    ]
)
"""``--callers FILE``: who made an exchange; ``exchange_id`` and ``account_id`` are required."""

RELEASES_FILE = pa.schema([("model", pa.string()), ("time", TIME)])
"""``--releases FILE``: a model's name and when it came out."""
