"""``run.json``: versions, settings, counts and timings of a scan."""

from __future__ import annotations

import importlib.metadata
import platform
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import msgspec

from stillwatch.evidence.thresholds import LEAST_MEMBERS, LEAST_STAND_INS, SMALL_LOG
from stillwatch.scanning.calibration_file import KnownWeeks
from stillwatch.scanning.checks import Checked
from stillwatch.scanning.detect import Detected
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
        read: what was read, less what was set aside.
        checked: what was set aside, dropped and counted of it.
        found: what detection came to.
        missing: columns that no record has.
        values: what a lab measured exchanges to be worth.
        weeks: the calibration that was given, and what it was fitted to.
    """

    settings: ScanSettings
    started: datetime
    read: Read
    checked: Checked
    found: Detected
    missing: Sequence[str]
    values: Values
    weeks: KnownWeeks | None = None

    @property
    def untold(self) -> str | None:
        """Why finding nothing in this log does not say that nothing is there; None where it may."""
        if self.checked.empty.sentence is not None:
            return self.checked.empty.sentence
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
        notes = [sentence for sentence in (self.checked.twice.sentence, self.checked.repeats.sentence) if sentence]
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

    def write(self, run: Path, seconds: Mapping[str, float]) -> None:
        """Write it into the run's folder, with the seconds each stage took."""
        found, read = self.found, self.read
        document: dict[str, Any] = {
            "stillwatch": importlib.metadata.version("stillwatch"),
            "versions": {
                "python": platform.python_version(),
                **{name: importlib.metadata.version(name) for name in _VERSIONED},
            },
            "settings": self.settings.model_dump(),
            "seed": self.settings.seed,
            "started": self.started.isoformat(timespec="seconds"),
            "families": list(found.families),
            "counts": {
                "exchanges": read.exchanges,
                "dead_letters": read.dead_letters,
                "wrong_clocks": self.checked.wrong_clocks,
                "second_deliveries": self.checked.twice.dropped,
                "without_text": self.checked.empty.empty,
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
