"""A text that half of all exchanges have letter for letter: a person is asked whether a logger wrote it."""

from __future__ import annotations

from dataclasses import dataclass

from stillwatch.engines import Engine, Table
from stillwatch.scanning.retention import BLANK_SQL

__all__ = ["Constant", "find_constant"]

_SHARE = 0.5
_LEAST_ACCOUNTS = 3
_LEAST_EXCHANGES = 20
_LONGEST = 80
# What differs in numbers alone has one hash: only the commonest is looked at letter by letter.
_MASKED_SQL = """
SELECT masked FROM {sketches} GROUP BY masked
HAVING count(*) >= greatest({least}, {share} * (SELECT count(*) FROM {sketches})) ORDER BY count(*) DESC LIMIT 1
"""
# What has no text is told by the reader of this: a condition would be asked first, and carry every text along.
_SAID_SQL = f"""
WITH told AS (
    SELECT row_key, account_id, CASE WHEN NOT ({BLANK_SQL}) THEN hash(prompt) END AS said FROM {{exchanges}}
)
SELECT said, min(e.row_key) AS row_key, count(*) AS n, count(DISTINCT e.account_id) AS accounts
FROM told AS e JOIN {{sketches}} AS s USING (row_key) SEMI JOIN {{commonest}} USING (masked)
GROUP BY said ORDER BY n DESC LIMIT 3
"""
_TEXT_SQL = "SELECT row_key, prompt FROM {{exchanges}} WHERE row_key IN ({keys})"


@dataclass(frozen=True, slots=True)
class Constant:
    """The commonest prompt where it is most of a log's.

    Attributes:
        text: as it stands in the log; empty where no prompt is half of all.
        exchanges, accounts: that have it.
        total: exchanges in all.
    """

    text: str = ""
    exchanges: int = 0
    accounts: int = 0
    total: int = 0

    @property
    def sentence(self) -> str:
        """What is asked of a person; empty where there is nothing to ask."""
        if not self.text:
            return ""
        shown = self.text if len(self.text) <= _LONGEST else f"{self.text[: _LONGEST - 1]}…"
        share = f"{self.exchanges / self.total:.0%} of the exchanges, of {self.accounts:,} accounts,"
        return (
            f"{share} have the prompt “{shown}” "
            "letter for letter. Does a logger write it in place of the text? Then what they asked is not in this log."
        )


def find_constant(engine: Engine, *, exchanges: Table, sketches: Table) -> Constant:
    """Find the prompt that half of a log's exchanges have, of three accounts or more.

    Args:
        engine: reads them.
        exchanges, sketches: of a run, under the same row keys.
    """
    query = _MASKED_SQL.replace("{least}", str(_LEAST_EXCHANGES)).replace("{share}", str(_SHARE))
    commonest = engine.fetch(query, sketches=sketches)
    if not len(commonest):
        return Constant()
    total = engine.fetch("SELECT count(*) AS n FROM {exchanges}", exchanges=exchanges)["n"][0].as_py()
    said = engine.fetch(_SAID_SQL, exchanges=exchanges, sketches=sketches, commonest=commonest).to_pylist()
    # Two texts may each be half of a log.
    half = [row for row in said if row["said"] is not None and row["n"] >= _SHARE * total]
    most = [row for row in half if row["n"] == half[0]["n"]]
    if not most:
        return Constant()
    keys = ", ".join(str(row["row_key"]) for row in most)
    found = engine.fetch(_TEXT_SQL.format(keys=keys), exchanges=exchanges)
    texts = dict(zip(found["row_key"].to_pylist(), found["prompt"].to_pylist(), strict=True))
    first = min(most, key=lambda row: texts[row["row_key"]])
    if first["accounts"] < _LEAST_ACCOUNTS:
        return Constant()
    return Constant(texts[first["row_key"]], first["n"], first["accounts"], total)
