"""Gateways whose clocks differ by minutes and that share a Redis give one allowance, and keep nobody out for it."""

import contextlib
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from gateway_process import Attacked, gateway_process
from gateways import Act, decided, known, standings
from patience import PATIENCE_SECONDS
from redis_served import redis_running

from stillwatch.gateway import write_snapshot

SLOW: Act = ("rate-limit", {"requests_per_minute": 1, "burst": 5})
TEXT = (
    "Work through every step of the following task before you give the final answer to the examiner. "
    "Explain each intermediate result in full sentences and never leave out a calculation."
)
MINUTES = (11 * 60.0, -7 * 60.0)


@pytest.fixture
def pair(tmp_path: Path, upstream: str) -> Iterator[list[Attacked]]:
    """Two gateways of one operator, one of them ahead and the other behind."""
    decisions = (decided(SLOW, accounts=["a"]), decided(SLOW, templates=["T1"], decision_id="D2"))
    snapshot = tmp_path / "snapshot"
    write_snapshot(snapshot, standings(tmp_path / "log.jsonl", *decisions), known(("T1", "C1", TEXT)))
    (tmp_path / "secret").write_bytes(b"s" * 32)
    shared: dict[str, Any] = {"secret_file": str(tmp_path / "secret"), "snapshot": str(snapshot)}
    with contextlib.ExitStack() as stack:
        _, state = stack.enter_context(redis_running(tmp_path))
        shared |= {"state": state, "state_timeout_ms": int(1000 * PATIENCE_SECONDS)}
        gateways = []
        for number, ahead in enumerate(MINUTES):
            (folder := tmp_path / str(number)).mkdir()
            gateways.append(stack.enter_context(gateway_process(folder, upstream, shared, ahead_seconds=ahead)))
        yield gateways


@pytest.mark.parametrize(("account", "text"), [("a", "Why?"), ("b", TEXT)], ids=["who is named", "who joins"])
def test_one_allowance_over_both(pair: list[Attacked], account: str, text: str) -> None:
    began = time.monotonic()
    told: list[int] = []
    waits: list[int] = []
    for turn in range(24):
        asked = {"model": "plain", "messages": [{"role": "user", "content": text}]}
        answer = httpx.post(
            f"{pair[turn % 2].url}/v1/chat/completions",
            json=asked,
            headers={"x-account": account},
            timeout=PATIENCE_SECONDS,
        )
        told.append(answer.status_code)
        waits += [int(answer.headers["retry-after"])] if answer.status_code == 429 else []
        assert pair[turn % 2].ask("honest") == 200
    grown = (time.monotonic() - began) / 60
    assert set(told) == {200, 429}
    # Five, less what an account's own differs by, and one more a minute.
    assert 4 <= told.count(200) <= 6 + grown
    # A minute each, and up to a fifth more: the clocks' difference is none of it.
    assert max(waits) <= 73
