"""From a key file to a watermark that can be tested: a number, or the JSON of a watermark of transformers.

The JSON is what ``generate`` was given as ``watermarking_config``, alone or inside a ``generation_config.json``; with
it ``vocab_size``, of the marked model's ``config.json``, and ``device``, that its text was made on (cpu). Those are
read by the lab, which alone knows torch.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from tokenizers import Tokenizer

from stillwatch.core import BadSetting, MissingDependency, UnreadableInput
from stillwatch.core.small_files import read_small
from stillwatch.provenance import Mark
from stillwatch.provenance.json_lines import json_lines
from stillwatch.watermark import KEYS, GreenWords, Scheme

__all__ = ["read_mark"]

_MORE_KEYS = 9_999


def read_mark(key: Path | None, tokenizer: Path | None, unmarked: Path | None, gamma: float) -> Mark | None:
    """The mark to test for; None without a key.

    Args:
        key: file of the key.
        tokenizer: ``tokenizer.json`` of the model that was marked.
        unmarked: JSONL of ``prompt`` and ``response`` by the teacher, without the mark.
        gamma: share of green words, where the key is a number.

    Raises:
        BadSetting: no tokenizer, or the key is none.
        UnreadableInput: a file is not what it should be.
        MissingDependency: it is a watermark of transformers, and that is not installed.
    """
    if key is None:
        return None
    if tokenizer is None:
        raise BadSetting("a watermark is read with the tokenizer it was made with", where="--watermark-tokenizer")
    try:
        said = json.loads(read_small(key).decode())
    except (OSError, ValueError, RecursionError) as error:
        raise UnreadableInput("holds no number and no JSON", where=str(key)) from error
    scheme = _of_transformers(said, str(key)) if isinstance(said, dict) else _of_number(said, gamma, str(key))
    try:
        words = Tokenizer.from_file(str(tokenizer))
    except Exception as error:  # The library raises plain Exception.
        raise UnreadableInput(f"no tokenizer: {error}", where=str(tokenizer)) from error
    return Mark(scheme, lambda text: tuple(words.encode(text, add_special_tokens=False).ids), _unmarked(unmarked))


def _of_number(said: Any, gamma: float, where: str) -> Scheme:
    if type(said) is not int or not 0 <= said < 2**64:
        raise UnreadableInput("holds no whole number below 2^64, and no object", where=where)
    return GreenWords(said, gamma, (KEYS, _MORE_KEYS))


def _of_transformers(said: dict[str, Any], where: str) -> Scheme:
    vocab_size, device = said.get("vocab_size"), said.get("device", "cpu")
    if type(vocab_size) not in (int, type(None)) or not isinstance(device, str):
        raise BadSetting("vocab_size is a whole number and device a word", where=where)
    config = said.get("watermarking_config", said)
    if not isinstance(config, dict):
        raise BadSetting("watermarking_config is an object", where=where)
    config = {name: value for name, value in config.items() if name not in ("vocab_size", "device")}
    if not config.keys() & {"hashing_key", "keys"}:
        raise BadSetting(
            "names no key: hashing_key or keys", where=where, hint="what generate got as watermarking_config"
        )
    with MissingDependency.explained("a watermark of transformers", "lab"):
        from stillwatch.lab import transformers_mark  # noqa: PLC0415 - torch is optional and heavy
    return transformers_mark(config, vocab_size=vocab_size, device=device, where=where)


def _unmarked(path: Path | None) -> list[tuple[str, str]]:
    if path is None:
        return []
    taken = json_lines(path, lambda _, one: (str(one["prompt"]), str(one["response"])), "no prompt and response")
    return list(taken)
