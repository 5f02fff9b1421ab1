"""Lines of a plain shape, decoded a block at once, are read as their format reads them one by one: every value, note and
dead letter. Whole records are changed at random, by names that the shape or its format knows and by values that are no
such thing, and read both ways."""

import copy
import json
import random
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from unittest.mock import patch

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from stillwatch.core.bodies import pairs
from stillwatch.core.bodies.optional_parts import UNFORESEEN
from stillwatch.ingest import LogFormat, all_formats, plan, read_slice
from stillwatch.ingest.plain_names import ANSWERS
from stillwatch.ingest.plain_names import OTHERS as OTHERS_OF_COLUMNS
from stillwatch.ingest.plain_shape import PlainShape, PlainShapes
from stillwatch.ingest.record import COLUMNS as NAMES_OF_COLUMNS
from stillwatch.ingest.repeated_names import TELLING
from stillwatch.ingest.spelling import in_camel_case

SECOND = 1_795_490_904
ASKED = {
    "model": "m", "temperature": 0.5, "top_p": 1, "top_k": 3, "n": 1, "seed": 7, "stream": False, "logprobs": True,
    "top_logprobs": 2, "max_completion_tokens": 64, "max_tokens": 65, "max_output_tokens": 66, "stop": ["END"],
    "response_format": {"type": "json_object"}, "user": "user_h_account_u-1_session_s-1234567",
    "tools": [{"type": "function", "function": {"name": "search"}}], "metadata": {"user_id": "u-2"},
}  # fmt: skip
SAID = [
    {"role": "system", "content": "Be brief."}, {"role": "user", "content": [{"type": "text", "text": "Why?"}]},
    {"role": "assistant", "content": None, "tool_calls": []}, {"role": "user", "content": "And then?"},
]  # fmt: skip
ANSWERED = {
    "id": "c-1", "object": "chat.completion", "created": SECOND, "model": "m-2",
    "choices": [{"index": 0, "finish_reason": "stop", "message": {
        "role": "assistant", "content": "Because.", "refusal": None, "reasoning_content": "Hm.",
    }}],
    "usage": {"prompt_tokens": 10, "completion_tokens": 20, "completion_tokens_details": {"reasoning_tokens": 5}},
}  # fmt: skip
AROUND = {
    "time": SECOND, "timestamp": "2026-11-24T00:00:00Z", "account_id": "a-1", "request_id": "r-1",
    "id": "i-1", "org_id": "o-1", "api_key_id": "k-1", "session_id": "s-1", "client_ip": "203.0.113.9", "status": 200,
    "latency_ms": 12.5, "provider": "p", "user_agent": "x/1", "country": "NZ", "asn": 64500,
}  # fmt: skip
OF_CLAUDE = {
    "model": "m", "system": [{"type": "text", "text": "Be brief."}], "messages": SAID, "max_tokens": 64,
    "temperature": 0.5, "top_p": 1, "top_k": 3, "stop_sequences": ["END"], "stream": False,
    "tools": [{"name": "search", "input_schema": {}}], "metadata": {"user_id": "u-1"},
}  # fmt: skip
STREAMED = [
    {"type": "message_start", "message": {
        "id": "msg-1", "type": "message", "role": "assistant", "content": [], "model": "m-2",
        "usage": {"input_tokens": 10, "output_tokens": 1},
    }},
    {"type": "content_block_start", "index": 0, "content_block": {"type": "thinking", "thinking": ""}},
    {"type": "content_block_delta", "index": 0, "delta": {"type": "thinking_delta", "thinking": "Hm."}},
    {"type": "content_block_stop", "index": 0},
    {"type": "content_block_delta", "index": 1, "delta": {"type": "text_delta", "text": "Be"}},
    {"type": "content_block_delta", "index": 1, "delta": {"type": "text_delta", "text": "cause."}},
    {"type": "message_delta", "delta": {"stop_reason": "end_turn"}, "usage": {"output_tokens": 20}},
    {"type": "message_stop"},
]  # fmt: skip
WHOLE: dict[str, dict[str, Any]] = {
    "bedrock": {
        "schemaType": "ModelInvocationLog", "schemaVersion": "1.0", "timestamp": "2026-11-24T00:00:00Z",
        "accountId": "a-1", "identity": {"arn": "arn:aws:iam::1:user/x"}, "region": "us-east-1", "requestId": "r-1",
        "operation": "InvokeModelWithResponseStream", "modelId": "anthropic.claude", "errorCode": "Throttled",
        "input": {"inputBodyJson": {**OF_CLAUDE, "anthropic_version": "x"}, "inputTokenCount": 11},
        "output": {"outputBodyJson": STREAMED, "outputTokenCount": 21},
    },
    "openai-log": {**AROUND, "request": {**ASKED, "messages": SAID}, "response": ANSWERED},
    "anthropic-log": {
        **AROUND,
        "request": OF_CLAUDE,
        "response": {
            "id": "msg-1", "type": "message", "role": "assistant", "model": "m-2", "stop_reason": "end_turn",
            "content": [{"type": "thinking", "thinking": "Hm."}, {"type": "text", "text": "Because."}],
            "usage": {"input_tokens": 10, "output_tokens": 20},
        },
    },
    "litellm-standard": {
        "id": "c-1", "litellm_call_id": "l-1", "call_type": "acompletion", "status": "success", "stream": True,
        "custom_llm_provider": "openai", "startTime": SECOND + 0.25, "endTime": SECOND + 1.5, "model": "m",
        "prompt_tokens": 10, "completion_tokens": 20, "end_user": "x", "requester_ip_address": "203.0.113.9",
        "user_agent": "x/1", "session_id": "s-1", "messages": SAID, "response": ANSWERED, "model_parameters": ASKED,
        "metadata": {
            "user_api_key_hash": "h", "user_api_key_user_id": "a-1", "user_api_key_org_id": "o-1",
            "user_api_key_team_id": "t-1", "requester_ip_address": "203.0.113.8", "user_agent": "x/2",
        },
    },
}  # fmt: skip
# Names of one's own: what stands there is read by which others stand beside it.
WHOLE |= {
    "flat": {
        "timestamp": "2026-11-24T00:00:00Z", "user_id": "a-1", "email": "x@example.com", "conversation_id": "s-1",
        "thread_id": "s-2", "request_id": "r-1", "model_name": "m", "system_prompt": "Be brief.", "prompt": "Why?",
        "response": "Because.", "prompt_tokens": 10, "completion_tokens": 20, "duration_ms": 12.5, "ip": "203.0.113.9",
        "status_code": 200, "temperature": 0.5, "max_tokens": 64, "stop": ["END"], "country": "NZ", "extra": {"a": [1]},
    },
    "flat, in other words": {
        "requestedAt": SECOND, "customerId": 7, "login": "x", "sessionId": 12, "id": "i-1", "apiKeyId": "k-1",
        "model": "m", "messages": [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "Why?"}],
        "completion": "Because.", "tokens_in": 10, "latencyMs": 12, "asn": 64500, "tools": ["search"], "userAgent": "x",
    },
    "flat, of a caller": {
        "time": SECOND, "ts": SECOND + 1, "caller": "a-1", "question": '{"a": 1} is what?', "user_input": "Why?", "seed": 7,
        "answer": "[1] Because.", "request_id": "r-1", "id": "i-1", "stream": True, "created": "2026-11-01",
        "api_key_id": "k-1", "org_id": "o-1", "response_format": "json", "verified": True, "provider": "p",
    },
}  # fmt: skip
# A request and its answer in records of gateways.
GATEWAYS: dict[str, dict[str, Any]] = {
    "kong": {
        "client_ip": "203.0.113.9", "started_at": SECOND * 1000, "latencies": {"request": 900, "proxy": 890},
        "request": {"id": "r-1", "uri": "/v1/chat/completions", "headers": {"user-agent": "x/1", "accept": "*/*"}},
        "response": {"status": 200, "headers": {}}, "consumer": {"id": "a-1", "custom_id": "b-1", "username": "c-1"},
        "authenticated_entity": {"id": "k-1"}, "service": {"name": "llm"},
        "ai": {"proxy": {
            "meta": {"request_model": "m", "response_model": "m-2", "provider_name": "openai"},
            "usage": {"prompt_tokens": 10, "completion_token": 20},
            "payload": {"request": {**ASKED, "messages": SAID}, "response": ANSWERED},
        }},
    },
    "portkey": {
        "id": "i-1", "created_at": "2026-11-24T00:00:00Z", "trace_id": "t", "ai_model": "m", "ai_org": "openai",
        "request": {
            "url": "https://x/v1/chat/completions", "headers": {"User-Agent": "x/1"}, "method": "POST",
            "body": {**ASKED, "messages": SAID},
        },
        "response": {"status": 200, "response_time": 700, "body": ANSWERED, "headers": {"server": "x"}},
        "metadata": {"_user": "a-1", "user_id": 7, "session_id": "s-1", "_session": "s-2"},
        "req_units": 10, "res_units": 20, "prompt_tokens": 11, "response_status_code": 201, "response_time": 701,
    },
    "cloudflare": {
        "id": "i-1", "created_at": "2026-11-24T00:00:00Z", "provider": "openai", "model": "m", "tokens_in": 10,
        "tokens_out": 20, "success": True, "status_code": 200, "duration": 812, "path": "chat/completions",
        "metadata": {"user": "a-1", "user_id": 7, "session_id": "s-1"}, "request": {**ASKED, "messages": SAID},
        "response": ANSWERED,
    },
    "databricks": {
        "databricks_request_id": "i-1", "client_request_id": None, "requester": "a-1", "status_code": 200,
        "request_time": "2026-11-24T00:00:00Z", "timestamp_ms": SECOND * 1000, "execution_duration_ms": 812,
        "request_metadata": {"model_name": "m"}, "served_entity_name": "e", "endpoint_name": "n",
        "request": {**ASKED, "messages": SAID}, "response": ANSWERED,
    },
    "helicone": {
        "request_id": "i-1", "request_created_at": "2026-11-24T00:00:00Z", "request_user_id": "a-1",
        "request_path": "/v1/chat/completions", "request_properties": {"Helicone-Session-Id": "s-1"}, "delay_ms": 812,
        "request_model": "m", "response_model": "m-2", "provider": "OPENAI", "prompt_tokens": 10, "cost": 0.5,
        "completion_tokens": 20, "response_status": 200, "request_ip": "203.0.113.9", "country_code": "NZ",
        "request_body": {**ASKED, "messages": SAID}, "response_body": ANSWERED,
    },
    "litellm-spend": {
        "request_id": "i-1", "call_type": "acompletion", "api_key": "h", "startTime": "2026-11-24T00:00:00Z",
        "endTime": "2026-11-24T00:00:02Z", "user": "a-1", "organization_id": "o-1", "team_id": "t-1", "model": "m",
        "session_id": "s-1", "custom_llm_provider": "openai", "status": "success", "prompt_tokens": 10,
        "completion_tokens": 20, "requester_ip_address": "203.0.113.9", "messages": {}, "spend": 0.1,
        "metadata": {"user_agent": "x", "status": "success", "user_api_key_user_id": "u-1"},
        "proxy_server_request": {**ASKED, "messages": SAID}, "response": ANSWERED,
    },
    "openpipe": {
        "input": {**ASKED, "messages": SAID}, "output": ANSWERED, "tags": {"user_id": "a-1", "user": "b-1"},
        "requestedAt": "2026-11-24T00:00:00Z",
    },
}  # fmt: skip
# Where their bodies stand, which many write as JSON text.
BODIES: dict[str, list[tuple[str, ...]]] = {
    "kong": [("ai", "proxy", "payload", "request"), ("ai", "proxy", "payload", "response")],
    "portkey": [("request", "body"), ("response", "body")],
    "cloudflare": [("request",), ("response",)],
    "databricks": [("request",), ("response",)],
    "helicone": [("request_body",), ("response_body",)],
    "litellm-spend": [("proxy_server_request",), ("response",)],
}
WHOLE |= GATEWAYS
HOSTILE: list[Any] = [
    None, "", 0, 1, -1, 1.5, 64.0, True, False, "null", "  x ", "[REDACTED]", "guest", [], {}, [{}], [None], ["a", "b"],
    {"a": 1}, '{"a": 1}', '[{"type": "text", "text": "hi"}]', '[{"a": 1}]', "data: {}", "2026-11-24T00:00:00Z",
    SECOND, SECOND * 1000, str(SECOND), "7", 2**63, 2**70, 1e300, "a\ufffdb", "user_h_account_A_session_12345678",
    '{"account_uuid": "q", "session_id": "12345678"}', "HUMAN", "tool", [{"type": "text", "text": "part"}],
    [{"type": "text", "text": ""}], [{"type": "image", "source": {}}], [{"type": "tool_result", "content": "r"}],
    [{"type": "thinking", "thinking": ""}, {"type": "text", "text": "x"}], [{"role": "user", "content": "hey"}],
    {"role": "user", "content": "z"}, "a (litellm_truncated skipped 9 chars) b", {"user-agent": "x/2", "USER-Agent": "x/3"}, "/v1/embeddings", "/v1/messages", "é",
    "OUT OF BOUNDS", "aembedding", {"$oid": "1"},
]  # fmt: skip
# Names by which formats tell a record, or read it in another way.
OTHERS = (
    "_id", "done", "contents", "candidates", "options", "body", "system", "prompt", "input", "output", "include",
    "functions", "text", "parts", "message", "error", "type", "content", "object", "function", "toolSpec", "refusal",
    "method", "path", "url", "call_type", "model_parameters", "ai_org", "created_at", "starttime", "thinking", "extra",
    "User-Agent", "usageMetadata", "iv", "payload", "ID", "Provider", "Metadata", "inputBodyS3Path", "headers",
)  # fmt: skip


