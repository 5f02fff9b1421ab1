"""Side files as tools write them: however compressed, encoded and parted, the same accounts are read."""

import bz2
import gzip
import json
import lzma
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pyarrow.feather as pa_feather
import pytest
import zstandard

from stillwatch.core import BadTable, UnreadableInput
from stillwatch.ingest import read_accounts

ROWS = [
    {"account_id": "007", "payment_id": "pm_1", "plan": None},
    {"account_id": "b;c", "payment_id": None, "plan": "pro, monthly\nin advance"},
]
LINES = "\n".join(map(json.dumps, ROWS))


def as_csv(between: str, null: str = "", end: str = "\n") -> str:
    cells = [[f'"{one}"' if one is not None else null for one in row.values()] for row in ROWS]
    return "".join(between.join(row) + end for row in [[*ROWS[0]], *cells])


WRITTEN: dict[str, bytes] = {
    "lines": LINES.encode(),
    "lines that end in CRLF": LINES.replace("\n", "\r\n").encode(),
    "array": json.dumps(ROWS).encode(),
    "array over many lines": json.dumps(ROWS, indent=2).encode(),
    "objects over many lines": "\n".join(json.dumps(row, indent=2) for row in ROWS).encode(),
    "objects with nothing between them": "".join(map(json.dumps, ROWS)).encode(),
    "lines in UTF-16": LINES.encode("utf-16"),
    "a byte order mark": LINES.encode("utf-8-sig"),
    "commas": as_csv(",").encode(),
    "semicolons": as_csv(";").encode(),
    "tabs and Postgres' null": as_csv("\t", "\\N").encode(),
    "bars and a word for null": as_csv("|", "NULL").encode(),
    "Excel's first line": ("sep=;\r\n" + as_csv(";", end="\r\n")).encode("utf-8-sig"),
    "Excel's Unicode text": as_csv("\t", end="\r\n").encode("utf-16"),
}
PACKED: dict[str, Callable[[bytes], bytes]] = {
    "plain": bytes,
    "gzip": gzip.compress,
    "bzip2": bz2.compress,
    "xz": lzma.compress,
    "zstd": zstandard.compress,
}


@pytest.mark.parametrize("packed", sorted(PACKED))
@pytest.mark.parametrize("written", sorted(WRITTEN))
def test_accounts_are_the_same_however_they_are_written(tmp_path: Path, written: str, packed: str) -> None:
    path = tmp_path / "accounts"
    path.write_bytes(PACKED[packed](WRITTEN[written]))
    found = read_accounts(path)
    assert found.table.select([*ROWS[0]]).to_pylist() == ROWS
    assert found.unread == ""


def test_arrow_files_are_tables_too(tmp_path: Path) -> None:
    path = tmp_path / "accounts.feather"
    pa_feather.write_feather(pa.Table.from_pylist(ROWS), path)
    assert read_accounts(path).table.select([*ROWS[0]]).to_pylist() == ROWS


@pytest.mark.parametrize(
    ("held", "said"),
    [
        (b'{"account_id": "a"}\n{"account_id"\n', "line 2 is not JSON"),
        (b'[{"account_id": "a"}, 7]', "record 2 is not an object"),
        (b'["a"]', "record 1 is not an object"),
    ],
)
def test_what_is_no_object_is_told_by_its_place(tmp_path: Path, held: bytes, said: str) -> None:
    path = tmp_path / "accounts"
    path.write_bytes(held)
    with pytest.raises(BadTable, match=said):
        read_accounts(path)


@pytest.mark.parametrize(
    "held",
    [
        gzip.compress(as_csv(",").encode() * 99)[:60],
        "account_id,plan\na,caf\xe9\n".encode("latin-1"),
        b"PK\x03\x04" + bytes(40),
        b"\x80\x81\x82,\x83\n",
    ],
    ids=["half a gzip", "Latin 1", "zip", "bytes"],
)
def test_what_cannot_be_read_is_told_with_its_file(tmp_path: Path, held: bytes) -> None:
    path = tmp_path / "accounts"
    path.write_bytes(held)
    with pytest.raises((UnreadableInput, BadTable), match="accounts"):
        read_accounts(path)
