"""``stillwatch formats``."""

# ruff: noqa: PLC0415 - a command imports what it runs when it runs: no --help waits for it

from __future__ import annotations

import json as json_text
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import cyclopts
from cyclopts import Parameter

from stillwatch.cli.options import AccountFrom, AsCsv, AsJson
from stillwatch.cli.screen import say, show
from stillwatch.cli.written import as_csv, as_json
from stillwatch.core.counted import counted

if TYPE_CHECKING:
    from stillwatch.ingest.explaining import Explanation

__all__ = ["formats_app"]

formats_app = cyclopts.App()


@formats_app.command(name="formats")
def formats_command(
    *,
    explain: Path | None = None,
    mapping: Annotated[Path | None, Parameter(name="--map")] = None,
    account_from: AccountFrom = None,
    json: AsJson = False,
    csv: AsCsv = False,
) -> None:
    """List the log formats that a scan reads, or say what a file is taken for.

    Parameters
    ----------
    explain
        A log file: its container, its format and why, three records as read, and what is refused.
    mapping
        Which fields are which columns (TOML), as a scan takes it.
    """
    from stillwatch.ingest import all_formats, read_mapping
    from stillwatch.ingest.explaining import explain as explained

    if explain is not None:
        told = explained(explain, mapped=read_mapping(mapping) if mapping else None, account_from=account_from or ())
        if json:
            near = [one._asdict() for one in told.near]
            reasons = [{"reason": reason, "records": count} for reason, count in told.reasons]
            say(json_text.dumps({**told._asdict(), "near": near, "reasons": reasons}))
        else:
            _tell(told)
        return
    if json or csv:
        rows = [{"name": name, "description": one.description} for name, one in all_formats().items()]
        say(as_json(rows) if json else as_csv(rows))
        return
    from rich.table import Table

    listed = Table(box=None, show_header=False, padding=(0, 2, 0, 0))
    listed.add_column(style="bold", no_wrap=True)
    listed.add_column()
    for name, one in all_formats().items():
        listed.add_row(name, one.description)
    show(listed)


def _tell(told: Explanation) -> None:
    wrapped = "" if told.wrapped in ("plain", told.container) else f" in {told.wrapped}"
    say(told.file)
    if told.envelope is not None:
        say(f"  envelope   {told.envelope}")
    say(f"  keys       {', '.join(told.keys[:12]) or 'none'}")
    if told.problem is None:
        say(f"  container  {told.container}{wrapped}")
        say(f"  format     {told.format}: {told.description}")
        has = f" The first record has {_listed(told.has)}." if told.has else ""
        say(f"  because    {told.why}{has}")
    for near in told.near:
        say(f"  near       {near.format}: it has {_listed(near.has)} and lacks {_listed(near.lacks)}")
    if told.problem is not None:
        say(f"  problem    {told.problem}")
        say("  next       describe the layout in a file and give that by --map: stillwatch docs map-a-log")
        return
    read = f"{counted(told.exchanges, 'exchange')}, {counted(told.dead_letters, 'dead letter')}"
    say(f"  read       {read}{'' if told.complete else ' so far: the file goes on'}")
    for cast in told.casts:
        say(f"  column     {cast}")
    for number, record in enumerate(told.records, start=1):
        say(f"  record {number}")
        for name, value in record.items():
            text = value if isinstance(value, str) else json_text.dumps(value, ensure_ascii=False)
            say(f"    {name:<15} {text if len(text) <= 200 else text[:200] + '…'}")
    for reason, count in told.reasons:
        say(f"  refused    {count:,}: {reason}")
    if told.format != "mapped" and any(reason.startswith("no `account_id`") for reason, _ in told.reasons):
        say("  next       say where a record names its account: --account-from account_id, a path or an attribute")


def _listed(names: list[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)
