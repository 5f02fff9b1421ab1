"""``stillwatch formats``."""

# ruff: noqa: PLC0415 - a command imports what it runs when it runs: no --help waits for it

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import cyclopts
from cyclopts import Parameter
from rich.text import Text

from stillwatch.cli.options import Flag, MapFiles
from stillwatch.cli.screen import say, show

if TYPE_CHECKING:
    from stillwatch.ingest import Explanation

__all__ = ["formats_app"]

formats_app = cyclopts.App()


@formats_app.command(name="formats")
def formats_command(
    *,
    explain: Path | None = None,
    maps: MapFiles = None,
    as_json: Annotated[Flag, Parameter(name="--json")] = False,
) -> None:
    """List the log formats that a scan reads, or say what a file is taken for.

    Parameters
    ----------
    explain
        A file: what it was recognised as and why, and its first records as read.
    as_json
        Write that as JSON.
    """
    from stillwatch.ingest import MappedFormat, all_formats, read_map
    from stillwatch.ingest import explain as explained

    if explain is not None:
        given = [MappedFormat(tuple(map(read_map, maps)))] if maps else []
        found = explained(explain, given=given)
        if as_json:
            say(json.dumps(found.as_json(), ensure_ascii=False, indent=2))
        else:
            _tell(found)
        return
    if as_json:
        say(json.dumps({name: one.description for name, one in all_formats().items()}, indent=2))
        return
    for name, one in all_formats().items():
        show(Text.assemble((name, "bold"), "  ", one.description))


def _tell(found: Explanation) -> None:
    say(found.file)
    line = "  {:<11}{}".format
    say(line("wrapped", found.wrapped))
    if found.envelope is not None:
        say(line("envelope", found.envelope))
    say(line("keys", ", ".join(found.keys) or "(none)"))
    if found.format is not None:
        say(line("holds", found.container))
        say(line("format", f"{found.format}: {found.description}"))
        say(line("because", f"it is told {_lowered(found.because or '')}; the first record has {_listed(found.has)}"))
    for near in found.near:
        say(line("near", f"{near.format} has {_listed(near.has)} too, but also {_listed(near.lacks)}"))
    if found.problem is not None:
        say(line("problem", found.problem))
        say("describe it in a file and give that by --map: docs/howto/map-a-log.md")
        return
    say(
        line(
            "read",
            f"{found.read:,} exchanges and {found.refused:,} dead letters of the first {found.records:,} records",
        )
    )
    for row in found.exchanges:
        say(f"  line {row['source_line']}")
        for name, value in row.items():
            if not name.startswith("source_"):
                say(f"    {name:<17}{value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)}")
    for letter in found.dead_letters:
        say(f"  line {letter['line']} refused: {letter['reason']}")


def _lowered(sentence: str) -> str:
    return sentence[:1].lower() + sentence[1:]


def _listed(names: list[str]) -> str:
    return ", ".join(f"`{name}`" for name in names) or "none of those"
