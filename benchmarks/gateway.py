"""What the gateway adds to a request: in process, as a proxy, on streams, beside going direct. Loopback, one run.

    python benchmarks/gateway.py [--rate 500] [--seconds 20] [--templates 100000] [--accounts 1000000]

Four processes share the machine: load, model server, server under test, and nothing else of ours. The load is open
(a request leaves at its time whether or not earlier ones were answered), at Poisson times, over kept connections.
Requests: 80 % of accounts unknown to the snapshot with texts of their own, 20 % of accounts under
decisions, one text in twenty a known campaign's. The record is on. Rounds of direct and measured alternate.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import os
import random
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httptools
import numpy as np
import uvloop

from stillwatch.core.minhash import MIN_SENTENCE_WORDS, band_keys, minima_of, signatures
from stillwatch.core.words import words_of
from stillwatch.decisions import Action, Decision, LoggedDecision, Subject
from stillwatch.gateway import GatewaySettings, Guard, KnownTexts, packed_bands, write_snapshot

FIRST, MIDDLE, LAST = ("ka", "lo", "mi", "re", "su", "ta"), ("bar", "den", "fil", "gor"), ("a", "ix", "on", "us", "em")
WORDS = [a + b + c for a in FIRST for b in MIDDLE for c in LAST]
ANSWER = json.dumps(
    {
        "id": "chatcmpl-1",
        "object": "chat.completion",
        "created": 1,
        "model": "m",
        "choices": [{"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": "word " * 160}}],
        "usage": {"prompt_tokens": 120, "completion_tokens": 160, "total_tokens": 280},
    }
).encode()
CHUNKS = 20
BIG = b"x" * (8 * 2**20)
"""What whoever never reads asks for: more than the system keeps for a connection."""
UNMIMIC = Path(__file__).parents[1] / ".venv/peers/unmimic/bin/unmimic"


# --- the model server, as little of one as there can be ----------------------------------


class ModelProtocol(asyncio.Protocol):
    """Answers at once; a stream's pieces say when they were sent."""

    def connection_made(self, transport: Any) -> None:
        self.transport = transport
        self.parser = httptools.HttpRequestParser(self)
        self.body = b""

    def data_received(self, data: bytes) -> None:
        self.parser.feed_data(data)

    def on_body(self, body: bytes) -> None:
        self.body += body

    def on_message_complete(self) -> None:
        stream, big, self.body = b'"stream":true' in self.body, b'"big":true' in self.body, b""
        if big:
            self.transport.write(b"HTTP/1.1 200 OK\r\ncontent-length: %d\r\n\r\n" % len(BIG) + BIG)
            return
        if not stream:
            head = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n" % len(ANSWER)
            self.transport.write(head + ANSWER)
            return
        self.transport.write(
            b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n"
        )
        asyncio.ensure_future(self.stream())  # noqa: RUF006

    async def stream(self) -> None:
        for number in range(CHUNKS):
            name = "reasoning_content" if number < CHUNKS // 2 else "content"
            one = {"index": 0, "delta": {name: f"{time.perf_counter_ns()} "}, "finish_reason": None}
            self.piece(json.dumps({"id": "c", "object": "chat.completion.chunk", "model": "m", "choices": [one]}))
            await asyncio.sleep(0.004)
        end = {"index": 0, "delta": {}, "finish_reason": "stop"}
        self.piece(json.dumps({"id": "c", "object": "chat.completion.chunk", "model": "m", "choices": [end]}))
        self.piece("[DONE]")
        self.transport.write(b"0\r\n\r\n")

    def piece(self, text: str) -> None:
        data = f"data: {text}\n\n".encode()
        self.transport.write(b"%x\r\n%b\r\n" % (len(data), data))


