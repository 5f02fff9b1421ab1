"""Keys of records that no column has are counted, and a client's address is found under its other names, whatever the
records lie in."""

import json
import tempfile
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stillwatch.ingest import Unread, plan, read_slice
from stillwatch.ingest.plain_names import ADDRESSES

CANONICAL = {"time": "2026-11-24T00:00:00Z", "account_id": "a-1", "prompt": "Why?", "response": "Because."}
FLAT = {"timestamp": "2026-11-24T00:00:00Z", "user_id": "a-1", "prompt": "Why?", "response": "Because."}
KINDS = ("lines", "array", "csv", "parquet")


def written(folder: Path, kind: str, records: Sequence[dict[str, Any]]) -> Path:
    path = folder / f"log.{kind}"
    names = [*dict.fromkeys(name for record in records for name in record)]
    if kind == "parquet":
        pq.write_table(pa.Table.from_pylist([{name: one.get(name) for name in names} for one in records]), path)
    elif kind == "csv":
        rows = [names, *([str(one.get(name) or "") for name in names] for one in records)]
        path.write_text("".join(",".join(row) + "\n" for row in rows))
    elif kind == "array":
        path.write_text(json.dumps(records))
    else:
        path.write_text("".join(json.dumps(one) + "\n" for one in records))
    return path


def read(path: Path, account_from: tuple[str, ...] = ()) -> tuple[list[dict[str, Any]], Unread]:
    results = [one for part in plan([path], account_from=account_from) for one in read_slice(part)]
    unread = Unread()
    for one in results:
        unread += one.unread
    return [row for one in results for row in one.exchanges.to_pylist()], unread


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("record", [CANONICAL, FLAT], ids=["canonical", "flat"])
def test_keys_that_no_column_has_are_counted(tmp_path: Path, kind: str, record: dict[str, Any]) -> None:
    records = [
        {**record, "model": "m", "payment_fingerprint": "c-1", "team": None if n % 2 else "x"} for n in range(10)
    ]
    rows, unread = read(written(tmp_path, kind, records))
    assert len(rows) == 10
    assert unread == Unread(10, {"payment_fingerprint": 10, "team": 5})


@pytest.mark.parametrize("kind", KINDS)
def test_nothing_is_counted_where_every_key_is_read(tmp_path: Path, kind: str) -> None:
    known = {
        **CANONICAL,
        "model": "m",
        "client_address": "192.0.2.1",
        "payment_id": "p",
        "source_file": "x",
        "_id": "7",
    }
    rows, unread = read(written(tmp_path, kind, [known] * 5))
    assert (len(rows), unread) == (5, Unread(5, {}))


def test_keys_are_those_of_the_record_and_not_of_what_is_around_it(tmp_path: Path) -> None:
    path = tmp_path / "log.jsonl"
    path.write_text(json.dumps({"log": json.dumps({**CANONICAL, "team": "x"}), "stream": "stdout", "time": "x"}) + "\n")
    rows, unread = read(path)
    assert (len(rows), unread.keys) == (1, {"team": 1})


def test_formats_of_one_program_leave_out_on_purpose(tmp_path: Path) -> None:
    body = {"model": "m", "messages": [{"role": "user", "content": "Why?"}]}
    path = written(tmp_path, "lines", [{"time": 1795490904, "account_id": "a", "request": body, "team": "x"}])
    rows, unread = read(path)
    assert (len(rows), unread.keys) == (1, {})


def test_what_names_the_account_is_read(tmp_path: Path) -> None:
    path = written(tmp_path, "lines", [{**CANONICAL, "who": {"id": "b"}, "team": "x"}])
    rows, unread = read(path, account_from=("who.id",))
    assert ([row["account_id"] for row in rows], unread.keys) == (["b"], {"team": 1})


def test_of_a_long_log_a_sample_is_looked_at(tmp_path: Path) -> None:
    record = {**CANONICAL, "response": "x" * 900}
    path = written(tmp_path, "lines", [{**record, "late": "x"} if n >= 2000 else record for n in range(4000)])
    rows, unread = read(path)
    assert len(rows) == 4000
    assert 64 <= unread.looked <= 160
    assert 0 < unread.keys["late"] < unread.looked


def test_a_log_whose_keys_are_ids_fills_no_memory(tmp_path: Path) -> None:
    path = written(tmp_path, "array", [{**CANONICAL, **{f"k{n}-{i}": 1 for i in range(9)}} for n in range(60)])
    assert len(read(path)[1].keys) == 256


@settings(max_examples=50, deadline=None)
@given(
    st.lists(
        st.dictionaries(st.sampled_from(["client_address", *ADDRESSES]), st.sampled_from(["192.0.2.1", "192.0.2.2", "", None])),
        min_size=1, max_size=6,
    ),
    st.sampled_from(KINDS),
)  # fmt: skip
def test_a_clients_address_is_the_first_that_has_a_value(given_addresses: list[dict[str, Any]], kind: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        rows, unread = read(written(Path(folder), kind, [{**CANONICAL, **one} for one in given_addresses]))
    wanted = [
        next((one[name] for name in ("client_address", *ADDRESSES) if one.get(name)), None) for one in given_addresses
    ]
    assert [row["client_address"] or None for row in rows] == wanted
    assert unread.keys == {}


def test_of_a_part_of_a_file_the_first_block_is_looked_at_too(tmp_path: Path) -> None:
    path = written(tmp_path, "lines", [{**CANONICAL, "team": "x"}] * 100)
    (part,) = plan([path])
    ends = path.stat().st_size // 2
    second = replace(part, start=ends, first_line=51)
    assert sum(one.unread.looked for one in read_slice(second)) == 50
