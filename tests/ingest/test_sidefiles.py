"""Account files and release calendars, in three kinds of file; a value that is wrong is told with its row."""

import json
import tempfile
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stillwatch.core import BadTable, UnreadableInput
from stillwatch.ingest import read_accounts, read_releases
from stillwatch.tables import ACCOUNT_FILE, RELEASES_FILE

NEW_YEAR = datetime(2026, 1, 1, tzinfo=UTC)
BOUNDS = datetime(2000, 1, 2), datetime(2099, 12, 30)  # noqa: DTZ001


def lines(path: Path, *records: Any) -> Path:
    path.write_text("\n".join(map(json.dumps, records)) + "\n")
    return path


def test_three_kinds_of_file_say_the_same(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_text('{"account_id": "a", "created": "2026-01-01", "verified": true}\n')
    (tmp_path / "a.csv").write_text("account_id,created,verified\na,2026-01-01,true\n")
    pq.write_table(read_accounts(tmp_path / "a.csv").table, tmp_path / "a.parquet")
    tables = [read_accounts(tmp_path / f"a.{kind}").table for kind in ("jsonl", "csv", "parquet")]
    assert all(table.equals(tables[0]) for table in tables)
    assert tables[0].schema.equals(ACCOUNT_FILE)
    assert tables[0].to_pylist() == [
        {**dict.fromkeys(ACCOUNT_FILE.names), "account_id": "a", "created": NEW_YEAR, "verified": True}
    ]


def test_a_release_calendar(tmp_path: Path) -> None:
    (tmp_path / "r.csv").write_text("time,other,model\n2026-01-01T00:00:00Z,x,m\n1767225600,,n\n")
    releases = read_releases(tmp_path / "r.csv").table
    assert releases.schema.equals(RELEASES_FILE)
    assert releases.to_pylist() == [{"model": "m", "time": NEW_YEAR}, {"model": "n", "time": NEW_YEAR}]


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("true", True), ("TRUE", True), ("1", True), ("Yes", True), ("false", False), ("0", False), ("no", False), ("", None),
    ],
)  # fmt: skip
def test_truths_are_words(tmp_path: Path, written: str, meant: bool | None) -> None:
    path = tmp_path / "a.csv"
    path.write_text(f"account_id,verified\na,{written}\n")
    assert read_accounts(path).table["verified"].to_pylist() == [meant]


def test_values_of_json_may_be_of_many_types(tmp_path: Path) -> None:
    path = lines(
        tmp_path / "a.jsonl",
        {"account_id": "a", "created": 1767225600, "verified": 1, "plan": 5, "x": [1]},
        {"account_id": 7, "created": "2026-01-01", "verified": "no", "plan": "free"},
        {"account_id": "c", "created": None, "verified": None, "plan": ""},
    )
    accounts = read_accounts(path).table
    assert accounts["account_id"].to_pylist() == ["a", "7", "c"]
    assert accounts["created"].to_pylist() == [NEW_YEAR, NEW_YEAR, None]
    assert accounts["verified"].to_pylist() == [True, False, None]
    assert accounts["plan"].to_pylist() == ["5", "free", None]


def test_columns_of_parquet_are_cast(tmp_path: Path) -> None:
    path = tmp_path / "a.parquet"
    for created in (
        pa.array([date(2026, 1, 1), None]),
        pa.array([datetime(2026, 1, 1), None], pa.timestamp("ns")),  # noqa: DTZ001
        pa.array([datetime(2026, 1, 1), None], pa.timestamp("s")).cast(pa.timestamp("s", "Asia/Kolkata")),  # noqa: DTZ001
        pa.array([1767225600000, None]),
        pa.array(["2026-01-01", None]).dictionary_encode(),
    ):
        ids = pa.array([10, 11])
        pq.write_table(pa.table({"account_id": ids, "created": created, "verified": [0, 1], "x": [[1], [2]]}), path)
        accounts = read_accounts(path).table
        assert accounts["account_id"].to_pylist() == ["10", "11"]
        assert accounts["created"].to_pylist() == [NEW_YEAR, None]
        assert accounts["verified"].to_pylist() == [False, True]


