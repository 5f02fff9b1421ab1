"""Pages whose commands serve are followed as they are written: the gateway, an alliance, the console."""

import json
import re
import shutil
import socket
import urllib.request
from collections.abc import Callable
from pathlib import Path

import pytest
from gateways import serving
from model_server import ModelServer
from page_commands import commands, shell

pytestmark = pytest.mark.slow


def free_port() -> str:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return str(free.getsockname()[1])


def test_the_gateway_is_put_in_front(small: Path) -> None:
    with serving(ModelServer()) as upstream:
        ours = {"http://127.0.0.1:8000": f"{upstream} --port 0", "9187": free_port()}
        with shell(small, ours) as follow:
            for command in commands("howto/put-the-gateway-in-front.md"):
                said = follow.run(command)
                if "gateway --upstream" in command:
                    url = re.search(r"running on (http://[\w.:]+)", said)
                    assert url
                    assert "decisions in force" in said or "account" in said
                    ask(url[1])
                    follow.stop()
            assert [one.split()[1] for one in follow.left_out] == ["vllm"]
    assert (small / "run-2" / "report.html").exists()


def ask(url: str) -> None:
    body = {"model": "m", "messages": [{"role": "user", "content": "What is a lamp?"}]}
    headers = {"content-type": "application/json", "x-account-id": "acct-1"}
    request = urllib.request.Request(f"{url}/v1/chat/completions", json.dumps(body).encode(), headers)
    with urllib.request.urlopen(request, timeout=120) as answer:
        assert answer.status == 200


def test_an_alliance_is_joined(small: Path, tutorial: Path) -> None:
    shutil.copytree(tutorial / "run", small / "run")
    port = free_port()
    ours: dict[str, str | Callable[[str], str]] = {
        "--host hub.example --tls-certificate hub.pem --tls-key hub.key": f"--port {port}",
        "https://hub.example:8443": f"http://127.0.0.1:{port}",
        "campaign--ID": lambda said: re.findall(r"campaign--[0-9a-f-]{36}", said)[-1],
        "acme.CASE": lambda said: re.findall(r"acme\.[0-9a-f-]+", said)[-1],
        "appeal campaign": "appeal --yes campaign",
        "retract campaign": "retract --yes campaign",
    }
    with shell(small, ours) as follow:
        for command in commands("howto/join-an-alliance.md"):
            follow.run(command)
        assert len(follow.left_out) == 4


def test_the_console_is_used(tutorial: Path, tmp_path: Path) -> None:
    shutil.copytree(tutorial / "run", tmp_path / "runs" / "week")
    (tmp_path / "licences.yaml").write_text("licences: []\n")
    ours = {"--demo": "--demo --port 0", "console RUNS": "console runs --port 0"}
    with shell(tmp_path, ours) as follow:
        demo, link, served = [follow.run(command) for command in commands("howto/use-the-console.md")]
        for said in (demo, link):
            assert re.search(r"http://127.0.0.1:\d+/welcome/\S+", said)
        (url,) = re.findall(r"http://[\w.:]+", served)
        with urllib.request.urlopen(f"{url}/sign-in", timeout=120) as answer:
            assert "Sign in" in answer.read().decode()
