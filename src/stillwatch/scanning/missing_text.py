"""How much of a log has no text to be seen: what cannot be found then must be said before what was found."""

from __future__ import annotations

from dataclasses import dataclass

from stillwatch.engines import Engine, Table

__all__ = ["MissingText", "missing_text"]

_TELLING = 0.1
_SQL = """
SELECT source_file AS source, count(*) AS n, count(*) FILTER (trim(prompt) = '') AS empty
FROM {exchanges} GROUP BY source_file ORDER BY empty DESC, source_file
"""


@dataclass(frozen=True, slots=True)
class MissingText:
    """What of a log has no prompt's text.

    Attributes:
        exchanges: all of them.
        empty: those without text.
        sources: of files, how many.
        lacking: of them, how many lack it in more than a tenth.
        example: the file that lacks most.
    """

    exchanges: int = 0
    empty: int = 0
    sources: int = 0
    lacking: int = 0
    example: str = ""

    @property
    def sentence(self) -> str | None:
        """Why finding nothing says little; None where so little is missing that it does not matter."""
        if not self.exchanges or not self.lacking:
            return None
        where = f"; {self.lacking:,} of {self.sources:,} files lack it in more than a tenth" if self.sources > 1 else ""
        most = f", {self.example} most of all" if self.sources > 1 else ""
        return (
            f"{self.empty / self.exchanges:.0%} of the exchanges have no prompt's text (left out, redacted or empty"
            f"{where}{most}): a campaign that is known by what it asks cannot be found among them. "
            "Turn the logging of prompts on where the log is made."
        )


def missing_text(engine: Engine, exchanges: Table) -> MissingText:
    """Count exchanges without text by the file they were read from.

    Args:
        engine: reads them.
        exchanges: of a run.
    """
    rows = engine.fetch(_SQL, exchanges=exchanges).to_pylist()
    lacking = [row for row in rows if row["empty"] > _TELLING * row["n"]]
    return MissingText(
        sum(row["n"] for row in rows),
        sum(row["empty"] for row in rows),
        len(rows),
        len(lacking),
        lacking[0]["source"] if lacking else "",
    )
