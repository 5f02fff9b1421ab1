"""Sessions that a request opens and that go past the gateway: realtime over WebRTC, and keys that are given for one.

Nothing can be counted, taken out or marked in them, as in a websocket (``open_sockets``). To know one more, add what
its path calls it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from stillwatch.gateway.paths import path_without_models
from stillwatch.gateway.setting_names import plain_name

__all__ = ["opens_a_session"]

_CALLED = re.compile(
    r"/(?:v\d\w*/)?(?:realtime(?:api)?|webrtc|rtc|whip|client_?secrets|(?:auth|ephemeral|session)[_-]?tokens?"
    r"|(?:get[_-])?signed[_-]url)(?:/|$)"
)
_OFFER = b"application/sdp"


def opens_a_session(path: str, headers: Iterable[tuple[bytes, bytes]], body: Any) -> bool:
    """Whether a request opens such a session, by its path or by what it offers.

    >>> opens_a_session("/v1/realtime/calls", (), None), opens_a_session("/v1/models/realtime/invoke", (), None)
    (True, False)
    """
    kinds = [value.lower() for name, value in headers if name.replace(b"_", b"-") == b"content-type"]
    offers = isinstance(body, dict) and any(isinstance(name, str) and plain_name(name) == "sdp" for name in body)
    return offers or any(_OFFER in kind for kind in kinds) or _CALLED.search(path_without_models(path)) is not None
