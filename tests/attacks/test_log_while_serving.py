"""A decision log that is moved away, cut, changed or replaced while a console reads it: said, written to by nobody, and
once it is back as it was the console goes on."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from console_world import make_places, open_console

from stillwatch.core import AuditLog

Harm = Callable[[Path, bytes], None]


def moved_away(log: Path, good: bytes) -> None:
    log.unlink()


def emptied(log: Path, good: bytes) -> None:
    log.write_bytes(b"")


def cut(log: Path, good: bytes) -> None:
    log.write_bytes(good[: len(good) // 2])


def changed_within(log: Path, good: bytes) -> None:
    """By as many letters, in the same file."""
    assert b'"verdict":"act"' in good
    log.write_bytes(good.replace(b'"verdict":"act"', b'"verdict":"tca"', 1))
    os.utime(log, ns=(1, 1))


def changed_and_put_in_its_place(log: Path, good: bytes) -> None:
    other = log.with_name("other")
    other.write_bytes(good.replace(b'"verdict":"act"', b'"verdict":"watch"', 1))
    other.replace(log)


def begun_anew(log: Path, good: bytes) -> None:
    """A whole log, as long as the one that was read and longer, of other entries."""
    log.unlink()
    while not log.exists() or log.stat().st_size <= len(good):
        AuditLog(log).append({"kind": "note", "said": "x" * 500})


def turned_round(log: Path, good: bytes) -> None:
    log.write_bytes(b"".join(reversed(good.splitlines(keepends=True))))
    os.utime(log, ns=(1, 1))


def with_what_is_no_entry(log: Path, good: bytes) -> None:
    log.write_bytes(good + b'{"n": 1}\n')


def a_device(log: Path, good: bytes) -> None:
    log.unlink()
    log.symlink_to("/dev/zero")


HARMS: list[Harm] = [
    moved_away,
    emptied,
    cut,
    changed_within,
    changed_and_put_in_its_place,
    begun_anew,
    turned_round,
    with_what_is_no_entry,
    a_device,
]


@pytest.mark.parametrize("harm", HARMS, ids=lambda harm: harm.__name__)
def test_it_is_said_nothing_is_written_and_the_console_goes_on(tmp_path: Path, harm: Harm) -> None:
    with open_console(make_places(tmp_path)) as opened:
        ana, bo = opened.visitor("ana", "analyst"), opened.visitor("bo", "analyst")
        log, (first, second) = opened.console.cases.log.path, opened.cases()[:2]
        assert ana.act(first, "assess").status_code == 303
        ana.post(f"/cases/{second}/claim")
        seen, good = ana.seen(second), log.read_bytes()
        harm(log, good)
        size = log.stat().st_size if log.exists() else None
        for path in ("/queue", f"/cases/{first}"):
            answer = bo.get(path)
            assert answer.status_code == 422
            assert "Internal Server Error" not in answer.text
            assert "log" in answer.text
        assert bo.get("/saved").status_code == 200
        answer = ana.post(f"/cases/{second}/assess", {"seen": seen, "reason": "so it seems"})
        assert answer.status_code == 422
        assert (log.stat().st_size if log.exists() else None) == size
        log.unlink(missing_ok=True)
        log.write_bytes(good)
        assert bo.get("/queue").status_code == 200
        assert ana.post(f"/cases/{second}/assess", {"seen": seen, "reason": "so it seems"}).status_code == 303
        assert len(list(AuditLog(log).entries())) == good.count(b"\n") + 1


def test_others_who_write_to_it_meanwhile_are_heard(tmp_path: Path) -> None:
    with open_console(make_places(tmp_path)) as opened:
        ana, (first, second) = opened.visitor("ana", "analyst"), opened.cases()[:2]
        for case in (first, second):
            AuditLog(opened.console.cases.log.path).append({"kind": "note", "said": "another process"})
            assert ana.act(case, "assess").status_code == 303
        assert ana.get("/queue").status_code == 200
