"""What becomes of sessions in random worlds: relays move, mask or rename them, friends cross, and all else stays."""

from collections import defaultdict
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from drawn_worlds import PLAIN, Row, World, seconds, world_of

from stillwatch.range import AXES, draw_design, simulate_design

FIXED: dict[str, Any] = {**PLAIN, "hours": "affinity", "accounts": 20, "exchanges": 1200}
OF_RELAY = {"cover": "relay", "cover_share": (0.9, 0.9), "customers": 30, "hours": "human"}


@pytest.fixture(scope="module")
def worlds(tmp_path_factory: pytest.TempPathFactory) -> dict[str, World]:
    """The same world, but for what becomes of sessions."""
    folder = tmp_path_factory.mktemp("worlds")
    return {way: world_of(folder / way, "small", **{**FIXED, "sessions": way}) for way in AXES["sessions"]}


def honest_world(out: Path, kind: str, seed: int) -> World:
    """A small world without campaigns."""
    simulate_design(replace(draw_design(seed, kind), accounts=400, exchanges=5000), out)
    return World(out)


def holders(rows: list[Row]) -> dict[str, set[str]]:
    """Who has requests in each session whose id was drawn: counters and days are many people's."""
    held: dict[str, set[str]] = defaultdict(set)
    for row in rows:
        if len(row.get("session_id", "")) > 13:
            held[row["session_id"]].add(row["account_id"])
    return held


def stretches(rows: list[Row]) -> list[float]:
    """How long each session is on one account without a break, in hours."""
    begun: dict[str, tuple[str, float]] = {}
    lengths = []
    for row in rows:
        on, since = begun.get(row["session_id"], ("", 0.0))
        if on != row["account_id"]:
            begun[row["session_id"]] = row["account_id"], seconds(row)
        else:
            lengths.append((seconds(row) - since) / 3600)
    return lengths


def of_members(world: World) -> list[Row]:
    return [row for row in world.records if world.truth[row["account_id"]]["campaign"]]


def test_nothing_but_session_ids_hangs_on_what_becomes_of_them(worlds: dict[str, World]) -> None:
    bare = [
        [{name: value for name, value in row.items() if name != "session_id"} for row in world.records]
        for world in worlds.values()
    ]
    assert all(rows == bare[0] for rows in bare)
    assert all(world.file == worlds["own"].file for world in worlds.values())
    said = [world.truth[next(iter(world.members()))]["sessions"] for world in worlds.values()]
    assert said == list(AXES["sessions"])


def test_sessions_are_nobodys_each_accounts_own_or_go_on_under_another(worlds: dict[str, World]) -> None:
    assert not holders(of_members(worlds["none"]))
    assert max(map(len, holders(of_members(worlds["own"])).values())) == 1
    moved = holders(of_members(worlds["moving"]))
    assert sum(1 < len(accounts) <= 8 for accounts in moved.values()) > 10
    assert max(map(len, moved.values())) <= 8
    assert len({account for accounts in moved.values() if len(accounts) > 1 for account in accounts}) > 15
    assert max(stretches(of_members(worlds["moving"]))) <= 1.0


def test_a_masked_session_is_its_accounts_for_a_quarter_of_an_hour(worlds: dict[str, World]) -> None:
    rows = of_members(worlds["masked"])
    assert max(map(len, holders(rows).values())) == 1
    assert 0.2 < max(stretches(rows)) <= 0.25


def test_a_relay_takes_its_customers_conversations_to_several_accounts(tmp_path: Path) -> None:
    rows = of_members(world_of(tmp_path / "world", "small", **{**FIXED, **OF_RELAY, "sessions": "moving"}))
    turns = [row for row in rows if len(row.get("messages", ())) > 1]
    by_talk: dict[tuple[str, str], set[str]] = defaultdict(set)
    for row in turns:
        by_talk[row["messages"][0]["content"], row["session_id"]].add(row["account_id"])
    assert sum(len(accounts) > 1 for accounts in by_talk.values()) >= 5


def test_friends_cross_sessions_or_hold_several_side_by_side_on_one_account(tmp_path: Path) -> None:
    honest = honest_world(tmp_path / "world", "quiet", 9)
    ways = {account: row["sessions"] for account, row in honest.truth.items()}
    crossed = [held for held in holders(honest.records).values() if len(held) > 1 and ways[min(held)] == "friends"]
    assert len(crossed) > 2
    for held in crossed:
        assert len(held) <= 5
        assert {ways[account] for account in held} == {"friends"}
        assert {honest.truth[account]["kind"] for account in held} == {"person"}
    one_subscription = [
        [row["session_id"] for row in honest.asked[account]] for account, way in ways.items() if way == "shared"
    ]
    assert any(comes_back(order) for order in one_subscription)


def comes_back(order: list[str]) -> bool:
    """Whether a session goes on after another had begun."""
    runs = [session for session, before in zip(order, ["", *order], strict=False) if session != before]
    return len({*runs}) < len(runs)


def test_honest_gateways_move_and_mask_sessions_and_ids_have_many_forms(tmp_path: Path) -> None:
    honest = honest_world(tmp_path / "world", "lookalikes", 4)
    ways = {row["sessions"] for row in honest.truth.values() if row["kind"] in ("team key", "reseller")}
    assert {"moving", "masked"} <= ways
    forms = {len(row["session_id"]) for row in honest.records if "session_id" in row}
    assert {10, 13, 14, 29, 36} <= forms
