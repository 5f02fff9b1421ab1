"""A model server that speaks four APIs, whole and streamed; its reasoning is all in one letter (``marked_answers``).

The model's name says how it reasons: ``fields``, ``tags``, ``prompt-tags`` (opened in the prompt) or ``plain``. Run it as
a program to have it in a process of its own: it prints its port.
"""

import asyncio
import json
import sys
from typing import Any

import uvicorn
from marked_answers import STREAMED, THOUGHT, WHOLE, Answer, arguments_with_reasoning, responses

_APIS = {"chat/completions": "chat", "completions": "completion", "responses": "responses", "messages": "messages"}


class ModelServer:
    """Remembers what it was sent; ``delay`` seconds before an answer, ``gap`` between pieces."""

    def __init__(self) -> None:
        self.seen: list[tuple[str, dict[str, str], Any]] = []
        self.left_early = 0
        self.keeps = True

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "http":
            return
        raw = b""
        while True:
            message = await receive()
            raw += message.get("body", b"")
            if message["type"] != "http.request" or not message.get("more_body"):
                break
        headers = {name.decode(): value.decode() for name, value in scope["headers"]}
        body = json.loads(raw) if raw.startswith(b"{") else raw
        if self.keeps:
            self.seen.append((scope["path"], headers, body))
        api = _APIS.get(scope["path"].removeprefix("/v1/"))
        if api is None:
            await self._other(scope["path"], send)
            return
        await asyncio.sleep(float(headers.get("x-delay", 0)))
        await self._answer(api, body, float(headers.get("x-gap", 0)), receive, send)

    async def _answer(self, api: str, body: Any, gap: float, receive: Any, send: Any) -> None:
        answer = answer_of(body)
        if not body.get("stream"):
            text = json.dumps(WHOLE[api](answer)).encode()
            await _send(send, 200, b"application/json", text)
            return
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"text/event-stream")]})
        gone = asyncio.ensure_future(_until_gone(receive))
        for piece in STREAMED[api](answer, 4):
            if gone.done():
                self.left_early += 1
                return
            await send({"type": "http.response.body", "body": piece, "more_body": True})
            if gap:
                await asyncio.sleep(gap)
        gone.cancel()
        await send({"type": "http.response.body", "body": b"", "more_body": False})

    async def _other(self, path: str, send: Any) -> None:
        if path == "/v1/models":
            text = json.dumps({"object": "list", "data": [{"id": "plain", "object": "model"}]}).encode()
            await _send(send, 200, b"application/json", text)
        elif path == "/v1/responses/resp_1":
            await _send(send, 200, b"application/json", json.dumps(responses(Answer(thinking=True))).encode())
        elif path == "/v1/files/f/content":
            await _send(send, 200, b"application/octet-stream", THOUGHT.encode())
        else:
            await _send(send, 404, b"application/json", b'{"error": {"message": "no such path", "type": "not_found"}}')


def answer_of(body: Any) -> Answer:
    model = body.get("model", "plain")
    answer = Answer(choices=body.get("n") or 1, logprobs=bool(body.get("logprobs") or body.get("include")))
    if body.get("tools"):
        answer.arguments = arguments_with_reasoning(True, ("<think>", "</think>"))
    if model == "fields":
        answer.fields = {"reasoning_content": THOUGHT}
        answer.thinking = True
    elif model in ("tags", "prompt-tags"):
        answer.tag = ("<think>", "</think>")
        answer.opened_in_prompt = model == "prompt-tags"
    return answer


async def _until_gone(receive: Any) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


async def _send(send: Any, status: int, kind: bytes, body: bytes) -> None:
    headers = [(b"content-type", kind), (b"content-length", str(len(body)).encode()), (b"x-thought", b"416")]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body, "more_body": False})


if __name__ == "__main__":
    app = ModelServer()
    app.keeps = False
    port = int(sys.argv[1]) if len(sys.argv) > 1 else 0
    uvicorn.run(app, host="127.0.0.1", port=port, lifespan="off", log_level="info", access_log=False)
