"""Which words say that an answer has ended, and which that it is still under way.

Servers send a reason with every piece of a stream, where OpenAI sends none until the last: an empty text, ``"null"``,
``"not_finished"``. What is held back until the end would be let out by the first. A word that is not known here ends
nothing; to know one more, add it in small letters, without ``_`` and ``-``.
"""

from __future__ import annotations

from collections.abc import Mapping

from stillwatch.gateway.setting_names import plain_name

__all__ = ["is_an_end", "is_under_way"]

_ENDS = frozenset(("stop", "length", "toolcalls", "toolcall", "functioncall", "contentfilter", "error", "end")) | {
    *("eos", "eostoken", "endturn", "stopsequence", "maxtokens", "maxlength", "modellength", "tooluse", "pauseturn"),
    *("refusal", "abort", "aborted", "cancelled", "canceled", "complete", "completed", "done", "finished", "safety"),
    *("recitation", "sensitive", "limit", "stoplimit", "toolcallslimit", "timeout", "insufficientsystemresource"),
    *("modelcontextwindowexceeded", "contextlengthexceeded", "other", "stopword", "stopped", "errortoxic"),
}
_WHOLE = frozenset(("completed", "incomplete", "failed"))


def is_an_end(reason: object) -> bool:
    """Whether a reason to stop says that a choice has ended.

    >>> is_an_end("tool_calls"), is_an_end(""), is_an_end("null"), is_an_end(None)
    (True, False, False, False)
    """
    return isinstance(reason, str) and plain_name(reason.strip()) in _ENDS


def is_under_way(answer: object) -> bool:
    """Whether an answer of the responses API says that more of it may come, or that it was given up before its end."""
    status = answer.get("status") if isinstance(answer, Mapping) else None
    return status is not None and status not in _WHOLE
