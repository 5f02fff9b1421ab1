"""What a member offers to a round, and how it reads what peers offer.

Only what is scarce among one's own accounts is asked about at all. A peer gets, of one's suspect groups, those whose
own links weigh for acting together and that hold something the peer holds too; of their accounts the shared tokens and
nothing else. Match weights leave as whole bits, frequencies as classes.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from stillwatch.rounds.joint.evidence import SCARCE, Own, OwnGroup, PeerGraph, PeerGroup, rarity
from stillwatch.rounds.joint.ties import ACTING_BITS
from stillwatch.rounds.matching import canonical
from stillwatch.rounds.messages import Graph, GraphGroup

__all__ = ["Match", "Offer", "peer_graph"]

I64 = npt.NDArray[np.int64]
Match = tuple[str, str, frozenset[str]]
"""Kind and value of one's own identifier, and the peers that hold it too."""

_ORDER = ("payment", "domain", "address", "network", "tls", "device", "sentence", "template")
_MOST_TOKENS_A_NODE = 512
_MOST_BITS = 64


@dataclass(frozen=True, slots=True)
class Offer:
    """One's own side before anything is matched.

    Attributes:
        accounts: how many the log has.
        groups: suspect groups.
        holders: for each identifier, in its one spelling, every account that holds it, sorted.
    """

    accounts: int
    groups: Sequence[OwnGroup]
    holders: Mapping[tuple[str, str], I64]

    @classmethod
    def of(
        cls, accounts: int, groups: Sequence[OwnGroup], entity: I64, kind: Sequence[str], value: Sequence[str]
    ) -> Offer:
        """From one row an (account, identifier)."""
        spelt: dict[tuple[str, str], set[tuple[str, str]]] = {}
        holders: dict[tuple[str, str], set[int]] = {}
        for account, *given in zip(entity.tolist(), kind, value, strict=True):
            raw = (given[0], given[1])
            if raw not in spelt:
                spelt[raw] = canonical([raw])
            for thing in spelt[raw]:
                holders.setdefault(thing, set()).add(account)
        return cls(accounts, groups, {thing: np.array(sorted(who)) for thing, who in holders.items()})

    def suspects(self) -> I64:
        """Accounts of all groups, sorted."""
        return np.unique(np.concatenate([np.zeros(0, np.int64), *(g.members for g in self.groups)]))

    def identifiers(self) -> list[tuple[str, str, int]]:
        """What is asked about: scarce things that suspects hold, and how many do; hands first, for a budget may end."""
        suspects = self.suspects()
        rows = []
        for (kind, value), who in self.holders.items():
            count = int(np.isin(who, suspects).sum())
            if count and rarity(len(who), self.accounts) < SCARCE:
                rows.append((kind, value, count))
        return sorted(rows, key=lambda row: (_ORDER.index(row[0]), row[1]))

    def own(self, matches: Mapping[bytes, Match]) -> Own:
        """One's own side as detection wants it."""
        return Own(
            self.accounts,
            self.groups,
            {token: self.holders[kind, value] for token, (kind, value, _) in matches.items()},
            {token: kind for token, (kind, _, _) in matches.items()},
        )

    def graph(self, peer: str, matches: Mapping[bytes, Match]) -> Graph:
        """What a peer is sent."""
        shared = sorted(token for token, (_, _, peers) in matches.items() if peer in peers)
        place_of: dict[int, list[int]] = {}
        for place, token in enumerate(shared):
            for account in self.holders[matches[token][:2]].tolist():
                place_of.setdefault(account, []).append(place)
        groups = []
        for group in self.groups:
            weights = _whole(group.weights)
            nodes = tuple(tuple(place_of.get(a, ())[:_MOST_TOKENS_A_NODE]) for a in group.members.tolist())
            if any(nodes) and PeerGroup((), weights).acting_bits >= ACTING_BITS:
                groups.append(GraphGroup(nodes, weights))
        classes = bytes(rarity(len(self.holders[matches[t][:2]]), self.accounts) for t in shared)
        return Graph(b"".join(shared), classes, tuple(groups))


def _whole(weights: Mapping[str, float]) -> dict[str, int]:
    return {f: max(-_MOST_BITS, min(_MOST_BITS, round(w))) for f, w in weights.items() if math.isfinite(w)}


def peer_graph(member: str, graph: Graph) -> PeerGraph:
    """A peer's message as detection wants it."""
    tokens = [graph.tokens[start : start + 16] for start in range(0, len(graph.tokens), 16)]
    return PeerGraph(
        member,
        [PeerGroup([frozenset(tokens[place] for place in node) for node in g.nodes], g.weights) for g in graph.groups],
        dict(zip(tokens, graph.classes, strict=True)),
    )
