"""kill -9 of Redis, of the model server and of the gateway, under load: nothing hangs, nothing acknowledged is lost."""

import asyncio
import contextlib
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest
import redis.asyncio as redis
from gateways import Snap, decided
from patience import PATIENCE_SECONDS, until
from redis_served import redis_running

from stillwatch.gateway.recorder import Recorder
from stillwatch.gateway.shared_state import MemoryState, RedisState, SharedState, SharedStateAway

HERE = Path(__file__).parent
WORLDS = HERE.parent / "worlds"
SOURCE = HERE.parents[1] / "src"
Start = Callable[..., tuple[subprocess.Popen[str], str]]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """Starts a program that says where uvicorn runs; ends it by its id."""
    started: list[subprocess.Popen[str]] = []

    def run(*command: str) -> tuple[subprocess.Popen[str], str]:
        environment = {**os.environ, "PYTHONPATH": f"{SOURCE}{os.pathsep}{HERE}"}
        process = subprocess.Popen(
            [sys.executable, *command], stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True, env=environment
        )
        started.append(process)
        assert process.stderr
        for line in process.stderr:
            found = re.search(r"running on (http://127\.0\.0\.1:\d+)", line)
            if found:
                return process, found[1]
        raise AssertionError("it did not start")

    yield run
    for process in started:
        process.kill()
        process.wait()
        if process.stderr:
            process.stderr.close()


@pytest.fixture
def redis_server(tmp_path: Path) -> Iterator[tuple[subprocess.Popen[bytes], str]]:
    """A real Redis, its process and its URL."""
    with redis_running(tmp_path) as running:
        yield running


@dataclass
class Load:
    """What became of each request: its number to a status, or to why there was none."""

    answered: dict[int, int] = field(default_factory=dict)
    failed: dict[int, str] = field(default_factory=dict)

    @property
    def hung(self) -> list[int]:
        """Requests that nothing became of, for as long as one waits."""
        return [number for number, why in self.failed.items() if why in ("ReadTimeout", "PoolTimeout")]


async def load(url: str, count: int, killed: subprocess.Popen[Any] | None = None, *, rate: float = 80) -> Load:
    """Requests at a steady rate, whether or not earlier ones were answered.

    Args:
        url: of the gateway.
        count: how many at least.
        killed: killed when half as many were answered; the last half of them is sent after that.
        rate: requests a second.
    """
    result = Load()

    async def one(client: httpx.AsyncClient, number: int) -> None:
        body = {"model": "plain", "messages": [{"role": "user", "content": f"apple {number}"}]}
        try:
            answer = await client.post(f"{url}/v1/chat/completions", json=body, headers={"x-account": "bad"})
            result.answered[number] = answer.status_code
        except httpx.TransportError as error:
            result.failed[number] = type(error).__name__

    limits = httpx.Limits(max_connections=200)
    async with httpx.AsyncClient(timeout=PATIENCE_SECONDS, limits=limits) as client, asyncio.TaskGroup() as tasks:
        number, left = 0, count if killed is None else count // 2
        while left:
            tasks.create_task(one(client, number))
            number += 1
            await asyncio.sleep(1 / rate)
            if killed is not None and len(result.answered) >= count // 2:
                os.kill(killed.pid, signal.SIGKILL)
                killed = None
            left -= killed is None
            assert number < 100 * count, "nobody answers"
    return result


def gateway_command(upstream: str, record: Path, *more: str) -> list[str]:
    options = ["--record", str(record), "--account-from", "header:x-account", "--mode", "enforce", "--port", "0"]
    return ["-m", "stillwatch", "gateway", "--upstream", upstream, *options, *more]


def prompts(record: Path) -> list[tuple[str, str]]:
    """The prompts that a scan of the record would read, each with its status."""
    lines = [line for file in record.glob("*.jsonl") for line in file.read_bytes().splitlines()]
    records = [msgspec.json.decode(line) for line in lines]
    return [(one["messages"][-1]["content"], one["status"]) for one in records]


