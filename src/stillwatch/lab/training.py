"""The one training loop, for teachers, students and rebuilders of traces alike."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor

from stillwatch.lab.exposures import Responses
from stillwatch.lab.losses import bucket_kl, soft_kl, text_loss

__all__ = ["Recipe", "TrainingSet", "response_loss", "train"]


@dataclass(frozen=True, slots=True)
class Recipe:
    """How a model is trained. Defaults suit the tiny model; ``hf:`` ones want a lower learning rate.

    Attributes:
        steps: optimiser steps: the whole of the compute an attacker spends.
        batch: exchanges a step.
        learning_rate: at its highest, of AdamW; cosine to nought after ``warmup`` steps.
        temperature: of the softened targets; only full logits use it.
        clip: norm that gradients are clipped to.
        trainer: ``own`` for this module's loop, ``trl`` for TRL's, which takes text alone.
    """

    steps: int = 450
    batch: int = 32
    learning_rate: float = 1.5e-2
    weight_decay: float = 0.3
    beta2: float = 0.98
    warmup: int = 60
    temperature: float = 1.0
    clip: float = 1.0
    trainer: str = "own"


@dataclass(frozen=True, slots=True)
class TrainingSet:
    """Exchanges as padded tensors: n of them, the longest l words, prompt and response.

    Attributes:
        tokens: (n, l).
        lengths: (n,), words of each.
        starts: (n,), where each response begins.
        top_ids: (n, l, m), targets of the word at each place, -1 for none.
        top_logprobs: (n, l, m).
        dense: (n, l, vocabulary).
    """

    tokens: Tensor
    lengths: Tensor
    starts: Tensor
    top_ids: Tensor | None = None
    top_logprobs: Tensor | None = None
    dense: Tensor | None = None

    @classmethod
    def of(cls, data: Responses) -> TrainingSet:
        """Pad what an attacker got. Needs at least one exchange, all shown alike."""
        rows = [(*p, *s.ids) for p, s in zip(data.prompts, data.shown, strict=True)]
        longest = max(len(row) for row in rows)
        tokens = torch.zeros((len(rows), longest), dtype=torch.int64)
        for i, row in enumerate(rows):
            tokens[i, : len(row)] = torch.tensor(row)
        lengths = torch.tensor([len(row) for row in rows])
        starts = torch.tensor([len(p) for p in data.prompts])
        tops = [s.top_ids for s in data.shown if s.top_ids is not None]
        values = [s.top_logprobs for s in data.shown if s.top_logprobs is not None]
        dense = [s.dense_logits for s in data.shown if s.dense_logits is not None]
        whole = len(rows)
        return cls(
            tokens,
            lengths,
            starts,
            _pad(tops, starts, longest, -1) if len(tops) == whole else None,
            _pad(values, starts, longest, 0.0) if len(values) == whole else None,
            _pad(dense, starts, longest, 0.0) if len(dense) == whole else None,
        )

    def __len__(self) -> int:
        return len(self.tokens)

    @property
    def real(self) -> Tensor:
        """(n, l), true where a word stands and not padding."""
        return torch.arange(self.tokens.shape[1])[None] < self.lengths[:, None]

    @property
    def response(self) -> Tensor:
        """(n, l), true where a word of a response stands."""
        return self.real & (torch.arange(self.tokens.shape[1])[None] >= self.starts[:, None])


def _pad(rows: list[Any], starts: Tensor, longest: int, fill: float) -> Tensor:
    """Ragged (t, m) arrays, each put where its response begins, as one (n, l, m) tensor."""
    widest = max(row.shape[1] for row in rows)
    out = np.full((len(rows), longest, widest), fill, dtype=rows[0].dtype)
    for i, row in enumerate(rows):
        start = int(starts[i])
        out[i, start : start + len(row), : row.shape[1]] = row
    return torch.from_numpy(out)


def train(model: Any, data: TrainingSet, recipe: Recipe, seed: int, sampler: Tensor | None = None) -> list[float]:
    """Train ``model`` in place on what an attacker holds, and return its loss at every step.

    Args:
        model: any transformers causal language model.
        data: what is known; its kind of target decides the form of the loss.
        recipe: how.
        seed: of the order in which exchanges are seen.
        sampler: (n,) weights of the exchanges; None for each in turn.

    Returns:
        Mean loss of each step, nats a word.
    """
    device = next(model.parameters()).device
    optimiser = torch.optim.AdamW(
        model.parameters(),
        lr=recipe.learning_rate,
        weight_decay=recipe.weight_decay,
        betas=(0.9, recipe.beta2),
        fused=True,
    )
    draw = torch.Generator().manual_seed(seed)
    model.train()
    losses: list[float] = []
    order = torch.empty(0, dtype=torch.int64)
    for step in range(recipe.steps):
        for group in optimiser.param_groups:
            group["lr"] = recipe.learning_rate * _pace(step, recipe)
        if sampler is not None:
            chosen = torch.multinomial(sampler, recipe.batch, replacement=True, generator=draw)
        else:
            while len(order) < recipe.batch:
                order = torch.cat([order, torch.randperm(len(data), generator=draw)])
            chosen, order = order[: recipe.batch], order[recipe.batch :]
        loss = _batch_loss(model, data, chosen, recipe, device)
        optimiser.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), recipe.clip)
        optimiser.step()
        losses.append(loss.item())
    model.eval()
    return losses


def response_loss(model: Any, data: TrainingSet) -> Tensor:
    """Mean loss of all of ``data`` at once, with its gradient: a scalar, nats a word."""
    return _batch_loss(model, data, torch.arange(len(data)), Recipe(), next(model.parameters()).device)


def _pace(step: int, recipe: Recipe) -> float:
    if step < recipe.warmup:
        return (step + 1) / recipe.warmup
    done = (step - recipe.warmup) / max(recipe.steps - recipe.warmup, 1)
    return 0.5 * (1 + math.cos(math.pi * done))


def _batch_loss(model: Any, data: TrainingSet, chosen: Tensor, recipe: Recipe, device: torch.device) -> Tensor:
    """Mean loss over the response words of some exchanges."""
    lengths, starts = data.lengths[chosen], data.starts[chosen]
    longest = int(lengths.max())
    tokens = data.tokens[chosen, :longest].to(device)
    place = torch.arange(longest)
    real = place[None] < lengths[:, None]
    response = real & (place[None] >= starts[:, None])
    logits = model(input_ids=tokens, attention_mask=real.long().to(device)).logits
    predicted = logits[:, :-1][response[:, 1:].to(device)].float()
    if data.dense is not None:
        return soft_kl(predicted, data.dense[chosen, :longest][response].to(device), recipe.temperature).mean()
    if data.top_ids is not None and data.top_logprobs is not None:
        ids = data.top_ids[chosen, :longest][response].to(device)
        return bucket_kl(predicted, ids, data.top_logprobs[chosen, :longest][response].to(device)).mean()
    return text_loss(predicted, tokens[response.to(device)]).mean()
