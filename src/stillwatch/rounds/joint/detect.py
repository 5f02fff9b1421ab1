"""Joint campaigns: which of one's own suspect groups act as one with groups of peers.

A peer's word is a hypothesis, never evidence. ``ties`` counts on one's own log what it names, ``significance`` tests.
Of the peers, ``liars`` may say anything at all: nothing is reported that rests on so few of them, be it a tie, the
number of strangers, the joining of two groups, or a sentence that recruits.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from stillwatch.core import BadSetting
from stillwatch.rounds.joint.evidence import CONTENT_KINDS, Own, PeerGraph, PeerGroup, Token
from stillwatch.rounds.joint.significance import GroupTest, distinct, tested_groups
from stillwatch.rounds.joint.ties import ACTING_BITS, Tie, ties_to

__all__ = ["JointCampaign", "JointGroup", "detect_jointly"]

I64 = npt.NDArray[np.int64]

LEAST_STRANGERS = 5
"""Fewer accounts over all members are no campaign, as in a scan."""

_ONE_DOOR = 0.8
_SMALL_OFFICE = 40
_MOST_COUNTED = 64
_HALF, _NEARLY_ALL = 0.5, 0.75
_FEW = 2


@dataclass(frozen=True, slots=True)
class JointGroup:
    """One own group of a joint campaign.

    Attributes:
        tested: its three p-values and its q-value.
        ties: to each peer that it is tied to by itself, and the group of the peer's.
    """

    tested: GroupTest
    ties: tuple[tuple[Tie, int], ...]


@dataclass(frozen=True, slots=True)
class JointCampaign:
    """What members found together, as one of them sees it.

    Attributes:
        groups: own groups that belong to it, strongest first.
        members: own accounts, by number, sorted.
        elsewhere: accounts that each tied peer says to hold.
        q_value: the best of its groups'.
    """

    groups: tuple[JointGroup, ...]
    members: I64
    elsewhere: Mapping[str, int]
    q_value: float


@dataclass(frozen=True, slots=True)
class _Round:
    """Both sides, and how many of the peers may lie."""

    own: Own
    graphs: Mapping[str, PeerGraph]
    liars: int


def detect_jointly(own: Own, peers: Sequence[PeerGraph], *, fdr: float, liars: int = 1) -> list[JointCampaign]:
    """Find the joint campaigns among one's own accounts.

    Args:
        own: one's own side.
        peers: one graph a peer.
        fdr: share of false campaigns to accept among those reported.
        liars: peers that may say anything without causing a report. Of a single peer there is nobody to confirm
            what it says, so that it is believed; of more, all but one can be guarded against.

    Returns:
        Campaigns, strongest first; none twice.

    Raises:
        BadSetting: ``liars`` is negative, or ``fdr`` not between 0 and 1.
    """
    if liars < 0 or not 0 < fdr < 1:
        raise BadSetting(f"{liars} liars at a false discovery rate of {fdr} cannot be")
    if not peers:
        return []
    liars = min(liars, len(peers) - 1)
    ties = [ties_to(own, peer) for peer in peers]
    kept = distinct(own, [row for row in tested_groups(own, ties, liars) if row.q_value <= fdr])
    level = fdr / (len(peers) - liars)
    groups = [JointGroup(row, _tied(row, ties, level)) for row in kept]
    this = _Round(own, {peer.member: peer for peer in peers}, liars)
    found = [_campaign(this, part) for part in _components(groups, liars)]
    whole = [c for c in found if _strangers(c, liars) >= LEAST_STRANGERS and not _one_door(this, c)]
    return sorted(whole, key=lambda c: (c.q_value, int(c.members[0])))


def _tied(row: GroupTest, ties: Sequence[Mapping[int, Tie]], level: float) -> tuple[tuple[Tie, int], ...]:
    """The peers whose tie holds by itself along this route."""
    mine = [one[row.group] for one in ties if row.group in one]
    if row.by_text:
        return tuple((tie, tie.by_text) for tie in mine if tie.text_p <= level)
    return tuple((tie, tie.by_hand) for tie in mine if tie.hand_p <= level)


def _components(groups: Sequence[JointGroup], liars: int) -> list[list[JointGroup]]:
    """Groups that hang together by a group of more peers than may lie, found by joining as they come."""
    parts: list[list[JointGroup]] = []
    for group in groups:
        near = [p for p in parts if any(_touch(group, other, liars) for other in p)]
        parts = [p for p in parts if p not in near]
        parts.append([*(other for p in near for other in p), group])
    return parts


def _touch(a: JointGroup, b: JointGroup, liars: int) -> bool:
    places = {(tie.member, place) for tie, place in a.ties}
    return sum((tie.member, place) in places for tie, place in b.ties) > liars


def _places(groups: Sequence[JointGroup]) -> dict[str, list[int]]:
    """The peers' groups that a campaign is tied to, by peer."""
    found: dict[str, set[int]] = {}
    for group in groups:
        for tie, place in group.ties:
            found.setdefault(tie.member, set()).add(place)
    return {member: sorted(places) for member, places in sorted(found.items())}