def names_of(kind: Any) -> Iterator[str]:
    """Every name in a type, and in the types of its fields."""
    if isinstance(kind, msgspec.inspect.StructType):
        for field in kind.fields:
            yield field.encode_name
            yield from names_of(field.type)
    elif isinstance(kind, msgspec.inspect.UnionType):
        for one in kind.types:
            yield from names_of(one)
    elif isinstance(kind, msgspec.inspect.ListType):
        yield from names_of(kind.item_type)
    elif isinstance(kind, msgspec.inspect.DictType):
        yield from names_of(kind.value_type)


def names_for(plain: PlainShape | PlainShapes) -> list[str]:
    """Names that a shape has, or that a format with shapes by names may know, and others."""
    if isinstance(plain, PlainShape):
        return sorted({*OTHERS, *TELLING, *names_of(msgspec.inspect.type_info(plain.record))})
    own = {*ANSWERS, *NAMES_OF_COLUMNS, *(name for names in OTHERS_OF_COLUMNS.values() for name in names)}
    return sorted({*OTHERS, *TELLING, *own, *map(in_camel_case, own), "span_id"})


def of(name: str) -> LogFormat:
    """The format of a whole record."""
    return all_formats()[name.partition(",")[0]]


SHAPED = {name for name, one in all_formats().items() if one.plain is not None} - {"canonical"}
NAMES = {name: names_for(plain) for name in WHOLE if (plain := of(name).plain) is not None}


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    yield path
    for step, inner in (
        value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    ):
        yield from places(inner, (*path, step))


