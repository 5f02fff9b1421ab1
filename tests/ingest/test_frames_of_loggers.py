"""What loggers of languages, proxies and tools put around a call, each with a time of its own, is read as the call."""

import json
from pathlib import Path
from typing import Any
from uuid import UUID

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from read_records import read_records

from stillwatch.ingest import plan, read_slice

TIME = "2026-03-02T09:00:00Z"
SECOND = 1772442000
CALL = {"user_id": "u-1", "model": "m", "prompt": "Deepest lake?", "response": "Baikal."}
ASKED = {"model": "m", "messages": [{"role": "user", "content": "Deepest lake?"}]}
ANSWERED = {"model": "m", "choices": [{"message": {"role": "assistant", "content": "Baikal."}}]}
BODIES = {"request-body": json.dumps(ASKED), "response-body": json.dumps(ANSWERED)}
HAR = {
    "startedDateTime": TIME, "time": 800,
    "request": {"method": "POST", "url": "/v1/chat/completions", "headers": [],
                "postData": {"text": json.dumps({**ASKED, "user": "u-1"})}},
    "response": {"status": 200, "content": {"text": json.dumps(ANSWERED)}},
}  # fmt: skip
LINES: dict[str, list[dict[str, Any]]] = {
    "Python": [{"asctime": "2026-03-02 09:00:00,000", "levelname": "INFO", "message": "call", **CALL}],
    "Loguru": [{"text": "call", "record": {"time": {"repr": "x", "timestamp": SECOND}, "extra": CALL, "message": "call"}}],
    "Log4j 2": [{"instant": {"epochSecond": SECOND, "nanoOfSecond": 0}, "message": "call", "contextMap": CALL}],
    "Winston": [{"level": "info", "message": "call", "timestamp": TIME, "metadata": CALL}],
    "Fluent Bit": [{"date": SECOND + 60, "log": "x", "log_processed": {"timestamp": TIME, **CALL}}],
    "Elastic's schema": [
        {"@timestamp": TIME, "user": {"id": "u-1"}, "model": "m",
         "gen_ai": {"prompt": "Deepest lake?", "completion": "Baikal."}}
    ],
    "Amplitude": [
        {"event_type": "llm", "user_id": "u-1", "event_time": "2026-03-02 09:00:00.000", "user_properties": {},
         "event_properties": {"model": "m", "prompt": "Deepest lake?", "response": "Baikal."}}
    ],
    "Log Analytics, in a table of one's own": [
        {"TimeGenerated": "2026-03-02T09:01:00Z", "timestamp_t": TIME, "user_id_s": "u-1", "model_s": "m",
         "prompt_s": "Deepest lake?", "response_s": "Baikal."}
    ],
    "Datadog's CSV": [
        {"Date": TIME, "Host": "h", "@user_id": "u-1", "@model": "m", "@prompt": "Deepest lake?", "@response": "Baikal."}
    ],
    "Kibana's CSV": [
        {"@timestamp": "Mar 2, 2026 @ 09:00:00.000", "user.id": "u-1", "llm.model": "m", "llm.prompt": "Deepest lake?",
         "llm.response": "Baikal."}
    ],
    "CloudWatch Logs Insights, with columns of its own": [
        {"@timestamp": "2026-03-02 09:00:05.000", "user_id": "u-1", "prompt": "Deepest lake?", "model": "m",
         "@message": json.dumps({"timestamp": TIME, **CALL})}
    ],
    "Application Insights": [{"timestamp": TIME, "message": "x", "customDimensions": json.dumps({"user_id": "u-1", **BODIES})}],
    "Envoy, with bodies": [
        {"start_time": TIME, "response_code": 200, "gen_ai.request.model": "m", "x-user-id": "u-1",
         "request_body": ASKED, "response_body": ANSWERED}
    ],
    "HAR": [{"log": {"version": "1.2", "entries": [HAR]}}],
    "LiteLLM's callback": [
        {"kwargs": {**ASKED, "user": "u-1", "optional_params": {}}, "response_obj": ANSWERED, "start_time": TIME}
    ],
    "Traefik": [{"time": TIME, "ClientUsername": "u-1", **BODIES}],
    "SGLang's log": [
        {"timestamp": TIME, "event": "request.finished", "user_id": "u-1", "model": "m",
         "obj": {"text": "Deepest lake?", "sampling_params": {}}, "out": {"text": "Baikal.", "meta_info": {"id": "r"}}}
    ],
    "ShareGPT with a time": [
        {"timestamp": TIME, "user_id": "u-1", "model": "m", "conversations": [
            {"from": "human", "value": "Deepest lake?"}, {"from": "gpt", "value": "Baikal."}]}
    ],
    "PromptLayer": [
        {"request_start_time": TIME, "model": "m", "metadata": {"user_id": "u-1"}, "input": {**ASKED, "type": "chat"},
         "output": {"type": "chat", "messages": [{"role": "assistant", "content": "Baikal."}]}}
    ],
    "Vertex, whose account its labels name": [
        {"logging_time": TIME, "model": "m", "full_request": {"contents": "Deepest lake?", "labels": {"user_id": "u-1"}},
         "full_response": {"candidates": [{"content": {"parts": [{"text": "Baikal."}]}}]}}
    ],
    "Flowise": [
        {"id": "1", "role": "userMessage", "content": "Deepest lake?", "chatId": "c", "createdDate": TIME, "userId": "u-1"},
        {"id": "2", "role": "apiMessage", "content": "Baikal.", "chatId": "c", "createdDate": "2026-03-02T09:00:02Z",
         "userId": "u-1", "model": "m"},
    ],
}  # fmt: skip


