"""A compressed body as it reads: whoever is served by what is in it is judged by that.

To read one more coding, add it to ``_CODINGS``.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Mapping, Sequence

try:
    import zstandard
except ModuleNotFoundError:  # inside a model server there may be none
    zstandard = None  # type: ignore[assignment]

__all__ = ["codings_of", "inflated"]

_MOST_CODINGS = 3
_MOST_PIECES = 16
_MOST_WINDOW = 2**25
_LEAST_ALLOWED = 2**20
_MOST_TIMES = 100
"""How many times as long a body may become: text of people becomes ten times as long, and time is spent by what comes
out, not by what was sent."""


def codings_of(headers: Sequence[tuple[bytes, bytes]]) -> list[str]:
    """Codings of a body, in the order in which they were applied."""
    said = [value for name, value in headers if name.replace(b"_", b"-") == b"content-encoding"]
    every = [one.strip().lower() for one in b",".join(said).decode("latin-1").split(",")]
    return [one for one in every if one not in ("", "identity")]


def inflated(raw: bytes, codings: Sequence[str], most: int) -> bytes:
    """What was compressed.

    Raises:
        ValueError: a coding is not known, the bytes are not of it, or more than ``most``, or over a hundred times as
            many, come out.
    """
    if len(codings) > _MOST_CODINGS:
        raise ValueError("it is compressed too often")
    most = min(most, max(_LEAST_ALLOWED, _MOST_TIMES * len(raw)))
    for coding in reversed(codings):
        reader = _CODINGS.get(coding)
        if reader is None:
            raise ValueError(f"it is compressed as {coding[:20]!r}")
        raw = reader(raw, most)
    return raw


def _by_zlib(*windows: int) -> Callable[[bytes, int], bytes]:
    def read(raw: bytes, most: int) -> bytes:
        for window in windows:
            try:
                return _whole(raw, most, window)
            except zlib.error:
                continue
        raise ValueError("its compression cannot be read")

    return read


def _whole(raw: bytes, most: int, window: int) -> bytes:
    made = b""
    # Several may stand one behind another, as one.
    for _ in range(_MOST_PIECES):
        reader = zlib.decompressobj(window)
        made += reader.decompress(raw, most + 1 - len(made))
        if len(made) > most:
            raise ValueError("it is too long when inflated")
        if not reader.eof:
            raise zlib.error("cut off")
        raw = reader.unused_data
        if not raw:
            return made
    raise ValueError("it is compressed in too many pieces")


def _by_zstandard(raw: bytes, most: int) -> bytes:
    try:
        with zstandard.ZstdDecompressor(max_window_size=_MOST_WINDOW).stream_reader(raw) as reader:
            made = bytes(reader.read(most + 1))
    except zstandard.ZstdError as error:
        raise ValueError("its compression cannot be read") from error
    if len(made) > most:
        raise ValueError("it is too long when inflated")
    return made


_CODINGS: Mapping[str, Callable[[bytes, int], bytes]] = {
    "gzip": _by_zlib(31),
    "x-gzip": _by_zlib(31),
    # With the lead that it should have, and without, as some send it.
    "deflate": _by_zlib(15, -15),
    **({"zstd": _by_zstandard} if zstandard is not None else {}),
}
