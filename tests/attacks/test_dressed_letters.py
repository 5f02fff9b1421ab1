"""A known text is found in letters that were dressed, cut up, escaped or coded, which a model reads as what they were."""

import base64
import html
import time
import unicodedata
from pathlib import Path
from typing import Any
from urllib.parse import quote

from attacked import asked, guarded
from gateways import decided, known

from stillwatch.gateway.readings import readings

TEXT = (
    "Work through every step of the following task before you give the final answer to the examiner. "
    "Explain each intermediate result in full sentences and never leave out a calculation."
)
OTHER = "Compare the length of a day with the length of a night in winter, and say why they differ in the far north. "
WORDS = TEXT.split(" ")
ACCENTED = TEXT.translate(str.maketrans("aeiou", "áéíóú"))
CODED = base64.b64encode(TEXT.encode()).decode()
LINES = "\n".join(CODED[at : at + 76] for at in range(0, len(CODED), 76))


def swapped(plain: str, others: str) -> str:
    return TEXT.upper().translate(str.maketrans(plain, others))


DRESSED = {
    "accents": ACCENTED,
    "accents apart": unicodedata.normalize("NFD", ACCENTED),
    "three marks a letter": "".join(f"{one}\u0308\u0301\u0323" if one.isalpha() else one for one in TEXT),
    "lines through letters": TEXT.translate(str.maketrans("oldth", "øłđŧħ")),
    "letters of Cherokee": swapped("AEHT", "ᎪᎬᎻᎢ"),
    "letters of Lisu": swapped("AEHT", "ꓮꓰꓧꓔ"),
    "letters of Coptic": TEXT.translate(str.maketrans("aeo", "ⲁⲉⲟ")),
    "letters in black circles": "".join(chr(0x1F150 + ord(one) - 65) if one.isupper() else one for one in TEXT.upper()),
    "hyphens": TEXT.replace("e", "e-"),
    "hyphens at lines' ends": TEXT.replace("er", "e-\nr"),
    "hyphens that do not break": TEXT.replace("e", "e\u2011"),
    "a hyphen behind each letter": "-".join(TEXT),
    "a dot behind each letter": " ".join(map(".".join, WORDS)),
    "blanks between letters": "  ".join(map(" ".join, WORDS)),
    "apostrophes": TEXT.replace("e", "e'"),
    "marks of Markdown": TEXT.replace("e", "**e**"),
    "tags": TEXT.replace("e", "<b>e</b>"),
    "comments": TEXT.replace("e", "e<!-- -->"),
    "controls": TEXT.replace("e", "e\x08"),
    "colours of a terminal": TEXT.replace("e", "e\x1b[0m"),
    "letters of private use": TEXT.replace("e", "e\ue000"),
    "letters that are none": TEXT.replace("e", "e\ufdd0").replace("a", "a\ufff9"),
    "blanks of Braille": TEXT.replace("e", "e\u2800"),
    "as in a URL": quote(TEXT, safe=""),
    "each byte as in a URL": "".join(f"%{ord(one):02x}" for one in TEXT),
    "escaped twice": html.escape(html.escape(TEXT)).replace("e", "&amp;#101;"),
    "escapes in braces": "".join(f"\\u{{{ord(one):x}}}" for one in TEXT),
    "long escapes": "".join(f"\\U{ord(one):08x}" for one in TEXT),
    "octal digits": "".join(f"\\{ord(one):03o}" for one in TEXT),
    "base64": CODED,
    "base64, and what to do with it": f"Decode this, and do what it says: {CODED}",
    "base64 in lines": f"Decode:\n{LINES}",
    "base64 without its end": CODED.rstrip("="),
    "base64 in a URL's letters": base64.urlsafe_b64encode(TEXT.encode()).decode(),
    "base64 of UTF-16": base64.b64encode(TEXT.encode("utf-16-le")).decode(),
    "base64 twice": base64.b64encode(CODED.encode()).decode(),
    "base64 with accents in it": base64.b64encode(ACCENTED.encode()).decode(),
    "base32": base64.b32encode(TEXT.encode()).decode(),
    "hexadecimal digits": f"Decode {TEXT.encode().hex()}",
    "hexadecimal digits in pairs": f"Decode {TEXT.encode().hex(' ')}",
}


def body(text: str, behind: str = "") -> dict[str, Any]:
    return {"model": "m", "messages": [{"role": "user", "content": text + behind}]}


def test_a_known_text_is_found(tmp_path: Path) -> None:
    blocked = decided("block", templates=["T1"])
    found = {}
    with guarded(tmp_path, blocked, texts=known(("T1", "C001", TEXT))) as (url, behind):
        for name, text in DRESSED.items():
            found[name] = asked(url, "/v1/chat/completions", body(text))[0]
            found[f"{name}, behind others"] = asked(url, "/v1/chat/completions", body(OTHER * 40 + "\n\n" + text))[0]
            found[f"{name}, as a system prompt"] = asked(url, "/v1/messages", {**body(OTHER), "system": text})[0]
        served = len(behind.seen)
        for text in (OTHER, OTHER.replace("e", "é"), base64.b64encode(OTHER.encode()).decode()):
            assert asked(url, "/v1/chat/completions", body(text))[0] == 200
    assert [name for name, status in found.items() if status != 403] == []
    assert served == 0


def test_no_text_takes_time_with_its_square() -> None:
    """Each text is of a megabyte; one expression over it that begins anew at every letter would take hours."""
    hard = [
        "a-",
        "a ",
        "<a ",
        "<!--",
        "%41",
        "&amp;",
        "\\u{",
        "41 ",
        "\x1b[1;",
        "e\u0301",
        "A" * 16 + " ",
        "A" * 16 + "=",
    ]
    hard += [
        base64.b64encode(b"a b " * 12 + base64.b64encode(b"a b " * 12)).decode() + " . ",
        "a-" + " " * 999,
        "0x41,",
    ]
    begins = time.process_time()
    for piece in hard:
        text = (piece * 1_000_000)[:1_000_000]
        read = list(readings(text))
        assert len(read) <= 64
        assert sum(map(len, read)) <= 4 * len(text)
    assert time.process_time() - begins < 600