def _campaign(this: _Round, groups: list[JointGroup]) -> JointCampaign:
    elsewhere = {
        member: sum(len(this.graphs[member].groups[place].nodes) for place in places)
        for member, places in _places(groups).items()
    }
    members = np.unique(np.concatenate([this.own.groups[g.tested.group].members for g in groups]))
    members = np.union1d(members, _recruited(this, groups, members))
    return JointCampaign(tuple(groups), members, elsewhere, min(g.tested.q_value for g in groups))


def _recruited(this: _Round, groups: Sequence[JointGroup], members: I64) -> I64:
    """Own accounts that hold the campaign's own text and were in no group of it.

    A sentence is its own where nearly all of our members and half of the accounts of more peers than may lie hold it,
    and hardly anybody else of ours does.
    """
    own, told = this.own, Counter[Token]()
    for member, places in _places(groups).items():
        told.update({t for place in places for t in _common(this.graphs[member].groups[place])})
    found = [np.zeros(0, np.int64)]
    for token in sorted(t for t, peers in told.items() if peers > this.liars and own.kinds.get(t) == "sentence"):
        holders = own.holders[token]
        if len(holders) <= len(members) + _FEW and np.isin(members, holders).mean() >= _NEARLY_ALL:
            found.append(holders)
    return np.unique(np.concatenate(found))


def _common(group: PeerGroup) -> set[Token]:
    """What half of a group's nodes hold."""
    held = Counter(token for node in group.nodes for token in node)
    return {token for token, count in held.items() if count >= _HALF * len(group.nodes)}


def _strangers(campaign: JointCampaign, liars: int) -> int:
    """Accounts in all; the peers who say most may be the liars, and are not believed."""
    told = sorted(min(count, _MOST_COUNTED) for count in campaign.elsewhere.values())
    return len(campaign.members) + sum(told[: len(told) - liars])


def _one_door(this: _Round, campaign: JointCampaign) -> bool:
    """Whether nearly all hold one payment, address or domain: an office with accounts at several providers.

    Each peer's nodes are weighed together with ours and not with other peers', so that none can lend another an office;
    as many as may lie need not agree. Suspect groups lie inside one another: a few accounts of a whole are on one
    payment where the whole is on several, so that the whole is asked.
    """
    if len(campaign.members) > _SMALL_OFFICE:
        return False
    judged = []
    for member, places in _places(campaign.groups).items():
        theirs = [node for place in places for node in _whole(this.graphs[member], place)]
        judged.append(_shared_door(this.own, campaign.members, theirs) >= _ONE_DOOR)
    return sum(judged) >= len(judged) - this.liars


def _whole(peer: PeerGraph, place: int) -> Sequence[frozenset[Token]]:
    """Nodes of the largest group that acts as one by the peer's own log and holds all of this one's."""
    part = Counter(peer.groups[place].nodes)
    wider = [one.nodes for one in peer.groups if one.acting_bits >= ACTING_BITS and part <= Counter(one.nodes)]
    return max([peer.groups[place].nodes, *wider], key=len)


def _shared_door(own: Own, members: I64, nodes: Sequence[frozenset[Token]]) -> float:
    """Largest share of accounts on both sides that hold one token of hands, and at least our own side's share."""
    best = 0.0
    for token in frozenset().union(*nodes):
        if token in own.holders and own.kinds[token] not in CONTENT_KINDS:
            ours = float(np.isin(members, own.holders[token]).mean())
            theirs = sum(token in node for node in nodes) / len(nodes)
            best = max(best, min(ours, theirs))
    return best
