"""The teacher's watermark, tested in the suspect's answers."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from stillwatch.provenance.results import Family, Test, not_tested
from stillwatch.watermark import Scheme, Text, measure_mark

__all__ = ["Mark", "mark_test"]


@dataclass(frozen=True)
class Mark:
    """A watermark of the teacher's and how to read it.

    Attributes:
        scheme: how it is made, with the provider's secret key.
        encode: text to the token numbers that the mark was made over.
        reference: the provider's own answers to the same prompts, made without the mark; the controls' answers
            where there are none.
    """

    scheme: Scheme
    encode: Callable[[str], Sequence[int]]
    reference: Sequence[tuple[str, str]] = ()


_MARK: tuple[str, Family, str, str, str] = (
    "radioactivity",
    "planted",
    "Watermark of the teacher's text",
    "The provider's key played no part in the suspect's text: it is one of many keys that nobody used.",
    "The other keys are drawn as the provider's was. Exact, whatever the text is like; more keys are tried while none "
    "fits better, and p cannot be less than 1 in all of them.",
)


def mark_test(
    mark: Mark, suspect: Sequence[tuple[str, str]], controls: Sequence[tuple[str, str]], *, seed: int
) -> Test:
    """The key-permutation test of ``watermark.radioactivity`` on the suspect's answers.

    Args:
        mark: to look for.
        suspect: prompts and answers. Cut ones count: the test is exact whatever the text is like.
        controls: the same of all controls, unmarked text where the mark brings none.
        seed: of the other keys.
    """

    def coded(texts: Sequence[tuple[str, str]]) -> list[Text]:
        pairs = [(mark.encode(prompt), mark.encode(text)) for prompt, text in texts]
        return [(prompt, text) for prompt, text in pairs if prompt and text]

    said, others = coded(suspect), coded(list(mark.reference) or controls)
    if mark.scheme.needs_unmarked and not others:
        return not_tested(*_MARK, "needs unmarked text to compare with: a reference file, or controls")
    if not mark.scheme.sample(said, others).words:
        return not_tested(*_MARK, "the suspect said nothing that could carry a mark")
    found = measure_mark(mark.scheme, said, others, seed=seed)
    return Test(
        *_MARK,
        p_value=found.p_value,
        exact_p=found.p_value,
        exact_floor=1 / (1 + mark.scheme.stages[-1]),
        statistic=found.z,
        prompts=len(said),
        details={"words": found.words, "keys": found.keys, "z_over_keys": found.z},
    )
