"""What shippers put around a line: what is in it is read, and a reason names it."""

import base64
import gzip
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from stillwatch.ingest import all_formats, plan, read_slice

GOOD: dict[str, Any] = dict(all_formats()["litellm-standard"].example)
TEXT = json.dumps(GOOD)
STAMP = "2026-01-10T11:00:00.123456789Z"


def read(path: Path, text: str) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    path.write_text(text)
    found = [result for part in plan([path]) for result in read_slice(part)]
    rows = [row for result in found for row in result.exchanges.to_pylist()]
    return rows, [letter for result in found for letter in result.dead_letters.to_pylist()]


def packed(value: Any) -> str:
    return base64.b64encode(gzip.compress(json.dumps(value).encode())).decode()


def subscription(*lines: str) -> dict[str, Any]:
    events = [{"id": str(place), "timestamp": 1, "message": line} for place, line in enumerate(lines)]
    return {"messageType": "DATA_MESSAGE", "owner": "1", "logGroup": "/g", "logEvents": events}


# Each holds the record once.
ONE: dict[str, Callable[[], str]] = {
    "CloudWatch subscription": lambda: json.dumps(subscription(TEXT)),
    "FilterLogEvents": lambda: json.dumps({"events": [{"timestamp": 1, "message": TEXT}], "nextToken": "x"}, indent=2),
    "export task": lambda: f"2026-01-10T11:00:00.000Z {TEXT}",
    "Insights CSV": lambda: '@timestamp,@message\n2026-01-10 11:00:00.000,"' + TEXT.replace('"', '""') + '"\n',
    "Lambda event": lambda: json.dumps({"awslogs": {"data": packed(subscription(TEXT))}}),
    "Kinesis": lambda: json.dumps({"Records": [{"kinesis": {"data": packed(subscription(TEXT))}}]}),
    "Firehose": lambda: json.dumps({"records": [{"recordId": "1", "data": base64.b64encode(TEXT.encode()).decode()}]}),
    "Docker": lambda: json.dumps({"log": TEXT + "\n", "stream": "stdout", "time": STAMP}),
    "CRI": lambda: f"{STAMP} stdout F {TEXT}",
    "Kubernetes under Fluent Bit": lambda: json.dumps(
        {"date": 1.5, "log": f"{STAMP} stdout F {TEXT}", "kubernetes": {}}
    ),
    "Datadog message": lambda: json.dumps({"ddsource": "x", "message": TEXT, "service": "s", "status": "INFO"}),
    "Datadog attributes": lambda: json.dumps({"id": "1", "type": "log", "attributes": {"attributes": GOOD}}),
    "Elastic": lambda: json.dumps({"_index": "i", "_id": "1", "_source": GOOD}),
    "Elastic reply": lambda: json.dumps({"took": 1, "hits": {"total": {"value": 1}, "hits": [{"_source": GOOD}]}}),
    "Elastic, a message": lambda: json.dumps({"_index": "i", "_source": {"@timestamp": STAMP, "message": TEXT}}),
    "Splunk": lambda: json.dumps({"time": 1, "host": "h", "event": GOOD}),
    "Splunk, text": lambda: json.dumps({"time": 1, "host": "h", "event": TEXT}),
    "Splunk export": lambda: json.dumps({"preview": False, "result": {"_raw": TEXT, "_time": STAMP}}),
    "Loki push": lambda: json.dumps({"streams": [{"stream": {"app": "x"}, "values": [["1", TEXT]]}]}),
    "Loki reply": lambda: json.dumps({"data": {"resultType": "streams", "result": [{"values": [["1", TEXT]]}]}}),
    "Fluent Bit": lambda: json.dumps([1700000000.5, {"log": TEXT}]),
    "Cloud Logging": lambda: json.dumps({"logName": "l", "timestamp": STAMP, "jsonPayload": GOOD}),
    "Cloud Logging, text": lambda: json.dumps({"entries": [{"logName": "l", "textPayload": TEXT}]}),
    "Azure Monitor": lambda: json.dumps({"records": [{"time": STAMP, "category": "c", "properties": TEXT}]}),
    "syslog 5424": lambda: f"<14>1 {STAMP} host app 1 - - {TEXT}",
    "syslog 3164": lambda: f"Jan 10 11:00:00 host app[1]: {TEXT}",
    "a level": lambda: f"[2026-01-10 11:00:00] INFO proxy: {TEXT}",
    "journal": lambda: json.dumps({"MESSAGE": TEXT, "_PID": "1"}),
    "OTLP logs": lambda: json.dumps(
        {"resourceLogs": [{"scopeLogs": [{"logRecords": [{"body": {"stringValue": TEXT}}]}]}]}
    ),
    "three deep": lambda: json.dumps(subscription(json.dumps({"log": json.dumps({"event": GOOD})}))),
}


