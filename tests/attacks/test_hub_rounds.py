"""A round's messages are bounded like everything else: what a member may send, and what one answer brings."""

import gzip
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest
from alliance_served import alliance
from plain_server import Answer, answering

from stillwatch.alliance.hub import Pace
from stillwatch.core import BadMessage, EndpointAway
from stillwatch.rounds.matching import HttpMailbox
from stillwatch.rounds.messages import Graph, GraphGroup, Round, write
from stillwatch.rounds.relay import matching_router

LARGE = write(Graph(bytes(16), bytes(1), (GraphGroup(((0,) * 512,) * 4_000, {"timing": 1}),)))


@contextmanager
def _mailbox(url: str, token: str | None) -> Iterator[HttpMailbox]:
    headers = {"Authorization": f"Bearer {token}"}
    with httpx.Client(base_url=url, headers=headers, timeout=600, trust_env=False) as client:
        yield HttpMailbox(client)


def test_a_flood_of_large_messages_comes_in_answers_of_bounded_length(tmp_path: Path) -> None:
    with (
        alliance(tmp_path, "alpha", "beta", routers=[matching_router()]) as met,
        _mailbox(met.url, met.members["alpha"].credentials.token) as alpha,
        _mailbox(met.url, met.members["beta"].credentials.token) as beta,
    ):
        beta.begin(Round("first", ("alpha", "beta"), 2))
        for seq in range(12):
            beta.post("first", "alpha", seq, bytes(32), LARGE)
        seen, after = list[int](), 0
        while letters := alpha.inbox("first", after):
            assert len(letters) == 1 or sum(len(one.body) for one in letters) <= 8 * 1024 * 1024
            seen += [one.seq for one in letters]
            after = letters[-1].n
        assert seen == list(range(12))


def test_what_a_member_sends_in_rounds_is_bounded_by_the_day(tmp_path: Path) -> None:
    with (
        alliance(tmp_path, "beta", "alpha", routers=[matching_router()], pace=Pace(characters=len(LARGE) // 2)) as met,
        _mailbox(met.url, met.members["beta"].credentials.token) as beta,
    ):
        beta.begin(Round("first", ("alpha", "beta"), 2))
        beta.post("first", "alpha", 0, bytes(32), LARGE)
        with pytest.raises(EndpointAway, match="too many messages"):
            beta.post("first", "alpha", 1, bytes(32), LARGE)


def _always(headers: dict[str, str], body: bytes) -> type[Answer]:
    class Always(Answer):
        def answer(self) -> None:
            self.say(body, headers)

    return Always


@pytest.mark.parametrize(
    ("headers", "body"),
    [({"Content-Encoding": "gzip"}, gzip.compress(bytes(1_000_000))), ({}, bytes(20 * 1024 * 1024))],
    ids=["inflated", "long"],
)
@pytest.mark.parametrize("what", ["look", "inbox", "matched"])
def test_a_hubs_answer_of_any_size_is_read_to_a_bound(headers: dict[str, str], body: bytes, what: str) -> None:
    with answering(_always(headers, body)) as url, _mailbox(url, "x") as mailbox:
        arguments = {"look": ("first",), "inbox": ("first", 0), "matched": ("first", b"")}[what]
        with pytest.raises(BadMessage, match=r"coding|too long"):
            getattr(mailbox, what)(*arguments)
