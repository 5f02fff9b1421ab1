"""``stillwatch labels``: what persons say of accounts, in the log that ``calibrate --log`` and the console read."""

# ruff: noqa: PLC0415 - a command imports what it runs when it runs: no --help waits for it

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Literal

import cyclopts

from stillwatch.cli.options import AsCsv, AsJson, DecisionLog
from stillwatch.cli.screen import say
from stillwatch.cli.signing import acting
from stillwatch.cli.written import as_csv, as_json, tell
from stillwatch.core import AuditLog, BadSetting, OutputExists, OutputUnwritable
from stillwatch.core.counted import counted
from stillwatch.core.printed import one_line
from stillwatch.core.whole_files import put_whole

__all__ = ["labels_app"]

Word = Literal["confirmed", "cleared"]

labels_app = cyclopts.App(name="labels")


@labels_app.command(name="list")
def list_command(
    log: DecisionLog,
    /,
    *,
    label: Word | None = None,
    account: str | None = None,
    ended: bool = False,
    json: AsJson = False,
    csv: AsCsv = False,
) -> None:
    """List the last word of a person on each account, whether it was said on a decision or of the account itself.

    Parameters
    ----------
    label
        Only those that are confirmed, or cleared.
    account
        Only this account's.
    ended
        List labels that have come to their end, too.
    """
    rows = _rows(log, ended=ended)
    rows = [row for row in rows if label in (None, row["label"]) and account in (None, row["account_id"])]
    tell("\n".join(map(_line, rows)) or "No label.", rows, json=json, csv=csv)


@labels_app.command(name="give")
def give_command(
    account: str,
    label: Literal["confirmed", "cleared", "none"],
    /,
    *,
    log: DecisionLog,
    by: str,
    reason: str,
    days: int | None = None,
) -> None:
    """Say what an account is: part of a campaign, an honest customer, or none to take that back.

    Parameters
    ----------
    account
        Whose label it is.
    label
        confirmed, cleared or none.
    by
        Who says it; of a console's log one of its people, whose password is asked for.
    reason
        Why.
    days
        For how many days it holds. [default: until the next word]
    """
    from stillwatch.policy import label_account

    now = datetime.now(UTC)
    until = None if days is None else now + timedelta(days=days)
    by = acting(log, by, "analyst")
    label_account(
        AuditLog(log), account, None if label == "none" else label, by=by, reason=reason, now=now, until=until
    )
    held = [row for row in _rows(log, ended=True) if row["account_id"] == account]
    say(_line(held[0]) if held else one_line(f"{account} has no label"))


@labels_app.command(name="import")
def import_command(file: Path, /, *, log: DecisionLog, by: str, reason: str = "") -> None:
    """Say what a file of labels says: CSV with a heading, or JSON; all of it, or nothing where a line is wrong.

    Parameters
    ----------
    file
        Columns account_id, label (confirmed, cleared, none), reason, until (a date); what labels export writes.
    by
        Who brings it in: their word it is from now on.
    reason
        For lines that give none.
    """
    from stillwatch.policy import import_labels, read_label_file

    lines = read_label_file(file)
    done = import_labels(AuditLog(log), lines, by=acting(log, by, "analyst"), reason=reason, now=datetime.now(UTC))
    say(
        f"{counted(done.said, 'label')} said; {done.stood:,} stood already, "
        f"{counted(done.ended, 'line names', 'lines name')} an end that has passed"
    )


@labels_app.command(name="export")
def export_command(log: DecisionLog, /, *, out: Path = Path("labels.csv"), ended: bool = False) -> None:
    """Write the labels to a file that labels import reads: CSV, or JSON where its name ends so.

    Parameters
    ----------
    out
        The file; must not exist yet. It names accounts and holds what persons wrote.
    ended
        Labels that have come to their end, too.
    """
    rows = _rows(log, ended=ended)
    if out.exists():
        raise OutputExists("the file exists, and nothing is ever overwritten", where=str(out))
    try:
        put_whole(out, (as_json(rows) if out.suffix == ".json" else _csv(rows)).encode() + b"\n", new=True)
    except OSError as error:
        raise OutputUnwritable(f"cannot be written: {error.strerror or error}", where=str(out)) from error
    say(f"{out}: {counted(len(rows), 'label')}")


def _rows(log: Path, *, ended: bool) -> list[dict[str, Any]]:
    from stillwatch.policy import label_rows, labels

    if not log.is_file():
        hint = "`stillwatch policy decide` or `stillwatch labels give` makes one; a console's lies in its state folder"
        raise BadSetting("there is no decision log", where=str(log), hint=hint)
    now = datetime.now(UTC)
    return label_rows(labels(AuditLog(log), now, ended=ended), now)


def _csv(rows: list[dict[str, Any]]) -> str:
    from stillwatch.policy import LABEL_COLUMNS

    return as_csv(rows) if rows else ",".join(LABEL_COLUMNS)


def _line(row: dict[str, Any]) -> str:
    ends = (
        "" if row["until"] is None else f", {'ended' if row['state'] == 'ended' else 'until'} {row['until']:%d %b %Y}"
    )
    case = f" on {row['case_id']}" if row["case_id"] else ""
    said = f"{row['account_id']}  {row['label']} by {row['by']}{case}, {row['time']:%d %b %Y}{ends}: {row['reason']}"
    return one_line(said)
