"""Letters that look like others: whoever swaps some in what many accounts send makes each text another, and a model
reads all of them alike.

``STYLED`` are Latin letters in another style (wide, bold, in circles, small capitals), which are plain ones wherever
they stand. Greek, Cyrillic and Armenian letters are Latin ones only where words show that they stand for them: in a
word with Latin letters, or in a text that is Latin for the most part; and Latin letters within a Cyrillic text's word
are Cyrillic. What a text is, letters show that look like none of the other script. To add a letter, add it to its line.
"""

from __future__ import annotations

import re
import unicodedata

__all__ = ["ALIKE", "OTHER_SCRIPTS", "STYLED", "one_script"]

_SMALL_CAPITALS = dict(zip("ᴀʙᴄᴅᴇꜰɢʜɪᴊᴋʟᴍɴᴏᴘʀꜱᴛᴜᴠᴡʏᴢɑɡ", "abcdefghijklmnoprstuvwyzag", strict=True))
_RANGES = ((0x1D2C, 0x1DC0), (0x2070, 0x2190), (0x2460, 0x2500), (0xFF21, 0xFF5B), (0x1D400, 0x1D7CC))


def _styled() -> dict[int, str]:
    found = {ord(letter): plain for letter, plain in _SMALL_CAPITALS.items()}
    for first, end in _RANGES:
        for code in range(first, end):
            plain = unicodedata.normalize("NFKC", chr(code))
            if len(plain) == 1 and plain.isascii() and plain.isalpha():
                found[code] = plain
    return found


STYLED = _styled()
"""Code points and the Latin letter of each."""

_LATIN_OF = {
    **dict(zip("аеорсухіјѕԁһԛԝѵӏкмтвнпёї", "aeopcyxijsdhqwvlkmtbhnei", strict=True)),
    **dict(zip("АВСЕНІЈКМОРЅТУХԚԜѴӀԌЁЇ", "ABCEHIJKMOPSTYXQWVlGEI", strict=True)),
    **dict(zip("αειικνορτυχγηωϲϳ", "aeiikvoptuxynwcj", strict=True)),
    **dict(zip("ΑΒΕΖΗΙΚΜΝΟΡΤΥΧϹ", "ABEZHIKMNOPTYXC", strict=True)),
    **dict(zip("օսհոցզ", "ouhngq", strict=True)),
}
_LATIN = str.maketrans(_LATIN_OF)
_CYRILLIC = str.maketrans("aeopcyxkmtABCEHKMOPTXy", "аеорсухкмтАВСЕНКМОРТХу")
_FOREIGN = re.compile(r"[\u0370-\u058f]")
_LETTER = re.compile(r"[A-Za-z]")
# From where a word begins, and nowhere within it: else a long word of plain letters takes time with its square.
_WORD = re.compile(r"(?<![A-Za-z\u0370-\u058f])[A-Za-z]*[\u0370-\u058f][A-Za-z\u0370-\u058f]*")
_OF_CYRILLIC = re.compile(r"[\u0400-\u052f]+")
_OWN = re.compile(rf"[\u0370-\u058f](?<![{''.join(_LATIN_OF)}])")
_LATINS_OWN = re.compile("[bdfghijlnqrsuvwzDFGIJLNQRSUVWZ]")

OTHER_SCRIPTS = range(0x370, 0x590)
"""Code points of the scripts whose letters may stand for Latin ones, all of two bytes in UTF-8."""
ALIKE = frozenset(map(ord, _LATIN_OF))
"""Of those, letters that look like Latin ones."""


def one_script(text: str) -> str:
    """A text in whose words no letter stands for one of another script.

    >>> one_script("W\\u043erk through \\u0430 task")
    'Work through a task'
    >>> one_script("\\u0440\\u0430\\u043a, pa\\u043a, \\u0436\\u0443\\u043a")
    '\\u0440\\u0430\\u043a, \\u0440\\u0430\\u043a, \\u0436\\u0443\\u043a'
    """
    if _FOREIGN.search(text) is None:
        return text
    own, latins = len(_OWN.findall(text)), len(_LATINS_OWN.findall(text))

    def plain(found: re.Match[str]) -> str:
        word = found[0]
        mixed = _LETTER.search(word) is not None
        other = word.translate(_CYRILLIC) if mixed else word
        if mixed and own > latins and _OF_CYRILLIC.fullmatch(other):
            return other
        latin = word.translate(_LATIN)
        return latin if latin.isascii() and (mixed or latins > 2 * own) else word

    return _WORD.sub(plain, text)
