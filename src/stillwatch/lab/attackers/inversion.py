"""Trace inversion (after arXiv 2603.07267): the reasoning rebuilt from what a summary and an answer leave.

A share of the exchanges is bought off-platform, with the reasoning in the open. On those, and on
summaries that happen to have left nothing out, the attacker plays the interface (elides steps itself)
and trains a rebuilder: prompt and what is shown in, the whole response out. An eighth of the whole
exchanges is kept from it as a check: a rebuilder that gets the reasoning of fewer than half of those
right is thrown away, and the student learns from what is whole alone. One that passes completes the
rest; a rebuilt response whose answer is not the one given is thrown away.
"""

from __future__ import annotations

import copy
from dataclasses import replace

from stillwatch.lab.attackers.base import Attack
from stillwatch.lab.exposures import Exposure, Responses, Shown, elide
from stillwatch.lab.sampling import sample
from stillwatch.lab.tasks import StepTask, Words
from stillwatch.lab.training import TrainingSet, train

__all__ = ["inversion"]

_MASKINGS = 4
_CHECKED = 8
_GOOD_ENOUGH = 0.5


def inversion(attack: Attack) -> None:
    """Buy, ask, rebuild, train on all of it."""
    prompts = attack.natural(attack.budget.queries)
    bought = round(attack.attacker.share * len(prompts))
    text = replace(attack.exposure, logprobs=None, rounding=0.0)
    whole = attack.ask(prompts[:bought], attack.open_teacher, Exposure())
    seen = attack.ask(prompts[bought:], exposure=text)
    complete = [
        len(attack.step_task.reasoning_steps(shown.ids)) == attack.step_task.depth(prompt)
        for prompt, shown in zip(seen.prompts, seen.shown, strict=True)
    ]
    whole = whole + seen.where(complete)
    partial = seen.where([not one for one in complete])
    if len(whole) and len(partial):
        whole = whole + _rebuild(attack, whole, partial, attack.teacher.shows(text))
    attack.fit(whole)


def _rebuild(attack: Attack, whole: Responses, partial: Responses, shown: Exposure) -> Responses:
    task, rng = attack.step_task, attack.draws(1)
    check = whole.where([i % _CHECKED == 0 for i in range(len(whole))])
    known = whole.where([i % _CHECKED != 0 for i in range(len(whole))])
    if not len(known):
        return Responses([], [])
    pairs = Responses([], [])
    for _ in range(_MASKINGS):
        masked = [elide(full, shown, task, rng) for full in known.shown]
        pairs.prompts.extend(_question(p, one.ids) for p, one in zip(known.prompts, masked, strict=True))
        pairs.shown.extend(Shown(full.ids) for full in known.shown)
    # The student as it came, untrained: the attacker has no better model than the one it wants to improve.
    rebuilder = copy.deepcopy(attack.student)
    train(rebuilder, TrainingSet.of(pairs), replace(attack.recipe, steps=attack.budget.student_steps), attack.seed + 1)
    attack.spent.rebuilder_steps += attack.budget.student_steps
    longest = task.longest_response() + 2
    tested = [_question(p, elide(s, shown, task, rng).ids) for p, s in zip(check.prompts, check.shown, strict=True)]
    passed = [
        _reasoning(task, one.ids) == _reasoning(task, full.ids)
        for one, full in zip(
            sample(rebuilder, tested, longest=longest, end=task.end, greedy=True), check.shown, strict=True
        )
    ]
    if sum(passed) < _GOOD_ENOUGH * len(passed):
        return Responses([], [])
    asked = [_question(p, s.ids) for p, s in zip(partial.prompts, partial.shown, strict=True)]
    rebuilt = sample(rebuilder, asked, longest=longest, end=task.end, greedy=True)
    agrees = [
        task.read_answer(one.ids) == task.read_answer(given.ids)
        for one, given in zip(rebuilt, partial.shown, strict=True)
    ]
    return Responses(partial.prompts, [Shown(one.ids) for one in rebuilt]).where(agrees)


def _reasoning(task: StepTask, response: Words) -> list[Words]:
    return [tuple(response[start:stop]) for start, stop in task.reasoning_steps(response)]


def _question(prompt: Words, shown: Words) -> Words:
    """What the rebuilder reads: the prompt, then what was shown, its end included."""
    return (*prompt, *shown)