def at(value: Any, path: tuple[Any, ...]) -> Any:
    for step in path:
        value = value[step]
    return value


def written(record: dict[str, Any], name: str, indents: tuple[int | None, ...]) -> dict[str, Any]:
    """A record whose bodies are JSON text, those that have an indent."""
    record = copy.deepcopy(record)
    for path, indent in zip(BODIES.get(name, ()), indents, strict=False):
        held: Any = record
        for step in path[:-1]:
            held = held.get(step) if isinstance(held, dict) else None
        if indent is not None and isinstance(held, dict) and isinstance(held.get(path[-1]), dict):
            text = json.dumps(held[path[-1]], indent=indent or None)
            held[path[-1]] = text.replace('"OUT OF BOUNDS"', "1e999")
    return record


def changed(name: str, record: dict[str, Any], names: list[str], rng: random.Random) -> str:
    """A record's line, with a few things in it otherwise."""
    record = copy.deepcopy(record)
    for _ in range(rng.choice((0, 1, 1, 2, 3))):
        path = rng.choice([one for one in places(record) if one])
        held, last, odd = at(record, path[:-1]), path[-1], copy.deepcopy(rng.choice(HOSTILE))
        kind = rng.randrange(6)
        if kind == 0:
            held[last] = odd
        elif kind == 1:
            del held[last]
        elif kind == 2:
            held[last] = json.dumps(held[last])
        elif kind == 3 and isinstance(held, dict):
            held[rng.choice(names)] = held.pop(last)
        else:
            objects = [one for one in places(record) if isinstance(at(record, one), dict)]
            at(record, rng.choice(objects))[rng.choice(names)] = odd
        if not record:
            break
    record = written(record, name, (rng.choice((None, 0, 0, 0, 1)), rng.choice((None, 0, 0, 0, 1))))
    line = json.dumps(record, ensure_ascii=rng.random() < 0.5).replace('"OUT OF BOUNDS"', "1e999")
    if rng.random() < 0.05:
        # A name that stands twice.
        line = f"{line[:-1]}, {json.dumps(rng.choice([*record] or names))}: {json.dumps(rng.choice(HOSTILE))}}}"
    return line


