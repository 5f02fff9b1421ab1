"""Contradictions between what the hub or a peer says and what a member knows itself: by them a lie shows."""

from __future__ import annotations

from collections.abc import Mapping

from stillwatch.core import BadMessage
from stillwatch.rounds.messages import Graph, Matched, Round

__all__ = ["checked_matches", "unshared_mentions"]

_MOST_CLAIMED = 255


def checked_matches(page: Matched, round_: Round, me: str, held: Mapping[bytes, int]) -> dict[bytes, tuple[int, int]]:
    """The hub's word on a member's tokens: holders, and those that are told, by token.

    Args:
        page: as the hub said it.
        round_: in which.
        me: the member.
        held: the member's tokens, and how many of its accounts hold each.

    Raises:
        BadMessage: it cannot be true.
    """
    tokens = [page.tokens[start : start + 16] for start in range(0, len(page.tokens), 16)]
    bits = {1 << place: name for place, name in enumerate(round_.members)}
    mine = next(bit for bit, name in bits.items() if name == me)
    for t, members, told in zip(tokens, page.members, page.told, strict=True):
        if t not in held:
            raise BadMessage("the hub speaks of tokens that are not ours", where=f"round {round_.id}")
        others = members & ~mine
        if members >> len(bits) or not members & mine or not others or told & ~members or not told & mine:
            raise BadMessage("the hub's word on who holds a token cannot be true", where=f"round {round_.id}")
        # Where two hold a thing, each hears of the other's accounts alone, and of one's own one knows how many.
        if others in bits and told & others and min(held[t], _MOST_CLAIMED) < round_.threshold:
            raise BadMessage(
                f"the hub tells {bits[others]} of what {held[t]} accounts of others hold, below the threshold",
                where=f"round {round_.id}",
            )
    return dict(zip(tokens, zip(page.members, page.told, strict=True), strict=True))


def unshared_mentions(
    graphs: Mapping[str, Graph], shared: Mapping[bytes, tuple[str, str, frozenset[str]]]
) -> list[str]:
    """Peers whose graphs speak of what is not shared with them: they lie, or the hub did to them.

    Args:
        graphs: by sender.
        shared: kind, value and holders among the peers of each match.
    """
    lines = []
    for sender, graph in sorted(graphs.items()):
        tokens = {graph.tokens[start : start + 16] for start in range(0, len(graph.tokens), 16)}
        strange = sum(t not in shared or sender not in shared[t][2] for t in tokens)
        if strange:
            lines.append(f"{sender} speaks of {strange} things it does not share with us: it lies, or the hub does")
    return lines
