"""What loggers write where they leave a text out: it is missing text, and no text that accounts share.

| placeholder | who writes it |
| --- | --- |
| ``redacted-by-litellm``, ``default-message-value`` | LiteLLM without message logging |
| ``[REDACTED]``, ``<REDACTED>``, ``REDACTED``, ``***`` | collectors' redaction processors |
| ``[FILTERED]``, ``[MASKED]``, ``[REMOVED]``, ``[HIDDEN]``, ``[SCRUBBED]``, ``[OMITTED]`` | error trackers |
| ``<nil>``, ``(null)``, ``(none)`` | Go and C, of a value that is none |
| ``None``, ``null``, ``undefined``, ``NaN``, ``{}``, ``[]``, ``[object Object]`` | a value turned into text |
| ``content_filtered``, ``<no content>``, ``[no content]``, ``N/A`` | guards and exporters |

So is what ``core.bodies.nobody.MASKS`` matches: any words of redaction in brackets, ``REDACTED_BY_POLICY``, asterisks.

Upper and lower case are one, and so are blanks at either end.
"""

from __future__ import annotations

import pyarrow as pa
import pyarrow.compute as pc

from stillwatch.core.bodies.nobody import LONGEST_MASK, MASKS, NOBODY, may_be_nobody

__all__ = ["PLACEHOLDERS", "masked", "nobodies", "stand_ins"]

_WORDS = ("redacted", "filtered", "masked", "removed", "hidden", "scrubbed", "omitted", "no content")
PLACEHOLDERS = frozenset(
    (
        "redacted-by-litellm", "default-message-value", "content_filtered", "redacted", "***", "n/a",
        "none", "null", "<nil>", "(null)", "<null>", "(none)", "<none>",
        "undefined", "nan", "{}", "[]", "[object object]",
        *(f"{left}{word}{right}" for word in _WORDS for left, right in ("[]", "<>", "()")),
    )
)  # fmt: skip
"""In lower case."""

_LONGEST = 80
_KNOWN = pa.array(sorted(PLACEHOLDERS), pa.string())
_NOBODY = pa.array(sorted({name.lower() for name in NOBODY}), pa.string())


# To make the pattern ready takes as long as to hold it against thousands of texts; signs are looked for in less.
_FEW = 500


def masked(texts: pa.Array) -> pa.Array | None:
    """Which of the texts, without blanks around them, ``MASKS`` matches (null for null); None where none can."""
    if len(texts) <= _FEW:
        lines = b"\n".join(filter(None, texts.cast(pa.binary()).to_pylist()))
        if not may_be_nobody(lines.decode("utf-8", "replace")):
            return None
    return pc.match_substring_regex(texts, MASKS)


def nobodies(names: pa.Array) -> pa.Array | None:
    """Which of the names of accounts, keys and the like stand for nobody (``nobody.NOBODY``); None where none does."""
    short = pc.fill_null(pc.less_equal(pc.binary_length(names), LONGEST_MASK), False)
    plain = pc.utf8_trim_whitespace(pc.if_else(short, names, pa.scalar("", pa.string())))
    found = _either(pc.is_in(pc.ascii_lower(plain), value_set=_NOBODY), masked(plain))
    return found if pc.any(found).as_py() else None


def stand_ins(texts: pa.Array) -> pa.Array | None:
    """Which of the texts are placeholders (booleans, false for null); None where none is."""
    # Most texts are longer than any of them: those are not looked at.
    short = pc.fill_null(pc.less_equal(pc.binary_length(texts), _LONGEST), False)
    if not pc.any(short).as_py():
        return None
    lowered = pc.ascii_lower(pc.utf8_trim_whitespace(pc.if_else(short, texts, pa.scalar("", pa.string()))))
    found = _either(pc.is_in(lowered, value_set=_KNOWN), masked(lowered))
    return found if pc.any(found).as_py() else None


def _either(known: pa.Array, masks: pa.Array | None) -> pa.Array:
    return known if masks is None else pc.or_(known, masks)
