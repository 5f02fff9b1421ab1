"""The ways in which a text reads: what a model makes of letters that were dressed, cut up or coded, to be compared too.

Each way is one more text beside the one that was sent, and stands there only where it differs. All take time with the
length of the text alone. What is coded is undone where it is long and turns out to be text, so many times in a text
and so deep; ciphers and codes of one's own are not.
"""

from __future__ import annotations

import base64
import binascii
import html
import re
from collections.abc import Iterator
from contextlib import suppress
from itertools import islice
from urllib.parse import unquote

import numpy as np

from stillwatch.core.normal_form import normal_form

__all__ = ["readings", "reads_as_text"]

_UNSEEN = re.compile(
    "[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f\u2800\u3164"
    "\ufe00-\ufe0f\ufeff\uffa0\ufff0-\uffff\ue000-\uf8ff\ufdd0-\ufdef\U0001bca0-\U0001bca3\U0001d173-\U0001d17a"
    "\U000e0000-\U000e01ef\U000f0000-\U0010ffff]+"
)
_CONTROLS = re.compile(r"\x1b\[[\d;?]{0,32}[@-~]|[\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f]")
"""Commands to a terminal too; tabs, lines' and pages' ends are blanks."""
_ESCAPED = re.compile(
    r"\\(?:u([0-9a-fA-F]{4})|u\{([0-9a-fA-F]{1,6})\}|U([0-9a-fA-F]{8})|x([0-9a-fA-F]{2})|([0-3][0-7]{2}))"
)
_PERCENT = re.compile(r"%[0-9a-fA-F]{2}")
_LAST_LETTER = 0x10FFFF
_TIMES_ESCAPED = 3

_MARKS = re.compile("[\u0300-\u036f\u0483-\u0489\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f]+")
_PLAIN = str.maketrans(
    {
        **dict(zip("øłđŧħıɨƀɍŋƒȷɓɗɠƙƥƭʋƴɑɘəɩɪɴɾʀʟɡɭ", "oldthiibrnfjbdgkptvyaeeiinrrlgl", strict=True)),
        **dict(zip("ØŁĐŦĦƗɃɌŊƑƁƊƓƘƤƬƲƳ", "OLDTHIBRNFBDGKPTVY", strict=True)),
        **dict(zip("ꭺꮯꭼꮋꮖꭻꮶꮮꮇꮲꮪꭲꮩꮃᏃ", "acehijklmpstvwz", strict=True)),
        **dict(zip("ᎪᏴᏟᎠᎬᏀᎻᏆᎫᏦᏞᎷᏢᏒᏚᎢᏙᎳᎽ", "ABCDEGHIJKLMPRSTVWY", strict=True)),
        **dict(zip("ꓐꓚꓓꓰꓝꓖꓧꓲꓙꓗꓡꓟꓠꓳꓑꓣꓢꓔꓴꓦꓪꓫꓬꓜꓮ", "BCDEFGHIJKLMNOPRSTUVWXYZA", strict=True)),
        **dict(zip("ⲁⲉⲟⲣⲥⲓⲕⲙⲛⲧⲩⲭⲏ", "aeopcikmntyxh", strict=True)),
        **dict(zip("ⲀⲈⲞⲢⲤⲒⲔⲘⲚⲦⲨⲬⲎⲂ", "AEOPCIKMNTYXHB", strict=True)),
        **{chr(first + at): chr(65 + at) for first in (0x1F150, 0x1F170, 0x1F1E6) for at in range(26)},
    }
)
"""Letters with lines through them and look-alikes of scripts that ``core.look_alikes`` leaves as they are, since a scan
must tell their own words apart; here they make one more reading."""

_MARKUP = re.compile(r"<!--.{0,80}?-->|</?[A-Za-z][^<>]{0,60}>|[*_~`]{1,3}")
_JOINS = "[-\u2010-\u2015\u2212'\u2019*_~^`|\u00b7\u2022\u2027\u30fb]"
_JOINED = re.compile(
    rf"(?<=[^\W_])(?:{_JOINS}{{1,3}}(?=[^\W_]|\.|\s{_JOINS})|\.(?=[^\W_]))"
    rf"|(?<={_JOINS}\s){_JOINS}{{1,3}}(?=\w)|(?<={_JOINS}\.){_JOINS}{{1,3}}(?=\s)"
)
"""Within words; of marks at ends of words those that stand behind every letter. A sentence's end stays."""
_BROKEN = re.compile(r"(?<=\w)[-\u2010][ \t]{0,32}\r?\n[ \t]{0,32}(?=\w)")
_APART = re.compile(r"(?<=(?<!\S)\S) (?=\S(?!\S))")
"""Between words there are more blanks than between letters, or they cannot be told."""
_CUTS = 6
_CUT_LETTERS = 360
"""So many cuts within so many letters are a text that is written to be read otherwise; or code, to which one more
reading does no harm."""

_CODE = re.compile(r"(?:[A-Za-z0-9+/_\-]{16,}+={0,6}+\s{0,4}+)++")
_HEX_PAIRS = re.compile(r"(?<![0-9A-Za-z])(?:(?:0x)?[0-9a-fA-F]{2}[ ,:;]{1,2}+){23,}+(?:(?:0x)?[0-9a-fA-F]{2})?")
_SHORTEST_CODE = 48
_FEWEST_DIGITS = 12
_MOST_CODES = 16
_LONGEST_CODE = 64 * 1024
_LOOKED_AT = 64
_DEEPEST = 2
_BLANKS = re.compile(r"\s+")
_HEX = re.compile(r"[0-9a-fA-F]+")
_BASE32 = re.compile(r"[A-Z2-7]+")
_OF_URLS = {ord("-"): "+", ord("_"): "/"}


