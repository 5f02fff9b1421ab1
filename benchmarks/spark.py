"""One simulated log read by processes of this machine and by Spark's workers: how long it takes, and the same run.

    python benchmarks/spark.py --corpora DIR                             about 200,000 exchanges; Sail beside it
    python benchmarks/spark.py --scale 0.0301 --master "local[2]"        a million; PySpark, where it is installed
    python benchmarks/spark.py --master "local[1]" --master "local[2]"   one worker and two
    python benchmarks/spark.py --master "local-cluster[2,1,1024]" --kill-one   a worker is killed while it reads

Prints the machine, the commit and the seed, then the seconds by the clock that each engine read and scanned for, its
start included, and whether the tables of exchanges and accounts came to the same. The log is in files of a size, one a
task. Without the corpora it writes prompts from grammars and says so.
"""

from __future__ import annotations

import argparse
import os
import signal
import subprocess
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from time import perf_counter

import msgspec
import pyarrow.parquet as pq

from scan import heading
from stillwatch.range import simulate
from stillwatch.scanning.scan import scan
from stillwatch.settings import ScanSettings

_SEED = 1


def in_files(logs: Path, files: int, out: Path) -> Path:
    """The lines of a log in so many files."""
    out.mkdir()
    lines = [line for path in sorted(logs.iterdir()) for line in path.read_bytes().splitlines(keepends=True)]
    for number in range(files):
        part = lines[len(lines) * number // files : len(lines) * (number + 1) // files]
        (out / f"log-{number:03d}.jsonl").write_bytes(b"".join(part))
    return out


def measured(name: str, logs: Path, out: Path, settings: ScanSettings) -> None:
    """Scan, and print what it took."""
    begun = perf_counter()
    run = scan([logs], out=out, settings=settings)
    whole = perf_counter() - begun
    read = msgspec.json.decode((run.path / "run.json").read_bytes())["timings"]["read and sketch"]
    pace = f"{read:8.1f} s {run.exchanges / read:10,.0f}/s"
    print(f"{name:28s} {pace} {whole:8.1f} s  {run.campaigns} campaigns", flush=True)


@contextmanager
def one_killed(out: Path) -> Iterator[None]:
    """Have one of this machine's Spark executors killed as soon as a first part is being written."""
    ended = threading.Event()

    def kill() -> None:
        parts = out.with_name(f".{out.name}.partial-scan") / "exchanges.parquet"
        while not ended.wait(0.1):
            if any(parts.glob(".*.partial")):
                listed = subprocess.run(["ps", "-eo", "pid,args"], capture_output=True, text=True, check=True).stdout
                executors = [line.split()[0] for line in listed.splitlines() if "CoarseGrainedExecutorBackend" in line]
                os.kill(int(executors[0]), signal.SIGKILL)
                print(f"{'':28s} one of {len(executors)} executors was killed")
                return

    watcher = threading.Thread(target=kill)
    watcher.start()
    try:
        yield
    finally:
        ended.set()
        watcher.join()


def same(one: Path, other: Path) -> bool:
    """Whether two runs have equal exchanges, row for row, and equal accounts."""
    pairs = zip(*(sorted((run / "exchanges.parquet").iterdir()) for run in (one, other)), strict=True)
    parts = all(pq.read_table(a).equals(pq.read_table(b)) for a, b in pairs)
    accounts = (pq.read_table(run / "accounts.parquet").sort_by("account_id") for run in (one, other))
    return parts and next(accounts).equals(next(accounts))


def main() -> None:
    """Read the arguments and run the benchmark."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--corpora", type=Path)
    parser.add_argument("--scale", type=float, default=0.006)
    parser.add_argument("--files", type=int, default=16)
    parser.add_argument("--master", action="append")
    parser.add_argument("--workers", type=int, action="append")
    parser.add_argument("--kill-one", action="store_true")
    given = parser.parse_args()
    corpus = heading(given.corpora)
    print(f"seed: {_SEED}")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        simulate("february", scale=given.scale, seed=_SEED, out=folder / "week", corpus=corpus)
        logs = in_files(folder / "week" / "logs", given.files, folder / "logs")
        print(f"\n{'read by':28s} {'reading':>10s} {'exchanges':>12s} {'in all':>10s}")
        counts = given.workers or [1, 2]
        for workers in counts:
            settings = ScanSettings(workers=workers)
            measured(f"{workers} process{'es' if workers > 1 else ''}", logs, folder / f"here-{workers}", settings)
        for number, master in enumerate(given.master or ["sail"]):
            out = folder / f"there-{number}"
            settings = ScanSettings(engine="spark", master=master, workers=counts[-1])
            with one_killed(out) if given.kill_one else nullcontext():
                measured(f"Spark, {master}", logs, out, settings)
            print(f"{'':28s} the same exchanges and accounts: {same(folder / f'here-{counts[-1]}', out)}")


if __name__ == "__main__":
    main()
