"""The form in which vLLM takes a middleware: a dotted name, imported, told by its kind, added without arguments.

vLLM cannot be installed where this runs, so what its server does with ``--middleware`` is done here, step by step, as
its documentation and its ``build_app`` have it: split at the last dot; a class goes to ``add_middleware`` with nothing
else, a coroutine function to ``middleware("http")``, anything else stops the start. It is added after vLLM's own check
of ``--api-key``, and so stands before it. The app's root path is set when it is served.
"""

import contextlib
import importlib
import inspect
import json
from pathlib import Path
from typing import Any

import fastapi
import httpx
import msgspec
import pytest
from fastapi.responses import JSONResponse, StreamingResponse
from gateways import Snap, decided, serving
from marked_answers import STREAMED, THOUGHT, Answer, chat, marks_in
from starlette.datastructures import Headers
from starlette.middleware.cors import CORSMiddleware

from stillwatch.core import BadSetting

HELLO = [{"role": "user", "content": "How many apples?"}]
NAME = "stillwatch.gateway.Guard"


class KeyCheck:
    """Stands where vLLM's own check of keys does."""

    def __init__(self, app: Any, keys: list[str]) -> None:
        self._app = app
        self._keys = keys

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        # As Starlette's own headers: of several the first.
        given = Headers(scope=scope).get("authorization", "") if scope["type"] == "http" else ""
        if scope["type"] == "http" and given.removeprefix("Bearer ") not in self._keys:
            await JSONResponse({"error": "Unauthorized"}, status_code=401)(scope, receive, send)
            return
        await self._app(scope, receive, send)


def server(*middleware: str, root_path: str = "") -> tuple[fastapi.FastAPI, list[str]]:
    """An app as vLLM builds it, and the words of its life."""
    life: list[str] = []

    @contextlib.asynccontextmanager
    async def lifespan(_: fastapi.FastAPI) -> Any:
        life.append("began")
        yield
        life.append("ended")

    app = fastapi.FastAPI(lifespan=lifespan)

    @app.post("/v1/chat/completions")
    async def completions(request: fastapi.Request) -> Any:
        body = await request.json()
        answer = Answer(fields={"reasoning_content": THOUGHT})
        if body.get("stream"):
            return StreamingResponse(STREAMED["chat"](answer, 4), media_type="text/event-stream")
        return JSONResponse(chat(answer))

    @app.post("/invocations")
    async def invocations(request: fastapi.Request) -> Any:
        return await completions(request)

    @app.get("/health")
    async def health() -> fastapi.Response:
        return fastapi.Response(status_code=200)

    app.root_path = root_path
    app.add_middleware(CORSMiddleware, allow_origins=["*"])
    app.add_middleware(KeyCheck, keys=["good", "bad"])
    for name in middleware:
        module, _, attribute = name.rpartition(".")
        found: Any = getattr(importlib.import_module(module), attribute)
        is_class: bool = inspect.isclass(found)
        if is_class:
            app.add_middleware(found)
        elif inspect.iscoroutinefunction(found):
            app.middleware("http")(found)
        else:
            raise ValueError(f"Invalid middleware {name}. Must be a function or a class.")
    return app, life


@pytest.fixture
def configured(snap: Snap, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A settings file, named in the environment as ``vllm serve`` would find it; the record's folder."""
    config = tmp_path / "gateway.toml"
    path = snap(decided("hide-reasoning", accounts=["a-bad"]))
    config.write_text(
        f'[gateway]\nmode = "enforce"\nsnapshot = "{path}"\nrecord = "{tmp_path / "record"}"\n'
        'jitter_seconds = 0\naccount_from = ["header:x-account"]\n'
    )
    monkeypatch.setenv("STILLWATCH_GATEWAY_CONFIG", str(config))
    return tmp_path / "record"


@pytest.mark.parametrize("root_path", ["", "/llm"])
def test_the_guard_serves_in_the_form_that_vllm_takes(configured: Path, root_path: str) -> None:
    app, life = server(NAME, root_path=root_path)
    with serving(app, lifespan="on") as url:
        for account, hidden in (("a-bad", True), ("a-good", False)):
            headers = {"x-account": account, "authorization": f"Bearer {account.removeprefix('a-')}"}
            with httpx.Client(headers=headers) as client:
                for path in ("/v1/chat/completions", "/invocations"):
                    for stream in (False, True):
                        answer = client.post(url + path, json={"model": "m", "messages": HELLO, "stream": stream})
                        assert answer.status_code == 200
                        assert (marks_in(answer.content) == []) == hidden
                        assert b"four" in answer.content
                assert client.get(f"{url}/health").status_code == 200
        refused = httpx.post(f"{url}/v1/chat/completions", json={"messages": HELLO}, headers={"x-account": "x"})
        assert refused.status_code == 401
    assert life == ["began", "ended"]
    lines = [
        msgspec.json.decode(line) for file in configured.glob("*.jsonl") for line in file.read_bytes().splitlines()
    ]
    # Guard stands outside: what the check of keys refused is in the record too, with its status.
    assert sorted((line["account_id"], line["status"]) for line in lines) == [
        *[("a-bad", "200")] * 4,
        *[("a-good", "200")] * 4,
        ("x", "401"),
    ]
    assert {line["operation"] for line in lines} == {"chat.completions", "invocations"}
    assert {json.dumps(line["messages"]) for line in lines} == {json.dumps(HELLO)}


def test_a_setting_that_cannot_be_used_stops_the_start_and_not_a_request(
    configured: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("STILLWATCH_GATEWAY_MODE", "ensure")
    app, _ = server(NAME)
    with pytest.raises(BadSetting, match="mode"):
        # Starlette makes the middleware when the server starts, before it listens.
        app.build_middleware_stack()
