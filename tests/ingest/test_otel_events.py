"""What GenAI events say of a call is read with its span, or by itself where no span comes."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from stillwatch.ingest import plan, read_slice

DULL = ("source_file", "messages")
START = 1_772_442_000_250_001


def read(folder: Path, *records: Any) -> tuple[list[dict[str, Any]], list[tuple[int, str]]]:
    """Exchanges less what is null, and dead letters with their lines."""
    path = folder / "log.jsonl"
    path.write_text("".join((one if isinstance(one, str) else json.dumps(one)) + "\n" for one in records))
    results = [result for part in plan([path]) for result in read_slice(part)]
    rows = sorted(
        (row for result in results for row in result.exchanges.to_pylist()), key=lambda row: row["source_line"]
    )
    kept = [{k: v for k, v in row.items() if v is not None and k not in DULL} for row in rows]
    letters = [letter for result in results for letter in result.dead_letters.to_pylist()]
    return kept, sorted((letter["line"], letter["reason"]) for letter in letters)


def wrapped(value: Any) -> dict[str, Any]:
    if isinstance(value, dict):
        return {"kvlistValue": {"values": [{"key": k, "value": wrapped(v)} for k, v in value.items()]}}
    if isinstance(value, list):
        return {"arrayValue": {"values": [wrapped(one) for one in value]}}
    if value is None:
        return {}
    kinds = {bool: "boolValue", int: "intValue", float: "doubleValue", str: "stringValue"}
    return {kinds[type(value)]: str(value) if type(value) is int else value}


def pairs(given: dict[str, Any]) -> list[dict[str, Any]]:
    return [{"key": key, "value": wrapped(value)} for key, value in given.items()]


def spans(*given: dict[str, Any]) -> dict[str, Any]:
    return {"resourceSpans": [{"resource": {}, "scopeSpans": [{"spans": list(given)}]}]}


def span(number: int, own: Any = (), **attributes: Any) -> dict[str, Any]:
    told = {"gen_ai.operation.name": "chat", "gen_ai.request.model": "m", "gen_ai.system": "openai"}
    return {
        "traceId": "t", "spanId": f"s{number}", "startTimeUnixNano": f"{START + number}000",
        "endTimeUnixNano": f"{START + number + 1500}000", "attributes": pairs(told | attributes), "events": list(own),
    }  # fmt: skip


def logs(*given: Any, **resource: Any) -> dict[str, Any]:
    return {"resourceLogs": [{"resource": {"attributes": pairs(resource)}, "scopeLogs": [{"logRecords": list(given)}]}]}


def event(name: str, number: int | None = None, body: Any = None, at: int = 0, **attributes: Any) -> dict[str, Any]:
    named = {} if number is None else {"traceId": "t", "spanId": f"s{number}"}
    return {
        "timeUnixNano": f"{START + at}000", "eventName": f"gen_ai.{name}", "body": wrapped(body),
        "attributes": pairs({"gen_ai.system": "openai"} | attributes), **named,
    }  # fmt: skip


def moment(number: int = 0) -> datetime:
    return datetime.fromtimestamp(0, UTC).replace(year=2026, month=3, day=2, hour=9, microsecond=250_001 + number)


CALL = [
    event("system.message", 1, {"content": "Be kind."}, 1),
    event("user.message", 1, {"content": [{"type": "text", "text": "What is this?"}, {"type": "image_url"}]}, 2),
    event("choice", 1, {"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": "A hat."}}, 3),
    event("choice", 1, {"index": 1, "finish_reason": "stop", "message": {"content": "A snake."}}, 4),
]
TOLD = {
    "exchange_id": "s1", "time": moment(1), "account_id": "u-1", "provider": "openai", "model": "m",
    "operation": "chat", "system": "Be kind.", "prompt": "What is this?", "response": "A hat.", "stop_reason": "stop",
    "input_tokens": 9, "latency_ms": 1.5,
}  # fmt: skip


def test_a_span_meets_its_events_wherever_they_stand_in_the_file(tmp_path: Path) -> None:
    one = spans(span(1, **{"user.id": "u-1", "gen_ai.usage.input_tokens": 9}))
    early, late, among = [
        read(tmp_path, *lines)
        for lines in (
            (logs(*CALL), one),
            (one, logs(*CALL[:2]), logs(*CALL[2:])),
            (logs(CALL[3], CALL[1]), one, logs(CALL[2], CALL[0])),
        )
    ]
    assert early == ([{**TOLD, "source_line": 2}], [])
    assert late == ([{**TOLD, "source_line": 1}], [])
    assert among == ([{**TOLD, "source_line": 2}], [])


def test_a_span_that_is_delivered_twice_meets_its_events_twice(tmp_path: Path) -> None:
    one = spans(span(1, **{"user.id": "u-1", "gen_ai.usage.input_tokens": 9}))
    rows, letters = read(tmp_path, one, logs(*CALL), one)
    assert (rows, letters) == ([{**TOLD, "source_line": 1}, {**TOLD, "source_line": 3}], [])


def test_events_that_are_delivered_twice_are_said_once(tmp_path: Path) -> None:
    one = spans(span(1, **{"user.id": "u-1", "gen_ai.usage.input_tokens": 9}))
    once = read(tmp_path, one, logs(*CALL))
    assert read(tmp_path, one, logs(*CALL), logs(*CALL)) == once
    rows, letters = read(tmp_path, logs(*CALL[:3], **{"user.id": "u-2"}), logs(*CALL[:3], **{"user.id": "u-2"}))
    assert letters == []
    assert [(row["prompt"], row["response"], row["source_line"]) for row in rows] == [("What is this?", "A hat.", 1)]


def test_events_without_their_span_are_a_call_of_their_own(tmp_path: Path) -> None:
    rows, letters = read(tmp_path, logs(*CALL[:2], **{"user.id": "u-2"}), logs(*CALL[2:]), logs(event("choice", 7, {})))
    assert rows == [
        {
            "exchange_id": "s1", "time": moment(1), "account_id": "u-2", "provider": "openai", "system": "Be kind.",
            "prompt": "What is this?", "response": "A hat.", "stop_reason": "stop", "source_line": 1,
        }
    ]  # fmt: skip
    assert [line for line, _ in letters] == [3]


def test_an_event_may_hold_a_whole_call(tmp_path: Path) -> None:
    asked = [{"role": "user", "parts": [{"type": "text", "content": "Which tea?"}]}]
    answer = [{"role": "assistant", "parts": [{"type": "text", "content": "Assam."}], "finish_reason": "stop"}]
    whole: dict[str, Any] = {
        "gen_ai.operation.name": "chat", "gen_ai.request.model": "m", "gen_ai.response.id": "r-1", "user.id": "u-3",
        "gen_ai.input.messages": asked, "gen_ai.output.messages": json.dumps(answer), "gen_ai.conversation.id": "c",
        "gen_ai.tool.definitions": [{"type": "function", "name": "kettle"}], "gen_ai.usage.output_tokens": 2,
        "gen_ai.response.finish_reasons": ["stop"],
    }  # fmt: skip
    name = "client.inference.operation.details"
    old = {**event("x", None, None, 5, **whole), "eventName": ""}
    old["attributes"] += pairs({"event.name": f"gen_ai.{name}"})
    told = {
        "exchange_id": "r-1", "account_id": "u-3", "session_id": "c", "provider": "openai", "model": "m",
        "operation": "chat", "prompt": "Which tea?", "response": "Assam.", "stop_reason": "stop", "tools": ["kettle"],
        "output_tokens": 2,
    }  # fmt: skip
    rows, letters = read(tmp_path, logs(event(name, 1, None, 4, **whole)), logs(old, {"body": wrapped("other")}))
    assert letters == []
    assert rows == [{**told, "time": moment(4), "source_line": 1}, {**told, "time": moment(5), "source_line": 2}]
    # Beside its span, which says when it began.
    rows, letters = read(tmp_path, logs(event(name, 1, None, 4, **whole)), spans(span(1)))
    assert (rows, letters) == ([{**told, "time": moment(1), "source_line": 2, "latency_ms": 1.5}], [])


def test_what_is_wrong_with_an_event_costs_no_other(tmp_path: Path) -> None:
    nobody = event("user.message", None, {"content": "Who am I?"})
    cut = event("user.message", 5, None, 1, **{"gen_ai.event.content": '{"content": "Wh', "user.id": "u"})
    half = [event("user.message", 6, {"content": "Yes?"}, 1), event("choice", 6, '{"message": {"content": "N', 2)]
    rows, letters = read(tmp_path, spans(span(1, **{"user.id": "u-1"}), span(6, **{"user.id": "u-6"})),
                         logs(*CALL, nobody, cut, *half, {**nobody, "attributes": 7}, 8), "{")  # fmt: skip
    assert [(row["exchange_id"], row["prompt"], row.get("response")) for row in rows] == [
        ("s1", "What is this?", "A hat."),
        ("s6", "Yes?", None),
    ]
    assert "cannot be parsed" in rows[1]["note"]
    assert [line for line, _ in letters] == [2, 2, 2, 2, 3]
    assert sum("names no span" in reason for _, reason in letters) == 0
    assert any("1 events (`gen_ai.user.message`) name no span" in reason for _, reason in letters)


def test_a_spans_own_events(tmp_path: Path) -> None:
    def own(name: str, **attributes: Any) -> dict[str, Any]:
        return {"timeUnixNano": "0", "name": f"gen_ai.{name}", "attributes": pairs(attributes)}

    azure = [
        own("system.message", **{"gen_ai.event.content": '{"role": "system", "content": "Short."}'}),
        own("user.message", **{"gen_ai.event.content": '{"role": "user", "content": "Tallest tree?"}'}),
        own(
            "choice",
            **{"gen_ai.event.content": '{"message": {"content": "Hyperion."}, "finish_reason": "stop", "index": 0}'},
        ),
    ]
    strands = [
        own("system.message", content='[{"text": "Short."}]'),
        own("user.message", content='[{"text": "Tallest tree?"}]'),
        own("choice", message='[{"text": "Hyperion."}]', finish_reason="stop"),
        own("user.message", content='[{"text": "Later."}]'),
    ]
    older = [
        own(
            "content.prompt",
            **{
                "gen_ai.prompt": '[{"role": "system", "content": "Short."}, {"role": "user", "content": "Tallest tree?"}]'
            },
        ),
        own("content.completion", **{"gen_ai.completion": '[{"role": "assistant", "content": "Hyperion."}]'}),
    ]
    listed = json.dumps([
        {"event.name": "gen_ai.system.message", "content": "Short.", "role": "system"},
        {"event.name": "gen_ai.user.message", "content": "Tallest tree?", "role": "user"},
        {"event.name": "gen_ai.choice", "index": 0, "message": {"role": "assistant", "content": "Hyperion."}},
    ])  # fmt: skip
    gemini = [
        own("system.message", **{"gen_ai.event.content": '{"content": "Short."}'}),
        own(
            "user.message",
            **{"gen_ai.event.content": '{"content": {"role": "user", "parts": [{"text": "Tallest tree?"}]}}'},
        ),
        own(
            "choice",
            **{"gen_ai.event.content": '{"index": 0, "content": {"role": "model", "parts": [{"text": "Hyperion."}]}}'},
        ),
    ]
    user = {"user.id": "u-4"}
    given = [span(number, events, **user) for number, events in enumerate((azure, strands, older, gemini, []))]
    given[4]["attributes"] += pairs({"events": listed})
    rows, letters = read(tmp_path, spans(*given))
    assert letters == []
    assert [(row["exchange_id"], row["system"], row["prompt"], row["response"]) for row in rows] == [
        (f"s{number}", "Short.", "Tallest tree?", "Hyperion.") for number in range(5)
    ]
    assert {row["account_id"] for row in rows} == {"u-4"}


def test_attributes_go_before_events(tmp_path: Path) -> None:
    asked = json.dumps([{"role": "user", "content": "Mine."}])
    rows, letters = read(
        tmp_path,
        spans(span(1, **{"user.id": "u", "gen_ai.input.messages": asked})),
        logs(*CALL, **{"user.id": "other"}),
    )
    assert letters == []
    assert [(row["account_id"], row["prompt"], row["response"]) for row in rows] == [("u", "Mine.", "A hat.")]
