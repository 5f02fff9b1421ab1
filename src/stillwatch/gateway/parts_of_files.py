"""Files that come in several requests: OpenAI's uploads, Google's resumable ones, tus, S3's.

A line that is cut between two of them is read in neither: what it asks would be neither compared nor counted. To know
one more way, add it to ``is_a_part``.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from stillwatch.gateway.paths import plain_path
from stillwatch.gateway.setting_names import plain_name

__all__ = ["is_a_part"]

_CALLED = re.compile(r"/uploads(?:/|$)|/(?:multipart|chunked)[_-]?uploads?(?:/|$)|/(?:parts|chunks)(?:/[^/]*)?$")
_QUERY = frozenset(("partnumber", "uploadid", "blockid", "chunknumber", "chunkindex"))
_RANGE = re.compile(rb"\s*bytes\s+0*(\d+)-0*(\d+)/0*(\d+)\s*")
_OFFSETS = (b"upload-offset", b"x-upload-offset")


def is_a_part(path: str, query: Sequence[tuple[str, str]], headers: Iterable[tuple[bytes, bytes]]) -> bool:
    """Whether a request brings a file's part, or begins a file that comes in parts.

    >>> is_a_part("/v1/uploads/upload_1/parts", (), ()), is_a_part("/v1/files", (), ())
    (True, False)
    """
    if _CALLED.search(plain_path(path)) or any(plain_name(name) in _QUERY for name, _ in query):
        return True
    return any(_says_so(name.replace(b"_", b"-"), value.lower()) for name, value in headers)


def _says_so(name: bytes, value: bytes) -> bool:
    if name == b"content-range":
        found = _RANGE.fullmatch(value)
        return found is None or int(found[1]) > 0 or int(found[2]) + 1 != int(found[3])
    if name == b"x-goog-upload-command":
        return b"upload" in value and b"finalize" not in value
    if name == b"x-goog-upload-offset":
        return value.strip() != b"0"
    return name in _OFFSETS
