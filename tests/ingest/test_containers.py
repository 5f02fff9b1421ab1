"""Whatever records lie in, in whatever encoding: the same exchanges, and nothing lost."""

import bz2
import gzip
import io
import json
import lzma
import tarfile
import zipfile
from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.feather as feather
import pyarrow.parquet as pq
import pytest
import zstandard

from stillwatch.core import EmptyInput, UnknownFormat, UnreadableInput
from stillwatch.ingest import all_formats, plan, read_slice

TIME = "2026-11-24T00:00:00Z"
ROWS: list[dict[str, Any]] = [
    {"time": TIME, "account_id": f"a{n}", "prompt": f'Why {n}? "ü" \\ {{[ 😀', "messages": [], "top_k": n}
    for n in range(5)
]
LINES = [json.dumps(row, ensure_ascii=False).encode() for row in ROWS]


def read(*paths: Path) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    found = [result for part in plan(list(paths)) for result in read_slice(part, batch_rows=3)]
    rows = [row for result in found for row in result.exchanges.to_pylist()]
    return rows, [letter for result in found for letter in result.dead_letters.to_pylist()]


def put(path: Path, content: bytes) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return path


LAYOUTS: dict[str, bytes] = {
    "lines": b"\n".join(LINES),
    "CRLF": b"\r\n".join(LINES) + b"\r\n",
    "lone CR": b"\r".join(LINES),
    "nothing between": b"".join(LINES),
    "two on a line": LINES[0] + b"\n" + b"".join(LINES[1:3]) + b"\n" + b" ".join(LINES[3:]),
    "RFC 7464": b"".join(b"\x1e" + line + b"\n" for line in LINES),
    "pretty": b"\n".join(json.dumps(row, indent=2).encode() for row in ROWS),
    "array": b"[" + b",".join(LINES) + b"]",
    "pretty array": json.dumps(ROWS, indent=4).encode(),
    "array a line": b"[" + LINES[0] + b"]\n[" + b",".join(LINES[1:]) + b"]\n",
    "array of lines": b"[\n" + b",\n".join(LINES) + b"\n]\n",
    "commas at the ends": b",\n".join(LINES) + b",\n",
    "NUL padding": b"\0" * 300 + b"\n".join(LINES) + b"\n" + b"\0" * 4096,
    "junk before": b"".join(b"starting up %d\n" % n for n in range(150)) + b"\n".join(LINES),
    **{
        f"reply with {key}": json.dumps({"total": 5, key: ROWS, "next": None}).encode()
        for key in ("data", "records", "items", "logs", "results")
    },
}
ENCODINGS: dict[str, Callable[[bytes], bytes]] = {
    "UTF-8": bytes,
    "UTF-8 with a mark": lambda text: b"\xef\xbb\xbf" + text,
    "UTF-16": lambda text: text.decode().encode("utf-16"),
    "UTF-16 LE without a mark": lambda text: text.decode().encode("utf-16-le"),
    "UTF-16 BE": lambda text: b"\xfe\xff" + text.decode().encode("utf-16-be"),
    "UTF-32": lambda text: text.decode().encode("utf-32"),
}
PACKERS: dict[str, Callable[[bytes], bytes]] = {
    "gzip": gzip.compress,
    "bz2": bz2.compress,
    "xz": lzma.compress,
    "zstd": zstandard.compress,
    "gzip in gzip": lambda data: gzip.compress(gzip.compress(data)),
    "UTF-16 in gzip": lambda data: gzip.compress(data.decode().encode("utf-16")),
    "members": lambda data: gzip.compress(data[:40]) + gzip.compress(data[40:]),
}


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("encoding", ENCODINGS)
def test_every_layout_in_every_encoding(tmp_path: Path, layout: str, encoding: str) -> None:
    if "padding" in layout and "8" not in encoding:
        pytest.skip("NUL before the text: no telling what it is")
    rows, letters = read(put(tmp_path / "log", ENCODINGS[encoding](LAYOUTS[layout])))
    assert [(row["account_id"], row["prompt"], row["top_k"]) for row in rows] == [
        (row["account_id"], row["prompt"], row["top_k"]) for row in ROWS
    ]
    assert len({row["exchange_id"] for row in rows}) == 5
    assert [letter["reason"][:8] for letter in letters] == ["not JSON"] * (150 if layout == "junk before" else 0)


