"""Watermarks of transformers: text that a tiny random model really generates, beside what transformers' own classes say."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from tokenizers import Tokenizer
from tokenizers.models import WordLevel
from tokenizers.pre_tokenizers import Whitespace
from transformers import (
    GPT2Config,
    GPT2LMHeadModel,
    SynthIDTextWatermarkingConfig,
    WatermarkDetector,
    WatermarkingConfig,
)

from stillwatch.cli import app
from stillwatch.core import BadSetting, UnreadableInput
from stillwatch.lab import transformers_mark
from stillwatch.lab.marks import GreenLists, SelfHashed
from stillwatch.provenance import AuditPlan, Mark, Prompt, ScriptedModel, audit
from stillwatch.provenance.page import render_page
from stillwatch.services.audited_mark import read_mark
from stillwatch.watermark import Text, measure_mark

WORDS, LONG = 160, 48
LEFT = {
    "greenlist_ratio": 0.25,
    "bias": 2.5,
    "hashing_key": 9_176_351,
    "seeding_scheme": "lefthash",
    "context_width": 1,
}
SELF = {**LEFT, "seeding_scheme": "selfhash", "context_width": 3}
KEYS = [654, 40_123, 836, 123, 34_055, 443, 597, 160, 57, 29]
SYNTH = {
    "ngram_len": 4,
    "keys": KEYS,
    "sampling_table_size": 2**16,
    "sampling_table_seed": 3,
    "context_history_size": 512,
}
KINDS: dict[str, dict[str, Any]] = {"lefthash": LEFT, "selfhash": SELF, "synthid": SYNTH}


@cache
def model() -> Any:
    torch.manual_seed(4)
    made = GPT2LMHeadModel(GPT2Config(vocab_size=WORDS, n_embd=32, n_layer=1, n_head=2, bos_token_id=0, eos_token_id=0))
    with torch.no_grad():
        made.lm_head.weight.mul_(4)
    return made.eval()


@cache
def generated(kind: str, seed: int, prompts: int = 12) -> list[Text]:
    """What the model says, marked by ``kind`` where it names one."""
    torch.manual_seed(seed)
    rng = np.random.default_rng([seed, 5])
    config: Any = {}
    if kind:
        made = SynthIDTextWatermarkingConfig if kind == "synthid" else WatermarkingConfig
        config = {"watermarking_config": made(**KINDS[kind])}
    found: list[Text] = []
    for _ in range(prompts):
        prompt = rng.integers(1, WORDS, size=6).tolist()
        out = model().generate(
            torch.tensor([prompt]), do_sample=True, min_new_tokens=LONG, max_new_tokens=LONG, pad_token_id=0, **config
        )
        found.append((prompt, out[0, 6:].tolist()))
    return found


def scheme(kind: str, **changed: Any) -> Any:
    return quick(transformers_mark({**KINDS[kind], **changed}, vocab_size=WORDS, device="cpu", where="here"))


def quick(made: Any) -> Any:
    """With fewer keys than an audit takes."""
    stages = (9, 49) if isinstance(made, SelfHashed) else (19, 99) if isinstance(made, GreenLists) else (19, 199)
    return replace(made, stages=stages)


def detected(kind: str, said: Sequence[int]) -> Any:
    """By transformers' own detector, every run of words once."""
    config: Any = WatermarkingConfig(**KINDS[kind])
    detector = WatermarkDetector(model().config, "cpu", config, ignore_repeated_ngrams=True)
    return detector(torch.tensor([list(said)]), return_dict=True)


@pytest.mark.parametrize("kind", ["lefthash", "selfhash"])
@pytest.mark.parametrize("marked", [True, False])
def test_green_words_are_those_of_transformers_detector(kind: str, marked: bool) -> None:
    own = scheme(kind)
    for prompt, said in generated(kind if marked else "", 1, 4):
        sample = own.sample([(prompt, said)], [])
        (found,) = own.worth([KINDS[kind]["hashing_key"]], sample)
        assert found == pytest.approx(detected(kind, said).green_fraction[0], abs=1e-9)


