"""From p-values to a grade of evidence: none, weak, moderate or strong. A grade is no verdict.

none      no test is significant at 0.05 after correction
weak      one is; identity alone never counts for more, nor behaviour where suspect and teacher have one tokenizer that
          no control has: the controls are of other families, and what one family has in common is no copying
moderate  a behaviour or planted test is significant at the audit's level, and, for behaviour, no
          pair with a control lies as far out
strong    so at a tenth of the level, by a planted test, or by two behaviour tests with five controls or more
          (so that the exact p-value of each is below 0.05 too)
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Literal

from stillwatch.provenance.intervals import holm, p_words
from stillwatch.provenance.results import Test
from stillwatch.provenance.tokens import TokenMatch

__all__ = ["Grade", "correct", "grade", "grade_reasons"]

Grade = Literal["none", "weak", "moderate", "strong"]
_NOTICED = 0.05


def correct(tests: Sequence[Test]) -> list[Test]:
    """The tests with Holm's correction over those that were made."""
    made = [one.p_value for one in tests if one.p_value is not None]
    adjusted = iter(holm(made))
    return [one if one.p_value is None else replace(one, holm_p=next(adjusted)) for one in tests]


def grade(tests: Sequence[Test], level: float, tokens: TokenMatch | None = None) -> Grade:
    """Of corrected tests, and of what the tokenizers say of the controls."""
    noticed = [one for one in tests if one.holm_p is not None and one.holm_p <= _NOTICED]
    capped = _of_one_family(tokens)
    sound = [one for one in noticed if _sound(one, level) and not (capped and one.family == "behaviour")]
    firm = [one for one in sound if _sound(one, level / 10)]
    planted = [one for one in firm if one.family == "planted"]
    behaviour = [one for one in firm if one.family == "behaviour" and (one.exact_p or 1.0) <= _NOTICED]
    if planted or len(behaviour) >= 2:
        return "strong"
    if sound:
        return "moderate"
    return "weak" if noticed else "none"


def _sound(one: Test, level: float) -> bool:
    if one.family == "identity" or one.holm_p is None or one.holm_p > level:
        return False
    return one.family == "planted" or one.beyond_all


def _of_one_family(tokens: TokenMatch | None) -> bool:
    """Whether suspect and teacher split text alike, and no control whose tokenizer is known does."""
    known = tokens.controls_equal if tokens is not None and tokens.same else {}
    return tokens is not None and bool(known) and all(equal < tokens.probes for equal in known.values())


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
        elif not _sound(one, level):
            said += ", but a pair with a control lies as far out, so that it counts as weak"
        elif one.family == "behaviour" and _of_one_family(tokens):
            said += (
                "; but suspect and teacher have one tokenizer and no control has it, so that they may be of one family "
                "and the controls of others: it counts as weak. Take controls of the teacher's family"
            )
        found.append(said + ".")
    if all(one.p_value is None for one in tests):
        return ["No test was made: this says nothing about the suspect."]
    return found or ["No test is significant at 0.05 after correction."]
