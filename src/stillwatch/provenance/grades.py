"""From p-values to a grade of evidence: none, weak, moderate or strong. A grade is no verdict.

not graded  no test of behaviour or of planted evidence could be made, and nothing else is noticed
none      no test is significant at 0.05 after correction
weak      one is; identity alone never counts for more, nor refusing the same prompts, which one filter in front of two
          models makes as well as one training
moderate  a behaviour or planted test is significant at the audit's level, and, for behaviour, no
          pair with a control lies as far out
strong    so at a tenth of the level, by a planted test, or by two behaviour tests with five controls or more
          (so that the exact p-value of each is below 0.05 too)

Behaviour counts for no more than weak where suspect and teacher have one tokenizer that no control has: the two are
of one family, or may be, and agree for that as for distillation; no control shows how much.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Literal

from stillwatch.provenance.intervals import holm, p_words
from stillwatch.provenance.results import Test
from stillwatch.provenance.tokens import TokenMatch

__all__ = ["Grade", "correct", "grade", "grade_reasons"]

Grade = Literal["not graded", "none", "weak", "moderate", "strong"]
_NOTICED = 0.05
_KIN = (
    "Suspect and teacher have one tokenizer, and no control is known to have it: they may be of one family, which "
    "agrees without distillation, and no control shows by how much. Behaviour counts for no more than weak; add "
    "controls with that tokenizer."
)


def correct(tests: Sequence[Test]) -> list[Test]:
    """The tests with Holm's correction over those that were made."""
    made = [one.p_value for one in tests if one.p_value is not None]
    adjusted = iter(holm(made))
    return [one if one.p_value is None else replace(one, holm_p=next(adjusted)) for one in tests]


def grade(tests: Sequence[Test], level: float, tokens: TokenMatch | None = None) -> Grade:
    """Of corrected tests.

    Args:
        tests: corrected.
        level: of the audit.
        tokens: fingerprints of the tokenizers; None where they are not known.
    """
    noticed = [one for one in tests if one.holm_p is not None and one.holm_p <= _NOTICED]
    sound = [one for one in noticed if _sound(one, level, tokens)]
    firm = [one for one in sound if _sound(one, level / 10, tokens)]
    planted = [one for one in firm if one.family == "planted"]
    behaviour = [one for one in firm if one.family == "behaviour" and (one.exact_p or 1.0) <= _NOTICED]
    if planted or len(behaviour) >= 2:
        return "strong"
    if sound:
        return "moderate"
    if noticed:
        return "weak"
    return "none" if any(one.p_value is not None and one.family != "identity" for one in tests) else "not graded"


def _sound(one: Test, level: float, tokens: TokenMatch | None) -> bool:
    if one.family == "identity" or one.holm_p is None or one.holm_p > level:
        return False
    return one.family == "planted" or (one.beyond_all and one.name != "refusals" and not _kin(tokens))


def _kin(tokens: TokenMatch | None) -> bool:
    return tokens is not None and tokens.of_no_control


def grade_reasons(tests: Sequence[Test], level: float, tokens: TokenMatch | None = None) -> list[str]:
    """Why the grade is what it is, in plain sentences."""
    found = []
    for one in tests:
        if one.holm_p is None or one.holm_p > _NOTICED:
            continue
        said = f"{one.title}: corrected p {p_words(one.holm_p)}"
        if one.family == "identity":
            said += "; what a model says of itself never counts for more than weak evidence"
        elif one.holm_p > level:
            said += f", above the audit's level of {level:g}"
        elif one.family == "behaviour" and not one.beyond_all:
            said += ", but a pair with a control lies as far out, so that it counts as weak"
        elif one.name == "refusals":
            said += ", but one filter before both makes it as well as one training, so that it counts as weak"
        elif not _sound(one, level, tokens):
            said += ", but it counts as weak for want of a control of the same family"
        found.append(said + ".")
    if _kin(tokens) and any(one.family == "behaviour" and one.p_value is not None for one in tests):
        found.append(_KIN)
    if all(one.p_value is None for one in tests):
        return ["No test was made: this says nothing about the suspect.", *_whys(tests)]
    if grade(tests, level, tokens) == "not graded":
        return ["No test of behaviour was made: what a model says of itself clears nobody.", *_whys(tests)]
    return found or ["No test is significant at 0.05 after correction."]


def _whys(tests: Sequence[Test]) -> list[str]:
    """Why tests were not made, each reason once."""
    return [f"{why[:1].upper()}{why[1:]}." for why in dict.fromkeys(one.why_not for one in tests if one.why_not)]
