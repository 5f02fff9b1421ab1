"""Gateways that start at once, or are killed while they start: every request stands once in the record, none fails."""

import os
import signal
from multiprocessing.synchronize import Barrier
from pathlib import Path

import msgspec
from forks import FORKS
from patience import PATIENCE_SECONDS

from stillwatch.gateway import recorder as recording
from stillwatch.gateway.caller import read_secret
from stillwatch.gateway.recorder import Recorder
from stillwatch.gateway.settings import GatewaySettings

_TOGETHER = 6


def _line(name: str) -> bytes:
    return msgspec.json.encode({"exchange_id": name, "time": 1, "account_id": "a", "prompt": "p"}) + b"\n"


def _names(folder: Path) -> list[str]:
    lines = [line for file in folder.glob("exchanges-*.jsonl") for line in file.read_bytes().splitlines()]
    return sorted(msgspec.json.decode(line)["exchange_id"] for line in lines)


def _begin(folder: Path, begin: Barrier, number: int) -> None:
    begin.wait(PATIENCE_SECONDS)
    recorder = Recorder(folder)
    recorder.ask(f"own-{number}", _line(f"own-{number}"))
    # No more is done for it: what it was asked must be with the disk's file, under its name.
    os.kill(os.getpid(), signal.SIGKILL)


def test_many_begin_on_the_record_of_one_that_was_killed(tmp_path: Path) -> None:
    expected: list[str] = []
    for turn in range(8):
        (tmp_path / f".pending-dead-{turn}-0001.wal").write_bytes(
            b"".join(b"A " + _line(f"{turn}-{n}") for n in range(50))
        )
        expected += [f"{turn}-{n}" for n in range(50)]
        begin = FORKS.Barrier(_TOGETHER)
        starting = [FORKS.Process(target=_begin, args=(tmp_path, begin, 10 * turn + n)) for n in range(_TOGETHER)]
        for one in starting:
            one.start()
        for one in starting:
            one.join(5 * PATIENCE_SECONDS)
        # Ended by itself, at the end.
        assert {one.exitcode for one in starting} == {-signal.SIGKILL}
        expected += [f"own-{10 * turn + n}" for n in range(_TOGETHER)]
    Recorder(tmp_path).close()
    assert _names(tmp_path) == sorted(expected)
    assert not list(tmp_path.glob(".*"))
    assert all(file.stat().st_size for file in tmp_path.iterdir()), "files of those that recorded nothing are gone"


def test_a_pending_file_that_another_took_for_a_dead_ones_is_not_written_to(tmp_path: Path) -> None:
    class Quicker(Recorder):
        def _new_pending(self) -> recording._Lines:
            made = recording._Lines

            def taken_away(path: Path) -> recording._Lines:
                file = made(path)
                recording._Lines = made  # type: ignore[misc]
                Recorder(tmp_path).close()
                return file

            recording._Lines = taken_away  # type: ignore[misc,assignment]
            return super()._new_pending()

    recorder = Quicker(tmp_path)
    recorder.ask("x", _line("x"))
    (pending,) = tmp_path.glob(".pending-*")
    assert b'"x"' in pending.read_bytes()
    recorder.close()


def _killed_before_it_is_let_go(folder: Path) -> None:
    Path.unlink = lambda *_given, **_named: os.kill(os.getpid(), signal.SIGKILL)  # type: ignore[method-assign]
    Recorder(folder)


def test_killed_while_it_recovers_it_recovers_each_once(tmp_path: Path) -> None:
    lines = b"".join(b"A " + _line(f"{n}") for n in range(50))
    # The second carries on what is open in the first, as where a file was full.
    (tmp_path / ".pending-dead-1-0001.wal").write_bytes(lines)
    (tmp_path / ".pending-dead-1-0003.wal").write_bytes(lines)
    for _ in range(2):
        dying = FORKS.Process(target=_killed_before_it_is_let_go, args=(tmp_path,))
        dying.start()
        dying.join(PATIENCE_SECONDS)
        assert dying.exitcode == -signal.SIGKILL
    Recorder(tmp_path).close()
    assert _names(tmp_path) == sorted(f"{n}" for n in range(50))
    assert not list(tmp_path.glob(".*"))


def test_a_secret_half_made_by_a_process_of_the_same_number_is_no_hindrance(tmp_path: Path) -> None:
    """In a container every gateway is process 1."""
    (tmp_path / f".secret.{os.getpid()}").touch()
    settings = GatewaySettings(upstream="http://127.0.0.1:1", secret_file=tmp_path / "secret")
    assert len(read_secret(settings)) == 32
    assert (tmp_path / "secret").stat().st_mode & 0o777 == 0o600
