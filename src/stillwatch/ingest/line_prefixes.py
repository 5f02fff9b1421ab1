"""What runtimes and loggers put before the JSON of a line of text: a time, a level, a host, a tag."""

from __future__ import annotations

import re
from typing import Any

from stillwatch.ingest.json_text import decoded
from stillwatch.ingest.record import RecordError

__all__ = ["object_behind"]

_PREFIXES: tuple[tuple[str, re.Pattern[str]], ...] = (
    ("CRI log line", re.compile(r"\S+ (stdout|stderr) [FP] $")),
    ("syslog line (RFC 5424)", re.compile(r"<\d{1,3}>1 ")),
    ("syslog line (RFC 3164)", re.compile(r"(<\d{1,3}>)?[A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d ")),
    ("line of a CloudWatch Logs export", re.compile(r"\d{4}-\d\d-\d\dT[\d:.]+Z $")),
    ("Docker Compose line", re.compile(r"\S+ +\| ")),
)
# Fluent Bit's files: a tag, and a list of a time and the record.
_TAGGED = re.compile(r"\S+: \[\d+(?:\.\d+)?, (?=\{)")
# `[2026-01-05 10:00:00]`, `[INFO]`, and no array.
_BRACKETED = re.compile(r"\[[^\"{\[\]]*[A-Za-z:][^\"{\[\]]*\]")
_MOST_TRIED = 8
_LONGEST_PREFIX = 2048


def object_behind(text: str) -> tuple[str, int, dict[str, Any]] | None:
    """The JSON object that a line of text ends with, where it begins, and what the text before it looks like."""
    text = text.rstrip()
    if text.endswith("}]") and _TAGGED.match(text):
        text = text[:-1]
    if not text.endswith("}") or text.startswith("{") or (text.startswith("[") and not _BRACKETED.match(text)):
        return None
    at = -1
    for _ in range(_MOST_TRIED):
        at = text.find("{", at + 1, _LONGEST_PREFIX)
        if at < 0:
            return None
        try:
            found, _ = decoded(text[at:].encode("utf-8", "surrogateescape"))
        except (RecordError, UnicodeEncodeError):
            continue
        if isinstance(found, dict):
            prefix = text[:at]
            name = next((name for name, known in _PREFIXES if known.match(prefix)), "line with text before its JSON")
            return name, at, found
    return None