@pytest.mark.parametrize("name", LINES)
def test_it_is_one_exchange(tmp_path: Path, name: str) -> None:
    (row,), letters = read_records(tmp_path, *LINES[name])
    assert letters == []
    told = (row["account_id"], row["model"], row["prompt"], row["response"], row["time"].timestamp())
    assert told == ("u-1", "m", "Deepest lake?", "Baikal.", SECOND)


def test_without_bodies_and_times_they_are_still_refused_by_name(tmp_path: Path) -> None:
    envoy = {"start_time": TIME, "response_code": 200, "gen_ai.request.model": "m", "x-user-id": "u-1"}
    data_set = {"conversations": [{"from": "human", "value": "Deepest lake?"}, {"from": "gpt", "value": "Baikal."}]}
    rows, letters = read_records(tmp_path, envoy, data_set)
    assert rows == []
    assert "Envoy AI Gateway's access log" in letters[0]
    assert "a data set's" in letters[1]


def test_a_dict_of_python_behind_a_loggers_words_is_read(tmp_path: Path) -> None:
    path = tmp_path / "app.log"
    path.write_text(f"2026-03-02 09:00:05,123 - llm - INFO - { ({'timestamp': TIME, **CALL}) }\n" * 2)
    rows = [row for part in plan([path]) for result in read_slice(part) for row in result.exchanges.to_pylist()]
    assert [(row["account_id"], row["prompt"], row["time"].timestamp()) for row in rows] == [
        ("u-1", "Deepest lake?", SECOND)
    ] * 2


def test_ids_in_sixteen_bytes_are_uuids(tmp_path: Path) -> None:
    ids = [bytes(range(16)), bytes(range(1, 17))]
    table = {"timestamp": [TIME] * 2, "user_id": pa.array(ids, pa.binary(16)), "model": ["m"] * 2, "prompt": ["a", "b"]}
    pq.write_table(pa.table(table), tmp_path / "x.parquet")
    rows = [row for part in plan([tmp_path]) for result in read_slice(part) for row in result.exchanges.to_pylist()]
    assert [row["account_id"] for row in rows] == [str(UUID(bytes=one)) for one in ids]
