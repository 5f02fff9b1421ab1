"""The tiny model: a GPT-2 of about 110,000 parameters, made, saved and read.

Saved as an ordinary transformers folder with its tokenizer, so that what the lab trains here can be
given back to it as ``hf:PATH`` and opened by anything else.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import torch
import transformers
from tokenizers import Tokenizer
from tokenizers.models import WordLevel
from tokenizers.pre_tokenizers import WhitespaceSplit
from transformers import GPT2Config, GPT2LMHeadModel, PreTrainedTokenizerFast

__all__ = ["make_tiny", "make_tokenizer", "save_model"]

# Its bars are for models that take minutes to read.
transformers.utils.logging.disable_progress_bar()

_EMBEDDING_SD = 0.5
_WEIGHT_SD = 0.08


def make_tiny(vocabulary: int, seed: int, *, width: int = 64, layers: int = 2, positions: int = 64) -> GPT2LMHeadModel:
    """A GPT-2 that learns a table in seconds.

    The usual initialisation (0.02) is made for widths a hundred times this; here attention starts flat
    with it and stays so for most of a short training.

    Args:
        vocabulary: words it knows.
        seed: of its weights.
        width: of the residual stream; 4 heads.
        layers: blocks.
        positions: longest sequence.
    """
    torch.manual_seed(seed)
    config = GPT2Config(
        vocab_size=vocabulary,
        n_positions=positions,
        n_embd=width,
        n_layer=layers,
        n_head=4,
        initializer_range=_WEIGHT_SD,
        resid_pdrop=0.0,
        embd_pdrop=0.0,
        attn_pdrop=0.0,
        bos_token_id=1,
        eos_token_id=2,
        pad_token_id=0,
    )
    model = GPT2LMHeadModel(config)
    with torch.no_grad():
        for table in (model.transformer.wte.weight, model.transformer.wpe.weight):
            table.normal_(0.0, _EMBEDDING_SD)
    return model


def make_tokenizer(words: Sequence[str]) -> PreTrainedTokenizerFast:
    """A tokenizer of whole words between spaces, identifiers in the order given; the first is padding."""
    core = Tokenizer(WordLevel({word: i for i, word in enumerate(words)}, unk_token=words[0]))
    core.pre_tokenizer = WhitespaceSplit()
    return PreTrainedTokenizerFast(
        tokenizer_object=core, pad_token=words[0], unk_token=words[0], bos_token=words[1], eos_token=words[2]
    )


def save_model(model: GPT2LMHeadModel, words: Sequence[str], path: Path) -> None:
    """Write ``path`` as a transformers folder: weights, configuration, tokenizer."""
    model.save_pretrained(path)
    make_tokenizer(words).save_pretrained(path)
