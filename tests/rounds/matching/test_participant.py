"""Rounds that really run: what is matched, what is refused, what a kill costs, what a liar can do."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta

import pytest
from round_table import Held, Table, loaded

from stillwatch.alliance.hub import journal_entries
from stillwatch.core import BadMessage, BadSetting, EndpointFailed
from stillwatch.rounds.matching import HttpMailbox, Limits, Participant
from stillwatch.rounds.matching.identifiers import encode
from stillwatch.rounds.matching.oprf import Key, blind
from stillwatch.rounds.matching.participant import ANSWERS, roster_digest
from stillwatch.rounds.messages import Answer, Ask, Graph, GraphGroup, Round, read, seal, write
from stillwatch.rounds.messages import Key as KeyMessage

Run = Callable[[Mapping[str, Participant]], None]


def plain(held: Held, name: str, threshold: int) -> dict[tuple[str, str], set[str]]:
    """What a trusted third party would say."""
    out = {}
    for thing in held[name]:
        others = {other: held[other][thing] for other in held if other != name and thing in held[other]}
        if sum(others.values()) >= threshold:
            out[thing] = set(others)
    return out


def started(table: Table, held: Held, limits: Limits | None = None, round_id: str = "r1") -> dict[str, Participant]:
    members = {name: table.member(name, round_id, limits) for name in held}
    for name, member in members.items():
        member.load(loaded(held[name]))
    return members


@pytest.mark.parametrize("threshold", [1, 2, 3])
def test_each_learns_what_a_trusted_third_party_would_say(
    table: Table, held: Held, run_round: Run, threshold: int
) -> None:
    table.begin(threshold=threshold)
    members = started(table, held)
    run_round(members)
    for name, member in members.items():
        found = {(kind, value): set(peers) for kind, value, peers in member.matches().values()}
        assert found == plain(held, name, threshold)
        assert member.problems == []


def test_tokens_agree_within_a_round_and_not_across_rounds(table: Table, held: Held, run_round: Run) -> None:
    seen = []
    for round_id in ("r1", "r2"):
        table.begin(round_id, threshold=1)
        members = started(table, held, round_id=round_id)
        run_round(members)
        mine = {thing[:2]: token for token, thing in members["alpha"].matches().items()}
        theirs = {thing[:2]: token for token, thing in members["beta"].matches().items()}
        assert mine["payment", "card-1"] == theirs["payment", "card-1"]
        seen.append(set(mine.values()))
    assert not seen[0] & seen[1]


@pytest.mark.parametrize("steps", [0, 1, 2, 3, 5])
def test_killed_anywhere_nothing_is_lost_and_nothing_sent_twice(
    table: Table, held: Held, run_round: Run, steps: int
) -> None:
    """A member dies after so many steps and begins again from its file; messages already taken keep their number."""
    table.begin(threshold=1)
    members = started(table, held, Limits(batch=2, window=1))
    for _ in range(steps):
        for member in members.values():
            member.step()
    members["beta"] = table.member("beta", limits=Limits(batch=2, window=1))
    members["beta"].load(loaded(held["beta"]))
    run_round(members)
    for name, member in members.items():
        assert {thing[:2] for thing in member.matches().values()} == set(plain(held, name, 1))
    posts = [
        (entry.body["member"], entry.body["to"], entry.body["seq"])
        for entry in journal_entries(table.hub)
        if str(entry.body["action"]).startswith("post")
    ]
    assert len(posts) == len(set(posts))


def test_a_restart_and_a_new_round_do_not_begin_the_budget_anew(table: Table, held: Held) -> None:
    """One that tries identifiers all day gets its budget, and no more, however it comes back."""
    limits = Limits(elements=40, batch=10, window=50)
    guesses = [("network", f"9.9.{n}.0/24", 1) for n in range(200)]
    answered = 0
    for round_id in ("e1", "e2"):
        table.begin(round_id, threshold=1)
        members = {name: table.member(name, round_id, limits) for name in held}
        members["gamma"].load(guesses)
        for name in ("alpha", "beta"):
            members[name].load(loaded(held[name]))
        for turn in range(6):
            for name, member in members.items():
                member.step()
                if turn % 2:  # killed, over and over
                    members[name] = table.member(name, round_id, limits)
                    members[name].load(guesses if name == "gamma" else loaded(held[name]))
        answered += sum(bool(v.get("alpha")) for v in table.state("gamma").outputs(round_id).values())
    assert answered <= limits.elements
    assert table.state("alpha").spent("gamma", datetime.now(UTC) - timedelta(days=1)) <= limits.elements


def test_a_budget_comes_back_with_time(table: Table) -> None:
    state, now = table.state("alpha"), datetime(2026, 11, 24, tzinfo=UTC)
    assert state.reserve("beta", 60, budget=100, days=7, now=now)
    assert not state.reserve("beta", 60, budget=100, days=7, now=now + timedelta(days=6))
    assert state.reserve("gamma", 60, budget=100, days=7, now=now)
    assert state.reserve("beta", 60, budget=100, days=7, now=now + timedelta(days=8))


def forged(table: Table, sender: str, recipient: str, seq: int, body: bytes) -> None:
    secret = table.secrets(sender)[recipient]
    table.mailbox(sender).post("r1", recipient, seq, seal(secret, "r1", sender, recipient, seq, body), body)


def test_a_member_with_two_keys_is_found_out(table: Table, held: Held) -> None:
    """Gamma shows beta another key than alpha: at the first ask, keys are compared and do not agree."""
    table.begin()
    members = started(table, {name: held[name] for name in ("alpha", "beta")})
    for name, seed in (("alpha", b"1" * 32), ("beta", b"2" * 32)):
        forged(table, "gamma", name, 0, write(KeyMessage(Key(seed, b"").public)))
    with pytest.raises(BadMessage, match="other keys"):
        _step_all(members, 10)


def _step_all(members: Mapping[str, Participant], times: int) -> None:
    for _ in range(times):
        for member in members.values():
            member.step()


def test_an_answer_from_another_key_is_found_out(table: Table, held: Held) -> None:
    table.begin()
    members = started(table, held)
    for name in ("alpha", "beta", "gamma", "alpha"):
        members[name].step()
    sent = [read(body) for name, what, body, _ in table.wire if name == "alpha" and what.endswith("/to/gamma/1")]
    assert isinstance(sent[0], Ask)
    forged(table, "gamma", "alpha", ANSWERS + 1, write(Answer(Key(b"9" * 32, b"").answer(sent[0].elements))))
    with pytest.raises(BadMessage, match="gamma's answer does not hold"):
        members["alpha"].step()


def test_the_hub_cannot_speak_in_a_members_name(table: Table, held: Held) -> None:
    table.begin()
    members = started(table, held)
    for member in members.values():
        member.step()
    guess = write(Ask(blind([encode("r1", "payment", "card-1")]).elements, roster_digest("r1", 2, {})))
    table.mailbox("gamma").post("r1", "alpha", 77, b"\x00" * 32, guess)
    members["alpha"].step()
    assert any("was not sealed by it" in problem for problem in members["alpha"].problems)


def test_a_point_that_is_none_is_refused_and_charged(table: Table, held: Held) -> None:
    table.begin()
    members = started(table, held)
    for _ in range(2):
        for member in members.values():
            member.step()
    roster = table.state("alpha").fix_roster("r1", {})
    forged(table, "gamma", "alpha", 500, write(Ask(bytes(64), roster_digest("r1", 2, roster))))
    before = table.state("alpha").spent("gamma", datetime.now(UTC) - timedelta(days=1))
    members["alpha"].step()
    assert any("malformed" in problem for problem in members["alpha"].problems)
    assert table.state("alpha").spent("gamma", datetime.now(UTC) - timedelta(days=1)) == before + 2


def test_claims_of_ones_own_do_not_help_across_the_threshold(table: Table, held: Held, run_round: Run) -> None:
    """Gamma claims 255 accounts of what one account of alpha's holds: neither hears of it."""
    table.begin(threshold=2)
    liar = {**held, "gamma": {("payment", "only-alpha"): 255}, "alpha": {("payment", "only-alpha"): 1}}
    members = started(table, liar)
    run_round(members)
    assert members["gamma"].matches() == {}


