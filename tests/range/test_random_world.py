"""A random world is what its design says, and no column of its log gives its campaigns away."""

import json
from collections import Counter
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from drawn_worlds import PLAIN, World, seconds, world_of
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import rankdata

from stillwatch.core import BadSetting
from stillwatch.range import simulate
from stillwatch.range.axes import AXES, HONEST, MOODS, CampaignDesign, Design
from stillwatch.range.design import draw_design, scaled
from stillwatch.range.kinds import KINDS
from stillwatch.range.random_world import accounts_of


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
    assert (campaign.hands == "one card") == (
        campaign.cards == 1 and campaign.networks == campaign.an_address == 0
    ) or (campaign.hands == "web")
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
    mine = np.array(hidden)
    ranks: np.ndarray = rankdata(values)
    ones = int(mine.sum())
    share = float(ranks[mine].sum() - ones * (ones + 1) / 2) / (ones * (len(mine) - ones))
    return max(share, 1.0 - share)


def columns(world: World, account: str) -> dict[str, float]:
    """One number for every column of an account's: a mean, or how common its value is in the world."""
    its, file = world.asked[account], world.file[account]

    def mean(column: str) -> float:
        found = [float(row[column]) for row in its if row.get(column) is not None]
        return float(np.mean(found)) if found else -1.0

    def common(column: str) -> float:
        return float(np.mean([world_has[column][str(row.get(column))] for row in its]))

    world_has = {column: world.__dict__.setdefault(f"has_{column}", Counter()) for column in COMMON}
    if not world_has["model"]:
        for row in world.records:
            for column in COMMON:
                world_has[column][str(row.get(column))] += 1
    begin = seconds(its[0])
    prompts = [row.get("prompt") or row["messages"][-1]["content"] for row in its]
    files = world.__dict__.setdefault("files", [*world.file.values()])
    sessions = [row["session_id"] for row in its if "session_id" in row]
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
        "sessions": len({*sessions}) / len(its),
        "session length": float(np.mean([len(session) for session in sessions])) if sessions else 0.0,
        "hour": float(np.mean([seconds(row) % 86400 for row in its])),
    }  # fmt: skip


COMMON = (
    "model",
    "user_agent",
    "country",
    "asn",
    "tls_fingerprint",
    "pathway",
    "response_format",
    "client_address",
    "session_id",
)


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


def test_a_web_of_cards_and_addresses_holds_the_campaign_together(tmp_path: Path) -> None:
    fixed = {**PLAIN, "hands": "web", "cards": 4, "networks": 0, "an_address": 5, "accounts": 24, "exchanges": 400}
    world = world_of(tmp_path / "world", "small", **fixed)
    members = world.members()
    cards = Counter(world.file[account]["payment_id"] for account in members)
    assert len(cards) == 4
    assert 5 <= min(cards.values()) <= max(cards.values()) <= 10
    parts: list[set[str]] = []
    for account, its in members.items():
        held = {world.file[account]["payment_id"], *(row["client_address"] for row in its)}
        met = [part for part in parts if part & held]
        parts = [part for part in parts if not part & held] + [held.union(*met)]
    assert max(map(len, parts)) > 0.8 * sum(map(len, parts))


def test_a_dispatcher_keeps_its_workers_busy(tmp_path: Path) -> None:
    fixed = {**PLAIN, "hours": "dispatcher", "workers": 6, "accounts": 20, "exchanges": 1200}
    world = world_of(tmp_path / "world", "small", **fixed)
    its = [row for rows in world.members().values() for row in rows if row["status"] == "200"]
    edges = sorted(
        edge
        for row in its
        for edge in ((seconds(row), 1), (seconds(row) + row["latency_ms"] / 1000, -1))
    )  # fmt: skip
    busy = [0.0] * 40
    flying = 0
    for (when, step), (then, _) in pairwise(edges):
        flying += step
        busy[flying] += (then - when) * (flying > 0)
    assert busy[6] + busy[5] > 0.85 * sum(busy)
    assert sum(busy[8:]) < 0.05 * sum(busy)


