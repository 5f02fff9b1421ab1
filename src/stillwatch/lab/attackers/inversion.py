"""Trace inversion (after arXiv 2603.07267): the reasoning rebuilt from what a summary and an answer leave.

A share of the exchanges is bought off-platform, with the reasoning in the open. On those, and on
summaries that happen to have left nothing out, the attacker plays the interface (elides steps itself)
and trains a rebuilder: prompt and what is shown in, the whole response out. The rebuilder then
completes the rest; a rebuilt response whose answer is not the one given is thrown away.
"""

from __future__ import annotations

import copy
from dataclasses import replace

from stillwatch.lab.attackers.base import Attack
from stillwatch.lab.exposures import Exposure, Responses, Shown, show
from stillwatch.lab.sampling import sample
from stillwatch.lab.tasks import Words
from stillwatch.lab.training import TrainingSet, train

__all__ = ["inversion"]

_MASKINGS = 4


def inversion(attack: Attack) -> None:
    """Buy, ask, rebuild, train on all of it."""
    prompts = attack.natural(attack.budget.queries)
    bought = round(attack.attacker.share * len(prompts))
    text = replace(attack.exposure, logprobs=None, rounding=0.0)
    whole = attack.ask(prompts[:bought], attack.open_teacher, Exposure())
    seen = attack.ask(prompts[bought:], exposure=text)
    complete = [
        len(attack.task.reasoning_steps(shown.ids)) == attack.task.depth(prompt)
        for prompt, shown in zip(seen.prompts, seen.shown, strict=True)
    ]
    whole = whole + seen.where(complete)
    partial = seen.where([not one for one in complete])
    if len(whole) and len(partial):
        whole = whole + _rebuild(attack, whole, partial, attack.teacher.shows(text))
    attack.fit(whole)


def _rebuild(attack: Attack, whole: Responses, partial: Responses, shown: Exposure) -> Responses:
    task, rng = attack.task, attack.draws(1)
    pairs = Responses([], [])
    for _ in range(_MASKINGS):
        for prompt, full in zip(whole.prompts, whole.shown, strict=True):
            masked = show(full.ids, None, shown, task.reasoning_steps, task.answer_start, rng)
            pairs.prompts.append(_question(prompt, masked.ids))
            pairs.shown.append(Shown(full.ids))
    # The student as it came, untrained: the attacker has no better model than the one it wants to improve.
    rebuilder = copy.deepcopy(attack.student)
    train(rebuilder, TrainingSet.of(pairs), replace(attack.recipe, steps=attack.budget.student_steps), attack.seed + 1)
    attack.spent.rebuilder_steps += attack.budget.student_steps
    asked = [_question(p, s.ids) for p, s in zip(partial.prompts, partial.shown, strict=True)]
    rebuilt = sample(rebuilder, asked, longest=task.longest_response() + 2, end=task.end, greedy=True)
    agrees = [
        task.read_answer(one.ids) == task.read_answer(given.ids)
        for one, given in zip(rebuilt, partial.shown, strict=True)
    ]
    return Responses(partial.prompts, [Shown(one.ids) for one in rebuilt]).where(agrees)


def _question(prompt: Words, shown: Words) -> Words:
    """What the rebuilder reads: the prompt, then what was shown, its end included."""
    return (*prompt, *shown)
