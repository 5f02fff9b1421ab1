"""Who has no login takes no member's place, and learns nothing of what the hub is."""

import socket
from contextlib import ExitStack
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest
from alliance_served import alliance


@pytest.mark.parametrize(
    "sent", [b"", b"GE", b"GET /taxii2/ HTTP/1.1\r\nHost: hub\r\n", b"GET / HTTP/1.1\r\nHost: hub\r\n\r\n"]
)
def test_idle_sockets_keep_no_member_out(tmp_path: Path, sent: bytes) -> None:
    with alliance(tmp_path, "alpha") as met, ExitStack() as held:
        where = urlsplit(met.url)
        for _ in range(300):
            one = held.enter_context(socket.create_connection((where.hostname or "", where.port or 0), timeout=120))
            one.sendall(sent)
        for _ in range(20):
            assert met.get("alpha", "/alliance/collections/").status_code == 200


def test_the_description_is_for_members(tmp_path: Path) -> None:
    with alliance(tmp_path, "alpha") as met:
        assert httpx.get(f"{met.url}/openapi.json", trust_env=False).status_code == 401
        assert "paths" in met.get("alpha", "/openapi.json").json()
