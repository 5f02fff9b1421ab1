"""A simulated week holds what its scenario says, and the truth stays out of the logs."""

import json
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
import pytest

from stillwatch.core import BadSetting, BadTable, OutputExists
from stillwatch.range import SCENARIOS, Simulation, simulate
from stillwatch.range.grammar import _below, _two

SMALL = {
    "february": 0.0008,
    "september": 0.03,
    "evasive": 0.01,
    "lookalikes": 0.002,
    "quiet": 0.002,
    "bursts": 0.002,
    "october": 0.002,
}
CROWDS = {"sign-up", "launch", "coursework", "workshop", "capped", "own key"}


def rows(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_bytes().splitlines()]


@pytest.fixture(scope="module")
def weeks(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Simulation]:
    folder = tmp_path_factory.mktemp("weeks")
    return {name: simulate(name, scale=SMALL[name], seed=7, out=folder / name) for name in SCENARIOS}


def logs(week: Simulation) -> list[dict[str, Any]]:
    return [row for path in sorted((week.out / "logs").iterdir()) for row in rows(path)]


@pytest.mark.parametrize("name", list(SCENARIOS))
def test_a_week_is_canonical_and_in_order(weeks: dict[str, Simulation], name: str) -> None:
    records = logs(weeks[name])
    assert len(records) == weeks[name].exchanges
    assert len({r["exchange_id"] for r in records}) == len(records)
    times = [r["time"] for r in records]
    assert times == sorted(times)
    assert all(r.get("prompt") or r["messages"][-1]["content"] for r in records)
    seen = {r["account_id"] for r in records}
    assert seen == {r["account_id"] for r in rows(weeks[name].out / "accounts.jsonl")}
    assert seen == {r["account_id"] for r in rows(weeks[name].out / "truth.jsonl")}


@pytest.mark.parametrize("name", ["february", "september", "evasive", "october"])
def test_honest_traffic_outweighs_the_campaigns(weeks: dict[str, Simulation], name: str) -> None:
    truth = {r["account_id"]: r["campaign"] for r in rows(weeks[name].out / "truth.jsonl")}
    hidden = {account for account, campaign in truth.items() if campaign}
    assert len(truth) - len(hidden) >= 10 * len(hidden)
    records = logs(weeks[name])
    taken = sum(r["account_id"] in hidden for r in records)
    assert len(records) - taken >= 0.9 * taken
    assert {c for c in truth.values() if c} == {plan.name for plan in SCENARIOS[name].plans}


@pytest.mark.parametrize("name", ["lookalikes", "quiet", "bursts"])
def test_honest_weeks_hide_nobody(weeks: dict[str, Simulation], name: str) -> None:
    assert weeks[name].campaigns == {}
    kinds = {r["kind"] for r in rows(weeks[name].out / "truth.jsonl")}
    assert ("harness" in kinds) == (name != "quiet")
    assert kinds & CROWDS == (CROWDS if name == "bursts" else set())


def test_the_truth_does_not_leak_into_the_log(weeks: dict[str, Simulation]) -> None:
    week = weeks["september"]
    text = b"".join(path.read_bytes() for path in (week.out / "logs").iterdir())
    for word in (b'"campaign"', b"bystander", b'"kind"'):
        assert word not in text
    assert b'"campaign"' not in (week.out / "accounts.jsonl").read_bytes()


def test_a_campaign_shares_out_its_pool_and_a_harness_repeats(weeks: dict[str, Simulation]) -> None:
    kinds = {r["account_id"]: r["kind"] for r in rows(weeks["february"].out / "truth.jsonl")}
    asked: dict[str, dict[str, set[str]]] = {"campaign": {}, "harness": {}}
    for r in logs(weeks["february"]):
        if kinds[r["account_id"]] in asked and "prompt" in r:
            asked[kinds[r["account_id"]]].setdefault(r["prompt"], set()).add(r["account_id"])
    shared = {kind: np.mean([len(who) > 1 for who in prompts.values()]) for kind, prompts in asked.items()}
    assert shared["campaign"] < 0.03
    assert shared["harness"] > 0.1


