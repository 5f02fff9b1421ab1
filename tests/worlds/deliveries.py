"""A log in deliveries, as it reaches whoever scans every day, and runs compared up to names and order."""

import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from handmade import Log, Pool, around, bursts

from stillwatch import Run, scan

__all__ = ["Record", "by", "deliver", "delivered", "in_steps", "told"]

Record = dict[str, Any]

FAST: dict[str, Any] = {"draws": 300}


def small_world(folder: Path) -> tuple[list[Record], set[str]]:
    """Six days of 120 honest accounts and a campaign of ten: the records, and who is in the campaign."""
    log = Log(days=6, seed=5)
    log.honest(120)
    members = log.accounts(10, prompts=Pool("code").shards(), times=bursts(30), created=around(-40, 3))
    lines = log.write(folder).read_text(encoding="utf-8").splitlines()
    return [json.loads(line) for line in lines], set(members)


def by(key: Callable[[Record], object], records: Sequence[Record]) -> list[list[Record]]:
    """Records cut by a key, in the order of its values."""
    cut: dict[str, list[Record]] = {}
    for record in records:
        cut.setdefault(str(key(record)), []).append(record)
    return [cut[value] for value in sorted(cut)]


def deliver(records: Sequence[Record], folder: Path, name: str = "log.jsonl") -> Path:
    """One delivery: a folder with one file."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_text("".join(json.dumps(record) + "\n" for record in records), encoding="utf-8")
    return folder


def delivered(parts: Sequence[Sequence[Record]], folder: Path) -> list[Path]:
    """Deliveries whose files have a name each."""
    return [deliver(part, folder / f"{n}", f"log-{n:03d}.jsonl") for n, part in enumerate(parts)]


def in_steps(steps: Sequence[Sequence[Path]], out: Path, **settings: Any) -> Run:
    """A run made of the first step's deliveries, the others added to it one after the other."""
    run = scan(steps[0], out=out, workers=1, **settings)
    for step in steps[1:]:
        run = scan(step, into=out, workers=1, **settings)
    return run


def told(run: Run) -> dict[str, Any]:
    """Every table of a run without names that its order gives: row keys, template ids, which of equals is shown."""
    keys = {row["row_key"]: _place(row) for row in _rows(run, "exchanges")}
    found: dict[str, Any] = {
        "exchanges": _bag({k: v for k, v in row.items() if k != "row_key"} for row in _rows(run, "exchanges")),
        "sketches": _bag({**row, "row_key": keys[row["row_key"]]} for row in _rows(run, "sketches")),
        "dead_letters": _bag(_rows(run, "dead_letters")),
    }
    for name in ("accounts", "profiles", "counts", "links"):
        found[name] = _bag(_rows(run, name))
    found["campaigns"] = _bag(_campaign(row) for row in _rows(run, "campaigns"))
    found["templates"] = _bag(
        {k: row[k] for k in ("kind", "exchanges", "accounts", "campaign_id")} for row in _rows(run, "templates")
    )
    # Of equal prompts another exchange may stand in the sample.
    found["texts"] = _bag({k: v for k, v in row.items() if k != "row_key"} for row in _rows(run, "texts"))
    counts = json.loads((run.path / "run.json").read_text())["counts"]
    found["counts told"] = {name: value for name, value in counts.items() if name != "bytes"}
    return found


def _campaign(row: Record) -> Record:
    seen = [{k: v for k, v in one.items() if k != "exchange_ids"} for one in row["observations"]]
    return {**row, "observations": seen}


def _place(row: Mapping[str, Any]) -> str:
    return f"{row['source_file']}:{row['source_line']}:{row['exchange_id']}"


def _rows(run: Run, name: str) -> list[Record]:
    path = run.path / f"{name}.parquet"
    table: pa.Table = pq.read_table(path)
    rows: list[Record] = table.to_pylist()
    return rows


def _bag(rows: Any) -> list[str]:
    return sorted(repr(sorted(row.items())) for row in rows)
