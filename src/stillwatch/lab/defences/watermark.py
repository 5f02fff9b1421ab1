"""A watermark: green words a little more likely, so that a student of the text can be told.

It protects nothing by itself; ``stillwatch.watermark`` reads it back from a student.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from stillwatch.lab.defences.base import Defence, Provider
from stillwatch.lab.sampling import Shape, Shaper
from stillwatch.watermark import is_green

__all__ = ["GAMMA", "Watermark"]

GAMMA = 0.25
"""Share of green words (Kirchenbauer et al. 2023, section 4)."""


@dataclass(frozen=True)
class Watermark(Defence):
    """Adds ``delta`` to the logits of green words (Kirchenbauer et al. 2023, algorithm 2)."""

    delta: float = 2.0

    @property
    def name(self) -> str:  # type: ignore[override]
        """As read_defence reads it."""
        return f"watermark-{self.delta:g}"

    def shaper(self, provider: Provider) -> Shaper:
        """With the provider's key."""
        return _Marking(self.delta, provider.key)


@dataclass(frozen=True)
class _Marking:
    delta: float
    key: int

    def begin(self) -> Shape:
        def shape(logits: Tensor, ids: Tensor) -> Tensor:
            words = np.arange(logits.shape[-1])
            green = is_green(self.key, ids[:, -1:].cpu().numpy(), words[None], GAMMA)
            return logits + self.delta * torch.from_numpy(green).to(logits)

        return shape
