"""Words out of a model: one sampler for teachers, students and evaluation.

Prompts of one length are sampled together, so that no model ever sees padding on the left.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

__all__ = ["Sample", "Shaper", "sample"]

_MOST_AT_ONCE = 512

Shape = Callable[[Tensor, Tensor], Tensor]
"""(b, vocabulary) logits and (b, words so far) -> logits to sample from."""


class Shaper(Protocol):
    """Changes what a teacher samples from; asked anew for every batch, so that it may keep a cache."""

    def begin(self) -> Shape:
        """A function called once a word, in order."""


@dataclass(frozen=True, slots=True)
class Sample:
    """One sampled response of t words, the end included.

    Attributes:
        ids: its words.
        logits: (t, vocabulary), what they were sampled from; None unless asked for.
        surprise: nats of the words under the model itself, before any shaper.
    """

    ids: tuple[int, ...]
    logits: npt.NDArray[np.float32] | None
    surprise: float


@torch.no_grad()
def sample(
    model: Any,
    prompts: Sequence[tuple[int, ...]],
    *,
    longest: int,
    end: int,
    seed: int = 0,
    greedy: bool = False,
    shapers: Sequence[Shaper] = (),
    want_logits: bool = False,
) -> list[Sample]:
    """Continue every prompt until ``end`` or ``longest`` words.

    Args:
        model: any transformers causal language model.
        prompts: word identifiers; any lengths, none at all is fine.
        longest: most words of a response; fewer where the model has no more positions.
        end: the word that ends one; kept in it.
        seed: of the sampling.
        greedy: take the most probable word instead.
        shapers: applied to the logits in order.
        want_logits: keep them.
    """
    model.eval()
    device = next(model.parameters()).device
    draw = torch.Generator(device=device).manual_seed(seed)
    found: dict[int, Sample] = {}
    groups: dict[int, list[int]] = {}
    for i, prompt in enumerate(prompts):
        groups.setdefault(len(prompt), []).append(i)
    for _, members in sorted(groups.items()):
        for at in range(0, len(members), _MOST_AT_ONCE):
            batch = members[at : at + _MOST_AT_ONCE]
            start = torch.tensor([prompts[i] for i in batch], device=device)
            shapes = [shaper.begin() for shaper in shapers]
            room = (getattr(model.config, "max_position_embeddings", None) or 10**9) - start.shape[1]
            done = _continue(model, start, min(longest, room), end, None if greedy else draw, shapes, want_logits)
            found.update(zip(batch, done, strict=True))
    return [found[i] for i in range(len(prompts))]


def _continue(
    model: Any,
    ids: Tensor,
    longest: int,
    end: int,
    draw: torch.Generator | None,
    shapes: Sequence[Shape],
    want_logits: bool,
) -> list[Sample]:
    begun = ids.shape[1]
    past, fresh = None, ids
    open_ = torch.ones(len(ids), dtype=torch.bool, device=ids.device)
    surprise = torch.zeros(len(ids), device=ids.device)
    kept: list[npt.NDArray[np.float32]] = []
    for _ in range(longest):
        out = model(input_ids=fresh, attention_mask=torch.ones_like(ids), cache=past, use_cache=True)
        past, raw = out.cache, out.logits[:, -1].float()
        logits = raw
        for shape in shapes:
            logits = shape(logits, ids)
        if draw is None:
            fresh = logits.argmax(dim=-1, keepdim=True)
        else:
            fresh = torch.multinomial(torch.softmax(logits, dim=-1), 1, generator=draw)
        cost = -torch.log_softmax(raw, dim=-1).gather(-1, fresh)[:, 0]
        surprise += torch.where(open_, cost, torch.zeros_like(cost))
        ids = torch.cat([ids, fresh], dim=1)
        if want_logits:
            kept.append(logits.cpu().numpy())
        open_ &= fresh[:, 0] != end
        if not open_.any():
            break
    rows = ids[:, begun:].tolist()
    lengths = [row.index(end) + 1 if end in row else len(row) for row in rows]
    steps = np.stack(kept, axis=1) if kept else None
    return [
        Sample(tuple(row[:n]), None if steps is None else steps[i, :n], float(surprise[i]))
        for i, (row, n) in enumerate(zip(rows, lengths, strict=True))
    ]
