"""``stillwatch show`` and ``report``: what stands behind an id of a run, and its page anew."""

# ruff: noqa: PLC0415 - a command imports what it runs when it runs: no --help waits for it

from __future__ import annotations

from typing import Annotated

import cyclopts
from cyclopts import Parameter

from stillwatch.cli.options import AsCsv, AsJson, FinishedRun
from stillwatch.cli.screen import say, show
from stillwatch.cli.written import as_csv, as_json
from stillwatch.core import BadSetting

__all__ = ["show_app"]

show_app = cyclopts.App()


@show_app.command(name="show")
def show_command(
    run: FinishedRun,
    campaign: Annotated[str | None, Parameter(name="CAMPAIGN")] = None,
    /,
    *,
    account: str | None = None,
    exchange: str | None = None,
    json: AsJson = False,
    csv: AsCsv = False,
) -> None:
    """Print what stands behind a campaign, an account or an exchange; with none of them, the run's campaigns.

    Parameters
    ----------
    campaign
        A campaign's id, such as C001.
    account
        An account's id, as the log has it.
    exchange
        An exchange's id, as reports cite it.
    """
    from stillwatch.reporting import (
        account_behind,
        account_text,
        campaign_behind,
        campaign_text,
        campaigns_of,
        exchange_behind,
        exchange_text,
        render_console,
    )

    if sum(one is not None for one in (campaign, account, exchange)) > 1:
        raise BadSetting("one thing is shown at a time", where=str(run), hint="a campaign, --account or --exchange")
    if account is not None:
        found = account_behind(run, account)
        rows, text = found["links"], account_text(found)
    elif exchange is not None:
        sent = exchange_behind(run, exchange)
        rows, text = sent, exchange_text(sent)
    elif campaign is not None:
        found = campaign_behind(run, campaign)
        rows, text = found["members"], campaign_text(found, str(run))
    else:
        rows, text = campaigns_of(run), None
    if json:
        say(as_json(rows if exchange is not None or text is None else found))
    elif csv:
        say(as_csv(rows))
    elif text is None:
        show(render_console(run))
    else:
        say(text)


@show_app.command(name="report")
def report_command(run: FinishedRun, /) -> None:
    """Write a run's page and its findings anew, from the run's own files."""
    from stillwatch.reporting import write_findings, write_report

    page = write_report(run)
    write_findings(run)
    say(page)
