"""The hash-chained log: what was said stays said, and any change tells."""

import json
import multiprocessing
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from stillwatch.core import AuditLog, TamperedLog, canonical_json

BODIES = st.lists(
    st.dictionaries(st.text(max_size=5), st.integers(-9, 9) | st.text(max_size=9) | st.none(), max_size=4),
    min_size=1,
    max_size=6,
)


@given(bodies=BODIES)
@settings(
    max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow], deadline=None
)
def test_what_goes_in_comes_out_in_order(tmp_path: Path, bodies: list[dict[str, object]]) -> None:
    log = AuditLog(tmp_path / "log.jsonl")
    log.path.unlink(missing_ok=True)
    for body in bodies[:2]:
        log.append(body)
    log.append(*bodies[2:])
    assert [entry.body for entry in log.entries()] == bodies
    assert log.head() == list(log.entries())[-1].hash


@given(bodies=BODIES, data=st.data())
@settings(
    max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow], deadline=None
)
def test_any_changed_byte_of_a_whole_line_tells(
    tmp_path: Path, bodies: list[dict[str, object]], data: st.DataObject
) -> None:
    log = AuditLog(tmp_path / "log.jsonl")
    log.path.unlink(missing_ok=True)
    log.append(*bodies)
    whole = log.path.read_bytes()
    at = data.draw(st.integers(0, len(whole) - 2))
    changed = bytearray(whole)
    changed[at] = data.draw(st.integers(33, 126).filter(lambda byte: byte != whole[at]))
    log.path.write_bytes(bytes(changed))
    try:
        told = [dict(entry.body) for entry in log.entries()]
    except TamperedLog:
        return
    # JSON can say one thing in two ways (1 and 01 it cannot, a and \\u0061 it can): then nothing was changed.
    assert told == bodies


def test_a_removed_entry_tells(tmp_path: Path) -> None:
    log = AuditLog(tmp_path / "log.jsonl")
    log.append({"a": 1}, {"a": 2}, {"a": 3})
    lines = log.path.read_bytes().splitlines(keepends=True)
    log.path.write_bytes(lines[0] + lines[2])
    with pytest.raises(TamperedLog, match="entry 1 does not follow"):
        list(log.entries())


@pytest.mark.parametrize("cut", [1, 10, 200_000])
def test_a_torn_last_line_is_no_entry_and_the_next_append_goes_on(tmp_path: Path, cut: int) -> None:
    log = AuditLog(tmp_path / "log.jsonl")
    log.append({"a": "first"})
    log.append({"a": "x" * 200_000})
    whole = log.path.read_bytes()
    log.path.write_bytes(whole[:-cut])
    assert [entry.body["a"] for entry in log.entries()] == ["first"]
    log.append({"a": "third"})
    assert [entry.body["a"] for entry in log.entries()] == ["first", "third"]


def _append(path: Path, who: int) -> None:
    for i in range(25):
        AuditLog(path).append({"who": who, "i": i})


def test_processes_that_write_at_once_make_one_chain(tmp_path: Path) -> None:
    path = tmp_path / "log.jsonl"
    context = multiprocessing.get_context("spawn")
    writers = [context.Process(target=_append, args=(path, who)) for who in range(3)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join(timeout=300)
    entries = list(AuditLog(path).entries())
    assert len(entries) == 75
    for who in range(3):
        assert [entry.body["i"] for entry in entries if entry.body["who"] == who] == list(range(25))


def test_a_line_that_is_no_entry_is_said(tmp_path: Path) -> None:
    path = tmp_path / "log.jsonl"
    path.write_text(json.dumps({"n": 0}) + "\n")
    with pytest.raises(TamperedLog, match="a line is no entry"):
        list(AuditLog(path).entries())


def test_canonical_json_refuses_what_json_cannot_say() -> None:
    with pytest.raises(ValueError, match="JSON"):
        canonical_json({"x": float("nan")})


@pytest.mark.parametrize("block", [1, 7, 64, 1 << 18])
def test_pages_are_turned_from_the_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, block: int) -> None:
    monkeypatch.setattr("stillwatch.core.audit_log._BLOCK", block)
    log = AuditLog(tmp_path / "log.jsonl")
    assert list(log.entries_before()) == []
    entries = log.append(*({"a": n, "b": "é\n" * (n % 5)} for n in range(40)))
    with log.path.open("ab") as file:
        file.write(b'{"torn": ')
    back = list(log.entries_before())
    assert [entry for _, entry in back] == entries[::-1]
    content = log.path.read_bytes()
    assert all(content[start:].startswith(entry.line()) for start, entry in back if entry)
    assert back[-1][0] == 0
    assert [entry for _, entry in log.entries_before(back[9][0])] == entries[::-1][10:]
    assert [entry for _, entry in log.entries_before(back[9][0] + 3)] == entries[::-1][10:]
    assert [entry for _, entry in log.entries_before(10**15)] == entries[::-1]
    picked = [entry for _, entry in log.entries_before(holding=[b'"a":7,'])]
    assert [entry.body["a"] for entry in picked if entry] == [7]
    assert len(picked) == 40
    log.path.write_bytes(content.replace(b'"a":7,', b'"a":8,'))
    with pytest.raises(TamperedLog, match="does not follow"):
        list(log.entries_before())


def test_a_reader_goes_on_where_it_stopped_and_trusts_no_shorter_log(tmp_path: Path) -> None:
    log = AuditLog(tmp_path / "log.jsonl")
    assert log.entries_after(None, 0) == ([], 0)
    log.append({"a": 1}, {"a": 2})
    first, offset = log.entries_after(None, 0)
    log.append({"a": 3})
    with log.path.open("ab") as file:
        file.write(b'{"torn": ')
    added, after = log.entries_after(first[-1], offset)
    assert [*first, *added] == list(log.entries())
    assert log.entries_after(added[-1], after) == ([], after)
    one, place = log.entries_after(None, 0, most=1)
    assert [*one, *log.entries_after(one[-1], place)[0]] == list(log.entries())
    with pytest.raises(TamperedLog, match="does not follow"):
        log.entries_after(first[0], offset)
    log.path.write_bytes(log.path.read_bytes()[: offset - 5])
    with pytest.raises(TamperedLog, match="shorter"):
        log.entries_after(added[-1], after)


def test_a_file_of_another_kind_is_not_emptied(tmp_path: Path) -> None:
    path = tmp_path / "notes"
    path.write_bytes(b"one line without an end")
    with pytest.raises(TamperedLog, match="it is no log"):
        AuditLog(path).append({"a": 1})
    assert path.read_bytes() == b"one line without an end"


@pytest.mark.parametrize("cut", [1, 5, 8, 60])
def test_a_first_entry_that_was_torn_is_begun_anew(tmp_path: Path, cut: int) -> None:
    log = AuditLog(tmp_path / "log")
    log.append({"a": 1})
    log.path.write_bytes(log.path.read_bytes()[:cut])
    log.append({"b": 2})
    assert [entry.body for entry in log.entries()] == [{"b": 2}]
