"""Rounds in which somebody does not come: who is there goes on as one, and nobody can be made to go on as two."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from round_table import Held, Table, loaded, seated

from stillwatch.alliance.hub import journal_entries
from stillwatch.core import BadMessage, EndpointAway, EndpointFailed
from stillwatch.rounds.matching import HttpMailbox, Letter, Limits, Participant
from stillwatch.rounds.matching.absence import CALL, successor
from stillwatch.rounds.messages import Present, Round, Without, seal, write

FIVE = ("alpha", "beta", "gamma", "delta", "epsilon")
DEADLINE = 10.0
OVER = 2 * DEADLINE
Seats = dict[str, Participant]


def started(table: Table, held: Held, *names: str, round_id: str = "r1") -> Seats:
    seats = {name: table.member(name, round_id) for name in names}
    for name, member in seats.items():
        member.load(loaded(held[name]))
    return seats


def turn(seats: Seats, held: Held, idle: float = 0.0, times: int = 12) -> None:
    """Each steps, and goes on where it agreed to; ``idle`` is for how long each has heard nothing when it begins."""
    for number in range(times):
        for name, member in list(seats.items()):
            if member.matched:
                continue
            moved = member.step()
            # As the command does: whoever has its matches asks no further.
            if not seats[name].matched:
                member.absence.step(0.0 if moved or not idle else idle + number * DEADLINE / 4, DEADLINE)
            if member.absence.agreed:
                seats[name] = member.go_on()
                seats[name].load(loaded(held[name]))


def plain(held: Held, name: str, there: Sequence[str], threshold: int) -> set[tuple[str, str]]:
    """What a trusted third party would tell a member of a round of these."""
    return {
        thing for thing in held[name] if sum(held[other].get(thing, 0) for other in there if other != name) >= threshold
    }


def found_by(member: Participant) -> set[tuple[str, str]]:
    return {match[:2] for match in member.matches().values()}


@pytest.mark.parametrize(("steps", "last"), [(0, "nothing"), (1, "ask"), (4, "answer")])
def test_who_is_there_finishes_without_who_left(
    table: Table, held: Held, monkeypatch: pytest.MonkeyPatch, steps: int, last: str
) -> None:
    """Gamma goes before its key, before its answers, and before its counts."""
    table.begin(threshold=2)
    seats = started(table, held, "alpha", "beta", *(["gamma"] if steps else []))
    if steps:
        monkeypatch.setattr(seats["gamma"], "_report", lambda: False)
    turn(seats, held, times=steps)
    told = [str(entry.body["action"]) for entry in journal_entries(table.hub) if entry.body.get("member") == "gamma"]
    assert (["nothing", *(one.removeprefix("post ") for one in told if one.startswith("post"))])[-1] == last
    seats.pop("gamma", None)
    turn(seats, held, idle=OVER)
    for name, member in seats.items():
        assert member.matched
        assert member.absent == ("gamma",)
        assert member.round == successor(Round("r1", ("alpha", "beta", "gamma"), 2), ("alpha", "beta"))
        assert found_by(member) == plain(held, name, ("alpha", "beta"), 2)
        assert member.problems == []
    # When gamma comes back it is told so, and by whom.
    late = started(table, held, "gamma")
    turn(late, held, times=3)
    assert late["gamma"].absence.left_out_by == {"alpha"}
    # What all had sent before it left is still there; without that it learns nothing.
    assert late["gamma"].matched == (last == "answer")
    assert found_by(late["gamma"]) == (plain(held, "gamma", tuple(held), 2) if last == "answer" else set())
    assert table.state("alpha").outputs("r1") == {}


def test_who_is_slow_is_not_left_out(table: Table, held: Held) -> None:
    """Gamma is there and takes its time: the others call, it answers, and all finish as three."""
    table.begin(threshold=1)
    seats = started(table, held, "alpha", "beta", "gamma")
    gamma = seats.pop("gamma")
    for _ in range(3):
        turn(seats, held, idle=DEADLINE, times=2)
        gamma.step()
        gamma.absence.step(0.0, DEADLINE)
        turn(seats, held, idle=DEADLINE + 3, times=1)
    assert not any(member.absence.agreed for member in seats.values())
    seats["gamma"] = gamma
    turn(seats, held, idle=OVER)
    assert all(member.matched and member.absent == () and member.round.id == "r1" for member in seats.values())


def test_nobody_goes_on_before_its_own_deadline(table: Table, held: Held) -> None:
    """Alpha is in a hurry; beta answers its call, and takes its proposal once beta's own time has come."""
    table.begin()
    seats = started(table, held, "alpha", "beta")
    alpha, beta = seats["alpha"], seats["beta"]
    for waited in (0, 3, 6):
        alpha.step()
        alpha.absence.step(DEADLINE + waited, DEADLINE)
        beta.step()
        beta.absence.step(waited, DEADLINE)
    assert alpha.absence.agreed is not None
    beta.step()
    assert beta.absence.agreed is None
    for waited in (0, 3):
        beta.absence.step(DEADLINE + waited, DEADLINE)
    assert beta.absence.agreed == alpha.absence.agreed


