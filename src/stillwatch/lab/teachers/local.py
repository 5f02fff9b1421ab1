"""A teacher that runs here: the tiny one, or any transformers causal language model."""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce
from typing import Any

import numpy as np

from stillwatch.lab.defences import Defence, Provider
from stillwatch.lab.exposures import Exposure, Responses, elide, reveal
from stillwatch.lab.sampling import Sample, sample
from stillwatch.lab.tasks import Skill, Words

__all__ = ["LocalTeacher"]


class LocalTeacher:
    """A model behind an interface with defences.

    Args:
        model: any transformers causal language model over the task's words.
        task: what it was taught.
        defences: applied in order, to what is shown and to what is sampled.
        provider: what the defences may know.
    """

    def __init__(
        self, model: Any, task: Skill, defences: Sequence[Defence] = (), provider: Provider | None = None
    ) -> None:
        self.model = model
        self.task = task
        self.defences = tuple(defences)
        made = [defence.shaper(provider or Provider(key=0)) for defence in self.defences]
        self._shapers = [shaper for shaper in made if shaper is not None]

    def shows(self, exposure: Exposure) -> Exposure:
        """What a caller who asks for an exposure is shown."""
        return reduce(lambda shown, defence: defence.limit(shown), self.defences, exposure)

    def sample(self, prompts: Sequence[Words], seed: int, *, want_logits: bool = False) -> list[Sample]:
        """Responses before the interface: words as sampled at temperature one, under the defences."""
        found: list[Sample] = sample(
            self.model,
            prompts,
            longest=self.task.longest_response() + 2,
            end=self.task.end,
            seed=seed,
            shapers=self._shapers,
            want_logits=want_logits,
        )
        return found

    def query(self, prompts: Sequence[Words], exposure: Exposure, seed: int = 0) -> Responses:
        """Ask, and get what the interface shows.

        Args:
            prompts: word identifiers.
            exposure: what is asked for; the defences may show less.
            seed: of the sampling and of what summaries leave out.
        """
        found = self.sample(prompts, seed, want_logits=self.shows(exposure).logprobs is not None)
        return self.show(prompts, found, exposure, seed)

    def show(self, prompts: Sequence[Words], found: Sequence[Sample], exposure: Exposure, seed: int) -> Responses:
        """What the interface shows of responses that ``sample`` gave to these prompts.

        Args:
            prompts: word identifiers.
            found: with logits where the exposure shows any.
            exposure: what is asked for.
            seed: of what summaries leave out.
        """
        shown, task = self.shows(exposure), self.task
        rng = np.random.default_rng([seed, 3])
        return Responses(
            list(prompts),
            [elide(reveal(one.ids, one.logits, shown), shown, task, rng) for one in found],
            generated=sum(len(one.ids) for one in found),
        )
