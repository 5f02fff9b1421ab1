"""Exchanges that lie in several records are put together, whichever file and order the records lie in."""

import json
from pathlib import Path
from typing import Any

from stillwatch.ingest import plan, read_slice

SHARED = {"TimeGenerated": "2026-03-02T09:00:00.250001Z", "CorrelationId": "z-1"}
TEXT = json.dumps([{"role": "system", "content": "Brief."}, {"role": "user", "content": "Deepest lake?"}])


def part(number: int, **values: Any) -> dict[str, Any]:
    return {**SHARED, "SequenceNumber": number, **values}


COUNTS = part(0, ModelName="m", PromptTokens=14, CompletionTokens=8, IsStreamCompletion=True)
ASKED = [part(1, RequestMessages=TEXT[:30]), part(2, RequestMessages=TEXT[30:])]
ANSWERED = part(3, ResponseMessages=[{"role": "assistant", "content": "Baikal."}])
GATEWAY = {
    **SHARED, "Type": "ApiManagementGatewayLogs", "ApimSubscriptionId": "u-1", "CallerIpAddress": "203.0.113.9",
    "ResponseCode": 200, "TotalTime": 812,
}  # fmt: skip


def read(folder: Path, *files: list[dict[str, Any]]) -> tuple[list[dict[str, Any]], list[str]]:
    for number, records in enumerate(files):
        place = folder / f"day-{number}"
        place.mkdir(parents=True)
        (place / "log.json").write_text("".join(json.dumps(record) + "\n" for record in records))
    results = [result for one in plan([folder]) for result in read_slice(one)]
    rows = [row for result in results for row in result.exchanges.to_pylist()]
    letters = [letter["reason"] for result in results for letter in result.dead_letters.to_pylist()]
    return [{k: v for k, v in row.items() if v is not None} for row in rows], letters


def test_parts_of_a_request_and_its_caller_lie_in_any_order_and_file(tmp_path: Path) -> None:
    for place, files in enumerate(
        ([[COUNTS, *ASKED, ANSWERED, GATEWAY]], [[ANSWERED, ASKED[1], GATEWAY], [ASKED[0], COUNTS]])
    ):
        rows, letters = read(tmp_path / str(place), *files)
        assert letters == []
        (row,) = rows
        assert row["time"].isoformat() == "2026-03-02T09:00:00.250001+00:00"
        told = {
            "exchange_id": "z-1", "account_id": "u-1", "model": "m", "system": "Brief.", "prompt": "Deepest lake?",
            "response": "Baikal.", "input_tokens": 14, "output_tokens": 8, "stream": True, "status": "200",
            "latency_ms": 812.0, "client_address": "203.0.113.9",
        }  # fmt: skip
        assert {name: row.get(name) for name in told} == told


def test_a_part_that_came_twice_counts_once(tmp_path: Path) -> None:
    rows, letters = read(tmp_path, [GATEWAY, COUNTS, *ASKED, *ASKED, ANSWERED, ANSWERED, GATEWAY])
    assert letters == []
    assert [(row["prompt"], row["response"]) for row in rows] == [("Deepest lake?", "Baikal.")]


def test_lists_of_messages_follow_one_another(tmp_path: Path) -> None:
    first, second = json.loads(TEXT)
    rows, letters = read(
        tmp_path, [GATEWAY, part(1, RequestMessages=[first]), part(2, RequestMessages=[second]), ANSWERED]
    )
    assert letters == []
    assert (rows[0]["system"], rows[0]["prompt"]) == ("Brief.", "Deepest lake?")


def test_a_request_of_which_a_part_is_missing_is_refused(tmp_path: Path) -> None:
    cut = [GATEWAY, COUNTS, ASKED[0], ANSWERED]
    gap = [GATEWAY, COUNTS, ASKED[1], ANSWERED]
    end = [GATEWAY, COUNTS, ASKED[0]]
    for place, (records, why) in enumerate(
        [
            (cut, "part 2 of the request's 4 parts (`SequenceNumber`) is missing"),
            (gap, "part 1 of the request's 4 parts (`SequenceNumber`) is missing"),
            (end, "`RequestMessages`: the 1 parts together are no JSON: one is cut or missing"),
        ]
    ):
        assert read(tmp_path / str(place), records) == ([], [why])


