"""Spans and events that come one a line, in other layouts than an export's: each call is one exchange, and all of it."""

import itertools
import json
from pathlib import Path
from typing import Any

import pytest
from read_records import read_records

NS = 1_772_442_000_000_000_000
IDS = {"traceId": "5b8efff798038103d269b633813fc60c", "spanId": "eee19b7ec3c1b174"}
ASKED = [{"role": "user", "parts": [{"type": "text", "content": "Why?"}]}]
ANSWERED = [{"role": "assistant", "parts": [{"type": "text", "content": "So."}], "finish_reason": "stop"}]
USAGE = {"gen_ai.usage.input_tokens": 3, "gen_ai.usage.output_tokens": 1}
CALL = {"gen_ai.operation.name": "chat", "gen_ai.request.model": "m", "user.id": "a-1", **USAGE}
SPAN = {
    **IDS,
    "name": "chat m",
    "kind": "CLIENT",
    "startTimeUnixNano": NS,
    "endTimeUnixNano": NS + 812_000_000,
    "attributes": CALL,
}
WHOLE = {**CALL, "gen_ai.input.messages": ASKED, "gen_ai.output.messages": ANSWERED}
AS_TEXT = {name: json.dumps(one) if isinstance(one, list) else one for name, one in WHOLE.items()}


def event(name: str, body: Any, at: int = 0, **attributes: Any) -> dict[str, Any]:
    scope = {"resource": {"attributes": {"service.name": "x"}}, "scope": {"name": "s"}, "severityNumber": 9}
    return {**scope, **IDS, "timeUnixNano": NS + at, "body": body, "attributes": {"event.name": name, **attributes}}


def taken_out(asked: Any, answered: Any, at: int = 0, span: str = IDS["spanId"], **attributes: Any) -> dict[str, Any]:
    body = {"input": {"messages": [{"role": "user", "content": asked}]},
            "output": {"messages": [{"role": "assistant", "content": answered}]}}  # fmt: skip
    return {**event("strands.telemetry.tracer", body, at, **attributes), "spanId": span}


MESSAGES = [
    event("gen_ai.user.message", {"content": [{"text": "Why?"}]}),
    event("gen_ai.choice", {"message": {"content": [{"text": "So."}]}, "index": 0, "finish_reason": "stop"}, 9),
]
CONTENTS = [("Why?", "So."), ({"content": "Why?"}, {"message": "So.", "finish_reason": "end_turn"}),
            ({"content": '[{"text": "Why?"}]'}, {"message": '[{"text": "So."}]'})]  # fmt: skip
LINES: dict[str, list[dict[str, Any]]] = {
    "a span and its messages": [SPAN, *MESSAGES],
    **{f"a span and what was taken out of it, {place}": [SPAN, taken_out(*one)] for place, one in enumerate(CONTENTS)},
    "an event of a whole call": [
        {"event_name": "gen_ai.client.inference.operation.details", "attributes": WHOLE, "body": None,
         "timestamp": "2026-03-02T09:00:00.000000Z", "trace_id": "0x5b", "span_id": "0xee"}
    ],
    "a row of Honeycomb's": [
        {"timestamp": "2026-03-02T09:00:00Z", "trace.trace_id": "5b", "trace.span_id": "ee", "name": "chat m",
         "duration_ms": 812, **AS_TEXT}
    ],
    "a row of an event store without ids": [{"_time": "2026-03-02T09:00:00Z", "duration_ms": 812, **AS_TEXT}],
    "an event of New Relic's": [
        {"timestamp": NS // 10**6, "trace.id": "5b", "id": "ee", "parent.id": "dd", "duration.ms": 812, **AS_TEXT}
    ],
    "JavaScript's console exporter": [
        {"traceId": "5b", "id": "ee", "name": "chat m", "timestamp": NS // 1000, "duration": 812_000, "attributes": WHOLE}
    ],
    "JavaScript's own span": [
        {"_spanContext": {"traceId": "5b", "spanId": "ee"}, "startTime": [NS // 10**9, 0],
         "endTime": [NS // 10**9, 812_000_000], "attributes": WHOLE}
    ],
}  # fmt: skip


@pytest.mark.parametrize("name", LINES)
def test_a_call_is_one_exchange_in_whatever_order(tmp_path: Path, name: str) -> None:
    for lines in itertools.permutations(LINES[name]):
        (row,), letters = read_records(tmp_path, *lines)
        told = (row["account_id"], row["model"], row["prompt"], row["response"], row["input_tokens"])
        assert (letters, told, row["time"].timestamp()) == ([], ("a-1", "m", "Why?", "So.", 3), NS / 10**9)
        assert row.get("latency_ms", 812.0) == 812.0


def test_events_that_no_span_comes_with_are_read_and_an_agent_s_is_no_second_one(tmp_path: Path) -> None:
    chat = taken_out("Why?", "So.", 1, "aa", **{"user.id": "a-1", "session.id": "s-1"})
    agent = {**taken_out("Why?", "So.", 9, "bb", **{"user.id": "a-1"})}
    next_turn = taken_out("How?", "Thus.", 11, "cc", **{"user.id": "a-1"})
    rows, letters = read_records(tmp_path, agent, chat, next_turn)
    assert (letters, [(row["prompt"], row["response"]) for row in rows]) == ([], [("Why?", "So."), ("How?", "Thus.")])
    assert (rows[0]["account_id"], rows[0]["session_id"]) == ("a-1", "s-1")


@pytest.mark.parametrize(
    "record",
    [
        {"timestamp": "2026-03-02T09:00:00Z", "trace.trace_id": "5b", "gen_ai.request.model": "m", "user.id": "a-1"},
        {"trace.trace_id": "5b", **AS_TEXT},
        event("session.start", {"a": 1}),
    ],
)
def test_what_says_no_text_or_no_time_is_refused(tmp_path: Path, record: dict[str, Any]) -> None:
    good = {"time": "2026-03-02T09:00:00Z", "account_id": "a", "prompt": "p"}
    rows, letters = read_records(tmp_path, good, record)
    assert (len(rows), len(letters)) == (1, 1)
