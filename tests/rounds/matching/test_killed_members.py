"""Members that are really killed, by SIGKILL, at every moment of a round: nothing is lost, sent twice or charged wrong."""

import signal
import time
from collections.abc import Iterator, Mapping
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from killed_hub import free_port, start
from killed_member import Seat
from round_table import NAMES, Held, Table, loaded

from stillwatch.alliance.hub import Hub, admit, create_collections, journal_entries
from stillwatch.core import EndpointAway
from stillwatch.rounds.matching import Limits, Participant
from stillwatch.rounds.matching.participant import ANSWERS
from stillwatch.rounds.messages import Answer, Ask, Refusal, Round, read
from stillwatch.rounds.relay import POSTS, open_round

LIMITS = Limits(batch=3, window=1)
VICTIM = "beta"
LONGEST_SECONDS = 600
"""Of one life, on whatever machine."""


def seat(table: Table, held: Held, round_id: str = "r1") -> Seat:
    return Seat(
        table.url,
        VICTIM,
        table.tokens[VICTIM],
        table.secrets(VICTIM),
        table.folder / f"{VICTIM}.state",
        round_id,
        loaded(held[VICTIM]),
        LIMITS,
    )


def others(table: Table, held: Held, round_id: str = "r1") -> dict[str, Participant]:
    found = {name: table.member(name, round_id, LIMITS) for name in held if name != VICTIM}
    for name, member in found.items():
        member.load(loaded(held[name]))
    return found


def live(victim: Seat, members: Mapping[str, Participant], die_after: int | str = 0) -> int:
    """One life of the victim while the others go on; how it ended. When it is the last, they finish too."""
    process = victim.start(die_after)
    ends = time.monotonic() + LONGEST_SECONDS
    while process.is_alive():
        assert time.monotonic() < ends, "the victim neither ends nor dies"
        moved = [member.step() for member in members.values()]
        if not any(moved):
            process.join(0.03)
    process.join(timeout=LONGEST_SECONDS)
    assert process.exitcode is not None
    while process.exitcode == 0 and not all(member.matched for member in members.values()):
        assert time.monotonic() < ends, "the others do not finish"
        for member in members.values():
            member.step()
    return process.exitcode


def matched(table: Table, held: Held, round_id: str = "r1") -> dict[str, set[tuple[str, str]]]:
    out = {}
    for name in held:
        member = table.member(name, round_id, LIMITS)
        assert member.matched
        out[name] = {thing[:2] for thing in member.matches().values()}
    return out


def posts(table: Table) -> dict[tuple[str, str, str, int], object]:
    """Every message between members, by round, sender, recipient and number."""
    with table.hub.engine.connect() as connection:
        rows = connection.execute(sa.select(POSTS).where(POSTS.c.recipient != "*")).all()
    return {(row.round, row.sender, row.recipient, row.seq): read(bytes(row.body)) for row in rows}


def the_books_balance(table: Table, held: Held) -> None:
    """Every ask has its answer and was charged once, nothing was refused, and nothing was taken twice."""
    told = [entry.body for entry in journal_entries(table.hub) if str(entry.body["action"]).startswith("post")]
    numbers = [(one["round"], one["member"], one["to"], one["seq"]) for one in told]
    assert len(numbers) == len(set(numbers))
    sent = posts(table)
    assert not any(isinstance(body, Refusal) for body in sent.values())
    asked: dict[tuple[str, str], int] = {}
    for (round_id, sender, recipient, seq), body in sent.items():
        if isinstance(body, Ask):
            elements = len(body.elements) // 32
            asked[sender, recipient] = asked.get((sender, recipient), 0) + elements
            answer = sent[round_id, recipient, sender, ANSWERS + seq]
            assert isinstance(answer, Answer)
            assert len(answer.evaluated) == 64 + 32 * elements
    yesterday = datetime.now(UTC) - timedelta(days=1)
    for (sender, recipient), elements in asked.items():
        assert table.state(recipient).spent(sender, yesterday) == elements
    assert len(asked) == 6


