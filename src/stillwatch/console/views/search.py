"""One box that finds accounts, campaigns, cases and, for who may read customers' text, templates."""

from __future__ import annotations

from typing import Any

from starlette.responses import Response

from stillwatch.console.asking import Ask
from stillwatch.console.runs import Run

__all__ = ["search"]

_MOST = 20

_ACCOUNTS = """
SELECT account_id, verdict, exchanges, campaign_id FROM {accounts} WHERE contains(lower(account_id), lower(?))
ORDER BY lower(account_id) <> lower(?), NOT starts_with(lower(account_id), lower(?)), exchanges DESC LIMIT ?
"""
_CAMPAIGNS = """
SELECT campaign_id, verdict, accounts, summary FROM {campaigns}
WHERE contains(lower(campaign_id), lower(?)) OR contains(lower(summary), lower(?)) ORDER BY campaign_id LIMIT ?
"""
_TEMPLATES = """
SELECT template_id, campaign_id, accounts, exchanges FROM {templates}
WHERE contains(lower(template_id), lower(?)) OR contains(lower(example), lower(?)) ORDER BY accounts DESC LIMIT ?
"""


def search(ask: Ask) -> Response:
    """What was found, in every run; ``panel`` for the box that shows it while one types."""
    text = ask.query.get("q", "").strip()[:200]
    found = [_of_run(run, text, ask.person.may("analyst")) for run in ask.console.runs.all()] if text else []
    cases = [one for name, one in ask.console.cases.cases().standings.items() if text and text.lower() in name.lower()]
    if text and not ask.fragment:
        ask.note("searched", text=text)
    some = any(one["accounts"] or one["campaigns"] or one["templates"] for one in found) or bool(cases)
    template = "search_panel.html.j2" if ask.fragment else "search.html.j2"
    return ask.show(template, text=text, found=found, cases=cases[:_MOST], some=some)


def _of_run(run: Run, text: str, reads_texts: bool) -> dict[str, Any]:
    return {
        "run": run,
        "accounts": run.rows(_ACCOUNTS, text, text, text, _MOST),
        "campaigns": run.rows(_CAMPAIGNS, text, text, _MOST),
        "templates": run.rows(_TEMPLATES, text, text, _MOST) if reads_texts else [],
    }
