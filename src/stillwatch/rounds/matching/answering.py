"""A member's side that answers: what a peer may have, and that it has it once."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from stillwatch.rounds.matching.matching_state import MatchingState
from stillwatch.rounds.matching.oprf import ELEMENT, BadElement, Key
from stillwatch.rounds.messages import Answer, Ask, Refusal, write

__all__ = ["Answerer", "Limits", "roster_digest"]


@dataclass(frozen=True, slots=True)
class Limits:
    """What a member lets each peer have.

    Attributes:
        elements: evaluations in ``days``, over all rounds. IPv4 has 16.7 million /24s: at 50,000 a week a peer
            that does nothing else tries .3 % of them in a week, and with another key the week after.
        days: length of the window.
        batch: elements in one ask of our own.
        window: asks under way at a time, a peer; what a kill costs of one's own budget.
    """

    elements: int = 50_000
    days: float = 7.0
    batch: int = 1_024
    window: int = 4


def roster_digest(round_id: str, threshold: int, keys: Mapping[str, bytes]) -> bytes:
    """One hash over a round, its threshold and everybody's key: who was shown another finds out at the first ask."""
    digest = hashlib.sha256(b"stillwatch-roster-v2\x00" + round_id.encode() + b"\x00" + str(threshold).encode())
    for member in sorted(keys):
        digest.update(b"\x00" + member.encode() + b"\x00" + keys[member])
    return digest.digest()


class Answerer:
    """Answers peers' asks of one round.

    Args:
        state: the member's file.
        round_id: of the round.
        key: of the round.
        limits: what each peer may have.
        now: the clock.
        problems: gets a line for each refusal.
    """

    def __init__(
        self,
        state: MatchingState,
        round_id: str,
        key: Key,
        limits: Limits,
        now: Callable[[], datetime],
        problems: list[str],
    ) -> None:
        self._state, self._id, self._key = state, round_id, key
        self._limits, self._now, self._problems = limits, now, problems

    def answer(self, peer: str, seq: int, ask: Ask, roster: bytes) -> bytes | None:
        """The answer's bytes, the same each time; None where something else was asked under this number.

        Args:
            peer: who asks.
            seq: the ask's number.
            ask: what it asks.
            roster: digest of all keys as this member sees them.
        """
        known = self._state.answered(self._id, peer, seq, ask.elements)
        if known is False:
            self._problems.append(f"{peer} asked something else under number {seq}")
            return None
        if isinstance(known, bytes):
            return known
        if ask.roster != roster:
            return self._refuse(peer, seq, ask, "roster")
        # Charged before it is worked out: whoever sends what is no element pays for the look at it.
        if not self._state.reserve(
            peer,
            len(ask.elements) // ELEMENT,
            budget=self._limits.elements,
            days=self._limits.days,
            now=self._now(),
            ask=(self._id, seq, ask.elements),
        ):
            return self._refuse(peer, seq, ask, "budget")
        try:
            body = write(Answer(self._key.answer(ask.elements)))
        except BadElement:
            return self._refuse(peer, seq, ask, "malformed")
        self._state.keep_answer(self._id, peer, seq, ask.elements, body)
        return body

    def _refuse(self, peer: str, seq: int, ask: Ask, reason: str) -> bytes:
        self._problems.append(f"{peer} was refused {len(ask.elements) // ELEMENT} evaluations: {reason}")
        body = write(Refusal(reason))
        self._state.keep_answer(self._id, peer, seq, ask.elements, body)
        return body
