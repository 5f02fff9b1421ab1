"""``hf:PATH``: any transformers causal language model in a folder, as teacher or as student."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from transformers import AutoModelForCausalLM, AutoTokenizer

from stillwatch.core import BadSetting, UnreadableInput
from stillwatch.lab.exposures import Exposure, Responses, Shown, elide
from stillwatch.lab.sampling import sample
from stillwatch.lab.tasks import Skill, Words

__all__ = ["TranslatingTeacher", "load_model", "load_tokenizer"]


def load_model(path: Path) -> Any:
    """A causal language model of a folder, on the GPU where there is one.

    Raises:
        UnreadableInput: the folder holds none.
    """
    try:
        model = AutoModelForCausalLM.from_pretrained(path, local_files_only=True)
    except (OSError, ValueError) as error:
        raise UnreadableInput(f"no causal language model: {error}", where=str(path)) from error
    return model.to("cuda" if torch.cuda.is_available() else "cpu").eval()


def load_tokenizer(path: Path) -> Any:
    """The tokenizer of a folder.

    Raises:
        UnreadableInput: the folder holds none, or one without an end of text.
    """
    try:
        tokenizer = AutoTokenizer.from_pretrained(path, local_files_only=True)
    except (OSError, ValueError) as error:
        raise UnreadableInput(f"no tokenizer: {error}", where=str(path)) from error
    if tokenizer.eos_token_id is None:
        raise UnreadableInput("the tokenizer has no end of text", where=str(path))
    return tokenizer


class TranslatingTeacher:
    """A local model whose words are not the student's: only text passes between them.

    Args:
        model: the teacher.
        tokenizer: its own.
        task: whose words prompts and responses are in.
    """

    def __init__(self, model: Any, tokenizer: Any, task: Skill) -> None:
        self.model, self._tokenizer, self.task = model, tokenizer, task

    def shows(self, exposure: Exposure) -> Exposure:
        """What was asked for.

        Raises:
            BadSetting: log-probabilities, which are of words that the student does not have.
        """
        if exposure.logprobs is not None:
            raise BadSetting(
                "teacher and student have different words, so log-probabilities cannot be handed over",
                where="setting exposures",
                hint="use text+cot, summary-P, text or answer-only",
            )
        return exposure

    def query(self, prompts: Sequence[Words], exposure: Exposure, seed: int = 0) -> Responses:
        """Translate, sample at temperature one, translate back."""
        shown = self.shows(exposure)
        asked = [tuple(self._tokenizer(self.task.decode(prompt))["input_ids"]) for prompt in prompts]
        longest, end = self.task.longest_response() + 2, int(self._tokenizer.eos_token_id)
        found = sample(self.model, asked, longest=longest, end=end, seed=seed)
        rng = np.random.default_rng([seed, 3])
        rows = []
        for one in found:
            text = self._tokenizer.decode(list(one.ids), skip_special_tokens=True)
            ids = self.task.encode(text) + ((self.task.end,) if one.ids[-1] == end else ())
            rows.append(elide(Shown(ids or (self.task.end,)), shown, self.task, rng))
        return Responses(list(prompts), rows, sum(len(one.ids) for one in found))
