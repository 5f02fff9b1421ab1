"""``stillwatch alliance sighted`` and ``opinion``: what became of partners' indicators, told to who published them."""

# ruff: noqa: PLC0415 - an HTTP client and its kin are optional

from __future__ import annotations

from typing import Annotated

import cyclopts
from cyclopts import Parameter

from stillwatch.cli.alliance.member import leave
from stillwatch.cli.options import MEMBER_FILE, Approved, DraftFile, FinishedRun, MemberFile
from stillwatch.cli.screen import say
from stillwatch.core import MissingDependency

__all__ = ["feedback_app"]

feedback_app = cyclopts.App()
_needs_alliance = MissingDependency.explained("the alliance", "alliance")


@feedback_app.command(name="sighted")
@_needs_alliance
def sighted_command(
    run: FinishedRun,
    /,
    *,
    least: int = 3,
    draft: DraftFile = None,
    yes: Approved = False,
    state: MemberFile = MEMBER_FILE,
) -> None:
    """Tell partners which of their indicators accounts of a run have, and how many are in its campaigns.

    Parameters
    ----------
    least
        Accounts that must have an indicator before its creator hears of it.
    """
    from stillwatch.alliance import member
    from stillwatch.services.sightings import partner_sightings

    known = member.membership(state)
    drafts = member.draft_sightings(known, partner_sightings(run, least=least))
    for place, made in enumerate(drafts):
        path = draft.with_stem(f"{draft.stem}-{place + 1}") if draft and place else draft
        leave(known, made, path, yes)
    if not drafts:
        say("nothing is to be told: no indicator of a partner's is held by so many accounts")


@feedback_app.command(name="opinion")
@_needs_alliance
def opinion_command(
    identifier: Annotated[str, Parameter(name="OBJECT")],
    opinion: Annotated[str, Parameter(name="OPINION")],
    /,
    *,
    draft: DraftFile = None,
    yes: Approved = False,
    state: MemberFile = MEMBER_FILE,
) -> None:
    """Say how far one agrees with a partner's campaign or indicator; a later word replaces an earlier one.

    Parameters
    ----------
    identifier
        The partner's object, by its STIX identifier.
    opinion
        strongly-disagree, disagree, neutral, agree or strongly-agree.
    """
    from stillwatch.alliance import member

    known = member.membership(state)
    leave(known, member.draft_opinion(known, identifier, opinion), draft, yes)
