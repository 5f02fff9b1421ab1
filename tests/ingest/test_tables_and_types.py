"""Records of stores and query services, whose values say their types or whose names stand apart, are plain records."""

import json
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import pytest

from stillwatch.core import UnknownFormat
from stillwatch.ingest import plan, read_slice

BODY = {
    "model": "m", "user": "u-1", "temperature": 0.5, "max_tokens": 40,
    "messages": [{"role": "system", "content": "Brief."}, {"role": "user", "content": 'Why, "you"?'}],
    "tools": [{"type": "function", "function": {"name": "f", "parameters": {"properties": {"string": {"S": "x"}}}}}],
}  # fmt: skip
ANSWER = {
    "id": "c-1", "usage": {"prompt_tokens": 12, "completion_tokens": 4},
    "choices": [{"index": 0, "finish_reason": None, "message": {"role": "assistant", "content": "So."}}],
}  # fmt: skip
FLAT = [
    {
        "timestamp": f"2026-03-02T09:00:0{n}.250Z", "user_id": f"u-{n}", "model": "m", "prompt": "Why?",
        "response": "So." if n else None, "prompt_tokens": 12, "stream": False,
    }
    for n in range(3)
]  # fmt: skip
PAIRS = [{"timestamp": f"2026-03-02T09:00:0{n}Z", "request": BODY, "response": {**ANSWER, "id": n}} for n in range(2)]
TEXTS = [{**one, "request": json.dumps(one["request"]), "response": json.dumps(one["response"])} for one in PAIRS]


def read(folder: Path, written: Any) -> list[dict[str, Any]]:
    """What a file of one value, or of lines, is read as, less what only says where."""
    path = folder / "log.json"
    path.write_text(written if isinstance(written, str) else json.dumps(written))
    results = [result for part in plan([path]) for result in read_slice(part)]
    assert [letter for result in results for letter in result.dead_letters.to_pylist()] == []
    rows = [row for result in results for row in result.exchanges.to_pylist()]
    for row in rows:
        row.pop("source_line")
        if row["exchange_id"].startswith("log.json"):
            row.pop("exchange_id")
    return rows


def lines(records: Iterable[Any]) -> str:
    return "".join(json.dumps(record) + "\n" for record in records)


def dynamodb(value: Any) -> Any:
    if value is None:
        return {"NULL": True}
    if isinstance(value, bool):
        return {"BOOL": value}
    if isinstance(value, str):
        return {"S": value}
    if isinstance(value, int | float):
        return {"N": str(value)}
    if isinstance(value, list):
        return {"L": [*map(dynamodb, value)]}
    return {"M": {name: dynamodb(one) for name, one in value.items()}}


def firestore(value: Any) -> Any:
    if value is None:
        return {"nullValue": None}
    if isinstance(value, bool):
        return {"booleanValue": value}
    if isinstance(value, str):
        return {"stringValue": value}
    if isinstance(value, int):
        return {"integerValue": str(value)}
    if isinstance(value, float):
        return {"doubleValue": value}
    if isinstance(value, list):
        return {"arrayValue": {"values": [*map(firestore, value)]}}
    return {"mapValue": {"fields": {name: firestore(one) for name, one in value.items()}}}


def avro(value: Any) -> Any:
    """Every field nullable, as a schema that may change has them."""
    kinds = {bool: "boolean", str: "string", int: "long", float: "double", list: "array"}
    if value is None:
        return None
    if isinstance(value, dict):
        return {"com.example.Record": {name: avro(one) for name, one in value.items()}}
    if isinstance(value, list):
        return {"array": [*map(avro, value)]}
    return {kinds[type(value)]: value}


def mongodb(value: Any) -> Any:
    if isinstance(value, int) and not isinstance(value, bool):
        return {"$numberLong": str(value)}
    if isinstance(value, float):
        return {"$numberDouble": str(value)}
    if isinstance(value, list):
        return [*map(mongodb, value)]
    return {name: mongodb(one) for name, one in value.items()} if isinstance(value, dict) else value


Writer = Callable[[list[dict[str, Any]]], Any]
TYPED: dict[str, Writer] = {
    "DynamoDB's export": lambda records: lines({"Item": dynamodb(one)["M"]} for one in records),
    "DynamoDB's reply": lambda records: {"Items": [dynamodb(one)["M"] for one in records], "Count": 2},
    "DynamoDB's stream": lambda records: {
        "Records": [{"eventName": "INSERT", "dynamodb": {"NewImage": dynamodb(one)["M"]}} for one in records]
    },
    "Firestore": lambda records: [
        {"document": {"name": "p/x", "fields": firestore(one)["mapValue"]["fields"], "createTime": "x"}}
        for one in records
    ],
    "Avro": lambda records: lines({name: avro(value) for name, value in one.items()} for one in records),
    "MongoDB": lambda records: lines({**mongodb(one), "timestamp": {"$date": one["timestamp"]}} for one in records),
    "MongoDB with ids": lambda records: lines({"_id": {"$oid": "6"}, **mongodb(one)} for one in records),
}