@pytest.mark.parametrize("marked", [True, False])
def test_g_values_are_those_of_transformers_processor(marked: bool) -> None:
    own = scheme("synthid")
    processor = SynthIDTextWatermarkingConfig(**SYNTH).construct_processor(WORDS, "cpu")
    for prompt, said in generated("synthid" if marked else "", 1, 4):
        ids = torch.tensor([list(said)])
        fresh = processor.compute_context_repetition_mask(ids)[0].bool()
        expected = float(processor.compute_g_values(ids)[0][fresh].double().mean())
        (found,) = own.worth([SYNTH["keys"]], own.sample([(prompt, said)], []))
        assert found == pytest.approx(expected, abs=1e-9)


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_marked_text_is_found_and_unmarked_text_or_anothers_key_is_not(kind: str) -> None:
    own = scheme(kind)
    found = measure_mark(own, generated(kind, 1), [], seed=0)
    assert found.keys == own.stages[-1]
    assert found.p_value <= 2 / (1 + found.keys)
    assert found.z > 4
    other = scheme(kind, **({"keys": [k + 7 for k in KEYS]} if kind == "synthid" else {"hashing_key": 8_123_457}))
    for clean in (measure_mark(own, generated("", 1), [], seed=0), measure_mark(other, generated(kind, 1), [], seed=0)):
        assert clean.p_value > 0.02
        # Who is clear is cleared with few keys.
        assert clean.keys < own.stages[-1]


def test_p_is_as_often_small_over_clean_text_as_it_says() -> None:
    """One clean text, read with keys drawn at random: the key that was drawn first ranks anywhere."""
    rng = np.random.default_rng(6)
    p = []
    for seed in range(60):
        own = scheme("synthid", keys=[int(key) for key in rng.integers(1, 2**16, size=10)])
        p.append(measure_mark(own, generated("", 1)[:4], [], seed=seed).p_value)
    assert np.mean(np.array(p) <= 0.05) <= 0.15
    assert 0.25 < np.mean(p) < 0.75


def test_the_excess_over_unmarked_text_finds_a_mark_of_left_hashes_too() -> None:
    own = scheme("lefthash")
    assert measure_mark(own, generated("lefthash", 1), generated("", 2), seed=0).p_value <= 0.02
    assert measure_mark(own, generated("", 1), generated("", 2), seed=0).p_value > 0.02


