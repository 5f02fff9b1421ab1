"""Which files are read, as what, under which names, and on which lines their records stand."""

import gzip
import io
import json
from collections.abc import Callable, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import zstandard
from hypothesis import given, settings
from hypothesis import strategies as st

from stillwatch.core import EmptyInput, UnknownFormat, UnreadableInput
from stillwatch.ingest import SliceResult, all_formats, cut, plan, read_slice

GOOD = {"time": "2026-11-24T00:00:00Z", "account_id": "a", "prompt": "hello"}
LINE = json.dumps(GOOD).encode()
SPEND = {
    "request_id": "r", "call_type": "c", "api_key": "k", "startTime": "2026-11-24T00:00:00Z",
    "messages": [{"role": "user", "content": "Q?"}],
}  # fmt: skip


def results(*paths: Path, slice_bytes: int = 1 << 25, batch_rows: int = 8192) -> list[SliceResult]:
    parts = cut(plan(list(paths)), slice_bytes=slice_bytes)
    return [result for part in parts for result in read_slice(part, batch_rows=batch_rows)]


def rows(found: Sequence[SliceResult]) -> list[dict[str, Any]]:
    return [row for result in found for row in result.exchanges.to_pylist()]


def letters(found: Sequence[SliceResult]) -> list[dict[str, Any]]:
    return [row for result in found for row in result.dead_letters.to_pylist()]


def places(*paths: Path, **how: int) -> list[tuple[str, int]]:
    return [(row["source_file"], row["source_line"]) for row in rows(results(*paths, **how))]


def put(path: Path, content: bytes = LINE) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return path


def test_a_folder_is_walked_in_order_and_hidden_files_are_left_out(tmp_path: Path) -> None:
    for name in ("b.jsonl", "a/c.jsonl", "a/b.jsonl", ".hidden.jsonl", ".git/x.jsonl", "a/.b.jsonl.swp"):
        put(tmp_path / "in" / name)
    put(tmp_path / "in" / "empty.jsonl", b"")
    assert places(tmp_path / "in") == [("a/b.jsonl", 1), ("a/c.jsonl", 1), ("b.jsonl", 1)]


def test_a_folder_that_is_hidden_itself_may_be_named(tmp_path: Path) -> None:
    put(tmp_path / ".logs" / "a.jsonl")
    assert places(tmp_path / ".logs", tmp_path / ".logs" / "a.jsonl") == [("a.jsonl", 1), ("a.jsonl", 1)]


def test_a_parquet_folder_is_named_with_its_parts(tmp_path: Path) -> None:
    for number in (1, 0):
        part = tmp_path / "log.parquet" / f"part-{number}.parquet"
        part.parent.mkdir(exist_ok=True)
        pq.write_table(pa.Table.from_pylist([GOOD, GOOD]), part)
    put(tmp_path / "log.parquet" / "_SUCCESS", b"")
    put(tmp_path / "log.parquet" / "notes.txt", b"notes")
    wanted = [(f"log.parquet/part-{number}.parquet", line) for number in (0, 1) for line in (1, 2)]
    assert places(tmp_path / "log.parquet") == wanted


def test_parquet_that_lacks_columns_says_which(tmp_path: Path) -> None:
    path = tmp_path / "log.parquet"
    for columns, lacking in ((["time", "account_id"], "prompt"), (["prompt"], "account_id, time")):
        pq.write_table(pa.table({name: ["x"] for name in columns}), path)
        with pytest.raises(UnknownFormat, match=f"its columns lack {lacking}\n") as told:
            plan([path])
        assert "canonical columns: exchange_id, time" in str(told.value.hint)
    pq.write_table(pa.Table.from_pylist([{**GOOD, "messages": [{"role": "user", "content": "m"}]}]), path)
    assert rows(results(path))[0]["messages"] == [{"role": "user", "content": "m"}]
    put(path, b"PAR1 and then nothing")
    with pytest.raises(UnreadableInput, match="not a Parquet file"):
        plan([path])


