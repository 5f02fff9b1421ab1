"""``stillwatch alliance match`` and ``join``: a member's part in a round, as ``services.rounds`` takes it."""

# ruff: noqa: PLC0415 - an HTTP client and its kin are optional

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import cyclopts
from cyclopts import Parameter

from stillwatch.cli.options import MEMBER_FILE, FalseShare, FinishedRun, MemberFile, Several
from stillwatch.cli.screen import complain, say
from stillwatch.core import EndpointAway, MissingDependency, OutputExists, UnreadableInput, said_by
from stillwatch.core.small_files import read_small

if TYPE_CHECKING:
    from stillwatch.rounds.matching import Participant

__all__ = ["rounds_app"]

rounds_app = cyclopts.App()
_needs_matching = MissingDependency.explained("matching", "rounds")


@rounds_app.command(name="match")
@_needs_matching
def match_command(
    run: FinishedRun,
    /,
    *,
    round_id: Annotated[str, Parameter(name="--round")],
    secrets: Path,
    member: Several[list[str] | None] = None,
    threshold: int = 2,
    least: int = 1,
    budget: int = 50_000,
    deadline: float = 300.0,
    wait: float = 600.0,
    state: Path = MEMBER_FILE,
) -> None:
    """Learn which identifiers of one's suspects others suspect too, and nothing else; all members run it at a time.

    Parameters
    ----------
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
        Seconds to wait for others, and for a hub that is away; run again, it carries on.
    state
        The member's file; what matching keeps lies beside it.
    """
    from stillwatch.services.rounds import match_to_the_end, own_offer

    with _participant(state, secrets, round_id, member, threshold, budget, wait) as part:
        offer, _ = own_offer(run)
        rows = [row for row in offer.identifiers() if row[2] >= least]
        last = match_to_the_end(part, rows, wait=wait, deadline=deadline)
        told = last.matches()
        say(f"{len(told):,} of {len(rows):,} identifiers are held by others too")
        for kind in sorted({kind for kind, _, _ in told.values()}):
            say(f"  {kind:10s} {sum(k == kind for k, _, _ in told.values()):,}")
        _say_problems(last)


@rounds_app.command(name="join")
@_needs_matching
def join_command(
    run: Path,
    /,
    *,
    round_id: Annotated[str, Parameter(name="--round")],
    secrets: Path,
    out: Path,
    fdr: FalseShare[float] = 0.01,
    liars: int = 1,
    budget: int | None = None,
    deadline: float = 300.0,
    wait: float = 600.0,
    state: MemberFile = MEMBER_FILE,
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
    liars
        Members that may say anything: nothing is reported on the word of so few. Of a single peer there is nobody
        to confirm what it says.
    budget
        Evaluations that each peer may have in a week, over all rounds; a late peer asks for them now.
        [default: as in match]
    deadline
        Seconds without any word from the others after which the graphs that are here must do; 0 for never.
    wait
        Seconds to wait for others' graphs, and for a hub that is away; run again, it carries on.
    """
    from stillwatch.services.rounds import detect_in_round, exchange_graphs, last_round, own_offer, write_joint

    if out.exists():
        raise OutputExists("the output path exists, and nothing is ever overwritten", where=str(out))
    with _participant(state, secrets, round_id, None, None, budget, wait) as begun:
        part = last_round(begun, wait=wait)
        offer, names = own_offer(run)
        exchange_graphs(part, offer, wait=wait, deadline=deadline)
        written = write_joint(detect_in_round(part, offer, fdr=fdr, liars=liars), names, out, part)
        for row in written:
            elsewhere = ", ".join(f"{count} at {peer}" for peer, count in row["elsewhere"].items())
            say(f"{row['campaign']}: {len(row['accounts'])} accounts here, {elsewhere} (q = {row['q_value']:.1g})")
        say(f"{len(written)} joint campaigns; {out}")
        _say_problems(part)


@contextmanager
def _participant(
    state: Path,
    secrets: Path,
    round_id: str,
    others: list[str] | None,
    threshold: int | None,
    budget: int | None,
    wait: float,
) -> Iterator[Participant]:
    """One's part in a round, which is opened where a threshold is given and it is not open yet."""
    import httpx

    from stillwatch.alliance.member import membership
    from stillwatch.rounds.matching import HttpMailbox, Limits, MatchingState, Participant, member_lock
    from stillwatch.rounds.messages import Round
    from stillwatch.services.rounds import once_there

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
        # What match was told holds for join too: peers may ask until the round is over.
        told = known.store.settings().get("matching_budget") if budget is None else str(budget)
        limits = Limits() if told is None else Limits(elements=int(told))
        known.store.remember({"matching_budget": told})

        def begun() -> Participant:
            if expected is not None:
                mailbox.begin(expected)
            return Participant(mailbox, kept, known.name, shared, round_id, limits=limits, expected=expected)

        def away(error: EndpointAway) -> None:
            complain(f"{error}; asking it again for {wait:.0f} seconds", style="yellow")

        yield once_there(begun, wait=wait, away=away)


def _secrets(path: Path) -> dict[str, bytes]:
    hint = 'one line is enough: {"beta": "64 hexadecimal digits"}'
    try:
        found = json.loads(read_small(path))
        return {str(name): bytes.fromhex(value) for name, value in found.items()}
    except OSError as error:
        raise UnreadableInput(f"the secrets cannot be read: {said_by(error)}", where=str(path), hint=hint) from error
    except (ValueError, AttributeError, TypeError, RecursionError) as error:
        raise UnreadableInput("no JSON object of names and hexadecimal digits", where=str(path), hint=hint) from error


def _say_problems(part: Participant) -> None:
    if part.absent:
        say(f"  without {', '.join(part.absent)}, who did not come; the others went on as round {part.round.id}")
    for problem in part.problems:
        say(f"  note: {problem}")
