"""What loggers write where they know nobody: no account, key, session or id, or it would link all who have it.

| word | who writes it |
| --- | --- |
| ``None``, ``null``, ``undefined``, ``NaN``, ``{}``, ``[]``, ``[object Object]`` | a value turned into text |
| ``-``, ``--``, ``N/A``, ``unknown``, ``anonymous`` | web servers, exporters, clients without a login |
| ``default_user_id`` | LiteLLM, of requests by its master key |
| ``guest``, ``anon``, ``unauthenticated``, ``nobody``; the nil UUID | clients and servers without a login |
| ``redacted``, ``***``, ``redacted-by-litellm``, and what ``MASKS`` matches | redaction |
"""

from __future__ import annotations

import re

__all__ = ["MASKS", "NOBODY", "is_nobody", "may_be_nobody"]

_WORDS = (
    "none", "null", "undefined", "nan", "{}", "[]", "[object object]", "-", "--", "n/a", "unknown", "anonymous",
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
    # Bare: `REDACTED_BY_POLICY`, `content redacted`, `message was removed by an administrator`.
    r"|^(?:(?:content|message|prompt|text|input|output|body|user|data)[ _-])?(?:(?:was|is|has been)[ _-])?redacted"
    r"(?:[ _:-][\w .:-]{0,40})?$"
    r"|^[\[<({]+pii[\w .:-]{0,24}[\])>}]+$"
    r"|^(?:\*{3,}|x{4,}|•{3,}|█{3,})$"
)
"""A pattern for what redaction writes in place of a text or a name: of RE2 and of Python alike, case aside."""

_MASKS = re.compile(MASKS)
# What all of these have in them.
_SIGNS = re.compile(r"(?i)redact|[\[<({*#]|__|--|x{4}|•|█")


def may_be_nobody(text: str) -> bool:
    """Whether something in a text, which may be many names, asks for ``is_nobody``."""
    return _SIGNS.search(text) is not None


def is_nobody(name: str) -> bool:
    """Whether a name, without blanks around it, names nobody."""
    return name in NOBODY or (_SIGNS.search(name) is not None and _MASKS.match(name) is not None)
