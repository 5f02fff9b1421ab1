"""Inside LiteLLM a request has a name that its client cannot choose, and an answer without a known request is withheld."""

import asyncio
import importlib
import sys
import threading
import tracemalloc
import types
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from attacked import HELLO, Witness
from fastapi import HTTPException
from gateways import decided, known, serving, standings
from leftovers import FORGIVEN, collected  # noqa: F401
from litellm_served import PEER, litellm_before
from marked_answers import THOUGHT, WHOLE, Answer, marks_in

from stillwatch.gateway import GatewaySettings, write_snapshot
from stillwatch.gateway.gate import Gate

pytestmark = FORGIVEN
NAMED = {"litellm_call_id": "chosen-by-the-client"}


@pytest.fixture
def hook(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """The callback's module, beside as much of LiteLLM as it needs to be imported."""
    logger = types.ModuleType("litellm.integrations.custom_logger")
    logger.CustomLogger = type("CustomLogger", (), {})  # type: ignore[attr-defined]
    for name in ("litellm", "litellm.integrations"):
        monkeypatch.setitem(sys.modules, name, types.ModuleType(name))
    monkeypatch.setitem(sys.modules, logger.__name__, logger)
    monkeypatch.delitem(sys.modules, "stillwatch.gateway.litellm_hook", raising=False)
    yield importlib.import_module("stillwatch.gateway.litellm_hook")
    sys.modules.pop("stillwatch.gateway.litellm_hook", None)


def gate_of(folder: Path, mode: Any = "enforce", act: str = "hide-reasoning", **settings: Any) -> Gate:
    hidden = decided(act, accounts=["bad"])
    write_snapshot(folder / "snapshot", standings(folder / "log.jsonl", hidden), known())
    chosen: dict[str, Any] = {"mode": mode, "snapshot": folder / "snapshot", "jitter_seconds": 0}
    return Gate(GatewaySettings(**chosen | {"account_from": ("header:x-account",)} | settings))


def data_of(account: str, **more: Any) -> dict[str, Any]:
    asked = {"model": "m", "messages": HELLO, **more}
    return {**asked, **NAMED, "proxy_server_request": {"headers": {"x-account": account}, "body": dict(asked)}}


def answer() -> dict[str, Any]:
    made: dict[str, Any] = WHOLE["chat"](Answer(fields={"reasoning_content": THOUGHT}))
    return made


async def streamed() -> Any:
    delta = {"reasoning_content": THOUGHT, "content": None}
    yield {"id": "1", "object": "chat.completion.chunk", "choices": [{"index": 0, "delta": delta}]}


def test_two_requests_of_one_name_are_two_requests(hook: Any, tmp_path: Path) -> None:
    async def attack() -> None:
        callback = hook.StillwatchCallback(gate_of(tmp_path))
        for first, second in (("bad", "bad"), ("bad", "good"), ("good", "bad")):
            datas = [data_of(first), data_of(second)]
            for data in datas:
                await callback.async_pre_call_hook(None, None, data, "acompletion")
            for data, account in zip(datas, (first, second), strict=True):
                shown = await callback.async_post_call_success_hook(data, None, answer())
                assert (marks_in(repr(shown).encode()) == []) == (account == "bad")

    asyncio.run(attack())


@pytest.mark.parametrize("sets", [{}, {"proxy_server_request": {"stillwatch_request": "x"}}, NAMED])
def test_an_answer_whose_request_is_not_known_is_withheld(hook: Any, tmp_path: Path, sets: dict[str, Any]) -> None:
    async def attack() -> None:
        callback = hook.StillwatchCallback(gate_of(tmp_path))
        with pytest.raises(HTTPException, match="not admitted"):
            await callback.async_post_call_success_hook(dict(sets), None, answer())
        with pytest.raises(HTTPException, match="not admitted"):
            [one async for one in callback.async_post_call_streaming_iterator_hook(None, streamed(), dict(sets))]

    asyncio.run(attack())


def test_calls_that_never_end_fill_no_memory(hook: Any, tmp_path: Path) -> None:
    async def attack(calls: int) -> int:
        callback = hook.StillwatchCallback(gate_of(tmp_path))
        tracemalloc.start()
        for number in range(calls):
            asked = {"model": "m", "input": f"{number} " + "word " * 100_000}
            beside = {"headers": {"x-account": f"a{number}"}, "body": dict(asked)}
            await callback.async_pre_call_hook(None, None, {**asked, "proxy_server_request": beside}, "aembedding")
        held, _ = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        return held

    assert asyncio.run(attack(100)) < 20_000_000


def test_shadow_mode_withholds_nothing(hook: Any, tmp_path: Path) -> None:
    async def ask() -> Any:
        callback = hook.StillwatchCallback(gate_of(tmp_path, "shadow"))
        return await callback.async_post_call_success_hook({}, None, answer())

    assert asyncio.run(ask()) == answer()


def test_nothing_is_added_to_a_body_that_is_passed_through(hook: Any, tmp_path: Path) -> None:
    async def ask() -> None:
        callback = hook.StillwatchCallback(gate_of(tmp_path, account_from=("key",)))
        body = {"contents": "x"}
        assert await callback.async_pre_call_hook(None, None, body, "pass_through_endpoint") == {"contents": "x"}
        assert await callback.async_post_call_success_hook(body, None, {"said": "y"}) == {"said": "y"}

    asyncio.run(ask())


def test_what_is_passed_through_in_nobodys_name_is_refused(hook: Any, tmp_path: Path) -> None:
    async def ask(mode: str, act: str = "hide-reasoning", **settings: Any) -> Any:
        folder = tmp_path / act
        folder.mkdir(exist_ok=True)
        callback = hook.StillwatchCallback(gate_of(folder, mode, act, **settings))
        return await callback.async_pre_call_hook(None, None, {"contents": "x"}, "pass_through_endpoint")

    for settings in ({}, {"account_from": ("header:x-account", "key")}, {"org_from": "header:x-org"}):
        with pytest.raises(HTTPException, match="does not show whose"):
            asyncio.run(ask("enforce", **settings))
        assert asyncio.run(ask("shadow", **settings)) == {"contents": "x"}
        assert asyncio.run(ask("enforce", other_paths="pass", **settings)) == {"contents": "x"}
        # Where nothing is decided that anybody feels, nobody is kept from anything.
        assert asyncio.run(ask("enforce", act="tag", **settings)) == {"contents": "x"}


CALLS = ("pass_through_endpoint", "allm_passthrough_route", "afile_content", "_arealtime", "_aresponses_websocket")


@pytest.mark.parametrize("called", CALLS)
def test_of_whom_answers_are_stripped_is_served_in_no_way_that_shows_none(
    hook: Any, tmp_path: Path, called: str
) -> None:
    async def ask(user: str) -> Any:
        callback = hook.StillwatchCallback(gate_of(tmp_path, account_from=("key",)))
        return await callback.async_pre_call_hook(types.SimpleNamespace(user_id=user), None, {"a": "x"}, called)

    with pytest.raises(HTTPException, match="This way is not open"):
        asyncio.run(ask("bad"))
    assert asyncio.run(ask("good")) == {"a": "x"}


@pytest.mark.slow
@pytest.mark.skipif(not PEER.exists(), reason="make peers installs LiteLLM")
def test_a_real_litellm_keeps_requests_of_one_name_apart(tmp_path: Path) -> None:
    behind = Witness()
    behind.seconds = 1.0
    with (
        serving(behind) as upstream,
        litellm_before(upstream, tmp_path, decided("hide-reasoning", accounts=["bad"])) as (url, _),
    ):
        answers: list[httpx.Response] = []

        def ask() -> None:
            headers = {"authorization": "Bearer sk-master", "x-account": "bad", "x-litellm-call-id": "one"}
            body = {"model": "m", "messages": HELLO}
            answers.append(httpx.post(f"{url}/v1/chat/completions", json=body, headers=headers, timeout=120))

        asking = [threading.Thread(target=ask) for _ in range(4)]
        for one in asking:
            one.start()
        for one in asking:
            one.join(timeout=300)
        assert [one.status_code for one in answers] == [200] * 4
        assert all(marks_in(one.content) == [] for one in answers)
        assert all("four apples" in one.text for one in answers)
