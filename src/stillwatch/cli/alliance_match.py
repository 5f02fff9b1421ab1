"""``stillwatch alliance match`` and ``join``: parses, calls, prints. Joins a run's suspects to a round's messages."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import cyclopts
from cyclopts import Parameter

from stillwatch.core import EndpointAway, EndpointFailed, MissingDependency, OutputExists, UnreadableInput

if TYPE_CHECKING:
    from stillwatch.rounds.joint import JointCampaign, Offer
    from stillwatch.rounds.matching import Participant

__all__ = ["matching_commands"]

Say = Callable[[object], None]

_STATE = Path("alliance.db")
_PAUSE_SECONDS = 0.2


def matching_commands(app: cyclopts.App, say: Say) -> None:
    """Add them to the commands of the alliance.

    Args:
        app: of the alliance.
        say: prints a line.
    """
    _match_command(app, say)
    _join_command(app, say)


def _match_command(app: cyclopts.App, say: Say) -> None:
    @app.command(name="match")
    def match_command(
        run: Path,
        /,
        *,
        round_id: Annotated[str, Parameter(name="--round")],
        secrets: Path,
        member: Annotated[list[str] | None, Parameter(consume_multiple=True, negative=())] = None,
        threshold: int = 2,
        least: int = 1,
        budget: int = 50_000,
        deadline: float = 300.0,
        wait: float = 600.0,
        state: Path = _STATE,
    ) -> None:
        """Learn which identifiers of one's suspects others suspect too, and nothing else; all members run it at a time.

        Parameters
        ----------
        run
            A finished run.
        round_id
            The round's name, which all members agree on; a name is used once.
        secrets
            JSON of what is shared with each peer alone: its name and 64 hexadecimal digits.
        member
            The other members of the round. [default: those that the secrets name]
        threshold
            Accounts of others that must hold a thing before it is told.
        least
            Own suspects that must hold a thing before it is matched at all; as many as the threshold, and that holds
            for one's own whatever the hub does.
        budget
            Evaluations that each peer may have in a week, over all rounds.
        deadline
            Seconds without any word from the others after which those who are there, if they are more than half of
            all, go on without who is absent; 0 for never.
        wait
            Seconds to wait for others; run again, it carries on.
        state
            The member's file; what matching keeps lies beside it.
        """
        with _participant(state, secrets, round_id, member, threshold, budget) as part:
            offer, _ = _offer(run)
            rows = [row for row in offer.identifiers() if row[2] >= least]
            last = _to_the_end(part, rows, wait, deadline)
            told = last.matches()
            say(f"{len(told):,} of {len(rows):,} identifiers are held by others too")
            for kind in sorted({kind for kind, _, _ in told.values()}):
                say(f"  {kind:10s} {sum(k == kind for k, _, _ in told.values()):,}")
            _say_problems(last, say)


def _join_command(app: cyclopts.App, say: Say) -> None:
    @app.command(name="join")
    def join_command(
        run: Path,
        /,
        *,
        round_id: Annotated[str, Parameter(name="--round")],
        secrets: Path,
        out: Path,
        fdr: float = 0.01,
        liars: int = 1,
        deadline: float = 300.0,
        wait: float = 600.0,
        state: Path = _STATE,
    ) -> None:
        """After match: exchange graphs of what was matched, and find joint campaigns among one's own accounts.

        Parameters
        ----------
        run
            The run that was matched.
        round_id
            The round's name.
        secrets
            JSON of what is shared with each peer alone.
        out
            File for the joint campaigns, JSON; must not exist.
        fdr
            Share of false campaigns to accept among those reported.
        liars
            Members that may say anything: nothing is reported on the word of so few. Of a single peer there is nobody
            to confirm what it says.
        deadline
            Seconds without any word from the others after which the graphs that are here must do; 0 for never.
        wait
            Seconds to wait for others' graphs; run again, it carries on.
        state
            The member's file.
        """
        if out.exists():
            raise OutputExists("the output path exists, and nothing is ever overwritten", where=str(out))
        with _participant(state, secrets, round_id, None, None, 0) as begun:
            part = begun
            while part.absence.agreed:
                part = part.go_on()
            if not part.matched:
                raise EndpointFailed(f"round {round_id} is not matched", hint="run stillwatch alliance match first")
            offer, names = _offer(run)
            _exchange(part, offer, wait, deadline)
            found = _found(part, offer, fdr, liars)
            document = [_told(number, campaign, names) for number, campaign in enumerate(found, start=1)]
            _write(document, out, part)
            for row in document:
                elsewhere = ", ".join(f"{count} at {peer}" for peer, count in row["elsewhere"].items())
                say(f"{row['campaign']}: {len(row['accounts'])} accounts here, {elsewhere} (q = {row['q_value']:.1g})")
            say(f"{len(document)} joint campaigns; {out}")
            _say_problems(part, say)


def _to_the_end(begun: Participant, rows: list[tuple[str, str, int]], wait: float, deadline: float) -> Participant:
    """Take part until the matches are here, in the round itself or in the one in which those who are there go on."""
    part, end = begun, time.monotonic() + wait
    part.load(rows)
    while not part.matched:
        _until(partial(_matched_or_regrouped, part), part, end, deadline)
        if not part.matched:
            part = part.go_on()
            part.load(rows)
    return part


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


def _exchange(part: Participant, offer: Offer, wait: float, deadline: float) -> None:
    """Send the graphs and wait for the peers', after the deadline for no more than have come."""
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


