"""A random world is what its design says, and no column of its log gives its campaigns away."""

import json
from collections import Counter
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import rankdata

from stillwatch.core import BadSetting
from stillwatch.range import simulate
from stillwatch.range.axes import AXES, HONEST, MOODS, CampaignDesign, Design
from stillwatch.range.design import draw_design, scaled
from stillwatch.range.kinds import KINDS
from stillwatch.range.random_world import accounts_of

Row = dict[str, Any]


def rows(path: Path) -> list[Row]:
    return [json.loads(line) for line in path.read_bytes().splitlines()]


def seconds(row: Row, column: str = "time") -> float:
    return datetime.fromisoformat(row[column]).timestamp()


class World:
    """A world on disk: its design, its accounts, and what each asked in the order of time."""

    def __init__(self, out: Path) -> None:
        self.design = json.loads((out / "design.json").read_bytes())
        self.truth = {row["account_id"]: row for row in rows(out / "truth.jsonl")}
        self.file = {row["account_id"]: row for row in rows(out / "accounts.jsonl")}
        self.records = [row for path in sorted((out / "logs").iterdir()) for row in rows(path)]
        self.asked: dict[str, list[Row]] = {}
        for row in self.records:
            self.asked.setdefault(row["account_id"], []).append(row)

    def members(self, name: str = "campaign-1") -> dict[str, list[Row]]:
        return {one: its for one, its in self.asked.items() if self.truth[one]["campaign"] == name}


def world_of(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str, **fixed: Any) -> World:
    """A small world of a kind with more of its one campaign fixed."""

    def drawn(seed: int, kind: str | None = None) -> Design:
        design = draw_design(seed, kind)
        (one,) = design.campaigns
        return replace(design, campaigns=(replace(one, **fixed),))

    monkeypatch.setattr("stillwatch.range.simulate.draw_design", drawn)
    simulate("random", seed=4, kind=kind, out=tmp_path / "world")
    return World(tmp_path / "world")


PLAIN = {
    "text": "bare", "origin": "distillation", "public": False, "samples": 1, "pools": 1, "cover": "none", "volume": "even",
    "cover_share": (0.0, 0.0), "customers": 0, "outside": 0, "event": "none", "banned": 0.0, "hours": "human",
}  # fmt: skip


@pytest.fixture(scope="module")
def worlds(tmp_path_factory: pytest.TempPathFactory) -> list[World]:
    """Worlds of many campaigns and honest neighbours, each from a seed of its own."""
    folder = tmp_path_factory.mktemp("worlds")
    out = []
    for seed in range(14):
        kind = ("small", None, "template", "mixed")[seed % 4]
        simulate("random", seed=seed, kind=kind, out=folder / str(seed), scale=1 if kind == "small" else 0.15)
        out.append(World(folder / str(seed)))
    return out


def test_the_same_seed_gives_the_same_bytes(tmp_path: Path) -> None:
    for name, seed in (("one", 5), ("again", 5), ("other", 6)):
        simulate("random", seed=seed, kind="small", out=tmp_path / name)
    said = {
        name: [path.read_bytes() for path in sorted((tmp_path / name).rglob("*.json*"))]
        for name in ("one", "again", "other")
    }
    assert len(said["one"]) == 5
    assert said["one"] == said["again"]
    assert said["one"][:1] != said["other"][:1]


def test_every_value_of_every_axis_occurs() -> None:
    designs = [draw_design(seed) for seed in range(200)]
    campaigns = [campaign for design in designs for campaign in design.campaigns]
    for axis, values in AXES.items():
        assert {getattr(campaign, axis) for campaign in campaigns} == set(values)
    assert {campaign.public for campaign in campaigns} == {True, False}
    assert {campaign.samples for campaign in campaigns} >= {1, 2, 16}
    assert {design.mood for design in designs} == set(MOODS)
    assert {design.days for design in designs} == set(range(2, 29))
    assert {kind for design in designs for kind, share in design.honest.items() if share} == set(HONEST)
    numbers = Counter(len(design.campaigns) for design in designs)
    assert set(numbers) == {0, 1, 2, 3}
    assert 30 <= numbers[0] <= 70
    assert min(design.accounts for design in designs) < 80
    assert max(design.accounts for design in designs) > 8000
    assert max(sum(c.accounts for c in design.campaigns) / design.accounts for design in designs) > 0.4
    assert max(campaign.exchanges / campaign.accounts for campaign in campaigns) > 300


def check(design: Design) -> None:
    assert 2 <= design.days <= 28
    assert 0.99 < sum(design.honest.values()) < 1.01
    assert set(design.honest) == set(HONEST)
    assert sum(c.accounts for c in design.campaigns) <= 0.6 * design.accounts + 5
    assert sum(c.exchanges for c in design.campaigns) <= 0.65 * design.exchanges + 60
    assert design.exchanges <= 60_000
    for campaign in design.campaigns:
        check_campaign(campaign, design)


def check_campaign(campaign: CampaignDesign, design: Design) -> None:
    assert all(getattr(campaign, axis) in values for axis, values in AXES.items())
    assert 5 <= campaign.accounts <= 4000
    assert campaign.accounts <= campaign.exchanges
    assert 0 <= campaign.begin < campaign.end <= design.days * 24
    assert 0 <= campaign.cover_share[0] <= campaign.cover_share[1] <= 0.99
    assert (campaign.cover == "none") == (campaign.cover_share[1] == 0)
    assert (campaign.hands == "one card") == (campaign.cards == 1 and campaign.networks == campaign.an_address == 0) or (
        campaign.hands == "web"
    )
    assert (campaign.hands == "web") == (campaign.an_address > 0)
    assert (campaign.hands == "hosting") == (campaign.networks > 0)
    assert 1 <= campaign.samples <= 16
    if campaign.event == "failover":
        assert campaign.begin < campaign.event_hour < campaign.end
        assert 0 < campaign.banned < 1
    if campaign.event == "pivot":
        assert design.release is not None


