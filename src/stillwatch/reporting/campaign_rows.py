"""Campaign rows in the order of reports, and each one's observations and strongest reasons."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pyarrow as pa

from stillwatch.drawing import order_families
from stillwatch.tables import VERDICTS

__all__ = ["observations_of", "order_campaigns", "reasons_of"]


def order_campaigns(campaigns: pa.Table) -> list[dict[str, Any]]:
    """Campaign rows, the strongest verdict first, then the most exchanges."""
    rows: list[dict[str, Any]] = campaigns.to_pylist()
    ladder = {verdict: n for n, verdict in enumerate(VERDICTS)}
    return sorted(
        rows,
        key=lambda row: (-ladder.get(row["verdict"], -1), -(row["exchanges"] or 0), row["campaign_id"] or ""),
    )


def observations_of(row: Mapping[str, Any]) -> tuple[Mapping[str, Any], ...]:
    """A campaign's observations family by family, the smallest p-value first; those that only describe come last."""
    observations: list[Mapping[str, Any]] = list(row["observations"] or ())
    place = {family: n for n, family in enumerate(order_families(o["family"] for o in observations))}
    return tuple(sorted(observations, key=lambda o: (place[o["family"]], _p_value(o))))


def reasons_of(row: Mapping[str, Any]) -> tuple[Mapping[str, Any], ...]:
    """The strongest observation of each family that counts as evidence, in the order of reports."""
    best: dict[str, Mapping[str, Any]] = {}
    for observation in observations_of(row):
        if observation["family"] in (row["families"] or ()):
            best.setdefault(observation["family"], observation)
    return tuple(best.values())


def _p_value(observation: Mapping[str, Any]) -> float:
    p_value: float | None = observation["p_value"]
    return 2.0 if p_value is None else p_value
