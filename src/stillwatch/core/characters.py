"""Which characters are letters, which are gaps between words, and which end a sentence, in every script.

A text is bytes of UTF-8 here, whole or cut anywhere. It comes back with its letters lowered, its gaps as ``GAP`` and
the marks that end a sentence as ``END``: for a batch as an array (``letters_of``), for one text as bytes
(``spaced``), and both say the same. Digits and punctuation are gaps, so that numbers never tell two texts apart.
Symbols and emoji beyond ASCII, and all characters of four bytes, count as letters.

To add a mark, add its code point to ``_GAPS`` or ``_ENDS``. To add a script that puts no spaces between words, add
its block to ``_UNSPACED`` and its combining marks to ``_COMBINING``: every other character there starts a word.

The lists are written out, not asked of ``unicodedata``, so that hashes are the same under every version of Python.
"""

from __future__ import annotations

import re

import numpy as np
import numpy.typing as npt

__all__ = ["END", "GAP", "letters_of", "spaced"]

Bytes = npt.NDArray[np.uint8]
I64 = npt.NDArray[np.int64]

GAP, END = 0, 1
"""What stands in place of a byte that is no letter's."""

# Code points from 80 to FFFF, in hexadecimal. Ends of sentences are Unicode's Sentence_Terminal, with semicolons,
# ellipses, shads and ends of lines, as in ASCII. Armenian ՛ ՜ ՞ stand inside a word and are left to it.
_ENDS = """
0085 037E 0387 0589 05C3 061B 061D-061F 06D4 0700-0704 07F9 0837 0839 083D-083E 0964-0965 0F0D-0F12 0F14 104A-104B
1362 1364 1367-1368 166E 1735-1736 17D4-17D5 17DA 1803 1809 1944-1945 1AA8-1AAB 1B5A-1B5B 1B5E-1B5F 1B7D-1B7E
1C3B-1C3C 1C7E-1C7F 2026 2028-2029 203C-203D 2047-2049 204F 2CF9-2CFB 2E2E 2E35 2E3C 2E53-2E54 3002 A4FF A60E-A60F
A6F3 A6F7 A876-A877 A8CE-A8CF A92F A9C8-A9C9 AA5D-AA5F AAF0-AAF1 ABEB FE12 FE14-FE16 FE19 FE52 FE54 FE56-FE57 FF01
FF0E FF1B FF1F FF61
"""
# The rest of Unicode's punctuation, spaces, decimal digits and currency signs, marks of direction, and the symbols
# of Latin-1 and of full width, whose like in ASCII are gaps. The joiners 200C and 200D belong to their words.
_GAPS = """
0080-00A9 00AB-00AC 00AE-00B4 00B6-00B9 00BB-00BF 00D7 00F7 055A 055D 058A 058F 05BE 05C0 05C6 05F3-05F4 0609-060D
061C 0660-066D 06F0-06F9 0705-070D 07C0-07C9 07F7-07F8 07FE-07FF 0830-0838 083A-083C 085E 0966-0970 09E6-09EF
09F2-09F3 09FB 09FD 0A66-0A6F 0A76 0AE6-0AF1 0B66-0B6F 0BE6-0BF2 0BF9 0C66-0C6F 0C77 0C84 0CE6-0CEF 0D66-0D6F
0DE6-0DEF 0DF4 0E3F 0E4F-0E5B 0ED0-0ED9 0F04-0F0C 0F20-0F29 0F3A-0F3D 0F85 0FD0-0FD4 0FD9-0FDA 1040-104F 1090-1099
10FB 1360-137C 1400 1680 169B-169C 16EB-16ED 17D6 17D8-17D9 17DB 17E0-17E9 1800-180A 1810-1819 1946-194F 19D0-19D9
1A1E-1A1F 1A80-1A89 1A90-1A99 1AA0-1AA6 1AAC-1AAD 1B50-1B60 1BB0-1BB9 1BFC-1BFF 1C3D-1C49 1C50-1C59 1CC0-1CC7 1CD3
2000-200B 200E-2070 2074-207E 2080-208E 20A0-20C0 2308-230B 2329-232A 2768-2775 27C5-27C6 27E6-27EF 2983-2998
29D8-29DB 29FC-29FD 2CFC 2CFE-2CFF 2D70 2E00-2E2D 2E30-2E4F 2E52-2E5D 3000-3004 3008-3020 3030 303D 30A0 30FB A4FE
A60D A620-A629 A673 A67E A6F2 A6F4-A6F6 A838 A874-A875 A8D0-A8D9 A8F8-A8FA A8FC A900-A909 A92E A95F A9C1-A9CD
A9D0-A9D9 A9DE-A9DF A9F0-A9F9 AA50-AA5C AADE-AADF ABF0-ABF9 FD3E-FD3F FDFC FE10-FE18 FE30-FE58 FE59-FE66 FE68-FE6B
FEFF FF02-FF20 FF3B-FF40 FF5B-FF65 FFE0-FFE6
"""
# Thai and Lao, Burmese, Khmer, Tai Le and New Tai Lue, Tai Tham, Balinese, Chinese and Japanese with bopomofo and Yi,
# Javanese, Tai Viet, Korean syllables, ideographs kept for old encodings, and letters of half width.
_UNSPACED = """
0E00-0EFF 1000-109F 1780-17FF 1950-19DF 1A20-1AAF 1B00-1B7F 3000-A48F A980-A9FF AA60-AADF AC00-D7FF F900-FAFF FF66-FFDC
"""
# What of these combines with the character before it.
_COMBINING = """
0E31 0E34-0E3A 0E47-0E4E 0EB1 0EB4-0EBC 0EC8-0ECE 102B-103E 1056-1059 105E-1060 1062-1064 1067-106D 1071-1074 1082-108D
108F 109A-109D 17B4-17D3 17DD 1A55-1A5E 1A60-1A7C 1A7F 1B00-1B04 1B34-1B44 1B6B-1B73 302A-302F 3099-309A A980-A983
A9B3-A9C0 A9E5 AA7B-AA7D AAB0 AAB2-AAB4 AAB7-AAB8 AABE-AABF AAC1
"""
# Scripts whose capitals are lowered: Latin, Greek, Cyrillic, Armenian, with the letters of Vietnamese and old Greek.
_CASED = "00C0-024F 0370-052F 0531-0556 1E00-1FFF FF21-FF3A"

