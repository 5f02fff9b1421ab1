"""Requests and results of a batch meet in whatever container and envelope they come, and beside whatever else."""

import gzip
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from stillwatch.ingest import BatchFormat, plan, read_slice
from stillwatch.ingest.batches import BatchStore
from stillwatch.ingest.registry import format_named

SECOND = 1_795_490_904
ASKED = [
    {
        "custom_id": f"r{n}", "method": "POST", "url": "/v1/chat/completions",
        "body": {"model": "m", "user": f"u{n}", "messages": [{"role": "user", "content": f"Q{n}?"}]},
    }
    for n in range(3)
]  # fmt: skip
ANSWERED = [
    {
        "id": f"b{n}", "custom_id": f"r{n}", "error": None, "response": {"status_code": 200, "body": {
            "id": f"c{n}", "object": "chat.completion", "created": SECOND + n, "model": "m",
            "choices": [{"index": 0, "message": {"content": f"A{n}"}, "finish_reason": "stop"}],
        }},
    }
    for n in (2, 0, 1)
]  # fmt: skip
OTHER = {"time": SECOND, "account_id": "z", "prompt": "P?"}


def lines(records: list[Any]) -> bytes:
    return "".join(json.dumps(record) + "\n" for record in records).encode()


def of_cloudwatch(records: list[Any]) -> bytes:
    events = [{"id": str(n), "timestamp": 1, "message": json.dumps(record)} for n, record in enumerate(records)]
    return lines([{"messageType": "DATA_MESSAGE", "logGroup": "g", "logStream": "s", "logEvents": events}])


CONTAINERS: dict[str, Callable[[list[Any]], bytes]] = {
    "lines": lines,
    "an array": lambda records: json.dumps(records).encode(),
    "pretty": lambda records: "\n".join(json.dumps(record, indent=1) for record in records).encode(),
    "nothing between": lambda records: "".join(map(json.dumps, records)).encode(),
    "gzip": lambda records: gzip.compress(lines(records)),
    "cloudwatch": of_cloudwatch,
    "kafka": lambda records: lines([{"topic": "t", "offset": 1, "value": json.dumps(record)} for record in records]),
    "docker": lambda records: lines([{"log": json.dumps(one) + "\n", "stream": "stdout"} for one in records]),
    "syslog": lambda records: "".join(
        f"<13>1 2026-03-02T09:00:00Z h a - - - {json.dumps(o)}\n" for o in records
    ).encode(),
    "a reply": lambda records: json.dumps({"requests": records}).encode(),
}


def read(folder: Path, files: dict[str, bytes]) -> tuple[list[tuple[Any, ...]], list[str]]:
    for name, data in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(data)
    results = [result for part in plan([folder]) for result in read_slice(part)]
    rows = [row for result in results for row in result.exchanges.to_pylist()]
    told = sorted((row["account_id"], row["prompt"], row["response"], row["source_file"]) for row in rows)
    return told, [letter["reason"] for result in results for letter in result.dead_letters.to_pylist()]


@pytest.mark.parametrize("how", CONTAINERS)
def test_halves_meet(tmp_path: Path, how: str) -> None:
    write = CONTAINERS[how]
    rows, letters = read(tmp_path, {"in": write(ASKED), "out": write(ANSWERED)})
    assert letters == []
    assert rows == [(f"u{n}", f"Q{n}?", f"A{n}", "out") for n in range(3)]


@pytest.mark.parametrize("how", ["lines", "an array", "kafka"])
def test_halves_meet_in_one_file_that_holds_other_records_too(tmp_path: Path, how: str) -> None:
    rows, letters = read(tmp_path, {"all": CONTAINERS[how]([OTHER, *ANSWERED, OTHER, *ASKED])})
    assert letters == []
    assert rows == [
        *((f"u{n}", f"Q{n}?", f"A{n}", "all") for n in range(3)),
        ("z", "P?", None, "all"),
        ("z", "P?", None, "all"),
    ]


def test_containers_of_the_two_may_differ(tmp_path: Path) -> None:
    rows, letters = read(tmp_path, {"in": of_cloudwatch(ASKED), "out": CONTAINERS["an array"](ANSWERED)})
    assert (len(rows), letters) == (3, [])


def test_halves_of_two_folders_do_not_meet(tmp_path: Path) -> None:
    rows, letters = read(tmp_path, {"a/in": of_cloudwatch(ASKED), "b/out": of_cloudwatch(ANSWERED)})
    assert rows == []
    assert sum("no request with `custom_id`" in reason for reason in letters) == 3
    assert sum("no `time`" in reason for reason in letters) == 3


def steps_to_join(count: int) -> int:
    """Steps of the database, in thousands, to join so many requests with their results."""
    store = BatchStore()
    told: list[None] = []
    batch = format_named("openai-batch")
    assert isinstance(batch, BatchFormat)
    for number in range(count):
        request, result = ({**one, "custom_id": f"r{number}"} for one in (ASKED[0], ANSWERED[0]))
        store.put(batch, ("asked", number), b"", request, None)
        store.put(batch, ("answered", number), b"", result, None)
    store.opened().set_progress_handler(lambda: told.append(None), 1000)
    assert sum(1 for _ in store.joined()) == count
    store.close()
    return len(told)


def test_joining_four_times_as_many_takes_four_times_as_long() -> None:
    assert steps_to_join(400) < 6 * steps_to_join(100)
