"""Addition with carries in secret glyphs: a rule, not a memory.

Ten glyphs stand for the digits in a secret order. A prompt gives two numbers of up to three
digits; the reasoning goes from the lowest column up, each step the carry and the digit; the answer
is the sum, highest digit first, so that its first word depends on every column. A hundred column
facts and the carry carry it all: what is learnt generalises, and parts act on one another through the
carry, which a question of one column cannot show coming in. The answer itself holds most of what
the reasoning would have told: hiding the reasoning hides less than in the codebook.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from stillwatch.lab.tasks.base import ASK, BLANK, BOS, GUARDED_TOPICS, StepTask, Words

__all__ = ["Addition"]

_BASE = 10
_COLUMNS = 3
_GUARDED_GLYPHS = 3


class Addition(StepTask):
    """See the module. A prompt is ``<bos> topic a... + b... ?``, highest digits first."""

    name = "addition"
    about = "adding three-digit numbers written in secret glyphs, column by column"
    step_width = 2
    natural_depths = (_COLUMNS,)
    chance = 0.5 * _BASE**-_COLUMNS
    facts = _BASE * _BASE

    def __init__(self, seed: int = 0, provider: int = 0) -> None:
        super().__init__(["+", *(f"g{i}" for i in range(_BASE))], seed, provider)
        self._digit = np.random.default_rng([seed, 2]).permutation(_BASE)
        self._glyph = np.argsort(self._digit)

    def _word(self, digit: int) -> int:
        return self.first_own + 1 + int(self._glyph[digit])

    def _operands(self, prompt: Words) -> tuple[Words, Words]:
        plus = prompt.index(self.first_own)
        a, b = prompt[2:plus], prompt[plus + 1 : -1]
        return tuple(g for g in a if g != BLANK), tuple(g for g in b if g != BLANK)

    def _form(self, topic: int, a: Sequence[int], b: Sequence[int]) -> Words:
        blank = [BLANK] * (_COLUMNS - len(a))
        return (BOS, topic, *blank, *a, self.first_own, *blank, *b, ASK)

    def draw(self, rng: np.random.Generator, depth: int) -> Words:
        glyphs = [self.first_own + 1 + int(g) for g in rng.integers(_BASE, size=2 * depth)]
        return self._form(self.draw_topic(rng), glyphs[:depth], glyphs[depth:])

    def steps(self, prompt: Words) -> list[Words]:
        a, b = self._operands(prompt)
        carry = 0
        steps: list[Words] = []
        for x, y in zip(reversed(a), reversed(b), strict=True):
            total = carry + sum(int(self._digit[glyph - self.first_own - 1]) for glyph in (x, y))
            carry = total // _BASE
            steps.append((self._word(carry), self._word(total % _BASE)))
        return steps

    def conclude(self, prompt: Words, steps: Sequence[Words]) -> Words:
        return (steps[-1][0], *(digit for _, digit in reversed(steps)))

    def guarded_operand(self, prompt: Words) -> bool:
        return self._operands(prompt)[0][0] - self.first_own - 1 < _GUARDED_GLYPHS

    def short_prompts(self, rng: np.random.Generator) -> list[Words]:
        topic = self.words.index(f"t{GUARDED_TOPICS}")
        glyphs = range(self.first_own + 1, self.first_own + 1 + _BASE)
        asked = [self._form(topic, [x], [y]) for x in glyphs for y in glyphs]
        return [asked[i] for i in rng.permutation(len(asked))]

    def learn_fact(self, facts: dict[Words, Words], prompt: Words, answer: Words) -> None:
        (a,), (b,) = self._operands(prompt)
        facts[(a, b)] = answer

    def compose(self, facts: Mapping[Words, Words], prompt: Words) -> list[Words] | None:
        # A column with a carry coming in is two questions: the column, then its digit and the carry.
        zero = self._find_zero(facts)
        a, b = self._operands(prompt)
        carry = zero
        steps: list[Words] = []
        for x, y in zip(reversed(a), reversed(b), strict=True):
            plain = facts.get((x, y))
            if plain is None or carry is None or len(plain) != 2:
                return None
            out, digit = plain
            if carry != zero:
                again = facts.get((digit, carry))
                if again is None or len(again) != 2:
                    return None
                out, digit = (again[0] if out == zero else out), again[1]
            carry = out
            steps.append((carry, digit))
        return steps

    @staticmethod
    def _find_zero(facts: Mapping[Words, Words]) -> int | None:
        """The glyph that doubled gives itself and no carry: told by the answers, not by the task."""
        for (x, y), value in facts.items():
            if x == y and value == (x, x):
                return x
        return None