async def model_server() -> None:
    server = await asyncio.get_running_loop().create_server(ModelProtocol, "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


async def bare_app(scope: Any, receive: Any, send: Any) -> None:
    """An ASGI app that answers at once, for measuring in process."""
    if scope["type"] != "http":
        return
    while (await receive()).get("more_body"):
        pass
    headers = [(b"content-type", b"application/json"), (b"content-length", str(len(ANSWER)).encode())]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": ANSWER})


def asgi_server(guarded: bool, folder: Path) -> None:
    """uvicorn in front of the bare app, with or without the middleware."""
    import uvicorn  # noqa: PLC0415

    app: Any = Guard(bare_app, settings(folder, "record-asgi")) if guarded else bare_app
    config = uvicorn.Config(app, host="127.0.0.1", port=0, lifespan="off", access_log=False, log_level="warning")
    server = uvicorn.Server(config)

    async def run() -> None:
        serving = asyncio.ensure_future(server.serve())
        while not server.started:
            await asyncio.sleep(0.01)
        print(server.servers[0].sockets[0].getsockname()[1], flush=True)
        await serving

    uvloop.run(run())


def settings(folder: Path, record: str, **more: Any) -> GatewaySettings:
    return GatewaySettings(
        mode="enforce",
        snapshot=folder / "snapshot",
        record=folder / record,
        account_from=("header:x-account",),
        jitter_seconds=0,
        **more,
    )


# --- the snapshot --------------------------------------------------------------------------


def sentence(rng: random.Random, words: int) -> str:
    return " ".join(rng.choices(WORDS, k=words)).capitalize() + "."


def template_text(number: int) -> str:
    rng = random.Random(number)
    return " ".join(sentence(rng, 9) for _ in range(6))


def write(path: Path, templates: int, accounts: int) -> None:
    parts: list[KnownTexts] = []
    for first in range(0, templates, 4096):
        texts = [template_text(number).encode() for number in range(first, min(first + 4096, templates))]
        words = words_of(np.frombuffer(b"".join(texts), np.uint8), np.cumsum([0, *map(len, texts)]))
        minima = minima_of(words)
        hashes, owners, _ = words.sentences(MIN_SENTENCE_WORDS)
        of = np.arange(first, first + len(texts), dtype=np.uint32)
        parts.append(
            KnownTexts(
                [],
                words.sequence_hashes(),
                of,
                hashes,
                of[owners],
                packed_bands(band_keys(minima)),
                signatures(minima),
                of,
            )
        )
    joined = {
        name: np.concatenate([getattr(part, name) for part in parts])
        for name in KnownTexts.__slots__
        if name != "templates"
    }
    texts_known = KnownTexts(templates=[(f"T{n}", f"C{n % 500}") for n in range(templates)], **joined)
    now = datetime.now(UTC)
    kinds = (["tag"], ["strip-logprobs"], ["hide-reasoning"], ["observe"])
    standings = [
        LoggedDecision(
            Decision(
                decision_id=f"D{number}",
                time=now - timedelta(days=1),
                subject=Subject("campaign", f"C{number}"),
                accounts=tuple(f"known-{number}-{n}" for n in range(accounts // 100)),
                templates=(f"T{number}",),
                verdict="review",
                actions=tuple(Action(kind) for kind in kinds[number % 4]),
                rules=(),
                expires=now + timedelta(days=30),
                policy="bench",
                policy_hash="0",
                run="0",
                customer_text="",
            ),
            "in force",
        )
        for number in range(100)
    ]
    write_snapshot(path, standings, texts_known)


# --- the load ------------------------------------------------------------------------------


class Client(asyncio.Protocol):
    """One kept connection; a request at a time."""

    def connection_made(self, transport: Any) -> None:
        self.transport = transport
        self.done: asyncio.Future[int] | None = None
        self.on_piece: Callable[[bytes], None] | None = None

    def ask(self, request: bytes, on_piece: Callable[[bytes], None] | None = None) -> asyncio.Future[int]:
        self.parser = httptools.HttpResponseParser(self)
        self.done, self.on_piece = asyncio.get_running_loop().create_future(), on_piece
        self.transport.write(request)
        return self.done

    def data_received(self, data: bytes) -> None:
        self.parser.feed_data(data)

    def on_body(self, body: bytes) -> None:
        if self.on_piece:
            self.on_piece(body)

    def on_message_complete(self) -> None:
        if self.done and not self.done.done():
            self.done.set_result(self.parser.get_status_code())

    def connection_lost(self, exc: Exception | None) -> None:
        if self.done and not self.done.done():
            self.done.set_exception(ConnectionError(str(exc)))


def request(account: str, prompt: str, *, stream: bool = False) -> bytes:
    body = json.dumps(
        {"model": "m", "messages": [{"role": "user", "content": prompt}], "temperature": 0.7, "stream": stream},
        separators=(",", ":"),
    ).encode()
    return (
        f"POST /v1/chat/completions HTTP/1.1\r\nhost: bench\r\ncontent-type: application/json\r\n"
        f"x-account: {account}\r\nauthorization: Bearer sk-{account}\r\ncontent-length: {len(body)}\r\n\r\n"
    ).encode() + body


def traffic(seed: int, templates: int, accounts: int) -> Iterator[bytes]:
    rng = random.Random(seed)
    while True:
        known = rng.random() < 0.2
        account = (
            f"known-{rng.randrange(100)}-{rng.randrange(accounts // 100)}" if known else f"new-{rng.randrange(10**6)}"
        )
        text = (
            template_text(rng.randrange(templates))
            if rng.random() < 0.05
            else " ".join(sentence(rng, 11) for _ in range(7))
        )
        yield request(account, text)


async def load(port: int, requests: Iterator[bytes], rate: float, seconds: float, seed: int) -> list[float]:
    """Milliseconds of each request, sent at Poisson times."""
    loop, rng = asyncio.get_running_loop(), random.Random(seed)
    idle: list[Client] = []
    took: list[float] = []

    async def one(data: bytes) -> None:
        # Servers end connections that stood idle for some seconds.
        while idle and idle[-1].transport.is_closing():
            idle.pop()
        client = idle.pop() if idle else (await loop.create_connection(Client, "127.0.0.1", port))[1]
        began = time.perf_counter()
        status = await client.ask(data)
        took.append((time.perf_counter() - began) * 1000)
        if status != 200:
            raise RuntimeError(f"answered with {status}")
        idle.append(client)

    # Made before the clock runs.
    ready = [next(requests) for _ in range(int(rate * seconds))]
    tasks = []
    due = loop.time()
    for data in ready:
        due += rng.expovariate(rate)
        await asyncio.sleep(max(0.0, due - loop.time()))
        tasks.append(asyncio.ensure_future(one(data)))
    await asyncio.gather(*tasks)
    for client in idle:
        client.transport.close()
    return took


async def first_tokens(port: int, account: str, count: int) -> list[float]:
    """Milliseconds from when the first visible token left the model server to when it is here."""
    loop = asyncio.get_running_loop()
    took: list[float] = []
    client = (await loop.create_connection(Client, "127.0.0.1", port))[1]
    for number in range(count):
        seen: list[float] = []
        text = b""

        def piece(data: bytes, seen: list[float] = seen) -> None:
            nonlocal text
            now = time.perf_counter_ns()
            text += data
            while b"\n\n" in text:
                event, _, text = text.partition(b"\n\n")
                if not seen and b'"content"' in event:
                    said = json.loads(event[6:])["choices"][0]["delta"].get("content") or ""
                    if said.strip():
                        seen.append((now - int(said.split()[0])) / 1e6)

        await client.ask(request(account, sentence(random.Random(number), 40), stream=True), piece)
        took += seen
    client.transport.close()
    return took


def shown(name: str, took: list[float]) -> dict[str, float]:
    cuts = statistics.quantiles(took, n=1000)
    row = {"p50": cuts[499], "p95": cuts[949], "p99": cuts[989], "max": max(took)}
    print(f"{name:<44}" + "".join(f"{key} {value:7.2f}  " for key, value in row.items()) + f"n {len(took)}", flush=True)
    return row


# --- the run -------------------------------------------------------------------------------


def processor_seconds(process: int) -> float:
    """Time a process has spent on the processor."""
    fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


class Processes:
    """Started processes, ended by their ids."""

    def __init__(self) -> None:
        self.all: list[subprocess.Popen[str]] = []

    def start(self, *command: str) -> int:
        """One of ours, which says its port."""
        process = subprocess.Popen([sys.executable, *command], stdout=subprocess.PIPE, stderr=sys.stderr, text=True)
        self.all.append(process)
        if process.stdout is None:
            raise RuntimeError("it has no output")
        return int(process.stdout.readline())

    def start_peer(self, model: int) -> int:
        """unmimic in front of the model server, without its optional models."""
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = int(free.getsockname()[1])
        command = [str(UNMIMIC), "serve", "--upstream", f"http://127.0.0.1:{model}/v1", "--port", str(port)]
        self.all.append(subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, text=True))
        for _ in range(200):
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
                return port
            time.sleep(0.05)
        raise RuntimeError("unmimic did not start")

    @property
    def serving(self) -> list[int]:
        """Ids of the processes behind the ports, in their order."""
        model, bare, guarded, *others = (process.pid for process in self.all)
        return [bare, guarded, model, *others]

    def end_last(self) -> None:
        process = self.all.pop()
        process.send_signal(signal.SIGTERM)
        process.wait(timeout=15)

    def end(self) -> None:
        for process in self.all:
            process.send_signal(signal.SIGTERM)
            process.wait(timeout=15)


def measure(args: argparse.Namespace, folder: Path) -> None:
    print(f"python {sys.version.split()[0]}, {os.cpu_count()} cores, load {os.getloadavg()[0]:.2f}, seed {args.seed}")
    began = time.perf_counter()
    write(folder / "snapshot", args.templates, args.accounts)
    size = (folder / "snapshot").stat().st_size / 2**20
    took_seconds = time.perf_counter() - began
    print(f"snapshot: {args.templates} templates, {args.accounts} accounts, {size:.0f} MB, {took_seconds:.0f} s")
    here, processes = str(Path(__file__).resolve()), Processes()
    try:
        model = processes.start(here, "--part", "model")
        ports = {
            "in process, without": processes.start(here, "--part", "bare", "--folder", str(folder)),
            "in process, with": processes.start(here, "--part", "guarded", "--folder", str(folder)),
            "direct": model,
            "proxy": processes.start(here, "--part", "proxy", "--folder", str(folder), "--model", str(model)),
        }
        if UNMIMIC.exists():
            ports["unmimic"] = processes.start_peer(model)
        else:
            print("unmimic is not beside: make peers installs it")
        took: dict[str, list[float]] = {name: [] for name in ports}
        for port in ports.values():
            uvloop.run(load(port, traffic(1, args.templates, args.accounts), 100, 1, 1))
        spent = dict.fromkeys(ports, 0.0)
        for number in range(args.rounds):
            for (name, port), process in zip(ports.items(), processes.serving, strict=True):
                requests = traffic(args.seed + number, args.templates, args.accounts)
                before = processor_seconds(process)
                took[name] += uvloop.run(
                    load(port, requests, args.rate, args.seconds / args.rounds, args.seed + number)
                )
                spent[name] += processor_seconds(process) - before
        print(f"\n{args.rate} requests/s, milliseconds")
        rows = {name: shown(name, values) for name, values in took.items()}
        print("processor a request: " + ", ".join(f"{n} {spent[n] / len(took[n]) * 1000:.2f} ms" for n in ports))
        for name, base in (("in process, with", "in process, without"), ("proxy", "direct"), ("unmimic", "direct")):
            if name in rows:
                added = {cut: rows[name][cut] - rows[base][cut] for cut in ("p50", "p99")}
                print(f"added {name}: p50 {added['p50']:.2f} ms, p99 {added['p99']:.2f} ms")
        print(
            f"\nunder attack: {2 * args.ill + args.ill // 10} sockets that stand, {args.rate} requests/s, milliseconds"
        )
        attack = processes.start(
            str(Path(__file__).with_name("gateway_attack.py")), str(ports["proxy"]), "--sockets", str(args.ill)
        )
        assert attack == ports["proxy"]
        requests = traffic(args.seed + args.rounds, args.templates, args.accounts)
        row = shown("proxy", uvloop.run(load(ports["proxy"], requests, args.rate, args.seconds, args.seed)))
        print(f"beside that without: p50 {rows['proxy']['p50']:.2f} ms, p99 {rows['proxy']['p99']:.2f} ms")
        print(f"added to direct: p50 {row['p50'] - rows['direct']['p50']:.2f} ms")
        processes.end_last()
        print("\nfirst visible token, milliseconds after the model server sent it")
        direct = shown("direct", uvloop.run(first_tokens(model, "new-1", args.streams)))
        for name, account in (("proxy, nothing decided", "new-1"), ("proxy, reasoning hidden", "known-2-7")):
            row = shown(name, uvloop.run(first_tokens(ports["proxy"], account, args.streams)))
            print(f"added: p50 {row['p50'] - direct['p50']:.2f} ms, p99 {row['p99'] - direct['p99']:.2f} ms")
    finally:
        processes.end()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--part", choices=["model", "bare", "guarded", "proxy"], help=argparse.SUPPRESS)
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--model", type=int, help=argparse.SUPPRESS)
    parser.add_argument("--rate", type=float, default=500)
    parser.add_argument("--seconds", type=float, default=20, help="of load on each, over all rounds")
    parser.add_argument("--rounds", type=int, default=4)
    parser.add_argument("--streams", type=int, default=100)
    parser.add_argument("--templates", type=int, default=100_000)
    parser.add_argument("--accounts", type=int, default=1_000_000)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--ill", type=int, default=200, help="sockets of each kind of attack")
    args = parser.parse_args()
    if args.part == "model":
        uvloop.run(model_server())
    elif args.part in ("bare", "guarded"):
        asgi_server(args.part == "guarded", args.folder)
    elif args.part == "proxy":
        proxy_part(args)
    else:
        with tempfile.TemporaryDirectory() as folder:
            measure(args, Path(folder))


def proxy_part(args: argparse.Namespace) -> None:
    from stillwatch.gateway.serve import proxy_server  # noqa: PLC0415

    told = settings(args.folder, "record-proxy", upstream=f"http://127.0.0.1:{args.model}")
    server, _ = proxy_server(told, host="127.0.0.1", port=0)

    async def run() -> None:
        serving = asyncio.ensure_future(server.serve())
        while not server.started:
            await asyncio.sleep(0.01)
        print(server.servers[0].sockets[0].getsockname()[1], flush=True)
        await serving

    uvloop.run(run())


if __name__ == "__main__":
    main()
