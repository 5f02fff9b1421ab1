"""The fourth generator of worlds (`benchmarks/fourth.py`), on made-up corpora."""

import gzip
import json
import random
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

import fourth
from fourth_corpora import NEEDED, Corpora
from fourth_files import write_world

WORDS = ("alder", "birch", "clay", "dune", "elm", "fen", "gorse", "heath", "iris", "juncus", "knoll", "ling")
GROUPS = {
    "gpteacher": ("codegen", "roleplay", "toolformer"),
    "rag_langchain_render": ("langchain_stuff_chat", "langchain_stuff_completion"),
}


def words(rng: random.Random, count: int) -> str:
    return " ".join(rng.choices(WORDS, k=count)).capitalize()


def record(rng: random.Random, name: str, number: int) -> dict[str, Any]:
    groups = GROUPS.get(name, (name,))
    user, answer = f"{words(rng, 8)} {number}?", f"{words(rng, 12)}."
    turns = [
        {"role": "user", "content": user},
        {"role": "assistant", "content": answer},
        {"role": "user", "content": "Why?"},
    ]
    return {"user": user, "assistant": answer, "system": None, "group": groups[number % len(groups)], "turns": turns}


@pytest.fixture(scope="module")
def corpora(tmp_path_factory: pytest.TempPathFactory) -> Corpora:
    folder, rng = tmp_path_factory.mktemp("corpora"), random.Random(11)
    for name in NEEDED:
        with gzip.open(folder / f"{name}.jsonl.gz", "wt", encoding="utf-8") as file:
            for number in range(200):
                file.write(json.dumps(record(rng, name, number)) + "\n")
    return Corpora(sorted(folder.glob("*.jsonl.gz")))


def read(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def files(place: Path) -> list[bytes]:
    return [path.read_bytes() for path in sorted(place.rglob("*.json*"))]


@pytest.mark.parametrize("kind", [kind for kind in fourth.KINDS if kind.startswith("small-")])
def test_a_small_log_has_twenty_accounts_of_a_campaign_among_fifty(kind: str, corpora: Corpora, tmp_path: Path) -> None:
    write_world(fourth.made(kind, 2, corpora), tmp_path)
    rows = read(tmp_path / "logs" / "log.jsonl")
    campaign = {row["account_id"]: row["campaign"] for row in read(tmp_path / "truth.jsonl")}
    assert Counter(campaign.values()) == {"campaign-1": 20, None: 30}
    assert {row["account_id"] for row in rows} == set(campaign)
    assert {row["account_id"] for row in read(tmp_path / "accounts.jsonl")} == set(campaign)
    assert all("campaign" not in row and "kind" not in row for row in rows)
    assert 1950 <= len(rows) <= 2100
    assert rows == sorted(rows, key=lambda row: row["time"])


def test_nobody_asks_before_the_account_was_opened(corpora: Corpora, tmp_path: Path) -> None:
    write_world(fourth.made("small-cover", 4, corpora), tmp_path)
    created = {row["account_id"]: row["created"] for row in read(tmp_path / "accounts.jsonl")}
    assert all(created[row["account_id"]][:19] <= row["time"][:19] for row in read(tmp_path / "logs" / "log.jsonl"))


def test_the_same_kind_and_seed_give_the_same_bytes(corpora: Corpora, tmp_path: Path) -> None:
    for name, seed in (("one", 1), ("again", 1), ("other", 2)):
        write_world(fourth.made("small-adaptive", seed, corpora), tmp_path / name)
    assert len(files(tmp_path / "one")) == 4
    assert files(tmp_path / "one") == files(tmp_path / "again")
    assert files(tmp_path / "one") != files(tmp_path / "other")


@pytest.mark.slow
def test_a_relays_keys_are_told_apart_from_its_harvesters(
    corpora: Corpora, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # The crowd comes last, and has no part in who is whose.
    monkeypatch.setattr(fourth, "ordinary", lambda *_: None)
    write_world(fourth.made("relay", 1, corpora), tmp_path)
    roles = Counter(row["role"] for row in read(tmp_path / "truth.jsonl") if row["campaign"])
    assert roles["hand"] == 10
    assert roles["relay"] >= 6


def test_corpora_that_are_missing_are_named() -> None:
    with pytest.raises(SystemExit, match=r"missing: .*gpteacher"):
        fourth.prepare([])
