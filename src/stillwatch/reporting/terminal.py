"""The short summary a scan prints at the end: campaigns, one reason each, counts, where the page is.

Texts of the log reach a terminal here, so they are printed as plain ``Text`` with control
characters spelled out, never as markup. To add a line, add it to ``render_console``.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pyarrow.compute as pc
from rich import box
from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from stillwatch.core.printed import one_line
from stillwatch.drawing import wording
from stillwatch.reporting.campaign_rows import order_campaigns, quoted_text, reasons_of
from stillwatch.reporting.run_files import read_info, read_table
from stillwatch.reporting.since import since_lines
from stillwatch.reporting.stream_lines import view_streams

__all__ = ["render_console"]

_VERDICT_STYLES = {"act": "bold red", "review": "bold yellow", "watch": "yellow"}
_LONGEST_REASON = 220
_LONGEST_QUOTE = 160
_MOST_CAMPAIGNS = 20
_MOST_STREAMS = 5
_MOST_FILES = 5
_MOST_WATCHED = 3
_LONGEST_WATCHED = 130


def render_console(run: Path) -> RenderableType:
    """The run's summary for a terminal.

    Raises:
        UnreadableInput: a table of the run is absent or is not Parquet.
        BadTable: a table lacks a column.
    """
    rows = order_campaigns(read_table(run, "campaigns"))
    accounts = read_table(run, "accounts", ["verdict", "exchanges", "reasons"])
    templates = read_table(run, "templates")
    dead = read_table(run, "dead_letters", ["reason", "kind", "file"])
    info = read_info(run)
    told = info.get("counts") or {}
    untold = info.get("untold")
    nothing = f"Cannot tell: no campaign was found, but {untold}" if untold else "No campaign found."
    parts: list[RenderableType] = [Text(_line(nothing), style="bold")]
    if rows:
        parts = [_campaign_table(rows), *(_why(row, quoted_text(row, templates)) for row in rows[:_MOST_CAMPAIGNS])]
    if len(rows) > _MOST_CAMPAIGNS:
        parts.append(Text(f"and {len(rows) - _MOST_CAMPAIGNS:,} more in the report"))
    exchanges = told.get("exchanges", pc.sum(accounts["exchanges"]).as_py())
    near = accounts.filter(pc.equal(accounts["verdict"], "watch"))
    watched = near.num_rows
    parts.append(
        Text(
            f"{wording.plural(exchanges, 'exchange')} of {wording.plural(accounts.num_rows, 'account')}; "
            f"{wording.plural(len(rows), 'campaign')}, {wording.plural(watched, 'account')} on watch"
        )
    )
    parts.extend(_watched(near["reasons"].to_pylist()))
    parts.extend(_since(info))
    parts.extend(_streams(info))
    files = dead.filter(pc.equal(dead["kind"], "file"))
    dead = dead.filter(pc.not_equal(dead["kind"], "file"))
    parts.extend(_unread_files(files.to_pylist()))
    parts.append(_dead_letters(dead.num_rows, pc.value_counts(dead["reason"]).to_pylist(), whole=not files.num_rows))
    parts.extend(Text(_line(" ".join(note.split())), style="yellow") for note in info.get("notes") or ())
    if rows:
        first = f"{_line(str(run))} {_line(rows[0]['campaign_id'] or '')}"
        parts.append(Text(f"what stands behind one: stillwatch show {first}", no_wrap=True, overflow="ignore"))
    parts.append(Text.assemble("report: ", (_line(str(run / "report.html")), "bold"), no_wrap=True, overflow="ignore"))
    return Group(*parts)


def _line(text: str) -> str:
    """A text of the log in one line, all of it to be seen."""
    return one_line(wording.visible(text))


def _campaign_table(rows: Sequence[Mapping[str, Any]]) -> Table:
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    table.add_column("campaign", no_wrap=True)
    for name in ("accounts", "exchanges"):
        table.add_column(name, justify="right", no_wrap=True)
    table.add_column("when (UTC)")
    table.add_column("q-value", justify="right", no_wrap=True)
    table.add_column("verdict", no_wrap=True)
    for row in rows[:_MOST_CAMPAIGNS]:
        table.add_row(
            Text(_line(row["campaign_id"]), style="bold"),
            wording.count(row["accounts"]),
            wording.count(row["exchanges"]),
            wording.day_span(row["first_seen"], row["last_seen"]),
            wording.small(row["q_value"]),
            Text(_line(row["verdict"] or wording.NOT_IN_LOG), _VERDICT_STYLES.get(row["verdict"], "")),
        )
    return table


def _why(row: Mapping[str, Any], quoted: Mapping[str, Any] | None) -> RenderableType:
    """The strongest reason of the campaign, after the families that count, and what is sent word for word."""
    strongest = next(iter(reasons_of(row)), None)
    statement = _short((strongest["statement"] if strongest else row["summary"]) or "")
    families = _line(", ".join(row["families"] or ()))
    told = Text.assemble((_line(row["campaign_id"]), "bold"), "  ", (families, "cyan"), "\n", statement)
    if quoted:
        text = _line(" ".join(quoted["text"].split()))
        said = text if len(text) <= _LONGEST_QUOTE else f"{text[: _LONGEST_QUOTE - 1].rstrip()}…"
        told.append(f"\n{wording.plural(quoted['accounts'], 'account')} send: “{said}”")
    if row["worth"]:
        told.append("\n" + _worth(row["worth"]), style="dim")
    return Padding(told, (0, 0, 1, 0))


def _short(text: str, most: int = _LONGEST_REASON) -> str:
    shown = _line(" ".join(text.split()))
    return shown if len(shown) <= most else shown[: most - 1].rstrip() + "…"


def _worth(rows: Sequence[Mapping[str, Any]]) -> str:
    """The lab's estimates as one range; the report has each, and what to bear in mind."""
    low, high = min(row["low"] for row in rows), max(row["high"] for row in rows)
    beyond = ", beyond the volumes measured" if any(row["beyond"] for row in rows) else ""
    return _line(
        f"may be worth {wording.share(low)} to {wording.share(high)} of a skill "
        f"({' or '.join(sorted({row['interface'] for row in rows}))}, small models{beyond}; caveats in the report)"
    )


