"""Texts of more bytes than the embedded database may hold go by; what is read of them is held."""

from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from made_exchanges import START

from stillwatch.engines import DuckDBEngine, Table
from stillwatch.evidence import HOUR, all_families
from stillwatch.profiles import StreamReader, build_profile
from stillwatch.profiles.beginnings import read_beginnings
from stillwatch.profiles.texts_by_key import READ_SQL, TextsByKey
from stillwatch.sketching import beginnings, sampled_features, sketch_batch, text_features, wording_flags
from stillwatch.tables import ACCOUNT_FILE, RUN_EXCHANGES

FAMILIES = all_families()
WORDINGS = tuple(wording for family in FAMILIES.values() for wording in family.wordings)
NOTHING = np.zeros(0, np.uint64)
# Invisible letters, look-alikes of Latin ones, what is cut within a letter, and a wording far behind what features read.
ODD = [
    "a\u200bb" * 700,
    "Wоrk thrоugh еvery stеp " * 60,
    "é" * 900,
    "plain words " * 300 + "Let's think step by step.",
    "",
    "\u0645\u06cc\u200c\u062e " * 500,
    "𝐛𝐨𝐥𝐝 words " * 200,
]


def long_log(folder: Path, count: int, letters: int) -> pa.Table:
    """So many prompts of so many letters, in one Parquet file of small row groups."""
    rng = np.random.default_rng(0)
    words = np.array(["".join(rng.choice(list("abcdefghijklmnop"), 6)) for _ in range(2000)])
    texts = [" ".join(rng.choice(words, letters // 7)) for _ in range(count)]
    told = [
        {
            "exchange_id": f"x-{n}",
            "time": START + n * HOUR,
            "account_id": f"a{n % (count // 4)}",
            "prompt": text,
            "source_file": "made.jsonl",
            "source_line": n,
            "row_key": n,
        }
        for n, text in enumerate(texts)
    ]
    table = pa.Table.from_pylist(told, schema=RUN_EXCHANGES)
    folder.mkdir()
    pq.write_table(table, folder / "part.parquet", compression="zstd", row_group_size=256)
    return table


def test_a_log_of_more_text_than_memory_is_profiled(tmp_path: Path) -> None:
    log = long_log(tmp_path / "log", 6000, 10_000)
    sketches = pa.Table.from_batches([sketch_batch(batch) for batch in log.combine_chunks().to_batches(512)])
    with DuckDBEngine(tmp_path / "spill", memory_mb=40, threads=1) as engine:
        made = build_profile(
            engine,
            FAMILIES,
            exchanges=engine.read(tmp_path / "log" / "*.parquet"),
            sketches=engine.keep(sketches),
            account_file=engine.keep(ACCOUNT_FILE.empty_table()),
            sample_prompts=24,
            sample_total=400_000,
        )
        prompts = log["prompt"].take(made.sample["row_key"]).combine_chunks()
        owner = np.asarray(made.sample["entity"], np.int64)
        some = slice(0, int(np.searchsorted(owner, 40)))
        told = sampled_features(prompts[some], owner[some], made.left_out)
        np.testing.assert_array_equal(made.texts.features[some], told.features.astype(np.float16))
        reader = StreamReader(engine, made.left_out, made.by_key, exchanges=made.asked, prompts=made.prompts)
        sets: list[npt.NDArray[np.int64]] = [np.arange(3000), np.arange(2000, 6000)]
        assert [len(features) for features in reader.features(sets)] == [3000, 4000]


def kept(engine: DuckDBEngine, prompts: list[str]) -> Table:
    return engine.keep(pa.table({"row_key": np.arange(len(prompts)), "prompt": prompts}))


def test_what_is_held_of_texts_says_what_they_say(tmp_path: Path) -> None:
    prompts = [*ODD, *(f"{text} {n}" for n in range(40) for text in ODD)]
    keys = np.random.default_rng(3).permutation(len(prompts))
    with DuckDBEngine(tmp_path, memory_mb=256, threads=1) as engine:
        found = read_beginnings(TextsByKey(engine, kept(engine, prompts)), keys, wordings=WORDINGS)
        assert (
            engine.fetch(f"SELECT {READ_SQL} AS p FROM {{t}}", t=pa.table({"prompt": prompts}))["p"].to_pylist()
            == prompts
        )
    texts = pa.array([prompts[key] for key in keys])
    np.testing.assert_array_equal(found.flags, wording_flags(texts, WORDINGS))
    assert found.flags.any()
    assert found.texts.equals(beginnings(texts))
    assert max(len(text) for text in found.texts.to_pylist()) == 1000
    for held, whole in zip(text_features(found.texts, NOTHING), text_features(texts, NOTHING), strict=True):
        np.testing.assert_array_equal(held, whole)


@pytest.mark.parametrize("asked", [[], [2, 0]])
def test_no_prompts_and_a_few_are_read_by_their_keys(tmp_path: Path, asked: list[int]) -> None:
    with DuckDBEngine(tmp_path, memory_mb=256, threads=1) as engine:
        found: Any = read_beginnings(
            TextsByKey(engine, kept(engine, ["a", "b", "c"])), np.array(asked, np.int64), wordings=WORDINGS
        )
    assert found.texts.to_pylist() == [b"abc"[n : n + 1] for n in asked]
    assert found.flags.shape == (len(asked), len(WORDINGS))
