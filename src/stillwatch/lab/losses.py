"""The one loss: forward KL to what an exposure shows, which is cross-entropy where it shows text alone.

Three cases of one quantity, KL(teacher || student) over what can be told apart:

- every logit is shown: over the vocabulary, softened by a temperature (Hinton et al. 2015);
- some log-probabilities are: over those words and one bucket for all the others. Renormalising the
  top k instead, as is common, teaches the student that the rest never happens (arXiv 2503.16870);
- a sampled word is: the teacher is a point, and KL is cross-entropy (Kim & Rush 2016).
"""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

__all__ = ["bucket_kl", "soft_kl", "text_loss"]

# Stands for minus infinity where a gradient must stay finite.
_NEVER = -1e4
# What adding up probabilities leaves of nothing.
_ROUNDING = 1e-6


def text_loss(logits: Tensor, sampled: Tensor) -> Tensor:
    """Cross-entropy to sampled words: (n, vocabulary), (n,) -> (n,) nats."""
    return functional.cross_entropy(logits, sampled, reduction="none")


def soft_kl(logits: Tensor, teacher_logits: Tensor, temperature: float = 1.0) -> Tensor:
    """KL to softened targets: (n, vocabulary) twice -> (n,).

    Times the temperature squared, so that gradients keep their size (Hinton et al. 2015, section 2).
    """
    target = functional.log_softmax(teacher_logits / temperature, dim=-1)
    student = functional.log_softmax(logits / temperature, dim=-1)
    return temperature**2 * (target.exp() * (target - student)).sum(dim=-1)


def bucket_kl(logits: Tensor, ids: Tensor, logprobs: Tensor) -> Tensor:
    """KL over the words shown and one bucket for the rest.

    Equals the full KL when every word is shown and cross-entropy when one word is shown as certain.
    Shown probabilities that add to more than one (rounding does that) are scaled to one.

    Args:
        logits: (n, vocabulary), the student's.
        ids: (n, m), the words shown; -1 for none.
        logprobs: (n, m), the teacher's, nats.

    Returns:
        (n,), nats.
    """
    valid = ids >= 0
    where = ids.clamp(min=0)
    shown = torch.where(valid, logprobs.exp(), torch.zeros_like(logprobs))
    shown = shown / shown.sum(dim=-1, keepdim=True).clamp(min=1.0)
    rest = 1.0 - shown.sum(dim=-1)
    rest = torch.where(rest > _ROUNDING, rest, torch.zeros_like(rest))
    student = functional.log_softmax(logits, dim=-1)
    among = (torch.xlogy(shown, shown) - shown * student.gather(-1, where)).sum(dim=-1)
    # The bucket's mass from what is left after the words shown, not from one minus them: that loses all digits.
    covered = torch.zeros_like(student, dtype=torch.int64).scatter_add_(-1, where, valid.long()) > 0
    left = torch.logsumexp(student.masked_fill(covered, _NEVER), dim=-1)
    return among + torch.xlogy(rest, rest) - rest * left
