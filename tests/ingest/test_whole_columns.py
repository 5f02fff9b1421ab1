"""Columns read whole give what rows read one by one give: every value, every dead letter, every note."""

import json
import tempfile
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.feather as feather
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from stillwatch.core import StillwatchError
from stillwatch.ingest import MappedFormat, all_formats, parquet_rows, plan, read_slice
from stillwatch.ingest.explaining import explain
from stillwatch.ingest.record import COLUMNS
from stillwatch.ingest.registry import ask_first, recognising
from stillwatch.ingest.watched_record import WatchedRecord
from stillwatch.ingest.whole_columns import WholeColumns
from stillwatch.tables import EXCHANGES

TIME = "2026-11-24T00:00:00Z"
MOMENT = datetime(2026, 11, 24, 3, 28, 24, 123456, tzinfo=UTC)
STAMPS = [MOMENT, datetime(1999, 1, 1, tzinfo=UTC), datetime(2200, 1, 1, tzinfo=UTC)]
TEXTS = [
    "", "a-1", "a 1", " a", "a\n", "a\x1f", "ü", "\u00a0a", "a\ufffd", "unknown", "None", "N/A", "-", "[REDACTED]", "null",
    "redacted-by-litellm", "Why?", "🦉", "0.7", "7", "-7", "007", "+7", "7.0", "1e3", " 7", "7 ", "1_000", "nan", "inf", "٧",
    "9223372036854775808", "123456789012345678", "0.1", "-0", "-0.0", "123456789012345.123456789012345", "AS64500", "as7",
    "AS", "ASx", "true", "t", "200", "END", '["a", "b"]', '[{"type": "text", "text": "x"}]', "[{}]", "[{oops}]", "{}",
    '[{"role": "user", "content": "Why?"}]', "x" * 300,
]  # fmt: skip
TIMES = [
    TIME, "2026-11-24 00:00:00", "2026-11-24T00:00:00.123456789Z", "2026-11-24T00:00:00.1234567", "2026-11-24T00:00:00,5Z",
    "2026-11-24T00:00:00+02:00", "2026-11-24T00:00:00.5-14:00", "2026-11-24T00:00:00+15:00", "2026-11-24T00:00:00+0200",
    "2026-11-24", "20261124", "2026-02-29T00:00:00Z", "2028-02-29T00:00:00Z", "2026-04-31T00:00:00Z", "2026-13-01T00:00:00Z",
    "2026-11-24T24:00:00Z", "2026-11-24T00:00:60Z", "1999-12-31T23:59:59Z", "2100-01-01T00:00:00Z", "2000-01-01T00:00:00+01:00",
    "1795490904", "1795490904.5", "1795490904123", "never", "", " 2026-11-24T00:00:00Z", "2026-11-24T00:00:00z",
    "2026-11-24 00:00:00 UTC", "24/Nov/2026:00:00:00 +0000", "0000-00-00T00:00:00Z", "9999-12-31T23:59:59Z",
]  # fmt: skip
WHOLE = [0, 1, -1, 7, 127, 200, 64500]
LARGE = [
    *WHOLE,
    1795490904,
    1795490904123,
    1795490904123456,
    1795490904123456789,
    2**53,
    2**53 + 1,
    2**62,
    2**63 - 1,
    -(2**63),
]
REAL = [
    0.0,
    -0.0,
    0.7,
    7.0,
    1.5,
    1e300,
    float("nan"),
    float("inf"),
    1795490904.0,
    1795490904.123456,
    1795490904123.5,
    2.0**53,
    2.0**63,
    1e18,
    -1.0,
]
SAID = pa.struct([("role", pa.string()), ("content", pa.string())])
PARTS = pa.struct([("role", pa.string()), ("content", pa.string()), ("parts", pa.list_(pa.string()))])
TYPED = pa.struct(
    [("type", pa.string()), ("role", pa.string()), ("content", pa.list_(pa.string())), ("output", pa.string())]
)
MESSAGES = [
    [], [{"role": "user", "content": "Why?"}], [{"role": "system", "content": "Be brief."}, {"role": "user", "content": ""}],
    [{"role": "user", "content": "a"}, {"role": "developer", "content": None}, {"role": "user", "content": "b"}],
    [{"role": None, "content": "x"}], [None], [{"role": "user", "content": '[{"type": "text", "text": "part"}]'}],
    [{"role": "assistant", "content": "[{}]"}, {"role": "user", "content": "redacted-by-litellm"}], [{"role": "tool", "content": None}],
]  # fmt: skip
PARTED = [
    [{"role": "user", "content": None, "parts": ["p"]}],
    [{"role": "user", "content": "c", "parts": None}],
    [None],
]
TYPEDS = [
    [{"type": "function_call_output", "role": None, "content": None, "output": "x"}],
    [{"type": "message", "role": "user", "content": ["y"], "output": None}],
]
LISTS = [[], ["a"], ["a", None], ["a", "b"], [""]]
# Every unit and every zone; of a column of times, every unit in every zone.
MOMENTS = [("s", None), ("ms", "UTC"), ("us", "Europe/Vienna"), ("ns", None), ("us", None)]
OF_TIMES = [
    ("s", "UTC"),
    ("s", "Europe/Vienna"),
    ("ms", None),
    ("ms", "Europe/Vienna"),
    ("us", "UTC"),
    ("ns", "UTC"),
    ("ns", "Europe/Vienna"),
]
KINDS: list[tuple[pa.DataType, Sequence[Any]]] = [
    (pa.string(), [*TEXTS, *TIMES]),
    (pa.large_string(), TEXTS),
    (pa.string_view(), TEXTS),
    (pa.dictionary(pa.int32(), pa.string()), TEXTS),
    (pa.binary(), [*(text.encode() for text in TEXTS), b"a", b"\xff", b"a\xffb"]),
    (pa.int8(), [0, 1, 100, -7]),
    (pa.int32(), WHOLE),
    (pa.int64(), LARGE),
    (pa.uint64(), [0, 7, 2**63, 2**64 - 1]),
    (pa.float32(), [0.5, 7.0, float("nan")]),
    (pa.float64(), REAL),
    (pa.bool_(), [True, False]),
    (pa.decimal128(10, 0), [Decimal(7), Decimal(-7)]),
    (pa.decimal128(10, 2), [Decimal("7.00"), Decimal("0.70")]),
    (pa.decimal128(38, 0), [Decimal(7), Decimal(10**30)]),
    *((pa.timestamp(unit, zone), STAMPS)
      for unit, zone in MOMENTS),
    (pa.date32(), [date(2026, 11, 24), date(1970, 1, 1), date(9999, 12, 31)]),
    (pa.date64(), [date(2026, 11, 24)]),
    (pa.time64("us"), [time(1, 2, 3)]),
    (pa.duration("us"), [timedelta(seconds=1)]),
    (pa.list_(pa.string()), LISTS),
    (pa.large_list(pa.large_string()), LISTS),
    (pa.list_(pa.int64()), [[1], []]),
    (pa.list_(SAID), MESSAGES),
    (pa.large_list(SAID), MESSAGES),
    (pa.list_(PARTS), PARTED),
    (pa.list_(TYPED), TYPEDS),
    (pa.struct([("type", pa.string())]), [{"type": "json_object"}, {"type": None}]),
    (pa.map_(pa.string(), pa.string()), [[("type", "x")], []]),
    (pa.null(), [None]),
]  # fmt: skip
MORE_KINDS = [(pa.timestamp(unit, zone), STAMPS) for unit, zone in OF_TIMES]
# Names that other formats and envelopes look for, and those that nobody does.
FOREIGN = [
    "request", "response_body", "call_type", "model_parameters", "request_id", "custom_id", "body", "params", "method", "path",
    "input", "output", "_id", "attributes", "traceId", "data", "message", "latencies", "started_at", "llm.model", "team", "day",
    "source_line", "row_key", "tokens_in", "run_type", "inputs", "spans", "chat", "user_id", "title", "conversationId", "object",
]  # fmt: skip


