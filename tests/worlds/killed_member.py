"""A member of a round in a process of its own, which ends itself by SIGKILL right after a chosen moment.

A moment is a transaction of its file that is on disk, or a message that the hub has taken: between two of them nothing
changes that anybody could find later.
"""

import os
import signal
import time
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

import httpx
from forks import FORKS

from stillwatch.core import EndpointAway
from stillwatch.rounds.matching import HttpMailbox, Limits, MatchingState, Participant
from stillwatch.rounds.messages import read


@dataclass(frozen=True)
class Seat:
    """Who sits there: everything a process needs to take part in a round."""

    url: str
    name: str
    token: str
    secrets: dict[str, bytes]
    state: Path
    round_id: str
    held: Sequence[tuple[str, str, int]]
    limits: Limits

    def start(self, die_after: int | str = 0) -> BaseProcess:
        """A process that takes part to the end, or until so many moments have passed (0: to the end).

        Args:
            die_after: or the name of one: a method of ``MatchingState``, or ``post`` and the kind of a message.
        """
        process = FORKS.Process(target=_take_part, args=(self, die_after), daemon=True)
        process.start()
        return process


def _take_part(seat: Seat, die_after: int | str) -> None:
    if isinstance(die_after, str):
        _die_at(die_after)
    elif die_after:
        _die_after(die_after)
    headers = {"Authorization": f"Bearer {seat.token}"}
    with (
        closing(MatchingState(seat.state)) as state,
        httpx.Client(base_url=seat.url, headers=headers, trust_env=False) as client,
    ):
        member = Participant(HttpMailbox(client), state, seat.name, seat.secrets, seat.round_id, limits=seat.limits)
        member.load(seat.held)
        while not member.matched:
            try:
                if member.step():
                    continue
            except EndpointAway:
                time.sleep(0.05)
            time.sleep(0.005)


def _die_after(moments: int) -> None:
    left = moments

    def passed() -> None:
        nonlocal left
        left -= 1
        if not left:
            _die()

    transaction, ask = MatchingState._all_or_nothing, HttpMailbox._ask

    @contextmanager
    def counted_transaction(self: MatchingState) -> Iterator[Any]:
        with transaction(self) as db:
            yield db
        passed()

    def counted_ask(self: HttpMailbox, method: str, path: str, **more: Any) -> tuple[int, bytes]:
        answer = ask(self, method, path, **more)
        if method == "PUT":
            passed()
        return answer

    MatchingState._all_or_nothing = counted_transaction  # type: ignore[method-assign]
    HttpMailbox._ask = counted_ask  # type: ignore[method-assign, assignment]


def _die_at(name: str) -> None:
    """Once this was done for the first time."""
    owner: Any = HttpMailbox if name.startswith("post ") else MatchingState
    kind = name.removeprefix("post ") if owner is HttpMailbox else None
    method = "post" if kind else name
    real = getattr(owner, method)

    def last(self: Any, *given: Any, **more: Any) -> None:
        real(self, *given, **more)
        if kind is None or type(read(given[-1])).__name__ == kind:
            _die()

    setattr(owner, method, last)


def _die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)
