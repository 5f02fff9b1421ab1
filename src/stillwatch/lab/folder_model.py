"""A model in a folder as the subject of an audit: answers, first tokens, token counts.

Conversations go through the tokenizer's chat template where it has one; elsewhere the last message alone is
the prompt, as models without one were trained.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import torch

from stillwatch.lab.sampling import sample
from stillwatch.lab.teachers import load_model, load_tokenizer

__all__ = ["FolderModel"]

_TOP = 20
Chat = Sequence[tuple[str, str]]


@dataclass
class FolderModel:
    """``hf:PATH``.

    Args:
        path: a transformers folder.
        name: what the report calls it.
        longest: most tokens of an answer.

    Raises:
        UnreadableInput: on first use, where the folder holds no causal language model.
    """

    path: Path
    name: str
    longest: int = 256

    @property
    def remarks(self) -> tuple[str, ...]:
        """None: it is asked as an audit means to."""
        return ()

    @cached_property
    def _model(self) -> Any:
        return load_model(self.path)

    @cached_property
    def _tokenizer(self) -> Any:
        return load_tokenizer(self.path)

    def _encode(self, chat: Chat) -> tuple[int, ...]:
        if self._tokenizer.chat_template:
            messages = [{"role": role, "content": text} for role, text in chat]
            said = self._tokenizer.apply_chat_template(messages, add_generation_prompt=True, tokenize=False)
            return tuple(self._tokenizer(said, add_special_tokens=False)["input_ids"])
        return tuple(self._tokenizer(chat[-1][1])["input_ids"])

    def answers(self, chats: Sequence[Chat], *, again: int = 0) -> list[tuple[str, str]]:
        """The most probable answers, each with ``stop``, or with ``length`` where it did not come to its end.

        Asked ``again`` it would say the same, word for word, and is asked all the same: that it does is a measurement.
        """
        prompts = [self._encode(chat) for chat in chats]
        end = int(self._tokenizer.eos_token_id)
        found = sample(self._model, prompts, longest=self.longest, end=end, greedy=True)
        return [(self._read(one.ids), "stop" if one.ids[-1:] == (end,) else "length") for one in found]

    def _read(self, ids: Sequence[int]) -> str:
        return str(self._tokenizer.decode(list(ids), skip_special_tokens=True)).strip()

    def next_tokens(self, chats: Sequence[Chat]) -> list[Mapping[str, float]]:
        """The 20 most probable first tokens, with log-probabilities in nats."""
        prompts = [self._encode(chat) for chat in chats]
        found = sample(self._model, prompts, longest=1, end=-1, greedy=True, want_logits=True)
        shown: list[Mapping[str, float]] = []
        for one in found:
            logits = torch.from_numpy(np.asarray(one.logits))[0]
            top = torch.log_softmax(logits, dim=-1).topk(min(_TOP, len(logits)))
            pairs = zip(top.indices.tolist(), top.values.tolist(), strict=True)
            shown.append({str(self._tokenizer.decode([token])): value for token, value in pairs})
        return shown

    def token_counts(self, texts: Sequence[str]) -> list[int]:
        """Tokens of each text as a conversation of its own."""
        return [len(self._encode((("user", text),))) for text in texts]
