"""Joint campaigns: which of one's own suspect groups act as one with groups of peers.

A peer's word is a hypothesis, never evidence. "Your group g and this group of mine are one campaign" is
tested on one's own log, by an intersection-union test (Berger 1982) of three null hypotheses:

* no common content: one's own test of the group, or how many of it hold texts of the peer's group;
* no coordination: one's own test, or how many of it hold the peer's payments, addresses, domains and clients;
* no tie to the peer: the two latter counts alone.

A count's p-value is hypergeometric over all of one's own accounts: what the peer names decides only which accounts
count as holders. Garbage holds nothing of ours, or what everybody holds, and tests to one. The false discovery
rate is divided among the peers and controlled for each (Benjamini and Hochberg 1995), so that one who floods us with
hypotheses only drowns its own.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import lru_cache

import numpy as np
import numpy.typing as npt
from scipy import stats

from stillwatch.alliance.joint.evidence import CONTENT_KINDS, SCARCE, Own, OwnGroup, PeerGraph, Token, rarity

__all__ = ["JointCampaign", "Tie", "detect_jointly"]

I64 = npt.NDArray[np.int64]

LEAST_STRANGERS = 5
"""Fewer accounts over all members are no campaign, as in a scan."""

ACTING_BITS = 2.0
"""A peer's group is a hypothesis where its own links weigh this much for acting together: what its own log speaks
against is not asked of others. It is chosen on the peer's log, so that it says nothing about ours."""

_TIED = 0.05
# Weighted Bonferroni: what one's own log says has the larger part of the error.
_OWN_SHARE = 0.5
_ONE_DOOR = 0.8
_SMALL_OFFICE = 40
_MOST_COUNTED = 64
_HALF, _NEARLY_ALL = 0.5, 0.75
_FEW = 2


@dataclass(frozen=True, slots=True)
class Tie:
    """One own group held against one group of a peer.

    Attributes:
        group, member, peer_group: which.
        held: how many of the own group hold a scarce token of the peer's.
        content_p, coordination_p, tie_p: the three tests; the largest is the tie's p-value.
        q_value: after control among this peer's ties, times the number of peers.
    """

    group: int
    member: str
    peer_group: int
    held: int
    content_p: float
    coordination_p: float
    tie_p: float
    q_value: float = 1.0

    @property
    def p_value(self) -> float:
        """Of "these two are not one campaign"."""
        return max(self.content_p, self.coordination_p, self.tie_p)


@dataclass(frozen=True, slots=True)
class _Tried:
    """An own group beside one group of a peer's: p-values of the texts and of the hands they share."""

    text: float
    hand: float
    place: int
    held: int


@dataclass(frozen=True, slots=True)
class JointCampaign:
    """What members found together, as one of them sees it.

    Attributes:
        groups: own groups that belong to it.
        members: own accounts, by number, sorted.
        elsewhere: accounts that each peer says to hold.
        q_value: the best of its ties.
        ties: what it rests on.
    """

    groups: tuple[int, ...]
    members: I64
    elsewhere: dict[str, int]
    q_value: float
    ties: tuple[Tie, ...] = field(default=())


def detect_jointly(own: Own, peers: Sequence[PeerGraph], *, fdr: float) -> list[JointCampaign]:
    """Find the joint campaigns among one's own accounts.

    Args:
        own: one's own side.
        peers: one graph a peer.
        fdr: share of false campaigns to accept among those reported.

    Returns:
        Campaigns, strongest first; none twice.
    """
    ties: list[Tie] = []
    for peer in peers:
        ties += _controlled(list(_ties(own, peer)), len(peers))
    graphs = {peer.member: peer for peer in peers}
    kept = _distinct(own, [tie for tie in ties if tie.q_value <= fdr])
    found = [_campaign(own, graphs, part) for part in _components(kept)]
    whole = [c for c in found if _strangers(c) >= LEAST_STRANGERS and not _one_door(own, graphs, c)]
    return sorted(whole, key=lambda c: (c.q_value, c.groups))