@st.composite
def columns(draw: st.DrawFn) -> dict[str, pa.Array]:
    """A table of canonical rows, some columns of which hold what they should not."""
    rows = draw(st.integers(1, 6))
    made = {
        "time": pa.array([TIME] * rows),
        "account_id": pa.array(["a"] * rows),
        "prompt": pa.array([f"Why {row}?" for row in range(rows)]),
    }
    names = draw(st.lists(st.sampled_from([*COLUMNS, *FOREIGN, "time", "prompt", "messages"]), max_size=4))
    for name in names:
        kind, values = draw(st.sampled_from(KINDS))
        made[name] = pa.array([draw(st.sampled_from([*values, None])) for _ in range(rows)], kind)
    if draw(st.integers(0, 9)) == 0:
        del made[draw(st.sampled_from(sorted(made)))]
    order = draw(st.permutations(sorted(made)))
    return {name: made[name] for name in order}


def read(
    path: Path, *, by_row: bool, batch_rows: int = 4, mapped: MappedFormat | None = None
) -> tuple[pa.Table, pa.Table, list[int]]:
    with pytest.MonkeyPatch.context() as patch:
        if by_row:
            patch.setattr(parquet_rows, "_by_column", lambda part: False)
        found = [result for part in plan([path], mapped=mapped) for result in read_slice(part, batch_rows=batch_rows)]
    ask_first(None)
    return (
        pa.Table.from_batches([result.exchanges for result in found]),
        pa.Table.from_batches([result.dead_letters for result in found]),
        [result.lines for result in found],
    )


