"""Spans and log records in OTLP's protobuf are read as those in its JSON, however the messages follow each other."""

import gzip
import json
import random
import struct
import tempfile
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import zstandard
from hypothesis import given, settings
from hypothesis import strategies as st

from stillwatch.core import StillwatchError
from stillwatch.ingest import plan, read_slice

START = 1_772_442_000_250_001
ASKED = json.dumps([
    {"role": "system", "parts": [{"type": "text", "content": "Be kind."}]},
    {"role": "user", "parts": [{"type": "text", "content": "Wo liegt Görlitz?"}, {"type": "blob", "content": "AA=="}]},
])  # fmt: skip
ANSWERED = json.dumps([{"role": "assistant", "parts": [{"type": "text", "content": "An der Neiße."}]}])


def number(value: int) -> bytes:
    out = bytearray()
    value &= (1 << 64) - 1
    while value >= 0x80:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*out, value])


def field(place: int, value: bytes | str | int) -> bytes:
    if isinstance(value, int):
        return number(place << 3) + number(value)
    raw = value.encode() if isinstance(value, str) else value
    return number(place << 3 | 2) + number(len(raw)) + raw


def fixed(place: int, value: int) -> bytes:
    return number(place << 3 | 1) + struct.pack("<Q", value)


def any_value(value: Any) -> bytes:
    if isinstance(value, bool):
        return field(2, int(value))
    if isinstance(value, int):
        return field(3, value)
    if isinstance(value, float):
        return number(4 << 3 | 1) + struct.pack("<d", value)
    if isinstance(value, list):
        return field(5, b"".join(field(1, any_value(one)) for one in value))
    if isinstance(value, dict):
        return field(6, b"".join(field(1, pair(*one)) for one in value.items()))
    return b"" if value is None else field(7 if isinstance(value, bytes) else 1, value)


def pair(key: str, value: Any) -> bytes:
    return field(1, key) + field(2, any_value(value))


def attributes(place: int, given: dict[str, Any]) -> bytes:
    return b"".join(field(place, pair(key, value)) for key, value in given.items())


def part(*items: bytes, **resource: Any) -> bytes:
    scope = field(1, field(1, "a scope") + field(2, "1.0"))
    return field(
        1,
        field(1, attributes(1, resource))
        + field(2, scope + b"".join(field(2, one) for one in items) + field(3, "url")),
    )


def span(place: int, parent: Any = None, **more: Any) -> bytes:
    told: dict[str, Any] = {
        "gen_ai.operation.name": "chat", "gen_ai.request.model": "m", "gen_ai.request.temperature": 0.5,
        "gen_ai.request.seed": -3, "gen_ai.request.stream": True, "gen_ai.request.stop_sequences": ["END", "X"],
        "gen_ai.input.messages": ASKED, "gen_ai.output.messages": ANSWERED, "gen_ai.usage.input_tokens": 300,
        "gen_ai.tool.definitions": [{"type": "function", "name": "atlas"}], "session.id": "s", "other": b"\xff",
        "nothing": None,
    }  # fmt: skip
    above = b"" if parent is None else field(4, struct.pack(">Q", parent))
    return (
        field(1, b"\xab" * 16) + field(2, struct.pack(">Q", place)) + field(3, "state") + above + field(5, "chat m")
        + field(6, 3) + fixed(7, (START + place) * 1000) + fixed(8, (START + place + 1500) * 1000)
        + attributes(9, told | more) + field(15, field(3, 1)) + number(16 << 3 | 5) + struct.pack("<I", 1)
        + field(300, "of a later version")
    )  # fmt: skip


def told(place: int, account: str) -> dict[str, Any]:
    return {
        "exchange_id": f"{place:016x}", "time": datetime(2026, 3, 2, 9, 0, 0, 250_001 + place, UTC), "latency_ms": 1.5,
        "account_id": account, "session_id": "s", "model": "m", "operation": "chat", "system": "Be kind.",
        "prompt": "Wo liegt Görlitz?", "response": "An der Neiße.", "tools": ["atlas"], "temperature": 0.5, "seed": -3,
        "stream": True, "stop": ["END", "X"], "input_tokens": 300,
    }  # fmt: skip


def read(path: Path) -> tuple[list[dict[str, Any]], list[tuple[int, str]]]:
    results = [result for one in plan([path]) for result in read_slice(one)]
    rows = [row for result in results for row in result.exchanges.to_pylist()]
    kept = [{k: v for k, v in row.items() if v is not None and k not in ("source_file", "messages")} for row in rows]
    letters = [letter for result in results for letter in result.dead_letters.to_pylist()]
    return kept, [(letter["line"], letter["reason"]) for letter in letters]


def sized(*messages: bytes) -> bytes:
    return b"".join(struct.pack(">I", len(one)) + one for one in messages)


def delimited(*messages: bytes) -> bytes:
    return b"".join(number(len(one)) + one for one in messages)


FRAMINGS: dict[str, Callable[..., bytes]] = {
    "four bytes": sized,
    "base 128": delimited,
    "one message": lambda *messages: b"".join(messages),
    "four bytes, zstd each": lambda *messages: sized(*map(zstandard.compress, messages)),
}
AROUND: dict[str, Callable[[bytes], bytes]] = {"plain": bytes, "gzip": gzip.compress, "zstd": zstandard.compress}
FIRST = part(span(1), span(2, 1, **{"gen_ai.operation.name": "execute_tool"}), **{"user.id": "u-1", "host": "h" * 300})
SECOND = part(span(3), span(4, **{"user.id": "u-3"}), **{"user.id": "u-2"})
ALL = [told(1, "u-1"), told(3, "u-2"), told(4, "u-3")]


