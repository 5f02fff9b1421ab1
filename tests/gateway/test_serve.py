"""The gateway's command says what it will do when it starts, and in one line why it cannot."""

import contextlib
import itertools
import os
import re
import signal
import socket
import subprocess
import sys
import threading
from pathlib import Path

import httpx
import pytest
from forked_commands import stillwatch
from gateways import Snap, decided
from model_server import ModelServer
from patience import PATIENCE_SECONDS, until

from stillwatch.gateway.serve import proxy_server
from stillwatch.gateway.settings import GatewaySettings
from stillwatch.listening import in_thread

COMMAND = [sys.executable, "-m", "stillwatch", "gateway", "--upstream", "http://127.0.0.1:1"]


@pytest.mark.parametrize("option", ["--port", "--metrics-port"])
def test_a_port_that_is_taken_is_an_error_of_one_line(option: str, tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        others = ["--port", "0"] if option == "--metrics-port" else []
        words = [*COMMAND[3:], *others, option, port]
        done = stillwatch(words, tmp_path, os.environ, timeout=PATIENCE_SECONDS)
    assert done.returncode == 2
    assert f"127.0.0.1:{port}: cannot listen there: " in done.stderr
    assert f"next: give {option}" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, -15), (signal.SIGHUP, -1)])
def test_it_says_what_it_will_do_and_stops_with_one_line(tmp_path: Path, number: int, code: int) -> None:
    process = subprocess.Popen(
        [*COMMAND, "--port", "0", "--account-from", "header:x-account", "key"],
        stderr=subprocess.PIPE,
        text=True,
        cwd=tmp_path,
    )
    assert process.stderr
    said = [process.stderr.readline() for _ in range(3)]
    process.send_signal(number)
    _, rest = process.communicate(timeout=120)
    assert re.search(r"running on http://127\.0\.0\.1:\d+, in front of http://127\.0\.0\.1:1; mode shadow", said[0])
    assert "no snapshot, so no decisions" in said[1]
    assert "header:x-account, then key" in said[2]
    assert process.returncode == code
    # What was buffered may come again with the rest.
    assert rest.removeprefix("".join(said)) == "stillwatch: stopped\n"


def ask(url: str, *, streams: bool) -> None:
    """One question whose answer takes longer than a gateway that stops would wait."""
    body = {"model": "plain", "stream": streams, "messages": [{"role": "user", "content": "How many apples?"}]}
    headers = {"x-account": "bad", "x-gap" if streams else "x-delay": "1" if streams else "4"}
    with contextlib.suppress(httpx.HTTPError):
        httpx.post(f"{url}/v1/chat/completions", json=body, headers=headers, timeout=120)


@pytest.mark.parametrize("times", [1, 2])
def test_stopped_with_requests_under_way_it_says_what_it_did(
    upstream: str, model_server: ModelServer, snap: Snap, tmp_path: Path, times: int
) -> None:
    options = ["--account-from", "header:x-account", "--record", "record", "--port", "0", "--metrics-port", "0"]
    (tmp_path / "gateway.toml").write_text("[gateway]\njitter_seconds = 0\n")
    options += ["--snapshot", str(snap(decided("block", accounts=["bad"]))), "--config", "gateway.toml"]
    process = subprocess.Popen(
        [*COMMAND[:4], "--upstream", upstream, *options],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        cwd=tmp_path,
    )
    assert process.stdout
    said = list(itertools.takewhile(lambda line: "/metrics" not in line, process.stdout))
    url = re.search(r"running on (\S+),", said[0])
    assert url
    came = len(model_server.seen)
    clients = [threading.Thread(target=ask, args=(url[1],), kwargs={"streams": streams}) for streams in (True, False)]
    for client in clients:
        client.start()
    assert until(lambda: len(model_server.seen) == came + 2)
    for _ in range(times):
        process.send_signal(signal.SIGINT)
    lines = process.communicate(timeout=120)[0].splitlines()
    for client in clients:
        client.join(timeout=120)
    assert process.returncode == 130
    assert lines[:2] == [
        "2 requests under way cut off",
        "enforce would have treated 2 requests of 1 account, of 2 requests",
    ]
    assert lines[-1] == "stillwatch: stopped"
    assert not [line for line in lines if "Traceback" in line or "ERROR" in line]
    (file,) = (tmp_path / "record").glob("exchanges-*.jsonl")
    assert len(file.read_text().splitlines()) == 2


def test_an_idle_connection_outlasts_those_of_clients(tmp_path: Path) -> None:
    """Clients of OpenAI, Anthropic and httpx use one again for 5 s: closed then, it meets their next request."""
    settings = GatewaySettings(upstream="http://127.0.0.1:1", secret_file=tmp_path / "secret")
    server, _ = proxy_server(settings, host="127.0.0.1", port=0)
    assert server.config.timeout_keep_alive >= 60
    soon = settings.model_copy(update={"client_keep_seconds": 1})
    server, _ = proxy_server(soon, host="127.0.0.1", port=0)
    with in_thread(server) as listener, socket.create_connection(listener.getsockname(), timeout=120) as client:
        client.sendall(b"GET /v1/models HTTP/1.1\r\nhost: a\r\n\r\n")
        said = client.recv(65536)
        assert said.startswith(b"HTTP/1.1 502")
        while more := client.recv(65536):
            said += more
        assert b"connection: close" not in said.lower(), "it was kept, and then closed"
