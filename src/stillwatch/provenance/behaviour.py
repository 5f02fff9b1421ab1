"""Does the suspect answer as the teacher does, beyond what unrelated models do? Six tests of one form.

Each measures how alike all models are in one respect and asks ``pairs`` whether suspect and teacher are
more alike than the two are with anybody. To add one, write a measure in ``likeness`` and give it
a line in ``_measures``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from stillwatch.provenance.audited_model import Answers
from stillwatch.provenance.likeness import Choices, FirstTokens, Refusals, Style, judged, wording_kernel
from stillwatch.provenance.missing import too_much_missing
from stillwatch.provenance.pairs import FEWEST_CONTROLS, Alike, PairTest, compare_pairs, errors_found
from stillwatch.provenance.results import Test, not_tested

__all__ = ["ASSUMPTION", "BEHAVIOUR_TESTS", "NULL", "behaviour_tests"]

NULL = (
    "The suspect is to the teacher what the controls are to both: its similarity to the teacher, less what each "
    "of the two shows towards everybody, is one more draw from the spread of all other pairs."
)
ASSUMPTION = (
    "p: those draws are normal with one variance. exact p: no more than that suspect, teacher and controls are "
    "exchangeable. Both need controls that are as near to the teacher as an unrelated suspect would be: same era, "
    "same public data, same size; and none of them trained on the teacher or on another control."
)
_FEWEST_PROMPTS = 20

BEHAVIOUR_TESTS = {
    "wording": "Words in common, on prompts where the controls differ",
    "choices": "Rare choices in common",
    "errors": "The same wrong answers, the rarer the heavier",
    "refusals": "The same prompts refused",
    "style": "Style on held-out prompts: which model wrote this",
    "first-tokens": "Distribution of the first token",
}


@dataclass(frozen=True, slots=True)
class _Measure:
    alike: Callable[[int, int], Alike | None] | None
    prompts: int
    why_not: str = ""
    details: dict[str, float | int | str] | None = None


def behaviour_tests(
    suspect: Answers,
    teacher: Answers,
    controls: Sequence[Answers],
    *,
    right: Sequence[str | None] = (),
    seed: int = 0,
    level: float = 0.01,
) -> list[Test]:
    """The tests, in a fixed order, p-values uncorrected; those that could not be made say why.

    Args:
        suspect, teacher, controls: what each said to the same prompts.
        right: the right choice of each prompt where there is one.
        seed: of the halving of prompts.
        level: for what would have been detectable.
    """
    models = [suspect, teacher, *controls]
    lacking = too_much_missing(
        {one.name: one.telling for one in models}, "missing, refusals or said to several prompts"
    )
    undecided = too_much_missing({one.name: one.decided for one in models})
    found: list[Test] = []
    for name, measure in _measures(models, right, seed):
        title = BEHAVIOUR_TESTS[name]
        why = measure.why_not
        if len(controls) < FEWEST_CONTROLS:
            why = f"needs {FEWEST_CONTROLS} controls or more; there are {len(controls)}"
        elif name != "first-tokens" and (undecided if name == "refusals" else lacking):
            why = undecided if name == "refusals" else lacking
        elif measure.prompts < _FEWEST_PROMPTS:
            why = why or f"needs {_FEWEST_PROMPTS} prompts or more that bear on it; there are {measure.prompts}"
        test = None
        if not why and measure.alike is not None:
            test = compare_pairs(measure.alike, len(models))
        if test is None or measure.alike is None:
            why = why or "the models are all alike here, or too few prompts bear on it"
            found.append(not_tested(name, "behaviour", title, NULL, ASSUMPTION, why))
        else:
            found.append(_as_test(name, test, measure, [one.name for one in controls], level))
    return found


def _measures(models: Sequence[Answers], right: Sequence[str | None], seed: int) -> Iterator[tuple[str, _Measure]]:
    wording = wording_kernel(models)
    count = int(judged(wording.present, 0, 1).sum())
    yield "wording", _Measure(wording.alike, count)
    choices = Choices.of(models)
    yield "choices", _Measure(choices.alike, _bearing(choices))
    if any(one is not None for one in right):
        errors = Choices.of(models, right)
        wrong = [int(row.sum()) for row in errors.bears]
        yield (
            "errors",
            _Measure(errors.alike, _bearing(errors), details={"wrong_suspect": wrong[0], "wrong_teacher": wrong[1]}),
        )
    else:
        yield "errors", _Measure(None, 0, "no prompt came with its right answer")
    refusals = Refusals.of(models)
    decided = int(judged(refusals.present, 0, 1).sum())
    refused = [int(n) for n in refusals.refused.sum(axis=1)]
    why = "" if refused[1] else "the teacher refused none of these prompts"
    yield (
        "refusals",
        _Measure(refusals.alike, decided, why, {"refused_suspect": refused[0], "refused_teacher": refused[1]}),
    )
    style = Style.of(models, seed)
    yield (
        "style",
        _Measure(
            style.alike,
            count,
            details={"writer_told_right": style.recognised(), "suspect_told_as_teacher": style.told_as_teacher()},
        ),
    )
    yield "first-tokens", _first_tokens(models)


def _first_tokens(models: Sequence[Answers]) -> _Measure:
    if any(one.next_tokens is None for one in models):
        return _Measure(None, 0, "not every model shows log-probabilities")
    lacking = too_much_missing({one.name: one.shown & ~one.hollow for one in models}, "not shown, or refusals,")
    kernel = FirstTokens.of(models)
    return _Measure(kernel.alike, len(kernel.values), lacking)


def _bearing(choices: Choices) -> int:
    """Prompts that bear on suspect and teacher both."""
    return int((choices.bears[0] & choices.bears[1] & judged(choices.present, 0, 1)).sum())


def _as_test(name: str, test: PairTest, measure: _Measure, controls: Sequence[str], level: float) -> Test:
    alike = None if measure.alike is None else measure.alike(0, 1)
    values = np.full((len(controls) + 2,) * 2, np.nan) if alike is None else alike.values
    reach = errors_found(len(controls), level / len(BEHAVIOUR_TESTS))
    return Test(
        name,
        "behaviour",
        BEHAVIOUR_TESTS[name],
        NULL,
        ASSUMPTION,
        p_value=test.p_value,
        exact_p=test.exact_p,
        exact_floor=test.exact_floor,
        observed=test.observed,
        expected=test.expected,
        error=test.error,
        degrees=test.degrees,
        detectable=float(reach * test.error),
        controls={n: float(values[1, 2 + i]) for i, n in enumerate(controls) if not np.isnan(values[1, 2 + i])},
        null_points=test.null_points,
        statistic=test.t,
        prompts=measure.prompts,
        details=measure.details or {},
    )
