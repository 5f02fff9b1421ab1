"""Turns at the upstream: never too many, never lost, in order."""

import asyncio
from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stillwatch.gateway.turns import NoTurn, Turn, Turns

REQUESTS = st.lists(
    st.tuples(st.sampled_from("ab"), st.booleans(), st.sampled_from(["leave", "stay", "cancel"])), max_size=25
)


def turn(account: str = "a", *, upload: bool = False) -> Turn:
    one = Turn(account, lambda: None)
    one.upload = upload
    return one


@settings(deadline=None)
@given(requests=REQUESTS, most=st.integers(1, 5), per_account=st.integers(1, 5))
def test_bounds_hold_and_every_turn_comes_back(
    requests: list[tuple[str, bool, str]], most: int, per_account: int
) -> None:
    async def run() -> None:
        turns = Turns(most, per_account, 0.001)
        held: set[Turn] = set()

        async def one(account: str, upload: bool, then: str) -> None:
            mine = turn(account, upload=upload)
            try:
                await turns.take(mine)
            except NoTurn:
                return
            held.add(mine)
            counts = Counter(other.account for other in held)
            assert len(held) <= most
            assert max(counts.values()) <= per_account
            assert sum(other.upload for other in held) <= max(1, most // 2)
            try:
                await asyncio.sleep(0)
                turns.uploaded(mine)
                await asyncio.sleep(0.002 if then == "stay" else 0)
            finally:
                held.discard(mine)
                turns.leave(mine)
                turns.leave(mine)

        tasks = [asyncio.ensure_future(one(*request)) for request in requests]
        await asyncio.sleep(0)
        for task, (_, _, then) in zip(tasks, requests, strict=True):
            if then == "cancel":
                task.cancel()
        for result in await asyncio.gather(*tasks, return_exceptions=True):
            assert result is None or isinstance(result, asyncio.CancelledError)
        # All of it is free again.
        for number in range(most):
            await turns.take(turn(f"c{number}"))
        with pytest.raises(NoTurn):
            await turns.take(turn("d"))

    asyncio.run(run())


def test_who_stands_still_longest_makes_way_and_who_moves_does_not() -> None:
    async def run() -> list[str]:
        ended: list[str] = []
        turns = Turns(3, 3, 60)
        now = asyncio.get_running_loop().time()
        for name, since in (("moves", None), ("still", now - 5), ("longest", now - 9)):
            one = Turn(name, lambda name=name: ended.append(name))  # type: ignore[misc]
            one.still_since = since
            await turns.take(one)
        await turns.take(turn("x"))
        await turns.take(turn("y"))
        return ended

    assert asyncio.run(run()) == ["longest", "still"]


def test_an_account_at_its_bound_makes_room_among_its_own() -> None:
    async def run() -> list[str]:
        ended: list[str] = []
        turns = Turns(9, 1, 60)
        now = asyncio.get_running_loop().time()
        for name in ("other", "own"):
            one = Turn(name, lambda name=name: ended.append(name))  # type: ignore[misc]
            one.still_since = now - 5
            await turns.take(one)
        await turns.take(turn("own"))
        return ended

    assert asyncio.run(run()) == ["own"]
