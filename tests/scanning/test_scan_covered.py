"""Accounts on several cards whose talk is mostly other people's, through a whole scan: with a source beneath, and none."""

from typing import Any

import pytest
from handmade import Log, Pool, Seat, campaigns, habit, mixed, own_topics, verdicts

from stillwatch import Run, scan

CARDS, DOORS = 6, 7


def forwarded(seat: Seat) -> Any:
    """The talk of whoever it was that asked, another stranger each time."""
    strangers = [own_topics(3)(Seat(seat.rng, n, 200, seat.first, seat.last)) for n in range(200)]
    return lambda: seat.rng.choice(strangers)()


def hands(which: str, net: int, *, tied: bool) -> dict[str, Any]:
    """Six cards, and doors that tie those who pay by one to those who pay by another, or none."""
    cards = {"payment": lambda seat: f"{which}-card-{seat.number % CARDS}"}
    return cards | ({"address": lambda seat: f"203.0.{net}.{seat.number % DOORS}"} if tied else {})


@pytest.fixture(scope="module", params=[(True, 150), (False, 0)], ids=["tied by doors", "houses of their own"])
def covered(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Run, list[str], list[str]]:
    """So many people ask of the matter too that the source is of."""
    folder = tmp_path_factory.mktemp("covered")
    tied, interested = request.param
    log, pool = Log(days=10, seed=7), Pool("reasoning")
    log.honest(600 - interested, times=habit(6))
    log.accounts(interested, prompts=mixed(own_topics(3), pool.shards(), 0.35), times=habit(6), api=False)
    crew, resold = (
        log.accounts(48, prompts=prompts, times=habit(24, 0.9), api=False, **hands(which, net, tied=tied))
        for which, net, prompts in (("crew", 113, mixed(forwarded, pool.shards(), 0.45)), ("resold", 114, forwarded))
    )
    return scan(log.write(folder), out=folder / "run", workers=1), crew, resold


def test_a_source_under_cover_is_found_by_what_its_accounts_send_together(
    covered: tuple[Run, list[str], list[str]],
) -> None:
    run, crew, _ = covered
    (found,) = campaigns(run)
    assert found <= set(crew)
    assert len(found) >= 0.7 * len(crew)


def test_accounts_that_merely_forward_talk_are_none(covered: tuple[Run, list[str], list[str]]) -> None:
    run, _, resold = covered
    assert "review" not in verdicts(run, resold)
