"""Column types that several tables have."""

from __future__ import annotations

import pyarrow as pa

__all__ = ["MESSAGES", "STRINGS", "TIME"]

TIME = pa.timestamp("us", tz="UTC")
STRINGS = pa.list_(pa.string())
MESSAGES = pa.list_(pa.struct([("role", pa.string()), ("content", pa.string())]))