def test_a_second_pool_goes_on_hours_after_the_ban(tmp_path: Path) -> None:
    simulate("random", seed=2, kind="failover", out=tmp_path / "world", scale=0.2)
    world = World(tmp_path / "world")
    (design,) = world.design["campaigns"]
    members = world.members()
    start = 1_788_739_200 + 3600 * design["event_hour"]
    old = {account: its for account, its in members.items() if seconds(its[0]) < start}
    new = {account: its for account, its in members.items() if account not in old}
    assert len(old) == pytest.approx(design["accounts"] * design["banned"], abs=1)
    knocks = [row for its in old.values() for row in its if seconds(row) > start]
    assert knocks
    assert {row["status"] for row in knocks} == {"403"}
    assert max(map(seconds, knocks)) < start + 3700
    assert all(seconds(its[0]) > start + 1.9 * 3600 for its in new.values())
    asked = {row["prompt"] for its in old.values() for row in its}
    again = [row["prompt"] in asked for its in new.values() for row in its]
    assert np.mean(again) < 0.2


def test_cover_stays_within_its_bounds(tmp_path: Path) -> None:
    covered = {**PLAIN, "origin": "harness", "cover": "person", "cover_share": (0.3, 0.7)}
    world = world_of(tmp_path / "world", "small", **covered, accounts=20, exchanges=1000)
    # The grammars' test sets ask about boxes in shops, and people do not.
    asked = [row for its in world.members().values() for row in its]
    cover = ["boxes" not in (row.get("prompt") or row["messages"][0]["content"]) for row in asked]
    assert 0.3 < np.mean(cover) < 0.7


def test_a_drip_is_thin_and_its_retries_go_through_another_account(tmp_path: Path) -> None:
    thin = {**PLAIN, "hours": "drip", "accounts": 20, "exchanges": 60, "begin": 0.0, "end": 47.0}
    world = world_of(tmp_path / "drip", "small", **thin)
    for its in world.members().values():
        assert max(Counter(row["time"][:10] for row in its if row["status"] == "200").values()) < 5
    again = world_of(tmp_path / "again", "small", **{**PLAIN, "event": "retries", "exchanges": 1000})
    asked: dict[str, list[tuple[float, str, str]]] = {}
    for account, its in again.members().items():
        for row in its:
            asked.setdefault(row["prompt"], []).append((seconds(row), account, row["status"]))
    refused = {
        prompt: sorted(times) for prompt, times in asked.items() if sorted(times)[0][2] != "200" and len(times) > 1
    }
    assert len(refused) > 10
    moved = [one[0][1] != one[1][1] and one[1][0] - one[0][0] < 241 for one in refused.values()]
    assert np.mean(moved) > 0.8


def test_scaling_keeps_a_world_whole() -> None:
    small = scaled(draw_design(1, "pool"), 0.1)
    assert small.accounts < 400
    assert small.campaigns[0].accounts >= 5
    assert len(accounts_of(small, [])) <= small.accounts


def test_errors_of_random_worlds_say_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(BadSetting, match="pool") as caught:
        simulate("random", seed=0, kind="ponds", out=tmp_path / "x")
    assert "pool" in str(caught.value)
    with pytest.raises(BadSetting, match="kind"):
        simulate("quiet", scale=0.1, seed=0, kind="pool", out=tmp_path / "x")
    with pytest.raises(BadSetting, match="scale"):
        simulate("quiet", seed=0, out=tmp_path / "x")


def test_people_send_a_text_a_few_times_at_most(worlds: list[World]) -> None:
    for world in worlds:
        people = [row for row in world.records if world.truth[row["account_id"]]["kind"] == "person"]
        # Whoever is told to wait asks again.
        said = Counter(row.get("prompt") or row["messages"][-1]["content"] for row in people if row["status"] == "200")
        assert max(said.values()) < 13, said.most_common(3)
