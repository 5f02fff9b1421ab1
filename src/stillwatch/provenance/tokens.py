"""The tokenizer's fingerprint: how many tokens an endpoint counts for chosen strings.

Models that split text alike have one tokenizer, or two that agree on these strings. Tokenizers are
published and shared between makers: this tells which family a model is of, and is never evidence that it was
trained on anybody's outputs. It makes no p-value and raises no grade; it lowers one where suspect and teacher are of a
family that no control is known to be of.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

__all__ = ["PROBES", "TokenMatch", "compare_counts", "fingerprint", "strings"]

_LEAST = "a"
PROBES: tuple[str, ...] = (
    "a a",
    "hello world",
    "antidisestablishmentarianism",
    "Donaudampfschifffahrtsgesellschaft",
    "floccinaucinihilipilification",
    "0123456789",
    "1 2 3 4 5 6 7 8 9 10",
    "3.14159265358979323846",
    "2026-11-24T23:59:59Z",
    "x" * 64,
    "=" * 80,
    "\t\t\t\t\treturn",
    "          return",
    "a\n\n\n\nb",
    "for (int i = 0; i < n; ++i) { a[i] += b[i]; }",
    "SELECT * FROM users WHERE id = 42;",
    "https://example.org/a/b?c=d&e=f#g",
    "The quick brown fox jumps over the lazy dog.",
    "THE QUICK BROWN FOX JUMPS OVER THE LAZY DOG.",
    "thequickbrownfoxjumpsoverthelazydog",
    "naïve façade coöperate",
    "Příliš žluťoučký kůň úpěl ďábelské ódy",
    "Съешь же ещё этих мягких французских булок",
    "Η ταχεία αλεπού πηδά πάνω από το σκυλί",
    "敏捷的棕色狐狸跳过了懒狗",
    "いろはにほへと ちりぬるを",
    "키스의 고유조건은 입술끼리 만나야 하고",
    "نص حكيم له سر قاطع وذو شأن عظيم",
    "ऋषियों को सताने वाले दुष्ट राक्षसों के राजा",
    "ทดสอบการตัดคำภาษาไทย",
    "🙂🙃🦊👩‍👩‍👧‍👦",
    "ﬁﬂ ½ № ™ ∑ ∫ √ ≠",
    "\u200b\u200b\u00a0\u00ad",
    "<|im_start|>user",
    "[INST] [/INST] <s> </s>",
    "can't won't I'd they'll",
    "e=mc^2 \\frac{a}{b} \\sum_{i=0}^{n}",
    "GATTACAGATTACAGATTACA",
    "deadbeefcafebabe0123456789abcdef",
    "supercalifragilisticexpialidocious",
)
"""Strings that tokenizers split differently."""


@dataclass(frozen=True, slots=True)
class TokenMatch:
    """How far two fingerprints agree.

    Attributes:
        equal: probes with one and the same count.
        probes: all of them.
        controls_equal: the same between the teacher and each control that tells.
    """

    equal: int
    probes: int
    controls_equal: dict[str, int]

    @property
    def same(self) -> bool:
        """Whether no probe tells the two apart."""
        return self.equal == self.probes

    @property
    def of_no_control(self) -> bool:
        """Whether suspect and teacher have one tokenizer that no control is known to have."""
        return self.same and all(equal < self.probes for equal in self.controls_equal.values())


def strings() -> list[str]:
    """What to count, the least string first."""
    return [_LEAST, *PROBES]


def fingerprint(counts: Sequence[int]) -> tuple[int, ...]:
    """Counts of ``strings()`` less that of the first, so that what a template adds falls out."""
    return tuple(count - counts[0] for count in counts[1:])


def compare_counts(suspect: Sequence[int], teacher: Sequence[int], controls: dict[str, Sequence[int]]) -> TokenMatch:
    """Fingerprints of suspect and teacher beside those of the controls, from raw counts."""
    own, theirs = fingerprint(suspect), fingerprint(teacher)
    return TokenMatch(
        sum(a == b for a, b in zip(own, theirs, strict=True)),
        len(own),
        {
            name: sum(a == b for a, b in zip(fingerprint(counts), theirs, strict=True))
            for name, counts in controls.items()
        },
    )
