"""Records written as a log of lines, and read."""

import json
from collections.abc import Collection
from pathlib import Path
from typing import Any

from stillwatch.ingest import plan, read_slice

__all__ = ["deepest_lake", "read_records"]

_WHERE_READ = ("source_file", "source_line")


def read_records(
    folder: Path, *records: Any, less: Collection[str] = (*_WHERE_READ, "messages")
) -> tuple[list[dict[str, Any]], list[str]]:
    """What a file of these records is read as: exchanges less these columns and nulls, and dead letters' reasons."""
    path = folder / "log.jsonl"
    path.write_text("".join(json.dumps(record) + "\n" for record in records))
    results = [result for part in plan([path]) for result in read_slice(part)]
    rows = [row for result in results for row in result.exchanges.to_pylist()]
    kept = [{name: value for name, value in row.items() if value is not None and name not in less} for row in rows]
    return kept, [letter["reason"] for result in results for letter in result.dead_letters.to_pylist()]


def deepest_lake(folder: Path, record: Any, second: float) -> dict[str, Any]:
    """The row of a record of one exchange, which must say all of it: who asked, when, of which model, and what."""
    (row,), letters = read_records(folder, record, less=_WHERE_READ)
    assert letters == []
    text = row.get("prompt") or row["messages"][-1]["content"]
    told = (row["account_id"], row["model"], text, row["response"], row["time"].timestamp())
    assert told == ("u-1", "m", "Deepest lake?", "Baikal.", second)
    assert (row["input_tokens"], row["output_tokens"]) == (14, 3)
    return row
