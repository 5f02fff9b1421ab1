"""``stillwatch alliance``: parses, calls, prints. What it needs is imported when one of its commands runs."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import cyclopts
from cyclopts import Parameter

from stillwatch.core import BadSetting, MissingDependency

if TYPE_CHECKING:
    import types

    from stillwatch.alliance.member import Draft, Membership

__all__ = ["alliance_app"]

Say = Callable[[object], None]

_STATE = Path("alliance.db")


def _open() -> types.ModuleType:
    with MissingDependency.explained("the alliance", "alliance"):
        from stillwatch.alliance import member  # noqa: PLC0415 - optional: an HTTP client
    return member


def alliance_app(say: Say) -> cyclopts.App:
    """The commands of the alliance.

    Args:
        say: prints a line.
    """
    app = cyclopts.App(
        name="alliance", help="Publish campaigns to partners, bring in what they said, take back, appeal; run a hub."
    )
    _enrol_command(app, say)
    _publish_command(app, say)
    _standing_commands(app, say)
    _retract_command(app, say)
    _appeal_command(app, say)
    return app


def _enrol_command(app: cyclopts.App, say: Say) -> None:
    @app.command(name="enrol")
    def enrol_command(
        name: str,
        /,
        *,
        hub: str,
        state: Path = _STATE,
        token_file: Path | None = None,
        certificate: Path | None = None,
        key: Path | None = None,
        authority: Path | None = None,
    ) -> None:
        """Say once who this member is and where its hub is; the other commands read it from the member's file.

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
        _open().enrol(state, name, hub, token_file=token_file, certificate=certificate, key=key, authority=authority)
        say(f"{name} is a member of {hub}; its file is {state}")


def _publish_command(app: cyclopts.App, say: Say) -> None:
    @app.command(name="publish")
    def publish_command(
        run: Path,
        /,
        *,
        campaign: str,
        tlp: str = "amber",
        collection: str | None = None,
        kinds: Annotated[list[str] | None, Parameter(consume_multiple=True, negative=())] = None,
        least: int = 3,
        accounts: int = 100,
        valid_days: int = 90,
        draft: Path | None = None,
        yes: bool = False,
        state: Path = _STATE,
    ) -> None:
        """Show what a campaign of a run would tell partners, and send it once that is approved.

        Parameters
        ----------
        run
            A finished run.
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
        draft
            Write what would leave to this file and send nothing; alliance approve sends it.
        yes
            It is approved; do not ask.
        state
            The member's file.
        """
        member = _open()
        from stillwatch.services.facts import campaign_facts  # noqa: PLC0415 - brings the whole of a scan

        facts = campaign_facts(run, campaign, least=least, kinds=kinds)
        known = member.membership(state)
        made = member.draft(known, facts, tlp=tlp, collection=collection, valid_days=valid_days, accounts=accounts)
        _leave(member, known, made, say, draft, yes)


def _standing_commands(app: cyclopts.App, say: Say) -> None:
    @app.command(name="approve")
    def approve_command(draft: Path, /, *, state: Path = _STATE) -> None:
        """Send a draft exactly as it was written.

        Parameters
        ----------
        draft
            What alliance publish, retract or appeal wrote with --draft.
        state
            The member's file.
        """
        member = _open()
        known = member.membership(state)
        member.approve(known, member.read_draft(draft))
        say(member.send(known))

    @app.command(name="send")
    def send_command(*, state: Path = _STATE) -> None:
        """Send what was approved and has not arrived, after a crash or an outage.

        Parameters
        ----------
        state
            The member's file.
        """
        member = _open()
        say(member.send(member.membership(state)))

    @app.command(name="pull")
    def pull_command(*, state: Path = _STATE) -> None:
        """Bring in what partners said; the next scan reads it with --indicators.

        Parameters
        ----------
        state
            The member's file.
        """
        member = _open()
        say(member.pull(member.membership(state)))

    @app.command(name="list")
    def list_command(*, state: Path = _STATE) -> None:
        """List what this member published, what partners said that counts, and appeals.

        Parameters
        ----------
        state
            The member's file.
        """
        say(_open().overview(state))


def _retract_command(app: cyclopts.App, say: Say) -> None:
    @app.command(name="retract")
    def retract_command(
        identifier: Annotated[str, Parameter(name="OBJECT")],
        /,
        *,
        reason: str = "mistake",
        draft: Path | None = None,
        yes: bool = False,
        state: Path = _STATE,
    ) -> None:
        """Take back a campaign or an indicator, at everyone who pulled it.

        Parameters
        ----------
        identifier
            Its STIX identifier.
        reason
            mistake, appeal upheld, or no longer valid.
        draft
            Write what would leave to this file and send nothing.
        yes
            It is approved; do not ask.
        state
            The member's file.
        """
        member = _open()
        known = member.membership(state)
        _leave(member, known, member.draft_retraction(known, identifier, reason=reason), say, draft, yes)


def _appeal_command(app: cyclopts.App, say: Say) -> None:
    @app.command(name="appeal")
    def appeal_command(
        identifier: Annotated[str, Parameter(name="OBJECT")],
        /,
        *,
        status: str = "filed",
        case: str | None = None,
        account: str | None = None,
        draft: Path | None = None,
        yes: bool = False,
        state: Path = _STATE,
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
        draft
            Write what would leave to this file and send nothing.
        yes
            It is approved; do not ask.
        state
            The member's file.
        """
        member = _open()
        known = member.membership(state)
        made = member.draft_appeal(known, identifier, status=status, case=case, account=account)
        _leave(member, known, made, say, draft, yes)


def _leave(member: Any, known: Membership, made: Draft, say: Say, path: Path | None, yes: bool) -> None:
    """Show a draft, then write it, or send it once it is approved."""
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
        if input(f"Send these {len(made.objects)} objects? [y/N] ").strip().lower() not in ("y", "yes"):
            say("nothing was sent")
            return
    member.approve(known, made)
    say(member.send(known))
