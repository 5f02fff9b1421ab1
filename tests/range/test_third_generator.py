"""The third generator of worlds (`benchmarks/third.py`), on made-up corpora."""

import gzip
import json
import random
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

import third
from third_corpora import NEEDED, Corpora
from third_files import write_world

WORDS = ("amber", "basil", "cedar", "delta", "ember", "fjord", "grove", "haven", "indigo", "juniper", "karst", "lagoon")


def words(rng: random.Random, count: int) -> str:
    return " ".join(rng.choices(WORDS, k=count)).capitalize()


def record(rng: random.Random, name: str, number: int) -> dict[str, Any]:
    """Something like a record of this corpus: what sets one corpus apart is its groups and its frames."""
    user, answer = f"{words(rng, 7)} {number}?", " ".join(f"{words(rng, 9)}." for _ in range(3))
    group, system = name, None
    if name == "gpteacher":
        group = ("codegen", "roleplay", "toolformer")[number % 3]
    elif name == "openai_evals":
        group = f"eval {number % 25}"
    elif name == "recon_cot_elicitation":
        user = f"Q: {user}\nA: Let's think step by step."
    elif name == "rag_langchain_render":
        user = f"Use the context.\n\n{' '.join(f'{words(rng, 9)}.' for _ in range(6))}\n\nQuestion: {user}\nHelpful Answer:"
    elif name == "banking77_pipeline":
        system = "Say what is wanted."
    turns = [{"role": "user", "content": user}, {"role": "assistant", "content": answer}]
    return {"user": user, "assistant": answer, "system": system, "group": group, "turns": turns}


@pytest.fixture(scope="module")
def corpora(tmp_path_factory: pytest.TempPathFactory) -> Corpora:
    folder, rng = tmp_path_factory.mktemp("corpora"), random.Random(7)
    for name in NEEDED:
        with gzip.open(folder / f"{name}.jsonl.gz", "wt", encoding="utf-8") as file:
            for number in range(650 if name == "openai_evals" else 240):
                file.write(json.dumps(record(rng, name, number)) + "\n")
    return Corpora(sorted(folder.glob("*.jsonl.gz")))


def read(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def files(place: Path) -> list[bytes]:
    return [path.read_bytes() for path in sorted(place.rglob("*.json*"))]


@pytest.mark.parametrize("kind", [kind for kind in third.KINDS if kind.startswith("small-")])
def test_a_small_log_has_twenty_accounts_of_a_campaign_among_fifty(kind: str, corpora: Corpora, tmp_path: Path) -> None:
    write_world(third.made(kind, 3, corpora), tmp_path)
    rows = read(tmp_path / "logs" / "log.jsonl")
    campaign = {row["account_id"]: row["campaign"] for row in read(tmp_path / "truth.jsonl")}
    assert Counter(campaign.values()) == {"campaign-1": 20, None: 30}
    assert all("campaign" not in row and "kind" not in row for row in rows)
    sent = Counter(campaign[row["account_id"]] for row in rows)
    assert sent["campaign-1"] >= 800
    assert 1150 <= sent[None] <= 1250
    assert rows == sorted(rows, key=lambda row: row["time"])


def test_the_same_kind_and_seed_give_the_same_bytes(corpora: Corpora, tmp_path: Path) -> None:
    for name, seed in (("one", 1), ("again", 1), ("other", 2)):
        write_world(third.made("small-template", seed, corpora), tmp_path / name)
    assert len(files(tmp_path / "one")) == 4
    assert files(tmp_path / "one") == files(tmp_path / "again")
    assert files(tmp_path / "one") != files(tmp_path / "other")


def test_corpora_that_are_missing_are_named() -> None:
    with pytest.raises(SystemExit, match=r"missing: .*gpteacher"):
        third.prepare([])
