"""What a scan finds in random worlds, whose campaigns and look-alikes are drawn anew for every seed.

    python benchmarks/hard.py --corpora DIR                    seeds 1 to 60
    python benchmarks/hard.py --corpora DIR --quick            small worlds first, for ten minutes
    python benchmarks/hard.py --corpora DIR --wide             also ten kinds that fix some axes, three seeds each
    python benchmarks/hard.py --corpora DIR --blind            without origin and account columns

Prints the machine, the seeds and the commit. Each world scanned is a line of ``--out``, and worlds that stand there
are not scanned again; a plot of recall by axis is written beside it. Without the corpora prompts are from grammars.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec

from hard_report import World, plot, report
from scan import heading, uncover
from stillwatch.range import FOUND_SHARE, KINDS, draw_design, simulate_design
from stillwatch.scanning.scan import scan
from stillwatch.settings import ScanSettings

FIRST, LAST = 1, 60
QUICK_SECONDS = 600
WIDE = tuple(kind for kind in KINDS if kind != "small")
WIDE_SEEDS = (1, 2, 3)


@dataclass(frozen=True, slots=True)
class Job:
    """One world to scan."""

    seed: int
    kind: str | None
    blind: bool

    @property
    def name(self) -> str:
        """As a line of the results has it."""
        return f"{self.kind or 'any'} {self.seed}{' blind' if self.blind else ''}"


def scanned(job: Job, corpus: Sequence[Path]) -> World:
    """One world drawn, scanned and held against its truth."""
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder) / "world"
        simulate_design(draw_design(job.seed, job.kind), place, corpus)
        logs = uncover(place) if job.blind else place / "logs"
        start = time.perf_counter()
        run = scan(
            [logs],
            out=Path(folder) / "run",
            accounts=None if job.blind else place / "accounts.jsonl",
            releases=place / "releases.jsonl",
            settings=ScanSettings(workers=1),
        )
        seconds = time.perf_counter() - start
        rows = run.table("accounts").select(["account_id", "campaign_id", "verdict"]).to_pylist()
        truth = [msgspec.json.decode(line) for line in (place / "truth.jsonl").read_bytes().splitlines()]
        design = msgspec.json.decode((place / "design.json").read_bytes())
        streams = _streams(run.path, {row["account_id"] for row in truth if row["campaign"]})
    return World(
        name=job.name,
        design=design,
        exchanges=run.exchanges,
        accounts=len(truth),
        seconds=round(seconds, 1),
        campaigns=_campaigns(truth, {row["account_id"]: row for row in rows}),
        honest=_honest(truth, {row["account_id"]: row["verdict"] for row in rows}),
        predicted=len({row["campaign_id"] for row in rows if row["campaign_id"]}),
        streams=streams,
    )


def _streams(run: Path, members: set[str]) -> tuple[float, ...]:
    """Of each part of a stream that was found, how many of the accounts that are named carry a campaign."""
    told = msgspec.json.decode((run / "run.json").read_bytes())["streams"] or {"found": []}
    return tuple(
        round(sum(one in members for one in f["account_ids"]) / len(f["account_ids"]), 2) for f in told["found"]
    )


def _campaigns(truth: Sequence[dict[str, Any]], rows: dict[str, dict[str, Any]]) -> dict[str, dict[str, int]]:
    """For each campaign: its accounts, those at review or above, those on watch, and whether it was found as one."""
    members: dict[str, list[str]] = {}
    for row in truth:
        if row["campaign"]:
            members.setdefault(row["campaign"], []).append(row["account_id"])
    sizes = Counter(row["campaign_id"] for row in rows.values() if row["campaign_id"])
    out = {}
    for name, accounts in sorted(members.items()):
        verdicts = Counter(rows[account]["verdict"] for account in accounts if account in rows)
        found = Counter(rows[a]["campaign_id"] for a in accounts if a in rows and rows[a]["campaign_id"])
        best, inside = found.most_common(1)[0] if found else (None, 0)
        out[name] = {
            "accounts": len(accounts),
            "above": verdicts["review"] + verdicts["act"],
            "watch": verdicts["watch"],
            "as_one": int(inside >= FOUND_SHARE * len(accounts) and inside >= FOUND_SHARE * sizes[best] > 0),
        }
    return out


def _honest(truth: Sequence[dict[str, Any]], verdicts: dict[str, str]) -> dict[str, dict[str, int]]:
    """For each honest kind: its accounts, those at review or above, those on watch."""
    out: dict[str, dict[str, int]] = {}
    for row in truth:
        if not row["campaign"]:
            one = out.setdefault(row["kind"], {"accounts": 0, "above": 0, "watch": 0})
            one["accounts"] += 1
            verdict = verdicts.get(row["account_id"], "clear")
            one["above"] += verdict in ("review", "act")
            one["watch"] += verdict == "watch"
    return out


def wanted(given: argparse.Namespace) -> list[Job]:
    """The worlds to scan, small ones first."""
    first, last = given.seeds
    kinds: list[str | None] = list(given.kinds) if given.kinds else [None]
    jobs = [Job(seed, kind, given.blind) for kind in kinds for seed in range(first, last + 1)]
    if given.wide:
        jobs += [Job(seed, kind, given.blind) for kind in WIDE for seed in WIDE_SEEDS]
    return sorted(set(jobs), key=lambda job: (draw_design(job.seed, job.kind).exchanges, job.name))


def scan_all(jobs: Sequence[Job], corpus: Sequence[Path], out: Path, processes: int, stop: float) -> None:
    """Scan worlds and add a line for each, until all are done or the time is up."""
    waiting: dict[Future[World], Job] = {}
    left = list(jobs)
    with ProcessPoolExecutor(processes) as pool, out.open("ab") as target:
        while left or waiting:
            while left and len(waiting) < processes and time.monotonic() < stop:
                job = left.pop(0)
                waiting[pool.submit(scanned, job, corpus)] = job
            if not waiting:
                print(f"time is up; {len(left)} worlds were left out")
                return
            for future in wait(waiting, return_when=FIRST_COMPLETED).done:
                del waiting[future]
                world = future.result()
                target.write(msgspec.json.encode(world) + b"\n")
                target.flush()
                print(world.line(), flush=True)


def main() -> None:
    """Read the arguments, scan what has not been scanned, report on all of it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--corpora", type=Path)
    parser.add_argument("--seeds", nargs=2, type=int, default=[FIRST, LAST], metavar=("FIRST", "LAST"))
    parser.add_argument("--kinds", nargs="+", choices=KINDS, help="in place of worlds with every axis free")
    parser.add_argument("--wide", action="store_true", help="also ten kinds, three seeds each")
    parser.add_argument("--blind", action="store_true", help="without origin and account columns")
    parser.add_argument("--quick", action="store_true", help="small worlds first, and begin none after ten minutes")
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--out", type=Path, default=Path("bench-out/hard.jsonl"))
    given = parser.parse_args()
    corpus = heading(given.corpora)
    print(f"seeds {given.seeds[0]} to {given.seeds[1]}, kinds {', '.join(given.kinds or ['any'])}")
    given.out.parent.mkdir(parents=True, exist_ok=True)
    jobs = wanted(given)
    done = _read(given.out)
    stop = time.monotonic() + QUICK_SECONDS if given.quick else float("inf")
    scan_all([job for job in jobs if job.name not in done], corpus, given.out, given.processes, stop)
    done = _read(given.out)
    worlds = [done[job.name] for job in jobs if job.name in done]
    if worlds:
        report(worlds)
        drawing = given.out.with_suffix(".svg")
        drawing.write_text(plot(worlds), encoding="utf-8")
        print(f"\nrecall by axis: {drawing}")


def _read(path: Path) -> dict[str, World]:
    lines = path.read_bytes().splitlines() if path.exists() else []
    worlds = [msgspec.json.decode(line, type=World) for line in lines if line.strip()]
    return {world.name: world for world in worlds}


if __name__ == "__main__":
    main()