@pytest.mark.parametrize("name", ONE)
@pytest.mark.parametrize("times", [1, 3])
def test_a_record_in_its_envelope(tmp_path: Path, name: str, times: int) -> None:
    if "CSV" in name and times > 1:
        pytest.skip("a header stands once")
    rows, letters = read(tmp_path / "log", "\n".join([ONE[name]()] * times))
    assert letters == []
    assert [(row["account_id"], row["prompt"]) for row in rows] == [("a-1", "Why?")] * times or [
        row["prompt"] for row in rows
    ] == ["Why?"] * times
    assert {row["exchange_id"] for row in rows} == {GOOD["id"]}


def test_each_record_of_an_envelope_is_its_own(tmp_path: Path) -> None:
    bad = json.dumps({**GOOD, "startTime": None})
    rows, letters = read(tmp_path / "log", json.dumps(subscription(TEXT, "starting up", bad, '{"x": 1}', TEXT)))
    assert len(rows) == 2
    told = [(letter["kind"], letter["line"], letter["reason"]) for letter in letters]
    assert [kind for kind, _, _ in told] == ["part"] * 3
    assert {line for _, line, _ in told} == {1}
    named = "in a CloudWatch Logs subscription message, `logEvents[{}]`: "
    for place in (1, 2, 3):
        assert sum(reason.startswith(named.format(place)) for _, _, reason in told) == 1


def test_a_record_that_a_format_knows_is_never_opened(tmp_path: Path) -> None:
    spoken = json.dumps({**GOOD, "message": json.dumps({**GOOD, "id": "other"}), "data": [GOOD, GOOD]})
    rows, _ = read(tmp_path / "log", spoken)
    assert [row["exchange_id"] for row in rows] == [GOOD["id"]]


def test_an_envelopes_time_is_not_the_requests(tmp_path: Path) -> None:
    inner = {"account_id": "a", "prompt": "p"}
    rows, letters = read(tmp_path / "log", json.dumps({"time": 1768042800, "host": "h", "event": inner}))
    assert rows == []
    assert [letter["reason"] for letter in letters] == ["in a Splunk HEC event, `event`: no `time`"]


def test_envelopes_in_envelopes_end(tmp_path: Path) -> None:
    value: Any = GOOD
    for _ in range(40):
        value = {"event": value}
    rows, letters = read(tmp_path / "log", TEXT + "\n" + json.dumps(value))
    assert (len(rows), len(letters)) == (1, 1)


@pytest.mark.parametrize(
    ("text", "read_back", "left"),
    [
        (json.dumps({"data": [{"attributes": {"message": TEXT, "attributes": {"a": 1}}}]}), 1, 0),
        (json.dumps({"messageType": "CONTROL_MESSAGE", "logEvents": [{"message": "CWL"}]}) + "\n" + TEXT, 1, 0),
        ('{"index": {"_index": "x"}}\n' + TEXT, 1, 0),
        (json.dumps({"r-1": GOOD, "r-2": GOOD}), 2, 0),
        (json.dumps({"exported": 1, "things": [GOOD, {"x": 1}]}), 1, 1),
        (json.dumps({"data": {"q": {"edges": [{"node": GOOD}, {"node": GOOD}]}}}), 2, 0),
        (json.dumps(TEXT) + "\n" + json.dumps(TEXT), 2, 0),
        (json.dumps([TEXT, TEXT]), 2, 0),
        ("data: " + TEXT + "\n\n" + "data: [DONE]\n\n", 1, 1),
    ],
)
def test_records_lie_in_odd_places(tmp_path: Path, text: str, read_back: int, left: int) -> None:
    rows, letters = read(tmp_path / "log", text)
    assert ([row["prompt"] for row in rows], len(letters)) == (["Why?"] * read_back, left)


def test_a_wide_record_that_nobody_knows_is_looked_through_in_bounded_time(tmp_path: Path) -> None:
    value: Any = {"x": 1}
    for _ in range(8):
        value = dict.fromkeys(("data", "message", "event", "log", "body"), value)
    rows, letters = read(tmp_path / "log", TEXT + "\n" + json.dumps(value))
    assert (len(rows), len(letters)) == (1, 1)
