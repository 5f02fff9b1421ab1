"""Pictures, sound and film, told by how they begin and not by what they are called: servers differ in how they name an
answer, and some give it the name, and write it in the letters, that a client says it accepts.

To let another kind pass, add how its files begin.
"""

from __future__ import annotations

import re

__all__ = ["LOOKED_AT", "is_media"]

LOOKED_AT = 64
"""So many of the first bytes tell."""
_BEGINS = (
    *(b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b"GIF8", b"BM", b"II*\0", b"MM\0*", b"\0\0\1\0", b"\xff\x0a", b"8BPS"),
    *(b"RIFF", b"RF64", b"FORM", b"OggS", b"fLaC", b"ID3", b".snd", b"caff", b"wvpk", b"#!AMR"),
    *(b"\x1a\x45\xdf\xa3", b"\0\0\1\xba", b"\0\0\1\xb3", b"FLV\1", b"\x30\x26\xb2\x75"),
)
_BOX = b"ftyp"
"""What stands behind four bytes of a length in MP4, AVIF, HEIC and M4A."""
_FRAME = 0xFF, 0xE0
"""How a frame of MPEG's sound begins: eight bits, and three more."""
_PACKED = (b"\x1f\x8b\x08", b"\x28\xb5\x2f\xfd", b"\xfd7zXZ\0", b"BZh", b"PK\x03\x04")
"""How gzip, zstd, xz, bzip2 and zip begin, in which anything may be."""
_WORD = re.compile(rb"[A-Za-z]{6,}")
_PAIRS = re.compile(
    rb"th|he|in|er|an|re|nd|on|en|at|ou|ed|ha|to|or|it|is|hi|es|ng|ch|ic|ce|co|nt|te|me|ss|sa|ge|de|lt|el|ta|ea|so|ni"
    rb"|as|ro|le|bj|ec|ct|ti|io|lo|ck|ve|ev|sp|po|se",
    re.IGNORECASE,
)
"""Letters that stand side by side in words: samples that are quiet may be letters, and not such."""
_OF_A_WORD = 0.6
_ENCODINGS = ("utf-8", "utf-16-le", "utf-16-be", "utf-32-le", "utf-32-be")


def is_media(kind: bytes, first: bytes) -> bool:
    """Whether an answer is what it is called.

    Args:
        kind: its media type, in small letters.
        first: its first ``LOOKED_AT`` bytes, or all of it.

    >>> is_media(b"image/png", b"\\x89PNG\\r\\n\\x1a\\n"), is_media(b"image/png", '{"choices": '.encode("utf-16"))
    (True, False)
    """
    if not first:
        return True
    if _is_text(first):
        return False
    frame = len(first) > 1 and first[0] == _FRAME[0] and first[1] & _FRAME[1] == _FRAME[1]
    if first.startswith(_BEGINS) or first[4:8] == _BOX or frame:
        return True
    # Samples alone begin as they are; what has words in it (MessagePack, event streams, protobuf) are none.
    return kind.startswith(b"audio/") and not (first.startswith(_PACKED) or _has_words(first))


def _has_words(first: bytes) -> bool:
    return any(2 * len(_PAIRS.findall(word)) >= _OF_A_WORD * len(word) for word in _WORD.findall(first))


def _is_text(first: bytes) -> bool:
    """Whether bytes, the last letter of which may be cut, are text in any encoding."""
    marked = first.startswith((b"\xff\xfe", b"\xfe\xff", b"\0\0\xfe\xff"))
    return any(_reads(first, encoding, marked=marked) for encoding in _ENCODINGS)


def _reads(first: bytes, encoding: str, *, marked: bool) -> bool:
    said = first.decode(encoding, "replace").lstrip("\ufeff")
    # Behind a mark of the order of bytes even a few letters are some.
    letters = said[:-1] if len(said) > 1 else said
    readable = all(one.isprintable() or one in "\t\r\n" for one in letters) and "\ufffd" not in letters
    wide = encoding != "utf-8"
    return bool(letters) and readable and (not wide or marked or _mostly_ascii(letters))


def _mostly_ascii(letters: str) -> bool:
    """Samples of sound may be letters of some script; JSON, events and markup are ASCII's for the most part."""
    return 2 * sum(one.isascii() for one in letters) > len(letters)
