"""Many long texts cost a scan their bytes and no more memory: whoever sends long requests must not stop it.

Nine kilobytes of Parquet, four thousand rows with one prompt of a megabyte, had taken seven gigabytes, and so had the
same in packed lines. Each scan here has a quarter of a gigabyte for its database, and less room than the texts take.
"""

import gzip
import json
import struct
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from stillwatch.ingest import plan, read_slice

MINUTES = 60
ROWS = 800
LONG = "Why is that so? " * 65_536

SCAN = """
import json, resource, sys
from pathlib import Path
import stillwatch

if __name__ == "__main__":
    resource.setrlimit(resource.RLIMIT_AS, (8_000_000_000, 8_000_000_000))
    stillwatch.scan([sys.argv[1]], out=sys.argv[2], workers=1, memory_mb=256)
    counts = json.loads((Path(sys.argv[2]) / "run.json").read_text())["counts"]
    assert counts["exchanges"] == int(sys.argv[3]), counts
    (held,) = [one for one in Path("/proc/self/status").read_text().splitlines() if one.startswith("VmHWM")]
    print(held)
    assert int(held.split()[1]) < 1_000_000, held
"""


def _time(number: int) -> str:
    return f"2026-03-{2 + number % 14:02d}T{number % 24:02d}:{number % 60:02d}:00Z"


def _records(said: Callable[[int], dict[str, Any]]) -> Iterator[dict[str, Any]]:
    for number in range(ROWS):
        yield {"time": _time(number), "account_id": f"a{number % 40}", "exchange_id": f"e{number}", **said(number)}


def _columns() -> dict[str, list[str]]:
    return {"time": [_time(n) for n in range(ROWS)], "account_id": [f"a{n % 40}" for n in range(ROWS)]}


def _coded_by_the_writer(folder: Path) -> None:
    pq.write_table(pa.table({**_columns(), "prompt": [LONG] * ROWS}), folder / "log.parquet", compression="zstd")


def _views(folder: Path) -> None:
    """Of one buffer, as whoever gathers rows by their places makes them."""
    text = LONG.encode()
    view = struct.pack("<i4sii", len(text), text[:4], 0, 0)
    buffers = [None, pa.py_buffer(view * ROWS), pa.py_buffer(text)]
    views = pa.Array.from_buffers(pa.string_view(), ROWS, buffers)
    table = pa.table({**_columns(), "prompt": views})
    with pa.OSFile(str(folder / "log.arrow"), "wb") as file, pa.ipc.new_file(file, table.schema) as out:
        out.write_table(table)


def _packed(said: Callable[[int], dict[str, Any]]) -> Callable[[Path], None]:
    def write(folder: Path) -> None:
        with gzip.open(folder / "log.jsonl.gz", "wt", compresslevel=1, encoding="ascii") as log:
            log.writelines(json.dumps(record) + "\n" for record in _records(said))

    return write


LOGS = {
    "one prompt, coded by the writer": _coded_by_the_writer,
    "views of one prompt": _views,
    "prompts that differ, two of one id": _packed(lambda n: {"prompt": f"{n} {LONG}", "exchange_id": f"e{n // 2}"}),
    "answers": _packed(lambda n: {"prompt": f"Why {n}?", "response": f"{n} {LONG}"}),
}


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="other systems hold no process to an address space")
@pytest.mark.parametrize("kind", LOGS)
def test_many_long_texts_are_scanned_in_bounded_memory(tmp_path: Path, kind: str) -> None:
    LOGS[kind](tmp_path)
    (log,) = tmp_path.iterdir()
    (tmp_path / "scan.py").write_text(SCAN, encoding="utf-8")
    command = [sys.executable, str(tmp_path / "scan.py"), str(log), str(tmp_path / "run"), str(ROWS)]
    done = subprocess.run(command, timeout=5 * MINUTES, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr[-2000:]


@pytest.mark.parametrize("kind", [pa.string_view(), pa.dictionary(pa.int32(), pa.string())])
def test_rows_are_the_same_however_their_texts_are_held(tmp_path: Path, kind: pa.DataType) -> None:
    """And a row is not refused for the length of what lies in the others'."""
    texts = [f"{n} {LONG}" for n in range(300)]
    columns = {"time": [_time(n) for n in range(300)], "account_id": ["a"] * 300}
    table = pa.table({**columns, "prompt": pa.array(texts).cast(kind)})
    with pa.OSFile(str(tmp_path / "log.arrow"), "wb") as file, pa.ipc.new_file(file, table.schema) as out:
        out.write_table(table)
    read = [one for part in plan([tmp_path]) for one in read_slice(part)]
    assert [text for one in read for text in one.exchanges["prompt"].to_pylist()] == texts
    assert max(one.exchanges.nbytes for one in read) < 150 << 20
