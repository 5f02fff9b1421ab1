"""Interrogation over several turns: ask, find where the student is weak, ask there again.

A prompt is weak where the student, sampled a few times, does not give one answer every time. Probing
the student costs the provider nothing and tells it nothing; only what is then asked is a query.
"""

from __future__ import annotations

from stillwatch.lab.attackers.base import Attack
from stillwatch.lab.exposures import Responses
from stillwatch.lab.sampling import sample
from stillwatch.lab.tasks import Words

__all__ = ["interrogation"]

_TURNS = 3
_CANDIDATES = 4
_SAMPLES = 4


def interrogation(attack: Attack) -> None:
    """A third of the queries a turn; half of the steps are kept for the last training, over everything."""
    data = Responses([], [])
    share = -(-attack.budget.queries // _TURNS)
    for turn in range(_TURNS):
        asked = attack.natural(share) if turn == 0 else _weakest(attack, data, share, turn)
        data = data + attack.ask(asked)
        last = turn == _TURNS - 1
        attack.fit(data, None if last else attack.budget.student_steps // (2 * (_TURNS - 1)))


def _weakest(attack: Attack, data: Responses, count: int, turn: int) -> list[Words]:
    """Prompts not yet asked, those with the most different answers first."""
    known = frozenset(data.prompts) | attack.held_out
    candidates = attack.task.natural_prompts(_CANDIDATES * count, attack.draws(turn), avoid=known)
    answers: list[set[Words | None]] = [set() for _ in candidates]
    for i in range(_SAMPLES):
        seed = attack.seed * 1009 + turn * _SAMPLES + i
        longest = attack.task.longest_response() + 2
        found = sample(attack.student, candidates, longest=longest, end=attack.task.end, seed=seed)
        for seen, one in zip(answers, found, strict=True):
            seen.add(attack.task.read_answer(one.ids))
    order = sorted(range(len(candidates)), key=lambda i: -len(answers[i]))
    return [candidates[i] for i in order[:count]]
