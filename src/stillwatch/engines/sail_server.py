"""Sail's server as a process of its own: ``python -m stillwatch.engines.sail_server``.

In the process that asks it, it would hear Ctrl-C too, and end before it was told to. It says where it listens in its
first line, and ends when its standard input does: with whoever started it, however that ends.
"""

# ruff: noqa: PLC0415 - an extra brings Sail

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from stillwatch.core import EndpointAway

__all__ = ["sail_server"]

_PATIENCE_SECONDS = 10.0


@contextmanager
def sail_server() -> Iterator[str]:
    """Start a server on loopback, ended with the block; its address for Spark Connect.

    Raises:
        EndpointAway: it does not start.
    """
    # Less than errors it tells of each start and end.
    quiet = {"RUST_LOG": "error", **os.environ}
    process = subprocess.Popen(  # noqa: S603 - this module, by this Python
        [sys.executable, "-W", "ignore", "-m", __name__],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env=quiet,
        start_new_session=True,
    )
    assert process.stdin is not None and process.stdout is not None  # noqa: S101, PT018 - pipes were asked for
    try:
        address = process.stdout.readline().strip()
        if not address:
            raise EndpointAway("Sail's server does not start", where="--master sail", hint="see what it said above")
        yield f"sc://{address}"
    finally:
        process.stdin.close()
        try:
            process.wait(_PATIENCE_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        process.stdout.close()


def _serve() -> None:
    from pysail.spark import SparkConnectServer

    server = SparkConnectServer("127.0.0.1", 0)
    server.start(background=True)
    host, port = server.listening_address or ("", 0)
    sys.stdout.write(f"{host}:{port}\n")
    sys.stdout.flush()
    sys.stdin.read()
    # Whatever still runs there is nobody's any more.
    os._exit(0)


if __name__ == "__main__":
    _serve()