Found = tuple[list[Any], list[Any]]


def read_file(lines: list[str]) -> Found:
    """The exchanges and the dead letters of a file."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / "log.jsonl"
        path.write_text("\n".join(lines) + "\n", encoding="utf-8")
        results = [result for part in plan([path]) for result in read_slice(part)]
    rows = [row for result in results for row in result.exchanges.to_pylist()]
    return rows, [letter for result in results for letter in result.dead_letters.to_pylist()]


def read(lines: list[str], name: str) -> tuple[Found, Found]:
    """What comes of lines by their format's plain shape, and without it."""
    # The first line says whose the file is.
    lines, one = [json.dumps(WHOLE[name]), *lines], of(name)
    plain = read_file(lines)
    with patch.object(type(one), "plain", None):
        return plain, read_file(lines)


def check(name: str, rng: random.Random) -> None:
    lines = [changed(name, WHOLE[name], NAMES[name], rng) for _ in range(20)]
    plain, slow = read(lines, name)
    assert repr(plain[0]) == repr(slow[0])
    assert repr(plain[1]) == repr(slow[1])
    for line in lines[:6]:
        # In a block of whole records, where it was one of odd ones.
        plain, slow = read([line], name)
        assert repr(plain) == repr(slow)


@pytest.mark.parametrize("name", NAMES)
@settings(max_examples=10, deadline=None, suppress_health_check=list(HealthCheck))
@given(seed=st.integers(0, 2**32))
def test_both_ways_are_one(name: str, seed: int) -> None:
    check(name, random.Random(seed))