@pytest.fixture
def expected(held: Held) -> dict[str, set[tuple[str, str]]]:
    """What a round tells that nobody disturbs; ``test_participant`` holds rounds against the same."""
    return {
        name: {thing for thing in mine if any(thing in held[other] for other in held if other != name)}
        for name, mine in held.items()
    }


@pytest.mark.slow
def test_a_member_killed_over_and_over_finishes_the_round(
    table: Table, held: Held, expected: dict[str, set[tuple[str, str]]]
) -> None:
    """Each of its lives is one moment longer than the one before."""
    table.begin(threshold=1)
    members, victim = others(table, held), seat(table, held)
    lives = 0
    while (ended := live(victim, members, lives + 1)) != 0:
        assert ended == -signal.SIGKILL
        lives += 1
    assert lives >= 15
    assert matched(table, held) == expected
    the_books_balance(table, held)


@pytest.mark.parametrize(
    "moment", ["asking", "post Ask", "reserve", "keep_answer", "post Answer", "keep_outputs", "post Counts"]
)
def test_a_member_killed_between_two_deeds_does_the_second_once(
    table: Table, held: Held, expected: dict[str, set[tuple[str, str]]], moment: str
) -> None:
    table.begin(threshold=1)
    members, victim = others(table, held), seat(table, held)
    assert live(victim, members, moment) == -signal.SIGKILL
    assert live(victim, members) == 0
    assert matched(table, held) == expected
    the_books_balance(table, held)


@pytest.mark.slow
def test_a_member_killed_once_at_any_moment_finishes_the_round(
    table: Table, held: Held, expected: dict[str, set[tuple[str, str]]]
) -> None:
    """A round for each moment of a member's life."""
    moment, ended = 0, -signal.SIGKILL
    while ended == -signal.SIGKILL:
        moment += 1
        round_id = f"killed-{moment}"
        table.begin(round_id, threshold=1)
        members, victim = others(table, held, round_id), seat(table, held, round_id)
        ended = live(victim, members, moment)
        if ended == -signal.SIGKILL:
            assert live(victim, members) == 0
        assert matched(table, held, round_id) == expected
    assert ended == 0
    assert moment >= 30
    the_books_balance(table, held)


@pytest.fixture
def mortal(tmp_path: Path) -> Iterator[tuple[Table, int]]:
    """A table whose hub runs in a process of its own, when it runs; and its port."""
    port = free_port()
    hub = Hub.open(tmp_path / "mortal.db")
    create_collections(hub)
    made = Table(f"http://127.0.0.1:{port}", hub, {name: admit(hub, name) for name in NAMES}, tmp_path)
    yield made, port
    made.close()
    hub.close()


def test_a_hub_killed_over_and_over_loses_nothing(
    mortal: tuple[Table, int], held: Held, expected: dict[str, set[tuple[str, str]]]
) -> None:
    """Each life is longer: it takes a message and cannot say so, or dies in the middle of taking it."""
    table, port = mortal
    open_round(table.hub, Round("r1", NAMES, 1), "alpha")
    members: dict[str, Participant] = {}
    lives = 0
    while not all(name in members and members[name].matched for name in NAMES):
        lives += 1
        process = start(table.folder / "mortal.db", port, 1.5 * lives)
        while process.is_alive() and not all(name in members and members[name].matched for name in NAMES):
            for name in NAMES:
                with suppress(EndpointAway):
                    if name not in members:
                        members[name] = table.member(name, limits=LIMITS)
                        members[name].load(loaded(held[name]))
                    members[name].step()
        process.kill()
        process.join(timeout=LONGEST_SECONDS)
        assert lives < 100
    assert lives >= 5
    process = start(table.folder / "mortal.db", port)
    assert matched(table, held) == expected
    process.kill()
    process.join(timeout=LONGEST_SECONDS)
    the_books_balance(table, held)