def test_one_alone_does_not_go_on(table: Table, held: Held) -> None:
    table.begin()
    seats = started(table, held, "alpha")
    turn(seats, held, idle=OVER)
    assert seats["alpha"].absence.agreed is None
    with pytest.raises(EndpointFailed, match="nobody agreed"):
        seats["alpha"].go_on()


def test_the_hub_cannot_propose(table: Table, held: Held) -> None:
    table.begin()
    seats = started(table, held, "alpha", "beta")
    turn(seats, held, times=1)
    for seq, body in ((CALL + 1, Present(call=False)), (CALL, Without(("alpha", "beta")))):
        table.mailbox("beta").post("r1", "alpha", seq, b"\x00" * 32, write(body))
    for waited in (0, 3):
        seats["alpha"].step()
        seats["alpha"].absence.step(DEADLINE + waited, DEADLINE)
    assert seats["alpha"].absence.agreed is None
    assert sum("was not sealed by it" in problem for problem in seats["alpha"].problems) == 2


def test_a_proposal_must_hold(table: Table, held: Held) -> None:
    """Of strangers, of all, of too few, without its sender, or without one who said that it is there."""
    table.begin()
    alpha = started(table, held, "alpha")["alpha"]

    def say(sender: str, seq: int, body: Present | Without) -> None:
        raw, secret = write(body), table.secrets(sender)["alpha"]
        table.mailbox(sender).post("r1", "alpha", seq, seal(secret, "r1", sender, "alpha", seq, raw), raw)

    for members in (("alpha", "zeta"), ("alpha", "beta", "gamma"), ("alpha", "beta")):
        assert not alpha.absence.take("gamma", Without(members))
    say("gamma", CALL, Without(("beta", "beta")))
    say("beta", CALL, Without(("alpha", "beta")))
    alpha.step()
    assert any("gamma sent Without" in problem for problem in alpha.problems)
    alpha.absence.step(DEADLINE, DEADLINE)
    for sender in ("beta", "gamma"):
        say(sender, CALL + 1, Present(call=False))
    alpha.step()
    alpha.absence.step(DEADLINE + 3, DEADLINE)
    assert alpha.absence.agreed is None
    # Gamma does not answer the next call: then there is nothing against beta's proposal.
    alpha.absence.step(2 * DEADLINE, DEADLINE)
    alpha.absence.step(2 * DEADLINE + 3, DEADLINE)
    assert alpha.absence.agreed == successor(alpha.round, ("alpha", "beta"))


def test_who_answered_once_and_is_gone_is_absent_at_the_next_call(table: Table, held: Held) -> None:
    table.begin(threshold=1)
    seats = started(table, held, "alpha", "beta", "gamma")
    gamma = seats.pop("gamma")
    turn(seats, held, idle=DEADLINE, times=1)
    gamma.step()
    gamma.absence.step(0.0, DEADLINE)
    turn(seats, held, idle=DEADLINE + 3, times=1)
    assert not any(member.absence.agreed for member in seats.values())
    turn(seats, held, idle=2 * DEADLINE, times=8)
    assert all(member.absent == ("gamma",) for member in seats.values())


def test_a_proposer_that_is_cut_off_proposes_the_same_again(
    table: Table, held: Held, monkeypatch: pytest.MonkeyPatch
) -> None:
    table.begin()
    seats = started(table, held, "alpha", "beta")
    turn(seats, held, idle=DEADLINE, times=1)
    seats["alpha"].step()
    real = HttpMailbox.post

    def broken(self: HttpMailbox, round_id: str, recipient: str, seq: int, *rest: bytes) -> None:
        if seq == CALL:
            raise EndpointAway("the hub went away")
        real(self, round_id, recipient, seq, *rest)

    monkeypatch.setattr(HttpMailbox, "post", broken)
    with pytest.raises(EndpointAway):
        seats["alpha"].absence.step(DEADLINE + 3, DEADLINE)
    monkeypatch.setattr(HttpMailbox, "post", real)
    seats["alpha"] = table.member("alpha")
    turn(seats, held, idle=OVER)
    assert all(member.matched and member.absent == ("gamma",) for member in seats.values())


def test_a_hub_that_shows_another_round_is_not_followed(table: Table) -> None:
    """Fewer members, or a lower threshold, than were agreed on."""
    table.begin("r1", threshold=3)
    agreed = Round("r1", tuple(sorted(table.tokens)), 3)
    for shown in (Round("r1", ("alpha", "beta"), 3), Round("r1", agreed.members, 1)):

        class Lying(HttpMailbox):
            def look(self, round_id: str, shown: Round = shown) -> Round:
                return shown

        mailbox = table.mailbox("alpha")
        mailbox.__class__ = Lying
        with pytest.raises(BadMessage, match="another round"):
            Participant(mailbox, table.state("alpha"), "alpha", table.secrets("alpha"), "r1", expected=agreed)
    honest = table.member("alpha")
    assert honest.round == agreed


