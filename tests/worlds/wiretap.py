"""A tap on the wire: carries every byte between members and a hub, both ways, and keeps a copy."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from urllib.parse import urlsplit


@dataclass
class Tap:
    """Where members connect in place of the hub, and what went by; a connection and direction at a time."""

    url: str
    copies: list[bytearray] = field(default_factory=list)

    def everything(self) -> bytes:
        return b"\x00".join(bytes(copy) for copy in self.copies)


@contextmanager
def tapped(hub: str) -> Iterator[Tap]:
    """A tap before a hub on loopback, for as long as the block runs."""
    there = urlsplit(hub)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        tap = Tap(f"http://127.0.0.1:{listener.getsockname()[1]}")
        threads: list[threading.Thread] = []

        def accept() -> None:
            while True:
                try:
                    member, _ = listener.accept()
                except OSError:
                    return
                server = socket.create_connection((there.hostname or "", there.port or 80))
                for source, target in ((member, server), (server, member)):
                    copy = bytearray()
                    tap.copies.append(copy)
                    thread = threading.Thread(target=_carry, args=(source, target, copy), daemon=True)
                    thread.start()
                    threads.append(thread)

        listening = threading.Thread(target=accept, daemon=True)
        listening.start()
        yield tap
        # Closing alone would not wake who waits in accept.
        listener.shutdown(socket.SHUT_RDWR)
        listening.join(timeout=120)
        for thread in threads:
            thread.join(timeout=120)


def _carry(source: socket.socket, target: socket.socket, copy: bytearray) -> None:
    with suppress(OSError):
        while part := source.recv(65_536):
            copy += part
            target.sendall(part)
    with suppress(OSError):
        target.shutdown(socket.SHUT_WR)
    # Either end is closed by who reads from it; the other direction has its own.
    source.close()