@pytest.mark.parametrize("packer", PACKERS)
@pytest.mark.parametrize("layout", ["lines", "nothing between", "pretty array"])
def test_every_wrapping(tmp_path: Path, packer: str, layout: str) -> None:
    rows, letters = read(put(tmp_path / "log", PACKERS[packer](LAYOUTS[layout])))
    assert [row["prompt"] for row in rows] == [row["prompt"] for row in ROWS]
    assert letters == []


@pytest.mark.parametrize("between", ["\n", ",", ""])
def test_a_broken_value_costs_itself_alone(tmp_path: Path, between: str) -> None:
    broken = [b'{"time": "x', b'{"time": 1,, "messages": [{"role": "user"}]}', b'{"time": tru}']
    text = between.encode().join([LINES[0], broken[0] + b"\n", LINES[1], broken[1], LINES[2], broken[2], LINES[3]])
    text = b"[" + text + b"]" if between == "," else json.dumps(ROWS[4], indent=1).encode() + text
    rows, letters = read(put(tmp_path / "log", text))
    assert [row["top_k"] for row in rows] == ([] if between == "," else [4]) + [0, 1, 2, 3]
    assert len(letters) == 3
    assert all("JSON" in letter["reason"] for letter in letters)


def test_an_array_that_breaks_off_keeps_its_items(tmp_path: Path) -> None:
    whole = b"[" + b",".join(LINES)
    rows, letters = read(put(tmp_path / "log", whole[:-9]))
    assert (len(rows), len(letters)) == (4, 1)


def test_one_file_does_not_veto_the_rest(tmp_path: Path) -> None:
    put(tmp_path / "in" / "log.jsonl", LAYOUTS["lines"])
    archive = io.BytesIO()
    with tarfile.open(fileobj=archive, mode="w:gz") as tar:
        tar.addfile(tarfile.TarInfo("x"))
    zipped = io.BytesIO()
    with zipfile.ZipFile(zipped, "w") as made:
        made.writestr("x", "y")
    stray = {
        "README.md": (b"# Logs, and more\nsee runbook\n", "it begins '# Logs, and more'"),
        "check": (b"", "the file is empty"),
        "logo.png": (b"\x89PNG\r\n\x1a\n", "it is a PNG picture"),
        "a.tar.gz": (archive.getvalue(), "it is a tar archive inside gzip: unpack it, and name the folder"),
        "b.zip": (zipped.getvalue(), "it is a zip archive: unpack it, and name the folder"),
        "c.gz": (b"\x1f\x8b" + b"nonsense" * 5, "the gzip stream is broken from its start"),
        "d.parquet": (b"PAR1 and then nothing", "not a Parquet file"),
        "e.arrow": (b"ARROW1\0\0 and then nothing", "not an Arrow file"),
        "f.json": (b'{"x": 1, "y": 2}', "the first has the keys `x`, `y`"),
        "g.json": (b"[]", "its JSON array is empty"),
        "h.json": (b"[1, 2]", "its JSON array holds no objects, but 1"),
        "i.json": (b"7", "it holds JSON, but no object: 7"),
    }
    for name, (content, _) in stray.items():
        put(tmp_path / "in" / name, content)
    rows, letters = read(tmp_path / "in")
    assert len(rows) == 5
    assert {(letter["file"], letter["kind"], letter["line"]) for letter in letters} == {(n, "file", 0) for n in stray}
    for letter in letters:
        assert stray[letter["file"]][1] in letter["reason"]
    with pytest.raises((UnknownFormat, UnreadableInput), match="nor can the other 2 files be read"):
        plan([tmp_path / "in" / name for name in ("f.json", "logo.png", "README.md")])
    with pytest.raises(EmptyInput):
        plan([tmp_path / "in" / "check"])


def spend(place: int) -> dict[str, Any]:
    body = {"messages": [{"role": "user", "content": f"Why {place}?"}]}
    return {
        "request_id": f"r{place}", "call_type": "acompletion", "api_key": "k", "user": f"007{place}", "prompt_tokens": 10,
        "startTime": TIME, "proxy_server_request": json.dumps(body), "response": "{}", "team_id": None,
    }  # fmt: skip


@pytest.mark.parametrize("delimiter", [",", "\t", ";"])
def test_a_csv_of_any_format(tmp_path: Path, delimiter: str) -> None:
    def cell(value: Any) -> str:
        return "" if value is None else '"' + str(value).replace('"', '""') + '"'

    rows = [spend(place) for place in range(3)]
    table = [delimiter.join(rows[0]), *(delimiter.join(cell(value) for value in row.values()) for row in rows)]
    read_rows, letters = read(put(tmp_path / "log", "\r\n".join(table).encode()))
    assert letters == []
    assert [(row["account_id"], row["prompt"], row["input_tokens"], row["org_id"]) for row in read_rows] == [
        (f"007{place}", f"Why {place}?", 10, None) for place in range(3)
    ]


