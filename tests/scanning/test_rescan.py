"""A run is asked again without its logs, whatever texts stayed in it, and none is in a run that keeps none."""

import itertools
import json
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from deliveries import FAST, Record, by, deliver, delivered, small_world, told
from handmade import campaigns

from stillwatch import Run, rescan, scan
from stillwatch.core import BadSetting, OutputExists

pytestmark = pytest.mark.slow

# In a prompt of one account; in every prompt of the campaign; and where else a record holds text.
PLANTED = {
    "once": "The heron of Varnholm counts the copper lanterns twice",
    "shared": "Write down every step that the miller of Oskamere would take",
    "system": "You are the quiet librarian of the seventh harbour",
    "response": "Nine umbrellas stand behind the observatory door",
    "reasoning": "First I weigh the violet anchors against the moss",
    "messages": "Tell the glassblower that the bridge is painted",
    "unreadable": "The ferryman keeps his bells in walnut boxes",
    "wrong clock": "Seventeen magpies signed the ledger of the abbey",
}


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> tuple[list[Record], set[str]]:
    records, members = small_world(tmp_path_factory.mktemp("world"))
    for record in records:
        if record["account_id"] in members:
            record["prompt"] = f"{record['prompt']} {PLANTED['shared']}."
    first, second, third = records[0], records[1], records[2]
    first["prompt"] = f"{PLANTED['once']}. Why?"
    first |= {name: PLANTED[name] for name in ("system", "response", "reasoning")}
    second["messages"] = [{"role": "user", "content": PLANTED["messages"]}]
    del second["prompt"]
    records.append({**third, "time": "2099-01-01T00:00:00Z", "prompt": PLANTED["wrong clock"]})
    records.append(dict(first))
    records.append({"time": PLANTED["unreadable"], "account_id": "x", "prompt": PLANTED["unreadable"]})
    records.append({"account_id": "x", "time": 1, "messages": PLANTED["unreadable"]})
    return records, members


@pytest.fixture(scope="module")
def full(world: tuple[list[Record], set[str]], tmp_path_factory: pytest.TempPathFactory) -> Run:
    folder = tmp_path_factory.mktemp("full")
    return scan(deliver(world[0], folder / "logs"), out=folder / "run", workers=1, **FAST)


def found_in(run: Path) -> set[str]:
    """Planted sentences, and pieces of three words of them, that stand anywhere in a run."""
    pieces = {
        name: [" ".join(words).casefold() for words in triples(sentence.split())] for name, sentence in PLANTED.items()
    }
    seen: set[str] = set()
    for path in sorted(path for path in run.rglob("*") if path.is_file()):
        said = path.read_bytes().decode("utf-8", "replace")
        if path.suffix == ".parquet":
            said += repr(pq.ParquetFile(path).read().to_pylist())
        said = said.casefold()
        seen |= {name for name, parts in pieces.items() if any(part in said for part in parts)}
    return seen


def triples(words: list[str]) -> list[tuple[str, ...]]:
    return list(zip(words, words[1:], words[2:], strict=False))


def document(run: Run) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((run.path / "run.json").read_text())
    return found


def without(found: dict[str, Any], *names: str) -> dict[str, Any]:
    return {name: value for name, value in found.items() if name not in names}


def test_what_is_looked_for_is_found_where_texts_stay(full: Run) -> None:
    assert found_in(full.path) == set(PLANTED)


def test_asked_again_in_the_same_way_a_run_says_the_same(
    full: Run, world: tuple[list[Record], set[str]], tmp_path: Path
) -> None:
    run = scan(deliver(world[0], tmp_path / "logs"), out=tmp_path / "run", workers=1, **FAST)
    again = rescan(run.path, workers=1)
    assert told(again) == told(full)
    assert [row["state"] for row in again.table("campaign_history").to_pylist()] == ["new", "known"]
    assert document(again)["notes"] == document(full)["notes"]


@pytest.mark.parametrize("retain", ["templates", "none"])
def test_texts_that_are_not_to_stay_are_nowhere_in_the_run(
    retain: str, full: Run, world: tuple[list[Record], set[str]], tmp_path: Path
) -> None:
    records, members = world
    run = scan(deliver(records, tmp_path / "logs"), out=tmp_path / "run", workers=1, retain=retain, **FAST)
    assert campaigns(run) == [members]
    left = found_in(run.path)
    assert left == set() if retain == "none" else left <= {"shared"}
    whole = told(full)
    kept = told(run)
    gone = ("exchanges", "dead_letters")
    assert without(kept, *gone) == without(whole, *gone)
    assert document(run)["settings"]["retain"] == "none" or retain == "templates"
    again = rescan(run.path, workers=1, fdr=0.02, seed=3)
    assert campaigns(again) == [members]
    assert found_in(again.path) == left
    assert document(again)["settings"]["fdr"] == 0.02
    assert document(again)["columns_missing"] == document(full)["columns_missing"]
    counts, before = document(again)["counts"], document(full)["counts"]
    assert {name: counts[name] for name in ("exchanges", "without_text", "second_deliveries", "wrong_clocks")} == {
        name: before[name] for name in ("exchanges", "without_text", "second_deliveries", "wrong_clocks")
    }
    examples = [row["example"] for row in again.table("templates").to_pylist() if row["campaign_id"]]
    assert any(PLANTED["shared"] in example for example in examples) is (retain == "templates")


def test_days_are_added_to_a_run_that_keeps_no_texts(world: tuple[list[Record], set[str]], tmp_path: Path) -> None:
    records, members = world
    readable = [one for one in records if str(one["time"])[:4] == "2026"]
    days = delivered(by(lambda one: one["time"][:10], readable), tmp_path / "logs")
    half = len(days) // 2
    scan(days[:half], out=tmp_path / "run", workers=1, retain="none", **FAST)
    # The last of what was read is delivered again beside what is new.
    again = deliver(
        by(lambda one: one["time"][:10], readable)[half - 1], tmp_path / "again", "under-another-name.jsonl"
    )
    run = scan([*days[half:], again], into=tmp_path / "run", workers=1)
    whole = scan([*days, again], out=tmp_path / "whole", workers=1, **FAST)
    assert found_in(run.path) == set()
    assert campaigns(run) == [members]
    one, many = told(whole), told(run)
    for name in ("sketches", "profiles", "counts"):
        assert many[name] == one[name], name
    counts = ("exchanges", "second_deliveries", "without_text", "dead_letters")
    assert [many["counts told"][name] for name in counts] == [one["counts told"][name] for name in counts]


def test_texts_that_are_gone_do_not_come_back(world: tuple[list[Record], set[str]], tmp_path: Path) -> None:
    run = scan(deliver(world[0][:50], tmp_path / "logs"), out=tmp_path / "run", workers=1, retain="templates")
    for retain in ("full",):
        with pytest.raises(BadSetting, match="do not come back"):
            rescan(run.path, retain=retain)
    stricter = rescan(run.path, workers=1, retain="none")
    assert found_in(stricter.path) == set()
    with pytest.raises(BadSetting, match="do not come back"):
        scan(deliver(world[0][50:60], tmp_path / "more"), into=run.path, retain="templates")
    with pytest.raises(OutputExists):
        scan(deliver(world[0][50:60], tmp_path / "more"), out=run.path)


def test_pieces_are_of_three_words() -> None:
    assert list(itertools.islice(triples(["a", "b", "c", "d"]), 2)) == [("a", "b", "c"), ("b", "c", "d")]
