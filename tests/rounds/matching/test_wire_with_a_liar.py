"""The wire of a round in which one member lies in every message it can: the others tell it no more for that."""

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import pytest
from round_table import NAMES, Table
from searched import first_found, kept, offer, spellings

from stillwatch.core import EndpointFailed
from stillwatch.rounds.joint import Offer
from stillwatch.rounds.matching import HttpMailbox, Participant
from stillwatch.rounds.matching.identifiers import encode
from stillwatch.rounds.matching.participant import ANSWERS, GRAPH
from stillwatch.rounds.messages import HUB, MOST_TOKENS, Counts, Graph, GraphGroup, Matched, read, seal, write

LIAR = "gamma"
HONEST = ("alpha", "beta")
MARK = b"evil-bytes-of-gamma"
THRESHOLD = 2
# Two guesses: what four of alpha's suspects hold, and what one does.
GUESSED = ("tls", "t13d-alpha-only")
GUESSED_OF_ONE = ("payment", "card-alpha-4")


class Liar(Participant):
    """Claims 255 accounts of everything, tokens it never had, and again what it closed."""

    foreign = b"".join(os.urandom(16) for _ in range(500))

    def _post(self, recipient: str, seq: int, body: object) -> None:
        if isinstance(body, Counts):
            tokens = body.tokens + self.foreign
            body = Counts(tokens, b"\xff" * (len(tokens) // 16), body.last)
        super()._post(recipient, seq, body)  # type: ignore[arg-type]


@dataclass
class Lied:
    """What is left of the round."""

    table: Table
    members: Mapping[str, Participant]
    offers: Mapping[str, Offer]
    refused: int


@pytest.fixture
def lied(table: Table, run_round: Callable[[Mapping[str, Participant]], None]) -> Lied:
    table.begin(threshold=THRESHOLD)
    offers = {name: offer(name) for name in NAMES}
    members: dict[str, Participant] = {name: table.member(name) for name in HONEST}
    members[LIAR] = Liar(table.mailbox(LIAR), table.state(LIAR), LIAR, table.secrets(LIAR), "r1")
    for name in HONEST:
        members[name].load(offers[name].identifiers())
    members[LIAR].load([*offers[LIAR].identifiers(), (*GUESSED, 255), (*GUESSED_OF_ONE, 255)])
    mailbox = table.mailbox(LIAR)
    for number, peer in enumerate(HONEST):
        for seq in (7, ANSWERS + 9, GRAPH):
            sealed(table, mailbox, peer, seq + number, write(Counts(b"", b"", True)) + MARK)
    run_round(members)
    refused = sum(
        is_refused(mailbox, HUB, seq, b"", write(body))
        for seq, body in (
            (1, Counts(os.urandom(16), b"\xff", True)),
            (2, Counts(bytes(16 * (MOST_TOKENS + 1)), bytes(MOST_TOKENS + 1), True)),
            (0, Counts(os.urandom(16), b"\xff", True)),
        )
    )
    for name in HONEST:
        for peer in members[name].peers:
            members[name].send_graph(peer, offers[name].graph(peer, members[name].matches_told_to(peer)))
        garbage = Graph(
            os.urandom(16 * 64), bytes(64), (GraphGroup((tuple(range(64)),) * 200, {"timing": 64, "purpose": -64}),)
        )
        members[LIAR].send_graph(name, garbage)
    for member in members.values():
        member.step()
    return Lied(table, members, offers, refused)


def sealed(table: Table, mailbox: HttpMailbox, peer: str, seq: int, raw: bytes) -> None:
    """Send any bytes under the liar's own seal; the hub takes none that is no message."""
    secret = table.secrets(LIAR)[peer]
    assert is_refused(mailbox, peer, seq, seal(secret, "r1", LIAR, peer, seq, raw), raw)


def is_refused(mailbox: HttpMailbox, to: str, seq: int, tag: bytes, raw: bytes) -> bool:
    try:
        mailbox.post("r1", to, seq, tag, raw)
    except EndpointFailed:
        return True
    return False


def secrets_of(lied: Lied) -> set[bytes]:
    out: set[bytes] = set()
    for one in lied.offers.values():
        for kind, value in one.holders:
            for raw in (value.encode(), f"{kind}:{value}".encode(), encode("r1", kind, value)):
                out |= spellings(raw, b"r1", b"stillwatch-match-v1", LIAR.encode())
    for name in NAMES:
        out |= set(lied.table.secrets(name).values())
    return out


def test_no_identifier_is_on_the_wire_or_on_the_hubs_disk(lied: Lied) -> None:
    wire = b"\x00".join(part for _, url, sent, got in lied.table.wire for part in (url.encode(), sent, got))
    disk = kept(lied.table.hub, lied.table.folder / "matching-hub.db")
    assert first_found(wire, secrets_of(lied)) is None
    assert first_found(disk, secrets_of(lied)) is None


def test_what_is_too_large_or_comes_twice_is_refused_and_nothing_of_it_goes_on(lied: Lied) -> None:
    assert lied.refused == 3
    for name, url, sent, got in lied.table.wire:
        if name != LIAR:
            assert MARK not in sent + got, url
    assert MARK not in kept(lied.table.hub, lied.table.folder / "matching-hub.db")


def test_others_hear_of_their_own_tokens_alone(lied: Lied) -> None:
    """Not one of the five hundred tokens that the liar made up reaches anybody."""
    foreign = {Liar.foreign[at : at + 16] for at in range(0, len(Liar.foreign), 16)}
    for name, url, sent, got in lied.table.wire:
        if name != LIAR:
            assert not any(token in sent + got for token in foreign), url
        if "/matched" in url and got:
            page = read(got)
            assert isinstance(page, Matched)
            own = set(lied.members[name].matches())
            assert {page.tokens[at : at + 16] for at in range(0, len(page.tokens), 16)} == own
    assert not foreign & set(lied.members[LIAR].matches())


def test_the_liar_hears_of_its_guess_that_enough_accounts_hold_and_of_no_other(lied: Lied) -> None:
    liar = {match[:2] for match in lied.members[LIAR].matches().values()}
    shared = {thing for thing in lied.offers["alpha"].holders if thing in lied.offers["beta"].holders}
    assert GUESSED in liar
    assert GUESSED_OF_ONE not in liar
    assert liar - {GUESSED} <= shared


def test_honest_members_graphs_have_only_what_their_peer_is_told_of(lied: Lied) -> None:
    graphs = 0
    for name, url, sent, _ in lied.table.wire:
        if name == LIAR or "/to/" not in url or not isinstance(body := read(sent), Graph):
            continue
        peer = url.split("/to/")[1].split("/")[0]
        tokens = {body.tokens[at : at + 16] for at in range(0, len(body.tokens), 16)}
        assert tokens <= set(lied.members[name].matches()) & set(lied.members[peer].matches())
        graphs += 1
    assert graphs == 4


def test_honest_members_still_find_each_other_and_name_the_liar(lied: Lied) -> None:
    for name, other in (HONEST, HONEST[::-1]):
        asked = {row[:2] for row in lied.offers[name].identifiers()}
        between = {match[:2] for match in lied.members[name].matches().values() if other in match[2]}
        assert between == asked & set(lied.offers[other].holders)
        assert lied.members[name].contradictions() == [
            f"{LIAR} speaks of 64 things it does not share with us: it lies, or the hub does"
        ]
