"""Hours of which a log has nothing though it had much in the same hours of other days: told, for silence is not quiet.

A source is a file with those whose names differ in digits only; it is held against itself, and so is the whole log. An
hour without an exchange is silent where the same hour of most other working days (or weekend days, UTC) had five or
more. Silent hours that follow one another are a gap where the other days had thirty in them. Whether nobody asked or
nothing was written cannot be seen, and is not said.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

import numpy as np
import numpy.typing as npt

from stillwatch.engines import Engine, Table

__all__ = ["Gap", "Gaps", "find_gaps"]

_SQL = """
SELECT {source} AS source, epoch_us(time) // 3600000000 AS hour, count(*) AS n FROM {{exchanges}} GROUP BY ALL
"""
_FAMILY = "regexp_replace(source_file, '[0-9]+', '#', 'g')"
_EACH_HOUR = 5.0
_EACH_GAP = 30.0
# Of an hour's kind, so that one busy day is no habit.
_OTHER_DAYS = 2
_MOST_DAYS = 4000
_TELLING = 0.1
_NAMED = 3
_DAY = 24
# 1 January 1970 was a Thursday.
_SATURDAY = 2


@dataclass(frozen=True, slots=True)
class Gap:
    """Hours of which there is nothing.

    Attributes:
        source: whose, by its files' names with # for digits; empty for the whole log.
        begin, end: hours since 1970, the end not included.
        usual: exchanges in the same hours of other days.
    """

    source: str
    begin: int
    end: int
    usual: int


@dataclass(frozen=True, slots=True)
class Gaps:
    """The gaps of a log, the longest first, and the hours that it covers."""

    found: tuple[Gap, ...] = ()
    hours: int = 0

    @property
    def sentence(self) -> str:
        """What there is to be told, for a person; empty where there is nothing."""
        if not self.found:
            return ""
        told = "; ".join(_told(gap) for gap in self.found[:_NAMED])
        more = f"; and {len(self.found) - _NAMED:,} more" if len(self.found) > _NAMED else ""
        return f"Nothing {told}{more}. Whether nobody asked or the log is missing cannot be seen from here."

    @property
    def untold(self) -> str | None:
        """Why finding nothing says little: the whole log lacks more than a tenth of its hours."""
        lacking = sum(gap.end - gap.begin for gap in self.found if not gap.source)
        if not self.hours or lacking <= _TELLING * self.hours:
            return None
        return (
            f"{lacking:,} of the log's {self.hours:,} hours are silent where other days were busy: if they are "
            "missing, what was done in them cannot be found. Scan the whole log."
        )


def _told(gap: Gap) -> str:
    begin, end = (datetime.fromtimestamp(hour * 3600, UTC) for hour in (gap.begin, gap.end))
    until = f"{end:%H:%M}" if begin.date() == end.date() else f"{end:%d %B %H:%M}"
    where = f" in {gap.source}" if gap.source else ""
    return (
        f"from {begin:%d %B %Y %H:%M} to {until} UTC{where}, hours in which other days had some {gap.usual:,} exchanges"
    )


def find_gaps(engine: Engine, exchanges: Table) -> Gaps:
    """Find the gaps of a log and of each of its sources.

    Args:
        engine: reads them.
        exchanges: of a run.
    """
    whole = engine.fetch(_SQL.format(source="''"), exchanges=exchanges)
    if not len(whole):
        return Gaps()
    found = _gaps_of("", whole["hour"].to_numpy(), whole["n"].to_numpy())
    apart = engine.fetch(_SQL.format(source=_FAMILY), exchanges=exchanges)
    names, which = np.unique(np.asarray(apart["source"].to_pylist(), str), return_inverse=True)
    order = np.argsort(which, kind="stable")
    hours, counts = apart["hour"].to_numpy()[order], apart["n"].to_numpy()[order]
    edges = np.searchsorted(which[order], np.arange(len(names) + 1))
    of_log = {(gap.begin, gap.end) for gap in found}
    for name, first, last in zip(names.tolist(), edges[:-1], edges[1:], strict=True):
        if len(names) > 1:
            own = _gaps_of(name, hours[first:last], counts[first:last])
            found += [gap for gap in own if (gap.begin, gap.end) not in of_log]
    found.sort(key=lambda gap: (gap.begin - gap.end, gap.source, gap.begin))
    covered = int(whole["hour"].to_numpy().max() - whole["hour"].to_numpy().min()) + 1
    return Gaps(tuple(found), covered)


def _gaps_of(source: str, hours: npt.NDArray[np.int64], counts: npt.NDArray[np.int64]) -> list[Gap]:
    """Runs of silent hours among those from the first to the last of a source."""
    first_day, last_day = int(hours.min()) // _DAY, int(hours.max()) // _DAY
    if last_day - first_day > _MOST_DAYS:
        # No log is that long: its clocks are wrong.
        return []
    seen = np.full((last_day - first_day + 1) * _DAY, np.nan)
    seen[int(hours.min()) - first_day * _DAY : int(hours.max()) - first_day * _DAY + 1] = 0
    seen[hours - first_day * _DAY] = counts
    days = seen.reshape(-1, _DAY)
    weekend = np.isin((np.arange(first_day, last_day + 1)) % 7, (_SATURDAY, _SATURDAY + 1))
    usual = np.zeros_like(days)
    for kind in (True, False):
        own = days[weekend == kind]
        enough = (~np.isnan(own)).sum(axis=0) > _OTHER_DAYS
        # A silent hour of its own is among them: the median of most stays where it is.
        usual[weekend == kind] = np.where(enough, np.nan_to_num(_median(own)), 0)
    expected = usual.ravel()
    silent = (seen == 0) & (expected >= _EACH_HOUR)
    edges = np.flatnonzero(np.diff(np.concatenate([[False], silent, [False]]).astype(np.int8)))
    gaps = []
    for begin, end in edges.reshape(-1, 2):
        total = expected[begin:end].sum()
        if total >= _EACH_GAP:
            gaps.append(Gap(source, int(begin) + first_day * _DAY, int(end) + first_day * _DAY, int(total)))
    return gaps


def _median(days: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """By hour of the day, over those that were observed."""
    observed = np.where(np.isnan(days).all(axis=0), 0.0, days)
    return np.nanmedian(observed, axis=0) if len(observed) else np.zeros(_DAY)