def _scarce(own: Own, peer: PeerGraph, tokens: Iterable[Token]) -> list[Token]:
    """Tokens that both sides hold and neither holds commonly."""
    return [
        token
        for token in tokens
        if token in own.holders
        and max(rarity(len(own.holders[token]), own.accounts), peer.classes.get(token, SCARCE)) < SCARCE
    ]


def _ties(own: Own, peer: PeerGraph) -> Iterator[Tie]:
    """One tie for each own group that shares more with some group of the peer than chance: the strongest.

    It is the best of so many as were tried, and pays for that (Bonferroni). Ties that chance explains are left
    out before any error is controlled, so that what everybody shares with everybody does not raise the bar for the
    rest; the counts of those let in are held against what was let in.
    """
    groups_of: dict[int, list[int]] = {}
    for number, group in enumerate(own.groups):
        for account in group.members.tolist():
            groups_of.setdefault(account, []).append(number)
    tried: dict[int, list[_Tried]] = {}
    for place, theirs in enumerate(peer.groups):
        if theirs.acting_bits < ACTING_BITS:
            continue
        tokens = _scarce(own, peer, frozenset().union(*theirs.nodes))
        texts = [own.holders[t] for t in tokens if own.kinds[t] in CONTENT_KINDS]
        hands = _together([own.holders[t] for t in tokens if own.kinds[t] not in CONTENT_KINDS])
        holding = _together([*texts, hands])
        for number in sorted({g for account in holding.tolist() for g in groups_of.get(account, ())}):
            members = own.groups[number].members
            held = int(np.isin(members, holding).sum())
            text, hand = _commonest(own.accounts, texts, members), _chance(own.accounts, hands, members)
            tried.setdefault(number, []).append(_Tried(text, hand, place, held))
    for number, seen in sorted(tried.items()):
        tie = _strongest(own.groups[number], number, peer.member, seen)
        if tie is not None:
            yield tie


def _strongest(group: OwnGroup, number: int, member: str, seen: Sequence[_Tried]) -> Tie | None:
    """The tie of one own group to a peer, None where chance explains it.

    What let a tie in is held against what was let in, and pays for the best of so many. A tie that texts let in
    leaves its hands as they were, and the other way round: strangers' texts say nothing about their cards.
    """
    by_text = min(seen, key=lambda one: (one.text, one.hand))
    by_hand = min(seen, key=lambda one: (one.hand, one.text))
    let_in = _TIED / (2 * len(seen))
    if by_text.text <= let_in:
        best, text, hand = by_text, by_text.text / let_in, by_text.hand
    elif by_hand.hand <= let_in:
        best, text, hand = by_hand, by_hand.text, by_hand.hand / let_in
    else:
        return None
    content = min(group.content_p / _OWN_SHARE, text / (1 - _OWN_SHARE))
    coordination = min(group.coordination_p / _OWN_SHARE, hand / (1 - _OWN_SHARE))
    return Tie(number, member, best.place, best.held, min(1.0, content), min(1.0, coordination), min(text, hand))


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
    if not held:
        return 1.0
    return _tail(held, accounts, len(holders), len(members))


@lru_cache(maxsize=1 << 16)
def _tail(held: int, accounts: int, holders: int, drawn: int) -> float:
    return float(stats.hypergeom.sf(held - 1, accounts, holders, drawn))


def _controlled(ties: list[Tie], peers: int) -> list[Tie]:
    """q-values among one peer's ties; the number of peers divides the error between them."""
    if not ties:
        return []
    adjusted = stats.false_discovery_control([tie.p_value for tie in ties])
    return [_with_q(tie, min(1.0, float(q) * peers)) for tie, q in zip(ties, adjusted, strict=True)]


def _with_q(tie: Tie, q: float) -> Tie:
    return Tie(tie.group, tie.member, tie.peer_group, tie.held, tie.content_p, tie.coordination_p, tie.tie_p, q)


