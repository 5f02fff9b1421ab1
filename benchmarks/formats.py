"""Every log format, in every wrapping: is each record an exchange or a dead letter, and is each value right?

    python benchmarks/formats.py [--records 2000] [--only kong,vertex]

Made exchanges are written by a format's writer (``made_records`` says how to add one) plain, by gzip, by Zstandard
and, where its records are rows, as Parquet. In all but the last, one record in a hundred is broken in one of ten
ways. A whole record must come out as the exchange that it was made from, every column equal and the time to the grain
of the format; a broken one as a dead letter, or as an exchange in which nothing is wrong, though some may be missing.
Prints machine, seed and commit, and rows a processor second; ends with 1 where anything is lost or wrong, or a format
has no writer.
"""

from __future__ import annotations

import argparse
import gzip
import json
import os
import platform
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import zstandard

import format_writers  # noqa: F401 - registers
import service_writers  # noqa: F401 - registers
import trace_writers  # noqa: F401 - registers
from made_records import WRITERS, Made, Record, Writer, expected
from stillwatch.ingest import BatchFormat, all_formats, cut, plan, read_slice
from stillwatch.ingest.assembly import excerpt

SEED = 1
_BROKEN_SHARE = 0.01
_START = 1_795_478_400_000_000
_WORDS = ["lake", "river", "fish", "stone", "cloud", "märz", "東京", "\\", '"', "tab\tend", "line\nnext", "🦉"]

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


@dataclass
class Written:
    """A format's files: the exchanges, which of them were broken, and how the lines of each begin."""

    made: list[Made]
    broken: set[int] = field(default_factory=set)
    begins: dict[int, set[str]] = field(default_factory=dict)
    records: int = 0


@dataclass
class Outcome:
    """What came of one format in one wrapping."""

    exchanges: int = 0
    letters: int = 0
    problems: list[str] = field(default_factory=list)
    seconds: float = 0.0


def make(count: int, rng: random.Random) -> list[Made]:
    """Exchanges of some fifty accounts, no two alike."""
    made = []
    for number in range(count):
        words = " ".join(rng.choices(_WORDS, k=rng.randrange(3, 30)))
        made.append(
            Made(
                exchange_id=f"x-{number}",
                time=_START + number * 61_000_017,
                account_id=f"acct-{rng.randrange(50)}",
                session_id=f"sess-{rng.randrange(400):08d}",
                model=f"model-{rng.randrange(4)}",
                system=f"Be brief, {rng.randrange(9)}.",
                prompt=f"Question {number}? {words}",
                response=f"Answer {number}: {words[::-1]}",
                input_tokens=rng.randrange(1, 9000),
                output_tokens=rng.randrange(1, 9000),
            )
        )
    return made


def write(
    folder: Path,
    name: str,
    how: Writer,
    made: list[Made],
    pack: Callable[[bytes], bytes],
    *,
    broken: float = _BROKEN_SHARE,
) -> Written:
    """Write a format's lines, some broken; a batch's halves go into two files."""
    rng = random.Random(SEED)
    files: list[list[bytes]] = [[], []]
    told = Written(made)
    for number, one in enumerate(made):
        for place, record in enumerate(how.write(one)):
            file = place if isinstance(all_formats()[name], BatchFormat) else 0
            line = json.dumps(record, ensure_ascii=number % 2 == 0).encode()
            if rng.random() < broken:
                line = rng.choice(BREAKS)[1](line, rng)
                told.broken.add(number)
            files[file].append(line)
            told.begins.setdefault(number, set()).add(excerpt(line))
            told.records += 1
    for file, lines in enumerate(files):
        if lines:
            (folder / f"log-{file}").write_bytes(pack(b"\n".join(lines) + b"\n"))
    return told


def write_table(folder: Path, how: Writer, made: list[Made]) -> Written:
    """Write a format's rows as Parquet, objects and lists as JSON text."""
    rows = [_flat(record) for one in made for record in how.write(one)]
    pq.write_table(pa.Table.from_pylist(rows), folder / "log-0")
    return Written(made, records=len(rows))


def _flat(record: Record) -> Record:
    return {
        name: json.dumps(value, ensure_ascii=False) if isinstance(value, dict | list) else value
        for name, value in record.items()
    }