def test_the_drip_makes_four_requests_an_account(weeks: dict[str, Simulation]) -> None:
    truth = {r["account_id"]: r["campaign"] for r in rows(weeks["september"].out / "truth.jsonl")}
    counts: dict[str, int] = {}
    for r in logs(weeks["september"]):
        counts[r["account_id"]] = counts.get(r["account_id"], 0) + 1
    assert {counts[account] for account, campaign in truth.items() if campaign == "drip"} == {4}


def test_the_second_pool_takes_over_after_the_ban(weeks: dict[str, Simulation]) -> None:
    truth = {r["account_id"]: r["campaign"] for r in rows(weeks["september"].out / "truth.jsonl")}
    spans: dict[str, list[str]] = {}
    refused = 0
    for r in logs(weeks["september"]):
        if truth[r["account_id"]] == "mirror":
            spans.setdefault(r["account_id"], []).append(r["time"])
            refused += r["status"] == "403"
    early = [times for times in spans.values() if times[0] < "2026-09-10T20:00"]
    late = [times for times in spans.values() if times[0] >= "2026-09-10T20:00"]
    assert refused > 0
    assert len(early) == pytest.approx(len(late), abs=2)
    assert max(times[-1] for times in early) < "2026-09-11T00:00"


def test_half_of_the_hydra_moves_to_the_new_model(weeks: dict[str, Simulation]) -> None:
    truth = {r["account_id"]: r["campaign"] for r in rows(weeks["february"].out / "truth.jsonl")}
    mine = [r for r in logs(weeks["february"]) if truth[r["account_id"]] == "hydra"]
    before = [r for r in mine if r["time"] < "2026-09-09T12:00"]
    after = [r for r in mine if "2026-09-10T10:00" < r["time"] < "2026-09-10T14:00"]
    assert not any(r["model"] == "apex-4" for r in before)
    assert np.mean([r["model"] == "apex-4" for r in after]) > 0.5


def test_the_same_seed_gives_the_same_bytes(tmp_path: Path, weeks: dict[str, Simulation]) -> None:
    again = simulate("quiet", scale=SMALL["quiet"], seed=7, out=tmp_path / "again")
    other = simulate("quiet", scale=SMALL["quiet"], seed=8, out=tmp_path / "other")

    def everything(week: Simulation) -> list[bytes]:
        return [p.read_bytes() for p in sorted(week.out.rglob("*.jsonl"))]

    assert everything(again) == everything(weeks["quiet"])
    assert everything(other) != everything(again)


def test_a_corpus_is_what_prompts_are_written_from(tmp_path: Path) -> None:
    corpus = tmp_path / "people.jsonl"
    words = [f"zor{i}" for i in range(90)]
    lines = [
        json.dumps({"source": "made", "kind": "people", "user": " ".join(words[(i * k) % 90] for k in range(1, 14))})
        for i in range(1, 700)
    ]
    corpus.write_text("\n".join(lines))
    week = simulate("quiet", scale=0.001, seed=1, out=tmp_path / "week", corpus=[corpus])
    used = sum("zor" in r.get("prompt", "") for r in logs(week))
    assert used > 0.4 * week.exchanges


def test_errors_say_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(BadSetting, match="february"):
        simulate("march", scale=1, seed=0, out=tmp_path / "x")
    with pytest.raises(BadSetting, match="scale"):
        simulate("quiet", scale=0, seed=0, out=tmp_path / "x")
    with pytest.raises(OutputExists):
        simulate("quiet", scale=0.001, seed=0, out=tmp_path)
    bad = tmp_path / "bad.jsonl"
    bad.write_text('{"user": "fine"}\nnot json\n')
    with pytest.raises(BadTable, match="line 2"):
        simulate("quiet", scale=0.001, seed=0, out=tmp_path / "x", corpus=[bad])
    assert not (tmp_path / "x").exists()


@pytest.mark.parametrize("size", range(2, 22))
def test_what_is_drawn_in_less_time_is_what_python_draws(size: int) -> None:
    ours, theirs = Random(size), Random(size)
    nouns = [f"noun {number}" for number in range(size)]
    for _ in range(50):
        assert [*_two(ours, nouns), _below(ours, size)] == [*theirs.sample(nouns, 2), theirs.randrange(size)]
