"""Sockets of whoever means ill, for ``gateway.py``: opened, left standing, and opened again when they are ended.

    python benchmarks/gateway_attack.py PORT [--sockets 200]

So many heads that are half sent, so many uploads of which three bytes came, and a tenth as many clients that ask for a
long answer and never read it. Each upload and each client that does not read is of an account of its own.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import socket

_HEAD = b"POST /v1/files HTTP/1.1\r\nhost: bench\r\nx-account: new-ill-%d\r\n"
_ASKED = b'{"model":"m","big":true,"messages":[{"role":"user","content":"Why?"}]}'


def sent(kind: str, number: int) -> bytes:
    """What one of them says."""
    head = _HEAD % number
    if kind == "half a head":
        return head
    if kind == "three bytes":
        return head + b"content-length: 1000000\r\n\r\nabc"
    return head.replace(b"/v1/files", b"/v1/chat/completions") + b"content-length: %d\r\n\r\n" % len(_ASKED) + _ASKED


async def stand(port: int, kind: str, number: int) -> None:
    """One socket, for ever."""
    while True:
        with contextlib.suppress(OSError, asyncio.IncompleteReadError):
            # The system takes in little for it, and nobody reads what comes.
            small = socket.socket()
            small.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            small.setblocking(False)
            await asyncio.get_running_loop().sock_connect(small, ("127.0.0.1", port))
            reader, writer = await asyncio.open_connection(sock=small, limit=1)
            try:
                writer.write(sent(kind, number))
                await writer.drain()
                if kind == "never reads":
                    reader._transport.pause_reading()  # type: ignore[attr-defined]
                    while not writer.transport.is_closing():
                        await asyncio.sleep(1)
                else:
                    await reader.read()
            finally:
                writer.transport.abort()
        await asyncio.sleep(1)


async def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("port", type=int)
    parser.add_argument("--sockets", type=int, default=200)
    args = parser.parse_args()
    # Each of those who never read has the server behind make megabytes: a tenth of the others is as many as it serves.
    kinds = {"half a head": args.sockets, "three bytes": args.sockets, "never reads": args.sockets // 10}
    standing = [stand(args.port, kind, number) for kind, count in kinds.items() for number in range(count)]
    gathered = asyncio.gather(*standing)
    await asyncio.sleep(3)
    # They stand: whoever waits for this line may measure.
    print(args.port, flush=True)
    await gathered


if __name__ == "__main__":
    asyncio.run(main())
