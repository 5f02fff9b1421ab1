"""What an own group holds of the groups that a peer names, counted on one's own log.

A count's p-value is hypergeometric over all of one's own accounts: what the peer names decides only which accounts
count as holders. Garbage holds nothing of ours, or what everybody holds, and tests to one.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt
import scipy

from stillwatch.rounds.joint.evidence import CONTENT_KINDS, SCARCE, Own, PeerGraph, PeerGroup, Token, rarity

__all__ = ["ACTING_BITS", "Tie", "ties_to"]

I64 = npt.NDArray[np.int64]

ACTING_BITS = 2.0
"""A peer's group is a hypothesis where its own links weigh this much for acting together: what its own log speaks
against is not asked of others. It is chosen on the peer's log, so that it says nothing about ours."""


@dataclass(frozen=True, slots=True)
class Tie:
    """One own group held against the groups of a peer.

    Attributes:
        group, member: which.
        text_p, hand_p: of "no more of the group hold this peer's texts (hands) than chance has it"; the best of the
            peer's groups, times the number of those tried.
        by_text, by_hand: the peer's group that is the best by each.
        held: how many of the own group hold a scarce token of either.
    """

    group: int
    member: str
    text_p: float
    hand_p: float
    by_text: int
    by_hand: int
    held: int


@dataclass(frozen=True, slots=True)
class _Tried:
    text: float
    hand: float
    place: int
    holding: I64


def ties_to(own: Own, peer: PeerGraph) -> dict[int, Tie]:
    """The tie of every own group that holds something scarce of a group of the peer's.

    Args:
        own: one's own side.
        peer: what one peer says.

    Returns:
        By the number of the own group; groups that hold nothing of the peer's have none.
    """
    groups_of: dict[int, list[int]] = {}
    for number, group in enumerate(own.groups):
        for account in group.members.tolist():
            groups_of.setdefault(account, []).append(number)
    tried: dict[int, list[_Tried]] = {}
    for place, theirs in enumerate(peer.groups):
        if theirs.acting_bits < ACTING_BITS:
            continue
        texts, hands = _holders(own, peer, theirs)
        holding = _together([*texts, hands])
        for number in sorted({g for account in holding.tolist() for g in groups_of.get(account, ())}):
            members = own.groups[number].members
            text, hand = _commonest(own.accounts, texts, members), _chance(own.accounts, hands, members)
            tried.setdefault(number, []).append(_Tried(text, hand, place, np.intersect1d(members, holding)))
    return {number: _best(number, peer.member, seen) for number, seen in sorted(tried.items())}


def _best(number: int, member: str, seen: Sequence[_Tried]) -> Tie:
    """Texts and hands each by the best of the peer's groups, paid for by how many were tried (Bonferroni)."""
    by_text = min(seen, key=lambda one: (one.text, one.hand))
    by_hand = min(seen, key=lambda one: (one.hand, one.text))
    return Tie(
        number,
        member,
        min(1.0, len(seen) * by_text.text),
        min(1.0, len(seen) * by_hand.hand),
        by_text.place,
        by_hand.place,
        len(np.union1d(by_text.holding, by_hand.holding)),
    )


def _holders(own: Own, peer: PeerGraph, theirs: PeerGroup) -> tuple[list[I64], I64]:
    """Own accounts that hold each text, and those that hold any of the hands, of one group of the peer's."""
    tokens = _scarce(own, peer, frozenset().union(*theirs.nodes))
    texts = [own.holders[t] for t in tokens if own.kinds[t] in CONTENT_KINDS]
    return texts, _together([own.holders[t] for t in tokens if own.kinds[t] not in CONTENT_KINDS])


def _scarce(own: Own, peer: PeerGraph, tokens: Iterable[Token]) -> list[Token]:
    """Tokens that both sides hold and neither holds commonly."""
    return [
        token
        for token in tokens
        if token in own.holders
        and max(rarity(len(own.holders[token]), own.accounts), peer.classes.get(token, SCARCE)) < SCARCE
    ]


def _commonest(accounts: int, texts: Sequence[I64], members: I64) -> float:
    """The least chance of any one text, times the number of texts that a member holds: texts of one template come
    together, and their union would count every one."""
    chances = [_chance(accounts, holders, members) for holders in texts]
    met = sum(chance < 1.0 for chance in chances)
    return min(1.0, met * min(chances)) if met else 1.0


def _together(holders: Sequence[I64]) -> I64:
    return np.unique(np.concatenate([np.zeros(0, np.int64), *holders]))


def _chance(accounts: int, holders: I64, members: I64) -> float:
    """Probability of so many holders among as many accounts drawn blindly."""
    held = int(np.isin(members, holders).sum())
    return _tail(held, accounts, len(holders), len(members)) if held else 1.0


@lru_cache(maxsize=1 << 16)
def _tail(held: int, accounts: int, holders: int, drawn: int) -> float:
    return float(scipy.stats.hypergeom.sf(held - 1, accounts, holders, drawn))