def test_names_that_look_like_numbers_keep_their_zeros(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(b'\xef\xbb\xbf"account_id",plan,payment_id\n007,NA,\n7,1.50,null\n')
    accounts = read_accounts(path).table
    assert accounts["account_id"].to_pylist() == ["007", "7"]
    assert accounts["plan"].to_pylist() == [None, "1.50"]
    assert accounts["payment_id"].to_pylist() == [None, None]


def test_a_byte_order_mark_stands_before_json_too(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_bytes(b'\xef\xbb\xbf\n{"account_id": "a"}\n\n {"account_id": "b"}')
    assert read_accounts(path).table["account_id"].to_pylist() == ["a", "b"]
    path.write_bytes(b"")
    assert read_accounts(path).table.num_rows == 0


@pytest.mark.parametrize(
    ("field", "value", "shown"),
    [
        ("created", "yesterday", "'yesterday'"),
        ("created", "1999-12-31", "'1999-12-31'"),
        ("verified", "maybe", "'maybe'"),
        ("verified", 2, "2"),
        ("plan", {"x": 1}, "{'x': 1}"),
    ],
)
@pytest.mark.parametrize("before", [0, 2])
def test_a_wrong_value_is_told_with_its_row(tmp_path: Path, field: str, value: Any, shown: str, before: int) -> None:
    records = [{"account_id": f"{n}"} for n in range(before)] + [{"account_id": "x", field: value}, {"account_id": "y"}]
    with pytest.raises(BadTable, match=rf"row {before + 1}, `{field}`: .* cannot be read") as told:
        read_accounts(lines(tmp_path / "a.jsonl", *records))
    assert shown in str(told.value)
    assert told.value.where == str(tmp_path / "a.jsonl")


def test_a_time_out_of_bounds_in_a_column_of_times_is_told_with_its_row(tmp_path: Path) -> None:
    path = tmp_path / "r.parquet"
    times = pa.array([datetime(2026, 1, 1), datetime(2100, 1, 1), datetime(1999, 1, 1)], pa.timestamp("ms"))  # noqa: DTZ001
    pq.write_table(pa.table({"model": ["a", "b", "c"], "time": times}), path)
    with pytest.raises(BadTable, match="row 2, `time`"):
        read_releases(path)
    pq.write_table(pa.table({"model": ["b", "c"], "time": times[1:]}), path)
    with pytest.raises(BadTable, match="row 1, `time`"):
        read_releases(path)


def test_of_many_wrong_values_the_first_is_told(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("account_id,created,verified\na,,\nb,never,maybe\nc,often,perhaps\n")
    with pytest.raises(BadTable, match="row 2, `created`: 'never'"):
        read_accounts(path)


def test_what_is_required_is_missed_with_its_row(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("account_id,plan\na,free\n,free\n,plus\n")
    with pytest.raises(BadTable, match="row 2 has no `account_id`") as told:
        read_accounts(path)
    assert "required: account_id" in str(told.value.hint)
    path.write_text("name,time\nm,2026-01-01\n")
    with pytest.raises(BadTable, match="row 1 has no `model`"):
        read_releases(path)
    path.write_text("model,time\nm,2026-01-01\nn,\n")
    with pytest.raises(BadTable, match="row 2 has no `time`"):
        read_releases(path)


def test_an_account_stands_once(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("account_id,plan\na,free\nb,free\nc,free\nb,plus\n")
    with pytest.raises(BadTable, match="account 'b' stands twice"):
        read_accounts(path)
    # A model may come out twice: in two regions, say.
    path.write_text("model,time\nm,2026-01-01\nm,2026-01-02\n")
    assert read_releases(path).table.num_rows == 2


def test_what_is_no_table_is_said_so(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_text('{"account_id": "a"}\n\n{"account_id":\n')
    with pytest.raises(BadTable, match="line 3 is not JSON"):
        read_accounts(path)
    path.write_text('{"account_id": "a"}\n[1]\n')
    with pytest.raises(BadTable, match="line 2 is not an object"):
        read_accounts(path)
    path.write_text("account_id,plan\na,free,more\n")
    with pytest.raises(UnreadableInput, match="the file cannot be read"):
        read_accounts(path)
    with pytest.raises(UnreadableInput, match="cannot be read"):
        read_accounts(tmp_path / "absent.csv")


@settings(max_examples=30, deadline=None)
@given(st.lists(st.tuples(st.datetimes(*BOUNDS), st.none() | st.booleans()), max_size=8))
def test_columns_read_as_their_values_do(made: list[tuple[datetime, bool | None]]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "a"
        records = [
            {"account_id": f"{n}", "created": f"{c.isoformat()}Z", "verified": v} for n, (c, v) in enumerate(made)
        ]
        accounts = read_accounts(lines(path, *records) if records else lines(path)).table
        assert accounts["created"].to_pylist() == [created.replace(tzinfo=UTC) for created, _ in made]
        assert accounts["verified"].to_pylist() == [verified for _, verified in made]
        pq.write_table(accounts, path)
        assert read_accounts(path).table.equals(accounts)
