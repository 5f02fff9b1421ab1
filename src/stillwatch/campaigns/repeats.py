"""Who sends the same prompts, letter for letter.

An evaluation harness or a class with one homework repeats across accounts; accounts that share out
a pool do not. This is the plainest thing that tells them apart.
"""

from __future__ import annotations

from dataclasses import dataclass

import duckdb
import numpy as np
import numpy.typing as npt

from stillwatch.engines import query

__all__ = ["Asked", "load_asked"]

I64 = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Asked:
    """Distinct prompts of each of E entities.

    Attributes:
        prompts: hashes, those of one entity together.
        offsets: E + 1 offsets into them.
    """

    prompts: npt.NDArray[np.uint64]
    offsets: I64

    def repeats(self, members: I64) -> npt.NDArray[np.float64]:
        """Share of each member's distinct prompts that another of the members sends too."""
        sizes = self.offsets[members + 1] - self.offsets[members]
        owner = np.repeat(np.arange(len(members)), sizes)
        starts = np.repeat(self.offsets[members] - np.cumsum(sizes) + sizes, sizes)
        mine = self.prompts[starts + np.arange(len(owner))]
        _, inverse, counts = np.unique(mine, return_inverse=True, return_counts=True)
        repeated = np.bincount(owner, weights=counts[inverse] > 1, minlength=len(members))
        return np.asarray(repeated / np.maximum(sizes, 1))


def load_asked(connection: duckdb.DuckDBPyConnection, entities: int) -> Asked:
    """Make the table ``asked`` (entity, prompt hash, one exchange id) and read it."""
    connection.execute(
        """CREATE TABLE asked AS
           SELECT a.entity, hash(e.prompt) AS prompt, min(e.exchange_id) AS exchange_id
           FROM exchanges AS e JOIN account AS a USING (account_id) GROUP BY ALL"""
    )
    table = query(connection, "SELECT entity, prompt FROM asked ORDER BY entity, prompt")
    offsets = np.searchsorted(np.asarray(table["entity"], np.int64), np.arange(entities + 1))
    return Asked(np.asarray(table["prompt"], np.uint64), offsets)
