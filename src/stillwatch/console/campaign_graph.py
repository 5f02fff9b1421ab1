"""A campaign's graph as pages draw it: accounts with places, and links with the order in which they are shown."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from stillwatch.console.account_places import set_apart, spread_accounts
from stillwatch.console.graph_links import rank_links, strongest_links
from stillwatch.console.runs import Run
from stillwatch.drawing import order_families

__all__ = ["MOST_NODES", "campaign_graph"]

MOST_NODES = 10_000
_MOST_EDGES = 40_000
_MOST_READ = 1_000_000
_MOST_PULLING = 200_000
_NOT_FAMILIES = {"account_a", "account_b", "match_weight", "match_probability"}

_NODES = """
WITH named AS (SELECT unnest(account_ids) AS id, false AS apart FROM {campaigns} WHERE campaign_id = ?
    UNION ALL SELECT unnest(bystander_ids), true FROM {campaigns} WHERE campaign_id = ?)
SELECT id, any_value(apart) AS apart, any_value(exchanges) AS exchanges FROM named
LEFT JOIN {accounts} ON id = account_id GROUP BY id ORDER BY apart, exchanges DESC NULLS LAST, id LIMIT ?
"""
_AMONG = """
FROM {links} WHERE account_a IN (SELECT unnest(?)) AND account_b IN (SELECT unnest(?)) AND account_a <> account_b
"""
_LINKS = f"SELECT * {_AMONG} ORDER BY match_weight DESC, account_a, account_b LIMIT ?"


def campaign_graph(run: Run, name: str) -> dict[str, Any]:
    """The busiest accounts, ``MOST_NODES`` at most, and of the links among them those that are shown first.

    Args:
        run: whose.
        name: of the campaign.

    Returns:
        ``families``; ``nodes`` with ``id``, ``x``, ``y`` and ``apart``; ``edges`` as two places of nodes, weight, place
        of the family that weighs most (-1: none) and rank, in the order in which they are shown; ``links``: how many
        there are among these accounts.
    """
    nodes = run.arrow(_NODES, name, name, MOST_NODES)
    ids = nodes["id"]
    those = (ids.to_pylist(), ids.to_pylist())
    links = run.arrow(_LINKS, *those, _MOST_READ) if len(ids) and run.has("links") else None
    ends, weights = _ends(links, ids.combine_chunks())
    pulling = strongest_links(ends, weights, _MOST_PULLING)
    places = spread_accounts(len(ids), ends[pulling], weights[pulling])
    places = set_apart(places, np.bincount(ends.ravel(), minlength=len(ids)) > 0)
    ranks = rank_links(len(ids), ends, weights, places)
    first = np.lexsort((-weights, ranks))[:_MOST_EDGES]
    shown = links.take(pa.array(first)) if links is not None else None
    families = order_families(one for one in (links.column_names if links else ()) if one not in _NOT_FAMILIES)
    columns = (ends[first], weights[first].astype(np.float64).round(1), _strongest(shown, families), ranks[first])
    rows = zip(*(column.tolist() for column in columns), strict=True)
    put = places.astype(np.float64).round(4).tolist()
    return {
        "families": list(families),
        "nodes": [
            {"id": account, "x": x, "y": y, "apart": apart}
            for account, apart, (x, y) in zip(ids.to_pylist(), nodes["apart"].to_pylist(), put, strict=True)
        ],
        "edges": [[*pair, weight, kind, rank] for pair, weight, kind, rank in rows],
        "links": len(ends) if len(ends) < _MOST_READ else run.count(f"SELECT 1 {_AMONG}", *those),
    }


def _ends(links: pa.Table | None, ids: pa.Array) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.float32]]:
    """Links as pairs of places of accounts, and their weights."""
    if links is None:
        return np.empty((0, 2), np.int64), np.empty(0, np.float32)
    sides = [pc.index_in(links[side], value_set=ids) for side in ("account_a", "account_b")]
    ends = np.stack([side.to_numpy().astype(np.int64) for side in sides], axis=1)
    return ends, _numbers(links["match_weight"]).astype(np.float32)


def _numbers(column: pa.ChunkedArray) -> npt.NDArray[np.float64]:
    return np.asarray(pc.fill_null(column.cast(pa.float64()), 0.0).to_numpy(), np.float64)


def _strongest(links: pa.Table | None, families: Sequence[str]) -> npt.NDArray[np.int64]:
    """Place of the family that weighs most in each link; -1 where none weighs for it."""
    if links is None or not families:
        return np.full(len(links) if links else 0, -1, np.int64)
    weights = np.stack([_numbers(links[family]) for family in families], axis=1)
    return np.where(weights.max(axis=1, initial=-np.inf) > 0, weights.argmax(axis=1), -1)
