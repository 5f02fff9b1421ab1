"""Purpose: what training data looks like, in wording and in what a request asks for beside its text.

Often carried by the text that structure saw, which would count it twice: it weighs in links and portraits, and convicts
nobody.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt

from stillwatch.core.counted import percent
from stillwatch.evidence.base import Counted, Example, Family, Level, Null, Observed, Value
from stillwatch.evidence.log_profile import I64, LogProfile
from stillwatch.evidence.p_values import tail_p
from stillwatch.evidence.thresholds import DRAWS_HABIT, LEAST_MEMBERS, MAJORITY
from stillwatch.sketching import Wording

__all__ = ["ELICITATION", "FAMILY", "TACTICS"]

ELICITATION = Wording(
    "cot_elicitation",
    "ask for the reasoning to be written out",
    r"step[- ]by[- ]step|chain[- ]of[- ]thought|think (aloud|out loud)|let'?s think|"
    r"(show|write out|give|include|explain|reveal|describe|lay out|spell out|document)[a-z ,]{0,24} (reasoning|thought process|working|derivation|thinking)|"
    r"reasoning (trace|process|steps|path)|every (intermediate )?(step|inference)|before (you answer|answering|giving)|"
    r"paso a paso|razonamiento|schritt für schritt|gedankengang|étape par étape|raisonnement|passo a passo|raciocínio|"
    r"一步一步|逐步|思考过程|推理过程|ステップ|段階的|思考過程|пошагово|шаг за шагом|ход рассуждений|خطوة بخطوة",
    "Show your full reasoning before the answer.",
)

TACTICS: tuple[Wording, ...] = (
    ELICITATION,
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

_SETTINGS: tuple[tuple[str, str, str, tuple[str, ...]], ...] = (
    ("logprobs", "ask for log-probabilities", "logprobs OR top_logprobs > 0", ("logprobs", "top_logprobs")),
    ("many_answers", "ask for several answers at once", "n > 1", ("n",)),
    (
        "full_length",
        "have the answer run up to the length allowed",
        "output_tokens >= 0.95 * max_tokens OR stop_reason IN ('length', 'max_tokens', 'MAX_TOKENS')",
        ("output_tokens", "max_tokens", "stop_reason"),
    ),
)
"""What a request asks for beside its text, where that is what training data is made with: name, words, SQL, columns."""


class Purpose(Family):
    """Wording and settings that make training data, in more of the requests than elsewhere."""

    name = "purpose"
    sees = "what training data looks like"
    side = "context"
    reads = ("prompt", *(column for *_, columns in _SETTINGS for column in columns))
    blind_spot = "Prompts that ask for training data in words of their own, and questions that merely become it."
    wordings = TACTICS
    values: ClassVar[Mapping[str, Value]] = {
        f"{name}_{part}": Value(sql, "sum")
        for name, _, setting, columns in _SETTINGS
        for part, sql in (
            ("hits", f"sum(coalesce({setting}, false)::INT)::BIGINT"),
            ("told", f"count(coalesce({', '.join(f'{column}::VARCHAR' for column in columns)}))"),
        )
    }
    examples = (
        Example(
            "they have the reasoning written out",
            {
                "prompt": lambda rng, account, row: (
                    f"Item {rng.integers(10**9)}: show your full reasoning, step by step."
                )
            },
            seen=True,
        ),
        Example("they ask for log-probabilities", {"logprobs": lambda rng, account, row: True}, seen=True),
        Example("they ask as everybody does", {}, seen=False),
    )

    def derive(self, log: LogProfile, counted: Counted) -> npt.NDArray[np.float32]:
        """Share of each entity's requests with each tactic's wording, then with each setting: E x habits.

        NaN in a column that no record of the log has; where others have it, a request without it did not ask.
        """
        habits = [log.wording[self.name]]
        for name, *_ in _SETTINGS:
            share = log.columns[f"{name}_hits"] / np.maximum(log.exchanges, 1)
            if not np.any(log.columns[f"{name}_told"] > 0):
                share = np.full(len(log), np.nan)
            habits.append(np.asarray(share, np.float32)[:, None])
        return np.asarray(np.concatenate(habits, axis=1), np.float32)

    def pair_columns(self, log: LogProfile, a: I64, b: I64) -> Mapping[str, npt.NDArray[Any]]:
        """The tactic that most of both entities' prompts have."""
        both = np.minimum(log.wording[self.name][a], log.wording[self.name][b]).max(axis=1, initial=0.0)
        return {"purpose": both}

    def levels(self, log: LogProfile) -> Sequence[Level]:
        """One tactic in most, or many, of both entities' prompts."""
        return (
            Level("most prompts of both", "p.purpose > 0.6", 0.25),
            Level("many prompts of both", "p.purpose > 0.25", 0.2),
        )

    def test(self, log: LogProfile, members: I64, null: Null, *, least: int = LEAST_MEMBERS) -> Iterable[Observed]:
        """One test a habit; the strongest speaks. What a few of the members do is no habit of the group: in a log where
        nobody else does it, one of them would be a rarity that any group may hold."""
        rates = log.derived[self.name]
        says = [*((w.says, ", judged by their wording,") for w in TACTICS), *((said, ",") for _, said, *_ in _SETTINGS)]
        groups = null.matched(members, DRAWS_HABIT)
        for column in np.flatnonzero(np.isfinite(rates).all(axis=0)):
            mine, elsewhere = float(rates[members, column].mean()), float(rates[:, column].mean())
            said, by = says[column]
            theirs = (rates[members, column] > 0).mean() > MAJORITY
            yield Observed(
                tail_p(rates[:, column][groups].mean(axis=1), mine) if theirs else 1.0,
                f"share of requests that {said}",
                mine,
                elsewhere,
                f"Of these accounts' requests{by} {percent(mine)} {said}; of an average account's, {percent(elsewhere)}.",
            )


FAMILY = Purpose()
