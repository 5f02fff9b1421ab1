"""Which connections to the upstream serve another request, and which do not."""

import asyncio
import contextlib

import pytest

from stillwatch.gateway.upstream import Upstream

LENGTH = b"HTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\nfour"
CHUNKED = b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n4\r\nfour\r\n0\r\n\r\n"


async def asked_three_times(answer: bytes, keep_seconds: float, *, in_pieces: bool) -> tuple[list[bytes], int]:
    """The bodies that came, and over how many connections."""
    connections = 0
    serving: list[asyncio.Future[None]] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal connections
        connections += 1
        while await reader.readuntil(b"\r\n\r\n"):
            for piece in [answer[at : at + 9] for at in range(0, len(answer), 9)] if in_pieces else [answer]:
                writer.write(piece)
                await asyncio.sleep(0)
            if b"content-length" not in answer and b"chunked" not in answer:
                break

    async def served(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        over = asyncio.get_running_loop().create_future()
        serving.append(over)
        with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError):
            await serve(reader, writer)
        writer.close()
        with contextlib.suppress(ConnectionError):
            await writer.wait_closed()
        over.set_result(None)

    server = await asyncio.start_server(served, "127.0.0.1", 0)
    async with server:
        port = server.sockets[0].getsockname()[1]
        upstream = Upstream(f"http://127.0.0.1:{port}", keep_seconds=keep_seconds)
        bodies = []
        for _ in range(3):
            request = upstream.request()
            await request.ask(b"GET", b"/", [], None)
            bodies.append(b"".join([piece async for piece in request.pieces()]))
            request.close()
        upstream.close()
        await asyncio.gather(*serving)
    return bodies, connections


@pytest.mark.parametrize("in_pieces", [False, True])
@pytest.mark.parametrize(
    ("answer", "keep_seconds", "connections"),
    [
        (LENGTH, 600.0, 1),
        (CHUNKED, 600.0, 1),
        (LENGTH.replace(b"OK\r\n", b"OK\r\nkeep-alive: timeout=900, max=9\r\n"), 600.0, 1),
        # It says that it closes them before they could be used again.
        (LENGTH.replace(b"OK\r\n", b"OK\r\nkeep-alive: timeout=1\r\n"), 600.0, 3),
        (LENGTH.replace(b"OK\r\n", b"OK\r\nconnection: close\r\n"), 600.0, 3),
        (LENGTH, 0.0, 3),
        # Without a length the answer ends with the connection.
        (b"HTTP/1.1 200 OK\r\n\r\nfour", 600.0, 3),
    ],
)
def test_a_connection_is_used_again_where_the_upstream_keeps_it(
    answer: bytes, keep_seconds: float, connections: int, in_pieces: bool
) -> None:
    bodies, seen = asyncio.run(asked_three_times(answer, keep_seconds, in_pieces=in_pieces))
    assert bodies == [b"four"] * 3
    assert seen == connections
