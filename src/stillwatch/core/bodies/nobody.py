"""What loggers write where they know nobody: no account, key, session or id, or it would link all who have it.

| word | who writes it |
| --- | --- |
| ``None``, ``null``, ``undefined``, ``NaN``, ``{}``, ``[]``, ``[object Object]`` | a value turned into text |
| ``<nil>``, ``(null)``, ``(none)`` and the like in brackets | Go, C and web servers, of a value that is none |
| ``-``, ``--``, ``N/A``, ``unknown``, ``anonymous`` | web servers, exporters, clients without a login |
| ``default_user_id`` | LiteLLM, of requests by its master key |
| ``guest``, ``anon``, ``unauthenticated``, ``nobody``; the nil UUID | clients and servers without a login |
| ``redacted``, ``***``, ``redacted-by-litellm``, and what ``MASKS`` matches | redaction |
"""

from __future__ import annotations

import re
from functools import lru_cache

__all__ = ["LONGEST_MASK", "MASKS", "NOBODY", "is_nobody", "may_be_nobody"]

_WORDS = (
    "none", "null", "undefined", "nan", "{}", "[]", "[object object]", "-", "--", "n/a", "unknown", "anonymous",
    "<nil>", "(null)", "<null>", "(none)", "<none>", "<unknown>", "<anonymous>",
    "guest", "anon", "unauthenticated", "nobody",
    "00000000-0000-0000-0000-000000000000", "default_user_id", "redacted", "[redacted]",
    "<redacted>", "***", "redacted-by-litellm",
)  # fmt: skip

NOBODY = frozenset(spelt for word in _WORDS for spelt in (word, word.upper(), word.capitalize(), word.title())) | {
    "NaN",
    "[object Object]",
}
"""As they are spelt: in lower case, in capitals, with a capital."""

_MASKED = (
    r"(?:redact(?:ed|ion)|masked|removed|filtered|scrubbed|hidden|omitted|deleted|encrypted|withheld|anonymi[sz]ed|"
    r"censored|suppressed|saniti[sz]ed)"
)
MASKS = (
    # In brackets, braces or underlines, whatever kind of thing was left out: `[REDACTED:EMAIL]`, `__redacted__`.
    rf"(?i)^[\[<({{_*#-]+[\w .:/-]{{0,24}}{_MASKED}[\w .:/-]{{0,40}}[\])>}}_*#-]+$"
    # Bare: `REDACTED_BY_POLICY`, `content redacted`, `message was redacted by an administrator`; not words that go on
    # otherwise, for `redacted versions of both files` is a question.
    r"|^(?:(?:content|message|prompt|text|input|output|body|user|data)[ _-])?(?:(?:was|is|has been)[ _-])?redacted"
    r"(?:[ _:-](?:by|for|due|per|text|content|message|prompt|value|user|email|name)(?:[ _:-][\w .:-]*)?)?$"
    r"|^[\[<({]+pii[\w .:-]{0,24}[\])>}]+$"
    r"|^(?:\*{3,}|x{4,}|•{3,}|█{3,})$"
)
"""A pattern for what redaction writes in place of a text or a name: of RE2 and of Python alike, case aside."""

LONGEST_MASK = 120
"""In characters: what is longer is no mask, and Python's search would take long over it."""

_MASKS = re.compile(MASKS, re.ASCII)
# Every mask has one of them, in lower case and behind a line's end.
_SIGNS = ("redact", "\n_", "\n-", "[", "<", "(", "{", "*", "#", "xxxx", "•", "█")


def may_be_nobody(text: str) -> bool:
    """Whether something in a text, which may be many names, one a line, asks for ``is_nobody``."""
    lowered = "\n" + text.lower()
    return any(map(lowered.__contains__, _SIGNS))


def is_nobody(name: str) -> bool:
    """Whether a name, without blanks around it, names nobody."""
    return len(name) <= LONGEST_MASK and _stands_for_nobody(name)


@lru_cache(maxsize=8192)
def _stands_for_nobody(name: str) -> bool:
    # A record's names are asked about several times, and an account's come again with every record of it.
    return name in NOBODY or (may_be_nobody(name) and _MASKS.match(name) is not None)
