"""Going on without who is absent: those who are there agree, under seal, on one set of members, or on none.

A member that has heard nothing for its own deadline calls all others; whoever is there answers, each call anew. The
first of them by name then proposes to go on as those who answered, and each takes the first proposal that leaves out
nobody who answered its own call. What follows is a round of its own, with a name that follows from its members, with
fresh keys and the same threshold.

The hub carries these messages and cannot write one. It can make members absent by withholding what they say, as it can
stop any round. It cannot make two sets go on: a set is more than half of the members of the first round, a member takes
one proposal and no other, and a round comes to its end only with everyone in it. That takes honest members; the hub and
a member that sits in two sets can deceive the others about each other.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence

from stillwatch.rounds.matching.matching_state import MatchingState
from stillwatch.rounds.messages import Body, Present, Round, Without

__all__ = ["CALL", "Absence", "successor"]

CALL = 1 << 28
"""Number of the message that proposes; from the next on are those that say one is there."""

_LONGEST_GRACE = 60.0


def successor(round_: Round, members: Sequence[str]) -> Round:
    """The round in which some members of another go on.

    >>> successor(Round("r1", ("alpha", "beta", "gamma"), 2), ("alpha", "beta"))
    Round(id='r1.3ff24570530db202', members=('alpha', 'beta'), threshold=2)
    """
    told = "\x00".join(("stillwatch-without-v1", round_.id, *sorted(members)))
    name = f"{round_.id[:46]}.{hashlib.sha256(told.encode()).hexdigest()[:16]}"
    return Round(name, tuple(sorted(members)), round_.threshold)


class Absence:
    """One member's part in finding out who is there.

    Args:
        state: the member's file; what was agreed is kept there.
        round_: that does not come to an end.
        me: the member's name.
        first: members of the round with which all began; more than half of them must be there.
        post: sends a peer a message under a number.
    """

    def __init__(
        self, state: MatchingState, round_: Round, me: str, first: Sequence[str], post: Callable[[str, int, Body], None]
    ) -> None:
        self._state, self._round, self._me, self._post = state, round_, me, post
        self._quorum = len(first) // 2 + 1
        self._here: set[str] = set()
        self._callers: set[str] = set()
        self._called_at: float | None = None
        self._proposals: list[tuple[str, ...]] = []
        self.left_out_by: set[str] = set()
        """Peers that go on without this member."""

    @property
    def agreed(self) -> Round | None:
        """The round in which this member goes on."""
        members = self._state.agreed(self._round.id)
        return successor(self._round, members) if members else None

    def take(self, sender: str, body: Present | Without) -> bool:
        """A peer's message; whether it can be one."""
        if isinstance(body, Present):
            if body.call:
                self._callers.add(sender)
            self._here.add(sender)
            return True
        members = tuple(sorted(set(body.members)))
        if sender not in members or not self._may(members):
            return False
        if self._me in members:
            self._proposals.append(members)
        else:
            self.left_out_by.add(sender)
        return True

    def step(self, idle: float, deadline: float) -> None:
        """Call, answer, propose or agree, as far as it is time.

        Args:
            idle: seconds in which nothing came that carries the round on.
            deadline: seconds of that after which this member goes on without who is absent.

        Raises:
            EndpointFailed: the hub refuses or does not answer.
        """
        if self.agreed is not None:
            return
        for caller in sorted(self._callers):
            self._say(caller, call=False)
        self._callers.clear()
        if idle < deadline:
            self._called_at = None
            return
        if self._called_at is None or not self._called_at <= idle < self._called_at + deadline:
            # Who answered once may be gone by now.
            self._called_at = idle
            self._here.clear()
            for peer in self._peers():
                self._say(peer, call=True)
        if idle >= self._called_at + min(_LONGEST_GRACE, deadline / 5):
            self._decide()

    def _decide(self) -> None:
        """Take a proposal, or make one where it is this member's to make."""
        there = {self._me, *self._here}
        for proposed in self._proposals:
            # Who leaves out somebody that answers us lies, or was lied to.
            if there <= set(proposed):
                self._state.agree(self._round.id, proposed)
                return
        # Who is not the first leaves the proposal to the first.
        if self._me == min(there) and self._may(sorted(there)):
            # Kept before it is said: whatever happens, nothing else is ever proposed.
            self._state.mark(self._round.id, "proposing")
            self._state.agree(self._round.id, sorted(there))
            self.announce()

    def _may(self, members: Sequence[str]) -> bool:
        return self._quorum <= len(members) < len(self._round.members) and set(members) <= set(self._round.members)

    def _say(self, peer: str, *, call: bool) -> None:
        self._post(peer, CALL + self._state.next_seq(self._round.id, "who is here"), Present(call))

    def announce(self) -> None:
        """Tell all of one's proposal, also who is left out: it shall know when it comes back."""
        members = self._state.agreed(self._round.id)
        if members and self._state.marked(self._round.id, "proposing"):
            for peer in self._peers():
                self._post(peer, CALL, Without(members))
            self._state.mark(self._round.id, "proposing", 0)

    def _peers(self) -> list[str]:
        return [name for name in self._round.members if name != self._me]
