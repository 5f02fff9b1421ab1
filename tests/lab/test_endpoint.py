"""A real server on loopback that answers with the tiny teacher: recorded, resumed, its rate limit kept."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from stillwatch.core import BadSetting, EndpointFailed
from stillwatch.lab import Cell, LocalTeacher, Responses, make_plan, make_task, read_exposure, run_cell, run_plan
from stillwatch.lab.exposures import top_logprobs
from stillwatch.lab.tasks.base import ASK, BOS, EOS
from stillwatch.lab.teachers import Client, RemoteTeacher, read_endpoint

TASK = make_task("codebook")
OURS = {"model": "tiny", "entitlement": "our own model, served by this test", "parallel": 2}


class Server:
    """Chat completions over the tiny teacher; refuses ``busy`` requests first, each with Retry-After."""

    def __init__(self, teacher: LocalTeacher) -> None:
        self.busy = 0
        self.times: list[float] = []
        self.bodies: list[dict[str, Any]] = []
        self.keys: list[str | None] = []
        lock = threading.Lock()
        server = self

        class Handler(BaseHTTPRequestHandler):
            def log_message(self, *args: Any) -> None: ...

            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                with lock:
                    server.times.append(time.monotonic())
                    server.keys.append(self.headers.get("Authorization"))
                    busy, server.busy = server.busy > 0, max(server.busy - 1, 0)
                    if not busy:
                        server.bodies.append(body)
                        said = json.dumps(answer(teacher, body)).encode()
                if busy:
                    self.send_response(429)
                    self.send_header("Retry-After", "0.4")
                    self.end_headers()
                    return
                if body["model"] != "tiny":
                    self.send_error(404)
                    return
                self.send_response(200)
                self.end_headers()
                self.wfile.write(said)

        self._http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._http.server_address[1]}/v1"
        threading.Thread(target=self._http.serve_forever, args=(0.05,), daemon=True).start()

    def close(self) -> None:
        self._http.shutdown()
        self._http.server_close()


def answer(teacher: LocalTeacher, body: dict[str, Any]) -> dict[str, Any]:
    words = TASK.encode(body["messages"][0]["content"])
    (one,) = teacher.sample([(BOS, *words)], body["seed"], want_logits=True)
    spoken = one.ids[:-1] if one.ids[-1] == EOS else one.ids
    choice: dict[str, Any] = {"message": {"content": TASK.decode(spoken)}, "finish_reason": "stop"}
    if body.get("logprobs"):
        assert one.logits is not None
        k = body["top_logprobs"]
        ids, values = top_logprobs(one.logits, np.asarray(one.ids), k)
        own = top_logprobs(one.logits, np.asarray(one.ids), TASK.size)
        sampled = [float(v[list(i).index(w)]) for i, v, w in zip(*own, one.ids, strict=True)]
        choice["logprobs"] = {
            "content": [
                {
                    "token": TASK.words[word],
                    "logprob": sampled[at],
                    "top_logprobs": [
                        {"token": TASK.words[i], "logprob": float(v)}
                        for i, v in zip(ids[at][1:], values[at][1:], strict=True)
                    ],
                }
                for at, word in enumerate(spoken)
            ]
        }
    return {"choices": [choice]}


@pytest.fixture
def server(plain: LocalTeacher) -> Iterator[Server]:
    one = Server(plain)
    yield one
    one.close()


def ask(server: Server, record: Path, exposure: str = "text+cot", count: int = 8) -> Responses:
    settings = read_endpoint(OURS)
    prompts = TASK.natural_prompts(count, np.random.default_rng(0), forbidden=False)
    assert all(prompt[-1] == ASK for prompt in prompts)
    return RemoteTeacher(Client(server.url, settings, record), TASK, 2).query(prompts, read_exposure(exposure), seed=4)


@pytest.mark.parametrize("stated", ["", "yes"])
def test_nothing_is_asked_without_a_statement_of_entitlement(server: Server, tmp_path: Path, stated: str) -> None:
    plan = make_plan({"teacher": f"openai:{server.url}", "endpoint": {**OURS, "entitlement": stated}})
    with pytest.raises(BadSetting, match="entitlement"):
        run_plan(plan, tmp_path / "run", workers=1)
    assert server.times == []
    assert not (tmp_path / "run").exists()


def test_answers_are_right_recorded_and_never_asked_twice(server: Server, tmp_path: Path) -> None:
    first = ask(server, tmp_path / "record.jsonl")
    right = [TASK.right(p, one.ids) for p, one in zip(first.prompts, first.shown, strict=True)]
    assert sum(right) >= 7
    assert len(server.bodies) == 8
    # Cut the last line as a killed process would: one answer is asked for again, the others are not.
    text = (tmp_path / "record.jsonl").read_text()
    (tmp_path / "record.jsonl").write_text(text[:-20])
    assert ask(server, tmp_path / "record.jsonl").shown == first.shown
    assert len(server.bodies) == 9


def test_log_probabilities_come_through(server: Server, tmp_path: Path, plain: LocalTeacher) -> None:
    got = ask(server, tmp_path / "record.jsonl", "top-5")
    for prompt, one in zip(got.prompts, got.shown, strict=True):
        assert one.top_ids is not None
        assert one.top_logprobs is not None
        assert one.top_ids.shape == (len(one.ids), 6)
        shown = np.where(one.top_ids >= 0, np.exp(one.top_logprobs), 0).sum(axis=1)
        assert (shown <= 1 + 1e-4).all()
        assert prompt[0] == BOS


def test_a_busy_endpoint_is_left_alone_for_as_long_as_it_asks(server: Server, tmp_path: Path) -> None:
    server.busy = 2
    assert len(ask(server, tmp_path / "record.jsonl", count=3)) == 3
    refused = max(server.times[:2])
    # One request may have been on its way when the other was refused.
    assert sum(t - refused < 0.35 for t in server.times[2:]) <= 1
    assert max(server.times) - refused >= 0.35


def test_a_refusal_for_good_is_an_error_that_says_so(server: Server, tmp_path: Path) -> None:
    settings = read_endpoint({**OURS, "model": "another"})
    with pytest.raises(EndpointFailed, match="404"):
        Client(server.url, settings, tmp_path / "record.jsonl").ask("t0 v1 s1 - - - ?", None, 0)


def test_the_key_is_sent_and_never_recorded(server: Server, tmp_path: Path) -> None:
    (tmp_path / "key").write_text("hush-hush\n")
    settings = read_endpoint({**OURS, "key_file": tmp_path / "key"})
    Client(server.url, settings, tmp_path / "record.jsonl").ask("t3 v1 s1 s2 s3 - ?", None, 0)
    assert server.keys == ["Bearer hush-hush"]
    assert "hush" not in (tmp_path / "record.jsonl").read_text()


@pytest.mark.slow
def test_a_cell_distils_an_endpoint_and_says_why_it_might(server: Server, tmp_path: Path) -> None:
    cell = Cell("codebook", exposure="top-5", queries=20, steps=3, teacher=f"openai:{server.url}")
    result = run_cell(cell, tmp_path, OURS)
    assert result["spent"]["queries"] == 20
    assert result["teacher"]["accuracy"] > 0.95
    assert result["teacher"]["refusal"] > 0.95
    assert result["entitlement"] == OURS["entitlement"]
    assert result["kl"] is None
