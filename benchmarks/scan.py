"""How well and how fast a scan finds campaigns: scenarios, seeds, missing columns, speed.

    python benchmarks/scan.py quality --corpora DIR    every scenario; seeds 1-5
    python benchmarks/scan.py blind --corpora DIR      the attack scenarios without origin and account columns
    python benchmarks/scan.py speed --corpora DIR      1M exchanges from JSONL to a finished run

Prints the machine, the seeds and the commit. Without the corpora it writes prompts from grammars and
says so.
"""

from __future__ import annotations

import argparse
import os
import platform
import resource
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import msgspec

from stillwatch.range import score, simulate
from stillwatch.scanning.replay import replay
from stillwatch.scanning.run import Run
from stillwatch.scanning.scan import scan
from stillwatch.settings import ScanSettings

# About 200,000 exchanges each.
SCALES = {
    "february": 0.006,
    "september": 0.3,
    "october": 0.02,
    "evasive": 0.06,
    "lookalikes": 0.02,
    "quiet": 0.02,
    "bursts": 0.02,
}
ATTACKS = ("february", "september", "october", "evasive")
HIDDEN = (
    "org_id",
    "created",
    "payment_id",
    "email_domain",
    "plan",
    "verified",
    "declared_use",
    "licence_id",
    "client_address",
    "asn",
    "country",
    "user_agent",
    "tls_fingerprint",
)
MILLION = 0.0301


def heading(corpora: Path | None) -> list[Path]:
    """Print what a reader needs to repeat the run, and find the corpora."""
    commit = subprocess.run(["git", "rev-parse", "--short", "HEAD"], capture_output=True, text=True, check=False)
    print(f"machine: {platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}")
    print(f"commit: {commit.stdout.strip() or 'unknown'}")
    files = sorted(corpora.glob("*.jsonl.gz")) if corpora and corpora.is_dir() else []
    print(f"prompts: {len(files)} corpora" if files else f"prompts: grammars (no corpora at {corpora})")
    return files


def uncover(week: Path) -> Path:
    """Write a simulated week's logs again without origin and account columns; the folder they are in."""
    logs = week / "blind"
    logs.mkdir()
    for path in sorted((week / "logs").iterdir()):
        with path.open("rb") as source, (logs / path.name).open("wb") as target:
            for line in source:
                record = msgspec.json.decode(line)
                target.write(msgspec.json.encode({k: v for k, v in record.items() if k not in HIDDEN}) + b"\n")
    return logs


def scanned(week: Path, out: Path, *, blind: bool = False) -> tuple[Run, float]:
    """Scan one simulated week; blind leaves out origin and account columns."""
    logs = uncover(week) if blind else week / "logs"
    start = time.perf_counter()
    run = scan(
        [logs],
        out=out,
        accounts=None if blind else week / "accounts.jsonl",
        releases=week / "releases.jsonl",
        settings=ScanSettings(workers=2),
    )
    return run, time.perf_counter() - start


def weeks(scenarios: Sequence[str], seeds: Sequence[int], corpus: Sequence[Path]) -> Iterator[tuple[str, int, Path]]:
    """Simulated weeks, one at a time; each is removed when the next is asked for."""
    for scenario in scenarios:
        for seed in seeds:
            with tempfile.TemporaryDirectory() as folder:
                week = Path(folder) / "week"
                simulate(scenario, scale=SCALES[scenario], seed=seed, out=week, corpus=corpus)
                yield scenario, seed, week


def quality(scenarios: Sequence[str], seeds: Sequence[int], corpus: Sequence[Path], *, blind: bool, hours: int) -> None:
    """One line a week, with the score's own words."""
    for scenario, seed, week in weeks(scenarios, seeds, corpus):
        run, seconds = scanned(week, week / "run", blind=blind)
        again = replay(run.path) if hours and scenario in ATTACKS else None
        result = score(run.path, week / "truth.jsonl", rescan=again, replay_hours=hours)
        print(f"\n{scenario} seed {seed}: {run.exchanges:,} exchanges in {seconds:.1f} s{' (blind)' if blind else ''}")
        print(result, flush=True)


def speed(corpus: Sequence[Path], scale: float) -> None:
    """A million exchanges, with each stage's share and the peak memory of all processes."""
    with tempfile.TemporaryDirectory() as folder:
        week = Path(folder) / "week"
        simulate("february", scale=scale, seed=1, out=week, corpus=corpus)
        size = sum(path.stat().st_size for path in (week / "logs").iterdir())
        run, seconds = scanned(week, Path(folder) / "run")
        document = msgspec.json.decode((run.path / "run.json").read_bytes())
        print(f"\n{run.exchanges:,} exchanges, {size / 1e6:,.0f} MB of JSONL, in {seconds:.1f} s on 2 workers")
        print(f"{run.exchanges / seconds:,.0f} exchanges/s")
        for stage, spent in sorted(document["timings"].items(), key=lambda item: -item[1]):
            print(f"  {stage:22s} {spent:7.2f} s  {spent / seconds:6.1%}")
        own = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        child = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
        print(
            f"peak memory: {own:,.0f} MB here, {child:,.0f} MB in the largest worker, "
            f"at most {own + 2 * child:,.0f} MB together"
        )
        shutil.rmtree(run.path)


def main() -> None:
    """Read the arguments and run one benchmark."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=("quality", "blind", "speed"))
    parser.add_argument("--corpora", type=Path)
    parser.add_argument("--scenarios", nargs="+", default=list(SCALES), choices=list(SCALES))
    parser.add_argument("--seeds", nargs="+", type=int, default=[1, 2, 3, 4, 5])
    parser.add_argument("--replay-hours", type=int, default=0)
    parser.add_argument("--scale", type=float, default=MILLION, help="of the speed benchmark")
    given = parser.parse_args()
    corpus = heading(given.corpora)
    if given.what == "speed":
        speed(corpus, given.scale)
    else:
        blind = given.what == "blind"
        scenarios = [s for s in given.scenarios if s in ATTACKS] if blind else given.scenarios
        quality(scenarios, given.seeds, corpus, blind=blind, hours=given.replay_hours)


if __name__ == "__main__":
    main()