@pytest.mark.parametrize("around", AROUND)
@pytest.mark.parametrize("framing", FRAMINGS)
def test_every_value_is_read_in_every_framing(tmp_path: Path, framing: str, around: str) -> None:
    path = tmp_path / "traces.bin"
    path.write_bytes(AROUND[around](FRAMINGS[framing](FIRST, SECOND)))
    rows, letters = read(path)
    assert letters == []
    assert [{k: v for k, v in row.items() if k != "source_line"} for row in rows] == ALL
    lines = [1, 1, 1] if framing == "one message" else [1, 2, 2]
    assert [row["source_line"] for row in rows] == lines


def test_compressed_json_messages_of_the_collector(tmp_path: Path) -> None:
    one = {
        "traceId": "t", "spanId": "0000000000000001", "startTimeUnixNano": f"{START + 1}000", "attributes": [
            {"key": "gen_ai.input.messages", "value": {"stringValue": ASKED}},
            {"key": "user.id", "value": {"stringValue": "u-1"}},
        ],
    }  # fmt: skip
    text = json.dumps({"resourceSpans": [{"scopeSpans": [{"spans": [one]}]}]}, indent=1).encode()
    path = tmp_path / "traces.json.zst"
    path.write_bytes(sized(*[zstandard.compress(text)] * 2))
    rows, letters = read(path)
    assert letters == []
    assert [(row["account_id"], row["prompt"], row["source_line"]) for row in rows] == [
        ("u-1", "Wo liegt Görlitz?", line) for line in (1, 2)
    ]


def test_logs_and_spans_in_one_file(tmp_path: Path) -> None:
    bare = {"gen_ai.input.messages": None, "gen_ai.output.messages": None}
    ids = field(9, b"\xab" * 16) + field(10, struct.pack(">Q", 1))
    asked = (
        fixed(1, START * 1000)
        + field(2, 9)
        + field(5, any_value({"content": "Wo?"}))
        + ids
        + field(12, "gen_ai.user.message")
    )
    choice = {"index": 0, "message": {"role": "assistant", "content": "Da."}, "finish_reason": "stop"}
    answered = (
        fixed(11, START * 1000 + 9) + field(5, any_value(choice)) + attributes(6, {"event.name": "gen_ai.choice"}) + ids
    )
    path = tmp_path / "both"
    path.write_bytes(sized(part(asked), part(span(1, **bare), **{"user.id": "u"}), part(answered)))
    rows, letters = read(path)
    assert letters == []
    assert [(row["account_id"], row["prompt"], row["response"], row["stop_reason"]) for row in rows] == [
        ("u", "Wo?", "Da.", "stop")
    ]


def test_what_is_broken_costs_itself(tmp_path: Path) -> None:
    bad = field(1, b"\xab" * 16) + field(7, "no time") + span(2)
    user = {"user.id": "u-1"}
    path = tmp_path / "broken"
    path.write_bytes(sized(part(span(1), bad, span(3), **user), b"\x0a\xff\xff\x03", zstandard.compress(b"x")[:-3], b"",
                           field(1, field(2, field(2, field(1, "a.metric") + field(7, b"")))), part(span(4), **user)))  # fmt: skip
    rows, letters = read(path)
    assert [row["exchange_id"] for row in rows] == [f"{place:016x}" for place in (1, 3, 4)]
    assert [line for line, _ in letters] == [1, 2, 3, 4]
    assert "`startTimeUnixNano`" in letters[0][1]
    assert "message 2 is no protobuf" in letters[1][1]
    assert "message 3 cannot be decompressed" in letters[2][1]
    whole = sized(FIRST, SECOND)
    for end, count in ((len(whole) - 40, 2), (len(sized(FIRST)) + 2, 1), (len(whole) - len(span(4)) - 60, 1)):
        path.write_bytes(whole[:end])
        rows, letters = read(path)
        assert len(rows) == count
        assert [reason.split(":")[0] for _, reason in letters] == ["the otlp-sized stream breaks off here"]


def test_text_is_no_protobuf(tmp_path: Path) -> None:
    record = {"time": "2026-03-02T09:00:00Z", "account_id": "a", "prompt": "Why?"}
    for before in ("\n", "\n\n\n\n", "\n\n\n\n\n\n\n\n\n\n\n\n\n\n"):
        path = tmp_path / "log"
        path.write_text(before + json.dumps(record) + "\n")
        (row,), letters = read(path)
        assert (row["prompt"], letters) == ("Why?", [])


@settings(max_examples=150, deadline=None)
@given(st.sampled_from(sorted(FRAMINGS)), st.integers(0, 2**32), st.binary(max_size=5), st.floats(0, 1))
def test_any_damage_ends_in_exchanges_dead_letters_or_a_sentence(
    framing: str, seed: int, change: bytes, keep: float
) -> None:
    whole = FRAMINGS[framing](FIRST, SECOND, SECOND)
    at = random.Random(seed).randrange(len(whole))
    damaged = whole[:at] + change + whole[at + len(change) :]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "log"
        path.write_bytes(damaged[: int(keep * len(whole)) + 1] if seed % 2 else damaged)
        try:
            rows, letters = read(path)
        except StillwatchError:
            return
    assert rows or letters
