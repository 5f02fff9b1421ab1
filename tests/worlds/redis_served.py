"""A real Redis of a test's own."""

import contextlib
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path

from patience import PATIENCE_SECONDS, until


@contextlib.contextmanager
def redis_running(folder: Path) -> Iterator[tuple[subprocess.Popen[bytes], str]]:
    """Its process and its URL; ended by its id."""
    process, url = next(filter(None, (_redis(folder) for _ in range(20))))
    try:
        yield process, url
    finally:
        process.kill()
        process.wait()


def _redis(folder: Path) -> tuple[subprocess.Popen[bytes], str] | None:
    """None where somebody else took the port before Redis did."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = ["redis-server", "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--dir", str(folder)]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)

    def there() -> bool:
        if process.poll() is not None:
            return True
        with (
            contextlib.suppress(OSError),
            socket.create_connection(("127.0.0.1", port), timeout=PATIENCE_SECONDS) as to,
        ):
            to.sendall(b"INFO server\r\n")
            return f"process_id:{process.pid}".encode() in to.recv(8192)
        return False

    assert until(there)
    return (process, f"redis://127.0.0.1:{port}") if process.poll() is None else None