def check(folder: Path, name: str, how: Writer, told: Written) -> Outcome:
    """Read what was written and hold it against what it was made from."""
    start = time.process_time()
    results = [r for part in cut(plan([folder])) for r in read_slice(part)]
    found = Outcome(seconds=time.process_time() - start)
    rows = [row for result in results for row in result.exchanges.to_pylist()]
    letters = [letter for result in results for letter in result.dead_letters.to_pylist()]
    found.exchanges, found.letters = len(rows), len(letters)
    by_prompt = {one.prompt: number for number, one in enumerate(told.made)}
    seen: set[int] = set()
    for row in rows:
        number = by_prompt.get(row["prompt"])
        if number is None:
            # Bytes that are no UTF-8 may have stood in its text, which a note says.
            if not (row["note"] and told.broken):
                found.problems.append(f"{name}: an exchange that nobody wrote: {row['prompt']!r}")
            continue
        found.problems += [
            f"{name}: {one}" for one in _wrong(row, expected(told.made[number], how), number in told.broken)
        ]
        seen.add(number)
    told_of = {letter["excerpt"] for letter in letters}
    excused = {begin for number in told.broken for begin in told.begins[number]}
    for number in range(len(told.made)):
        if number not in seen and not (number in told.broken and told.begins[number] & told_of):
            found.problems.append(f"{name}: exchange {number} is lost")
    for letter in letters:
        if letter["excerpt"] not in excused and not any(f"x-{number}'" in letter["reason"] for number in told.broken):
            found.problems.append(f"{name}: refused though whole: {letter['reason']}: {letter['excerpt'][:60]}")
    return found


def _wrong(row: Mapping[str, Any], wanted: Mapping[str, Any], broken: bool) -> list[str]:
    """Columns that are not what was written; of a broken record some may be missing."""
    said = []
    for column, value in wanted.items():
        got = row[column]
        if got != value and not (broken and _excused(row, column)):
            said.append(f"`{column}`: {got!r}, written {value!r}")
    return said


def _excused(row: Mapping[str, Any], column: str) -> bool:
    """Whether a column of a broken record may differ: never an account or a time."""
    if row[column] is None:
        return True
    if column == "exchange_id" and (row["response"] is None or row[column].startswith(row["source_file"])):
        # An answer that is lost took its id with it.
        return True
    lost = isinstance(row[column], str) and "\ufffd" in row[column] and row["note"]
    return bool(lost) and column != "account_id"


def main() -> None:
    """Write, read and compare every format."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--records", type=int, default=2000, help="exchanges a format and wrapping")
    parser.add_argument("--only", default="", help="formats by name, with commas")
    parser.add_argument("--corpora", type=Path, help="not used: the records are made")
    given = parser.parse_args()
    commit = subprocess.run(["git", "rev-parse", "--short", "HEAD"], capture_output=True, text=True, check=False)
    print(f"machine: {platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}")
    print(f"commit: {commit.stdout.strip() or 'unknown'}, seed {SEED}, {given.records:,} exchanges a line")
    names = [name for name, one in all_formats().items() if not one.refuses]
    names = [name for name in names if not given.only or name in given.only.split(",")]
    made = make(given.records, random.Random(SEED))
    failed = [f"{name}: no writer" for name in names if name not in WRITERS]
    for name in names:
        if name in WRITERS:
            failed += report(name, WRITERS[name], made)
    print(
        f"{len(failed):,} things are lost or wrong"
        if failed
        else "every record is an exchange or a dead letter, every value right"
    )
    for problem in failed[:20]:
        print(f"  {problem}", file=sys.stderr)
    raise SystemExit(1 if failed else 0)


def report(name: str, how: Writer, made: Sequence[Made]) -> list[str]:
    """One line a wrapping; what is lost or wrong in them."""
    packs: dict[str, Callable[[bytes], bytes]] = {"plain": bytes, "gzip": gzip.compress, "zstd": zstandard.compress}
    problems = []
    for wrapping in (*packs, *(("parquet",) if how.flat else ())):
        with tempfile.TemporaryDirectory() as folder:
            place = Path(folder)
            if wrapping == "parquet":
                told = write_table(place, how, list(made))
            else:
                told = write(place, name, how, list(made), packs[wrapping])
            found = check(place, name, how, told)
        speed = told.records / max(found.seconds, 1e-9)
        print(
            f"{name:18s} {wrapping:8s} {told.records:7,} records: {found.exchanges:7,} exchanges, "
            f"{found.letters:4,} dead letters, {len(found.problems):3,} wrong  {speed:9,.0f} records a processor second"
        )
        problems += [f"{wrapping}: {problem}" for problem in found.problems]
    return problems


if __name__ == "__main__":
    main()
