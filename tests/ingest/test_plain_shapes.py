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
from plain_records import ANSWERED, ASKED, BODIES, SAID, SECOND, WHOLE

from stillwatch.core.bodies import pairs
from stillwatch.core.bodies.optional_parts import UNFORESEEN
from stillwatch.ingest import LogFormat, all_formats, plan, read_slice
from stillwatch.ingest.plain_names import ANSWERS
from stillwatch.ingest.plain_names import OTHERS as OTHERS_OF_COLUMNS
from stillwatch.ingest.plain_shape import PlainShape, PlainShapes
from stillwatch.ingest.record import COLUMNS as NAMES_OF_COLUMNS
from stillwatch.ingest.repeated_names import TELLING
from stillwatch.ingest.spelling import in_camel_case

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
    for line in lines[:3]:
        # In a block of whole records, where it was one of odd ones.
        plain, slow = read([line], name)
        assert repr(plain) == repr(slow)


@pytest.mark.parametrize("name", NAMES)
@settings(max_examples=15, deadline=None, suppress_health_check=list(HealthCheck))
@given(seed=st.integers(0, 2**32))
def test_both_ways_are_one(name: str, seed: int) -> None:
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
