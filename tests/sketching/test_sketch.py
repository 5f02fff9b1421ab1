"""Sketches bring near-duplicates together and keep strangers apart."""

import random

import numpy as np
import pyarrow as pa
from hypothesis import given, settings
from hypothesis import strategies as st

from stillwatch.sketching import BANDS, SKETCH, SLOTS, estimate_jaccard, sketch_batch

WORDS = [
    f"{a}{b}" for a in ("ka", "lo", "mi", "ru", "te", "vo") for b in ("ban", "der", "fis", "gol", "hap", "jun", "lek")
]


def exchanges(prompts: list[str], systems: list[str | None] | None = None) -> pa.RecordBatch:
    n = len(prompts)
    return pa.record_batch(
        {
            "exchange_id": pa.array([f"x{i}" for i in range(n)], pa.string()),
            "account_id": pa.array([f"a{i % 3}" for i in range(n)], pa.string()),
            "prompt": pa.array(prompts, pa.string()),
            "system": pa.array(systems or [None] * n, pa.string()),
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
