"""Small grammars: names with what each may become, and what a text with names in braces becomes.

A grammar is written as text: a line ``name: one | another`` begins what a name may become, a line without a name goes
  on
with it. To add words, write them there.
"""

from __future__ import annotations

import random
import re

__all__ = ["Rules", "expand", "read_rules"]

Rules = dict[str, list[str]]
_NAME = re.compile(r"^([a-z_]+): ?(.*)$")
_ARTICLE = re.compile(r"\b([Aa]) (?=[aeiouAEIO])")
_SLOT = re.compile(r"\{([a-z_]+)\}")


def read_rules(*texts: str) -> Rules:
    """The rules that these texts write down."""
    rules: Rules = {}
    for text in texts:
        parts: dict[str, list[str]] = {}
        name = ""
        for line in text.strip().splitlines():
            if found := _NAME.match(line):
                name = found[1]
                parts.setdefault(name, []).append(found[2])
            elif line.strip():
                parts[name].append(line.strip())
        for name, lines in parts.items():
            rules.setdefault(name, []).extend(one.strip() for one in " ".join(lines).split("|") if one.strip())
    return rules


def expand(rng: random.Random, text: str, rules: Rules, depth: int = 6, english: bool = True) -> str:
    """The text with every name in braces replaced by something that it may become; unknown names stay."""
    filled = "{" in text

    def fill(found: re.Match[str]) -> str:
        name = found[1]
        if name == "n":
            return str(rng.choice((2, 3, 4, 5, 6, 7, 8, 10, 12, 15, 20, 25, 30, 45, 60, 90)))
        if name == "amount":
            return str(int(10 ** rng.uniform(1.3, 4.4)))
        if name == "year":
            return str(rng.randint(1890, 2026))
        return rng.choice(rules[name]) if name in rules else found[0]

    for _ in range(depth):
        if "{" not in text:
            break
        text, before = _SLOT.sub(fill, text), text
        if text == before:
            break
    if filled and english:
        text = _ARTICLE.sub(r"\1n ", text)
    return text.replace("\\n", "\n")
