"""Answers that are none: empty, cut at the longest allowed, withheld or broken off. Missing data, never agreement.

What is missing is not missing at random: a model that thinks before it answers runs out of tokens on the hard
prompts. So a pair of models is compared on prompts that both answered, everybody else on the same prompts,
and too much missing means that nothing is tested.

Some whole answers say nothing of their prompt either (``hollow``, ``refusals``).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt

from stillwatch.core.unseen import plainly_seen

__all__ = ["MOST_MISSING", "WHYS", "Missing", "count_missing", "too_much_missing", "why_missing"]

Missing = Mapping[str, Mapping[str, Mapping[str, int]]]
"""By model, by part of the audit: ``asked`` and each of ``WHYS``; for behaviour ``refused`` and ``repeated`` too."""

WHYS = ("empty", "truncated", "filtered", "failed")
MOST_MISSING = 0.5
"""Share of prompts that may lack an answer of one model: beyond it the rest says little of all."""

_CUT = frozenset(("length", "max_tokens", "max_output_tokens", "model_length"))
_WITHHELD = frozenset(("content_filter", "safety", "recitation", "prohibited_content", "blocklist", "refusal"))
_BROKEN = frozenset(("error", "abort", "cancelled", "timeout", "overloaded", "insufficient_system_resource"))


def why_missing(text: str, ending: str) -> str:
    """Why an answer is none: one of ``WHYS``, "" where it is one.

    >>> why_missing("A whole one.", "stop"), why_missing(" ", ""), why_missing("Half of", "length")
    ('', 'empty', 'truncated')
    """
    ending = ending.lower()
    if ending in _CUT:
        return "truncated"
    if ending in _WITHHELD:
        return "filtered"
    if ending in _BROKEN:
        return "failed"
    return "" if plainly_seen(text).strip() else "empty"


def count_missing(missing: Sequence[str]) -> dict[str, int]:
    """How many were asked for and how many lack, by why."""
    return {"asked": len(missing), **{why: sum(one == why for one in missing) for why in WHYS}}


def too_much_missing(present: Mapping[str, npt.NDArray[np.bool_]], what: str = "missing") -> str:
    """Which models lack too many answers, in words; "" where none does.

    Args:
        present: by model, (prompts,), where there is something to compare.
        what: the others are.
    """
    lacking = {name: 1 - float(one.mean()) for name, one in present.items() if len(one)}
    over = [f"{name} ({share:.0%})" for name, share in lacking.items() if share > MOST_MISSING]
    return f"more than {MOST_MISSING:.0%} of the answers are {what} of {', '.join(over)}" if over else ""
