"""Temperature: noise in every sampled word, paid for by everyone alike."""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor

from stillwatch.lab.defences.base import Defence, Provider
from stillwatch.lab.sampling import Shape, Shaper

__all__ = ["Temperature"]


@dataclass(frozen=True)
class Temperature(Defence):
    """Divides logits by ``value``. Above 1 it flattens; a wrong step is then sampled now and then."""

    value: float = 1.5

    @property
    def name(self) -> str:  # type: ignore[override]
        """As read_defence reads it."""
        return f"temperature-{self.value:g}"

    def shaper(self, provider: Provider) -> Shaper:
        """Keeps nothing between words."""
        return self

    def begin(self) -> Shape:
        """A division."""

        def shape(logits: Tensor, ids: Tensor) -> Tensor:
            return logits / self.value

        return shape
