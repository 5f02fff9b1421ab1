"""A full disk, and a device in a file's place: nothing that is half written looks whole, and what to do next is said."""

import functools
import http.server
import json
import os
import resource
import signal
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from console_world import make_places, open_console
from forked_commands import stillwatch
from patience import PATIENCE_SECONDS
from smallrun import write_run

from stillwatch.core import AuditLog, OutputUnwritable, UnreadableInput


def done(folder: Path, most: int, *words: str) -> subprocess.CompletedProcess[str]:
    """A command that may write files of so many bytes."""
    return stillwatch(words, folder, os.environ, timeout=PATIENCE_SECONDS, largest_file=most)


@pytest.fixture
def run(tmp_path: Path) -> Path:
    return write_run(tmp_path / "run")


def test_of_decisions_that_do_not_all_fit_none_stands_in_the_log(run: Path) -> None:
    folder = run.parent
    told = done(folder, 9_000, "policy", "decide", "run", "--log", "log.jsonl")
    assert (told.returncode, "Traceback" in told.stderr) == (2, False), told.stderr
    assert "do it again" in told.stderr
    assert (folder / "log.jsonl").read_bytes() == b""
    assert done(folder, 10**9, "policy", "decide", "run", "--log", "log.jsonl").returncode == 0
    before = (folder / "log.jsonl").read_bytes()
    log = AuditLog(folder / "log.jsonl")
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    try:
        resource.setrlimit(resource.RLIMIT_FSIZE, (len(before) + 700, hard))
        with pytest.raises(OutputUnwritable, match="nothing was added"):
            log.append(*({"kind": "x", "text": "y" * 300} for _ in range(5)))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        signal.signal(signal.SIGXFSZ, handler)
    assert (folder / "log.jsonl").read_bytes() == before


@pytest.mark.parametrize("named", ["/dev/zero", "/dev/full", "pipe"])
def test_a_device_is_no_log(run: Path, named: str) -> None:
    os.mkfifo(run.parent / "pipe")
    log = AuditLog(run.parent / named)
    with pytest.raises(UnreadableInput, match="no file"):
        log.append({"kind": "x"})
    with pytest.raises(UnreadableInput, match="no file"):
        next(iter(log.entries()))


@pytest.mark.parametrize("document", ["{}", '{"counts": {}}', '{"counts": {"campaigns": "x"}}', "[]", "\xff"])
def test_a_run_without_counts_is_no_run(run: Path, document: str) -> None:
    (run / "run.json").write_bytes(document.encode("latin-1"))
    (run.parent / "log.jsonl").touch()
    told = done(run.parent, 10**9, "gateway", "snapshot", "run", "--log", "log.jsonl", "--out", "snapshot")
    assert (told.returncode, "Traceback" in told.stderr) == (2, False), told.stderr
    assert "next:" in told.stderr


class Answers(http.server.BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["content-length"]))
        body = json.dumps({"choices": [{"message": {"content": "four " * 100}}]}).encode()
        self.send_response(200)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args: object) -> None: ...


@pytest.fixture
def endpoint() -> Iterator[str]:
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Answers) as server:
        threading.Thread(target=functools.partial(server.serve_forever, 0.05), daemon=True).start()
        yield f"openai:http://127.0.0.1:{server.server_address[1]}/v1"
        server.shutdown()


def test_an_audit_goes_on_once_there_is_room(tmp_path: Path, endpoint: str) -> None:
    words = ["audit", f"a={endpoint}#a", "--against", f"b={endpoint}#b", "--controls", f"c={endpoint}#c"]
    words += ["--queries", "8", "--identity", "0", "--out", "out"]
    told = done(tmp_path, 3_000, *words)
    assert (told.returncode, "Traceback" in told.stderr) == (2, False), told.stderr
    assert "make room" in told.stderr
    assert not (tmp_path / "out" / "audit.json").exists()
    told = done(tmp_path, 10**9, *words)
    assert told.returncode == 0, told.stderr
    assert (tmp_path / "out" / "audit.json").exists()


def test_a_console_says_that_nothing_was_done_and_goes_on_once_there_is_room(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with open_console(make_places(tmp_path)) as opened:
        ada, case = opened.visitor("ada", "analyst"), opened.cases()[0]
        kept = [opened.console.places.state / name for name in ("decisions.jsonl", "audit.jsonl")]
        before = [path.read_bytes() for path in kept]
        soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
        handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        try:
            resource.setrlimit(resource.RLIMIT_FSIZE, (1, hard))
            told = [ada.get(f"/cases/{case}"), ada.post(f"/cases/{case}/claim"), ada.post("/sign-in", {"name": "ada"})]
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
            signal.signal(signal.SIGXFSZ, handler)
        assert [one.status_code for one in told] == [503] * 3
        assert all("Nothing was done" in one.text for one in told)
        assert not [one for one in caplog.records if one.exc_info]
        assert [path.read_bytes() for path in kept] == before
        assert ada.get(f"/cases/{case}").status_code == 200
        assert ada.post(f"/cases/{case}/claim").status_code == 303
