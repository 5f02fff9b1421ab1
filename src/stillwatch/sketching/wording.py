"""What a prompt is for, where its wording says so: wording that makes training data.

Each tactic is one pattern over the prompt, in several languages. A match is an observation about
wording alone: students ask for steps, evaluation frameworks grade by rubric. To add a tactic, add
an entry to ``TACTICS``; its example is tested.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

__all__ = ["TACTICS", "TARGETS", "Wording", "purpose_flags", "target_flags"]


@dataclass(frozen=True, slots=True)
class Wording:
    """A pattern (RE2, any case) and what a match is called."""

    name: str
    says: str
    pattern: str
    example: str


TACTICS: tuple[Wording, ...] = (
    Wording(
        "cot_elicitation",
        "ask for the reasoning to be written out",
        r"step[- ]by[- ]step|chain[- ]of[- ]thought|think (aloud|out loud)|let'?s think|"
        r"(show|write out|give|include|explain|reveal|describe|lay out|spell out|document)[a-z ,]{0,24} (reasoning|thought process|working|derivation|thinking)|"
        r"reasoning (trace|process|steps|path)|every (intermediate )?(step|inference)|before (you answer|answering|giving)|"
        r"paso a paso|razonamiento|schritt für schritt|gedankengang|étape par étape|raisonnement|passo a passo|raciocínio|"
        r"一步一步|逐步|思考过程|推理过程|ステップ|段階的|思考過程|пошагово|шаг за шагом|ход рассуждений|خطوة بخطوة",
        "Show your full reasoning before the answer.",
    ),
    Wording(
        "rubric_grading",
        "have the model grade answers by a rubric",
        r"rubric|(score|rate|grade|evaluate|assess|judge)[a-z ,]{0,60}(from|between|on a scale|scale of|out of|0-|1-|according to|criteria)|"
        r"which (response|answer|completion|candidate)[a-z ]{0,12} (is )?(better|preferred|stronger)|(impartial|strict|expert) (judge|grader|evaluator)|reward model|preference (label|pair|score)",
        "You are an impartial judge. Score the response from 1 to 10.",
    ),
    Wording(
        "data_generation",
        "have the model write training data",
        r"(generate|create|write|produce|come up with|compose)[a-z ]{0,16}( \d+| set of| list of| diverse| several| many)[a-z ,-]{0,40}"
        r"(instructions?|questions?|tasks?|examples?|samples?|prompts?|pairs|dialogues|conversations|problems)|"
        r"task instructions|instruction[- ](response|following|tuning)|training (data|examples?|samples?|set)|synthetic (data|examples?)|fine-?tun(e|ing)|question[- ]answer pairs|self-?instruct",
        "Come up with a set of 20 diverse task instructions.",
    ),
    Wording(
        "guard_evasion",
        "ask that safeguards stay quiet",
        r"(do not|don'?t|never|without)[a-z ]{0,20} (flag|refus|warn|disclaim|moraliz|moralis|lectur|block)|(bypass|evade|avoid|get around)[a-z ]{0,20} (filter|policy|policies|safeguard|refusal|detection)|"
        r"(rewrite|rephrase|soften)[a-z ]{0,40}(sensitive|censor|policy|refus)",
        "Rewrite the sensitive answer, and do not flag it.",
    ),
)
"""Tactics, each a bit of the flags in this order."""

TARGETS: tuple[Wording, ...] = (
    Wording(
        "coding",
        "code",
        r"\b(code|function|python|javascript|java|c\+\+|sql|bug|compile|refactor|unit test|repository|script|class|api)\b",
        "Write a Python function.",
    ),
    Wording(
        "tool use and agents",
        "tools",
        r"\b(tool|tools|api call|function call|agent|browser|click|screenshot|shell|terminal|plan the|orchestrat|endpoint|schema)",
        "Choose a tool and click the button.",
    ),
    Wording(
        "reasoning and mathematics",
        "mathematics",
        r"\b(how many|calculate|solve|equation|prove|theorem|probability|integral|percent|sum of|reasoning)\b",
        "How many apples are left?",
    ),
    Wording("grading", "grading", r"rubric|\b(score|grade|judge|evaluate)\b", "Grade this answer."),
    Wording(
        "writing and roleplay",
        "writing",
        r"\b(story|poem|essay|blog|email|character|roleplay|act as|dialogue)\b",
        "Write a story about a fox.",
    ),
    Wording(
        "translation",
        "translation",
        r"translat|übersetz|traduc|traduz|翻译|翻訳|перевед",
        "Translate this to German.",
    ),
    Wording(
        "sensitive answers",
        "sensitive",
        r"\b(censor|politic|sensitive|refus|harmful|weapon|protest|regime)",
        "Rewrite this sensitive answer.",
    ),
)
"""Capabilities a prompt draws on, for a campaign's portrait; a prompt may draw on several."""


def _flags(prompts: pa.Array, wordings: tuple[Wording, ...]) -> npt.NDArray[np.bool_]:
    columns = [
        np.asarray(pc.fill_null(pc.match_substring_regex(prompts, w.pattern, ignore_case=True), False))
        for w in wordings
    ]
    return np.stack(columns, axis=1) if len(prompts) else np.zeros((0, len(wordings)), np.bool_)


def purpose_flags(prompts: pa.Array) -> npt.NDArray[np.bool_]:
    """Which tactics' wording each prompt has: n x len(TACTICS)."""
    return _flags(prompts, TACTICS)


def target_flags(prompts: pa.Array) -> npt.NDArray[np.bool_]:
    """Which capabilities each prompt draws on: n x len(TARGETS)."""
    return _flags(prompts, TARGETS)
