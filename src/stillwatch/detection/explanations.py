"""Honest explanations: what else could make these accounts look like one.

Each is a measurement of its own with a stated line: it holds, it is ruled out, or it cannot be told. Where one
holds, or one cannot be told, the accounts are not called a campaign. They are considered for every group and shown with
every campaign. Families bring those that go with what they see; a licence stands here.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

from stillwatch.evidence import Explanation, Family, LogProfile
from stillwatch.evidence.thresholds import LICENSED

__all__ = ["explain"]

I64 = npt.NDArray[np.int64]


def explain(log: LogProfile, families: Mapping[str, Family], members: I64, bystanders: I64) -> tuple[Explanation, ...]:
    """Consider the honest explanations of a group.

    Args:
        log: the whole log.
        families: each may explain what it sees.
        members: the group.
        bystanders: linked to it and set aside; what members repeat of theirs counts as repeated.
    """
    licensed = float((log.columns["licensed"][members] == 1).mean())
    return (
        *(one for family in families.values() for one in family.explain(log, members, bystanders)),
        Explanation(
            "licensed distillation",
            f"{licensed:.0%} of the accounts have a licence on record.",
            licensed > LICENSED,
        ),
    )
