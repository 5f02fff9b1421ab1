"""What a scan is told beside the log: side files, read before the log is, and kept for the steps that follow."""

from __future__ import annotations

import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from stillwatch.alliance.store import partner_indicators
from stillwatch.core import PartnerIndicator
from stillwatch.ingest import read_accounts, read_releases
from stillwatch.scanning.calibration_file import KnownWeeks, read_calibration
from stillwatch.scanning.detect import ACCOUNT_FILE_COPY, CALIBRATION_COPY
from stillwatch.scanning.kept import KEPT
from stillwatch.scanning.values import Values, read_values
from stillwatch.tables import ACCOUNT_FILE

__all__ = ["Beside", "SideFiles"]

_RELEASES = "releases.parquet"
_VALUES = "values.json"


@dataclass(frozen=True, slots=True)
class SideFiles:
    """Paths of what goes with a log, each as ``scan`` takes it."""

    accounts: Path | None = None
    releases: Path | None = None
    values: Path | None = None
    indicators: Path | None = None
    calibration: Path | None = None


@dataclass(frozen=True, slots=True)
class Beside:
    """What side files say.

    Attributes:
        accounts: what is known of accounts; no rows where nothing is.
        releases: models and when they came out.
        values: what a lab measured exchanges to be worth.
        partners: what partners of an alliance said.
        weeks: a calibration, and what it was fitted to.
        values_file, calibration_file: where the two were read.
        unread: columns of the files given now that were not read, a sentence each, by option.
    """

    accounts: pa.Table
    releases: pa.Table | None = None
    values: Values = field(default_factory=Values)
    partners: Sequence[PartnerIndicator] | None = None
    weeks: KnownWeeks | None = None
    values_file: Path | None = None
    calibration_file: Path | None = None
    unread: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def read(cls, files: SideFiles, run: Path | None = None) -> Beside:
        """Read side files; what is not given is what a run was told before.

        Rows of an account file stand beside those that the run has, and in place of those of the same accounts. What
        partners said holds for one step, for it may have been withdrawn.

        Raises:
            InputError: one is wrong.
        """
        of_accounts = read_accounts(files.accounts) if files.accounts else None
        of_releases = read_releases(files.releases) if files.releases else None
        accounts = of_accounts.table if of_accounts else ACCOUNT_FILE.empty_table()
        releases = of_releases.table if of_releases else None
        given = {"accounts": of_accounts, "releases": of_releases}
        values, calibration = files.values, files.calibration
        if run is not None:
            accounts = _joined(accounts, pq.read_table(run / ACCOUNT_FILE_COPY))
            kept = run / KEPT
            if releases is None and (kept / _RELEASES).exists():
                releases = pq.read_table(kept / _RELEASES)
            values = values or _existing(kept / _VALUES)
            calibration = calibration or _existing(run / CALIBRATION_COPY)
        return cls(
            accounts,
            releases,
            read_values(values) if values else Values(),
            partner_indicators(files.indicators) if files.indicators else None,
            read_calibration(calibration) if calibration else None,
            values,
            calibration,
            {option: one.unread for option, one in given.items() if one},
        )

    def write(self, run: Path) -> None:
        """Keep them in a run that is being made."""
        pq.write_table(self.accounts, run / ACCOUNT_FILE_COPY, compression="zstd")
        if self.releases is not None:
            pq.write_table(self.releases, run / KEPT / _RELEASES)
        if self.values_file is not None:
            shutil.copyfile(self.values_file, run / KEPT / _VALUES)
        if self.calibration_file is not None:
            shutil.copyfile(self.calibration_file, run / CALIBRATION_COPY)


def _existing(path: Path) -> Path | None:
    return path if path.exists() else None


def _joined(given: pa.Table, before: pa.Table) -> pa.Table:
    others = before.filter(pc.invert(pc.is_in(before["account_id"], given["account_id"].combine_chunks())))
    return pa.concat_tables([given, others.cast(ACCOUNT_FILE)]).sort_by("account_id") if len(others) else given
