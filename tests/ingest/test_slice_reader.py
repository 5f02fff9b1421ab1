"""Nothing is lost and nothing stops a scan: every line is an exchange or a dead letter."""

import gzip
import json
import random
import tempfile
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import zstandard
from hypothesis import given, settings
from hypothesis import strategies as st

from stillwatch.core import EmptyInput, UnknownFormat, UnreadableInput
from stillwatch.ingest import all_formats, cut, plan, read_slice
from stillwatch.tables import DEAD_LETTERS, EXCHANGES

GOOD = {"time": "2026-11-24T00:00:00Z", "account_id": "a", "prompt": "hello there"}


def read(*paths: Path, slice_bytes: int = 1 << 25, batch_rows: int = 8192) -> tuple[pa.Table, pa.Table]:
    parts = cut(plan(list(paths)), slice_bytes=slice_bytes)
    results = [r for part in parts for r in read_slice(part, batch_rows=batch_rows)]
    return (
        pa.Table.from_batches([r.exchanges for r in results], EXCHANGES),
        pa.Table.from_batches([r.dead_letters for r in results], DEAD_LETTERS),
    )


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from([*EXCHANGES.names[:30], "x"]), inner, max_size=4)
    ),
    max_leaves=6,
)
lines = (
    st.binary(max_size=40).map(lambda b: b.replace(b"\n", b"").replace(b"\r", b""))
    | json_values.map(lambda v: json.dumps(v).encode())
    | st.dictionaries(st.sampled_from(EXCHANGES.names), json_values, max_size=4).map(
        lambda d: json.dumps({**GOOD, **d}).encode()
    )
    | st.just(json.dumps(GOOD).encode())
    | st.integers(1, 60).map(lambda cut: json.dumps(GOOD).encode()[:cut])
)