def _found(part: Participant, offer: Offer, fdr: float, liars: int) -> list[JointCampaign]:
    """Joint campaigns. A peer that sends nothing is still one: otherwise who is left over would have to be believed."""
    from stillwatch.rounds.joint import PeerGraph, detect_jointly, peer_graph  # noqa: PLC0415

    graphs = part.graphs()
    peers = [
        peer_graph(name, graphs[name]) if name in graphs else PeerGraph(name, [], {}) for name in sorted(part.peers)
    ]
    return detect_jointly(offer.own(part.matches()), peers, fdr=fdr, liars=liars)


def _write(document: list[dict[str, Any]], out: Path, part: Participant) -> None:
    """Write the result whole, and erase the round's key; killed in between, the same command does it again."""
    hidden = out.with_name(f".{out.name}.partial")
    hidden.write_text(json.dumps(document, indent=2) + "\n", encoding="utf-8")
    part.finish()
    hidden.rename(out)


def _told(number: int, campaign: JointCampaign, names: list[str]) -> dict[str, Any]:
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


@contextmanager
def _participant(
    state: Path, secrets: Path, round_id: str, others: list[str] | None, threshold: int | None, budget: int
) -> Iterator[Participant]:
    """One's part in a round, which is opened where a threshold is given and it is not open yet."""
    with MissingDependency.explained("matching", "rounds"):
        import httpx  # noqa: PLC0415

        from stillwatch.alliance.member import membership  # noqa: PLC0415
        from stillwatch.rounds.matching import HttpMailbox, Limits, MatchingState, Participant, member_lock  # noqa: PLC0415
        from stillwatch.rounds.messages import Round  # noqa: PLC0415
    known, shared = membership(state), _secrets(secrets)
    headers = {"Authorization": f"Bearer {known.credentials.token}"} if known.credentials.token else {}
    verify = known.credentials.context() if known.hub.startswith("https") else True
    path = state.with_name(f"{state.stem}-matching.db")
    with (
        member_lock(path),
        closing(MatchingState(path)) as kept,
        httpx.Client(base_url=known.hub, headers=headers, verify=verify, timeout=60, trust_env=False) as client,
    ):
        mailbox, expected = HttpMailbox(client), None
        if threshold is not None:
            expected = Round(round_id, tuple(sorted({known.name, *(others or shared)})), threshold)
            mailbox.begin(expected)
        limits = Limits(elements=budget) if budget else Limits()
        yield Participant(mailbox, kept, known.name, shared, round_id, limits=limits, expected=expected)


def _secrets(path: Path) -> dict[str, bytes]:
    hint = 'one line is enough: {"beta": "64 hexadecimal digits"}'
    try:
        found = json.loads(path.read_bytes())
        return {str(name): bytes.fromhex(value) for name, value in found.items()}
    except OSError as error:
        raise UnreadableInput(f"the secrets cannot be read: {error}", where=str(path), hint=hint) from error
    except (ValueError, AttributeError, TypeError) as error:
        raise UnreadableInput("no JSON object of names and hexadecimal digits", where=str(path), hint=hint) from error


def _offer(run: Path) -> tuple[Offer, list[str]]:
    from stillwatch.rounds.joint import Offer, OwnGroup  # noqa: PLC0415
    from stillwatch.services.suspects import find_suspects  # noqa: PLC0415

    found = find_suspects(run)
    groups = [OwnGroup(g.members, g.content_p, g.coordination_p, g.weights) for g in found.groups]
    return Offer.of(len(found.accounts), groups, found.entity, found.kind, found.value), found.accounts


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


def _say_problems(part: Participant, say: Say) -> None:
    if part.absent:
        say(f"  without {', '.join(part.absent)}, who did not come; the others went on as round {part.round.id}")
    for problem in part.problems:
        say(f"  note: {problem}")
