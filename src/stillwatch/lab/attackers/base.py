"""What every attacker has: a budget, a ledger of what it spent, a student, a way to ask.

``Attack.ask`` is the only road to the teacher and ``Attack.fit`` the only one to the student, so
that queries, response words and optimiser steps are counted whatever the strategy does.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from stillwatch.core import BadSetting
from stillwatch.lab.exposures import Exposure, Responses
from stillwatch.lab.sft import fine_tune
from stillwatch.lab.tasks import Skill, StepTask, Words
from stillwatch.lab.teachers import Teacher
from stillwatch.lab.training import Recipe, TrainingSet, train

__all__ = ["STRATEGIES", "Attack", "Attacker", "Budget", "Spent", "read_attacker"]

STRATEGIES = ("passive", "adaptive", "interrogation", "inversion", "mixed")


@dataclass(frozen=True, slots=True)
class Attacker:
    """What an attacker does.

    Attributes:
        strategy: one of ``STRATEGIES``.
        share: for ``inversion``, the share of the queries that are bought off-platform with reasoning in
            the open; for ``mixed``, the share that goes to another provider's teacher.
        keep_refusals: share of the refusals left in the training data.
    """

    strategy: str = "passive"
    share: float = 0.0
    keep_refusals: float = 0.0

    @property
    def name(self) -> str:
        """The short name; ``read_attacker`` reads it back."""
        name = f"{self.strategy}-{self.share:g}" if self.share else self.strategy
        return f"{name},keep-{self.keep_refusals:g}" if self.keep_refusals else name


def read_attacker(name: str) -> Attacker:
    """The attacker of a short name, such as ``passive``, ``mixed-0.5`` or ``passive,keep-0.1``.

    Raises:
        BadSetting: the name says nothing.

    >>> read_attacker("mixed-0.5,keep-1").keep_refusals
    1.0
    """
    found = re.fullmatch(r"([a-z]+)(?:-(0?\.\d+|0|1))?(?:,keep-(\d*\.?\d+))?", name)
    if found is None or found[1] not in STRATEGIES or not 0 <= float(found[3] or 0) <= 1:
        raise BadSetting(
            f"no attacker is called {name!r}", where="setting attackers", hint=f"one of {', '.join(STRATEGIES)}"
        )
    default = {"inversion": 0.1, "mixed": 0.5}.get(found[1], 0.0)
    if found[2] and not default:
        raise BadSetting(f"{found[1]} takes no share", where="setting attackers")
    return Attacker(found[1], float(found[2]) if found[2] else default, float(found[3] or 0))


@dataclass(frozen=True, slots=True)
class Budget:
    """What an attacker may spend.

    Attributes:
        queries: prompts answered.
        student_steps: optimiser steps of the student.
        response_tokens: words received; None for no limit. Asking stops at the last whole batch below it.
    """

    queries: int
    student_steps: int = 450
    response_tokens: int | None = None


@dataclass(slots=True)
class Spent:
    """What an attacker did spend, and what it was left with.

    Attributes:
        queries: prompts answered, at whichever teacher.
        response_tokens: words received.
        generated_tokens: words the teacher wrote, hidden ones included.
        student_steps: optimiser steps of the student.
        rebuilder_steps: optimiser steps of a rebuilder of traces.
        refusals_met: refusals among the answers.
        refusals_kept: refusals in the training data.
        exchanges_trained: exchanges the student was last trained on.
    """

    queries: int = 0
    response_tokens: int = 0
    generated_tokens: int = 0
    student_steps: int = 0
    rebuilder_steps: int = 0
    refusals_met: int = 0
    refusals_kept: int = 0
    exchanges_trained: int = 0


_AT_ONCE = 256


@dataclass(slots=True)
class Attack:
    """One attack under way.

    Attributes:
        task: what is asked about; an attacker uses its form, never its secret.
        teacher: who is asked.
        open_teacher: the same teacher with its reasoning in the open, for transcripts bought elsewhere.
        other_teacher: another provider's teacher of the same skill.
        exposure: what is asked for.
        budget: the limits.
        attacker: the strategy and its numbers.
        student: a model, trained in place.
        recipe: how it is trained; its steps are the budget's.
        seed: of every draw.
        held_out: prompts that the evaluation uses, and no attacker asks.
    """

    task: Skill
    teacher: Teacher
    open_teacher: Teacher
    other_teacher: Teacher | None
    exposure: Exposure
    budget: Budget
    attacker: Attacker
    student: Any
    recipe: Recipe
    seed: int
    held_out: frozenset[Words]
    spent: Spent = field(default_factory=Spent)
    losses: list[float] = field(default_factory=list)
    _hash: Any = field(default_factory=hashlib.sha256)
    _asked: int = 0

    @property
    def step_task(self) -> StepTask:
        """The task, for strategies that use the form of its steps.

        Raises:
            BadSetting: it is one of plain text, whose steps have no known form.
        """
        if not isinstance(self.task, StepTask):
            raise BadSetting(
                f"{self.attacker.strategy} needs a task made of known steps",
                where="setting attackers",
                hint="tasks from a file take passive, mixed and interrogation",
            )
        return self.task

    def draws(self, purpose: int) -> np.random.Generator:
        """A generator of the attack's own for one purpose."""
        return np.random.default_rng([self.seed, 7, purpose])

    def natural(self, count: int, purpose: int = 0) -> list[Words]:
        """Prompts such as users ask, none of them held out."""
        return self.task.natural_prompts(count, self.draws(purpose), avoid=self.held_out)

    @property
    def queries_left(self) -> int:
        """Queries that the budget still allows."""
        return max(self.budget.queries - self.spent.queries, 0)

    def ask(
        self, prompts: Sequence[Words], teacher: Teacher | None = None, exposure: Exposure | None = None
    ) -> Responses:
        """Query within the budget, and drop the refusals that the attacker does not keep.

        Prompts beyond the budget are not asked.
        """
        teacher = teacher or self.teacher
        got = Responses([], [])
        prompts = list(prompts)[: self.queries_left]
        for at in range(0, len(prompts), _AT_ONCE):
            limit = self.budget.response_tokens
            if limit is not None and self.spent.response_tokens + self._longest(prompts[at : at + _AT_ONCE]) > limit:
                break
            self._asked += 1
            seed = self.seed * 100_003 + self._asked
            answers = teacher.query(prompts[at : at + _AT_ONCE], exposure or self.exposure, seed)
            self.spent.queries += len(answers)
            self.spent.response_tokens += answers.tokens
            self.spent.generated_tokens += answers.generated
            got = got + answers
        return self._filter(got)

    def _longest(self, prompts: Sequence[Words]) -> int:
        return len(prompts) * (self.task.longest_response() + 2)

    def _filter(self, got: Responses) -> Responses:
        refused = [self.task.refuses(one.ids) for one in got.shown]
        lots = self.draws(100 + self._asked).random(len(refused))
        keep = [not no or bool(lot < self.attacker.keep_refusals) for no, lot in zip(refused, lots, strict=True)]
        self.spent.refusals_met += sum(refused)
        self.spent.refusals_kept += sum(no and kept for no, kept in zip(refused, keep, strict=True))
        return got.where(keep)

    def fit(self, data: Responses, steps: int | None = None) -> None:
        """Train the student on some exchanges; nothing happens where there are none."""
        self.spent.exchanges_trained = len(data)
        allowed = self.budget.student_steps - self.spent.student_steps
        steps = min(allowed if steps is None else steps, allowed)
        if len(data) == 0 or steps <= 0:
            return
        for prompt, shown in zip(data.prompts, data.shown, strict=True):
            self._hash.update(repr((prompt, shown.ids)).encode())
            for values in (shown.top_logprobs, shown.dense_logits):
                if values is not None:
                    self._hash.update(values.tobytes())
        recipe = replace(self.recipe, steps=steps)
        if recipe.trainer == "trl":
            self.losses += fine_tune(self.student, data, recipe, self.seed)
        else:
            self.losses += train(self.student, TrainingSet.of(data), recipe, self.seed)
        self.spent.student_steps += steps

    @property
    def data_hash(self) -> str:
        """SHA-256 over everything the student was trained on, in order."""
        return str(self._hash.hexdigest())
