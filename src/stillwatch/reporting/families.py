"""Families of evidence: which a run has, and what each sees in a few words.

The list is read from the run, never assumed: a family that this version does not know is shown
like any other, under its own name.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import pyarrow as pa

from stillwatch.drawing import order_families

__all__ = ["families_of_links", "families_of_run"]

_NOT_FAMILIES = frozenset({"account_a", "account_b", "match_weight", "match_probability"})


def families_of_links(links: pa.Table) -> tuple[str, ...]:
    """Families with a column of match weights in the links, in the order of reports."""
    return order_families(
        field.name
        for field in links.schema
        if field.name not in _NOT_FAMILIES and (pa.types.is_floating(field.type) or pa.types.is_null(field.type))
    )


def families_of_run(links: pa.Table, campaigns: Iterable[Mapping[str, Any]]) -> tuple[str, ...]:
    """Families that the links were weighed by or that a campaign speaks of, in the order of reports.

    Args:
        links: with a column for each family.
        campaigns: rows of the campaigns table.
    """
    named = list(families_of_links(links))
    for row in campaigns:
        named += row["families"] or ()
        named += (step["family"] for step in row["waterfall"] or () if step["family"] != "prior")
        named += (observation["family"] for observation in row["observations"] or ())
    return order_families(name for name in named if name)
