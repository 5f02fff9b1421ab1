"""``run.json``: versions, settings, counts and timings of a scan."""

from __future__ import annotations

import importlib.metadata
import platform
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

import msgspec

from stillwatch.evidence.thresholds import LEAST_MEMBERS, LEAST_STAND_INS, SMALL_LOG
from stillwatch.scanning.calibration_file import KnownWeeks
from stillwatch.scanning.checks import Checked
from stillwatch.scanning.detect import Detected
from stillwatch.scanning.kept import State
from stillwatch.scanning.read import Read
from stillwatch.scanning.values import Values
from stillwatch.settings import ScanSettings

__all__ = ["RunDocument"]

_VERSIONED = ("duckdb", "graspologic-native", "numpy", "pyarrow", "scipy", "wordllama")


@dataclass(frozen=True, slots=True)
class RunDocument:
    """What a scan tells of itself.

    Attributes:
        settings: of the scan.
        started: when.
        read: what was read over all steps, less what was set aside.
        checked: what was set aside, dropped and counted of it.
        found: what detection came to.
        missing: columns that no record has.
        values: what a lab measured exchanges to be worth.
        state: of the run, after this step.
        weeks: the calibration that was given, and what it was fitted to.
        left_out: what of logs and side files was not read, in sentences.
    """

    settings: ScanSettings
    started: datetime
    read: Read
    checked: Checked
    found: Detected
    missing: Sequence[str]
    values: Values
    state: State
    weeks: KnownWeeks | None = None
    left_out: Sequence[str] = ()

    @property
    def untold(self) -> str | None:
        """Why finding nothing in this log does not say that nothing is there; None where it may."""
        if self.checked.empty.sentence is not None:
            return self.checked.empty.sentence
        if self.checked.gaps.untold is not None:
            return self.checked.gaps.untold
        several = f"{self.found.entities:,} account{'' if self.found.entities == 1 else 's'}"
        if self.found.entities < LEAST_MEMBERS + LEAST_STAND_INS:
            are = "is" if self.found.entities == 1 else "are"
            return f"{several} {are} too few to tell a campaign among them from whom they are held against."
        if self.found.entities < SMALL_LOG and (self.weeks is None or self.found.unlike is not None):
            return (
                f"{several} are too few to show what is ordinary: a campaign that is many of them may pass for it. "
                "Scan with --calibration, fitted to known-good weeks of this provider by stillwatch calibrate."
            )
        return None

    def _notes(self) -> list[str]:
        """What the reader must know of how the run was made, in sentences."""
        checked = self.checked
        told = (
            self._read_again(),
            checked.gaps.sentence,
            checked.constant.sentence,
            checked.twice.sentence,
            checked.repeats.sentence,
        )
        notes = [*(sentence for sentence in told if sentence), *self.left_out]
        if self.untold and self.found.campaigns:
            notes.insert(0, f"There may be more than was found: {self.untold}")
        if self.weeks is not None and self.found.unlike is not None:
            notes.append(
                f"The calibration was not used: this log is unlike the {self.weeks.sentence} that it was fitted to "
                f"({self.found.unlike}). Fit one to later weeks, or to this product's."
            )
        elif self.weeks is not None:
            notes += [f"Measured by {self.weeks.sentence}.", *self.weeks.calibration.caveats]
        return notes

    def _read_again(self) -> str:
        """Which files were not read, because the run had read them."""
        again = self.state.again
        if not again:
            return ""
        were = "1 file was" if len(again) == 1 else f"{len(again):,} files were"
        return f"{were} not read, for the run had read the same bytes under the same name before (such as {again[0]})."

    def write(self, run: Path, seconds: Mapping[str, float]) -> None:
        """Write it into the run's folder, with the seconds each stage took."""
        found, read = self.found, self.read
        document: dict[str, Any] = {
            "stillwatch": _version("stillwatch"),
            "versions": {"python": platform.python_version(), **{name: _version(name) for name in _VERSIONED}},
            "settings": self.settings.model_dump(),
            "seed": self.settings.seed,
            "started": self.started.isoformat(timespec="seconds"),
            "run_id": self.state.run_id,
            "step": found.history.step,
            "since": found.history.since(),
            "families": list(found.families),
            "counts": {
                "exchanges": read.exchanges,
                "dead_letters": read.dead_letters,
                "wrong_clocks": self.checked.wrong_clocks,
                "forgotten": self.state.forgotten,
                "second_deliveries": self.checked.twice.dropped,
                "without_text": self.checked.empty.empty,
                "silent_hours": sum(gap.end - gap.begin for gap in self.checked.gaps.found if not gap.source),
                "bytes": read.read_bytes,
                "accounts": found.accounts,
                "links": found.links,
                "templates": found.templates,
                "clusters_tested": found.clusters_tested,
                "campaigns": found.campaigns,
            },
            "repeats": self.checked.repeats.counts(),
            "notes": self._notes(),
            "untold": self.untold,
            "timings": {name: round(spent, 3) for name, spent in seconds.items()},
            "columns_missing": list(self.missing),
            "streams": msgspec.to_builtins(found.streams),
        }
        if found.partners is not None:
            word = found.partners
            document["partners"] = {"indicators": word.held, "too_broad": word.broad, "matches": len(word.table)}
        if self.weeks is not None:
            document["calibration"] = {**self.weeks.document(), "unlike": found.unlike}
        if self.values.sha256:
            document["values"] = {"sha256": self.values.sha256, "caveats": list(self.values.caveats)}
        (run / "run.json").write_bytes(msgspec.json.format(msgspec.json.encode(document), indent=2))


@cache
def _version(package: str) -> str:
    """Of an installed package."""
    return importlib.metadata.version(package)
