"""Texts of a body that is no JSON: fields of forms, and whatever else is text, YAML or JSON with comments for instance.

They are compared with known texts, and not recorded: nobody knows whether a model is asked. Of a form that goes on for
longer than ``FORM_BYTES`` its beginning is read.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from urllib.parse import parse_qsl

__all__ = ["FORM_BYTES", "texts_beside_json"]

FORM_BYTES = 256 * 1024
_MOST_FIELDS = 1000
_FILE = re.compile(rb"""^content-disposition:[^\r\n]*;\s*filename\*?=""", re.IGNORECASE | re.MULTILINE)


def texts_beside_json(raw: bytes, headers: Sequence[tuple[bytes, bytes]]) -> list[str]:
    """The texts; none where the body is bytes, or the file of a form.

    Args:
        raw: the body, or its beginning.
        headers: of the request, names in lower case.
    """
    begun = raw[:FORM_BYTES]
    kinds = [value for name, value in headers if name.replace(b"_", b"-") == b"content-type"]
    # By what it is, whatever it is called: servers tell a form by its name or by its beginning.
    if begun.lstrip()[:2] == b"--" or any(b"multipart/" in kind.lower() for kind in kinds):
        return [text for part in _parts(begun) if (text := _text(part))]
    found = _text(begun)
    if found is None:
        return []
    try:
        fields = parse_qsl(found, errors="replace", max_num_fields=_MOST_FIELDS) if "=" in found else []
    except ValueError:
        fields = []
    return [found, *(value for _, value in fields)]


def _parts(raw: bytes) -> list[bytes]:
    """Of a form of parts, what stands in its fields; files pass."""
    boundary = raw.lstrip().split(b"\n", 1)[0].rstrip()
    if len(boundary) < 3:
        return []
    found = []
    for part in raw.split(boundary)[1 : _MOST_FIELDS + 1]:
        head, _, content = part.replace(b"\r\n", b"\n").partition(b"\n\n")
        if not _FILE.search(head):
            found.append(content)
    return found


def _text(raw: bytes) -> str | None:
    if b"\x00" in raw:
        return None
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError as error:
        # It may be cut within a letter.
        return raw[: error.start].decode("utf-8") if error.start >= len(raw) - 3 else None
