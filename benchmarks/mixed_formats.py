"""A mix of all formats, gzip and Zstandard included, with one line in a hundred broken in ten ways.

    python benchmarks/mixed_formats.py [--records 20000]

Every line must come out as an exchange or as a dead letter; a joined pair of batch lines is one
exchange. Prints the machine, seed and commit, and what became of each file.
"""

from __future__ import annotations

import argparse
import gzip
import json
import os
import platform
import random
import subprocess
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import zstandard

from stillwatch.ingest import BatchFormat, all_formats, plan, read_slice
from stillwatch.scanning.run import Run
from stillwatch.scanning.scan import scan

SEED = 1

BREAKS: tuple[tuple[str, Callable[[bytes, random.Random], bytes]], ...] = (
    ("cut short", lambda line, rng: line[: rng.randrange(2, len(line) - 1)]),
    ("not UTF-8", lambda line, _: line[:30] + b"\xff\xfe" + line[30:]),
    ("NUL bytes", lambda line, _: b"\x00" * 9 + line),
    ("an array", lambda line, _: b"[" + line + b"]"),
    ("an empty object", lambda line, _: b"{}"),
    ("a bare number", lambda line, _: b"42"),
    ("two objects", lambda line, _: line + line),
    ("a number beyond bounds", lambda line, _: line[:-1] + b', "max_tokens": 1e999}'),
    ("plain words", lambda line, _: b"connection reset by peer"),
    ("nested too deep", lambda line, _: b'{"a":' * 3000 + b"1" + b"}" * 3000),
)


def lines_of(name: str, count: int, rng: random.Random) -> list[list[bytes]]:
    """The files of one format, as lists of lines; a batch has two."""
    one = all_formats()[name]
    files: list[list[dict[str, Any]]] = [[]]
    if isinstance(one, BatchFormat):
        files.append([])
    for number in range(count):
        text = json.dumps(one.example).replace("Why?", f"Why {number}?")
        record = json.loads(text)
        if isinstance(one, BatchFormat):
            record["custom_id"] = f"r-{number}"
            files[1].append({**json.loads(json.dumps(one.example_result)), "custom_id": f"r-{number}"})
        files[0].append(record)
    broken: list[list[bytes]] = []
    for records in files:
        made = []
        for record in records:
            line = json.dumps(record).encode()
            if rng.random() < 0.01:
                line = rng.choice(BREAKS)[1](line, rng)
            made.append(line)
        broken.append(made)
    return broken


def write_mix(folder: Path, records: int) -> Counter[str]:
    """Write every format plain, gzipped and with Zstandard; how many lines each folder holds."""
    rng = random.Random(SEED)
    counts: Counter[str] = Counter()
    for name in all_formats():
        for wrap, pack in (("plain", bytes), ("gz", gzip.compress), ("zst", zstandard.compress)):
            place = folder / f"{name}-{wrap}"
            place.mkdir()
            for number, lines in enumerate(lines_of(name, records, rng)):
                (place / f"log-{number}").write_bytes(pack(b"\n".join(lines) + b"\n"))
                counts[place.name] += len(lines)
    return counts


def main() -> None:
    """Write the mix, read it, scan it, and compare."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--records", type=int, default=3000, help="records a format and wrapping")
    parser.add_argument("--corpora", type=Path, help="not used: the records are the formats' own examples")
    given = parser.parse_args()
    commit = subprocess.run(["git", "rev-parse", "--short", "HEAD"], capture_output=True, text=True, check=False)
    print(f"machine: {platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}")
    print(f"commit: {commit.stdout.strip() or 'unknown'}, seed {SEED}")
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary) / "logs"
        folder.mkdir()
        written = write_mix(folder, given.records)
        short = 0
        for place in sorted(folder.iterdir()):
            start = time.perf_counter()
            results = [r for part in plan([place]) for r in read_slice(part)]
            seconds = time.perf_counter() - start
            exchanges = sum(r.exchanges.num_rows for r in results)
            letters = sum(r.dead_letters.num_rows for r in results)
            pairs = written[place.name] - exchanges - letters
            joins = "batch" in place.name
            # In a batch a result that met its request shares the request's line.
            short += 0 if (joins and 0 <= pairs <= exchanges) or pairs == 0 else 1
            print(
                f"{place.name:24s} {written[place.name]:7,} lines: {exchanges:7,} exchanges, {letters:5,} dead letters"
                f"{f', {pairs:,} joined' if joins else ''}  {written[place.name] / seconds:10,.0f} lines/s"
            )
        run: Run = scan([folder], out=Path(temporary) / "run")
        reasons = Counter(reason.split(":")[0] for reason in run.table("dead_letters")["reason"].to_pylist())
        print(f"scanned: {run.exchanges:,} exchanges, {run.dead_letters:,} dead letters")
        for reason, count in reasons.most_common(12):
            print(f"  {count:6,}  {reason[:90]}")
        print("every line is an exchange or a dead letter" if not short else f"{short} files lost lines")
        raise SystemExit(1 if short else 0)


if __name__ == "__main__":
    main()