def test_a_killed_gateway_has_recorded_every_request_that_it_answered(start: Start, tmp_path: Path) -> None:
    _, model = start(str(WORLDS / "model_server.py"))
    process, url = start(*gateway_command(model, tmp_path / "record"))
    done = asyncio.run(load(url, 160, process))
    assert len(done.answered) > 20
    assert done.failed, "it was killed under load"
    assert not done.hung
    Recorder(tmp_path / "record").close()
    recorded = prompts(tmp_path / "record")
    assert {f"apple {number}" for number in done.answered} <= {prompt for prompt, _ in recorded}
    assert len(recorded) == len({prompt for prompt, _ in recorded}), "none stands there twice"
    assert not list((tmp_path / "record").glob(".pending-*"))


def test_a_killed_model_server_leaves_no_request_hanging(start: Start, tmp_path: Path) -> None:
    server, model = start(str(WORLDS / "model_server.py"))
    _, url = start(*gateway_command(model, tmp_path / "record"))
    done = asyncio.run(load(url, 160, server))
    assert not done.failed
    assert set(done.answered.values()) == {200, 502}
    expected = {f"apple {number}" for number in done.answered}
    until(lambda: {prompt for prompt, _ in prompts(tmp_path / "record")} >= expected)
    assert {prompt for prompt, _ in prompts(tmp_path / "record")} == expected
    # It is back on the same port: so is the gateway.
    start(str(WORLDS / "model_server.py"), model.rpartition(":")[2])
    assert set(asyncio.run(load(url, 24)).answered.values()) == {200}


@pytest.mark.parametrize(("kind", "after"), [("open", {200}), ("closed", {503})])
def test_a_killed_redis_leaves_no_request_hanging(
    start: Start,
    snap: Snap,
    tmp_path: Path,
    redis_server: tuple[subprocess.Popen[bytes], str],
    kind: str,
    after: set[int],
) -> None:
    process, redis = redis_server
    _, model = start(str(WORLDS / "model_server.py"))
    snapshot = snap(decided(("rate-limit", {"requests_per_minute": 100_000}), accounts=["bad"]))
    config = tmp_path / "gateway.toml"
    # A busy machine may keep a living one waiting for longer than the gateway would.
    wait = f"state_timeout_ms = {1000 * PATIENCE_SECONDS:.0f}"
    config.write_text(f'[gateway]\njitter_seconds = 0\nwhen_state_missing = "{kind}"\n{wait}\n')
    options = ["--snapshot", str(snapshot), "--state", redis, "--config", str(config)]
    _, url = start(*gateway_command(model, tmp_path / "record", *options))
    done = asyncio.run(load(url, 160, process))
    assert not done.failed
    assert set(done.answered.values()) == {200} | after
    assert done.answered[0] == 200
    assert done.answered[max(done.answered)] in after


@contextlib.asynccontextmanager
async def states(redis: str) -> AsyncIterator[list[SharedState]]:
    made: list[SharedState] = [MemoryState(), RedisState(redis, timeout=PATIENCE_SECONDS)]
    yield made
    for state in made:
        await state.close()


def test_memory_and_redis_count_alike(redis_server: tuple[subprocess.Popen[bytes], str]) -> None:
    async def counted() -> None:
        async with states(redis_server[1]) as both:
            for state in both:
                began = time.time()
                waits = [await state.take("a", 60, 3) for _ in range(5)]
                assert waits[:3] == [0, 0, 0]
                # Less by as long as the calls themselves took.
                assert all(0.99 - (time.time() - began) < wait <= 1.0 for wait in waits[3:])
                assert await state.take("b", 1, 3) == 0
                # What costs more than the burst waits for a whole allowance, and is paid for afterwards.
                assert await state.take("d", 60, 3, 30) == 0
                owed = await state.take("d", 60, 3)
                assert 27 - (time.time() - began) < owed < 29
                assert await state.take("b", 1, 3, 30) > 0
                seen = await state.first_seen("c")
                assert began - 1 < seen < time.time() + 1
                assert await state.first_seen("c") == pytest.approx(seen, abs=PATIENCE_SECONDS)

    asyncio.run(counted())


