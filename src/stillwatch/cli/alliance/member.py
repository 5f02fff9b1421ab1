"""``stillwatch alliance``, what a member does: enrol, publish, approve, send, pull, list, retract, appeal."""

# ruff: noqa: PLC0415 - an HTTP client and its kin are optional

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import cyclopts
from cyclopts import Parameter

from stillwatch.cli.options import MEMBER_FILE, Approved, AsCsv, AsJson, DraftFile, FinishedRun, MemberFile, Several
from stillwatch.cli.screen import confirm, say
from stillwatch.cli.written import tell
from stillwatch.core import BadSetting, MissingDependency

if TYPE_CHECKING:
    from stillwatch.alliance.member import Draft, Membership

__all__ = ["leave", "member_app"]

member_app = cyclopts.App()
_needs_alliance = MissingDependency.explained("the alliance", "alliance")


@member_app.command(name="enrol")
@_needs_alliance
def enrol_command(
    name: str,
    /,
    *,
    hub: str,
    state: Path = MEMBER_FILE,
    token_file: Path | None = None,
    certificate: Path | None = None,
    key: Path | None = None,
    authority: Path | None = None,
) -> None:
    """Say once who this member is and where its hub is, which is asked; the other commands read it from the file.

    Parameters
    ----------
    name
        The member's, as the hub knows it.
    hub
        The hub's URL.
    state
        The member's file, made when missing.
    token_file
        File that holds the token; the token itself is not copied.
    certificate
        Client certificate, PEM, in place of a token.
    key
        Its key, PEM.
    authority
        Certificates that sign the hub's, PEM, where it is no public one.
    """
    from stillwatch.alliance import member

    member.enrol(state, name, hub, token_file=token_file, certificate=certificate, key=key, authority=authority)
    say(f"{name} is a member of {hub}; its file is {state}")


@member_app.command(name="publish")
@_needs_alliance
def publish_command(
    run: FinishedRun,
    /,
    *,
    campaign: str,
    tlp: str = "amber",
    collection: str | None = None,
    kinds: Several[list[str] | None] = None,
    least: int = 3,
    accounts: int = 100,
    valid_days: int = 90,
    warning_list: Path | None = None,
    draft: Path | None = None,
    yes: Approved = False,
    state: MemberFile = MEMBER_FILE,
) -> None:
    """Show what a campaign of a run would tell partners, and send it once that is approved.

    Parameters
    ----------
    campaign
        The campaign's name in it.
    tlp
        Label of all that leaves: clear, green, amber or amber+strict.
    collection
        Where to, by alias or identifier. [default: the label's own]
    kinds
        Kinds of indicators that may leave: address, network, domain, tls, agent, sentence. [default: all]
    least
        Accounts of the campaign that must share a value before it leaves.
    accounts
        Most accounts named, by pseudonym.
    valid_days
        Days after the campaign's last exchange for which its indicators count.
    warning_list
        Values that are no indicators whoever has them, TOML, beside the list that comes with Stillwatch: public mail
        providers, public resolvers and the like.
    draft
        Write what would leave to this file and send nothing; alliance approve sends it.
    """
    from stillwatch.alliance import member
    from stillwatch.core.warning_lists import read_warning_list
    from stillwatch.services.facts import campaign_facts
    from stillwatch.services.sentence_texts import sentence_texts

    facts = campaign_facts(run, campaign, least=least, kinds=kinds)
    sentences = sentence_texts(run, [one.value for one in facts.indicators if one.kind == "sentence"])
    known = member.membership(state)
    warnings = read_warning_list(warning_list) if warning_list else None
    made = member.draft(
        known,
        facts,
        tlp=tlp,
        collection=collection,
        valid_days=valid_days,
        accounts=accounts,
        warnings=warnings,
        sentences=sentences,
    )
    leave(known, made, draft, yes)


@member_app.command(name="approve")
@_needs_alliance
def approve_command(draft: Path, /, *, state: MemberFile = MEMBER_FILE) -> None:
    """Send a draft exactly as it was written.

    Parameters
    ----------
    draft
        What alliance publish, retract or appeal wrote with --draft.
    """
    from stillwatch.alliance import member

    known = member.membership(state)
    member.approve(known, member.read_draft(draft))
    say(member.send(known))


@member_app.command(name="send")
@_needs_alliance
def send_command(*, state: MemberFile = MEMBER_FILE) -> None:
    """Send what was approved and has not arrived, after a crash or an outage."""
    from stillwatch.alliance import member

    say(member.send(member.membership(state)))


@member_app.command(name="pull")
@_needs_alliance
def pull_command(*, state: MemberFile = MEMBER_FILE) -> None:
    """Bring in what partners said; the next scan reads it with --indicators."""
    from stillwatch.alliance import member

    say(member.pull(member.membership(state)))


@member_app.command(name="list")
@_needs_alliance
def list_command(*, state: MemberFile = MEMBER_FILE, json: AsJson = False, csv: AsCsv = False) -> None:
    """List what this member published, what partners said that counts, and appeals."""
    from stillwatch.alliance import member

    found = member.overview(state)
    tell(found, found.rows, json=json, csv=csv, whole={"name": found.name, "hub": found.hub, "rows": found.rows})


@member_app.command(name="retract")
@_needs_alliance
def retract_command(
    identifier: Annotated[str, Parameter(name="OBJECT")],
    /,
    *,
    reason: str = "mistake",
    draft: DraftFile = None,
    yes: Approved = False,
    state: MemberFile = MEMBER_FILE,
) -> None:
    """Take back a campaign or an indicator, at everyone who pulled it.

    Parameters
    ----------
    identifier
        Its STIX identifier.
    reason
        mistake, appeal upheld, or no longer valid.
    """
    from stillwatch.alliance import member

    known = member.membership(state)
    leave(known, member.draft_retraction(known, identifier, reason=reason), draft, yes)


@member_app.command(name="appeal")
@_needs_alliance
def appeal_command(
    identifier: Annotated[str, Parameter(name="OBJECT")],
    /,
    *,
    status: str = "filed",
    case: str | None = None,
    account: str | None = None,
    draft: DraftFile = None,
    yes: Approved = False,
    state: MemberFile = MEMBER_FILE,
) -> None:
    """File an appeal about a campaign or an indicator, or say how one ended, to everyone who pulled it.

    Parameters
    ----------
    identifier
        STIX identifier of what it is about.
    status
        filed, upheld or rejected.
    case
        The appeal's, once it is filed. [default: a new one]
    account
        The account it is about, where it is not about the whole; leaves as a pseudonym.
    """
    from stillwatch.alliance import member

    known = member.membership(state)
    made = member.draft_appeal(known, identifier, status=status, case=case, account=account)
    leave(known, made, draft, yes)


def leave(known: Membership, made: Draft, path: Path | None, yes: bool) -> None:
    """Show a draft, then write it, or send it once it is approved."""
    from stillwatch.alliance import member

    say(made)
    if path is not None:
        member.write_draft(made, path)
        say(f"nothing was sent; to send exactly this: stillwatch alliance approve {path}")
        return
    if made.objects and not yes:
        if not sys.stdin.isatty():
            raise BadSetting(
                "nobody is there to approve it",
                where="standard input",
                hint="read it with --draft FILE and send it with stillwatch alliance approve FILE, or give --yes",
            )
        if not confirm(f"Send these {len(made.objects)} objects?"):
            say("nothing was sent")
            return
    member.approve(known, made)
    say(member.send(known))