def test_a_graph_reaches_its_peer_and_no_other(table: Table, held: Held, run_round: Run) -> None:
    table.begin(threshold=1)
    members = started(table, held)
    run_round(members)
    token = next(iter(members["alpha"].matches()))
    graph = Graph(token, b"\x00", (GraphGroup(((0,), ()), {"timing": 6}),))
    members["alpha"].send_graph("beta", graph)
    members["alpha"].send_graph("beta", graph)
    for name in ("beta", "gamma"):
        members[name].step()
    assert members["beta"].graphs() == {"alpha": graph}
    assert members["gamma"].graphs() == {}


def test_a_round_needs_a_secret_with_every_peer(table: Table) -> None:
    table.begin()
    with pytest.raises(BadSetting, match="beta"):
        Participant(table.mailbox("alpha"), table.state("alpha"), "alpha", {"gamma": bytes(32)}, "r1")


def test_who_takes_no_part_learns_nothing_of_a_round(table: Table) -> None:
    table.mailbox("alpha").begin(Round("two", ("alpha", "beta"), 2))
    attempts: list[Callable[[HttpMailbox], object]] = [
        lambda m: m.look("two"),
        lambda m: m.inbox("two", 0),
        lambda m: m.matched("two", b""),
    ]
    for attempt in attempts:
        with pytest.raises(EndpointFailed, match="404"):
            attempt(table.mailbox("gamma"))


def test_a_finished_round_leaves_no_key(table: Table, held: Held, run_round: Run) -> None:
    table.begin(threshold=1)
    members = started(table, held)
    run_round(members)
    before = table.state("alpha").key("r1").public
    members["alpha"].finish()
    assert table.state("alpha").outputs("r1") == {}
    assert table.state("alpha").key("r1").public != before
    assert members["alpha"].matches()
