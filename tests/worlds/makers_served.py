"""Makers behind an OpenAI-compatible server on loopback."""

import json
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from audit_makers import Maker


class Server:
    """Chat completions of makers, each under its name; ``logprobs`` refused where told so.

    Args:
        makers: by name.
        logprobs: whether they are shown.
        refuses: why a body will not do, or "": it is answered with 400 and that.
        cut: prompts on which every model runs out of tokens before it says anything, as one does that thinks first.
        withheld: prompts on which a filter stops every model's answer.
        instead: what takes the place of a choice, by model and prompt; None: the model's own. With ``error`` in it, of
            the whole body.
    """

    def __init__(
        self,
        makers: dict[str, Maker],
        logprobs: bool = True,
        cut: Callable[[str], bool] = lambda _: False,
        refuses: Callable[[dict[str, Any]], str] = lambda _: "",
        withheld: Callable[[str], bool] = lambda _: False,
        instead: Callable[[str, str], dict[str, Any] | None] = lambda _, __: None,
    ) -> None:
        self.bodies: list[dict[str, Any]] = []
        server = self

        class Handler(BaseHTTPRequestHandler):
            # One connection serves many requests, and an answer goes out in one piece.
            protocol_version = "HTTP/1.1"
            wbufsize = -1

            def log_message(self, *args: Any) -> None: ...

            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                server.bodies.append(body)
                maker = makers.get(body["model"])
                if maker is None or (body.get("logprobs") and not logprobs):
                    self.send_error(404 if maker is None else 400)
                    return
                if why := refuses(body):
                    self._say(400, {"error": {"message": why}})
                    return
                text = body["messages"][-1]["content"]
                choice: dict[str, Any] = {"message": {"content": maker.reply(text)}, "finish_reason": "stop"}
                if cut(text):
                    choice = {"message": {"content": None}, "finish_reason": "length"}
                elif withheld(text):
                    choice = {"message": {"content": "I"}, "finish_reason": "content_filter"}
                elif body.get("logprobs"):
                    top = [{"token": token, "logprob": value} for token, value in maker.first(text).items()]
                    choice["logprobs"] = {"content": [{"top_logprobs": top}]}
                choice = instead(body["model"], text) or choice
                usage = {"prompt_tokens": len(text) + 3}
                self._say(200, choice if "error" in choice else {"choices": [choice], "usage": usage})

            def _say(self, status: int, told: dict[str, Any]) -> None:
                said = json.dumps(told).encode()
                self.send_response(status)
                self.send_header("Content-Length", str(len(said)))
                self.end_headers()
                self.wfile.write(said)

        self._http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._http.server_address[1]}/v1"
        threading.Thread(target=self._http.serve_forever, args=(0.05,), daemon=True).start()

    def close(self) -> None:
        self._http.shutdown()
        self._http.server_close()