def _distinct(own: Own, ties: list[Tie]) -> list[Tie]:
    """Ties of groups of which no stronger one holds half: suspect groups may overlap, campaigns do not."""
    taken: dict[int, int] = {}
    out = []
    for tie in sorted(ties, key=lambda t: (t.p_value, t.group)):
        mine = own.groups[tie.group].members.tolist()
        others = sum(taken.get(account, tie.group) != tie.group for account in mine)
        if 2 * others < len(mine):
            out.append(tie)
            for account in mine:
                taken.setdefault(account, tie.group)
    return out


def _components(ties: Sequence[Tie]) -> list[list[Tie]]:
    """Ties that hang together by a group of either side, found by joining as they come."""
    parts: list[list[Tie]] = []
    for tie in ties:
        near = [p for p in parts if any(_touch(tie, other) for other in p)]
        parts = [p for p in parts if p not in near]
        parts.append([tie, *(other for p in near for other in p)])
    return parts


def _touch(a: Tie, b: Tie) -> bool:
    return a.group == b.group or (a.member, a.peer_group) == (b.member, b.peer_group)


def _campaign(own: Own, graphs: dict[str, PeerGraph], ties: list[Tie]) -> JointCampaign:
    groups = tuple(sorted({tie.group for tie in ties}))
    elsewhere: dict[str, int] = {}
    for member, place in sorted({(tie.member, tie.peer_group) for tie in ties}):
        elsewhere[member] = elsewhere.get(member, 0) + len(graphs[member].groups[place].nodes)
    members = np.unique(np.concatenate([own.groups[g].members for g in groups]))
    members = np.union1d(members, _recruited(own, graphs, ties, members))
    return JointCampaign(groups, members, elsewhere, min(tie.q_value for tie in ties), tuple(ties))


def _recruited(own: Own, graphs: dict[str, PeerGraph], ties: Sequence[Tie], members: I64) -> I64:
    """Own accounts that hold the campaign's own text and were in no group of it.

    A sentence is its own where nearly all of our members and half of a peer's accounts hold it, and hardly anybody
    else of ours does.
    """
    found = [np.zeros(0, np.int64)]
    for tie in ties:
        nodes = graphs[tie.member].groups[tie.peer_group].nodes
        for token in frozenset().union(*nodes):
            holders = own.holders.get(token)
            if holders is None or own.kinds[token] != "sentence" or len(holders) > len(members) + _FEW:
                continue
            ours, theirs = np.isin(members, holders).mean(), sum(token in node for node in nodes) / len(nodes)
            if ours >= _NEARLY_ALL and theirs >= _HALF:
                found.append(holders)
    return np.unique(np.concatenate(found))


def _strangers(campaign: JointCampaign) -> int:
    return len(campaign.members) + sum(min(count, _MOST_COUNTED) for count in campaign.elsewhere.values())


def _one_door(own: Own, graphs: dict[str, PeerGraph], campaign: JointCampaign) -> bool:
    """Whether nearly all hold one payment, address or domain: an office with accounts at several providers.

    Each peer's nodes are weighed together with ours and not with other peers', so that none can lend another an office.
    """
    if len(campaign.members) > _SMALL_OFFICE:
        return False
    judged = []
    for member in campaign.elsewhere:
        theirs = [n for place in _places(campaign, member) for n in graphs[member].groups[place].nodes]
        judged.append(_shared_door(own, campaign.members, theirs) >= _ONE_DOOR)
    return all(judged)


def _places(campaign: JointCampaign, member: str) -> list[int]:
    return sorted({tie.peer_group for tie in campaign.ties if tie.member == member})


def _shared_door(own: Own, members: I64, nodes: Sequence[frozenset[Token]]) -> float:
    """Largest share of accounts on both sides that hold one token of hands, and at least our own side's share."""
    best = 0.0
    for token in frozenset().union(*nodes):
        if token in own.holders and own.kinds[token] not in CONTENT_KINDS:
            ours = float(np.isin(members, own.holders[token]).mean())
            theirs = sum(token in node for node in nodes) / len(nodes)
            best = max(best, min(ours, theirs))
    return best
