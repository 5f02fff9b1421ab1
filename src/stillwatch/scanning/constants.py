"""A text that half of all exchanges have letter for letter: a person is asked whether a logger wrote it."""

from __future__ import annotations

from dataclasses import dataclass

from stillwatch.engines import Engine, Table

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
_TEXT_SQL = """
SELECT e.prompt AS text, count(*) AS n, count(DISTINCT e.account_id) AS accounts
FROM {exchanges} AS e JOIN {sketches} AS s USING (row_key) SEMI JOIN {commonest} USING (masked)
WHERE trim(e.prompt) <> '' GROUP BY e.prompt ORDER BY n DESC, text LIMIT 1
"""


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
    rows = engine.fetch(_TEXT_SQL, exchanges=exchanges, sketches=sketches, commonest=commonest).to_pylist()
    if not rows or rows[0]["n"] < _SHARE * total or rows[0]["accounts"] < _LEAST_ACCOUNTS:
        return Constant()
    return Constant(rows[0]["text"], rows[0]["n"], rows[0]["accounts"], total)
