"""Which own groups are part of a campaign with others: three null hypotheses must fall, whatever liars say.

"No common content", "no coordination" and "no tie to anybody honest" are each tested on one's own log, and the
largest p-value counts (an intersection-union test, Berger 1982). A tie is shown along one of two routes, texts or
hands, and what has shown it is not used for its own side again, so that the three are of separate observations.

Peers are combined by a partial conjunction (Benjamini and Heller 2008): with ``liars`` of them able to say anything,
the next best p-value after theirs counts, times the number of peers that it may be of. The false discovery rate is
controlled by adaptive filtering (Wang, Gui, Su, Sabatti and Owen 2022): a hypothesis counts among those tried only
where its second largest p-value is as small as the level asks, for where two of three are large none would be reported.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from stillwatch.rounds.joint.evidence import Own, OwnGroup
from stillwatch.rounds.joint.ties import Tie

__all__ = ["GroupTest", "controlled", "corroborated", "distinct", "tested_groups"]


@dataclass(frozen=True, slots=True)
class GroupTest:
    """One own group along one route.

    Attributes:
        group: which.
        by_text: whether texts show the tie, and not hands.
        content_p, coordination_p, tie_p: of the three null hypotheses.
        q_value: the least false discovery rate at which it is reported.
    """

    group: int
    by_text: bool
    content_p: float
    coordination_p: float
    tie_p: float
    q_value: float = 1.0

    @property
    def p_value(self) -> float:
        """Of "this is no part of a campaign with others"."""
        return max(self.content_p, self.coordination_p, self.tie_p)

    @property
    def filter_p(self) -> float:
        """The second largest of the three: what is left when one of them is not looked at."""
        return sorted((self.content_p, self.coordination_p, self.tie_p))[1]


def corroborated(p_values: Sequence[float], liars: int) -> float:
    """p-value of "no more than ``liars`` of these hold".

    >>> corroborated([1e-9, 0.001, 0.5], liars=1)
    0.002
    """
    return min(1.0, (len(p_values) - liars) * sorted(p_values)[liars])


def tested_groups(own: Own, ties: Sequence[Mapping[int, Tie]], liars: int) -> list[GroupTest]:
    """Test every own group that any peer is tied to, along both routes.

    Args:
        own: one's own side.
        ties: by own group, for each peer.
        liars: peers that may say anything; fewer than there are.

    Returns:
        Strongest first, with q-values.
    """
    rows: list[GroupTest] = []
    for number in sorted({number for one in ties for number in one}):
        text = corroborated([one[number].text_p if number in one else 1.0 for one in ties], liars)
        hand = corroborated([one[number].hand_p if number in one else 1.0 for one in ties], liars)
        rows += _routes(number, own.groups[number], text, hand)
    return controlled(own, rows)


def _routes(number: int, group: OwnGroup, text: float, hand: float) -> tuple[GroupTest, GroupTest]:
    """What has shown the tie speaks for nothing else; what has not adds to its own side (Bonferroni)."""
    return (
        GroupTest(number, True, group.content_p, min(1.0, 2 * min(group.coordination_p, hand)), text),
        GroupTest(number, False, min(1.0, 2 * min(group.content_p, text)), group.coordination_p, hand),
    )


def controlled(own: Own, rows: Sequence[GroupTest]) -> list[GroupTest]:
    """q-values: how many were tried at a level, against how many distinct groups are found at it.

    Args:
        own: one's own side.
        rows: in any order.

    Returns:
        The same, strongest first.
    """
    if not rows:
        return []
    rows = sorted(rows, key=lambda row: (row.p_value, row.group))
    level = np.array([row.p_value for row in rows])
    tried = np.searchsorted(np.sort([row.filter_p for row in rows]), level, side="right")
    first = {id(row) for row in distinct(own, rows)}
    found = np.cumsum([id(row) in first for row in rows])[np.searchsorted(level, level, side="right") - 1]
    q = np.minimum.accumulate((level * tried / found)[::-1])[::-1]
    return [replace(row, q_value=min(1.0, float(at))) for row, at in zip(rows, q, strict=True)]


def distinct(own: Own, rows: Sequence[GroupTest]) -> list[GroupTest]:
    """Rows of groups of which no stronger one holds half: suspect groups may overlap, campaigns do not.

    Args:
        own: one's own side.
        rows: strongest first.
    """
    taken: set[int] = set()
    out = []
    for row in rows:
        mine = own.groups[row.group].members.tolist()
        if 2 * sum(account in taken for account in mine) < len(mine):
            out.append(row)
            taken.update(mine)
    return out
