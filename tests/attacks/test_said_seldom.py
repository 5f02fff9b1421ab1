"""Whoever sends what is no request, without any key, writes no line of a server's log with each: the same is said once a minute."""

import logging
import os
import re
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from gateway_process import SOURCE
from patience import PATIENCE_SECONDS, until_closed

from stillwatch.gateway import GatewaySettings
from stillwatch.gateway.serve import proxy_server
from stillwatch.listening.seldom import Seldom

GATEWAY = ["gateway", "--upstream", "http://127.0.0.1:9", "--port", "0"]
HUB = ["alliance", "serve", "--db", "hub.db", "--port", "0"]
HOST = b" HTTP/1.1\r\nhost: x\r\n"
WRONG = [
    b"\x00\x01\r\n\r\n",
    b"GET /v1/models" + HOST + b"connection: upgrade\r\nupgrade: websocket\r\n\r\n",
    b"CONNECT a:1" + HOST + b"\r\n",
]


@pytest.mark.parametrize("command", [GATEWAY, HUB], ids=["gateway", "hub"])
def test_a_log_does_not_grow_with_what_strangers_send(tmp_path: Path, command: list[str]) -> None:
    process = subprocess.Popen(
        [sys.executable, "-m", "stillwatch", *command],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(SOURCE)},
    )
    try:
        assert process.stdout
        found = next(filter(None, (re.search(r"http://127\.0\.0\.1:\d+", line) for line in process.stdout)))
        at = urlsplit(found[0])
        for wrong in WRONG:
            for _ in range(100):
                with socket.create_connection((at.hostname or "", at.port or 0), timeout=PATIENCE_SECONDS) as one:
                    one.sendall(wrong)
                    one.shutdown(socket.SHUT_WR)
                    until_closed(one)
        process.terminate()
        said = process.communicate(timeout=PATIENCE_SECONDS)[0].splitlines()
    finally:
        process.kill()
        process.wait()
    # A busy machine may take minutes for them, and each minute says it once more.
    assert 0 < sum("WARNING" in line for line in said) < 60


def test_another_fault_is_said_and_how_often_one_was_left_out() -> None:
    now, said = [0.0], list[str]()
    seldom = Seldom(lambda: now[0])

    def tell(level: int, told: str, fault: Callable[[], object] | None = None) -> None:
        caught = None
        try:
            if fault:
                fault()
        except Exception as error:
            caught = (type(error), error, error.__traceback__)
        record = logging.LogRecord("x", level, "x", 1, told, (), caught)
        if seldom.filter(record):
            said.append(record.getMessage())

    for _ in range(1_200):
        tell(logging.WARNING, "odd")
        tell(logging.ERROR, "broken", lambda: 1 // 0)
        tell(logging.ERROR, "broken", lambda: [][1])
    tell(logging.INFO, "well")
    tell(logging.INFO, "well")
    assert said == ["odd", "broken", "broken", "well", "well"]
    now[0] = 61
    tell(logging.WARNING, "odd")
    assert said[-1] == "odd (and 1,199 more in the last minutes)"
    for number in range(1_000):
        tell(logging.WARNING, f"odd {number}")
    assert len(seldom._next) <= 256


def test_no_other_protocol_takes_over_a_clients_connection() -> None:
    """Where a library of websockets is installed, its connections had been counted at no door."""
    server, _ = proxy_server(GatewaySettings(upstream="http://127.0.0.1:9"), host="127.0.0.1", port=0)
    server.config.load()
    assert server.config.ws_protocol_class is None
    assert server.config.ws == "none"
