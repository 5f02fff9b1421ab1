"""The links among a campaign's accounts, read from the links table for the account graph."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from stillwatch.drawing import Links
from stillwatch.reporting.families import families_of_links

__all__ = ["links_among"]


def links_among(account_ids: Sequence[str], links: pa.Table) -> Links:
    """Links whose two ends are both among the accounts, each with the family that weighs most in it.

    Args:
        account_ids: members, then bystanders.
        links: columns ``account_a, account_b, match_weight`` and one for each family.
    """
    names = pa.array(account_ids, pa.string())
    pairs = [pc.fill_null(pc.index_in(links[side], value_set=names), -1) for side in ("account_a", "account_b")]
    ends = np.stack([np.asarray(side.to_numpy(), np.int64) for side in pairs], axis=1)
    among = (ends >= 0).all(axis=1) & (ends[:, 0] != ends[:, 1])
    families = families_of_links(links)
    mine = links.filter(pa.array(among))
    own = [pc.fill_null(mine[family].cast(pa.float64()), 0.0).to_numpy() for family in families]
    weighed = np.nan_to_num(np.stack(own, axis=1)) if own else np.zeros((mine.num_rows, 1))
    kinds = np.where(weighed.max(axis=1) > 0, weighed.argmax(axis=1), -1)
    weights = pc.fill_null(mine["match_weight"], 0.0).to_numpy().astype(np.float32)
    return Links(ends[among], weights, kinds.astype(np.int64), families)