class Divided(HttpMailbox):
    """A hub that lets letters through within groups alone."""

    groups: Sequence[frozenset[str]] = ()
    me = ""

    def inbox(self, round_id: str, after: int) -> Sequence[Letter]:
        letters = super().inbox(round_id, after)
        mine = next(group for group in self.groups if self.me in group)
        return [letter if letter.sender in mine else Letter(letter.n, "nobody", *_rest(letter)) for letter in letters]


def _rest(letter: Letter) -> tuple[str, int, bytes, bytes]:
    return letter.recipient, letter.seq, letter.seal, letter.body


@pytest.fixture
def five(tmp_path: Path) -> Iterator[Table]:
    with seated(tmp_path, FIVE) as made:
        yield made


Divide = Callable[[Sequence[frozenset[str]]], Seats]


@pytest.fixture
def divided(five: Table) -> Divide:
    def make(groups: Sequence[frozenset[str]]) -> Seats:
        five.begin(threshold=1)
        seats = {}
        for name in FIVE:
            mailbox = five.mailbox(name)
            mailbox.__class__ = type("Divided", (Divided,), {"groups": groups, "me": name})
            seats[name] = Participant(mailbox, five.state(name), name, five.secrets(name), "r1")
            seats[name].load([("payment", "card-1", 2)])
        return seats

    return make


@pytest.mark.parametrize(
    ("groups", "finish"),
    [
        ([{"alpha", "beta", "gamma"}, {"delta", "epsilon"}], {"alpha", "beta", "gamma"}),
        ([{"alpha", "beta"}, {"gamma"}, {"delta", "epsilon"}], set()),
    ],
)
def test_a_hub_that_divides_members_makes_one_round_of_them_at_most(
    divided: Divide, groups: Sequence[set[str]], finish: set[str]
) -> None:
    seats = divided([frozenset(group) for group in groups])
    held: Mapping[str, Mapping[tuple[str, str], int]] = {name: {("payment", "card-1"): 2} for name in FIVE}
    turn(seats, held, idle=OVER)
    assert {name for name, member in seats.items() if member.matched} == finish
    assert all(seats[name].absent == ("delta", "epsilon") for name in finish)


def test_half_of_the_first_round_is_never_enough(five: Table) -> None:
    """Two leave, then one more: two of the five do not go on, though they are more than half of three."""
    held: Mapping[str, Mapping[tuple[str, str], int]] = {name: {("payment", "card-1"): 2} for name in FIVE}
    five.begin(threshold=1)
    seats = started(five, held, "alpha", "beta", "gamma")
    turn(seats, held, times=2)
    turn(seats, held, idle=OVER, times=2)
    assert {member.absent for member in seats.values()} == {("delta", "epsilon")}
    assert not any(member.matched for member in seats.values())
    del seats["gamma"]
    turn(seats, held, idle=OVER)
    assert not any(member.matched or member.absence.agreed for member in seats.values())


def test_the_hub_and_a_member_in_two_sets_can_deceive_the_others_about_each_other(table: Table, held: Held) -> None:
    """What cannot be excluded with three: each finishes with the liar alone, names the other, and keeps its limits."""
    table.begin(threshold=2)
    limits = Limits(elements=6)
    seats: Seats = {}
    for name, hears in (("alpha", {"alpha", "gamma"}), ("beta", {"beta", "gamma"})):
        mailbox = table.mailbox(name)
        mailbox.__class__ = type("Divided", (Divided,), {"groups": [frozenset(hears)], "me": name})
        seats[name] = Participant(mailbox, table.state(name), name, table.secrets(name), "r1", limits=limits)
        seats[name].load(loaded(held[name]))
    liar = table.member("gamma")
    twice = {}
    for name in seats:
        both = successor(liar.round, (name, "gamma"))
        table.mailbox("gamma").begin(both)
        twice[name] = table.member("gamma", both.id)
        twice[name].load(loaded(held["gamma"]))
    for number in range(14):
        turn(seats, held, idle=OVER + 2.5 * number, times=1)
        liar.step()
        liar.absence.step(0.0, DEADLINE)
        for one in twice.values():
            one.step()
    for name, member in seats.items():
        other = "beta" if name == "alpha" else "alpha"
        assert member.matched
        assert member.absent == (other,)
        assert found_by(member) == plain(held, name, (name, "gamma"), 2)
        # Below the threshold it still learns nothing, and its budget at each is one.
        assert found_by(twice[name]) == plain(held, "gamma", (name, "gamma"), 2)
        assert table.state(name).spent("gamma", datetime.now(UTC) - timedelta(days=1)) <= limits.elements
