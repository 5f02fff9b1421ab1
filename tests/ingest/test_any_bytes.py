"""Any bytes in any wrapping: exchanges, dead letters or a sentence, never a traceback; and nothing is lost."""

import bz2
import csv
import gzip
import io
import json
import lzma
import tempfile
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.feather as feather
import pyarrow.parquet as pq
import pytest
import zstandard
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

import stillwatch
from stillwatch.core import StillwatchError
from stillwatch.ingest import BatchFormat, PartsFormat, all_formats, cut, plan, read_slice

EXAMPLES = [json.loads(json.dumps(one.example)) for one in all_formats().values()]
# Each record an exchange of its own: neither halves nor parts, nor events, of which those of one call are put together.
ALONE = [
    json.loads(json.dumps(one.example))
    for name, one in all_formats().items()
    if not isinstance(one, BatchFormat | PartsFormat) and name != "otel-genai-events"
]

PACKERS: dict[str, Callable[[bytes], bytes]] = {
    "plain": bytes,
    "gzip": gzip.compress,
    "bz2": bz2.compress,
    "xz": lzma.compress,
    "zstd": zstandard.compress,
    "gzip twice": lambda data: gzip.compress(gzip.compress(data)),
    "mark": lambda data: b"\xef\xbb\xbf" + data,
    "UTF-16": lambda data: data.decode("utf-8", "replace").encode("utf-16", "replace"),
    "UTF-16 BE": lambda data: b"\xfe\xff" + data.decode("utf-8", "replace").encode("utf-16-be", "replace"),
}


def _csv(records: Sequence[dict[str, Any]]) -> bytes:
    names = sorted({name for record in records for name in record})
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(names)
    for record in records:
        cells = [record.get(name) for name in names]
        writer.writerow([json.dumps(cell) if isinstance(cell, dict | list) else cell for cell in cells])
    return text.getvalue().encode("utf-8", "replace")


LAYOUTS: dict[str, Callable[[Sequence[dict[str, Any]]], bytes]] = {
    "lines": lambda records: b"\n".join(json.dumps(record).encode() for record in records),
    "none": lambda records: b"".join(json.dumps(record).encode() for record in records),
    "array": lambda records: json.dumps(records).encode(),
    "pretty": lambda records: b"\n".join(json.dumps(record, indent=1).encode() for record in records),
    "reply": lambda records: json.dumps({"data": records, "more": False}).encode(),
    "logEvents": lambda records: json.dumps({"logEvents": [{"message": json.dumps(r)} for r in records]}).encode(),
    "docker": lambda records: b"\n".join(json.dumps({"log": json.dumps(r) + "\n"}).encode() for r in records),
    "CRI": lambda records: b"\n".join(b"2026-01-05T10:00:00Z stdout F " + json.dumps(r).encode() for r in records),
    "hec": lambda records: b"".join(json.dumps({"event": r}).encode() for r in records),
}

values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=6),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=4,
)


@st.composite
def mutated(draw: st.DrawFn, among: Sequence[dict[str, Any]] = ALONE) -> dict[str, Any]:
    """An example of a format, one of its values changed, taken away or put in another's place."""
    record: dict[str, Any] = json.loads(json.dumps(draw(st.sampled_from(among))))
    for _ in range(draw(st.integers(0, 2))):
        place: Any = record
        for _ in range(draw(st.integers(0, 4))):
            if isinstance(place, dict) and place:
                inner = place[draw(st.sampled_from(sorted(place)))]
            elif isinstance(place, list) and place:
                inner = place[draw(st.integers(0, len(place) - 1))]
            else:
                break
            if not isinstance(inner, dict | list) or not inner:
                break
            place = inner
        key = draw(st.sampled_from(sorted(place)) if isinstance(place, dict) else st.integers(0, len(place) - 1))
        place[key] = draw(values)
    return record


