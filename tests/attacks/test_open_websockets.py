"""A websocket, in which as much is asked as one likes and nobody reads it, is no way round a limit, a mark or a later decision."""

import asyncio
import itertools
from pathlib import Path
from typing import Any

import pytest
from attacked import SECRET
from gateways import Act, decided, known, standings
from patience import PATIENCE_SECONDS

from stillwatch.decisions import Decision
from stillwatch.gateway import GatewaySettings, Guard, write_snapshot


class Echo:
    """Answers each message, as realtime servers do, and keeps what it was told of whoever asks."""

    def __init__(self) -> None:
        self.heads: list[dict[bytes, bytes]] = []
        self.left = 0

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        self.heads.append(dict(scope["headers"]))
        await receive()
        await send({"type": "websocket.accept"})
        while (await receive())["type"] == "websocket.receive":
            await send({"type": "websocket.send", "text": "four"})
        self.left += 1
        # An app that does not look whether anybody listens.
        await send({"type": "websocket.send", "text": "five"})


class World:
    """A gateway in front of it, as middleware, and the snapshot that it goes by."""

    def __init__(self, folder: Path, *decisions: Decision, **settings: Any) -> None:
        self.folder = folder
        self.logs = itertools.count()
        self.echo = Echo()
        (folder / "secret").write_bytes(SECRET)
        self.decides(*decisions)
        chosen = {
            "mode": "enforce",
            "account_from": ("header:x-account",),
            "snapshot": folder / "snapshot",
            "snapshot_check_seconds": 0.01,
            "secret_file": folder / "secret",
            "jitter_seconds": 0,
        }
        self.guard = Guard(self.echo, GatewaySettings(**{**chosen, **settings}))

    def decides(self, *decisions: Decision) -> None:
        log = self.folder / f"log-{next(self.logs)}.jsonl"
        write_snapshot(self.folder / "snapshot", standings(log, *decisions), known())

    def opened(self, account: str = "a", *more: tuple[bytes, bytes]) -> "Client":
        return Client(self, account, more)


class Client:
    """One end of a websocket."""

    def __init__(self, world: World, account: str, more: tuple[tuple[bytes, bytes], ...]) -> None:
        self.says: asyncio.Queue[Any] = asyncio.Queue()
        self.hears: asyncio.Queue[Any] = asyncio.Queue()
        self.says.put_nowait({"type": "websocket.connect"})
        headers = [(b"x-account", account.encode()), *more]
        scope = {"type": "websocket", "path": "/v1/realtime", "headers": headers, "client": ("127.0.0.1", 1)}
        asked = {**scope, "query_string": b"", "method": "GET"}
        self.served = asyncio.ensure_future(world.guard(asked, self.says.get, self.hears.put))

    async def heard(self) -> str:
        message = await asyncio.wait_for(self.hears.get(), PATIENCE_SECONDS)
        return str(message["type"])

    async def asks(self) -> str:
        await self.says.put({"type": "websocket.receive", "text": "How many apples?"})
        return await self.heard()

    async def leaves(self) -> None:
        await self.says.put({"type": "websocket.disconnect", "code": 1000})
        await asyncio.wait_for(self.served, PATIENCE_SECONDS)


COUNTED: list[Act] = [
    ("rate-limit", {"requests_per_minute": 60}),
    ("rate-limit", {"requests_per_minute": 60, "tokens_per_minute": 10_000}),
    "watermark",
    "hide-reasoning",
    "strip-logprobs",
    "block",
]


@pytest.mark.parametrize("act", COUNTED, ids=str)
def test_whoever_is_treated_in_each_answer_has_none(tmp_path: Path, act: Act) -> None:
    async def tried() -> None:
        world = World(tmp_path, decided(act, accounts=["a"]))
        assert await world.opened("a").heard() == "websocket.close"
        assert world.echo.heads == []
        other = world.opened("b")
        assert [await other.heard(), await other.asks()] == ["websocket.accept", "websocket.send"]
        await other.leaves()
        await world.guard.gate.close()

    asyncio.run(tried())


@pytest.mark.parametrize("act", COUNTED, ids=str)
def test_what_is_decided_meanwhile_ends_it(tmp_path: Path, act: Act) -> None:
    async def tried() -> None:
        world = World(tmp_path)
        bad, other = world.opened("a"), world.opened("b")
        assert [await bad.heard(), await other.heard()] == ["websocket.accept"] * 2
        assert [await bad.asks(), await other.asks()] == ["websocket.send"] * 2
        world.decides(decided(act, accounts=["a"]))
        async with asyncio.timeout(PATIENCE_SECONDS):
            while await bad.asks() != "websocket.close":
                await asyncio.sleep(0.01)
        # The app is told, and what it still says reaches nobody.
        await asyncio.wait_for(bad.served, PATIENCE_SECONDS)
        assert (world.echo.left, bad.hears.empty()) == (1, True)
        assert await other.asks() == "websocket.send"
        await other.leaves()
        await world.guard.gate.close()

    asyncio.run(tried())


def test_it_is_marked_as_a_request_is_and_not_by_the_client(tmp_path: Path) -> None:
    async def tried() -> None:
        world = World(tmp_path, decided(("tag", {"tag": "looked-at"}), accounts=["a"]))
        own = ((b"x-stillwatch-tags", b"mine"), (b"x_stillwatch_tags", b"mine"))
        for account in ("a", "b"):
            one = world.opened(account, *own)
            assert await one.heard() == "websocket.accept"
            await one.leaves()
        told = [{name: value for name, value in head.items() if b"stillwatch" in name} for head in world.echo.heads]
        assert [bool(one) for one in told] == [True, False]
        assert b"mine" not in told[0][b"x-stillwatch-tags"]
        await world.guard.gate.close()

    asyncio.run(tried())


def test_an_account_has_so_many_open_and_no_more(tmp_path: Path) -> None:
    async def tried() -> None:
        world = World(tmp_path, account_at_once=3)
        opened = [world.opened("a") for _ in range(5)]
        assert [await one.heard() for one in opened] == ["websocket.accept"] * 3 + ["websocket.close"] * 2
        assert await world.opened("b").heard() == "websocket.accept"
        await opened[0].leaves()
        assert await world.opened("a").heard() == "websocket.accept"
        await world.guard.gate.close()

    asyncio.run(tried())


def test_shadow_mode_leaves_it_open(tmp_path: Path) -> None:
    async def tried() -> None:
        world = World(tmp_path, decided("block", accounts=["a"]), mode="shadow")
        one = world.opened("a")
        assert [await one.heard(), await one.asks()] == ["websocket.accept", "websocket.send"]
        await one.leaves()
        await world.guard.gate.close()

    asyncio.run(tried())
