"""Repeats of whole records, as shippers leave them that deliver twice: what is left of them is counted and told.

``deliveries`` has dropped what cannot be anything else. Of the rest, whether a second record is a second request or a
second delivery only the log's owner knows. What differs between two
deliveries is where they were read: ``source_file``, ``source_line``, and an ``exchange_id`` that was made of the two.
"""

from __future__ import annotations

from dataclasses import dataclass

from stillwatch.engines import Engine, Table
from stillwatch.scanning.retention import told_beside_texts, told_by
from stillwatch.tables import EXCHANGES

__all__ = ["MADE", "OWN_ID", "Repeats", "count_repeats", "said_of"]

_WHERE_READ = ("exchange_id", "source_file", "source_line")
# An id that was made at reading counts only for what follows the line, where one line gave several exchanges.
MADE = "concat(source_file, ':', source_line)"
OWN_ID = f"""CASE WHEN exchange_id = {MADE} OR starts_with(exchange_id, concat({MADE}, '.'))
    THEN substr(exchange_id, length({MADE}) + 1) ELSE exchange_id END"""


@dataclass(frozen=True, slots=True)
class Repeats:
    """How often a log says the same.

    Attributes:
        exchanges: how many there are in all.
        copies: exchanges that are equal to an earlier one in all but where they were read.
        copied: different exchanges that have such copies; with their copies they are ``copied + copies``.
        shared_ids: ``exchange_id`` values that stand on exchanges that differ.
    """

    exchanges: int
    copies: int
    copied: int
    shared_ids: int

    @property
    def sentence(self) -> str:
        """What there is to be told, for a person; empty where there is nothing."""
        told = []
        if self.copies:
            told.append(
                f"{self.copies:,} of {self.exchanges:,} exchanges repeat another in all but where they were read "
                f"({self.copied:,} came more than once): they are counted as they stand, so if a shipper delivered "
                "twice, scan one delivery alone."
            )
        if self.shared_ids:
            many = self.shared_ids > 1
            told.append(
                f"{self.shared_ids:,} exchange_id{'s stand' if many else ' stands'} on exchanges that differ: "
                "two logs of the same requests, or ids that are not unique."
            )
        return " ".join(told)

    def counts(self) -> dict[str, int]:
        """For ``run.json``."""
        return {"copies": self.copies, "copied": self.copied, "shared_ids": self.shared_ids}


# Copies agree in what sketches tell; only those that do are read whole.
_ALIKE_SQL = """
WITH alike AS (SELECT account, time, masked FROM {sketches} GROUP BY ALL HAVING count(*) > 1)
SELECT row_key FROM {sketches} SEMI JOIN alike USING (account, time, masked)
"""

_OF_TEXTS = ("prompt", "system", "messages", "response", "reasoning", "stop")
_BESIDE_TEXTS = [name for name in EXCHANGES.names if name not in (*_WHERE_READ, *_OF_TEXTS)]

_COUNT_SQL = """
SELECT (SELECT count(*) FROM {exchanges}) AS exchanges,
       coalesce((SELECT sum(n - 1) FROM (SELECT count(*) AS n FROM {said} GROUP BY said)), 0)::BIGINT AS copies,
       (SELECT count(*) FROM (SELECT 1 FROM {said} GROUP BY said HAVING count(*) > 1)) AS copied
"""

_SHARED_SQL = """
WITH twice AS (SELECT exchange_id FROM {exchanges} GROUP BY exchange_id HAVING count(*) > 1),
own AS (
    SELECT e.exchange_id, coalesce(s.said, hash('alone', e.row_key)) AS said
    FROM {exchanges} AS e SEMI JOIN twice USING (exchange_id) LEFT JOIN {said} AS s USING (row_key)
)
SELECT count(*) AS n FROM (SELECT 1 FROM own GROUP BY exchange_id HAVING count(DISTINCT said) > 1)
"""


def said_of(engine: Engine, *, exchanges: Table, sketches: Table) -> Table:
    """``row_key`` and ``said``, a hash of all that an exchange says but where it was read, of those that may be like
    another.

    Exchanges are compared by 64-bit hashes: among 16 million that differ, two are taken for equal with a chance of 7
    in a million. Only those whose sketches agree in account, time and words are read whole.

    Args:
        engine: where the tables lie.
        exchanges, sketches: of a run.
    """
    alike = engine.sql(_ALIKE_SQL, sketches=sketches)
    beside = told_beside_texts(engine, exchanges, _BESIDE_TEXTS)
    said = f"hash({OWN_ID}, {beside}, {told_by(engine, exchanges).texts})"
    return engine.sql(
        f"SELECT row_key, {said} AS said FROM {{exchanges}} SEMI JOIN {{alike}} USING (row_key)",
        exchanges=exchanges,
        alike=alike,
    )


def count_repeats(engine: Engine, *, exchanges: Table, said: Table) -> Repeats:
    """How many exchanges are copies of others, and how many ids stand on exchanges that differ.

    Args:
        engine: where the tables lie.
        exchanges: of a run.
        said: of them, by ``said_of``.
    """
    (found,) = engine.fetch(_COUNT_SQL, exchanges=exchanges, said=said).to_pylist()
    shared = engine.fetch(_SHARED_SQL, exchanges=exchanges, said=said)["n"][0].as_py()
    return Repeats(found["exchanges"], found["copies"], found["copied"], shared)
