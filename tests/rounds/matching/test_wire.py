"""Records everything that goes over the wire in a round, and looks."""

from collections.abc import Callable, Mapping

import pytest
from round_table import Table
from searched import first_found, kept, offer, spellings

from stillwatch.rounds.joint import Match, Offer
from stillwatch.rounds.matching import Participant
from stillwatch.rounds.matching.identifiers import encode
from stillwatch.rounds.messages import Answer, Ask, Counts, Graph, Key, Matched, read

Run = Callable[[Mapping[str, Participant]], None]

SECRET_ACCOUNTS = [f"acct-{n:010x}" for n in range(40)]


@pytest.fixture
def recorded(table: Table, run_round: Run) -> tuple[Table, dict[str, Offer], dict[str, dict[bytes, Match]]]:
    table.begin(threshold=2)
    offers = {name: offer(name) for name in table.tokens}
    members = {name: table.member(name) for name in table.tokens}
    for name, member in members.items():
        member.load(offers[name].identifiers())
    run_round(members)
    matches = {name: member.matches() for name, member in members.items()}
    for name, member in members.items():
        for peer in member.peers:
            member.send_graph(peer, offers[name].graph(peer, member.matches_told_to(peer)))
    for member in members.values():
        member.step()
        assert len(member.graphs()) == 2
    return table, offers, matches


Recorded = tuple[Table, dict[str, Offer], dict[str, dict[bytes, Match]]]


def secrets_of(offers: Mapping[str, Offer]) -> set[bytes]:
    """Every identifier in every spelling that a list could be compared with."""
    out: set[bytes] = set()
    for one in offers.values():
        for kind, value in one.holders:
            for raw in (value.encode(), f"{kind}:{value}".encode(), encode("r1", kind, value)):
                out |= spellings(raw, b"r1", b"stillwatch-match-v1", b"alpha")
    return out


def test_no_identifier_no_hash_of_one_and_no_account_is_on_the_wire(recorded: Recorded) -> None:
    table, offers, _ = recorded
    everything = b"\x00".join(part for _, url, sent, got in table.wire for part in (url.encode(), sent, got))
    assert len(everything) > 5_000
    assert first_found(everything, secrets_of(offers)) is None
    for account in SECRET_ACCOUNTS:
        assert account.encode() not in everything
    for name in table.tokens:
        for secret in table.secrets(name).values():
            assert secret not in everything


def test_none_of_it_is_kept_by_the_hub(recorded: Recorded) -> None:
    """Neither in its tables nor in its log; nor any token with which a member comes in."""
    table, offers, _ = recorded
    disk = kept(table.hub, table.folder / "matching-hub.db")
    assert len(disk) > 20_000
    secrets = secrets_of(offers) | {secret for name in table.tokens for secret in table.secrets(name).values()}
    accounts = {account.encode() for account in SECRET_ACCOUNTS}
    assert first_found(disk, secrets | accounts | {token.encode() for token in table.tokens.values()}) is None


def test_only_the_messages_of_the_threat_model_are_on_the_wire(recorded: Recorded) -> None:
    """Every body is one of the known forms, and each form goes where it may go."""
    table, _, _ = recorded
    seen = set()
    for _, url, sent, _ in table.wire:
        if "/to/" not in url:
            assert sent == b""
            continue
        body = read(sent)
        recipient = url.split("/to/")[1].split("/")[0]
        assert isinstance(body, Counts) == (recipient == "*")
        seen.add(type(body))
    assert seen == {Key, Ask, Answer, Counts, Graph}


def test_a_graph_tells_of_shared_tokens_and_of_no_others(recorded: Recorded) -> None:
    table, _, matches = recorded
    graphs = 0
    for name, url, sent, _ in table.wire:
        if "/to/" in url and isinstance(body := read(sent), Graph):
            peer = url.split("/to/")[1].split("/")[0]
            tokens = {body.tokens[i : i + 16] for i in range(0, len(body.tokens), 16)}
            assert tokens <= set(matches[name]) & set(matches[peer])
            assert len(body.groups) == 1  # the other group shares nothing and never leaves
            graphs += 1
    assert graphs == 6


def test_the_hub_tells_a_member_of_its_own_tokens_alone(recorded: Recorded) -> None:
    table, _, matches = recorded
    told = 0
    for name, url, _, got in table.wire:
        if "/matched" in url and got:
            body = read(got)
            assert isinstance(body, Matched)
            tokens = {body.tokens[i : i + 16] for i in range(0, len(body.tokens), 16)}
            assert tokens == set(matches[name])
            told += 1
    assert told == 3


def test_the_same_asked_twice_and_answers_look_random(recorded: Recorded) -> None:
    """No two blinded elements are alike, though all three members ask about the same things."""
    table, _, _ = recorded
    asked = [read(sent) for _, url, sent, _ in table.wire if "/to/" in url]
    elements = [
        body.elements[i : i + 32] for body in asked if isinstance(body, Ask) for i in range(0, len(body.elements), 32)
    ]
    assert len(elements) > 20
    assert len(set(elements)) == len(elements)
