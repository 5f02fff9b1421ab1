"""What an audit does not show, in sentences."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from stillwatch.provenance.missing import WHYS, Missing
from stillwatch.provenance.pairs import FEWEST_CONTROLS
from stillwatch.provenance.results import Test
from stillwatch.provenance.tokens import TokenMatch
from stillwatch.provenance.weights import Lineage

__all__ = ["limits", "limits_of_missing", "limits_of_tokens"]


def limits(tests: Sequence[Test], controls: int, lineage: Lineage | None, *, planted: bool) -> list[str]:
    """What an audit does not show, given what it did.

    Args:
        tests: corrected.
        controls: how many.
        lineage: of the weights.
        planted: whether a watermark was tested.
    """
    found = [
        "Agreement beyond the controls' has other causes than distillation: the same post-training data, one maker, "
        "one model trained on the other's own source. The tests see agreement; they do not see how it came about, nor "
        "who learnt from whom.",
        "The controls stand for what an unrelated suspect would be. If they are unlike it - another era, other data, "
        "another size - every p-value of behaviour is off, in either direction.",
        "Answers are the endpoints' own word. One that knows the prompts, and anybody can make those that Stillwatch "
        "makes, may have another model answer them, to look unrelated; one that passes them on to the teacher looks "
        "as if it were trained on it, and the prompts stand in the teacher's own log. Ask prompts that nobody has "
        "seen, from where nobody expects them.",
        "A rate of saying that one is another model is explained as well by web text that mentions it.",
    ]
    reached = [one.detectable for one in tests if one.family == "behaviour" and one.detectable is not None]
    if reached:
        dullest = f"one of {max(reached):.2f}" if max(reached) < 1 else "none, however large"
        found.append(
            f"A null result excludes little: on these prompts the keenest test would have found an excess of "
            f"{min(reached):.2f} four times in five, the dullest {dullest}. Less than that, or training on other kinds "
            "of prompts, is not excluded."
        )
    else:
        found.append("No test of behaviour could be made, so that nothing is excluded.")
    if FEWEST_CONTROLS <= controls < 5:
        found.append(
            f"With {controls} controls the exact p-value cannot be below {2 / ((controls + 2) * (controls + 1)):.3f}; "
            "small p-values here rest on the normality of similarities."
        )
    if lineage is not None:
        found.append(
            "The weights tell whether one model was made from the other's weights. Distillation alone leaves no mark "
            "in the weights: a student with its own initialisation looks unrelated there."
        )
    if planted:
        found.append(
            "A mark in the suspect shows that marked text of the teacher's was learnt from or passed on. It does not "
            "show who collected it: somebody may have published it in between."
        )
    else:
        found.append("No watermark was tested: the evidence is statistical throughout.")
    return found


def limits_of_missing(missing: Missing, lacking: Mapping[str, str]) -> list[str]:
    """What missing answers leave open.

    Args:
        missing: counts by model and part.
        lacking: by kind of guardrail prompt, why no gap is shown; "" where one is.
    """
    found = [f"The guardrail gap on {kind} prompts is not shown: {why}." for kind, why in lacking.items() if why]
    lost = {why: sum(counts[why] for parts in missing.values() for counts in parts.values()) for why in WHYS}
    if any(lost.values()):
        said = ", ".join(f"{count} {why}" for why, count in lost.items() if count)
        found.append(
            f"Answers are missing ({said}) and were not compared. They are seldom missing at random: what is said "
            "above holds for prompts that the models answer whole."
        )
    return found


def limits_of_tokens(tokens: TokenMatch | None) -> list[str]:
    """What is left open where the tokenizers of suspect and teacher are not known."""
    if tokens is not None:
        return []
    return [
        "Suspect or teacher does not tell how many tokens a text has, so that it is not known whether the two have a "
        "tokenizer in common that no control has: models of one family agree without distillation."
    ]
