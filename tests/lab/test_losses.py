"""The loss obeys its laws: a bucket for the rest is full KL when nothing is left, cross-entropy when one word is certain."""

from __future__ import annotations

import itertools

import numpy as np
import torch
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from stillwatch.lab.exposures import round_logprobs, top_logprobs
from stillwatch.lab.losses import bucket_kl, soft_kl, text_loss

VOCABULARY = 7
LOGITS = hnp.arrays(np.float32, (4, VOCABULARY), elements=st.floats(-8, 8, width=32))
SAMPLED = hnp.arrays(np.int64, (4,), elements=st.integers(0, VOCABULARY - 1))


def shown(teacher: np.ndarray, sampled: np.ndarray, k: int) -> tuple[torch.Tensor, torch.Tensor]:
    ids, logprobs = top_logprobs(teacher, sampled, k)
    return torch.from_numpy(ids), torch.from_numpy(logprobs)


@given(LOGITS, LOGITS, SAMPLED)
def test_it_is_full_kl_when_the_whole_vocabulary_is_shown(
    teacher: np.ndarray, student: np.ndarray, sampled: np.ndarray
) -> None:
    ids, logprobs = shown(teacher, sampled, VOCABULARY)
    found = bucket_kl(torch.from_numpy(student), ids, logprobs)
    full = soft_kl(torch.from_numpy(student), torch.from_numpy(teacher))
    torch.testing.assert_close(found, full, atol=2e-4, rtol=1e-4)


@given(LOGITS, SAMPLED)
def test_it_is_cross_entropy_when_the_sampled_word_is_certain(student: np.ndarray, sampled: np.ndarray) -> None:
    logits, words = torch.from_numpy(student), torch.from_numpy(sampled)
    found = bucket_kl(logits, words[:, None], torch.zeros(4, 1))
    torch.testing.assert_close(found, text_loss(logits, words), atol=1e-4, rtol=1e-4)


@given(LOGITS, LOGITS, SAMPLED, st.integers(1, VOCABULARY), st.sampled_from([0.0, 0.5, 1.0, 2.0]))
def test_it_is_never_negative_and_its_gradient_is_finite(
    teacher: np.ndarray, student: np.ndarray, sampled: np.ndarray, k: int, grid: float
) -> None:
    ids, logprobs = top_logprobs(teacher, sampled, k)
    logits = torch.from_numpy(student).requires_grad_()
    loss = bucket_kl(logits, torch.from_numpy(ids), torch.from_numpy(round_logprobs(logprobs, grid)))
    loss.sum().backward()
    assert (loss > -1e-4).all()
    assert logits.grad is not None
    assert torch.isfinite(logits.grad).all()


@given(LOGITS, SAMPLED, st.integers(1, VOCABULARY))
def test_the_teacher_itself_loses_nothing(teacher: np.ndarray, sampled: np.ndarray, k: int) -> None:
    ids, logprobs = shown(teacher, sampled, k)
    assert bucket_kl(torch.from_numpy(teacher), ids, logprobs).abs().max() < 1e-3


@given(LOGITS, LOGITS, SAMPLED)
def test_more_words_shown_tell_no_less(teacher: np.ndarray, student: np.ndarray, sampled: np.ndarray) -> None:
    told = [float(bucket_kl(torch.from_numpy(student), *shown(teacher, sampled, k)).sum()) for k in range(1, 8)]
    assert all(later >= earlier - 1e-3 for earlier, later in itertools.pairwise(told))


def test_renormalised_top_k_is_biased_and_the_bucket_is_not() -> None:
    # Over many samples of one word each, the gradient of the bucket loss at the teacher vanishes (it is a minimum).
    teacher = torch.log(torch.tensor([[0.5, 0.3, 0.15, 0.05]]))
    logits = teacher.clone().requires_grad_()
    bucket_kl(logits, torch.tensor([[-1, 0, 1]]), torch.log(torch.tensor([[1.0, 0.5, 0.3]]))).sum().backward()
    assert logits.grad is not None
    assert logits.grad.abs().max() < 1e-6
    renormalised = teacher.clone().requires_grad_()
    torch.nn.functional.cross_entropy(renormalised, torch.tensor([[0.625, 0.375, 0.0, 0.0]])).backward()
    assert renormalised.grad is not None
    assert renormalised.grad.abs().max() > 0.05
