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

from stillwatch.scanning.detect import Detected
from stillwatch.scanning.read import Read
from stillwatch.scanning.repeated import Repeats
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
        wrong_clocks: records set aside because their time cannot be right.
        repeats: whole records that came more than once.
        found: what detection came to.
        missing: columns that no record has.
        values: what a lab measured exchanges to be worth.
    """

    settings: ScanSettings
    started: datetime
    read: Read
    wrong_clocks: int
    repeats: Repeats
    found: Detected
    missing: Sequence[str]
    values: Values

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
                "wrong_clocks": self.wrong_clocks,
                "bytes": read.read_bytes,
                "accounts": found.accounts,
                "links": found.links,
                "templates": found.templates,
                "clusters_tested": found.clusters_tested,
                "campaigns": found.campaigns,
            },
            "repeats": self.repeats.counts(),
            "notes": [self.repeats.sentence] if self.repeats.sentence else [],
            "timings": {name: round(spent, 3) for name, spent in seconds.items()},
            "columns_missing": list(self.missing),
            "streams": msgspec.to_builtins(found.streams),
        }
        if found.partners is not None:
            word = found.partners
            document["partners"] = {"indicators": word.held, "too_broad": word.broad, "matches": len(word.table)}
        if self.values.sha256:
            document["values"] = {"sha256": self.values.sha256, "caveats": list(self.values.caveats)}
        (run / "run.json").write_bytes(msgspec.json.format(msgspec.json.encode(document), indent=2))
