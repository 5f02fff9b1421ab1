"""Watermarks that transformers makes, read by transformers' own classes: green lists and SynthID-Text.

A mark is named as ``generate`` takes it: the fields of ``WatermarkingConfig`` or ``SynthIDTextWatermarkingConfig``.
Lists and tables come from torch's generator of one device: a text marked on a GPU is read on a GPU. Every statistic is
taken under the provider's key and under keys that nobody used, and p is the rank (``stillwatch.watermark``).

Looked at are answers alone, as transformers' detector advises, and every n-gram once over all of them: what a text
repeats is no second piece of evidence.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from types import SimpleNamespace
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from transformers import (
    SynthIDTextWatermarkingConfig,
    SynthIDTextWatermarkLogitsProcessor,
    WatermarkDetector,
    WatermarkingConfig,
    WatermarkLogitsProcessor,
)

from stillwatch.core import BadSetting
from stillwatch.watermark import Sample, Scheme, Text, excess_pairs

__all__ = ["GreenLists", "SelfHashed", "SynthIDText", "transformers_mark"]

Floats = npt.NDArray[np.float64]
_DEAR, _CHEAP = (99, 999), (999, 9_999)
# A list is a permutation of the vocabulary, drawn anew for each key: half a millisecond for 50,000 words.
_MOST_LISTS = 1_000


def transformers_mark(config: Mapping[str, Any], *, vocab_size: int | None, device: str, where: str) -> Scheme:
    """The mark of a ``watermarking_config``.

    Args:
        config: its fields.
        vocab_size: the marked model's, as in its ``config.json``; SynthID-Text needs none.
        device: that the text was marked on.
        where: said in errors.

    Raises:
        BadSetting: fields are missing, unknown or out of range, or the device is not there.
    """
    try:
        torch.empty(0, device=device)
        if "keys" in config:
            return SynthIDText(_synthid(config), device)
        green = _green(config)
    except (TypeError, ValueError, RuntimeError, AssertionError) as error:
        raise BadSetting(f"no mark of transformers: {error}", where=where) from error
    if vocab_size is None:
        hint = 'give "vocab_size" as in config.json of the marked model'
        raise BadSetting("green lists are permutations of the vocabulary", where=where, hint=hint)
    return (SelfHashed if green.seeding_scheme == "selfhash" else GreenLists)(green, vocab_size, device)


def _synthid(config: Mapping[str, Any]) -> SynthIDTextWatermarkingConfig:
    """Checked further than transformers does."""
    marked = SynthIDTextWatermarkingConfig(**config)
    marked.validate()
    if not marked.keys or any(type(key) is not int or abs(key) >= 2**62 for key in marked.keys):
        raise ValueError("keys are whole numbers, one a layer")
    for name, least in (("ngram_len", 2), ("sampling_table_size", 2), ("context_history_size", 1)):
        if type(getattr(marked, name)) is not int or getattr(marked, name) < least:
            raise ValueError(f"{name} is a whole number of at least {least}")
    return marked


def _green(config: Mapping[str, Any]) -> WatermarkingConfig:
    """Checked further than transformers does."""
    marked = WatermarkingConfig(**config)
    marked.validate()
    if type(marked.hashing_key) is not int or not 0 < marked.hashing_key < 2**62:
        raise ValueError("hashing_key is a whole number above 0 and below 2^62")
    if not 0 < marked.greenlist_ratio < 1:
        raise ValueError("greenlist_ratio is between 0 and 1")
    return marked


@dataclass(frozen=True)
class _Green:
    """What both kinds of green lists have in common.

    Args:
        config: of the mark.
        vocab_size: of the model that was marked.
        device: that its text was made on.
    """

    config: WatermarkingConfig
    vocab_size: int
    device: str = "cpu"
    stages: tuple[int, ...] = _DEAR
    needs_unmarked: bool = field(default=False, init=False)

    def keys(self, count: int, rng: np.random.Generator) -> list[int]:
        """Hashing keys of the provider's length, 24 bits or more."""
        longest = max(int(self.config.hashing_key).bit_length(), 24)
        return [self.config.hashing_key, *rng.integers(1, 2**longest, size=count, dtype=np.uint64).tolist()]

    def _known(self, ids: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
        if ids.size and int(ids.max()) >= self.vocab_size:
            raise BadSetting(
                f"the tokenizer has word {ids.max()}, and the marked model {self.vocab_size} words",
                where="watermark key",
                hint="vocab_size as in config.json of the marked model, and its own tokenizer",
            )
        return ids


class GreenLists(_Green):
    """``lefthash``: a list for each word before, whatever ``context_width`` says."""

    def sample(self, suspect: Sequence[Text], unmarked: Sequence[Text]) -> Sample:
        """Neighbouring words of the answers, those after the 1,000 commonest words; where there is unmarked text, with
        how much oftener the suspect writes them."""
        ours, theirs = ([said for _, said in texts] for texts in (suspect, unmarked))
        found = excess_pairs(ours, theirs) if any(len(said) > 1 for said in theirs) else _distinct(ours, 2)
        pairs = self._known(found.ngrams)
        first, at, uses = np.unique(pairs[:, 0], return_inverse=True, return_counts=True)
        taken = np.zeros(len(first), dtype=bool)
        taken[np.argsort(-uses, kind="stable")[:_MOST_LISTS]] = True
        return Sample(pairs[taken[at]], found.weights[taken[at]], found.words)

    def worth(self, keys: Sequence[int], sample: Sample) -> Floats:
        """Weighted share of green words."""
        processor = WatermarkLogitsProcessor(self.vocab_size, self.device, **self.config.to_dict() | {"bias": 1.0})
        first, at = np.unique(sample.ngrams[:, 0], return_inverse=True)
        rows = [np.flatnonzero(at == i) for i in range(len(first))]
        nothing = torch.zeros((1, self.vocab_size), device=self.device)
        contexts = [torch.full((1, self.config.context_width), int(one), device=self.device) for one in first]
        found = np.zeros(len(keys))
        for number, key in enumerate(keys):
            processor.hash_key = key
            for context, here in zip(contexts, rows, strict=True):
                green = processor(context, nothing)[0].cpu().numpy() > 0
                found[number] += sample.weights[here] @ green[sample.ngrams[here, 1]]
        return found


class SelfHashed(_Green):
    """``selfhash``: a list for each run of ``context_width`` words, the marked word being the last of them."""

    def sample(self, suspect: Sequence[Text], unmarked: Sequence[Text]) -> Sample:
        """Answers one after the other, up to 1,000 words."""
        said = np.array([word for _, text in suspect for word in text][:_MOST_LISTS], dtype=np.int64)
        if len(said) <= self.config.context_width:
            return Sample(np.empty((0, 1), dtype=np.int64), np.empty(0), 0)
        return Sample(self._known(said)[:, None], np.ones(len(said)), len(said))

    def worth(self, keys: Sequence[int], sample: Sample) -> Floats:
        """Share of green words, by ``WatermarkDetector``; runs over the seam of two answers are looked at too."""
        model = SimpleNamespace(bos_token_id=-1, is_encoder_decoder=False, vocab_size=self.vocab_size)
        passage = torch.from_numpy(sample.ngrams[None, :, 0]).to(self.device)
        found = []
        for key in keys:
            config = self.config.to_dict() | {"hashing_key": key}
            detector = WatermarkDetector(model, self.device, config, ignore_repeated_ngrams=True)
            found.append(float(detector(passage, return_dict=True).green_fraction[0]))
        return np.array(found)


@dataclass(frozen=True)
class SynthIDText:
    """SynthID-Text (Dathathri et al. 2024), by the mean of its g-values; transformers' trained detector is not needed.

    Args:
        config: of the mark.
        device: that its text was made on.
    """

    config: SynthIDTextWatermarkingConfig
    device: str = "cpu"
    stages: tuple[int, ...] = _CHEAP
    needs_unmarked: bool = field(default=False, init=False)

    @cached_property
    def _processor(self) -> SynthIDTextWatermarkLogitsProcessor:
        # Its vocabulary plays no part.
        return self.config.construct_processor(0, self.device)

    def sample(self, suspect: Sequence[Text], unmarked: Sequence[Text]) -> Sample:
        """Runs of ``ngram_len`` words, but for those whose context came before in the answer: they carry no mark."""
        length = self.config.ngram_len
        kept = []
        for _, said in suspect:
            if len(said) >= length:
                ids = torch.tensor([list(said)], device=self.device)
                fresh = self._processor.compute_context_repetition_mask(ids)[0].bool()
                kept.append(ids[0].unfold(0, length, 1)[fresh].cpu().numpy())
        return _of(np.concatenate(kept) if kept else np.empty((0, length), dtype=np.int64))

    def keys(self, count: int, rng: np.random.Generator) -> list[list[int]]:
        """A key a layer, of the length of the provider's, 16 bits or more."""
        own = [int(key) for key in self.config.keys]
        longest = max(16, *(key.bit_length() for key in own))
        return [own, *rng.integers(0, 2**longest, size=(count, len(own)), dtype=np.uint64).astype(np.int64).tolist()]

    def worth(self, keys: Sequence[Sequence[int]], sample: Sample) -> Floats:
        """Mean g-value."""
        ngrams = torch.from_numpy(sample.ngrams[None]).to(self.device)
        found = []
        for one in keys:
            self._processor.keys = torch.tensor(list(one), device=self.device)
            values = self._processor.sample_g_values(self._processor.compute_ngram_keys(ngrams))
            found.append(float(values.double().mean()))
        return np.array(found)


def _distinct(texts: Sequence[Sequence[int]], length: int) -> Sample:
    runs = [said[i : i + length] for said in texts for i in range(len(said) - length + 1)]
    return _of(np.array(runs, dtype=np.int64).reshape(-1, length))


def _of(runs: npt.NDArray[np.int64]) -> Sample:
    """Every run once, of one weight."""
    once = np.unique(runs, axis=0)
    return Sample(once, np.full(len(once), 1 / max(len(once), 1)), len(runs))