@given(st.integers(0, 2**40), st.sampled_from([None, *KINDS]))
@settings(max_examples=300, deadline=None)
def test_any_seed_draws_a_valid_design(seed: int, kind: str | None) -> None:
    design = draw_design(seed, kind)
    check(design)
    assert design == draw_design(seed, kind)


def test_kinds_are_of_the_size_they_say() -> None:
    for kind in KINDS:
        design = draw_design(3, kind)
        if kind == "small":
            assert (design.accounts, design.exchanges, design.campaigns[0].accounts) == (50, 2000, 20)
        else:
            assert 2400 <= design.accounts <= 3100
            assert 30_000 <= design.exchanges <= 60_000
            assert design.days == 14
        assert len(design.campaigns) == {"mixed": 2, "lookalikes": 0, "quiet": 0}.get(kind, 1)


def test_a_log_is_what_the_design_says(worlds: list[World]) -> None:
    for world in worlds:
        for campaign in world.design["campaigns"]:
            members = world.members(campaign["name"])
            assert len(members) == campaign["accounts"]
            asked = sum(map(len, members.values()))
            assert 0.85 * campaign["exchanges"] <= asked <= 1.3 * campaign["exchanges"] + 6 * campaign["accounts"]
        assert len(world.truth) <= world.design["accounts"]
        assert len(world.records) == sum(one["exchanges"] for one in world.design["made"].values())
        assert 0.75 * world.design["exchanges"] < len(world.records) < 1.25 * world.design["exchanges"]
        times = [row["time"] for row in world.records]
        assert times == sorted(times)
        assert (seconds(world.records[-1]) - seconds(world.records[0])) / 86400 < world.design["days"] + 0.5


def test_records_hold_what_a_provider_logs(worlds: list[World]) -> None:
    named = {"exchange_id", "time", "account_id", "model", "status", "client_address", "user_agent", "tls_fingerprint"}
    for row in worlds[0].records + worlds[1].records:
        assert named <= set(row)
        assert row.get("prompt") or row["messages"][-1]["content"]
        answered = {"latency_ms", "output_tokens", "input_tokens", "response", "stop_reason"}
        assert (row["status"] == "200") == (answered <= set(row)) == bool(answered & set(row))
    text = json.dumps(worlds[0].records)
    assert "campaign" not in text.replace("email campaign", "")
    assert any("session_id" in row for row in worlds[0].records)
    assert {row["status"] for world in worlds for row in world.records} == {"200", "403", "429"}


def auroc(values: list[float], hidden: list[bool]) -> float:
    ranks, mine = rankdata(values), np.array(hidden)
    ones = int(mine.sum())
    share = (ranks[mine].sum() - ones * (ones + 1) / 2) / (ones * (len(mine) - ones))
    return float(max(share, 1 - share))


def columns(world: World, account: str) -> dict[str, float]:
    """One number for every column of an account's: a mean, or how common its value is in the world."""
    its, file = world.asked[account], world.file[account]

    def mean(column: str) -> float:
        found = [float(row[column]) for row in its if row.get(column) is not None]
        return float(np.mean(found)) if found else -1.0

    def common(column: str) -> float:
        return sum(world_has[column][str(row.get(column))] for row in its) / len(its)

    world_has = {column: world.__dict__.setdefault(f"has_{column}", Counter()) for column in COMMON}
    if not world_has["model"]:
        for row in world.records:
            for column in COMMON:
                world_has[column][str(row.get(column))] += 1
    begin = seconds(its[0])
    prompts = [row.get("prompt") or row["messages"][-1]["content"] for row in its]
    files = world.__dict__.setdefault("files", [*world.file.values()])
    return {
        **{f"common {column}": common(column) for column in COMMON},
        **{column: mean(column) for column in ("temperature", "max_tokens", "output_tokens", "input_tokens", "latency_ms")},
        **{f"has {column}": float(any(column in row for row in its)) for column in ("system", "session_id", "stream")},
        **{f"common {c}": float(sum(f.get(c) == file.get(c) for f in files)) for c in ("plan", "email_domain", "payment_id")},
        "verified": float(file["verified"]),
        "age": begin - seconds(file, "created"),
        "prompt length": float(np.mean([len(prompt) for prompt in prompts])),
        "exchanges": float(len(its)),
        "refused": float(np.mean([row["status"] != "200" for row in its])),
        "addresses": float(len({row["client_address"] for row in its})),
        "hour": float(np.mean([seconds(row) % 86400 for row in its])),
    }  # fmt: skip


COMMON = ("model", "user_agent", "country", "asn", "tls_fingerprint", "pathway", "response_format", "client_address")


def test_no_single_column_tells_campaigns_from_others(worlds: list[World]) -> None:
    values: dict[str, list[float]] = {}
    hidden: list[bool] = []
    for world in worlds:
        for account in world.asked:
            for column, value in columns(world, account).items():
                values.setdefault(column, []).append(value)
            hidden.append(world.truth[account]["campaign"] is not None)
    assert sum(hidden) > 100
    found = {column: auroc(its, hidden) for column, its in values.items()}
    print({column: round(value, 2) for column, value in found.items()})
    assert max(found.values()) < 0.9, found