@pytest.fixture(scope="module")
def tokenizer(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = Tokenizer(WordLevel({f"w{i}": i for i in range(WORDS)}, unk_token="w0"))
    made.pre_tokenizer = Whitespace()
    path = tmp_path_factory.mktemp("tokenizer") / "tokenizer.json"
    made.save(str(path))
    return path


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_an_audit_reads_a_key_file_and_the_report_says_what_it_found(
    kind: str, tokenizer: Path, tmp_path: Path
) -> None:
    key = tmp_path / "key.json"
    key.write_text(json.dumps({"watermarking_config": KINDS[kind], "vocab_size": WORDS}))
    mark = read_mark(key, tokenizer, None, 0.25)
    assert isinstance(mark, Mark)

    def audited(marked: str) -> Any:
        texts = {f"question {i}": " ".join(f"w{w}" for w in said) for i, (_, said) in enumerate(generated(marked, 1))}
        suspect = ScriptedModel("suspect", lambda chat: texts[chat[-1][1]])
        plan = AuditPlan([Prompt(text) for text in texts], mark=replace(mark, scheme=quick(mark.scheme)))
        return audit(suspect, ScriptedModel("t", lambda _: "w1 w2"), [], plan)

    found = audited(kind)
    (test,) = [one for one in found.tests if one.name == "radioactivity"]
    assert test.holm_p is not None
    assert test.holm_p <= 2 * test.exact_floor
    assert found.grade != "none"
    assert f"Among {test.details['keys'] + 1:,} keys, the provider" in render_page(found)
    clean = audited("")
    assert clean.grade == "none"


def test_the_command_tests_for_a_mark_of_transformers(
    tokenizer: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    texts = {f"question {i}": " ".join(f"w{w}" for w in said) for i, (_, said) in enumerate(generated("synthid", 1))}

    def opened(spec: str, _: Any) -> ScriptedModel:
        return ScriptedModel(spec, lambda chat: texts[chat[-1][1]] if spec.endswith("suspect") else "w1 w2")

    monkeypatch.setattr("stillwatch.services.audit.open_model", opened)
    (tmp_path / "key.json").write_text(json.dumps(SYNTH))
    (tmp_path / "prompts.jsonl").write_text("".join(json.dumps({"prompt": text}) + "\n" for text in texts))
    command = ["audit", "openai:http://h#suspect", "--against", "openai:http://h#t", "--out", str(tmp_path / "out")]
    command += ["--prompts", str(tmp_path / "prompts.jsonl"), "--identity", "0"]
    app([*command, "--watermark-key-file", str(tmp_path / "key.json"), "--watermark-tokenizer", str(tokenizer)])
    found = json.loads((tmp_path / "out" / "audit.json").read_text())
    (test,) = [one for one in found["tests"] if one["name"] == "radioactivity"]
    assert test["details"]["keys"] == 9_999
    assert test["p_value"] == pytest.approx(1e-4)
    # A planted test of its own, at a tenth of the level and beyond.
    assert found["grade"] == "strong"


@pytest.mark.parametrize(
    ("said", "error", "match"),
    [
        ("no number", UnreadableInput, "no number and no JSON"),
        ("[1]", UnreadableInput, "no whole number"),
        ("1.5", UnreadableInput, "no whole number"),
        ("-1", UnreadableInput, "no whole number"),
        ("true", UnreadableInput, "no whole number"),
        (json.dumps({}), BadSetting, "names no key"),
        (json.dumps({"bias": 2.0}), BadSetting, "names no key"),
        (json.dumps({"watermarking_config": 3}), BadSetting, "is an object"),
        (json.dumps(LEFT), BadSetting, "permutations of the vocabulary"),
        (json.dumps({**LEFT, "vocab_size": "many"}), BadSetting, "whole number"),
        (json.dumps({**LEFT, "vocab_size": WORDS, "device": "abacus"}), BadSetting, "no mark of transformers"),
        (
            json.dumps({**LEFT, "vocab_size": WORDS, "seeding_scheme": "righthash"}),
            BadSetting,
            "no mark of transformers",
        ),
        (json.dumps({**LEFT, "vocab_size": WORDS, "colour": "green"}), BadSetting, "colour"),
        (json.dumps({**SYNTH, "ngram_len": 0}), BadSetting, "no mark of transformers"),
        (json.dumps({"keys": [1, 2]}), BadSetting, "ngram_len"),
        (json.dumps({**SYNTH, "keys": ["a"]}), BadSetting, "no mark of transformers"),
        (json.dumps({**SYNTH, "keys": []}), BadSetting, "no mark of transformers"),
    ],
)
def test_what_is_no_key_is_told(said: str, error: type[Exception], match: str, tokenizer: Path, tmp_path: Path) -> None:
    key = tmp_path / "key"
    key.write_text(said)
    with pytest.raises(error, match=match):
        read_mark(key, tokenizer, None, 0.25)


def test_a_vocabulary_that_is_too_small_for_the_tokenizer_is_told() -> None:
    own = transformers_mark(LEFT, vocab_size=WORDS - 100, device="cpu", where="here")
    with pytest.raises(BadSetting, match=r"words"):
        measure_mark(own, generated("", 1), [], seed=0)
    assert scheme("synthid").sample([([1], [2, 3])], []).words == 0
    assert scheme("selfhash").sample([([1], [2, 3])], []).words == 0
