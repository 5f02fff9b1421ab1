"""The adaptive attacker: takes the question apart, asks the parts, composes the reasoning itself.

Hidden reasoning is no loss to it: the answer to a question of one step is that step. What it
composes costs no query, so that a few hundred answers make any number of training exchanges. It
knows the form of the task (which steps there are, how they chain), never a fact.
"""

from __future__ import annotations

from collections import Counter

import numpy as np

from stillwatch.lab.attackers.base import Attack
from stillwatch.lab.exposures import Responses, Shown
from stillwatch.lab.tasks import Words

__all__ = ["adaptive"]

_COMPOSED = 4096
_TRIED = 4 * _COMPOSED


def adaptive(attack: Attack) -> None:
    """Ask every short question, again and again while queries last; believe the commonest answer; compose; train."""
    task = attack.step_task
    votes: dict[Words, Counter[Words]] = {}
    wordings: list[Words] = []
    for turn in range(1, 1000):
        answers = attack.ask(task.short_prompts(attack.draws(turn)))
        for prompt, shown in zip(answers.prompts, answers.shown, strict=True):
            answer = task.read_answer(shown.ids)
            if answer:
                votes.setdefault(prompt, Counter())[answer] += 1
            wordings.append(shown.ids[: _wording_length(shown.ids, task.answer_start(shown.ids))])
        if attack.queries_left == 0 or not answers.prompts:
            break
    facts: dict[Words, Words] = {}
    for prompt, answers_seen in votes.items():
        task.learn_fact(facts, prompt, answers_seen.most_common(1)[0][0])
    attack.fit(_compose(attack, facts, wordings, attack.draws(2000)))


def _wording_length(ids: Words, answer_start: int) -> int:
    # Words before the answer that are not its reasoning: as many as every response begins with.
    return min(3, answer_start)


def _compose(attack: Attack, facts: dict[Words, Words], wordings: list[Words], rng: np.random.Generator) -> Responses:
    task = attack.step_task
    data = Responses([], [])
    for prompt in task.natural_prompts(_TRIED, rng, avoid=attack.held_out):
        steps = task.compose(facts, prompt)
        if steps is not None:
            wording = wordings[int(rng.integers(len(wordings)))]
            data.prompts.append(prompt)
            data.shown.append(Shown(task.write(wording, steps, task.conclude(prompt, steps))))
        if len(data) == _COMPOSED:
            break
    return data
