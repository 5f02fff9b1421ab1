"""Profiles of a run that kept no text: what a prompt was is known by its hash, what it was like by kept features.

Exchanges of such a run have ``prompt_hash`` beside an empty prompt; it is null for those just read, whose text is there
for as long as the scan lasts.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from stillwatch.engines import Engine, Table
from stillwatch.profiles.texts import Texts

__all__ = ["has_lost_texts", "joined_texts", "prompt_key", "remaining_prompts"]

I64 = npt.NDArray[np.int64]

_REMAINING_SQL = """
WITH asked AS (
    SELECT e.account_id, {key} AS prompt, e.row_key, e.prompt_hash IS NULL AS there FROM {{exchanges}} AS e
)
SELECT a.entity, e.prompt, min(e.row_key) AS row_key
FROM asked AS e JOIN {{accounts}} AS a USING (account_id)
WHERE e.there OR e.row_key IN (SELECT row_key FROM {{kept}})
GROUP BY ALL
"""


def has_lost_texts(engine: Engine, exchanges: Table) -> bool:
    """Whether some exchanges have no text any more."""
    return "prompt_hash" in engine.columns(exchanges)


def prompt_key(engine: Engine, exchanges: Table) -> str:
    """SQL of the hash that names the prompt of an exchange ``e``."""
    return "coalesce(e.prompt_hash, hash(e.prompt))" if has_lost_texts(engine, exchanges) else "hash(e.prompt)"


def remaining_prompts(engine: Engine, kept: pa.Table, *, exchanges: Table, accounts: Table) -> Table:
    """As ``prompt_table``, of prompts whose text is there or whose features are kept.

    Args:
        engine: where the tables lie.
        kept: features that an earlier profile left.
        exchanges, accounts: of the log.
    """
    return engine.sql(
        _REMAINING_SQL.format(key=prompt_key(engine, exchanges)),
        exchanges=exchanges,
        accounts=accounts,
        kept=kept.select(["row_key"]),
    )


def joined_texts(before: Texts, known: npt.NDArray[np.bool_], fresh: Texts) -> Texts:
    """Features of a sample, of which some were kept and the others are fresh, in the sample's order.

    Args:
        before: of those that were kept.
        known: whether each of the sample is one of them.
        fresh: of the others.
    """
    place = np.argsort(np.concatenate([np.flatnonzero(known), np.flatnonzero(~known)]))
    both = Texts.joined([before, fresh], before.flags.shape[1])
    carries = both.machinery != 0
    rank = np.cumsum(carries) - 1
    return Texts(
        both.features[place],
        both.flags[place],
        both.varies[place],
        both.machinery[place],
        both.payload[rank[place][carries[place]]],
    )
