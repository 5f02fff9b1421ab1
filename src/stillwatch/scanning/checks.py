"""What is checked of a log once it is read, before anybody is looked for in it."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from stillwatch.engines import DuckDBEngine, Engine, Table
from stillwatch.scanning.deliveries import SecondDeliveries, drop_second_deliveries
from stillwatch.scanning.missing_text import MissingText, missing_text
from stillwatch.scanning.repeated import Repeats, count_repeats, said_of
from stillwatch.scanning.wrong_clocks import set_aside
from stillwatch.settings import ScanSettings

__all__ = ["Checked", "check"]


@dataclass(frozen=True, slots=True)
class Checked:
    """What the checks came to.

    Attributes:
        wrong_clocks: records set aside because their time cannot be right.
        twice: records that were delivered a second time and dropped.
        repeats: whole records that came more than once and may be requests of their own.
        empty: exchanges without text.
    """

    wrong_clocks: int = 0
    twice: SecondDeliveries = field(default_factory=SecondDeliveries)
    repeats: Repeats = field(default_factory=lambda: Repeats(0, 0, 0, 0))
    empty: MissingText = field(default_factory=MissingText)


def check(run: Path, work: Path, settings: ScanSettings) -> Checked:
    """Set records of wrong clocks aside, drop second deliveries, count other repeats and missing text.

    Args:
        run: has ``exchanges.parquet/`` and ``sketches.parquet/``, whose parts may be written anew.
        work: gets the dead letters of what is set aside, and what the engine spills.
        settings: bounds of memory and threads.
    """
    with DuckDBEngine(work / "spill", memory_mb=settings.memory_mb, threads=settings.workers) as engine:
        if not any((run / "exchanges.parquet").iterdir()):
            return Checked()
        wrong = set_aside(engine, run, work)
        exchanges = _table(engine, run, "exchanges")
        said = said_of(engine, exchanges=exchanges, sketches=_table(engine, run, "sketches"))
        twice = drop_second_deliveries(engine, run, exchanges=exchanges, said=said)
        if twice.dropped:
            exchanges = _table(engine, run, "exchanges")
            said = engine.sql(
                "SELECT * FROM {said} SEMI JOIN {exchanges} USING (row_key)", said=said, exchanges=exchanges
            )
        repeats = count_repeats(engine, exchanges=exchanges, said=said)
        return Checked(wrong, twice, repeats, missing_text(engine, exchanges))


def _table(engine: Engine, run: Path, name: str) -> Table:
    return engine.read(run / f"{name}.parquet" / "*.parquet")
