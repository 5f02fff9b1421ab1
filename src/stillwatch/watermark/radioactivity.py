"""Whether a text carries a provider's watermark: a test by permutation of the key.

Sander et al. 2024 (arXiv 2402.14904) count green words in a student's text. At a small vocabulary
their z-score misleads: words repeat, lists of one key are correlated, and clean students reach 2 to 3.5.
Here the same count is made under the provider's key and under many keys that nobody used. If the
student never saw the mark, its own key is one of them and every rank is equally likely, whatever the
student's text is like: p is exact. To see more, the project's own mark is counted in how the student's text differs
from the provider's own unmarked text, where what both owe to the skill cancels.

Keys are tried in stages, the next only while the provider's fits best (after Besag and Clifford 1991): who is clear is
cleared with few keys, and who is not gets a p as small as the last stage allows. That stays exact: a p of x or less
needs the provider's key to be among the best x of a stage's keys, at every stage that was tried.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from stillwatch.watermark.schemes import KEYS, GreenWords, Scheme, Text

__all__ = ["Radioactivity", "measure_mark", "measure_radioactivity"]


@dataclass(frozen=True, slots=True)
class Radioactivity:
    """The result of one test.

    Attributes:
        p_value: share of keys, the provider's among them, under which the text carries as much of the mark.
        z: the mark under the provider's key, in standard deviations over the other keys.
        words: words of the suspect's text looked at.
        keys: others tried.
    """

    p_value: float
    z: float
    words: int
    keys: int = KEYS


def measure_radioactivity(
    suspect: Sequence[Text], reference: Sequence[Text], *, key: int, gamma: float, seed: int, keys: int = KEYS
) -> Radioactivity:
    """Test a suspect's text for green words of ``key``.

    Args:
        suspect: prompts and the suspect's sampled responses.
        reference: prompts and the provider's own responses, sampled without the mark.
        key: the provider's.
        gamma: share of green words the mark was made with.
        seed: of the other keys.
        keys: how many others.
    """
    return measure_mark(GreenWords(key, gamma, (keys,)), suspect, reference, seed=seed)


def measure_mark(scheme: Scheme, suspect: Sequence[Text], unmarked: Sequence[Text], *, seed: int) -> Radioactivity:
    """Test a suspect's text for a mark.

    Args:
        scheme: how it was made, and the provider's key.
        suspect: prompts and the suspect's responses.
        unmarked: the same without the mark; may be empty where the scheme needs none.
        seed: of the other keys.
    """
    sample = scheme.sample(suspect, unmarked)
    keys = scheme.keys(scheme.stages[-1], np.random.default_rng([seed, 9]))
    found = np.empty(0)
    for stage in scheme.stages:
        found = np.concatenate([found, scheme.worth(keys[len(found) : 1 + stage], sample)])
        if (found[1:] >= found[0]).any():
            break
    own, rest = found[0], found[1:]
    spread = float(rest.std())
    return Radioactivity(
        p_value=(1 + int((rest >= own).sum())) / (1 + len(rest)),
        z=float((own - rest.mean()) / spread) if spread else 0.0,
        words=sample.words,
        keys=len(rest),
    )
