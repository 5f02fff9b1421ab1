"""One box that finds accounts, campaigns, cases and, for who may read customers' text, templates."""

from __future__ import annotations

from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
from starlette.responses import Response

from stillwatch.console.asking import Ask
from stillwatch.console.campaign_rows import campaign_list
from stillwatch.console.cases import Cases
from stillwatch.console.runs import Run
from stillwatch.core import UnreadableInput
from stillwatch.decisions import LoggedDecision

__all__ = ["search"]

_MOST = 20

_TEMPLATES = """
SELECT template_id, campaign_id, accounts, exchanges, template_id || chr(10) || coalesce(example, '') AS text
FROM {templates} ORDER BY accounts DESC, template_id
"""


def search(ask: Ask) -> Response:
    """What was found, in every run; ``panel`` for the box that shows it while one types."""
    text = ask.query.get("q", "").strip()[:200]
    found, unread = [], []
    for run in ask.console.runs.all() if text else ():
        try:
            found.append(_of_run(run, text, ask.person.may("analyst")))
        except UnreadableInput:  # the others are searched all the same
            unread.append(run.name)
    cases = _cases(ask.console.cases.cases(), text) if text else []
    if text and not ask.fragment:
        ask.note("searched", text=text)
    some = any(one["accounts"] or one["campaigns"] or one["templates"] for one in found) or bool(cases)
    template = "search_panel.html.j2" if ask.fragment else "search.html.j2"
    return ask.show(template, text=text, found=found, unread=unread, cases=cases[:_MOST], some=some)


def _of_run(run: Run, text: str, reads_texts: bool) -> dict[str, Any]:
    return {
        "run": run,
        "accounts": run.accounts_named(text, _MOST),
        "most": _MOST,
        "campaigns": _campaigns(run, text),
        "templates": _templates(run, text) if reads_texts and run.has("templates") else [],
    }


def _cases(cases: Cases, text: str) -> list[LoggedDecision]:
    low = cases.keep("names in one", lambda: "\n".join(cases.standings).lower())
    if text.lower() not in low:
        return []
    return [one for name, one in cases.standings.items() if text.lower() in name.lower()]


def _campaigns(run: Run, text: str) -> list[dict[str, Any]]:
    wanted = text.lower()
    found = [row for name, row in run.keep("campaigns to search", lambda: _lowered(run)) if wanted in name]
    return found[:_MOST]


def _templates(run: Run, text: str) -> list[dict[str, Any]]:
    """Those whose name or example holds the text, those of most accounts first."""
    table, low = run.keep("templates to search", lambda: _texts(run))
    places = pc.indices_nonzero(pc.match_substring(low, pc.utf8_lower(pa.scalar(text)).as_py()))
    rows: list[dict[str, Any]] = table.take(places[:_MOST]).to_pylist()
    return rows


def _texts(run: Run) -> tuple[pa.Table, pa.ChunkedArray]:
    table = run.arrow(_TEMPLATES)
    return table.drop_columns("text"), pc.utf8_lower(table["text"])


def _lowered(run: Run) -> list[tuple[str, dict[str, Any]]]:
    """Campaigns by name, each with the text that is searched."""
    rows = sorted(campaign_list(run), key=lambda row: str(row["campaign_id"]))
    return [(f"{row['campaign_id']}\n{row['summary'] or ''}".lower(), row) for row in rows]