@pytest.mark.parametrize("wrap", ["parquet", "arrow", "stream", "feather"])
def test_a_table_of_any_format(tmp_path: Path, wrap: str) -> None:
    moment = datetime(2026, 11, 24, 3, 28, 24, 123456, tzinfo=UTC)
    table = pa.table(
        {
            "request_id": ["r0", "r1"],
            "call_type": pa.array(["acompletion"] * 2).dictionary_encode(),
            "user": ["a", "b"],
            "startTime": pa.array([1795490904_123456 * 1000 + 789] * 2, pa.timestamp("ns", "UTC")),
            "prompt_tokens": pa.array([Decimal("10.00"), Decimal(7)], pa.decimal128(10, 2)),
            "proxy_server_request": pa.array(
                [{"messages": [{"role": "user", "content": "Why?"}]}] * 2,
                pa.struct([("messages", pa.list_(pa.struct([("role", pa.string()), ("content", pa.large_string())])))]),
            ),
            "metadata": pa.array([[("user_agent", "x")]] * 2, pa.map_(pa.string(), pa.string())),
            "day": pa.array([date(2026, 11, 24)] * 2),
        }
    )
    path = tmp_path / "team_id=red%20team" / "log"
    path.parent.mkdir()
    if wrap == "parquet":
        pq.write_table(table, path, version="2.6")
    elif wrap == "feather":
        feather.write_feather(table, path)
    else:
        with pa.OSFile(str(path), "wb") as sink:
            made = pa.ipc.new_file(sink, table.schema) if wrap == "arrow" else pa.ipc.new_stream(sink, table.schema)
            with made as writer:
                writer.write_table(table)
    rows, letters = read(tmp_path)
    assert letters == []
    assert [(row["account_id"], row["input_tokens"], row["user_agent"]) for row in rows] == [
        ("a", 10, "x"),
        ("b", 7, "x"),
    ]
    assert {(row["time"], row["prompt"], row["org_id"]) for row in rows} == {(moment, "Why?", "red team")}


def test_times_of_any_unit_and_those_that_are_none(tmp_path: Path) -> None:
    for unit, scale in (("s", 1), ("ms", 10**3), ("us", 10**6), ("ns", 10**9)):
        for zone in (None, "UTC", "Europe/Vienna"):
            times = pa.array([1795490904 * scale, 2**62, 1795490904 * scale], pa.timestamp(unit, zone))
            table = pa.table({"time": times, "account_id": ["a"] * 3, "prompt": ["p"] * 3})
            path = tmp_path / "log"
            pq.write_table(table, path, version="2.6") if unit != "s" else feather.write_feather(table, path)
            rows, letters = read(path)
            assert [row["time"] for row in rows] == [datetime(2026, 11, 24, 3, 28, 24, tzinfo=UTC)] * 2
            assert len(letters) == 1


def test_a_partitioned_folder(tmp_path: Path) -> None:
    for day in (1, 2):
        path = tmp_path / "log.parquet" / f"date=2026-01-0{day}" / "model=__HIVE_DEFAULT_PARTITION__" / "part.parquet"
        path.parent.mkdir(parents=True)
        pq.write_table(pa.Table.from_pylist([{"time": TIME, "account_id": "a", "prompt": "p"}]), path)
    put(tmp_path / "log.parquet" / "_delta_log" / "0.json", b"{}")
    rows, letters = read(tmp_path)
    assert (len(rows), letters) == (2, [])
    assert rows[0]["model"] is None
    assert len(read(tmp_path / "log.parquet")[0]) == 2


