"""What is checked of a log once it is read, before anybody is looked for in it."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from stillwatch.engines import Engine, Table
from stillwatch.scanning.constants import Constant, find_constant
from stillwatch.scanning.deliveries import SecondDeliveries, drop_second_deliveries
from stillwatch.scanning.gaps import Gaps, find_gaps
from stillwatch.scanning.missing_text import MissingText, missing_text
from stillwatch.scanning.repeated import Repeats, count_repeats, said_of
from stillwatch.scanning.wrong_clocks import set_aside

__all__ = ["Checked", "check"]


@dataclass(frozen=True, slots=True)
class Checked:
    """What the checks came to.

    Attributes:
        wrong_clocks: records set aside because their time cannot be right.
        twice: records that were delivered a second time and dropped.
        repeats: whole records that came more than once and may be requests of their own.
        empty: exchanges without text.
        constant: a text that half of all exchanges have.
        gaps: hours that are silent where other days were busy.
    """

    wrong_clocks: int = 0
    twice: SecondDeliveries = field(default_factory=SecondDeliveries)
    repeats: Repeats = field(default_factory=lambda: Repeats(0, 0, 0, 0))
    empty: MissingText = field(default_factory=MissingText)
    constant: Constant = field(default_factory=Constant)
    gaps: Gaps = field(default_factory=Gaps)


def check(engine: Engine, run: Path, work: Path, *, lost: bool = False) -> Checked:
    """Set records of wrong clocks aside, drop second deliveries, count other repeats, missing text and hours.

    Args:
        engine: reads the parts.
        run: has ``exchanges.parquet/`` and ``sketches.parquet/``, whose parts may be written anew.
        work: gets the dead letters of what is set aside.
        lost: whether exchanges of earlier steps have lost their texts.
    """
    if not any((run / "exchanges.parquet").iterdir()):
        return Checked()
    wrong = set_aside(engine, run, work)
    exchanges = _table(engine, run, "exchanges", mixed=lost)
    said = said_of(engine, exchanges=exchanges, sketches=_table(engine, run, "sketches"))
    twice = drop_second_deliveries(engine, run, exchanges=exchanges, said=said)
    if twice.dropped:
        exchanges = _table(engine, run, "exchanges", mixed=lost)
        said = engine.sql("SELECT * FROM {said} SEMI JOIN {exchanges} USING (row_key)", said=said, exchanges=exchanges)
    repeats = count_repeats(engine, exchanges=exchanges, said=said)
    constant = find_constant(engine, exchanges=exchanges, sketches=_table(engine, run, "sketches"))
    empty, gaps = missing_text(engine, exchanges), find_gaps(engine, exchanges)
    return Checked(wrong, twice, repeats, empty, constant, gaps)


def _table(engine: Engine, run: Path, name: str, *, mixed: bool = False) -> Table:
    return engine.read(run / f"{name}.parquet" / "*.parquet", mixed=mixed)