def readings(text: str, *, deep: int = _DEEPEST) -> Iterator[str]:
    """Every way in which a text reads, the text itself left out.

    >>> list(readings("\\u00e9xpl\\u00e0in e-v-e-r-y s-t-e-p"))
    ['explain e-v-e-r-y s-t-e-p', 'explain every step']
    """
    seen = _seen(text)
    bare = _bare(seen)
    found = dict.fromkeys((seen, bare, _put_together(bare)))
    found.pop(text, None)
    yield from found
    if deep:
        for said in _uncoded(seen):
            yield said
            yield from readings(said, deep=deep - 1)


def reads_as_text(said: str) -> bool:
    """Whether what was decoded is text."""
    begun = said[:_LOOKED_AT]
    return "\ufffd" not in begun and " " in begun and all(one.isprintable() or one.isspace() for one in begun)


def _seen(text: str) -> str:
    """Without letters that nobody sees, wide letters as plain ones, escaped ones as themselves."""
    for _ in range(_TIMES_ESCAPED):
        before = text
        if "&" in text:
            text = html.unescape(text)
        if "\\" in text:
            text = _ESCAPED.sub(_letter, text)
        if text.count("%") >= _CUTS and len(_PERCENT.findall(text)) >= _CUTS:
            text = unquote(text)
        if text == before:
            break
    if not (text.isprintable() and text.isascii()):
        text = _CONTROLS.sub("", text)
    return text if text.isascii() else _UNSEEN.sub("", normal_form("NFKC", text))


def _letter(found: re.Match[str]) -> str:
    code = int(found[5], 8) if found[5] else int(found[1] or found[2] or found[3] or found[4], 16)
    return chr(code) if code <= _LAST_LETTER else found[0]


def _bare(text: str) -> str:
    """Letters without what is written over, under and through them."""
    if text.isascii():
        return text
    return normal_form("NFC", _MARKS.sub("", normal_form("NFKD", text.translate(_PLAIN))))


def _put_together(text: str) -> str:
    """Words that are cut up by tags, marks, hyphens, dots or blanks, whole again where there are many cuts."""
    if sum(map(text.count, "<*_~`")) >= _CUTS:
        text = _without(_MARKUP, text)
    if "-" in text or "\u2010" in text:
        text = _BROKEN.sub("", text)
    # Full stops at ends of sentences are most of what is counted, and none of it.
    cuts = sum(map(text.count, "-'*_~^`|.")) - text.count(". ") - text.count(".\n")
    if not text.isascii() or cuts >= _CUTS:
        text = _without(_JOINED, text)
    return _without(_APART, text) if "  " in text else text


def _without(cut: re.Pattern[str], text: str) -> str:
    """A text less what is found in it often enough within a few lines."""
    spans = np.array([found.span() for found in cut.finditer(text)], np.int64).reshape(-1, 2)
    if len(spans) < _CUTS:
        return text
    close = np.flatnonzero(spans[_CUTS - 1 :, 0] - spans[: 1 - _CUTS, 0] <= _CUT_LETTERS)
    many = np.zeros(len(spans), np.bool_)
    for step in range(_CUTS):
        many[close + step] = True
    ends = [0, *spans[many].reshape(-1).tolist(), len(text)]
    return "".join(text[first:last] for first, last in zip(ends[::2], ends[1::2], strict=True))


def _uncoded(text: str) -> Iterator[str]:
    """What stands in a text as base64, base32 or in hexadecimal digits, where that is text."""
    # Most letters of ASCII begin with these digits.
    paired = text.count("6") + text.count("7") >= _FEWEST_DIGITS
    patterns = (_CODE, _HEX_PAIRS) if paired else (_CODE,)
    runs = (found[0] for pattern in patterns for found in pattern.finditer(text))
    for run in islice((run for run in runs if len(run) >= _SHORTEST_CODE), _MOST_CODES):
        # A picture is seen to be none by its first letters.
        if _plain(run[: 2 * _LOOKED_AT]):
            yield _plain(run[:_LONGEST_CODE])


def _plain(run: str) -> str:
    """One run as the text that it codes, or nothing."""
    for raw in _bytes_of(_BLANKS.sub("", run)):
        wide = "utf-16-le" if raw[1:2] == b"\0" or raw[:2] == b"\xff\xfe" else "utf-16-be" if raw[:1] == b"\0" else None
        said = raw.decode(wide or "utf-8", "replace")
        # What is coded twice is looked at once more.
        if reads_as_text(said) or _CODE.fullmatch(said[:_LOOKED_AT]):
            return said
    return ""


def _bytes_of(dense: str) -> Iterator[bytes]:
    """What a run without blanks may stand for, as far as it can be undone."""
    digits = re.sub(r"0x|[,:;]", "", dense)
    coded = dense.rstrip("=")
    if _HEX.fullmatch(digits):
        yield bytes.fromhex(digits[: len(digits) // 2 * 2])
    with suppress(binascii.Error, ValueError):
        if _BASE32.fullmatch(coded):
            yield base64.b32decode(coded[: len(coded) // 8 * 8])
    with suppress(binascii.Error, ValueError):
        yield base64.b64decode(coded[: len(coded) // 4 * 4].translate(_OF_URLS))