def scanned(content: bytes, name: str = "log") -> tuple[int, list[dict[str, Any]], set[int]] | StillwatchError:
    """How many exchanges there are, dead letters, and the lines of both; or the sentence why there is nothing."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / name
        path.write_bytes(content)
        try:
            parts = list(cut(plan([path]), slice_bytes=300))
        except StillwatchError as error:
            return error
        found = [result for part in parts for result in read_slice(part, batch_rows=3)]
        letters = [letter for result in found for letter in result.dead_letters.to_pylist()]
        assert all(letter["reason"] for letter in letters)
        lines = {line for result in found for line in result.exchanges["source_line"].to_pylist()}
        count = sum(result.exchanges.num_rows for result in found)
        return count, letters, lines | {letter["line"] for letter in letters}


def check_nothing_lost(records: list[dict[str, Any]], layout: str, packer: str) -> None:
    told = scanned(PACKERS[packer](LAYOUTS[layout](records)))
    if not isinstance(told, StillwatchError):
        # A record may hold several exchanges; none may be neither, but for the same part of one exchange come twice.
        assert told[0] + len(told[1]) >= len(lines_apart(records))


def lines_apart(records: list[dict[str, Any]]) -> list[set[int]]:
    """The lines of records, of those together that may be one exchange: they say the same, or name one answer."""
    given = [one for record in records for name in ("response", "output") if isinstance(one := record.get(name), dict)]
    ids = {str(one["id"]) for one in given if one.get("id")}
    found: dict[str, set[int]] = {}
    for line, record in enumerate(records, 1):
        named = [record, *(one for one in record.values() if isinstance(one, dict))]
        answer = next((str(one["id"]) for one in named if str(one.get("id")) in ids), None)
        found.setdefault(answer or json.dumps(says(record), sort_keys=True), set()).add(line)
    return [*found.values()]


def says(value: Any) -> Any:
    """A value without what says nothing: a null and an empty list of messages are the same part."""
    if isinstance(value, dict):
        kept = {name: says(one) for name, one in value.items()}
        return {name: one for name, one in kept.items() if one not in (None, "", [], {})}
    return [says(one) for one in value] if isinstance(value, list) else value


def check_any_bytes(content: bytes) -> None:
    for packer in ("plain", "gzip", "UTF-16"):
        scanned(PACKERS[packer](content))


def check_damage(record: dict[str, Any], layout: str, packer: str, at: float, change: bytes, keep: float) -> None:
    whole = PACKERS[packer](LAYOUTS[layout]([record] * 3))
    place = int(at * len(whole))
    scanned(whole[:place] + change + whole[place + len(change) :][: int(keep * len(whole)) + 1])


def check_damaged_table(records: list[dict[str, Any]], kind: str, at: float, change: bytes) -> None:
    flat = [{k: json.dumps(v) if isinstance(v, dict | list) else str(v) for k, v in r.items()} for r in records]
    table, sink = pa.Table.from_pylist(flat), io.BytesIO()
    if not table.num_columns:
        return
    if kind == "parquet":
        pq.write_table(table, sink)
    else:
        feather.write_feather(table, sink, compression="uncompressed")
    whole = sink.getvalue()
    told = scanned(whole)
    # A row may hold several exchanges, and have a dead letter for each.
    assert isinstance(told, StillwatchError) or all(told[2] & lines for lines in lines_apart(records))
    place = int(at * len(whole))
    scanned(whole[:place] + change + whole[place + len(change) :])
    scanned(whole[:place])


LAYOUT, PACKER = st.sampled_from(sorted(LAYOUTS)), st.sampled_from(sorted(PACKERS))
PART = st.floats(0, 1)
STARTS = [
    b"",
    b"[",
    b"{",
    b'{"',
    b'[{"a"',
    b"\x1f\x8b",
    b"BZh9",
    b"\xfd7zXZ\0",
    b"\x28\xb5\x2f\xfd",
    b"PAR1",
    b"ARROW1\0\0",
]
STARTS += [
    b"\xff\xfe",
    b"\xfe\xff",
    b"\xff\xfe\0\0",
    b"\xef\xbb\xbf",
    b"\xff\xff\xff\xff",
    b"FEA1",
    b"time,account_id,prompt\n",
]
STARTS += [b'a,b\n"[', b"\r", b"\0", b"\x1e{", b"time;prompt\r"]
BYTES = st.tuples(st.sampled_from(STARTS), st.binary(max_size=60), st.text(max_size=20)).map(
    lambda parts: parts[0] + parts[1] + parts[2].encode("utf-8", "replace")
)
BITS = st.binary(min_size=1, max_size=6)
FEW = settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
MANY = settings(max_examples=250, deadline=None, suppress_health_check=list(HealthCheck))


STORED = {
    "id": "c-1",
    "object": "chat.completion",
    "created": 1795490904,
    "choices": [{"index": 0, "message": {"role": "assistant", "content": "Because."}}],
}
# Two records around one answer that was stored, and one that is beside its id.
AROUND: list[dict[str, Any]] = [{"input": one, "output": STORED, "tags": {"user_id": "a-1"}} for one in (None, False)]
BESIDE: list[dict[str, Any]] = [{"id": "c-1", "user_id": "a-1", "messages": None}, AROUND[0]]


@FEW
@given(st.lists(mutated(), min_size=1, max_size=4), LAYOUT, PACKER)
@example(AROUND, "CRI", "plain")
@example(BESIDE, "CRI", "plain")
def test_nothing_is_lost(records: list[dict[str, Any]], layout: str, packer: str) -> None:
    check_nothing_lost(records, layout, packer)


@FEW
@given(BYTES)
@example(b"\r{}")
@example(b'{"log": "{"}')
@example(b"\xff\xfe")
def test_any_bytes(content: bytes) -> None:
    check_any_bytes(content)


@FEW
@given(mutated(EXAMPLES), LAYOUT, PACKER, PART, BITS, PART)
def test_damaged_files(record: dict[str, Any], layout: str, packer: str, at: float, change: bytes, keep: float) -> None:
    check_damage(record, layout, packer, at, change, keep)


@FEW
@given(st.lists(mutated(), min_size=1, max_size=3), st.sampled_from(["parquet", "arrow"]), PART, BITS)
def test_damaged_tables(records: list[dict[str, Any]], kind: str, at: float, change: bytes) -> None:
    check_damaged_table(records, kind, at, change)


@FEW
@given(st.lists(mutated(), min_size=1, max_size=3))
def test_a_csv_of_anything(records: list[dict[str, Any]]) -> None:
    told = scanned(_csv(records))
    assert isinstance(told, StillwatchError) or told[0] + len(told[1]) >= len(records)


@settings(max_examples=6, deadline=None, suppress_health_check=list(HealthCheck))
@given(mutated(EXAMPLES), LAYOUT, PACKER, PART, BITS)
def test_a_scan_ends_in_a_run_or_a_sentence(
    record: dict[str, Any], layout: str, packer: str, at: float, change: bytes
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        whole = PACKERS[packer](LAYOUTS[layout]([record] * 3))
        (Path(folder) / "in").mkdir()
        (Path(folder) / "in" / "whole").write_bytes(whole)
        (Path(folder) / "in" / "damaged").write_bytes(whole[: int(at * len(whole))] + change)
        with suppress(StillwatchError):
            stillwatch.scan([Path(folder) / "in"], out=Path(folder) / "run")


@pytest.mark.slow
@MANY
@given(st.lists(mutated(), min_size=1, max_size=4), LAYOUT, PACKER)
def test_nothing_is_lost_in_many(records: list[dict[str, Any]], layout: str, packer: str) -> None:
    check_nothing_lost(records, layout, packer)


@pytest.mark.slow
@MANY
@given(BYTES)
def test_many_bytes(content: bytes) -> None:
    check_any_bytes(content)


@pytest.mark.slow
@MANY
@given(mutated(EXAMPLES), LAYOUT, PACKER, PART, BITS, PART)
def test_many_damaged_files(
    record: dict[str, Any], layout: str, packer: str, at: float, change: bytes, keep: float
) -> None:
    check_damage(record, layout, packer, at, change, keep)


@pytest.mark.slow
@MANY
@given(st.lists(mutated(), min_size=1, max_size=3), st.sampled_from(["parquet", "arrow"]), PART, BITS)
def test_many_damaged_tables(records: list[dict[str, Any]], kind: str, at: float, change: bytes) -> None:
    check_damaged_table(records, kind, at, change)