def check_both_ways(
    table: pa.Table, *, kind: str, folder: str = "", mapped: MappedFormat | None = None, batch_rows: int = 4
) -> None:
    with tempfile.TemporaryDirectory() as place, pytest.MonkeyPatch.context() as patch:
        path = Path(place) / folder / "log"
        path.parent.mkdir(parents=True, exist_ok=True)
        failed: list[Exception] = []
        patch.setattr(WholeColumns, "exchanges", telling(WholeColumns.exchanges, failed))
        try:
            if kind == "parquet":
                pq.write_table(table, path, version="2.6", row_group_size=3)
            else:
                feather.write_feather(table, path)
            whole = read(path, by_row=False, mapped=mapped, batch_rows=batch_rows)
        except (pa.ArrowNotImplementedError, StillwatchError):
            # No writer for such a column, or nobody recognises the table.
            return
        rows = read(path, by_row=True, mapped=mapped, batch_rows=batch_rows)
    assert failed == []
    assert whole[0].equals(rows[0]), (whole[0].to_pylist(), rows[0].to_pylist())
    assert whole[1].equals(rows[1]), (whole[1].to_pylist(), rows[1].to_pylist())
    assert whole[2] == rows[2]


def telling(exchanges: Callable[..., Any], failed: list[Exception]) -> Callable[..., Any]:
    """The same, with what it raises kept: the reader of rows would stand in without a word."""

    def told(*given: Any) -> Any:
        try:
            return exchanges(*given)
        except Exception as error:
            failed.append(error)
            raise

    return told


KIND = st.sampled_from(["parquet", "arrow"])
FOLDER = st.sampled_from(["", "model=m/day=2026-01-05", "time=2026-01-05/n=5", "account_id=__HIVE_DEFAULT_PARTITION__"])


@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
@given(columns(), KIND, FOLDER)
def test_both_ways_are_one(made: dict[str, pa.Array], kind: str, folder: str) -> None:
    check_both_ways(pa.table(made), kind=kind, folder=folder)


PLACES = ["who", "Who", "WHEN", "asked", "said", "a.b", "a", "model", "extra.x", "extra", "team", "none"]


@st.composite
def maps(draw: st.DrawFn) -> MappedFormat:
    """Maps of a flat table, and some that lead into its columns."""
    more = draw(
        st.dictionaries(
            st.sampled_from(sorted({*COLUMNS} - {"note"})),
            st.lists(st.sampled_from(PLACES), min_size=1, max_size=3),
            max_size=3,
        )
    )
    constants = draw(
        st.dictionaries(
            st.sampled_from(["provider", "temperature", "stream", "org_id", "asn", "tools"]),
            st.sampled_from(["ours", "unknown", "", 7, 0.5, True]),
            max_size=2,
        )
    )
    own = {"account_id": ["who"], "time": ["when"], "prompt": ["asked"], "response": ["said"]}
    return MappedFormat(
        columns={name: tuple(paths) for name, paths in {**own, **more}.items()},
        unit=draw(st.sampled_from([None, None, "iso", "s", "ms", "us", "ns"])),
        keys=tuple(draw(st.lists(st.sampled_from(PLACES), max_size=1))),
        values=draw(st.sampled_from([(), (), (("team", ("t", "None", "7")),)])),
        constants=constants,
    )


