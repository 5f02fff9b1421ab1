"""What a day costs that is added to a run, beside a scan of that day alone and of everything anew.

    python benchmarks/incremental.py --corpora DIR               about 200,000 exchanges in 15 days
    python benchmarks/incremental.py --scale 0.0301 --days 30    a million exchanges

A simulated log is cut by time into days of one size. Prints the machine, the commit and the seed, then processor
seconds (this process and its workers) and those of each stage. Without the corpora it writes prompts from grammars and
says so.
"""

from __future__ import annotations

import argparse
import resource
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

import msgspec

from scan import heading
from stillwatch.range import simulate
from stillwatch.scanning.beside import SideFiles
from stillwatch.scanning.rescan import rescan
from stillwatch.scanning.run import Run
from stillwatch.scanning.scan import scan
from stillwatch.settings import ScanSettings

_SEED = 1


class _When(msgspec.Struct):
    time: str


def in_days(logs: Path, days: int, out: Path) -> list[Path]:
    """The lines of a log in the order of time, in so many folders of one file each."""
    decode = msgspec.json.Decoder(_When).decode
    lines = [line for path in sorted(logs.iterdir()) for line in path.read_bytes().splitlines(keepends=True)]
    lines.sort(key=lambda line: decode(line).time)
    folders = []
    for day in range(days):
        folder = out / f"day-{day:02d}"
        folder.mkdir(parents=True)
        part = lines[len(lines) * day // days : len(lines) * (day + 1) // days]
        (folder / f"log-{day:02d}.jsonl").write_bytes(b"".join(part))
        folders.append(folder)
    return folders


def spent() -> float:
    """Processor seconds of this process and of its workers that ended."""
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(one.ru_utime + one.ru_stime for one in used)


def measured(name: str, made: Callable[[], Run]) -> tuple[float, dict[str, float]]:
    """Make a run; processor seconds, and seconds by the clock of each stage."""
    before = spent()
    run = made()
    seconds = spent() - before
    document = msgspec.json.decode((run.path / "run.json").read_bytes())
    timings: dict[str, float] = document["timings"]
    print(f"{name:34s} {run.exchanges:10,} exchanges {seconds:8.1f} s  {run.campaigns} campaigns", flush=True)
    return seconds, timings


def compare(corpus: Sequence[Path], settings: ScanSettings, scale: float, days: int) -> None:
    """Scan, add, scan anew; print what each takes."""
    print(f"seed: {_SEED}")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        simulate("february", scale=scale, seed=_SEED, out=folder / "week", corpus=corpus)
        accounts = folder / "week" / "accounts.jsonl"
        parts = in_days(folder / "week" / "logs", days + 1, folder / "days")

        def fresh(paths: Sequence[Path], out: str) -> Run:
            return scan(paths, out=folder / out, accounts=accounts, settings=settings)

        # Models load and code compiles at first use, whoever comes first.
        measured("(to warm up)", lambda: fresh(parts[:1], "warm"))
        alone, of_day = measured("the day alone", lambda: fresh(parts[-1:], "day"))
        measured(f"{days} days", lambda: fresh(parts[:-1], "run"))
        added, of_added = measured(
            "the day added to them", lambda: scan(parts[-1:], into=folder / "run", settings=settings)
        )
        measured("asked again", lambda: rescan(folder / "run", files=SideFiles(), settings=settings))
        whole, of_whole = measured("everything anew", lambda: fresh(parts, "whole"))
    print(f"\nadded: {added / alone:.2f} times the day alone, {added / whole:.2f} times everything anew")
    print(f"\n{'stage, seconds by the clock':34s} {'day':>8s} {'added':>8s} {'anew':>8s}")
    for stage in of_whole:
        print(f"{stage:34s} {of_day.get(stage, 0):8.2f} {of_added.get(stage, 0):8.2f} {of_whole[stage]:8.2f}")


def main() -> None:
    """Read the arguments and run the benchmark."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--corpora", type=Path)
    parser.add_argument("--scale", type=float, default=0.006)
    parser.add_argument("--days", type=int, default=15)
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--retain", choices=("full", "templates", "none"), default="full")
    given = parser.parse_args()
    settings = ScanSettings(workers=given.workers, retain=given.retain)
    compare(heading(given.corpora), settings, given.scale, given.days)


if __name__ == "__main__":
    main()
