"""A client's address is one however a proxy writes it, on every way by which records are read."""

import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from read_records import read_records

from stillwatch.ingest import plan, read_slice
from stillwatch.ingest.addresses import bare_addresses

WRITTEN = [
    ("203.0.113.4", "203.0.113.4"),
    ("203.0.113.4:51034", "203.0.113.4"),
    (" 203.0.113.4 ", "203.0.113.4"),
    ("203.0.113.4, 10.0.0.1", "203.0.113.4"),
    ("203.0.113.4:80,10.0.0.1:81 , 10.0.0.2", "203.0.113.4"),
    ("unknown, 203.0.113.4", "203.0.113.4"),
    ("[2001:db8::1]:443", "2001:db8::1"),
    ("[2001:db8::1]", "2001:db8::1"),
    ("2001:db8::1", "2001:db8::1"),
    ("2001:db8::1:443", "2001:db8::1:443"),
    ("::ffff:203.0.113.4", "203.0.113.4"),
    ("[::FFFF:203.0.113.4]:9", "203.0.113.4"),
    ("fe80::1%eth0", "fe80::1%eth0"),
    ("h-4f1c", "h-4f1c"),
    ("-", None),
    ("unknown", None),
    ("[redacted]", None),
    (None, None),
]


def test_addresses_are_bare() -> None:
    given = pa.array([written for written, _ in WRITTEN], pa.string())
    assert bare_addresses(given).to_pylist() == [bare for _, bare in WRITTEN]
    # One alone as among others.
    assert [bare_addresses(given.slice(place, 1))[0].as_py() for place in range(len(given))] == [
        bare for _, bare in WRITTEN
    ]


CANONICAL = {"time": "2026-03-02T09:00:00Z", "account_id": "u-1", "model": "m", "prompt": "Why?", "response": "So."}
BODY = {"model": "m", "messages": [{"role": "user", "content": "Why?"}]}
LINES: list[tuple[dict[str, Any], str]] = [
    (CANONICAL, "client_address"),
    (CANONICAL, "client_ip"),
    ({"timestamp": "2026-03-02T09:00:00Z", "user_id": "u-1", "prompt": "Why?", "response": "So."}, "ip"),
    ({"timestamp": "2026-03-02T09:00:00Z", "user_id": "u-1", "request": BODY, "response": None}, "remote_addr"),
    ({"timestamp": "2026-03-02T09:00:00Z", "user_id": "u-1", "method": "POST", "path": "/", "body": BODY}, "client_ip"),
]


@pytest.mark.parametrize(("line", "name"), LINES)
def test_lines_have_bare_addresses(tmp_path: Path, line: dict[str, Any], name: str) -> None:
    rows, letters = read_records(tmp_path, *({**line, name: written} for written, _ in WRITTEN))
    assert letters == []
    assert [row.get("client_address") for row in rows] == [bare for _, bare in WRITTEN]


@pytest.mark.parametrize("kind", ["parquet", "csv"])
def test_tables_have_bare_addresses(tmp_path: Path, kind: str) -> None:
    path = tmp_path / f"log.{kind}"
    rows = [{**CANONICAL, "client_address": written} for written, _ in WRITTEN]
    if kind == "parquet":
        pq.write_table(pa.Table.from_pylist(rows), path)
    else:
        lines = [[*rows[0]], *([one or "" for one in row.values()] for row in rows)]
        path.write_text("".join(",".join(map(json.dumps, cells)) + "\n" for cells in lines))
    found = [row for part in plan([path]) for result in read_slice(part) for row in result.exchanges.to_pylist()]
    assert [row["client_address"] for row in found] == [bare for _, bare in WRITTEN]
