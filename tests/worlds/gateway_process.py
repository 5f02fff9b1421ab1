"""A gateway in a process of its own, and what a test asks of it while it is attacked."""

import contextlib
import json
import os
import re
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
from forked_commands import Forked
from patience import PATIENCE_SECONDS

SOURCE = Path(__file__).parents[2] / "src"
_CLOCK = """
import runpy, time
told = time.time
time.time = lambda: told() + {}
runpy.run_module("stillwatch", run_name="__main__", alter_sys=True)
"""


@dataclass
class Attacked:
    """A gateway that runs.

    Attributes:
        lives: whether it still does.
        url: where it serves.
        metrics: where its counts are.
    """

    lives: Callable[[], bool]
    url: str
    metrics: str

    @property
    def address(self) -> tuple[str, int]:
        return "127.0.0.1", urlsplit(self.url).port or 0

    def ask(self, account: str = "bad", **body: Any) -> int:
        """The status of one chat completion."""
        asked = {"model": "plain", "messages": [{"role": "user", "content": "How many apples?"}], **body}
        answer = httpx.post(
            f"{self.url}/v1/chat/completions", json=asked, headers={"x-account": account}, timeout=PATIENCE_SECONDS
        )
        return answer.status_code

    def metric(self, name: str) -> float:
        """One of its counts; 0 where it has none of that name."""
        found = re.search(rf"^stillwatch_gateway_{re.escape(name)} (\S+)$", httpx.get(self.metrics).text, re.MULTILINE)
        return float(found[1]) if found else 0.0


@contextlib.contextmanager
def gateway_process(
    folder: Path, upstream: str, settings: dict[str, Any], *, ahead_seconds: float = 0
) -> Iterator[Attacked]:
    """A gateway with these settings, ended by its id; its clock may be ahead of ours, or behind."""
    chosen = {"mode": "enforce", "jitter_seconds": 0, "account_from": ["header:x-account"], **settings}
    config = folder / "gateway.toml"
    # JSON's words are TOML's too, for what a setting can be.
    config.write_text("[gateway]\n" + "".join(f"{name} = {json.dumps(value)}\n" for name, value in chosen.items()))
    words = ["gateway", "--upstream", upstream, "--port", "0", "--metrics-port", "0", "--config", str(config)]
    if ahead_seconds:
        with _of_another_clock(words, ahead_seconds) as running:
            yield running
        return
    command = Forked(words, folder)
    try:
        command.runs_until(lambda: len(_urls(command.said)) == 2)
        urls = _urls(command.said)
        yield Attacked(lambda: command.status is None, urls[False], urls[True])
    finally:
        command.close()


def _urls(said: str) -> dict[bool, str]:
    """Its own URL and, by True, that of its counts, as far as whole lines tell of them."""
    whole = said[: said.rfind("\n") + 1]
    return {bool(counts): url for counts, url in re.findall(r"(counts )?running on (http://[^\s,]+)", whole)}


@contextlib.contextmanager
def _of_another_clock(words: Sequence[str], ahead_seconds: float) -> Iterator[Attacked]:
    """Whatever asks for the time gets it so: nothing is imported before."""
    process = subprocess.Popen(
        [sys.executable, "-c", _CLOCK.format(ahead_seconds), *words],
        stderr=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        text=True,
        env={**os.environ, "PYTHONPATH": str(SOURCE)},
    )
    try:
        yield Attacked(lambda: process.poll() is None, *_started(process))
    finally:
        process.kill()
        process.wait()


def _started(process: subprocess.Popen[str]) -> tuple[str, str]:
    """Its URL and that of its counts, once both can be reached."""
    assert process.stderr
    said = ""
    for line in process.stderr:
        said += line
        if len(urls := _urls(said)) == 2:
            threading.Thread(target=_drained, args=(process,), daemon=True).start()
            return urls[False], urls[True]
    process.stderr.close()
    raise AssertionError(f"it did not start: {said}")


def _drained(process: subprocess.Popen[str]) -> None:
    """What it says must not fill its pipe."""
    assert process.stderr
    with process.stderr as said:
        for _ in said:
            pass