def _watched(reasons: Sequence[Sequence[str] | None]) -> list[Text]:
    """What is said of most accounts on watch, with of how many."""
    said = Counter(one[0] for one in reasons if one).most_common()
    lines = [f"  {number:,} on watch: {_short(text, _LONGEST_WATCHED)}" for text, number in said[:_MOST_WATCHED]]
    more = len(said) - len(lines)
    return [*map(Text, lines), *([Text(f"  and {wording.plural(more, 'other reason')}: the report")] if more else [])]


def _since(info: Mapping[str, Any]) -> list[Text]:
    """What is new since the step before; nothing where there was none."""
    lines = since_lines(info)
    head = [Text(f"Since step {info['step'] - 1}:", style="bold")] if lines else []
    return [*head, *(Text(_line(f"  {line}")) for line in lines)]


def _streams(info: Mapping[str, Any]) -> list[Text]:
    """Parts of single accounts' traffic from one source: a line each, no verdict."""
    view = view_streams(info)
    lines = view.found if view else ()
    told = [Text.assemble((_line(one.name), "bold"), "  ", _line(one.sentence)) for one in lines[:_MOST_STREAMS]]
    return [*told, Text(f"and {len(lines) - _MOST_STREAMS:,} more in the report")] if len(lines) > len(told) else told


def _unread_files(rows: Sequence[Mapping[str, Any]]) -> list[Text]:
    """Files of which nothing was read, by name: whoever left one in the folder knows whether it was a log."""
    named = [Text(_line(f"not read: {row['file']}: {row['reason']}"), "yellow") for row in rows[:_MOST_FILES]]
    if len(rows) > _MOST_FILES:
        named.append(Text(f"not read: {len(rows) - _MOST_FILES:,} more files (see dead_letters.parquet)", "yellow"))
    return named


def _dead_letters(total: int, reasons: Sequence[Mapping[str, Any]], *, whole: bool) -> Text:
    if not total:
        return Text("every record was read" if whole else "every record of the other files was read")
    commonest = max(reasons, key=lambda reason: (reason["counts"], reason["values"]))
    records = wording.plural(total, "record")
    named = "; --account-from says where one lies" if commonest["values"].startswith("no `account_id`") else ""
    return Text(
        f"{records} not readable, most often: {_line(commonest['values'])}{named} (see dead_letters.parquet)",
        style="yellow",
    )
