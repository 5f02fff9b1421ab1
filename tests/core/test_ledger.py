"""The hash-chained log: what was said stays said, and any change tells."""

import json
import multiprocessing
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from stillwatch.core import Ledger, TamperedLedger, canonical_json

BODIES = st.lists(
    st.dictionaries(st.text(max_size=5), st.integers(-9, 9) | st.text(max_size=9) | st.none(), max_size=4),
    min_size=1,
    max_size=6,
)


@given(bodies=BODIES)
@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
def test_what_goes_in_comes_out_in_order(tmp_path: Path, bodies: list[dict[str, object]]) -> None:
    ledger = Ledger(tmp_path / "log.jsonl")
    ledger.path.unlink(missing_ok=True)
    for body in bodies[:2]:
        ledger.append(body)
    ledger.append(*bodies[2:])
    assert [entry.body for entry in ledger.entries()] == bodies
    assert ledger.head() == list(ledger.entries())[-1].hash


@given(bodies=BODIES, data=st.data())
@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
def test_any_changed_byte_of_a_whole_line_tells(
    tmp_path: Path, bodies: list[dict[str, object]], data: st.DataObject
) -> None:
    ledger = Ledger(tmp_path / "log.jsonl")
    ledger.path.unlink(missing_ok=True)
    ledger.append(*bodies)
    whole = ledger.path.read_bytes()
    at = data.draw(st.integers(0, len(whole) - 2))
    changed = bytearray(whole)
    changed[at] = data.draw(st.integers(33, 126).filter(lambda byte: byte != whole[at]))
    ledger.path.write_bytes(bytes(changed))
    try:
        told = [dict(entry.body) for entry in ledger.entries()]
    except TamperedLedger:
        return
    # JSON can say one thing in two ways (1 and 01 it cannot, a and \\u0061 it can): then nothing was changed.
    assert told == bodies


def test_a_removed_entry_tells(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path / "log.jsonl")
    ledger.append({"a": 1}, {"a": 2}, {"a": 3})
    lines = ledger.path.read_bytes().splitlines(keepends=True)
    ledger.path.write_bytes(lines[0] + lines[2])
    with pytest.raises(TamperedLedger, match="entry 1 does not follow"):
        list(ledger.entries())


@pytest.mark.parametrize("cut", [1, 10, 200_000])
def test_a_torn_last_line_is_no_entry_and_the_next_append_goes_on(tmp_path: Path, cut: int) -> None:
    ledger = Ledger(tmp_path / "log.jsonl")
    ledger.append({"a": "first"})
    ledger.append({"a": "x" * 200_000})
    whole = ledger.path.read_bytes()
    ledger.path.write_bytes(whole[:-cut])
    assert [entry.body["a"] for entry in ledger.entries()] == ["first"]
    ledger.append({"a": "third"})
    assert [entry.body["a"] for entry in ledger.entries()] == ["first", "third"]


def _append(path: Path, who: int) -> None:
    for i in range(25):
        Ledger(path).append({"who": who, "i": i})


def test_processes_that_write_at_once_make_one_chain(tmp_path: Path) -> None:
    path = tmp_path / "log.jsonl"
    context = multiprocessing.get_context("spawn")
    writers = [context.Process(target=_append, args=(path, who)) for who in range(3)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    entries = list(Ledger(path).entries())
    assert len(entries) == 75
    for who in range(3):
        assert [entry.body["i"] for entry in entries if entry.body["who"] == who] == list(range(25))


def test_a_line_that_is_no_entry_is_said(tmp_path: Path) -> None:
    path = tmp_path / "log.jsonl"
    path.write_text(json.dumps({"n": 0}) + "\n")
    with pytest.raises(TamperedLedger, match="a line is no entry"):
        list(Ledger(path).entries())


def test_canonical_json_refuses_what_json_cannot_say() -> None:
    with pytest.raises(ValueError, match="JSON"):
        canonical_json({"x": float("nan")})
