"""Texts of a body that is no JSON: fields of forms, and whatever else is text, YAML or JSON with comments for instance.

They are compared with known texts, and not recorded: nobody knows whether a model is asked. Of a form that goes on for
longer than ``FORM_BYTES`` its beginning is read.
"""

from __future__ import annotations

import base64
import contextlib
import quopri
import re
from collections.abc import Sequence
from urllib.parse import parse_qsl, unquote_plus

__all__ = ["FORM_BYTES", "field_names", "texts_beside_json"]

FORM_BYTES = 256 * 1024
_MOST_BOUNDARIES = 16
_LOOKED_AT = 64
_MARKS = (b"\xff\xfe", b"\xfe\xff")
_CONTROLS = re.compile(rb"[\x00-\x08\x0e-\x1f]")
_ASCII = re.compile(rb"[\t\r\n -~]{24,}")
_CODED = re.compile(rb"^content-transfer-encoding:\s*(base64|quoted-printable)", re.IGNORECASE | re.MULTILINE)
_PLACED = re.compile(rb"^content-disposition:[^\n]*(?:\n[ \t][^\n]*)*", re.IGNORECASE | re.MULTILINE)
_FILE = re.compile(rb""";\s*filename(?:="?|\*="?[\w-]*'[\w-]*')[^"\s;]""", re.IGNORECASE)
_NAME = re.compile(rb""";\s*name(?:="([^"\r\n]*)"|\*?=([^";\s]+))""", re.IGNORECASE)
_BOUNDARY = re.compile(rb"^(--[^\r\n]{1,200})\r?\n[\w-]+:", re.MULTILINE)


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
        return [text for part in dict.fromkeys(_parts(begun)) if (text := _text(part))]
    found = _text(begun)
    if found is None:
        return []
    fields = parse_qsl(found, errors="replace") if "=" in found else []
    return [found, *(value for _, value in fields)]


def field_names(raw: bytes) -> list[str]:
    """What the fields of a form are called, of parts or not, in its first ``FORM_BYTES``.

    >>> field_names(b"a=1&b%5Bc%5D=2"), field_names(b'--x\\r\\nContent-Disposition: form-data; name="a"\\r\\n\\r\\n1')
    (['a', 'b[c]'], ['a'])
    """
    begun = raw[:FORM_BYTES]
    placed = [found for line in _PLACED.findall(begun) for found in _NAME.findall(line)]
    if placed:
        return [unquote_plus((quoted or plain.rpartition(b"'")[2]).decode("latin-1")) for quoted, plain in placed]
    said = _text(begun) or ""
    return [name for name, _ in parse_qsl(said, keep_blank_values=True, errors="replace")] if "=" in said else []


def _parts(raw: bytes) -> list[bytes]:
    """Of a form of parts, what stands in its fields; files pass. What stands before its first part may be anything."""
    first = raw.lstrip().split(b"\n", 1)[0].rstrip()
    boundaries = dict.fromkeys([first] if first[:2] == b"--" and len(first) > 2 else [])
    boundaries |= dict.fromkeys(found[1].rstrip() for found in _BOUNDARY.finditer(raw))
    if not 0 < len(boundaries) <= _MOST_BOUNDARIES:
        return [raw]
    found = []
    for boundary in boundaries:
        for part in raw.split(boundary)[1:]:
            head, _, content = part.replace(b"\r\n", b"\n").partition(b"\n\n")
            placed = _PLACED.findall(head)
            if not (placed and all(map(_FILE.search, placed))):
                found += [content, *_uncoded(head, content)]
    return found


def _uncoded(head: bytes, content: bytes) -> list[bytes]:
    """A part as some servers read it, who undo the coding that it says."""
    coded = _CODED.search(head)
    if coded and coded[1].lower() == b"quoted-printable":
        return [quopri.decodestring(content)]
    with contextlib.suppress(ValueError):
        return [base64.b64decode(content)] if coded else []
    return []


def _text(raw: bytes) -> str | None:
    """Bytes as text, in whatever encoding; of others the runs of ASCII in them, None where there is none."""
    if raw[:2] in _MARKS or raw[1:2] == b"\x00" or (raw[:1] == b"\x00" and raw[1:2] != b"\x00"):
        wide = "utf-16" if raw[:2] in _MARKS else "utf-16-le" if raw[1:2] == b"\x00" else "utf-16-be"
        said = raw.decode(wide, "replace")
        return said if "\ufffd" not in said[:_LOOKED_AT] and said[:_LOOKED_AT].isprintable() else _runs(raw)
    try:
        said = raw.decode("utf-8")
    except UnicodeDecodeError as error:
        # It may be cut within a letter.
        if error.start < len(raw) - 3:
            return _runs(raw) if _CONTROLS.search(raw) else raw.decode("latin-1")
        said = raw[: error.start].decode("utf-8")
    return _runs(raw) if "\x00" in said else said


def _runs(raw: bytes) -> str | None:
    """Texts within bytes, as MessagePack, CBOR and protobuf keep them: each a line."""
    return "\n".join(one.decode("ascii") for one in _ASCII.findall(raw)) or None
