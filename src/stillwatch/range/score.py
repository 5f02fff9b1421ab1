"""Holds a run's accounts against a simulation's truth.

Account precision and recall, pairwise F1 of the clustering, campaigns found and false campaigns,
and time to detection by replaying the log up to successive moments. Intervals are 95 % bootstrap
percentiles over accounts. An innocent customer of a relay counts as honest.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import numpy.typing as npt
import pyarrow.compute as pc
import pyarrow.parquet as pq

from stillwatch.core import BadTable, UnreadableInput, said_by
from stillwatch.core.small_files import LIST, read_small

__all__ = ["FOUND_SHARE", "Detection", "Score", "score"]

FOUND_SHARE = 0.8
"""A campaign is found when one predicted campaign holds this share of its accounts and is this pure."""

_DRAWS = 400

I64 = npt.NDArray[np.int64]
Interval = tuple[float, float]
Rescan = Callable[[datetime], Mapping[str, str]]


@dataclass(frozen=True, slots=True)
class Detection:
    """When one campaign was first found, scanning again every so many hours.

    Attributes:
        hours, exchanges: lost before the first alert; None where it never came.
    """

    campaign: str
    hours: float | None
    exchanges: int | None


@dataclass(frozen=True, slots=True)
class Score:
    """A run against the truth; intervals are 95 % bootstrap.

    ``members_watched`` is the share of the campaigns' accounts with any verdict but ``clear``.
    """

    precision: float
    precision_interval: Interval
    recall: float
    recall_interval: Interval
    pairwise_f1: float
    pairwise_f1_interval: Interval
    campaigns: int
    campaigns_found: int
    predicted: int
    false_campaigns: int
    above_watch: int
    honest_watched: int
    honest_accounts: int
    members_watched: float
    detections: tuple[Detection, ...]

    def to_dict(self) -> dict[str, Any]:
        """Plain values, for JSON."""
        return asdict(self)

    def __str__(self) -> str:
        def line(name: str, value: float, interval: Interval) -> str:
            return f"{name:24s} {value:.4f}  ({interval[0]:.4f} to {interval[1]:.4f})"

        lines = [
            line("account precision", self.precision, self.precision_interval),
            line("account recall", self.recall, self.recall_interval),
            line("pairwise cluster F1", self.pairwise_f1, self.pairwise_f1_interval),
            f"{'campaigns found as one':24s} {self.campaigns_found} of {self.campaigns}",
            f"{'false campaigns':24s} {self.false_campaigns} of {self.predicted} reported",
            f"{'honest above watch':24s} {self.above_watch} of {self.honest_accounts:,}",
            f"{'honest on watch':24s} {self.honest_watched} of {self.honest_accounts:,}",
            f"{'members watch or above':24s} {self.members_watched:.4f}",
        ]
        for found in self.detections:
            lost = (
                "never"
                if found.hours is None
                else f"{found.hours:.0f} hours and {found.exchanges:,} exchanges before the first alert"
            )
            lines.append(f"{'time to detect ' + found.campaign:24s} {lost}")
        return "\n".join(lines)


def score(run: Path, truth: Path, *, rescan: Rescan | None = None, replay_hours: int = 24, seed: int = 0) -> Score:
    """Score a run.

    Args:
        run: the run's folder.
        truth: the simulation's ``truth.jsonl``.
        rescan: gives the campaign of each account as a scan of the log up to a moment would;
            None leaves time to detection out.
        replay_hours: how far apart those moments are.
        seed: of the bootstrap.

    Raises:
        UnreadableInput: a file cannot be read.
        BadTable: the truth lacks a column.
    """
    expected = _read_truth(truth)
    try:
        accounts = pq.read_table(run / "accounts.parquet", columns=["account_id", "campaign_id", "verdict"])
    except OSError as error:
        raise UnreadableInput(f"not a run: {error}", where=str(run), hint="name the --out of a scan") from error
    ids: list[str] = accounts["account_id"].to_pylist()
    true = _codes([expected.get(account) for account in ids])
    found = _codes(accounts["campaign_id"].to_pylist())
    verdicts = np.array(accounts["verdict"].to_pylist())
    above = np.isin(verdicts, ["review", "act"])
    names = sorted({c for c in expected.values() if c})
    one = [_found_as_one(true, found, code) for code in range(len(names))]
    predicted = int(found.max(initial=-1)) + 1
    false = sum(1 for code in range(predicted) if np.mean(true[found == code] >= 0) < 0.5)
    values = _measures(true, found)
    rng = np.random.default_rng(seed)
    drawn = np.array(
        [_measures(true[i], found[i]) for i in (rng.integers(0, len(ids), len(ids)) for _ in range(_DRAWS))]
    )
    low, high = np.nanpercentile(drawn, [2.5, 97.5], axis=0)
    intervals = [(float(a), float(b)) for a, b in zip(low, high, strict=True)]
    return Score(
        values[0], intervals[0], values[1], intervals[1], values[2], intervals[2],
        len(names),
        sum(one),
        predicted,
        false,
        int(np.sum(above & (true < 0))),
        int(np.sum((verdicts == "watch") & (true < 0))),
        int(np.sum(true < 0)),
        float(np.mean(verdicts[true >= 0] != "clear")) if (true >= 0).any() else 1.0,
        tuple(_detections(run, expected, names, rescan, replay_hours)) if rescan else (),
    )  # fmt: skip


def _read_truth(path: Path) -> dict[str, str | None]:
    try:
        rows = [msgspec.json.decode(line) for line in read_small(path, LIST).splitlines() if line.strip()]
        return {row["account_id"]: row["campaign"] for row in rows}
    except OSError as error:
        raise UnreadableInput(f"the truth cannot be read: {said_by(error)}", where=str(path)) from error
    except (msgspec.DecodeError, KeyError, TypeError) as error:
        raise BadTable(
            f"not a truth file: {error!r}", where=str(path), hint="one object a line, with account_id and campaign"
        ) from error


def _codes(names: list[str | None]) -> I64:
    """Numbers for names, in name order; -1 for None."""
    known = {name: number for number, name in enumerate(sorted({n for n in names if n is not None}))}
    return np.array([-1 if name is None else known[name] for name in names], np.int64)


def _measures(true: I64, found: I64) -> tuple[float, float, float]:
    """Account precision, account recall, pairwise F1; 1 where there is nothing to be wrong about."""
    hit = int(np.sum((true >= 0) & (found >= 0)))
    said, real = int(np.sum(found >= 0)), int(np.sum(true >= 0))
    together = (true >= 0) & (found >= 0)
    width = int(found.max(initial=0)) + 1
    both = _pairs(np.bincount(true[together] * width + found[together])) if together.any() else 0.0
    total = _pairs(np.bincount(true[true >= 0])) + _pairs(np.bincount(found[found >= 0]))
    return (
        hit / said if said else 1.0,
        hit / real if real else 1.0,
        2 * both / total if total else 1.0,
    )


def _pairs(counts: npt.NDArray[np.int64]) -> float:
    return float(np.sum(counts * (counts - 1) / 2))


def _found_as_one(true: I64, found: I64, code: int) -> bool:
    mine = found[true == code]
    if not len(mine) or not (mine >= 0).any():
        return False
    best = int(np.bincount(mine[mine >= 0]).argmax())
    inside = int(np.sum(mine == best))
    return inside >= FOUND_SHARE * len(mine) and inside >= FOUND_SHARE * int(np.sum(found == best))


def _detections(
    run: Path, expected: Mapping[str, str | None], names: list[str], rescan: Rescan, hours: int
) -> list[Detection]:
    """The first scan that alerts on each campaign: half of one predicted campaign is its accounts."""
    log = pq.read_table(run / "exchanges.parquet", columns=["account_id", "time"])
    times = np.asarray(log["time"].cast("int64"))
    campaign = _codes([expected.get(a) for a in pc.fill_null(log["account_id"], "").to_pylist()])
    start = datetime.fromtimestamp(int(times.min()) / 1e6, UTC)
    end = datetime.fromtimestamp(int(times.max()) / 1e6, UTC)
    alerts: dict[str, datetime] = {}
    moment = start
    while len(alerts) < len(names) and moment < end:
        moment = min(moment + timedelta(hours=hours), end)
        groups: dict[str, list[str | None]] = {}
        for account, group in rescan(moment).items():
            groups.setdefault(group, []).append(expected.get(account))
        for members in groups.values():
            for name in names:
                if members.count(name) > len(members) / 2:
                    alerts.setdefault(name, moment)
    out = []
    for code, name in enumerate(names):
        mine = times[campaign == code]
        if name not in alerts or not len(mine):
            out.append(Detection(name, None, None))
            continue
        cut = int(alerts[name].timestamp() * 1e6)
        out.append(Detection(name, (cut - int(mine.min())) / 3.6e9, int(np.sum(mine <= cut))))
    return out
