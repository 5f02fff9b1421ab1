"""What every format keeps: values come out as they went in, what is missing is missing, and nobody is made up."""

import copy
import json
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import format_writers  # noqa: F401 - registers
import service_writers  # noqa: F401 - registers
import trace_writers  # noqa: F401 - registers
from formats import check, make, write, write_table
from made_records import WRITERS, Made, expected
from stillwatch.ingest import BatchFormat, all_formats, plan, read_slice

NAMES = sorted(WRITERS)
MADE = make(40, random.Random(7))


def read(folder: Path, files: list[list[dict[str, Any]]]) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    for number, records in enumerate(files):
        if records:
            (folder / f"log-{number}").write_text("".join(json.dumps(record) + "\n" for record in records))
    results = [result for part in plan([folder]) for result in read_slice(part)]
    return (
        [row for result in results for row in result.exchanges.to_pylist()],
        [letter for result in results for letter in result.dead_letters.to_pylist()],
    )


def test_every_format_has_a_writer() -> None:
    assert {name for name, one in all_formats().items() if not one.refuses} <= set(WRITERS)


@pytest.mark.parametrize("name", NAMES)
def test_values_come_out_as_they_went_in(tmp_path: Path, name: str) -> None:
    how = WRITERS[name]
    (tmp_path / "lines").mkdir()
    told = write(tmp_path / "lines", name, how, MADE, bytes, broken=0)
    found = check(tmp_path / "lines", name, how, told)
    assert (found.problems, found.exchanges, found.letters) == ([], len(MADE), 0)
    if how.flat:
        (tmp_path / "rows").mkdir()
        found = check(tmp_path / "rows", name, how, write_table(tmp_path / "rows", how, MADE))
        assert (found.problems, found.exchanges, found.letters) == ([], len(MADE), 0)


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, item in inner:
        yield (*path, key)
        yield from places(item, (*path, key))


def without(record: dict[str, Any], path: tuple[Any, ...]) -> dict[str, Any]:
    """A record with null in one place."""
    changed = copy.deepcopy(record)
    holder: Any = changed
    for key in path[:-1]:
        holder = holder[key]
    holder[path[-1]] = None
    return changed


@pytest.mark.parametrize("name", NAMES)
def test_null_in_any_place_makes_nothing_up(tmp_path: Path, name: str) -> None:
    one, how = all_formats()[name], WRITERS[name]
    batch = isinstance(one, BatchFormat)
    wanted = expected(MADE[0], how)
    for number, record in enumerate(whole := how.write(MADE[0])):
        for place, path in enumerate(places(record)):
            records = [*whole[:number], without(record, path), *whole[number + 1 :]]
            folder = tmp_path / f"{number}-{place}"
            folder.mkdir()
            if not any(one.recognises(item) for item in records):
                continue
            rows, letters = read(folder, [[item] for item in records] if batch else [records])
            assert rows or letters, path
            assert all(letter["reason"] for letter in letters)
            for row in rows:
                # Whoever is named was named; a key stands for its holder where a format says so.
                assert row["account_id"] in {wanted["account_id"], row["api_key_id"]} or "account" in str(path), path
                assert row["time"] == wanted["time"] or "ime" in str(path) or "created" in str(path), path
                assert row["prompt"] in {wanted["prompt"], "", "Hello."}, path


@pytest.mark.parametrize("name", NAMES)
def test_nulls_everywhere_are_refused_in_a_sentence(tmp_path: Path, name: str) -> None:
    one = all_formats()[name]
    records = [dict.fromkeys(record) for record in WRITERS[name].write(MADE[0])]
    if any(one.recognises(record) for record in records):
        rows, letters = read(tmp_path, [records])
        assert rows == []
        assert letters
        assert not any("unexpected shape" in letter["reason"] for letter in letters)


@pytest.mark.parametrize("name", sorted({"kong", "portkey", "helicone", "cloudflare", "databricks", "openpipe"}))
def test_images_and_calls_of_tools_are_no_text(tmp_path: Path, name: str) -> None:
    class Pictured(Made):
        @property
        def turns(self) -> list[dict[str, Any]]:
            call = {"id": "c", "type": "function", "function": {"name": "search", "arguments": "{}"}}
            return [
                {"role": "user", "content": "Look it up."},
                {"role": "assistant", "content": None, "tool_calls": [call]},
                {"role": "tool", "tool_call_id": "c", "content": "42"},
                {
                    "role": "user",
                    "content": [
                        {"type": "image_url", "image_url": {"url": "data:image/png;base64,AAAA"}},
                        {"type": "text", "text": self.prompt},
                    ],
                },
            ]

    values = {name: getattr(MADE[0], name) for name in MADE[0].__dataclass_fields__}
    rows, letters = read(tmp_path, [WRITERS[name].write(Pictured(**values))])
    assert letters == []
    assert rows[0]["prompt"] == MADE[0].prompt
    said = [(message["role"], message["content"]) for message in rows[0]["messages"][1:]]
    assert said == [("user", "Look it up."), ("assistant", None), ("tool", "42"), ("user", MADE[0].prompt)]
