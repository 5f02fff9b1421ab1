"""Text in an encoding that was usual before UTF-8, as spreadsheets of Western Europe and America still save CSV.

Windows-1252 has a letter for nearly every byte, so that any bytes could be read as it. What is read so looks like it:
single letters beyond ASCII among ASCII ones. Other encodings (of Chinese, Japanese, Cyrillic, of old Macs) are refused.
"""

from __future__ import annotations

import re

__all__ = ["CONVERT", "READ_SO", "is_utf16", "western_text"]

READ_SO = "not UTF-8: read as Windows-1252"
"""What an exchange notes whose text was read so."""
CONVERT = (
    "the row is not UTF-8, nor Windows-1252: convert the file (`iconv -f ENCODING -t UTF-8`; in a spreadsheet, save it "
    "as CSV UTF-8)"
)
"""Why a row in another encoding is refused."""

_BEYOND = re.compile(rb"[\x80-\xff]+")
_OF_UTF_8 = re.compile(rb"[\xc2-\xdf][\x80-\xbf]|[\xe0-\xef][\x80-\xbf]{2}|[\xf0-\xf4][\x80-\xbf]{3}")
# Marks and letters that Windows-1252 has where others have theirs, and that stand in what people write.
_MARKS = b"\x80\x82\x84\x85\x91\x92\x93\x94\x95\x96\x97\xa0\xa1\xab\xb0\xbb\xbf"
_USUAL = frozenset(_MARKS + b"\x86\x87\x89\x8b\x8c\x99\x9b\x9c") | {*range(0xA0, 0x100)}
# From sharp s on, less the sign of division.
_SMALL = frozenset(range(0xDF, 0x100)) - {0xF7}
_MOST_SMALL = 3
_LEAST_ASCII = 4
_PLAIN = frozenset("\r\n\t")


def western_text(raw: bytes) -> str | None:
    """Bytes that are no UTF-8 as Windows-1252; None where they do not look like it, or hold UTF-8 too."""
    runs = _BEYOND.findall(raw)
    if _OF_UTF_8.search(raw) or not all(_USUAL.issuperset(run) for run in runs):
        return None
    for run in (one.strip(_MARKS) for one in runs):
        # Two letters beyond ASCII meet in a few words, and only small ones.
        if len(run) > 1 and (len(run) > _MOST_SMALL or not _SMALL.issuperset(run)):
            return None
    return raw.decode("cp1252")


def is_utf16(head: bytes, encoding: str) -> bool:
    """Whether a beginning without a byte order mark is text of an encoding of two bytes a letter, some of it ASCII."""
    if b"\0" not in head:
        return False
    try:
        text = head[: len(head) & ~1].decode(encoding)
    except UnicodeDecodeError as error:
        # A letter of four bytes may be cut.
        if error.start < len(head) - 4:
            return False
        text = head[: error.start].decode(encoding)
    plain = sum(letter < "\x80" for letter in text)
    return plain >= _LEAST_ASCII and plain * 8 >= len(text) and all(one.isprintable() or one in _PLAIN for one in text)
