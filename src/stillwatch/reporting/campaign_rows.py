"""Campaign rows in the order of reports; each one's observations, strongest reasons, and what is sent word for word."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from stillwatch.drawing import order_families
from stillwatch.tables import VERDICTS

__all__ = ["counts", "merge_templates", "observations_of", "order_campaigns", "quoted_text", "reasons_of"]


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


def counts(observation: Mapping[str, Any], families: Collection[str]) -> bool:
    """Whether an observation speaks for its campaign: its family is evidence there, and more than what chance shows."""
    return observation["family"] in families and _p_value(observation) != 1.0


def reasons_of(row: Mapping[str, Any]) -> tuple[Mapping[str, Any], ...]:
    """The strongest observation of each family that counts as evidence, the smallest p-value first.

    What chance shows as often as not is no reason, whatever its family counts for.
    """
    best: dict[str, Mapping[str, Any]] = {}
    for observation in observations_of(row):
        if counts(observation, row["families"] or ()):
            best.setdefault(observation["family"], observation)
    return tuple(sorted(best.values(), key=_p_value))


def merge_templates(rows: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Templates that say the same of the same exchanges are one, under the ``names`` of all; the rest as they came."""
    merged: dict[tuple[Any, ...], dict[str, Any]] = {}
    for row in rows:
        said = (row["kind"], row["example"], tuple(row["shared"] or ()), row["accounts"], row["exchanges"])
        merged.setdefault(said, {**row, "names": []})["names"].append(row["template_id"])
    return list(merged.values())


def quoted_text(row: Mapping[str, Any], templates: pa.Table) -> dict[str, Any] | None:
    """What the campaign's accounts send word for word, as most accounts send it.

    Args:
        row: of the campaigns table.
        templates: the run's.

    Returns:
        ``text``, ``accounts``, ``exchanges`` and ``template_id``; None where they share no wording.
    """
    mine = templates.filter(pc.equal(templates["campaign_id"], row["campaign_id"])).to_pylist()
    worded = [one for one in mine if one["shared"]]
    if not worded:
        return None
    best = max(worded, key=lambda one: (one["accounts"] or 0, one["exchanges"] or 0))
    text = " … ".join(" ".join(piece.split()) for piece in best["shared"])
    return {"text": text} | {name: best[name] for name in ("accounts", "exchanges", "template_id")}


def _p_value(observation: Mapping[str, Any]) -> float:
    p_value: float | None = observation["p_value"]
    return 2.0 if p_value is None else p_value