def test_nothing_to_read_is_said_so(tmp_path: Path) -> None:
    with pytest.raises(EmptyInput, match="nothing was named"):
        plan([])
    with pytest.raises(EmptyInput, match="every file is empty"):
        plan([put(tmp_path / "a", b""), put(tmp_path / "b", b"")])
    with pytest.raises(UnknownFormat, match="it holds no JSON records"):
        plan([put(tmp_path / "words", b"some words\n")])


def test_a_format_is_chosen_by_the_most_records_and_of_equals_by_the_first(tmp_path: Path) -> None:
    spend = json.dumps(SPEND).encode()
    assert plan([put(tmp_path / "a", b"\n".join([LINE, spend, spend]))])[0].format == "litellm-spend"
    assert plan([put(tmp_path / "b", b"\n".join([spend, LINE]))])[0].format == "canonical"
    assert plan([put(tmp_path / "c", b"words first\n" + spend)])[0].format == "litellm-spend"


@pytest.mark.parametrize("made", [GOOD, SPEND])
@settings(max_examples=25, deadline=None)
@given(st.lists(st.sampled_from(["good", "bad", ""]), min_size=1, max_size=40), st.integers(1, 7), st.integers(60, 900))
def test_every_record_keeps_its_line(
    tmp_path_factory: pytest.TempPathFactory, made: dict[str, Any], kinds: list[str], batch: int, size: int
) -> None:
    kinds = ["good", *kinds]
    text = {"good": json.dumps(made), "bad": "{", "": ""}
    path = put(tmp_path_factory.mktemp("lines") / "log", "\n".join(text[kind] for kind in kinds).encode())
    for how in ({}, {"slice_bytes": size}, {"batch_rows": batch}):
        found = results(path, **how)
        lines = {kind: [n for n, one in enumerate(kinds, 1) if one == kind] for kind in text}
        assert [row["source_line"] for row in rows(found)] == lines["good"]
        assert [letter["line"] for letter in letters(found)] == lines["bad"]
        assert sum(result.lines for result in found) == len(lines["good"]) + len(lines["bad"])
        assert sum(result.bytes_read for result in found) == path.stat().st_size
        assert all(result.bytes_read >= 0 for result in found)


def test_slices_are_cut_at_newlines_and_hold_every_byte_once(tmp_path: Path) -> None:
    path = put(tmp_path / "log", (LINE + b"\n") * 50)
    parts = list(cut(plan([path]), slice_bytes=3 * len(LINE)))
    assert len(parts) > 10
    assert parts[0].start == 0
    assert parts[-1].end is None
    for before, after in pairwise(parts):
        assert before.end == after.start
        assert path.read_bytes()[after.start - 1 : after.start] == b"\n"
        assert after.first_line == 1 + path.read_bytes()[: after.start].count(b"\n")
    assert len(list(cut(plan([path]), slice_bytes=path.stat().st_size))) == 1
    assert len(list(cut(plan([put(tmp_path / "z", gzip.compress(LINE))]), slice_bytes=1))) == 1


def test_lines_longer_than_a_block_are_whole(tmp_path: Path) -> None:
    long = json.dumps({**GOOD, "prompt": "x" * 2_500_000}).encode()
    text = b"\n".join([LINE, long, LINE, b"", long, b"{", LINE])
    for name, content in (("plain", text), ("gz", gzip.compress(text)), ("zst", zstandard.compress(text))):
        found = results(put(tmp_path / name, content))
        assert [row["source_line"] for row in rows(found)] == [1, 2, 3, 5, 7]
        assert [len(row["prompt"]) for row in rows(found)] == [5, 2_500_000, 5, 2_500_000, 5]
        assert [letter["line"] for letter in letters(found)] == [6]
        assert sum(result.bytes_read for result in found) == len(content)


def test_blocks_count_on_where_the_last_one_ended(tmp_path: Path) -> None:
    lines = 30_000
    path = put(tmp_path / "log", (LINE + b"\n") * lines)
    assert path.stat().st_size > 2 << 20
    assert [line for _, line in places(path)] == list(range(1, lines + 1))
    assert [line for _, line in places(put(tmp_path / "z", gzip.compress(path.read_bytes())))] == list(
        range(1, lines + 1)
    )


