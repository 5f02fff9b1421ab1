"""Lines of one span whose trace has no other are read by the block as they are read with their trace: every value, note
and dead letter."""

import copy
import json
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest

from stillwatch.ingest import plan, read_slice
from stillwatch.ingest.formats.otel_genai import OtelGenAI

START = 1_772_442_000_123_456_789
ATTRIBUTES: dict[str, Any] = {
    "gen_ai.operation.name": "chat",
    "gen_ai.request.model": "m",
    "gen_ai.response.model": "m-1",
    "gen_ai.request.temperature": 0.5,
    "gen_ai.request.max_tokens": 64,
    "gen_ai.usage.input_tokens": 14,
    "gen_ai.response.finish_reasons": ["stop"],
    "gen_ai.request.stop_sequences": ["END"],
    "gen_ai.system_instructions": json.dumps([{"type": "text", "content": "Be brief."}]),
    "gen_ai.input.messages": json.dumps(
        [
            {"role": "user", "parts": [{"type": "text", "content": "Hi"}, {"type": "text", "content": "there"}]},
            {"role": "assistant", "parts": [{"type": "text", "content": "Yes?"}]},
            {"role": "user", "parts": [{"type": "text", "content": "Deepest lake?"}]},
        ]
    ),
    "gen_ai.output.messages": json.dumps(
        [{"role": "assistant", "parts": [{"type": "reasoning", "content": "Hm"}, {"type": "text", "content": "Baikal"}]}]
    ),
    "gen_ai.tool.definitions": json.dumps([{"type": "function", "name": "search"}]),
    "user.id": "u-1",
    "gen_ai.conversation.id": "s-1",
    "client.address": "203.0.113.9",
    "server.port": 443,
}  # fmt: skip


def value(one: Any) -> dict[str, Any]:
    if isinstance(one, bool):
        return {"boolValue": one}
    if isinstance(one, int):
        return {"intValue": str(one)}
    if isinstance(one, float):
        return {"doubleValue": one}
    if isinstance(one, list):
        return {"arrayValue": {"values": [value(inner) for inner in one]}}
    return {"stringValue": one} if isinstance(one, str) else {}


def line(trace: str, told: dict[str, Any], **of_span: Any) -> dict[str, Any]:
    span = {
        "traceId": trace, "spanId": f"s{trace}", "name": "chat m", "kind": 3,
        "startTimeUnixNano": str(START), "endTimeUnixNano": str(START + 10**9),
        "attributes": [{"key": name, "value": value(one)} for name, one in told.items()], **of_span,
    }  # fmt: skip
    about = {"attributes": [{"key": "service.name", "value": {"stringValue": "x"}}]}
    return {"resourceSpans": [{"resource": about, "scopeSpans": [{"scope": {"name": "s"}, "spans": [span]}]}]}


def read(folder: Path, lines: list[Any]) -> tuple[list[Any], list[Any]]:
    (folder / "log").write_text("".join(json.dumps(one) + "\n" for one in lines))
    results = [result for part in plan([folder / "log"]) for result in read_slice(part)]
    rows = [row for result in results for row in result.exchanges.to_pylist()]
    letters = [letter for result in results for letter in result.dead_letters.to_pylist()]
    return sorted(rows, key=lambda row: (row["source_line"], row["exchange_id"])), sorted(letters, key=repr)


def same(folder: Path, lines: list[Any]) -> list[Any]:
    """What lines are read as, with the shape as without it."""
    plain = read(folder, lines)
    with patch.object(OtelGenAI, "alone_among", lambda one, files: None):
        slow = read(folder, lines)
    assert plain == slow
    return plain[0]


def changes() -> Iterator[Any]:
    odd: tuple[Any, ...] = (
        None,
        "",
        "x",
        "None",
        7,
        -1,
        2**70,
        0.5,
        True,
        [],
        ["a", "b"],
        "[",
        "[]",
        '[{"role": "user"}]',
    )
    for name in [*ATTRIBUTES, "gen_ai.system", "events", "llm.user", "session.id", "gen_ai.prompt.0.content", "x.y"]:
        for one in odd:
            yield {**ATTRIBUTES, name: one}
        yield {key: one for key, one in ATTRIBUTES.items() if key != name}
    for operation in ("invoke_agent", "embeddings", "text_completion", "execute_tool"):
        yield {**ATTRIBUTES, "gen_ai.operation.name": operation}


