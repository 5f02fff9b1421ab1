"""Sketches bring near-duplicates together and keep strangers apart."""

import hashlib
import random

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stillwatch.core.minhash import BAND_COUNT, MIN_SENTENCE_WORDS
from stillwatch.sketching import BANDS, SKETCH, SLOTS, estimate_jaccard, sketch_batch
from stillwatch.sketching.words import split_words
from stillwatch.tables.columns import MESSAGES

WORDS = [
    f"{a}{b}" for a in ("ka", "lo", "mi", "ru", "te", "vo") for b in ("ban", "der", "fis", "gol", "hap", "jun", "lek")
]


def exchanges(prompts: list[str], systems: list[str | None] | None = None) -> pa.RecordBatch:
    n = len(prompts)
    return pa.record_batch(
        {
            "row_key": pa.array(range(n), pa.int64()),
            "time": pa.array([0] * n, pa.timestamp("us", tz="UTC")),
            "client_address": pa.nulls(n, pa.string()),
            "account_id": pa.array([f"a{i % 3}" for i in range(n)], pa.string()),
            "prompt": pa.array(prompts, pa.string()),
            "system": pa.array(systems or [None] * n, pa.string()),
            "messages": pa.nulls(n, MESSAGES),
            "response": pa.nulls(n, pa.string()),
        }
    )


def signatures(batch: pa.RecordBatch) -> np.ndarray:
    rows = batch.column("signature").to_pylist()
    return np.array([list(row) for row in rows], np.uint8).reshape(len(rows), SLOTS)


def text(seed: int, length: int = 60) -> list[str]:
    return random.Random(seed).choices(WORDS, k=length)


@settings(deadline=None)
@given(st.lists(st.text(max_size=60), min_size=1, max_size=12), st.integers(1, 11))
def test_a_row_does_not_depend_on_its_batch(prompts: list[str], cut: int) -> None:
    whole = sketch_batch(exchanges(prompts))
    assert whole.schema == SKETCH
    parts = [sketch_batch(exchanges(prompts).slice(i, cut)) for i in range(0, len(prompts), cut)]
    assert pa.Table.from_batches(parts).combine_chunks().equals(pa.Table.from_batches([whole]))


def test_a_changed_word_keeps_most_of_the_signature() -> None:
    original = text(1)
    changed = [*original[:30], "other", *original[31:]]
    sketched = sketch_batch(exchanges([" ".join(original), " ".join(changed), " ".join(text(2))]))
    sigs = signatures(sketched)
    near, far = estimate_jaccard(sigs[[0, 0]], sigs[[1, 2]])
    assert near > 0.6
    assert far < 0.1
    bands = [{(band, row[band]) for band in BANDS} for row in sketched.select(BANDS).to_pylist()]
    assert bands[0] & bands[1]
    assert not bands[0] & bands[2]


def test_estimates_follow_the_true_jaccard() -> None:
    errors = []
    for seed in range(40):
        a, b = text(seed, 80), text(seed, 80)
        b[random.Random(seed).randrange(80) :] = text(seed + 1000, 5)
        true_a = {tuple(a[i : i + 5]) for i in range(len(a) - 4)}
        true_b = {tuple(b[i : i + 5]) for i in range(len(b) - 4)}
        sigs = signatures(sketch_batch(exchanges([" ".join(a), " ".join(b)])))
        errors.append(float(estimate_jaccard(sigs[:1], sigs[1:])[0]) - len(true_a & true_b) / len(true_a | true_b))
    assert abs(float(np.mean(errors))) < 0.05
    assert float(np.std(errors)) < 0.15


def test_sentences_of_the_system_prompt_count_too() -> None:
    rule = "Answer as a careful clerk of the archive would."
    batch = sketch_batch(exchanges(["what is rain", f"{rule} what is snow"], [rule, None]))
    first, second = batch.column("sentences").to_pylist()
    assert first == second
    assert len(first) == 1


@pytest.mark.parametrize("length", [1199, 1200, 1201])
def test_the_first_1200_bytes_are_read(length: int) -> None:
    prompt = ("word " * 300)[: length - 1] + "x"
    read = sketch_batch(exchanges([prompt[:1200], prompt, prompt + "y and more words to follow."]))
    masked = read.column("masked").to_pylist()
    assert masked[0] == masked[1]
    assert (masked[1] == masked[2]) == (length >= 1200)


def test_sentences_of_many_system_prompts_are_each_its_own() -> None:
    """More than a process remembers, in batches, with empty ones and rows that have none."""
    rules = [f"Rule {word} of the house is kept by {other} alone." for word in WORDS for other in WORDS]
    systems = [None if n % 7 == 0 else "" if n % 5 == 0 else rules[n % len(rules)] for n in range(3 * len(rules))]
    alone = [split_words(pa.array([rule])).sentences(5)[0].tolist() for rule in rules]
    for start in range(0, len(systems), 500):
        part = systems[start : start + 500]
        found = sketch_batch(exchanges(["what is rain"] * len(part), part)).column("sentences").to_pylist()
        assert found == [alone[rules.index(system)] if system else [] for system in part]


def test_the_least_estimate_is_none_and_the_most_is_one() -> None:
    same = np.arange(SLOTS, dtype=np.uint8).reshape(1, SLOTS)
    half = same.copy()
    half[0, ::2] += 1
    assert estimate_jaccard(same, same).tolist() == [1.0]
    assert estimate_jaccard(same, same + np.uint8(1)).tolist() == [0.0]
    # One slot in 256 agrees by chance.
    assert estimate_jaccard(same, half)[0] == pytest.approx((1 / 2 - 1 / 256) / (1 - 1 / 256))


def test_sketches_are_the_same_in_every_process_and_version() -> None:
    """What a run wrote down, a later one and a partner's must meet."""
    prompts = [
        *["", "rain", "what is rain", "one two three four five", "Add 12 apples, then 30 pears! What do we have?"],
        *[" ".join(text(seed, 12 * seed)) for seed in range(1, 12)],
        *[
            "请逐步解释每一个步骤。不要省略任何中间结论！",
            "Объясни подробно каждый шаг своего ответа.",
            "โปรดอธิบายทุกขั้นตอน",
        ],
        *["nineletters andalongerwordthantwentyfourbytes " * 40],
    ]
    sketched = sketch_batch(exchanges(prompts, ["Answer as a careful clerk of the archive would."] * len(prompts)))
    digest = hashlib.sha256()
    for row in sketched.drop_columns(["row_key", "time", "network", "answered", "carried"]).to_pylist():
        digest.update(repr(sorted(row.items())).encode())
    assert (BAND_COUNT, SLOTS, MIN_SENTENCE_WORDS) == (16, 64, 5)
    assert digest.hexdigest() == "b0ca35dfec374d8b6778b92be5d8184288f3b1350240b6e8add26bca68506f52"