@pytest.mark.parametrize("writer", sorted(TYPED))
@pytest.mark.parametrize("records", [FLAT, PAIRS, TEXTS], ids=["flat", "bodies", "bodies as text"])
def test_typed_values_are_plain(tmp_path: Path, writer: str, records: list[dict[str, Any]]) -> None:
    plain = read(tmp_path, lines(records))
    assert len(plain) == len(records)
    assert read(tmp_path, TYPED[writer](records)) == plain


@pytest.mark.parametrize("more", [{"S": "x"}, {"string": 7}, {"stringValue": "x"}, {"array": []}, {"a.b": {"c": 1}}])
def test_what_is_no_typed_record_stays(tmp_path: Path, more: Any) -> None:
    records = [{**one, "metadata": more} for one in PAIRS]
    assert read(tmp_path, lines(records)) == read(tmp_path, lines(PAIRS))


def _cells(records: list[dict[str, Any]]) -> list[list[Any]]:
    return [[*one.values()] for one in records]


def _named(records: list[dict[str, Any]]) -> list[dict[str, str]]:
    return [{"name": name, "type": "string"} for name in records[0]]


TABLES: dict[str, Writer] = {
    "Log Analytics": lambda records: {
        "tables": [{"name": "PrimaryResult", "columns": _named(records), "rows": _cells(records)}]
    },
    "Elasticsearch's SQL": lambda records: {"columns": _named(records), "rows": _cells(records)},
    "data frame, split": lambda records: {"columns": [*records[0]], "index": [0, 1], "data": _cells(records)},
    "data frame, columns": lambda records: {
        name: {str(place): one[name] for place, one in enumerate(records)} for name in records[0]
    },
    "data frame, lists": lambda records: {name: [one[name] for one in records] for name in records[0]},
    "ClickHouse": lambda records: {"meta": _named(records), "data": _cells(records), "rows": len(records)},
    "BigQuery": lambda records: {
        "kind": "bigquery#queryResponse",
        "schema": {"fields": _named(records)},
        "rows": [{"f": [{"v": cell} for cell in row]} for row in _cells(records)],
    },
    "Snowflake": lambda records: {"resultSetMetaData": {"rowType": _named(records)}, "data": _cells(records)},
    "Databricks": lambda records: {
        "manifest": {"schema": {"columns": _named(records)}},
        "result": {"chunk_index": 0, "data_array": _cells(records)},
    },
    "Athena": lambda records: {
        "ResultSet": {
            "Rows": [{"Data": [{"VarCharValue": cell} for cell in row]} for row in [[*records[0]], *_cells(records)]],
            "ResultSetMetadata": {"ColumnInfo": [{"Name": name} for name in records[0]]},
        }
    },
    "Splunk, rows": lambda records: {"preview": False, "fields": [*records[0]], "rows": _cells(records)},
    "Splunk, columns": lambda records: {
        "fields": _named(records),
        "columns": [[one[name] for one in records] for name in records[0]],
    },
    "Elasticsearch's fields": lambda records: {
        "hits": {"hits": [{"_index": "i", "fields": {name: [one[name]] for name in one}} for one in records]}
    },
    "Insights": lambda records: {
        "results": [[{"field": name, "value": value} for name, value in one.items()] for one in records]
    },
}


@pytest.mark.parametrize("writer", sorted(TABLES))
@pytest.mark.parametrize("records", [FLAT, TEXTS, FLAT[:1]], ids=["flat", "bodies as text", "one row"])
def test_tables_are_their_rows(tmp_path: Path, writer: str, records: list[dict[str, Any]]) -> None:
    assert read(tmp_path, TABLES[writer](records)) == read(tmp_path, lines(records))


def test_a_row_that_cannot_be_read_is_told_by_its_place(tmp_path: Path) -> None:
    path = tmp_path / "log.json"
    path.write_text(json.dumps(TABLES["Log Analytics"]([FLAT[1], {**FLAT[2], "user_id": None}])))
    results = [result for part in plan([path]) for result in read_slice(part)]
    (letter,) = [letter for result in results for letter in result.dead_letters.to_pylist()]
    assert sum(result.exchanges.num_rows for result in results) == 1
    assert letter["kind"] == "part"
    assert letter["reason"].startswith("in a Log Analytics reply, `tables[0]`: in a table, row 2: ")


@pytest.mark.parametrize(
    "written",
    [
        {"columns": ["timestamp", "prompt"], "rows": [["2026-03-02T09:00:00Z"]]},
        {"columns": ["a", "a"], "rows": [[1, 2]]},
        {"columns": ["a", "b"], "rows": [[1, 2]]},
        {"columns": [], "rows": []},
    ],
)
def test_what_is_no_table_is_refused(tmp_path: Path, written: Any) -> None:
    with pytest.raises(UnknownFormat, match=r"log\.json"):
        read(tmp_path, written)


def test_columns_of_several_lengths_are_no_table(tmp_path: Path) -> None:
    path = tmp_path / "log.json"
    path.write_text(json.dumps({"timestamp": ["2026-03-02T09:00:00Z"], "user_id": ["u", "v"], "prompt": ["p"]}))
    results = [result for part in plan([path]) for result in read_slice(part)]
    assert sum(result.exchanges.num_rows for result in results) == 0
    assert sum(result.dead_letters.num_rows for result in results) == 1