def test_whatever_its_attributes_hold(tmp_path: Path) -> None:
    lines = [line(f"t{place}", attributes) for place, attributes in enumerate(changes())]
    random.Random(1).shuffle(lines)
    whole = [line(f"w{place}", ATTRIBUTES) for place in range(len(lines))]
    rows = same(tmp_path, [one for pair in zip(whole, lines, strict=True) for one in pair])
    assert len(rows) > len(lines)
    kept = next(row for row in rows if row["source_line"] == 1)
    assert (kept["account_id"], kept["response"], kept["reasoning"], kept["tools"]) == (
        "u-1",
        "Baikal",
        "Hm",
        ["search"],
    )
    assert (kept["messages"][0]["content"], kept["latency_ms"], kept["time"].microsecond) == (
        "Hi\nthere",
        1000.0,
        123456,
    )


@pytest.mark.parametrize(
    "of_span",
    [
        {"traceId": "0" * 32}, {"traceId": ""}, {"spanId": ""}, {"startTimeUnixNano": START}, {"endTimeUnixNano": "0"},
        {"startTimeUnixNano": "1772442000123"}, {"startTimeUnixNano": "yesterday"}, {"parentSpanId": "elsewhere"},
        {"events": [{"name": "gen_ai.choice", "attributes": []}]}, {"events": []}, {"unreadable": "cut"},
        {"trace_id": "t9"}, {"start_time": "2026-03-02"}, {"attributes": []}, {"attributes": {"user.id": "u"}},
    ],
    ids=repr,
)  # fmt: skip
def test_whatever_stands_around_them(tmp_path: Path, of_span: dict[str, Any]) -> None:
    lines = [line(f"t{place}", ATTRIBUTES) for place in range(6)]
    same(tmp_path, [*lines[:3], line("odd", ATTRIBUTES, **of_span), *lines[3:]])


def test_spans_of_one_trace_wait_for_one_another(tmp_path: Path) -> None:
    nobody = {name: one for name, one in ATTRIBUTES.items() if name != "user.id"}
    lines = [line(f"t{place}", ATTRIBUTES) for place in range(8)]
    lines[2] = line("t", nobody, parentSpanId="sp")
    lines[6] = line("t", {"user.id": "u-above"}, spanId="sp")
    rows = same(tmp_path, lines)
    assert [row["account_id"] for row in rows] == ["u-1", "u-1", "u-above", "u-1", "u-1", "u-1", "u-1"]
    # So they do where what they wait for lies in a line of another shape.
    both = copy.deepcopy(lines[6])
    both["resourceSpans"][0]["scopeSpans"][0]["spans"] *= 2
    lines[6] = {"message": json.dumps(both)}
    assert [row["account_id"] for row in same(tmp_path, lines)][2] == "u-above"


def test_traces_that_lie_in_one_line_are_read_there(tmp_path: Path) -> None:
    nobody = {name: one for name, one in ATTRIBUTES.items() if name != "user.id"}
    lines = []
    for place in range(6):
        whole = line(f"t{place}", ATTRIBUTES)
        (scope,) = whole["resourceSpans"][0]["scopeSpans"]
        below, above = (
            line(f"u{place}", nobody, parentSpanId="sp"),
            line(f"u{place}", {"user.id": "u-above"}, spanId="sp"),
        )
        agent = line(
            f"u{place}", {**ATTRIBUTES, "gen_ai.operation.name": "invoke_agent"}, spanId="sq", parentSpanId="sp"
        )
        for one in (below, above, agent, line(f"v{place}", {"x": 1})):
            scope["spans"] += one["resourceSpans"][0]["scopeSpans"][0]["spans"]
        lines.append(whole)
    rows = same(tmp_path, lines)
    assert [row["account_id"] for row in rows] == ["u-1", "u-1", "u-above"] * 6
    # Where one of a line's traces goes on in another line, what stands in either waits.
    lines[4]["resourceSpans"][0]["scopeSpans"][0]["spans"][1]["traceId"] = "u0"
    same(tmp_path, [*lines, line("w", {"x": 1}), line("w", {"y": 1})])


def test_a_repeated_span_is_read_as_it_was(tmp_path: Path) -> None:
    lines = [line(f"t{place}", ATTRIBUTES) for place in range(4)]
    same(tmp_path, [*lines, lines[0]])
