"""A campaign that sprinkles letters nobody sees, or letters that look like others, into what it sends is found as one that does not."""

import json
import random
from collections.abc import Callable
from pathlib import Path

import msgspec
import pyarrow.parquet as pq
import pytest

from stillwatch.cli import main

UNSEEN = "\u200b\u00ad\u2060\ufeff\u200d"
ALIKE = {"a": "аα𝐚ⓐ", "e": "е𝗲ｅ", "o": "оοօ", "p": "рρ", "c": "сϲ", "s": "ѕ", "i": "іι", "T": "ТΤ", "x": "х", "v": "ν"}


def sprinkled(text: str, draw: random.Random) -> str:
    """The text with an unseen letter behind one in seven, and one letter in seven wide."""
    made = []
    for one in text:
        wide = one.isascii() and one.isalpha() and draw.random() < 1 / 7
        made.append(chr(ord(one) + 0xFEE0) if wide else one)
        made.append(draw.choice(UNSEEN) if draw.random() < 1 / 7 else "")
    return "".join(made)


def swapped(text: str, draw: random.Random) -> str:
    """The text with one letter in four another that looks like it."""
    return "".join(draw.choice(ALIKE.get(one, one)) if draw.random() < 1 / 4 else one for one in text)


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("september") / "world"
    main(["simulate", "september", "--scale", "0.02", "--seed", "3", "--out", str(folder)])
    return folder


@pytest.mark.parametrize("written", [sprinkled, swapped])
def test_who_writes_with_such_letters_is_found_all_the_same(
    written: Callable[[str, random.Random], str], world: Path, tmp_path: Path
) -> None:
    logs, run = tmp_path / "logs", tmp_path / "run"
    truth = [msgspec.json.decode(line) for line in (world / "truth.jsonl").read_bytes().splitlines()]
    members = {one["account_id"] for one in truth if one["campaign"]}
    draw = random.Random(1)
    logs.mkdir()
    for path in (world / "logs").iterdir():
        lines = []
        for line in path.read_bytes().splitlines():
            record = msgspec.json.decode(line)
            if record["account_id"] in members:
                record |= {name: written(record[name], draw) for name in ("prompt", "system") if record.get(name)}
            lines.append(json.dumps(record, ensure_ascii=False))
        (logs / path.name).write_text("\n".join(lines) + "\n", encoding="utf-8")
    main(["scan", str(logs), "--accounts", str(world / "accounts.jsonl"), "--out", str(run), "--workers", "1"])
    watched = pq.read_table(run / "accounts.parquet").to_pylist()
    found = {row["account_id"] for row in watched if row["verdict"] != "clear"}
    assert len(members) == 92
    assert len(found & members) >= 88
    assert len(found - members) <= 2