def test_several_frames_are_one_stream(tmp_path: Path) -> None:
    for pack in (gzip.compress, zstandard.compress):
        path = put(tmp_path / "log", pack(LINE + b"\n") + pack(LINE + b"\n" + LINE))
        assert [line for _, line in places(path)] == [1, 2, 3]


@pytest.mark.parametrize("made", [GOOD, SPEND])
def test_a_break_in_a_stream_stands_on_the_line_it_cut(tmp_path: Path, made: dict[str, Any]) -> None:
    # Stored, not compressed: the break is where the file is cut.
    buffer = io.BytesIO()
    line = json.dumps(made).encode()
    with gzip.GzipFile(fileobj=buffer, mode="wb", compresslevel=0) as stream:
        stream.write((line + b"\n") * 400)
    path = put(tmp_path / "log.gz", buffer.getvalue()[: len(buffer.getvalue()) * 3 // 4])
    found = results(path)
    read = len(rows(found))
    assert read > 100
    (last,) = letters(found)
    assert "the gzip stream breaks off here" in last["reason"]
    assert last["line"] == read + 1
    assert sum(result.lines for result in found) == read + len(letters(found))
    assert sum(result.bytes_read for result in found) == path.stat().st_size


def test_a_byte_order_mark_hides_no_container(tmp_path: Path) -> None:
    mark = b"\xef\xbb\xbf"
    assert (
        rows(results(put(tmp_path / "csv", mark + b"time,account_id,prompt\n2026-11-24T09:00:00Z,a,p\n")))[0]["prompt"]
        == "p"
    )
    assert plan([put(tmp_path / "array", b" \n[" + LINE + b"]")])[0].container == "values"


def test_items_of_an_array_are_counted_as_lines(tmp_path: Path) -> None:
    array = b"[" + b",\n\n".join([LINE, b"42", LINE]) + b"]"
    for name, content in (("plain", array), ("gz", gzip.compress(array))):
        found = results(put(tmp_path / name, content), batch_rows=2)
        assert [row["source_line"] for row in rows(found)] == [1, 3]
        assert [(letter["line"], letter["reason"]) for letter in letters(found)] == [
            (2, "expected a JSON object, got int")
        ]


@pytest.mark.parametrize("pack", [bytes, gzip.compress, zstandard.compress])
def test_a_first_record_and_an_array_may_be_longer_than_a_head(tmp_path: Path, pack: Callable[[bytes], bytes]) -> None:
    long = json.dumps({**GOOD, "prompt": "x" * 200_000}).encode()
    assert places(put(tmp_path / "lines", pack(b"\n\n" + long + b"\n" + LINE))) == [("lines", 3), ("lines", 4)]
    array = b"[" + b",".join([LINE, long] * 3) + b"]"
    for slice_bytes in (1 << 25, 1000):
        found = results(put(tmp_path / "array", pack(array)), slice_bytes=slice_bytes)
        assert [row["source_line"] for row in rows(found)] == [1, 2, 3, 4, 5, 6]


def test_a_csv_is_never_cut(tmp_path: Path) -> None:
    path = put(tmp_path / "log.csv", b"time,account_id,prompt\n" + b"2026-11-24T00:00:00Z,a,p\n" * 50)
    assert [line for _, line in places(path, slice_bytes=100)] == list(range(2, 52))


def test_rows_of_csv_stand_where_they_begin(tmp_path: Path) -> None:
    head = "time,account_id,prompt,temperature,verified,tools,stop,messages,unknown"
    body = [
        '2026-11-24T00:00:00Z,a,"two\nlines",0.5,true,"[""search""]",END,,x',
        "",
        "2026-11-24T00:00:00Z,b,p,,,,,,",
        "2026-11-24T00:00:00Z,c,p,,,,,,,too many,cells",
        '2026-11-24T00:00:00Z,d,,,,,,"[{""role"":""user"",""content"":""m""}]",',
        "2026-11-24T00:00:00Z,e,p,hot,,,,,",
        "2026-11-24T00:00:00Z,f,p,,,[broken,,,",
        "2026-11-24T00:00:00Z,,p,,,,,,",
        f"2026-11-24T00:00:00Z,g,{'long ' * 50_000},,,,,,",
    ]
    path = put(tmp_path / "log.csv", "\n".join([head, *body]).encode())
    for batch_rows in (1, 100):
        found = results(path, batch_rows=batch_rows)
        read = rows(found)
        assert [row["source_line"] for row in read] == [2, 5, 7, 8, 11]
        assert read[0]["prompt"] == "two\nlines"
        assert (read[0]["temperature"], read[0]["verified"]) == (0.5, True)
        assert (read[0]["tools"], read[0]["stop"], read[0]["messages"]) == (["search"], ["END"], None)
        assert (read[1]["temperature"], read[1]["verified"], read[1]["tools"]) == (None, None, None)
        assert read[2]["prompt"] == "m"
        assert (read[3]["temperature"], read[3]["note"]) == (None, "`temperature`: expected a number, got 'hot'")
        assert len(read[4]["prompt"]) == 250_000
        told = letters(found)
        assert [letter["line"] for letter in told] == [6, 9, 10]
        assert told[0]["reason"] == "the row does not have the header's number of cells"
        assert told[0]["excerpt"].startswith("2026-11-24T00:00:00Z,c,p,")
        assert told[1]["reason"].startswith("`tools`: not JSON")
        assert told[2]["reason"] == "no `account_id`"


def test_rows_of_parquet_are_counted_over_batches(tmp_path: Path) -> None:
    path = tmp_path / "log.parquet"
    made = [{**GOOD, "prompt": f"p{n}", "top_k": n} for n in range(7)]
    made[4]["account_id"] = ""
    pq.write_table(pa.Table.from_pylist(made), path)
    found = results(path, batch_rows=3)
    assert [(row["source_line"], row["top_k"]) for row in rows(found)] == [(n + 1, n) for n in range(7) if n != 4]
    assert [(letter["line"], letter["reason"]) for letter in letters(found)] == [(5, "no `account_id`")]
    assert "'prompt': 'p4'" in letters(found)[0]["excerpt"]
    assert [result.lines for result in found] == [3, 3, 1]
    assert sum(result.bytes_read for result in found) == path.stat().st_size


def test_ids_are_made_of_file_and_line_where_a_log_has_none(tmp_path: Path) -> None:
    named = json.dumps({**GOOD, "exchange_id": "x-1"}).encode()
    bad = json.dumps({**GOOD, "time": "never"}).encode()
    span = {"startTimeUnixNano": "1795490904000000000", "attributes": {"gen_ai.prompt": "Why?", "user.id": "a"}}
    late = {**span, "startTimeUnixNano": "1"}
    export = json.dumps({"resourceSpans": [{"scopeSpans": [{"spans": [span, late, span]}]}]}).encode()
    path = put(tmp_path / "in" / "sub" / "log", b"\n".join([LINE, bad, named, export, LINE]))
    found = results(tmp_path / "in")
    made = [row["exchange_id"] for row in rows(found)]
    assert made == ["sub/log:1", "x-1", "sub/log:4", "sub/log:4.3", "sub/log:5"]
    assert [letter["line"] for letter in letters(found)] == [2, 4]
    assert path.exists()


def test_an_excerpt_is_how_a_record_begins(tmp_path: Path) -> None:
    short, long = b'{"a": "\xff"', '{"a": "' + "ü" * 300
    path = put(tmp_path / "log", b"\n".join([LINE, short, long.encode()]))
    first, second = letters(results(path))
    assert first["excerpt"] == '{"a": "�"'
    assert second["excerpt"] == long[:200]


def test_a_value_that_no_column_takes_costs_its_own_row_alone(tmp_path: Path) -> None:
    lone = b'{"time": "2026-11-24T00:00:00Z", "account_id": "a", "messages": [{"role": "user", "content": "\\ud800"}]}'
    never = json.dumps({**GOOD, "time": "never"}).encode()
    path = put(tmp_path / "log", b"\n".join([LINE, lone, LINE, never, LINE]) + b"\n")
    found = results(path)
    assert [row["source_line"] for row in rows(found)] == [1, 2, 3, 5]
    assert rows(found)[1]["prompt"] == "\ufffd"
    assert [letter["line"] for letter in letters(found)] == [4]


def test_a_shape_that_no_format_foresaw_is_a_dead_letter(tmp_path: Path) -> None:
    odd = {"key": "user.id", "value": {"kvlistValue": {"values": [{"key": [1], "value": 1}]}}}
    prompt = {"key": "gen_ai.prompt", "value": {"stringValue": "Why?"}}
    path = put(tmp_path / "log", json.dumps({"startTimeUnixNano": 1, "attributes": [prompt, odd]}).encode())
    (letter,) = letters(results(path))
    assert letter["reason"].startswith("`spans`: an unexpected shape: TypeError")


@pytest.mark.parametrize("name", ["openai-batch", "anthropic-batch"])
def test_batch_lines_keep_their_files_and_numbers(tmp_path: Path, name: str) -> None:
    one: Any = all_formats()[name]
    time = "2026-11-24T00:00:00Z"
    asked = [{**one.example, "custom_id": f"r-{n}", "created_at": time} for n in (1, 2, 3, 2)]
    answered = [{**one.example_result, "custom_id": f"r-{n}"} for n in (3, 9, 1)]
    put(tmp_path / "in" / "1-asked.jsonl", "\n".join([*map(json.dumps, asked), "", "{"]).encode())
    put(
        tmp_path / "in" / "2-answered.jsonl",
        gzip.compress("\n".join(["", *map(json.dumps, answered), '{"x": 1}']).encode()),
    )
    put(tmp_path / "in" / "other" / "log.jsonl")
    found = results(tmp_path / "in")
    told = {(letter["file"], letter["line"]): letter["reason"] for letter in letters(found)}
    assert set(told) >= {("1-asked.jsonl", 4), ("1-asked.jsonl", 6), ("2-answered.jsonl", 3), ("2-answered.jsonl", 5)}
    assert "'r-2' stands twice" in told["1-asked.jsonl", 4]
    assert told["1-asked.jsonl", 6].startswith("not JSON")
    assert "no request with `custom_id` 'r-9'" in told["2-answered.jsonl", 3]
    assert f"not a {name} record" in told["2-answered.jsonl", 5]
    joined = [(row["source_file"], row["source_line"], row["response"]) for row in rows(found)]
    assert ("2-answered.jsonl", 2, "Because.") in joined
    assert ("2-answered.jsonl", 4, "Because.") in joined
    assert ("other/log.jsonl", 1, None) in joined
    # OpenAI's own time is in the answer, so that what was not answered has none.
    left = [place for place in joined if place[0] == "1-asked.jsonl"]
    assert left == ([] if name == "openai-batch" else [("1-asked.jsonl", 2, None)])
    if name == "openai-batch":
        assert told["1-asked.jsonl", 2] == "no `time`"
    # Five lines asked, four answered, one of another folder.
    assert sum(result.lines for result in found) == 10
    assert max(result.lines for result in results(tmp_path / "in", batch_rows=2)) == 2
    size = sum(path.stat().st_size for path in (tmp_path / "in").rglob("*.jsonl"))
    assert sum(result.bytes_read for result in found) == size


def test_batches_in_two_folders_do_not_meet(tmp_path: Path) -> None:
    one: Any = all_formats()["anthropic-batch"]
    put(tmp_path / "in" / "a" / "asked.jsonl", json.dumps(dict(one.example)).encode())
    put(tmp_path / "in" / "b" / "answered.jsonl", json.dumps(dict(one.example_result)).encode())
    found = results(tmp_path / "in")
    assert [row["response"] for row in rows(found)] == [None]
    assert [letter["file"] for letter in letters(found)] == ["b/answered.jsonl"]


ASKED: dict[str, Any] = {
    "custom_id": "r-1", "url": "/v1/chat/completions",
    "body": {"messages": [{"role": "user", "content": "Why?"}], "user": "müller"},
}  # fmt: skip


def answered(custom_id: str = "r-1") -> dict[str, Any]:
    body = {"created": 1795490904, "choices": [{"message": {"content": "So."}}]}
    return {"id": "b-1", "custom_id": custom_id, "response": {"status_code": 200, "body": body}}


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("log", {**GOOD, "account_id": "müller"}),
        ("log", {"request": ASKED["body"], "response": {"created": 1795490904, "choices": []}}),
        ("1-asked", ASKED),
    ],
)
def test_an_account_that_lost_bytes_is_nobodys(tmp_path: Path, name: str, text: dict[str, Any]) -> None:
    whole = json.dumps(text, ensure_ascii=False)
    put(tmp_path / "in" / name, whole.encode("latin-1") + b"\n")
    if name == "1-asked":
        put(tmp_path / "in" / "2-answered", json.dumps(answered()).encode() + b"\n")
    else:
        put(tmp_path / "in" / name, f"{whole}\n".encode("latin-1") + LINE + b"\n")
    found = results(tmp_path / "in")
    assert [row["account_id"] for row in rows(found)] == (["a"] if name == "log" else [])
    (letter,) = letters(found)
    assert letter["reason"].startswith(
        "`account_id`: 'm\ufffdller' lost bytes: it may be any other's; left out what is no"
    )


