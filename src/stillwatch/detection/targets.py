"""Capabilities that a prompt draws on, for a campaign's portrait; a prompt may draw on several."""

from __future__ import annotations

from stillwatch.sketching import Wording

__all__ = ["TARGETS"]

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
