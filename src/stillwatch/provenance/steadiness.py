"""How far a model agrees with itself when it is asked the same twice: an interface's own randomness.

Servers batch, round and route: the same request at temperature nought is not always answered the same. What a model
does not share with itself it cannot share with another, so that this bounds what the tests could see.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from stillwatch.provenance.answer_features import choice, features
from stillwatch.provenance.audited_model import Answers

__all__ = ["Steadiness", "steadiness"]


@dataclass(frozen=True, slots=True)
class Steadiness:
    """Agreement of a model's answers to the same prompt, over all pairs of askings.

    Attributes:
        pairs: of whole answers that were compared.
        same: share that are the same, letter for letter.
        wording: mean share of words and neighbouring words in common (Jaccard).
        choices: share of the same choice, where both make one; nan where none do.
    """

    pairs: int
    same: float
    wording: float
    choices: float


def steadiness(askings: Sequence[Answers]) -> Steadiness | None:
    """Of a model's answers, an asking each.

    Returns:
        None with fewer than two askings, or where no prompt was answered twice.
    """
    same, wording, choices = [], [], []
    for number, first in enumerate(askings):
        for second in askings[number + 1 :]:
            for i in np.flatnonzero(first.whole & second.whole):
                a, b = first.texts[i], second.texts[i]
                same.append(a == b)
                words, others = features(a), features(b)
                wording.append(len(words & others) / max(len(words | others), 1))
                made = choice(a), choice(b)
                if None not in made:
                    choices.append(made[0] == made[1])
    if not same:
        return None
    told = float(np.mean(choices)) if choices else float("nan")
    return Steadiness(len(same), float(np.mean(same)), float(np.mean(wording)), told)
