"""What a figure says, in a sentence: for readers who decide about an accusation and are no statisticians."""

from __future__ import annotations

from collections.abc import Sequence

from stillwatch.provenance.grades import Grade
from stillwatch.provenance.results import Test

__all__ = ["falsely", "told"]


def falsely(grade: Grade, level: float, tests: Sequence[Test]) -> str:
    """How often a suspect that learnt nothing from the teacher would be graded so or worse, and what that rests on."""
    if grade in ("not graded", "none"):
        return ""
    share = 0.05 if grade == "weak" else level if grade == "moderate" else level / 10
    carried = any(one.family == "planted" and one.holm_p is not None and one.holm_p <= share for one in tests)
    rests = (
        "if the key was drawn at random and kept secret; the controls play no part in that."
        if carried
        else "if the assumptions of the tests hold: above all, that the controls are what such a suspect would be."
    )
    often = f"at most 1 in {round(1 / share):,} is graded so or higher"
    return f"Of suspects that never learnt from the teacher {often}, {rests}"


def told(test: Test) -> str:
    """What a test that was made found."""
    if test.name == "radioactivity":
        keys = int(test.details["keys"]) + 1
        rank = round(keys * (test.p_value or 1.0))
        return (
            f"Among {keys:,} keys, the provider's fits the suspect's text {_place(rank)}best; every place is as likely "
            "for a suspect that never saw marked text."
        )
    if test.observed is None or test.expected is None:
        return ""
    if test.family == "identity":
        names = ", ".join(f"{name} {100 * rate:.0f} %" for name, rate in test.controls.items())
        return f"The suspect says so in {100 * test.observed:.0f} % of the answers; controls: {names}."
    low, high = min(test.controls.values()), max(test.controls.values())
    further = sum(point >= (test.statistic or 0.0) for point in test.null_points)
    lies = "lie as far beyond what was expected of them" if further else "lies as far beyond what was expected of it"
    pairs = f"{further or 'None'} of the {len(test.null_points)} other pairs of models {lies}."
    return (
        f"Suspect and teacher {test.observed:.2f}, where {test.expected:.2f} was expected of the two; controls and "
        f"teacher {low:.2f} to {high:.2f}. {pairs}"
    )


def _place(rank: int) -> str:
    ends = {1: "st", 2: "nd", 3: "rd"}
    end = "th" if rank % 100 in (11, 12, 13) else ends.get(rank % 10, "th")
    return "" if rank <= 1 else f"{rank}{end} "