_LETTER, _GAP, _END, _STARTS_WORD, _CAPITAL, _SEE_THIRD = range(6)


def _code_points(ranges: str) -> list[int]:
    found: list[int] = []
    for entry in ranges.split():
        first, _, last = entry.partition("-")
        found += range(int(first, 16), int(last or first, 16) + 1)
    return found


def _small_letters() -> dict[int, bytes]:
    """The small letter of each capital, where it takes as many bytes."""
    found = {}
    for code in _code_points(_CASED):
        large, small = chr(code).encode(), chr(code).lower().encode()
        if large != small and len(large) == len(small):
            found[code] = small
    return found


def _kinds(capitals: list[int]) -> Bytes:
    """The kind of each code point below 10000, in rows of 64: what a last byte chooses from."""
    kinds = np.full(1 << 16, _LETTER, np.uint8)
    kinds[_code_points(_UNSPACED)] = _STARTS_WORD
    kinds[_code_points(_COMBINING)] = _LETTER
    kinds[capitals] = _CAPITAL
    kinds[_code_points(_GAPS)] = _GAP
    kinds[_code_points(_ENDS)] = _END
    return kinds.reshape(1024, 64)


def _by_first_two(kinds: Bytes) -> npt.NDArray[np.uint16]:
    """The kind of a character by its first two bytes, read as a little-endian number; where the third decides,
    ``_SEE_THIRD`` and the number of its row."""
    table = np.full((256, 256), _LETTER, np.uint16)
    for row in range(2, 32):
        table[0x80:0xC0, 0xC0 + row] = kinds[row]
    for row in range(32, 1024):
        alike = bool((kinds[row] == kinds[row, 0]).all())
        table[0x80 + row % 64, 0xE0 + row // 64] = kinds[row, 0] if alike else _SEE_THIRD + row
    return table.reshape(-1)


_SMALL = _small_letters()
_KINDS = _kinds(list(_SMALL))
_PAIRS = _by_first_two(_KINDS)
_SMALL_BYTES = np.zeros((1 << 16, 3), np.uint8)
for _code, _small in _SMALL.items():
    _SMALL_BYTES[_code, : len(_small)] = list(_small)
_RUN = re.compile(rb"[\x80-\xff]+")
_LONGEST_REMEMBERED, _MOST_REMEMBERED = 24, 1 << 14
# A space between two characters of Thai or Lao (E0 B8 to E0 BB), or the first of several after one.
_CLAUSE = re.compile(rb"(?<=\xe0[\xb8-\xbb][\x80-\xbf]) (?= |\xe0[\xb8-\xbb])")
# A character whose last bytes are missing, at the end of a text.
_CUT = re.compile(rb"(?:[\xc2-\xdf]|[\xe0-\xef][\x80-\xbf]?|[\xf0-\xf4][\x80-\xbf]{0,2})\Z")


def _ascii_letter(code: int) -> int:
    if code >= 128 or chr(code).islower():
        return code
    if chr(code).isupper():
        return code + 32
    return END if chr(code) in ".!?;\n\r" else GAP


# For bytes.translate, which is several times faster than indexing an array by bytes.
_LETTERS = bytes(map(_ascii_letter, range(256)))
_SPACED = _LETTERS.translate(b"\x20\x0a" + bytes(range(2, 256)))


def letters_of(raw: Bytes, offsets: I64) -> tuple[Bytes, I64]:
    """The letters of a batch of texts, and where a character starts a word of its own.

    Args:
        raw: bytes of n texts, end to end.
        offsets: n + 1 offsets into them.

    Returns:
        As many bytes, lowered, with ``GAP`` and ``END``; and, in order, the positions of characters that start a word
        whatever stands before them. A character cut off by its text's end is a gap.
    """
    data = raw.tobytes()
    if data.isascii():
        return np.frombuffer(data.translate(_LETTERS), np.uint8), np.zeros(0, np.int64)
    letters = np.frombuffer(bytearray(data).translate(_LETTERS), np.uint8)
    # Room to read past the last character.
    padded = np.frombuffer(data + bytes(6), np.uint8)
    at = np.flatnonzero(raw >= 0xC2)
    pairs = np.ndarray(len(raw) + 1, "<u2", padded, strides=(1,)).take(at)
    cut = _cut_off(at, raw, offsets)
    for step in range(3):
        # It is its text's last, so that what comes after its bytes is another's.
        letters[np.minimum(at[cut] + step, _end_of(at[cut], offsets) - 1)] = GAP
    pairs[cut] = 0
    _end_clauses(letters, padded, at[(pairs & 0xFCFF) == 0xB8E0] + 3)
    kinds = _PAIRS.take(pairs)
    # From here on only those that are not simply letters.
    told = np.flatnonzero(kinds != _LETTER)
    at, kinds = at.take(told), kinds.take(told)
    unsure = np.flatnonzero(kinds >= _SEE_THIRD)
    thirds = padded.take(at.take(unsure) + 2) & 63
    kinds[unsure] = _KINDS.take((kinds.take(unsure) - _SEE_THIRD) * 64 + thirds)
    _blank(letters, at[kinds == _GAP], GAP)
    _blank(letters, at[kinds == _END], END)
    _lower(letters, at[kinds == _CAPITAL])
    return letters, at[kinds == _STARTS_WORD]


def _end_of(at: I64, offsets: I64) -> I64:
    """Where the text ends that each of these bytes stands in."""
    return offsets[np.searchsorted(offsets, at, side="right")]


def _cut_off(at: I64, raw: Bytes, offsets: I64) -> I64:
    """Which of the characters that begin at ``at`` are their text's last and lack bytes."""
    # An empty text is told by the one before it, and one before all by none.
    ends = offsets[1:][raw[offsets[1:] - 1] >= 0x80]
    last = np.searchsorted(at, ends) - 1
    ends, last = ends[last >= 0], last[last >= 0]
    first = raw[at[last]]
    # Where a text has no such character, an earlier text's is held against it, and ends before.
    return last[at[last] + 2 + (first >= 0xE0) + (first >= 0xF0) > ends]


def _end_clauses(letters: Bytes, padded: Bytes, after: I64) -> None:
    """Thai and Lao end a clause with a space, where words of other scripts do not stand beside it."""
    if len(after):
        space = after[padded[after] == 0x20]
        follows = padded[space + 1]
        thai = (follows == 0xE0) & (padded[space + 2] & 0xFC == 0xB8)
        letters[space[(follows == 0x20) | thai]] = END


def _blank(letters: Bytes, at: I64, code: int) -> None:
    if len(at):
        wide = at[letters[at] >= 0xE0]
        # One end of a sentence is enough.
        letters[at] = code
        letters[at + 1] = GAP
        letters[wide + 2] = GAP


def _lower(letters: Bytes, at: I64) -> None:
    if len(at):
        first, second = letters[at].astype(np.int64), letters[at + 1].astype(np.int64) & 63
        wide = np.flatnonzero(first >= 0xE0)
        code = (first & 31) << 6 | second
        code[wide] = ((first[wide] & 15) << 6 | second[wide]) << 6 | (letters[at[wide] + 2] & 63)
        small = _SMALL_BYTES[code]
        letters[at] = small[:, 0]
        letters[at + 1] = small[:, 1]
        letters[at[wide] + 2] = small[wide, 2]


class _Shown(dict[int, str]):
    """What ``spaced`` shows for each character, by its code point."""

    def __missing__(self, code: int) -> str:
        if code >> 16:
            return chr(code)
        kind = int(_KINDS[code >> 6, code & 63])
        told = {_GAP: " ", _END: "\n", _STARTS_WORD: " " + chr(code), _CAPITAL: chr(code).lower()}
        self[code] = told.get(kind, chr(code))
        return self[code]


class _Runs(dict[bytes, bytes]):
    """What ``spaced`` shows for runs of characters beyond ASCII: mostly a word or a mark, met before."""

    def __missing__(self, run: bytes) -> bytes:
        # Where a text was cut before its first byte, bytes stand alone; they stay as they are.
        made = run.decode("utf-8", "surrogateescape").translate(_shown).encode("utf-8", "surrogateescape")
        if len(run) <= _LONGEST_REMEMBERED:
            if len(self) >= _MOST_REMEMBERED:
                self.clear()
            self[run] = made
        return made


_shown = _Shown()
_shown_run = _Runs().__getitem__


def spaced(raw: bytes) -> bytes:
    """One text with its letters lowered, spaces where it has gaps and before characters that start a word, and
    new lines where a sentence ends: its words are then what ``split`` finds in each line."""
    if raw.isascii():
        return raw.translate(_SPACED)
    if b"\xe0" in raw:
        raw = _CLAUSE.sub(b"\n", raw)
    text = raw.translate(_SPACED)
    if text[-1] >= 0x80:
        text = text[:-3] + _CUT.sub(b" ", text[-3:])
    return _RUN.sub(lambda found: _shown_run(found[0]), text)
