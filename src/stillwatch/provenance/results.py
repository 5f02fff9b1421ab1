"""What a test says: its null, its assumption, its p-value, and where the controls lie."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

__all__ = ["FAMILIES", "Family", "Test", "not_tested"]

Family = Literal["identity", "behaviour", "planted"]
FAMILIES: tuple[Family, ...] = ("identity", "behaviour", "planted")


@dataclass(frozen=True, slots=True)
class Test:
    """One hypothesis test of an audit.

    Attributes:
        name: short, stable, as in ``audit.json``.
        family: what kind of evidence it is; identity counts least.
        title: what it looks at, for readers.
        null: what is supposed where nobody was trained on anything; what p is a probability under.
        assumption: what p rests on beyond that.
        p_value: None where it was not tested.
        holm_p: the same after Holm's correction over the audit's tests; filled in by the audit.
        exact_p: rank of the pair (suspect, teacher) among all pairs of models, or another exact p.
        exact_floor: the least that ``exact_p`` can be with so many models.
        observed: similarity of suspect and teacher, or the rate that is tested.
        expected: what pairs of the same models lead one to expect.
        error: standard error of ``observed - expected``, from model to model.
        degrees: of freedom of that error.
        detectable: excess that would be found four times in five at the audit's level.
        controls: each control's similarity to the teacher.
        null_points: the statistic of every other pair, each held as the suspect's is.
        statistic: the pair's own.
        prompts: how many bear on it.
        details: further figures.
        why_not: why it was not tested.
    """

    __test__ = False  # pytest: this is no test of ours.

    name: str
    family: Family
    title: str
    null: str
    assumption: str
    p_value: float | None = None
    holm_p: float | None = None
    exact_p: float | None = None
    exact_floor: float | None = None
    observed: float | None = None
    expected: float | None = None
    error: float | None = None
    degrees: int | None = None
    detectable: float | None = None
    controls: Mapping[str, float] = field(default_factory=dict)
    null_points: tuple[float, ...] = ()
    statistic: float | None = None
    prompts: int = 0
    details: Mapping[str, float | int | str] = field(default_factory=dict)
    why_not: str = ""

    @property
    def excess(self) -> float | None:
        """Observed less expected."""
        if self.observed is None or self.expected is None:
            return None
        return self.observed - self.expected

    @property
    def beyond_all(self) -> bool:
        """Whether no pair with a control lies as far out: asked of behaviour before it counts as more than weak."""
        return self.statistic is not None and all(point < self.statistic for point in self.null_points)


def not_tested(name: str, family: Family, title: str, null: str, assumption: str, why: str) -> Test:
    """A test that was not made, and why: a report leaves nothing out in silence."""
    return Test(name, family, title, null, assumption, why_not=why)
