"""Bodies that a logger wrote as bytes: in base64, gzip in it, or as Python shows bytes (``b'...'``).

Proxies that take bodies for binary (Envoy's tap, API gateways, ``repr`` of what came) write them so. Asked only where a
body is wanted and a text stands that is no JSON: what somebody said is never opened.
"""

from __future__ import annotations

import ast
import base64
import binascii
import zlib

__all__ = ["unpacked_text"]

_LONGEST = 1 << 26
_GZIP = b"\x1f\x8b"
# How base64 of `{`, `[`, `data:`, `event:` and gzip begins.
_IN_BASE64 = ("e", "W", "ZGF0YT", "ZXZlbnQ6", "H4sI")
_BODIES = ("{", "[", "data:", "event:")


def unpacked_text(value: str) -> str:
    """The text of a body behind base64, gzip or Python's way of showing bytes; any other text unchanged."""
    if value[:2] in ("b'", 'b"') and value[-1:] == value[1]:
        try:
            held = ast.literal_eval(value)
        except (ValueError, SyntaxError, MemoryError, RecursionError):
            return value
    elif len(value) > 7 and value.startswith(_IN_BASE64):
        try:
            held = base64.b64decode("".join(value.split()), validate=True)
        except (binascii.Error, ValueError):
            return value
    else:
        return value
    return _text_of(held) or value


def _text_of(held: bytes) -> str | None:
    """Bytes as the text of a body; None where they hold none."""
    try:
        if held[:2] == _GZIP:
            held = zlib.decompressobj(wbits=31).decompress(held, _LONGEST)
        text = held.decode()
    except (zlib.error, UnicodeDecodeError):
        return None
    return text if text.lstrip().startswith(_BODIES) else None
