"""An S3 server on loopback: moto's, in an environment and a process of its own."""

import socket
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.client import HTTPConnection
from pathlib import Path
from urllib.parse import quote

import pytest

__all__ = ["PEER", "S3", "s3_server"]

PEER = Path(__file__).parents[2] / ".venv" / "peers" / "s3" / "bin" / "python"
_UNSIGNED = "AWS4-HMAC-SHA256 Credential=test/20261124/us-east-1/s3/aws4_request, SignedHeaders=host, Signature=none"
_LONGEST_START = 120


class S3:
    """Buckets of a server; objects are put by plain requests, which it does not hold to be signed."""

    def __init__(self, port: int) -> None:
        self.port = port

    def put(self, bucket: str, key: str, content: bytes = b"") -> None:
        """Put an object; without a key, make the bucket."""
        self._ask("PUT", f"/{bucket}/{quote(key)}", content)

    def fill(self, bucket: str, objects: Mapping[str, bytes]) -> None:
        """A bucket with these objects."""
        self.put(bucket, "")
        for key, content in objects.items():
            self.put(bucket, key, content)

    def forget(self) -> None:
        """No bucket any more."""
        self._ask("POST", "/moto-api/reset", b"")

    def _ask(self, method: str, path: str, content: bytes) -> None:
        asked = HTTPConnection("127.0.0.1", self.port, timeout=60)
        try:
            asked.request(method, path, content, {"Authorization": _UNSIGNED})
            answer = asked.getresponse()
            answer.read()
            assert answer.status == 200, answer.status
        finally:
            asked.close()


@contextmanager
def s3_server() -> Iterator[S3]:
    """A server that answers; it ends with the block."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    code = f"from moto.server import main; main(['-H', '127.0.0.1', '-p', '{port}'])"
    process = subprocess.Popen([PEER, "-c", code], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    store = S3(port)
    try:
        _wait_for(store, process)
        yield store
    finally:
        process.terminate()
        process.wait(30)


def _wait_for(store: S3, process: subprocess.Popen[bytes]) -> None:
    until = time.monotonic() + _LONGEST_START
    while True:
        try:
            store.forget()
        except OSError:
            if process.poll() is not None or time.monotonic() > until:
                pytest.fail("the S3 server does not start")
            time.sleep(0.2)
        else:
            return
