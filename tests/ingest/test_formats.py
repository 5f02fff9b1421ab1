"""Every format reads its own example, and only its own, into a canonical exchange."""

import json
from collections.abc import Iterable
from pathlib import Path

import pyarrow as pa
import pytest

from stillwatch.core.bodies.shapes import Fields, Json, RecordError
from stillwatch.ingest import BatchFormat, LogFormat, Slice, all_formats, cut, plan, read_slice
from stillwatch.ingest.record_lines import read_record
from stillwatch.ingest.registry import recognising
from stillwatch.ingest.slice_result import SliceRows
from stillwatch.tables import DEAD_LETTERS, EXCHANGES

DOCS = Path(__file__).parents[2] / "docs" / "reference" / "formats.md"


def read(*paths: Path, slice_bytes: int = 1 << 25) -> tuple[pa.Table, pa.Table]:
    results = [r for part in cut(plan(list(paths)), slice_bytes=slice_bytes) for r in read_slice(part)]
    return (
        pa.Table.from_batches([r.exchanges for r in results], EXCHANGES),
        pa.Table.from_batches([r.dead_letters for r in results], DEAD_LETTERS),
    )


def write(folder: Path, name: str) -> Path:
    one = all_formats()[name]
    records = [dict(one.example)]
    if isinstance(one, BatchFormat):
        records.append(dict(one.example_result))
    path = folder / f"{name}.log"
    path.write_text("\n".join(json.dumps(record) for record in records))
    return path


def test_the_formats_of_the_issue_are_there() -> None:
    assert set(all_formats()) >= {
        "canonical",
        "litellm-standard",
        "litellm-spend",
        "otel-genai",
        "openai-log",
        "openai-batch",
        "anthropic-log",
        "anthropic-batch",
        "bedrock",
    }


@pytest.mark.parametrize("name", sorted(all_formats()))
def test_a_format_alone_recognises_its_example(name: str) -> None:
    one = all_formats()[name]
    examples = [one.example, *([one.example_result] if isinstance(one, BatchFormat) else [])]
    for example in examples:
        assert recognising(example) is one
        known = [other.name for other in all_formats().values() if other.recognises(example)]
        # In whichever order they are asked.
        assert known == [name] or [n for n in known if not all_formats()[n].general] == [name]
    assert one.description


@pytest.mark.parametrize("name", sorted(all_formats()))
def test_a_format_is_documented(name: str) -> None:
    assert f"## {name}" in DOCS.read_text()


@pytest.mark.parametrize("name", sorted(all_formats()))
def test_an_example_becomes_one_exchange(tmp_path: Path, name: str) -> None:
    exchanges, letters = read(write(tmp_path, name))
    if all_formats()[name].refuses:
        assert (exchanges.num_rows, letters.num_rows) == (0, 1)
        return
    assert letters.num_rows == 0, letters.to_pylist()
    (row,) = exchanges.to_pylist()
    assert row["prompt"] == "Why?"
    assert row["account_id"]
    assert row["time"].year == 2026


def test_otlp_exports_hold_many_spans(tmp_path: Path) -> None:
    def span(number: int) -> dict[str, object]:
        pairs = {
            "gen_ai.system": "openai",
            "gen_ai.request.model": "m",
            "gen_ai.usage.prompt_tokens": {"intValue": "7"},
        }
        pairs["gen_ai.prompt"] = json.dumps([{"role": "user", "content": f"Why {number}?"}])
        attributes = [{"key": k, "value": v if isinstance(v, dict) else {"stringValue": v}} for k, v in pairs.items()]
        return {"spanId": f"s{number}", "startTimeUnixNano": "1795490904000000000", "attributes": attributes}

    resource = {"attributes": [{"key": "user.id", "value": {"stringValue": "a-1"}}]}
    export = {"resourceSpans": [{"resource": resource, "scopeSpans": [{"spans": [span(1), span(2)]}]}]}
    path = tmp_path / "traces.json"
    path.write_text(json.dumps(export) + "\n")
    exchanges, letters = read(path)
    assert letters.num_rows == 0, letters.to_pylist()
    rows = exchanges.to_pylist()
    assert [r["prompt"] for r in rows] == ["Why 1?", "Why 2?"]
    assert {r["account_id"] for r in rows} == {"a-1"}
    assert rows[0]["input_tokens"] == 7


def test_streamed_bedrock_bodies_are_put_together(tmp_path: Path) -> None:
    record = json.loads(json.dumps(all_formats()["bedrock"].example))
    deltas = [{"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": t}} for t in "abc"]
    record["output"]["outputBodyJson"][2:] = deltas
    path = tmp_path / "b.log"
    path.write_text(json.dumps(record))
    (row,) = read(path)[0].to_pylist()
    assert row["response"] == "abc"
    assert (row["input_tokens"], row["output_tokens"], row["max_tokens"]) == (571, 20, 2000)


def test_a_result_without_its_request_is_a_dead_letter(tmp_path: Path) -> None:
    path = tmp_path / "out.jsonl"
    result = all_formats()["openai-batch"].example_result  # type: ignore[attr-defined]
    path.write_text(json.dumps(dict(result)))
    exchanges, letters = read(path)
    assert exchanges.num_rows == 0
    assert "custom_id" in letters["reason"][0].as_py()


class Letters(LogFormat):
    """Reads several exchanges a record."""

    name, description, example = "letters", "a test's", {"letters": ["a"]}

    def recognises(self, record: Json) -> bool:
        return "letters" in record

    def read(self, record: Json) -> Iterable[Fields | RecordError]:
        for letter in record["letters"]:
            if letter == "bad":
                yield RecordError("it is bad")
            else:
                yield {"time": 1.8e9, "account_id": letter, "prompt": letter, "note": "`response`: cut"}


def test_what_cannot_be_read_of_a_record_costs_nothing_else(tmp_path: Path) -> None:
    batch = SliceRows(Slice(tmp_path, "x", "plain", "lines", "letters"))
    for line, letters in enumerate((["a", "bad", "", "b"], ["bad"], ["bad", ""]), start=1):
        read_record(batch, line, {"letters": letters}, b"...", Letters())
    result = batch.result(0)
    assert [(row["account_id"], row["exchange_id"], row["note"]) for row in result.exchanges.to_pylist()] == [
        ("a", "x:1", "`response`: cut"),
        ("b", "x:1.2", "`response`: cut"),
    ]
    told = [(row["line"], row["kind"], row["reason"]) for row in result.dead_letters.to_pylist()]
    lost = "no `account_id`"
    assert told == [
        (1, "part", "it is bad"),
        (1, "part", lost),
        (2, "record", "it is bad"),
        (3, "part", "it is bad"),
        (3, "part", lost),
    ]