def test_bodies_beside_a_log(tmp_path: Path) -> None:
    folder = tmp_path / "in" / "AWSLogs" / "1" / "BedrockModelInvocationLogs" / "2026" / "01"
    whole = json.loads(json.dumps(all_formats()["bedrock"].example))
    record = json.loads(json.dumps(whole))
    base = "s3://bucket/prefix/AWSLogs/1/BedrockModelInvocationLogs/2026/01/data/r_"
    record["input"] = {"inputBodyS3Path": f"{base}input.json.gz"}
    record["output"] = {"outputBodyS3Path": f"{base}output.json.gz"}
    log = put(folder / "log.json.gz", gzip.compress(json.dumps(record).encode()))
    with_input = put(
        folder / "data" / "r_input.json.gz", gzip.compress(json.dumps(whole["input"]["inputBodyJson"]).encode())
    )
    answer = put(
        folder / "data" / "r_output.json.gz", gzip.compress(json.dumps(whole["output"]["outputBodyJson"]).encode())
    )
    (row,), letters = read(tmp_path / "in")
    assert (row["prompt"], row["response"], letters) == ("Why?", "Because.", [])
    assert read(log)[0][0]["prompt"] == "Why?"
    answer.unlink()
    (row,), letters = read(tmp_path / "in")
    assert (row["response"], letters) == (None, [])
    assert f"{base}output.json.gz, which is not among the files read" in row["note"]
    put(with_input, b"{")
    _, (letter,) = read(tmp_path / "in")
    assert "is not JSON" in letter["reason"]
    with_input.unlink()
    _, (letter,) = read(tmp_path / "in")
    assert letter["reason"].startswith(f"`input.inputBodyS3Path`: the body lies in {base}input.json.gz")
    record["input"] = {"inputBodyS3Path": "s3://bucket/../../../../../etc/hostname"}
    put(log, json.dumps(record).encode())
    assert "not among the files read" in read(log)[1][0]["reason"]


def test_a_long_reply_is_read_item_by_item(tmp_path: Path) -> None:
    rows = [{**ROWS[0], "prompt": f"{place} " * 2000, "top_k": place} for place in range(1500)]
    reply = {"object": "list", "total": 1500, "data": rows, "has_more": False, "meta": {"took": 1}}
    for content in (json.dumps(reply), json.dumps(reply, indent=1), json.dumps(reply) + "\n" + json.dumps(reply)):
        found, letters = read(put(tmp_path / "log", content.encode()))
        assert letters == []
        assert [row["top_k"] for row in found] == list(range(1500)) * (len(found) // 1500)
        assert [row["source_line"] for row in found] == list(range(1, len(found) + 1))
    cut, letters = read(put(tmp_path / "log", json.dumps(reply).encode()[:-20_000]))
    assert (len(cut), len(letters)) == (1498, 1)


@pytest.mark.parametrize("runtime", ["docker", "cri"])
def test_lines_that_a_runtime_cut_are_put_together(tmp_path: Path, runtime: str) -> None:
    def pieces(text: str, stream: str) -> list[str]:
        parts = [text[at : at + 40] for at in range(0, len(text), 40)]
        if runtime == "cri":
            return [f"{TIME} {stream} {'F' if part is parts[-1] else 'P'} {part}" for part in parts]
        return [
            json.dumps({"log": part + ("\n" if part is parts[-1] else ""), "stream": stream, "time": TIME})
            for part in parts
        ]

    one = pieces(json.dumps(ROWS[0]), "stdout")
    other = pieces(json.dumps(ROWS[1]), "stderr")
    mixed = [line for pair in zip(one, other, strict=True) for line in pair]
    lines = [*mixed, *pieces("started", "stdout"), *pieces(json.dumps(ROWS[2]), "stdout"), *one[:-1]]
    rows, letters = read(put(tmp_path / "log", "\n".join(lines).encode()))
    assert [row["top_k"] for row in rows] == [0, 1, 2]
    assert [row["source_line"] for row in rows] == [1, 2, len(mixed) + 2]
    assert len(letters) == 2


def test_a_damaged_row_group_costs_no_other(tmp_path: Path) -> None:
    table = pa.Table.from_pylist([{**ROWS[0], "messages": None, "prompt": f"{place} " * 50} for place in range(300)])
    path = tmp_path / "log"
    pq.write_table(table, path, row_group_size=100, compression="zstd", use_dictionary=False)
    content = bytearray(path.read_bytes())
    for column in range(table.num_columns):
        # The page's own head, and what it holds: no text that was changed can pass for a prompt.
        begins = pq.read_metadata(path).row_group(1).column(column).data_page_offset
        content[begins : begins + 30] = b"\xff" * 30
    rows, letters = read(put(path, bytes(content)))
    assert [row["source_line"] for row in rows] == [*range(1, 101), *range(201, 301)]
    (letter,) = letters
    assert (letter["line"], letter["reason"][:41]) == (101, "this row and the 99 after it cannot be re")
