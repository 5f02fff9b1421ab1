"""Defences of the interface: they show less. Each hides the same from everyone."""

from __future__ import annotations

from dataclasses import dataclass, replace

from stillwatch.lab.defences.base import Defence
from stillwatch.lab.exposures import Exposure

__all__ = ["CapTopK", "HideReasoning", "RoundLogprobs", "SummariseReasoning"]


@dataclass(frozen=True)
class CapTopK(Defence):
    """Shows at most ``k`` log-probabilities a word; 0 shows none."""

    k: int = 5

    @property
    def name(self) -> str:  # type: ignore[override]
        """As read_defence reads it."""
        return f"cap-{self.k}"

    def limit(self, exposure: Exposure) -> Exposure:
        """Never widens an exposure."""
        if exposure.logprobs is None:
            return exposure
        if self.k == 0:
            return replace(exposure, logprobs=None, rounding=0.0)
        return replace(exposure, logprobs=self.k if exposure.logprobs == "full" else min(self.k, exposure.logprobs))


@dataclass(frozen=True)
class RoundLogprobs(Defence):
    """Shows log-probabilities on a grid of ``nats``."""

    nats: float = 1.0

    @property
    def name(self) -> str:  # type: ignore[override]
        """As read_defence reads it."""
        return f"round-{self.nats:g}"

    def limit(self, exposure: Exposure) -> Exposure:
        """Never refines an exposure."""
        if exposure.logprobs is None:
            return exposure
        return replace(exposure, rounding=max(self.nats, exposure.rounding))


@dataclass(frozen=True)
class HideReasoning(Defence):
    """Shows no reasoning; the words around the answer stay."""

    name = "hide-reasoning"

    def limit(self, exposure: Exposure) -> Exposure:
        """Whatever was asked for."""
        return replace(exposure, reasoning="hidden", elided=0.0)


@dataclass(frozen=True)
class SummariseReasoning(Defence):
    """Leaves out each step of the reasoning with probability ``elided``."""

    elided: float = 0.25

    @property
    def name(self) -> str:  # type: ignore[override]
        """As read_defence reads it."""
        return f"summarise-{self.elided:g}"

    def limit(self, exposure: Exposure) -> Exposure:
        """Never shows more than was asked for."""
        if exposure.reasoning == "hidden":
            return exposure
        return replace(exposure, reasoning="summary", elided=max(self.elided, exposure.elided))
