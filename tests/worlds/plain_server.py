"""A server on loopback that says what it is told to, for clients that must bear with anything."""

import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

__all__ = ["Answer", "answering"]


class Answer(BaseHTTPRequestHandler):
    """A handler whose ``answer`` to a GET calls ``say``."""

    def answer(self) -> None:
        """Answer one GET."""
        raise NotImplementedError

    def do_GET(self) -> None:
        """As the server's library calls it."""
        self.answer()

    def say(self, body: bytes, headers: Mapping[str, str]) -> None:
        """Status 200 with this body, of which whoever leaves misses the rest."""
        self.send_response(200)
        for name, value in {**headers, "Content-Length": str(len(body))}.items():
            self.send_header(name, value)
        self.end_headers()
        with suppress(ConnectionError):
            self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Nothing is logged."""


@contextmanager
def answering(handler: type[Answer]) -> Iterator[str]:
    """The URL of a server of its own."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join(timeout=300)
        server.server_close()