@pytest.mark.slow
@pytest.mark.parametrize("name", NAMES)
@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(seed=st.integers(0, 2**32))
def test_both_ways_are_one_for_many_lines(name: str, seed: int) -> None:
    check(name, random.Random(seed))


@pytest.mark.parametrize("indent", [None, 0], ids=["objects", "texts"])
@pytest.mark.parametrize("name", NAMES)
def test_a_whole_record_is_a_plain_one(name: str, indent: int | None, tmp_path: Path) -> None:
    (tmp_path / "log.jsonl").write_text(json.dumps(written(WHOLE[name], name, (indent, indent))) + "\n")
    one = of(name)
    with patch.object(type(one), "read", side_effect=AssertionError("read line by line")):
        results = [result for part in plan([tmp_path]) for result in read_slice(part)]
    assert sum(result.exchanges.num_rows for result in results) == 1


@pytest.mark.parametrize("name", ["openai-log", "anthropic-log"])
def test_a_name_that_stands_twice_is_seen_beside_records_without_it(name: str) -> None:
    record = {key: value for key, value in WHOLE[name].items() if key != "timestamp"}
    twice = json.dumps({**record, "timestamp": SECOND})[:-1] + f', "timestamp": {SECOND + 60}}}'
    plain, slow = read([twice, *[json.dumps(record)] * 9], name)
    assert plain == slow
    assert len(plain[1]) == 1