def test_a_missing_part_of_an_answer_costs_the_answer(tmp_path: Path) -> None:
    rows, letters = read(tmp_path, [GATEWAY, COUNTS, *ASKED, ANSWERED, part(5, ResponseMessages="…")])
    assert letters == []
    assert "response" not in rows[0]
    assert "part 4 is missing" in rows[0]["note"]


def test_a_number_far_beyond_the_others_costs_its_request_and_no_memory(tmp_path: Path) -> None:
    far = part(2**40, ResponseMessages=[{"role": "assistant", "content": "Baikal."}])
    rows, letters = read(tmp_path / "0", [GATEWAY, COUNTS, *ASKED, far])
    assert (rows, letters) == (
        [],
        [f"part 3 of the request's {2**40 + 1} parts (`SequenceNumber`) is missing"],
    )
    rows, _ = read(tmp_path / "1", [GATEWAY, COUNTS, *ASKED, ANSWERED, part(2**40)])
    assert "part 4 is missing" in rows[0]["note"]


def test_who_is_missing_is_told(tmp_path: Path) -> None:
    assert read(tmp_path / "0", [COUNTS, *ASKED, ANSWERED])[1] == [
        "no `account_id`: put the gateway log (ApiManagementGatewayLogs, with `ApimSubscriptionId`) of the same hours "
        "beside the LLM log, or join `ApimSubscriptionId` by `CorrelationId`"
    ]
    alone = {**GATEWAY, "CorrelationId": "other"}
    rows, letters = read(tmp_path / "1", [GATEWAY, COUNTS, *ASKED, ANSWERED, alone])
    assert len(rows) == 1
    assert letters == ["no text: a request of the gateway log without a row of the LLM log in the same folder"]
    assert read(tmp_path / "2", [GATEWAY, COUNTS])[1] == [
        "no text: the LLM log's rows hold counts alone; switch on `Log prompts` and `Log completions` of the API"
    ]


def test_bodies_of_the_gateway_log_stand_where_the_llm_log_has_no_text(tmp_path: Path) -> None:
    body = json.dumps({"model": "m", "messages": json.loads(TEXT), "temperature": 0.5})
    rows, letters = read(tmp_path, [{**GATEWAY, "RequestBody": body, "ResponseBody": "<html>"}])
    assert letters == []
    assert (rows[0]["prompt"], rows[0]["temperature"], rows[0]["account_id"]) == ("Deepest lake?", 0.5, "u-1")
    assert "response" in rows[0]["note"]


def document(name: str, above: str | None, user: str, **values: Any) -> dict[str, Any]:
    return {
        "messageId": name, "parentMessageId": above, "conversationId": "c", "user": user, "isCreatedByUser": False,
        **values,
    }  # fmt: skip


def test_documents_of_a_conversation_are_a_tree(tmp_path: Path) -> None:
    def asked(name: str, above: str | None, user: str, second: int) -> dict[str, Any]:
        moment = {"$date": f"2026-03-02T09:00:{second:02d}Z"}
        return document(name, above, user, isCreatedByUser=True, text=f"Question {name}?", createdAt=moment)

    again = {"$date": "2026-03-02T11:00:00Z"}
    records = [
        document("3", "2", "u-1", text="B", model="n", createdAt=again), asked("1", None, "u-1", 1),
        document("2", "1", "u-1", text="A", model="m", createdAt=again), asked("4", "2", "u-1", 9),
        document("5", "1", "u-1", text="A again", model="m", createdAt=again), asked("1", None, "u-2", 5),
    ]  # fmt: skip
    rows, letters = read(tmp_path, records[:3], records[3:])
    found = [(r["account_id"], r["exchange_id"], str(r["time"])[11:19], r["prompt"], r.get("response")) for r in rows]
    assert sorted(found) == [
        ("u-1", "2", "09:00:01", "Question 1?", "A"),
        ("u-1", "4", "09:00:09", "Question 4?", None),
        # Asked for again, two hours later.
        ("u-1", "5", "11:00:00", "Question 1?", "A again"),
        ("u-2", "1", "09:00:05", "Question 1?", None),
    ]
    follow = next(row for row in rows if row["exchange_id"] == "4")
    assert [message["content"] for message in follow["messages"]] == ["Question 1?", "A", "Question 4?"]
    assert letters == []
