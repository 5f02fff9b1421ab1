"""How fast each log format is read: exchanges a processor second of ``read_slice`` alone, in one process.

    python benchmarks/reading.py --corpora DIR [--exchanges 40000] [--only canonical,parquet]

The same simulated exchanges are written in every format that has a writer, as canonical Parquet and Arrow too, and each
file is read three times; the fastest counts, for other work on a machine only slows. Prints machine, seed and commit.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from collections.abc import Callable, Iterable, Mapping
from itertools import islice
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.feather as feather
import pyarrow.parquet as pq

import format_writers  # noqa: F401 - registers
import service_writers  # noqa: F401 - registers
from made_records import WRITERS, Made
from scan import heading
from stillwatch.ingest import BatchFormat, all_formats, cut, plan, read_slice
from stillwatch.range import simulate
from stillwatch.tables import EXCHANGES

SEED = 1
TIME = EXCHANGES.field("time").type
_ROWS = 2048
_TIMES = 3
_PER_EXCHANGE = 0.03 / 1_000_000
_TABLES: Mapping[str, Callable[[pa.Table, Path], None]] = {
    "canonical parquet": pq.write_table,
    "canonical arrow": feather.write_feather,
}


def simulated(count: int, folder: Path, corpus: list[Path]) -> list[bytes]:
    """Lines of a simulated week's log, the first so many."""
    simulate("february", scale=max(count * _PER_EXCHANGE, 0.001), seed=SEED, out=folder, corpus=corpus)
    lines = (line for path in sorted((folder / "logs").iterdir()) for line in path.open("rb"))
    return list(islice(lines, count))


def made_of(row: Mapping[str, Any]) -> Made:
    """A simulated exchange before anybody wrote it down."""
    moment = pa.scalar(row["time"]).cast(TIME).cast(pa.int64()).as_py()
    said = row.get("prompt") or next(
        (one["content"] for one in reversed(row["messages"]) if one["role"] == "user"), "-"
    )
    return Made(
        exchange_id=row["exchange_id"],
        time=moment,
        account_id=row["account_id"],
        session_id="session-1",
        model=row["model"],
        system=row.get("system") or "Be brief.",
        prompt=said,
        response=row.get("response") or "",
        tools=(),
        temperature=row.get("temperature") or 1.0,
        max_tokens=row.get("max_tokens") or 512,
        input_tokens=row.get("input_tokens") or 0,
        output_tokens=row.get("output_tokens") or 0,
        before=(),
    )


def write(name: str, made: Iterable[Made], folder: Path) -> None:
    """A format's lines; a batch's halves lie in two files."""
    files: tuple[list[bytes], list[bytes]] = ([], [])
    halves = isinstance(all_formats()[name], BatchFormat)
    for one in made:
        for place, record in enumerate(WRITERS[name].write(one)):
            files[place if halves else 0].append(json.dumps(record, ensure_ascii=False, separators=(",", ":")).encode())
    for place, lines in enumerate(files):
        if lines:
            (folder / f"log-{place}.jsonl").write_bytes(b"\n".join(lines) + b"\n")


def rate(folder: Path) -> tuple[float, int]:
    """Exchanges a processor second of the fastest reading, and how many there were."""
    best, rows = float("inf"), 0
    for _ in range(_TIMES):
        start = time.process_time()
        results = (result for part in cut(plan([folder])) for result in read_slice(part, batch_rows=_ROWS))
        rows = sum(result.exchanges.num_rows for result in results)
        best = min(best, time.process_time() - start)
    return rows / best, rows


def table_of(lines: list[bytes]) -> pa.Table:
    """Canonical lines as a warehouse has them: a column a name, times as timestamps."""
    rows = [json.loads(line) for line in lines]
    columns = {name: pa.array([row.get(name) for row in rows]) for name in {name: 0 for row in rows for name in row}}
    return pa.table({**columns, "time": columns["time"].cast(TIME)})


def main() -> None:
    """Write, read and time every format."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--corpora", type=Path)
    parser.add_argument("--exchanges", type=int, default=40_000)
    parser.add_argument("--only", default="", help="formats by name, with commas")
    given = parser.parse_args()
    corpus = heading(given.corpora)
    print(f"seed: {SEED}, {given.exchanges:,} exchanges a format, one process, reading alone")
    with tempfile.TemporaryDirectory() as name:
        lines = simulated(given.exchanges, Path(name) / "week", corpus)
        made = [made_of(json.loads(line)) for line in lines]
        base = 0.0
        writers = [one for one in WRITERS if one != "canonical"]
        for form in ("canonical", *_TABLES, *writers):
            if given.only and form not in (*given.only.split(","), "canonical"):
                continue
            folder = Path(name) / form
            folder.mkdir()
            if form == "canonical":
                (folder / "log.jsonl").write_bytes(b"".join(lines))
            elif form in _TABLES:
                _TABLES[form](table_of(lines), folder / "log")
            else:
                write(form, made, folder)
            speed, rows = rate(folder)
            base = base or speed
            print(f"{form:20s} {rows:8,} exchanges {speed:10,.0f} a processor second {speed / base:6.2f}", flush=True)


if __name__ == "__main__":
    main()