def test_so_is_a_prompt_that_stands_twice_beside_messages(tmp_path: Path) -> None:
    record = {"time": SECOND, "account_id": "a-1", "messages": [{"role": "user", "content": "Why?"}]}
    twice = f'{{"time": {SECOND}, "account_id": "a-1", "prompt": "Why?", "prompt": "And then?"}}'
    (tmp_path / "log.jsonl").write_text("\n".join([json.dumps(record), twice, json.dumps(record)]) + "\n")
    results = [result for part in plan([tmp_path]) for result in read_slice(part)]
    assert [letter["line"] for result in results for letter in result.dead_letters.to_pylist()] == [2]


@pytest.mark.parametrize("number", ["1e999", "1e99\\u0039", "1\\u0065999", "1e\\u002b999"])
@pytest.mark.parametrize("after", [" ", "\\n", "\\u000a", ""])
def test_a_number_beyond_all_bounds_is_none_in_a_text_either(number: str, after: str) -> None:
    line = json.dumps(written({**WHOLE["databricks"], "response": {**ANSWERED, "x": 0.75}}, "databricks", (0, 0)))
    plain, slow = read([line.replace("0.75", f"{number}{after}")] * 2, "databricks")
    assert plain == slow
    assert all("response" in row["note"] for row in plain[0][1:])


def test_each_shape_has_a_whole_record() -> None:
    assert {of(name).name for name in WHOLE} == SHAPED


def test_flat_lines_of_ever_other_names_are_read_all_the_same() -> None:
    lines = [json.dumps({**WHOLE["flat"], f"label_{number % 90}": number}) for number in range(180)]
    plain, slow = read(lines, "flat")
    assert plain == slow
    assert len(plain[0]) == 181


def paired(request: Any, response: Any, path: str) -> tuple[str, Any]:
    """What a request and its answer are read as, or why not; floats where a column has them."""
    try:
        fields = pairs.pair_fields(copy.deepcopy(request), copy.deepcopy(response), path=path)
    except UNFORESEEN as error:
        return repr(error), {}
    told = {name: value for name, value in fields.items() if value is not None}
    return "", told | {name: float(told[name]) for name in ("temperature", "top_p") if type(told.get(name)) is int}


@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(seed=st.integers(0, 2**32), path=st.sampled_from(["", "/v1/chat/completions", "/v1/messages"]))
def test_bodies_that_a_format_opens_are_read_the_same_way(seed: int, path: str) -> None:
    rng = random.Random(seed)
    names = [*NAMES["openai-log"], "usageMetadata", "generated_text"]
    for _ in range(20):
        line = changed("", {"request": {**ASKED, "messages": SAID}, "response": ANSWERED}, names, rng)
        record = json.loads(line.replace("1e999", "1e308"))
        request, response = record.get("request"), record.get("response")
        if rng.random() < 0.3:
            response = json.dumps(response, indent=rng.choice((None, 1)))
        plain = paired(request, response, path)
        with patch.object(pairs, "plain_chat", return_value=None):
            assert plain == paired(request, response, path)


def test_an_empty_id_of_a_canonical_line_is_none(tmp_path: Path) -> None:
    ids = dict.fromkeys(("org_id", "api_key_id", "session_id", "payment_id", "licence_id"), "")
    line = json.dumps({"time": SECOND, "account_id": "a-1", "prompt": "Why?", "exchange_id": "", **ids})
    (tmp_path / "log.jsonl").write_text(f"{line}\n{line}\n")
    (result,) = (one for part in plan([tmp_path]) for one in read_slice(part) if one.exchanges.num_rows)
    rows = result.exchanges.to_pylist()
    assert [row["exchange_id"] for row in rows] == ["log.jsonl:1", "log.jsonl:2"]
    assert {row[name] for row in rows for name in ids} == {None}