def test_a_text_that_lost_bytes_is_noted_and_its_account_stays(tmp_path: Path) -> None:
    asked = json.dumps({**ASKED, "body": {**ASKED["body"], "user": "a", "n": "ü"}}, ensure_ascii=False)
    put(tmp_path / "in" / "1-asked", asked.encode("latin-1"))
    put(tmp_path / "in" / "2-answered", json.dumps(answered()).encode())
    (row,) = rows(results(tmp_path / "in"))
    assert (row["account_id"], row["response"]) == ("a", "So.")
    assert row["note"].startswith("left out what is no JSON")


def test_an_id_that_lost_bytes_joins_nothing(tmp_path: Path) -> None:
    asked = [json.dumps({**ASKED, "custom_id": one}, ensure_ascii=False).encode("latin-1") for one in "éè"]
    put(tmp_path / "in" / "1-asked", b"\n".join(asked))
    put(tmp_path / "in" / "2-answered", json.dumps(answered("\ufffd")).encode())
    found = results(tmp_path / "in")
    assert rows(found) == []
    reasons = [letter["reason"] for letter in letters(found) if letter["file"] == "1-asked"]
    assert [reason.partition(": left out")[0] for reason in reasons] == ["`custom_id`: '\ufffd'"] * 2


def test_a_line_of_two_objects_costs_a_batch_nothing_else(tmp_path: Path) -> None:
    asked = [json.dumps({**ASKED, "custom_id": f"r-{n}"}).encode() for n in range(30)]
    lines = [asked[0] + asked[1], *asked[2:]]
    put(tmp_path / "in" / "1-asked", b"\n".join(lines))
    put(tmp_path / "in" / "2-answered", "\n".join(json.dumps(answered(f"r-{n}")) for n in range(30)).encode())
    found = results(tmp_path / "in")
    assert [row["source_line"] for row in rows(found)] == list(range(1, 31))
    assert all(row["response"] == "So." and row["prompt"] == "Why?" for row in rows(found))
    assert letters(found) == []


def test_a_line_of_two_objects_leaves_a_file_one_of_lines(tmp_path: Path) -> None:
    put(tmp_path / "log", b"\n".join([LINE + LINE, *[LINE] * 19]))
    assert places(tmp_path / "log") == [("log", line) for line in (1, 1, *range(2, 21))]