@st.composite
def foreign_columns(draw: st.DrawFn) -> dict[str, pa.Array]:
    """A flat table of somebody's own layout."""
    rows = draw(st.integers(1, 5))
    times = draw(
        st.sampled_from(
            [
                [TIME] * rows,
                [1795490904] * rows,
                [1795490904123456789 + row for row in range(rows)],
                [1795490904123 - row for row in range(rows)],
            ]
        )
    )
    made = {
        "when": pa.array(times),
        "who": pa.array(["a"] * rows),
        "asked": pa.array(["Why?"] * rows),
        "team": pa.array(["t"] * rows),
    }
    for name in draw(st.lists(st.sampled_from([*PLACES, "when", "WHO", "_id"]), max_size=5)):
        kind, values = draw(st.sampled_from(KINDS))
        made[name] = pa.array([draw(st.sampled_from([*values, None])) for _ in range(rows)], kind)
    return made


@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
@given(foreign_columns(), maps(), KIND, FOLDER)
def test_both_ways_are_one_by_a_map(made: dict[str, pa.Array], mapped: MappedFormat, kind: str, folder: str) -> None:
    check_both_ways(pa.table(made), kind=kind, folder=folder, mapped=mapped)


def test_no_row_of_a_mapped_table_is_a_python_object(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    mapped = MappedFormat(
        columns={"account_id": ("who",), "time": ("at_ms",), "prompt": ("asked", "question"), "response": ("said",)},
        unit="ms",
        constants={"provider": "ours"},
    )
    made = {
        "who": [1, 2, 3],
        "at_ms": [1795490904123, 1795490905000, 1795490906000],
        "asked": ["Why?", "", None],
        "question": [None, "How?", "When?"],
        "said": ["Because.", None, ""],
    }
    path = tmp_path / "log"
    pq.write_table(pa.table(made), path)
    rows = read(path, by_row=True, mapped=mapped)
    (part,) = plan([path], mapped=mapped)
    monkeypatch.setattr(parquet_rows, "_plain_rows", lambda rows: pytest.fail("a row was made a Python object"))
    (result,) = read_slice(part)
    ask_first(None)
    assert pa.Table.from_batches([result.exchanges]).equals(rows[0])
    assert result.exchanges["prompt"].to_pylist() == ["Why?", "How?", "When?"]
    assert result.exchanges["account_id"].to_pylist() == ["1", "2", "3"]
    assert result.exchanges["provider"].to_pylist() == ["ours"] * 3


@pytest.mark.slow
@pytest.mark.parametrize("name", [*COLUMNS, "team"])
def test_both_ways_are_one_for_every_column_of_every_type(name: str) -> None:
    for kind, values in [*KINDS, *(MORE_KINDS if name in ("time", "created") else ())]:
        given = [*values, None]
        rows = len(given)
        made = {"time": pa.array([TIME] * rows), "account_id": pa.array(["a"] * rows), "prompt": pa.array(["p"] * rows)}
        check_both_ways(pa.table({**made, name: pa.array(given, kind)}), kind="arrow", batch_rows=64)


def ordinary(rows: int = 12) -> pa.Table:
    """As warehouses and data frames write canonical rows."""
    whole = [None if row % 3 else 5.0 + row for row in range(rows)]
    return pa.table(
        {
            "time": pa.array([1795490904 * 10**9 + row for row in range(rows)], pa.timestamp("ns")),
            "account_id": pa.array([f"a{row % 3}" for row in range(rows)]).dictionary_encode(),
            "org_id": pa.array([None if row % 2 else "unknown" for row in range(rows)]),
            "session_id": pa.array([row % 4 for row in range(rows)]),
            "model": pa.array(["m"] * rows, pa.large_string()),
            "prompt": [None if row % 4 == 0 else f"Why {row}?" for row in range(rows)],
            "messages": [[{"role": "system", "content": "Be brief."}, {"role": "user", "content": f"How {row}?"}] for row in range(rows)],
            "tools": [["search"] if row % 2 else None for row in range(rows)],
            "stop": ["END"] * rows,
            "max_tokens": pa.array(whole, pa.float64()),
            "temperature": [0 if row % 2 else 1 for row in range(rows)],
            "status": pa.array([200 if row % 5 else 429 for row in range(rows)], pa.int16()),
            "asn": [f"AS{64500 + row}" for row in range(rows)],
            "response": ["redacted-by-litellm" if row == 1 else "Because." for row in range(rows)],
            "team": pa.array([f"t{row}" for row in range(rows)]),
            "day": pa.array([date(2026, 11, 24)] * rows),
            "source_file": ["elsewhere"] * rows,
            "source_line": pa.array(range(rows), pa.int64()),
        }
    )  # fmt: skip


@pytest.mark.parametrize("kind", ["parquet", "arrow"])
def test_no_row_of_an_ordinary_table_is_a_python_object(
    tmp_path: Path, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "country=AT" / "log"
    path.parent.mkdir()
    pq.write_table(ordinary(), path) if kind == "parquet" else feather.write_feather(ordinary(), path)
    rows = read(path, by_row=True)
    (part,) = plan([path])
    monkeypatch.setattr(parquet_rows, "_plain_rows", lambda rows: pytest.fail("a row was made a Python object"))
    results = [*read_slice(part, batch_rows=5)]
    found = pa.Table.from_batches([result.exchanges for result in results])
    assert found.equals(rows[0])
    assert sum(result.dead_letters.num_rows for result in results) == 0
    first = found.slice(0, 1).to_pylist()[0]
    assert (first["prompt"], first["system"], first["exchange_id"], first["source_line"]) == (
        "How 0?",
        "Be brief.",
        "log:1",
        1,
    )
    assert (first["country"], first["asn"], first["org_id"], first["max_tokens"]) == ("AT", 64500, None, 5)


def test_rows_that_are_left_are_told_in_their_places(tmp_path: Path) -> None:
    table = ordinary(40)
    accounts = table["account_id"].to_pylist()
    accounts[7], accounts[21] = "", "unknown"
    table = table.set_column(table.schema.get_field_index("account_id"), "account_id", pa.array(accounts))
    path = tmp_path / "log"
    pq.write_table(table, path)
    exchanges, letters, _ = read(path, by_row=False, batch_rows=16)
    assert exchanges["source_line"].to_pylist() == [line for line in range(1, 41) if line not in (8, 22)]
    assert letters["line"].to_pylist() == [8, 22]
    assert letters["reason"].to_pylist() == ["no `account_id`", "no `account_id`: 'unknown' stands for nobody"]
    assert letters["excerpt"].to_pylist()[0].startswith("{'time': '2026-11-24 03:28:24.000000Z', 'account_id': ''")


def test_a_text_that_is_no_utf_8_costs_its_row_alone(tmp_path: Path) -> None:
    texts = pa.Array.from_buffers(pa.string(), 3, pa.array([b"a", b"\xff\xfe", b"c"], pa.binary()).buffers())
    path = tmp_path / "log"
    pq.write_table(pa.table({"time": [TIME] * 3, "account_id": ["a"] * 3, "prompt": texts}), path)
    exchanges, letters, _ = read(path, by_row=False)
    assert exchanges["prompt"].to_pylist() == ["a", "c"]
    assert letters["line"].to_pylist() == [2]
    assert "cannot be read" in letters["reason"][0].as_py()


def test_rows_of_another_format_in_a_canonical_table(tmp_path: Path) -> None:
    body = json.dumps({"messages": [{"role": "user", "content": "Why?"}]})
    rows = [{"time": TIME, "account_id": "a", "prompt": f"p{row}"} for row in range(4)]
    made: list[dict[str, Any]] = [
        *rows,
        {"time": TIME, "account_id": "b", "request": body},
        *rows,
    ]
    path = tmp_path / "log"
    names = sorted({name for row in made for name in row})
    pq.write_table(pa.table({name: [row.get(name) for row in made] for name in names}), path)
    exchanges, letters, _ = read(path, by_row=False)
    assert exchanges["account_id"].to_pylist() == [*"aaaabaaaa"]
    assert letters.num_rows == 0
    assert exchanges.equals(read(path, by_row=True)[0])


def test_no_format_looks_at_a_value_of_a_canonical_record() -> None:
    record = WatchedRecord(EXCHANGES.names)
    assert recognising(record) is all_formats()["canonical"]
    assert not record.watched


def test_a_table_tells_its_casts(tmp_path: Path) -> None:
    path = tmp_path / "log"
    table = ordinary().append_column("top_p", pa.array([Decimal("0.70")] * 12))
    pq.write_table(table, path)
    told = dict(line.split(":", 1) for line in explain(path).casts)
    assert told["`max_tokens`"] == " double, read as int64"
    assert told["`top_p`"] == " decimal128(2, 2), read value by value"
    assert "`prompt`" not in told
    assert "`team`" not in told