def test_a_clock_that_was_put_back_keeps_nobody_out(redis_server: tuple[subprocess.Popen[bytes], str]) -> None:
    """As where another Redis, whose clock is late, goes on with what the first one wrote."""

    async def counted() -> None:
        state, kept = (
            RedisState(redis_server[1], timeout=PATIENCE_SECONDS),
            redis.Redis.from_url(redis_server[1], decode_responses=True),
        )
        assert [await state.take("a", 1, 2) for _ in range(2)] == [0, 0]
        (key,) = await kept.keys("*")
        ahead = 7 * 86_400
        whole, at = (float(number) + ahead for number in str(await kept.get(key)).split())
        await kept.set(key, f"{whole} {at}")
        # What was owed is owed, and no week more; asked again it is less, and what is paid for is had.
        assert 0 < await state.take("a", 1, 2) <= 60
        assert 0 < await state.take("a", 1, 2) <= 60
        assert max(float(number) for number in str(await kept.get(key)).split()) < at - ahead / 2
        await kept.set(key, "no number")
        assert await state.take("a", 1, 2) == 0
        await kept.aclose()
        await state.close()

    asyncio.run(counted())


def test_a_first_match_is_as_long_ago_for_every_gateways_clock(
    redis_server: tuple[subprocess.Popen[bytes], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    async def seen() -> None:
        state, hour = RedisState(redis_server[1], timeout=PATIENCE_SECONDS), 3600.0
        real = time.time
        for behind in (hour, -hour):
            monkeypatch.setattr(time, "time", lambda behind=behind: real() - behind)
            first = await state.first_seen("x")
            assert time.time() - PATIENCE_SECONDS < first <= time.time()
        await state.close()

    asyncio.run(seen())


def test_two_gateways_share_one_allowance(redis_server: tuple[subprocess.Popen[bytes], str]) -> None:
    async def shared() -> None:
        one, other = (RedisState(redis_server[1], timeout=PATIENCE_SECONDS) for _ in range(2))
        assert [await one.take("x", 1, 1), await other.take("x", 1, 1) > 0] == [0, True]
        os.kill(redis_server[0].pid, signal.SIGKILL)
        redis_server[0].wait()
        for _ in range(2):
            with pytest.raises(SharedStateAway):
                await one.take("x", 1, 1)
        await one.close()
        await other.close()

    asyncio.run(shared())


def test_before_answer_waits_for_the_disk_and_one_sync_serves_many(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    synced, sync = [], os.fdatasync

    def counted(handle: int) -> None:
        synced.append(handle)
        sync(handle)

    monkeypatch.setattr(os, "fdatasync", counted)
    recorder = Recorder(tmp_path, before_answer=True)
    line = msgspec.json.encode({"exchange_id": "x", "time": 1, "account_id": "a", "prompt": "p"}) + b"\n"

    async def many() -> None:
        for number in range(200):
            recorder.ask(str(number), line)
        await asyncio.gather(*[recorder.on_disk() for _ in range(200)])

    asyncio.run(many())
    assert 0 < len(synced) < 200
    recorder.close()


def test_files_turn_over_and_nothing_is_lost_or_left(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("stillwatch.gateway.recorder._PENDING_BYTES", 2_000)
    recorder = Recorder(tmp_path, file_bytes=3_000)
    lines = {
        str(n): msgspec.json.encode({"exchange_id": str(n), "time": 1, "account_id": "a", "prompt": "p" * 50}) + b"\n"
        for n in range(300)
    }
    for number, line in lines.items():
        recorder.ask(number, line)
        if number != "7":
            recorder.done(number, line)
    recorder.close()
    files = list(tmp_path.glob("*.jsonl"))
    assert len(files) > 3
    read = [msgspec.json.decode(line) for file in files for line in file.read_bytes().splitlines()]
    assert sorted(one["exchange_id"] for one in read) == sorted(lines)
    assert [one["exchange_id"] for one in read if one.get("status") == "unfinished"] == ["7"]
    assert not list(tmp_path.glob(".pending-*"))


def test_a_torn_line_and_a_living_process_are_left_alone(tmp_path: Path) -> None:
    recorder = Recorder(tmp_path)
    line = msgspec.json.encode({"exchange_id": "x", "time": 1, "account_id": "a", "prompt": "p"}) + b"\n"
    recorder.ask("x", line)
    (tmp_path / ".pending-dead-1-0001.wal").write_bytes(b"A " + line.replace(b'"x"', b'"y"') + b"A " + line[:20])
    other = Recorder(tmp_path)
    assert other.recovered == 1
    other.close()
    recorder.close()
    lines = [msgspec.json.decode(line) for file in tmp_path.glob("*.jsonl") for line in file.read_bytes().splitlines()]
    assert sorted((one["exchange_id"], one["status"]) for one in lines) == [("x", "unfinished"), ("y", "unfinished")]
