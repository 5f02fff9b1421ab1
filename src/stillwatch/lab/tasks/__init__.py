"""Skills small enough to be taught and stolen in seconds, unlike one another in kind.

``codebook`` is memory: independent facts, perfectly decomposable. ``addition`` is a rule whose parts
act on each other. To add one: a file with a ``StepTask``, and its line in ``make_task``.
"""

from __future__ import annotations

from stillwatch.core import BadSetting
from stillwatch.lab.tasks.addition import Addition
from stillwatch.lab.tasks.base import Skill, StepTask, Words
from stillwatch.lab.tasks.codebook import Codebook
from stillwatch.lab.tasks.text import TextTask

__all__ = ["TASKS", "Addition", "Codebook", "Skill", "StepTask", "TextTask", "Words", "make_task"]

TASKS = ("codebook", "addition")


def make_task(name: str, seed: int = 0, provider: int = 0) -> StepTask:
    """The task of a name.

    Raises:
        BadSetting: there is none.
    """
    match name:
        case "codebook":
            return Codebook(seed, provider)
        case "addition":
            return Addition(seed, provider)
    raise BadSetting(f"no task is called {name!r}", where="setting tasks", hint=f"one of {', '.join(TASKS)}")
