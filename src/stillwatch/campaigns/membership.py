"""Who belongs: members told from bystanders inside a cluster, and members found outside it.

A customer of the same relay shares its addresses and not its questions. Each entity is held
against the cluster's own signature, texts and content, by a log-likelihood ratio; an entity below
the line is a bystander however strong its infrastructure links.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from stillwatch.campaigns.families import World, signature

__all__ = ["Fit", "fit"]

I64 = npt.NDArray[np.int64]
F64 = npt.NDArray[np.float64]

_MOST_TEXTS = 40
_BITS = 12.0


@dataclass(frozen=True, slots=True)
class Fit:
    """How well every entity of the log fits one cluster, in bits.

    Attributes:
        text: weight of shared texts (E); the strongest text counts, for texts of one template
            come together.
        content: weight of likeness to the cluster's mean (E).
    """

    text: F64
    content: F64

    @property
    def bits(self) -> F64:
        """Sum of both."""
        return self.text + self.content


def fit(world: World, members: I64) -> Fit:
    """Hold every entity against the signature of a cluster."""
    traits = world.traits
    size, total = len(members), len(traits.entities)
    number, used, _ = signature(world, members)
    # A sentence that two of a hundred members share is no signature of the hundred.
    wide = used >= max(3, 0.1 * size)
    number, used = number[wide][:_MOST_TEXTS], used[wide][:_MOST_TEXTS]
    text = np.zeros(total)
    if len(number):
        outside = (traits.texts.holders[number] - used + 0.5) / (total - size + 1)
        ratio = np.clip(np.log2(used / size / outside), 0.0, _BITS)
        has = traits.texts.matrix[:, number]
        # Sharing a text once in a hundred exchanges is not using it.
        weighed = has.multiply(ratio[None, :]).tocsr()
        weighed.data = np.where(has.tocsr().data >= 0.05, np.minimum(weighed.data / has.tocsr().data, _BITS), 0.0)
        text = np.asarray(weighed.max(axis=1).todense()).ravel()
        text[text == 0] = -min(4.0, float(np.log2(size / max(size - used.max(), 0.05 * size))))
    content = traits.content
    telling = members[content.counts[members] > 0]
    if not len(telling):
        return Fit(text, np.zeros(total))
    centre = np.average(content.means[telling], axis=0, weights=np.minimum(content.counts[telling], 16))
    strength = float(centre @ centre)
    # Normal log-likelihood ratio of an entity's mean under the cluster's centre against the log's.
    dots = content.means @ centre
    spread = float(np.var((content.means[telling] @ centre) / strength)) * strength if strength > 0 else 1.0
    n = content.counts
    noise = strength / np.maximum(n, 1) + max(spread, 0.05 * strength) * strength
    llr = (dots * strength - 0.5 * strength**2) / np.maximum(noise, 1e-9) / np.log(2)
    return Fit(text, np.where(n > 0, np.clip(llr, -_BITS, _BITS), 0.0))
