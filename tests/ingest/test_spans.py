"""Of an export of spans each call of a model is one exchange, whatever lies beside it."""

import json
from pathlib import Path
from typing import Any

import pyarrow as pa

from stillwatch.ingest import plan, read_slice
from stillwatch.tables import DEAD_LETTERS, EXCHANGES

ASKED = json.dumps([{"role": "user", "parts": [{"type": "text", "content": "Is it late?"}]}])


def span(
    number: int, operation: str = "chat", *, parent: int | None = None, trace: str = "t", **more: Any
) -> dict[str, Any]:
    given: dict[str, Any] = {"gen_ai.operation.name": operation, "gen_ai.request.model": "m"}
    if operation in ("chat", "invoke_agent"):
        given["gen_ai.input.messages"] = ASKED
    given |= {name.replace("__", "."): value for name, value in more.items()}
    return {
        "traceId": trace, "spanId": f"s{number}", "parentSpanId": "" if parent is None else f"s{parent}",
        "startTimeUnixNano": str(1795490904_000000000 + number * 1_000_000),
        "attributes": [{"key": name, "value": {"stringValue": value}} for name, value in given.items() if value is not None],
    }  # fmt: skip


def read(folder: Path, *spans: Any) -> tuple[list[dict[str, Any]], list[tuple[str, str]]]:
    path = folder / "otlp.jsonl"
    path.write_text(json.dumps({"resourceSpans": [{"resource": {}, "scopeSpans": [{"spans": list(spans)}]}]}) + "\n")
    results = [result for part in plan([path]) for result in read_slice(part)]
    rows = pa.Table.from_batches([r.exchanges for r in results], EXCHANGES).to_pylist()
    letters = pa.Table.from_batches([r.dead_letters for r in results], DEAD_LETTERS).to_pylist()
    return rows, [(letter["kind"], letter["reason"]) for letter in letters]


def accounts(rows: list[dict[str, Any]]) -> list[str]:
    return [row["account_id"] for row in rows]


def test_a_span_that_is_no_call_costs_no_other(tmp_path: Path) -> None:
    chats = [span(n, user__id=f"u{n}") for n in range(20)]
    others = [span(30, "execute_tool"), span(31, "create_agent"), {"traceId": "t", "spanId": "x"}, 7]
    rows, letters = read(tmp_path, *chats[:10], *others, span(32, "embeddings"), *chats[10:])
    assert accounts(rows) == [f"u{n}" for n in range(20)]
    assert [row["time"].microsecond for row in rows] == [n * 1000 for n in range(20)]
    assert sorted(letters) == [
        ("part", "`spans`: expected an object, got 7"),
        ("part", "an embeddings span holds no conversation"),
    ]


def test_each_span_that_cannot_be_read_is_a_dead_letter_of_its_own(tmp_path: Path) -> None:
    cut = span(1, user__id="u1", gen_ai__input__messages=ASKED[:30])
    nobody = span(2, trace="another")
    half = span(3, user__id="u3", gen_ai__output__messages='[{"role": "assis', gen_ai__tool__definitions="[{")
    rows, letters = read(tmp_path, span(0, user__id="u0"), cut, nobody, half)
    assert accounts(rows) == ["u0", "u3"]
    assert rows[1]["response"] is None
    assert all(name in rows[1]["note"] for name in ("`tools`", "`response`"))
    assert [kind for kind, _ in letters] == ["part", "part"]
    assert {reason.split(":")[0] for _, reason in letters} == {"`gen_ai.input.messages`", "no `account_id`"}


def test_what_an_agent_says_of_its_calls_counts_once(tmp_path: Path) -> None:
    agent, tool = span(0, "invoke_agent", user__id="u"), span(2, "execute_tool", parent=0)
    calls = [span(1, parent=0, gen_ai__tool__definitions='[{"name": "late"}]'), span(3, parent=2)]
    rows, letters = read(tmp_path, *calls, tool, agent)
    assert (len(rows), letters) == (2, [])
    # Who asked is said at the top alone.
    assert accounts(rows) == ["u", "u"]
    assert rows[0]["tools"] == ["late"]
    # One library's span around another's of the same call.
    rows, _ = read(tmp_path, span(0, user__id="outer"), span(1, parent=0, user__id="inner"))
    assert accounts(rows) == ["inner"]
    # An agent whose calls were not recorded.
    rows, _ = read(tmp_path, agent, tool)
    assert accounts(rows) == ["u"]


def test_a_span_without_a_user_has_that_of_its_trace(tmp_path: Path) -> None:
    rows, letters = read(tmp_path, span(0), span(1, user__id="u"), span(2, trace="b"), span(3, trace="b", user__id="v"))
    assert (accounts(rows), letters) == (["u", "u", "v", "v"], [])
    # Of two users nobody knows whose the third call is.
    rows, letters = read(tmp_path, span(0), span(1, user__id="u"), span(2, user__id="v"))
    assert accounts(rows) == ["u", "v"]
    assert [(kind, reason.split(":")[0]) for kind, reason in letters] == [("part", "no `account_id`")]


def test_spans_that_are_their_own_ancestors_end(tmp_path: Path) -> None:
    rows, _ = read(tmp_path, span(0, parent=1), span(1, parent=0, user__id="u"), span(2, "invoke_agent", parent=2))
    assert len(rows) <= 2
