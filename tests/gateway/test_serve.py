"""The gateway's command says what it will do when it starts, and in one line why it cannot."""

import re
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest

COMMAND = [sys.executable, "-m", "stillwatch", "gateway", "--upstream", "http://127.0.0.1:1"]


@pytest.mark.parametrize("option", ["--port", "--metrics-port"])
def test_a_port_that_is_taken_is_an_error_of_one_line(option: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        others = ["--port", "0"] if option == "--metrics-port" else []
        done = subprocess.run([*COMMAND, *others, option, port], capture_output=True, text=True, timeout=120)
    assert done.returncode == 2
    assert f"127.0.0.1:{port}: cannot listen there: " in done.stderr
    assert f"next: give {option}" in done.stderr
    assert "Traceback" not in done.stderr


def test_it_says_what_it_will_do_and_stops_with_one_line(tmp_path: Path) -> None:
    process = subprocess.Popen(
        [*COMMAND, "--port", "0", "--account-from", "header:x-account", "key"],
        stderr=subprocess.PIPE,
        text=True,
        cwd=tmp_path,
    )
    assert process.stderr
    said = [process.stderr.readline() for _ in range(3)]
    process.send_signal(signal.SIGINT)
    _, rest = process.communicate(timeout=120)
    assert re.search(r"running on http://127\.0\.0\.1:\d+, in front of http://127\.0\.0\.1:1; mode shadow", said[0])
    assert "no snapshot, so no decisions" in said[1]
    assert "header:x-account, then key" in said[2]
    assert process.returncode == 130
    # What was buffered may come again with the rest.
    assert rest.removeprefix("".join(said)) == "stillwatch: stopped\n"
