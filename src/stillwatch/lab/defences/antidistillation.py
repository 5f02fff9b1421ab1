"""Antidistillation sampling (arXiv 2504.13146): words chosen to mislead whoever trains on them.

The provider keeps a proxy of a student and the gradient g of the proxy's loss on what it wants to
protect. A word whose log-probability rises along g is one that, trained on, raises that loss: the
sampler adds ``strength`` times that directional derivative, a finite difference of the proxy at both
sides, to the teacher's logits. g is scaled to length one, so that ``strength`` means the same for any proxy.
"""

from __future__ import annotations

import copy
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from stillwatch.core import BadSetting
from stillwatch.lab.defences.base import Defence, Provider
from stillwatch.lab.exposures import Responses, Shown
from stillwatch.lab.sampling import Shape, Shaper
from stillwatch.lab.training import TrainingSet, response_loss

__all__ = ["AntidistillationSampling"]

_STEP = 0.05
"""How far along g the proxy is moved to each side; its weights have a norm of tens."""


@dataclass(frozen=True)
class AntidistillationSampling(Defence):
    """See the module. It needs entropy: where the teacher is sure, no push of this size moves it."""

    strength: float = 1.0

    @property
    def name(self) -> str:  # type: ignore[override]
        """As read_defence reads it."""
        return f"antidistillation-{self.strength:g}"

    def shaper(self, provider: Provider) -> Shaper:
        """Moves the proxy to both sides once; each batch then keeps its own caches.

        Raises:
            BadSetting: the provider has no proxy.
        """
        if provider.proxy is None or not provider.held_out:
            raise BadSetting("antidistillation sampling needs a proxy of the student", where="setting defences")
        ahead, behind = copy.deepcopy(provider.proxy), copy.deepcopy(provider.proxy)
        data = Responses([p for p, _ in provider.held_out], [Shown(r) for _, r in provider.held_out])
        loss = response_loss(provider.proxy, TrainingSet.of(data))
        slopes = torch.autograd.grad(loss, list(provider.proxy.parameters()))
        length = torch.sqrt(sum((slope.pow(2).sum() for slope in slopes), start=torch.zeros(())))
        with torch.no_grad():
            for one, other, slope in zip(ahead.parameters(), behind.parameters(), slopes, strict=True):
                one.add_(slope / length, alpha=_STEP)
                other.sub_(slope / length, alpha=_STEP)
        return _Misleading(self.strength, ahead, behind)


@dataclass(frozen=True)
class _Misleading:
    strength: float
    ahead: Any
    behind: Any

    def begin(self) -> Shape:
        caches: list[Any] = [None, None]

        def shape(logits: Tensor, ids: Tensor) -> Tensor:
            sides = []
            for i, model in enumerate((self.ahead, self.behind)):
                fresh = ids if caches[i] is None else ids[:, -1:]
                out = model(input_ids=fresh, attention_mask=torch.ones_like(ids), cache=caches[i], use_cache=True)
                caches[i] = out.cache
                sides.append(torch.log_softmax(out.logits[:, -1].float(), dim=-1))
            return logits + self.strength * (sides[0] - sides[1]) / (2 * _STEP)

        return shape
