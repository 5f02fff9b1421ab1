"""Texts of sampled prompts by which campaigns are shown: read once for all of them, and held of one at a time."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from stillwatch.engines import Engine, Table
from stillwatch.profiles import READ_SQL

__all__ = ["ShownPrompts"]

# As many as a portrait looks at.
_MOST = 4_000

_TEXTS_SQL = f"""
WITH asked AS (SELECT row_key, {READ_SQL} AS prompt FROM {{exchanges}})
SELECT row_key, prompt FROM asked SEMI JOIN {{wanted}} USING (row_key)
"""
_OF_SQL = "SELECT r.*, t.prompt FROM {rows} AS r JOIN {texts} AS t USING (row_key) ORDER BY r.entity, r.place"


class ShownPrompts:
    """Sampled prompts of groups of entities.

    Args:
        engine: holds the texts.
        sample: of every entity, sorted by entity and place.
        groups: entities of each campaign.
        exchanges: of the log.
    """

    def __init__(
        self, engine: Engine, sample: pa.Table, groups: Sequence[npt.NDArray[np.int64]], *, exchanges: Table
    ) -> None:
        self._engine, self._none = engine, sample.slice(0, 0)
        self._rows = [_first_by_chance(sample, members) for members in groups]
        keys = np.unique(np.concatenate([np.zeros(0, np.int64), *(np.asarray(r["row_key"]) for r in self._rows)]))
        self._texts = engine.sql(_TEXTS_SQL, exchanges=exchanges, wanted=pa.table({"row_key": keys}))

    def of(self, number: int) -> pa.Table:
        """Of one group those that come first by chance: the sample's columns, and ``prompt``; in the sample's order."""
        return self._engine.fetch(_OF_SQL, rows=self._rows[number], texts=self._texts)

    def first(self) -> pa.Table:
        """The first of each group."""
        rows = pa.concat_tables([self._none, *(rows.slice(0, 1) for rows in self._rows)])
        return self._engine.fetch(_OF_SQL, rows=rows, texts=self._texts)


def _first_by_chance(sample: pa.Table, members: npt.NDArray[np.int64]) -> pa.Table:
    theirs = np.flatnonzero(np.isin(np.asarray(sample["entity"], np.int64), members))
    places = np.asarray(sample["place"], np.int64)[theirs]
    return sample.take(pa.array(np.sort(theirs[np.argsort(places, kind="stable")[:_MOST]])))
