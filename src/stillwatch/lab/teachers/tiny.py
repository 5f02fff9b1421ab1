"""The tiny teacher: trained here in seconds, kept in a folder, read back by every cell of a grid."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from transformers import AutoModelForCausalLM

from stillwatch.core.whole_files import whole_folder
from stillwatch.lab.defences import Provider
from stillwatch.lab.exposures import Responses, Shown
from stillwatch.lab.models import make_tiny, save_model
from stillwatch.lab.tasks import StepTask, Words
from stillwatch.lab.training import Recipe, TrainingSet, train

__all__ = ["TinyTeacher", "load_tiny", "train_tiny"]

_LESSONS = 16_384
_TEACHER = Recipe(steps=700, batch=64)
# Far enough to read, not far enough to know: the proxy's gradient must point at what is yet to be learnt.
_PROXY = Recipe(steps=150, batch=64)
_HELD_OUT = 256


@dataclass(frozen=True, slots=True)
class TinyTeacher:
    """A trained teacher and what its provider keeps for its defences."""

    model: Any
    proxy: Any
    held_out: tuple[tuple[Words, Words], ...]

    def provider(self, key: int) -> Provider:
        """With a watermark key."""
        return Provider(key, self.proxy, self.held_out)


def train_tiny(task: StepTask, seed: int, folder: Path) -> None:
    """Train a teacher of ``task`` and the proxy of its provider, and write both under ``folder``.

    Written to a neighbour first and renamed, so that a folder that is there is whole.
    """
    rng = np.random.default_rng([seed, task.seed, 5])
    model = make_tiny(len(task.words), seed)
    losses = train(model, _set(task.lessons(_LESSONS, rng)), _TEACHER, seed)
    proxy = make_tiny(len(task.words), seed + 1_000_003)
    train(proxy, _set(task.lessons(_LESSONS, rng)), _PROXY, seed)
    with whole_folder(folder) as draft:
        save_model(model, task.words, draft / "model")
        save_model(proxy, task.words, draft / "proxy")
        (draft / "training.json").write_text(json.dumps({"seed": seed, "steps": len(losses), "loss": losses[-1]}))


def load_tiny(task: StepTask, seed: int, folder: Path) -> TinyTeacher:
    """Read back what ``train_tiny`` wrote."""
    rng = np.random.default_rng([seed, task.seed, 6])
    return TinyTeacher(
        AutoModelForCausalLM.from_pretrained(folder / "model").eval(),
        AutoModelForCausalLM.from_pretrained(folder / "proxy").eval(),
        tuple((p, task.exchange(p, rng)) for p in task.natural_prompts(_HELD_OUT, rng, forbidden=False)),
    )


def _set(lessons: list[tuple[Words, Words]]) -> TrainingSet:
    return TrainingSet.of(Responses([p for p, _ in lessons], [Shown(r) for _, r in lessons]))
