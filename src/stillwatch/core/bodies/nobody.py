"""What loggers write where they know nobody: no account, key, session or id, or it would link all who have it.

| word | who writes it |
| --- | --- |
| ``None``, ``null``, ``undefined``, ``NaN``, ``{}``, ``[]``, ``[object Object]`` | a value turned into text |
| ``-``, ``--``, ``N/A``, ``unknown``, ``anonymous`` | web servers, exporters, clients without a login |
| ``default_user_id`` | LiteLLM, of requests by its master key |
| ``redacted``, ``[REDACTED]``, ``<redacted>``, ``***``, ``redacted-by-litellm`` | redaction |
"""

from __future__ import annotations

__all__ = ["NOBODY"]

_WORDS = (
    "none", "null", "undefined", "nan", "{}", "[]", "[object object]", "-", "--", "n/a", "unknown", "anonymous",
    "default_user_id", "redacted", "[redacted]", "<redacted>", "***", "redacted-by-litellm",
)  # fmt: skip

NOBODY = frozenset(spelt for word in _WORDS for spelt in (word, word.upper(), word.capitalize(), word.title())) | {
    "NaN",
    "[object Object]",
}
"""As they are spelt: in lower case, in capitals, with a capital."""