@settings(max_examples=60, deadline=None)
@given(st.lists(lines, max_size=12), st.integers(1, 5))
def test_every_line_is_an_exchange_or_a_dead_letter(made: list[bytes], batch_rows: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "log.jsonl"
        written = [json.dumps(GOOD).encode(), *made]
        path.write_bytes(b"\n".join(written))
        exchanges, letters = read(path, batch_rows=batch_rows)
        # NUL pads what was cut while it was written, RS begins a record of RFC 7464: alone on a line they are none.
        count = sum(1 for line in written if line.strip(b" \t\r\n\v\f\0\x1e"))
        # A line may hold a list of records, and have a dead letter for each, or be read as so many values.
        told = {*exchanges["source_line"].to_pylist(), *letters["line"].to_pylist()}
        assert all(letter["reason"] for letter in letters.to_pylist())
        if any(line.strip(b" \t\r\n\v\f\0\x1e")[:1] == b"[" for line in made):
            assert len(told) >= count
            return
        assert len(told) == count
        # Splitting at newlines is the only rule: a lone carriage return is part of its line.
        assert max([*exchanges["source_line"].to_pylist(), *letters["line"].to_pylist()]) <= len(written)


@settings(max_examples=25, deadline=None)
@given(st.integers(40, 900), st.integers(1, 60))
def test_slices_add_up_to_the_whole(slice_bytes: int, rows: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "log.jsonl"
        path.write_text(
            "".join(json.dumps({**GOOD, "prompt": f"p{i} " * (i % 7)}) + "\n" * (1 + i % 2) for i in range(1, rows + 1))
        )
        whole, _ = read(path)
        cut, _ = read(path, slice_bytes=slice_bytes)
        assert cut.equals(whole)
        assert whole.num_rows == rows


@pytest.mark.parametrize("wrap", ["gz", "zst", "parquet", "csv", "array"])
def test_containers_are_told_by_content(tmp_path: Path, wrap: str) -> None:
    records = [{**GOOD, "exchange_id": f"x{i}", "temperature": 0.5} for i in range(5)]
    text = "\n".join(json.dumps(r) for r in records).encode()
    path = tmp_path / "log.dat"
    if wrap == "gz":
        path.write_bytes(gzip.compress(text))
    elif wrap == "zst":
        path.write_bytes(zstandard.compress(text))
    elif wrap == "parquet":
        pq.write_table(pa.Table.from_pylist(records), path)
    elif wrap == "csv":
        names = list(records[0])
        path.write_text("\n".join([",".join(names), *(",".join(str(r[n]) for n in names) for r in records)]))
    else:
        path.write_text(json.dumps(records))
    exchanges, letters = read(path)
    assert letters.num_rows == 0, letters.to_pylist()
    assert exchanges["exchange_id"].to_pylist() == [f"x{i}" for i in range(5)]
    assert exchanges["temperature"].to_pylist() == [0.5] * 5


@pytest.mark.parametrize("compress", [gzip.compress, zstandard.compress])
def test_a_stream_that_breaks_off_keeps_what_was_read(tmp_path: Path, compress: object) -> None:
    rng = random.Random(1)
    text = "\n".join(json.dumps({**GOOD, "prompt": rng.randbytes(40).hex()}) for _ in range(4000)).encode()
    whole = compress(text)  # type: ignore[operator]
    path = tmp_path / "cut"
    path.write_bytes(whole[: len(whole) // 2])
    exchanges, letters = read(path)
    assert exchanges.num_rows > 500
    assert any(word in letters["reason"].to_pylist()[-1] for word in ("breaks off", "truncated"))


def test_formats_may_be_mixed_line_by_line(tmp_path: Path) -> None:
    spend = {
        "request_id": "r",
        "call_type": "acompletion",
        "api_key": "k",
        "spend": 0.1,
        "startTime": "2026-11-24T00:00:00Z",
    }
    spend |= {
        "user": "u",
        "model": "m",
        "proxy_server_request": {"messages": [{"role": "user", "content": "Q?"}]},
        "response": {},
    }
    path = tmp_path / "mixed.jsonl"
    path.write_text("\n".join(json.dumps(r) for r in [GOOD, spend, GOOD]))
    exchanges, letters = read(path)
    assert letters.num_rows == 0, letters.to_pylist()
    assert exchanges["prompt"].to_pylist() == ["hello there", "Q?", "hello there"]


def test_dead_letters_say_file_line_and_reason(tmp_path: Path) -> None:
    path = tmp_path / "log.jsonl"
    bad = {**GOOD, "account_id": ["hot"]}
    path.write_text("\n".join([json.dumps(GOOD), json.dumps(bad), "", '{"time": 1']))
    _, letters = read(path)
    first, second = letters.to_pylist()
    assert (first["file"], first["line"]) == ("log.jsonl", 2)
    assert "`account_id`: expected text, got ['hot']" in first["reason"]
    assert (second["line"], second["excerpt"]) == (4, '{"time": 1')


def test_what_cannot_be_read_at_all_is_one_clear_error(tmp_path: Path) -> None:
    empty = tmp_path / "empty"
    empty.mkdir()
    with pytest.raises(EmptyInput, match="no files"):
        plan([empty])
    with pytest.raises(UnreadableInput, match="no such file"):
        plan([tmp_path / "none"])
    (empty / "notes.txt").write_text("just some words\nand more\n")
    with pytest.raises(UnknownFormat, match=r"notes.txt"):
        plan([empty])
    (tmp_path / "odd.jsonl").write_text('{"x": 1}\n')
    with pytest.raises(UnknownFormat, match="no format recognises"):
        plan([tmp_path / "odd.jsonl"])
    (tmp_path / "broken.gz").write_bytes(b"\x1f\x8b" + b"nonsense" * 5)
    with pytest.raises(UnreadableInput, match="broken"):
        plan([tmp_path / "broken.gz"])


@pytest.mark.parametrize("name", ["openai-batch", "anthropic-batch"])
def test_defaults_stand_for_what_batch_files_do_not_say(tmp_path: Path, name: str) -> None:
    made = all_formats()[name]
    request = json.loads(json.dumps(made.example))
    for part in ("body", "params"):
        for key in ("user", "metadata"):
            request.get(part, {}).pop(key, None)
    (tmp_path / "in.jsonl").write_text(json.dumps(request))
    (tmp_path / "out.jsonl").write_text(json.dumps(made.example_result))  # type: ignore[attr-defined]
    assert sum(r.exchanges.num_rows for part in plan([tmp_path]) for r in read_slice(part)) == 0
    defaults = {"account_id": "owner", "time": "2026-11-24T00:00:00Z"}
    (row,) = [
        row for part in plan([tmp_path], defaults=defaults) for r in read_slice(part) for row in r.exchanges.to_pylist()
    ]
    assert row["account_id"] == "owner"
    assert row["prompt"]
    assert row["response"]


def test_a_block_decoded_at_once_gives_what_its_lines_give(tmp_path: Path) -> None:
    rng = random.Random(2)
    made = [{**GOOD, "prompt": rng.randbytes(rng.randrange(30)).hex(), "n": rng.randrange(3)} for _ in range(400)]
    made[7]["time"] = "yesterday"
    lines = [json.dumps(record) for record in made]
    whole, apart = tmp_path / "whole" / "log.jsonl", tmp_path / "apart" / "log.jsonl"
    for path, end in ((whole, "\n"), (apart, " \n")):
        path.parent.mkdir()
        # A space at a line's end keeps a block from being decoded at once.
        path.write_text(end.join(lines) + end)
    exchanges, letters = read(whole)
    slowly, letters_slowly = read(apart)
    assert exchanges.equals(slowly)
    assert letters["line"].to_pylist() == letters_slowly["line"].to_pylist() == [8]
    assert letters["excerpt"].to_pylist() == [lines[7][:200]]


@pytest.mark.parametrize("text", ['{"a":1} {"a":2}\n\n', "{}\n{}\n", '{"time": 1e999}\n'])
def test_what_is_not_one_record_a_line_is_never_an_exchange(tmp_path: Path, text: str) -> None:
    path = tmp_path / "log.jsonl"
    path.write_text(json.dumps(GOOD) + "\n" + text)
    exchanges, letters = read(path)
    assert exchanges["source_line"].to_pylist() == [1]
    # Two values on a line are two records.
    assert letters.num_rows == text.count("{")
