"""Access logs of web servers, proxies and gateways that keep bodies, under their own names."""

import base64
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from read_records import read_records

from stillwatch.ingest import plan, read_slice

ASKED = {"model": "m", "messages": [{"role": "user", "content": 'Tallest "tree", é?\n'}]}
ANSWER = {
    "id": "c-1", "usage": {"prompt_tokens": 12, "completion_tokens": 4},
    "choices": [{"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": "Redwood."}}],
}  # fmt: skip
MINE = {**ASKED, "user": "u-1"}
TOLD = {
    "time": datetime(2026, 3, 2, 9, 0, tzinfo=UTC), "account_id": "u-1", "prompt": ASKED["messages"][0]["content"],  # type: ignore[index]
    "response": "Redwood.", "stop_reason": "stop", "input_tokens": 12, "output_tokens": 4, "status": "200",
    "client_address": "203.0.113.4", "latency_ms": 812.0, "user_agent": "sdk/1", "operation": "chat.completions",
}  # fmt: skip
NGINX = {
    "time_iso8601": "2026-03-02T09:00:00+00:00", "remote_addr": "203.0.113.4", "request_method": "POST",
    "request_uri": "/v1/chat/completions", "status": "200", "request_time": "0.812", "http_user_agent": "sdk/1",
    "request_body": json.dumps(MINE), "resp_body": json.dumps(ANSWER),
}  # fmt: skip
APISIX = {
    "start_time": 1772442000000, "client_ip": "203.0.113.4", "latency": 812.0, "apisix_latency": 3.0,
    "consumer": {"username": "u-1"}, "route_id": "1", "server": {"hostname": "h"},
    "request": {"method": "POST", "uri": "/v1/chat/completions", "headers": {"user-agent": "sdk/1"},
                "body": json.dumps(ASKED)},
    "response": {"status": 200, "headers": {}, "body": json.dumps(ANSWER)},
}  # fmt: skip


def without(record: dict[str, Any], *names: str) -> dict[str, Any]:
    return {name: value for name, value in record.items() if name not in names}


LOGS: dict[str, tuple[dict[str, Any], tuple[str, ...]]] = {
    "nginx": (NGINX, ()),
    "nginx, its line and local time": (
        {**without(NGINX, "time_iso8601", "request_method", "request_uri"), "time_local": "02/Mar/2026:09:00:00 +0000",
         "request": "POST /v1/chat/completions HTTP/1.1"},
        (),
    ),
    "nginx, seconds": ({**without(NGINX, "time_iso8601"), "msec": "1772442000.000"}, ()),
    "nginx, behind a proxy": (
        {**without(NGINX, "remote_addr"), "http_x_forwarded_for": "203.0.113.4, 10.0.0.1"},
        (),
    ),
    "Envoy": (
        {"start_time": "2026-03-02T09:00:00.000Z", "method": "POST", "path": "/v1/chat/completions", "duration": 812,
         "response_code": 200, "downstream_remote_address": "203.0.113.4:31022", "user_agent": "sdk/1",
         "request_body": json.dumps(MINE), "response_body": json.dumps(ANSWER)},
        (),
    ),
    "Amazon API Gateway": (
        {"requestTime": "02/Mar/2026:09:00:00 +0000", "ip": "203.0.113.4", "httpMethod": "POST", "status": "200",
         "resourcePath": "/v1/chat/completions", "userAgent": "sdk/1", "requestBody": json.dumps(MINE),
         "responseBody": json.dumps(ANSWER)},
        ("latency_ms",),
    ),
    "Apache APISIX": (APISIX, ()),
    "HAR": (
        {"log": {"version": "1.2", "entries": [{
            "startedDateTime": "2026-03-02T09:00:00.000Z", "time": 812.5,
            "request": {"method": "POST", "url": "https://api.example/v1/chat/completions",
                        "headers": [{"name": "User-Agent", "value": "sdk/1"}],
                        "postData": {"mimeType": "application/json", "text": json.dumps(MINE)}},
            "response": {"status": 200, "headers": [], "content": {
                "encoding": "base64", "text": base64.b64encode(json.dumps(ANSWER).encode()).decode()}},
        }]}},
        ("latency_ms", "client_address"),
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", sorted(LOGS))
def test_access_logs(tmp_path: Path, name: str) -> None:
    record, lacking = LOGS[name]
    (row,), letters = read_records(tmp_path, record)
    assert letters == []
    told = without(TOLD, *lacking)
    assert {column: row.get(column) for column in told} == told
    assert "note" not in row


def test_a_line_of_nginx_without_a_time_is_refused(tmp_path: Path) -> None:
    rows, letters = read_records(tmp_path, NGINX, without(NGINX, "time_iso8601"))
    assert len(rows) == 1
    assert "`time`" in letters[0]


def test_bytes_that_nginx_escapes(tmp_path: Path) -> None:
    """Without ``escape=json`` it writes what is no letter of ASCII, quotes and backslashes as ``\\xHH``."""
    path = tmp_path / "access.log"
    body = "".join(
        letter
        if 31 < ord(letter) < 127 and letter not in '"\\'
        else "".join(f"\\x{one:02X}" for one in letter.encode())
        for letter in json.dumps(MINE, ensure_ascii=False)
    )
    lines = (json.dumps(NGINX).replace(json.dumps(NGINX["request_body"]), f'"{body}"') for _ in range(1))
    path.write_text("".join(f"{line}\n" for line in lines), encoding="ascii")
    results = [result for part in plan([path]) for result in read_slice(part)]
    (row,) = [row for result in results for row in result.exchanges.to_pylist()]
    assert (row["prompt"], row["account_id"], row["response"]) == (TOLD["prompt"], "u-1", "Redwood.")


def test_a_body_in_no_frame_stays_one(tmp_path: Path) -> None:
    blocks = {"role": "assistant", "content": [{"type": "text", "text": "Redwood."}], "stop_reason": "end_turn"}
    asked = {**ASKED, "max_tokens": 5, "system": "Brief."}
    head = {"timestamp": "2026-03-02T09:00:00Z", "user_id": "u-1"}
    (row,), letters = read_records(tmp_path, {**head, "request": asked, "response": {**blocks, "headers": {}}})
    assert letters == []
    assert row["response"] == "Redwood."
