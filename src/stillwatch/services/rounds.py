"""A member's part in a round of private matching: its run's suspects go in, joint campaigns come out.

The messages are ``alliance.matching``'s and the tests ``alliance.joint``'s; here they are joined to a run, and waited
for: others take part when they can, a hub may be away meanwhile, and who never comes is gone on without.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

from stillwatch.core import EndpointAway, EndpointFailed
from stillwatch.core.whole_files import put_whole
from stillwatch.rounds.joint import JointCampaign, Offer, OwnGroup, PeerGraph, detect_jointly, peer_graph
from stillwatch.rounds.matching import Participant
from stillwatch.services.suspects import find_suspects

__all__ = [
    "detect_in_round",
    "exchange_graphs",
    "last_round",
    "match_to_the_end",
    "once_there",
    "own_offer",
    "write_joint",
]

_PAUSE_SECONDS = 0.2

T = TypeVar("T")


def own_offer(run: Path) -> tuple[Offer, list[str]]:
    """What a run's suspects hold, and the accounts' names by their number in it."""
    found = find_suspects(run)
    groups = [OwnGroup(g.members, g.content_p, g.coordination_p, g.weights) for g in found.groups]
    return Offer.of(len(found.accounts), groups, found.entity, found.kind, found.value), found.accounts


def match_to_the_end(
    begun: Participant, rows: list[tuple[str, str, int]], *, wait: float, deadline: float
) -> Participant:
    """Take part until the matches are here.

    Args:
        begun: the round that all began.
        rows: kind, value and number of holders of each identifier to match.
        wait: seconds until it is given up; the same again carries on.
        deadline: seconds without any word after which absent members are gone on without; 0 for never.

    Returns:
        The part that has the matches: of the round itself, or of the one in which those who are there went on.

    Raises:
        EndpointAway: the hub was away to the end.
        EndpointFailed: it is not done in time, or others went on without this member.
    """
    part, end = begun, time.monotonic() + wait
    part.load(rows)
    while not part.matched:
        _until(partial(_matched_or_regrouped, part), part, end, deadline)
        if not part.matched:
            part = once_there(part.go_on, wait=end - time.monotonic())
            part.load(rows)
    return part


def once_there(ask: Callable[[], T], *, wait: float, away: Callable[[EndpointAway], None] = lambda _: None) -> T:
    """What a hub answers; one that is away is asked again.

    Args:
        ask: asks it, and may be called again.
        wait: seconds until it is given up.
        away: is told once that it is away.

    Raises:
        EndpointAway: the hub was away to the end.
        EndpointFailed: it refuses.
    """
    end, told = time.monotonic() + wait, False
    while True:
        try:
            return ask()
        except EndpointAway as error:
            if time.monotonic() > end:
                raise
            if not told:
                away(error)
            told = True
        time.sleep(_PAUSE_SECONDS)


def last_round(begun: Participant, *, wait: float) -> Participant:
    """The part that was matched: of the round itself, or of the last in which those who were there went on.

    Args:
        begun: the round that all began.
        wait: seconds until a hub that is away is given up.

    Raises:
        EndpointAway: the hub was away to the end.
        EndpointFailed: it is not matched.
    """
    part = begun
    while part.absence.agreed:
        part = once_there(part.go_on, wait=wait)
    if not part.matched:
        raise EndpointFailed(f"round {begun.round.id} is not matched", hint="run stillwatch alliance match first")
    return part


def exchange_graphs(part: Participant, offer: Offer, *, wait: float, deadline: float) -> None:
    """Send the graphs and wait for the peers', after the deadline for no more than have come.

    Args:
        part: is told in ``problems`` who sent none, and what is doubtful.
        offer: of one's own run.
        wait: seconds until it is given up; the same again carries on.
        deadline: seconds without any word after which the graphs that are here must do; 0 for never.

    Raises:
        EndpointAway: the hub was away to the end.
        EndpointFailed: they have not come in time.
    """
    mine = {peer: offer.graph(peer, part.matches_told_to(peer)) for peer in part.peers}

    def exchanged(idle: float, deadline: float) -> bool:
        for peer, graph in mine.items():
            part.send_graph(peer, graph)
        return set(part.graphs()) == set(part.peers) or 0 < deadline <= idle

    _until(exchanged, part, time.monotonic() + wait, deadline)
    silent = set(part.peers) - set(part.graphs())
    if silent:
        part.problems.append(f"{', '.join(sorted(silent))} sent no graph, and this is without it")
    part.problems += part.contradictions()


def detect_in_round(part: Participant, offer: Offer, *, fdr: float, liars: int) -> list[JointCampaign]:
    """Joint campaigns. A peer that sends nothing is still one: otherwise who is left over would have to be believed."""
    graphs = part.graphs()
    peers = [
        peer_graph(name, graphs[name]) if name in graphs else PeerGraph(name, [], {}) for name in sorted(part.peers)
    ]
    return detect_jointly(offer.own(part.matches()), peers, fdr=fdr, liars=liars)


def write_joint(
    found: Sequence[JointCampaign], names: Sequence[str], out: Path, part: Participant
) -> list[dict[str, Any]]:
    """Write the result whole, and erase the round's key; killed in between, the same command does it again.

    Returns:
        The campaigns as they are written.
    """
    document = [_told(number, campaign, names) for number, campaign in enumerate(found, start=1)]
    part.finish()
    put_whole(out, json.dumps(document, indent=2).encode() + b"\n", new=True)
    return document


def _told(number: int, campaign: JointCampaign, names: Sequence[str]) -> dict[str, Any]:
    return {
        "campaign": f"J{number:03d}",
        "accounts": sorted(names[e] for e in campaign.members),
        "elsewhere": campaign.elsewhere,
        "q_value": campaign.q_value,
        "groups": [
            {
                "tied_by": "texts" if group.tested.by_text else "hands",
                "content_p": group.tested.content_p,
                "coordination_p": group.tested.coordination_p,
                "tie_p": group.tested.tie_p,
                "q_value": group.tested.q_value,
                "accounts_that_share": {tie.member: tie.held for tie, _ in group.ties},
            }
            for group in campaign.groups
        ],
    }


def _matched_or_regrouped(part: Participant, idle: float, deadline: float) -> bool:
    if part.matched:
        return True
    if deadline:
        part.absence.step(idle, deadline)
    if part.absence.left_out_by and not part.absence.agreed:
        raise EndpointFailed(
            f"{', '.join(sorted(part.absence.left_out_by))} went on without this member",
            where=f"round {part.round.id}",
            hint="open another round with them",
        )
    return part.absence.agreed is not None


def _until(done: Callable[[float, float], bool], part: Participant, end: float, deadline: float) -> None:
    """Step until it is done; a hub that is away meanwhile is asked again.

    Args:
        done: from the seconds in which nothing came that carries the round on, and the deadline.
        part: steps.
        end: on the monotonic clock.
        deadline: seconds without any word.

    Raises:
        EndpointAway: the hub was away to the end.
        EndpointFailed: it is not done in time; nothing is lost.
    """
    heard = time.monotonic()
    while True:
        try:
            if done(time.monotonic() - heard, deadline):
                return
            if part.step():
                heard = time.monotonic()
                continue
        except EndpointAway:
            # Who cannot be heard is not for that reason absent.
            heard = time.monotonic()
            if heard > end:
                raise
        if time.monotonic() > end:
            raise EndpointFailed(
                "others have not come along in time", hint="nothing is lost: the same command carries on"
            )
        time.sleep(_PAUSE_SECONDS)
