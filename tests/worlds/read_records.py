"""Records written as a log of lines, and read."""

import json
from collections.abc import Collection
from pathlib import Path
from typing import Any

from stillwatch.ingest import plan, read_slice

__all__ = ["read_records"]

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
