"""A campaign as one HTML page to keep: prompts masked, or in clear for a reason that stands in the log."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pyarrow as pa
from starlette.responses import Response

from stillwatch.console.asking import Ask, Refused
from stillwatch.console.cases import STAGE_WORDS
from stillwatch.console.runs import Run
from stillwatch.console.views.labels import labelled
from stillwatch.drawing import wording
from stillwatch.reporting import campaign_page, history_lines, life_of
from stillwatch.tables import CAMPAIGNS, LINKS, TEMPLATES

__all__ = ["page", "page_in_clear"]

_CAMPAIGN = "SELECT * FROM {campaigns} WHERE campaign_id = ?"
_ACCOUNTS = "SELECT * FROM {accounts} WHERE account_id IN (SELECT unnest(?))"
_LINKS = """SELECT * FROM {links} WHERE account_a IN (SELECT unnest(?)) AND account_b IN (SELECT unnest(?))
    ORDER BY account_a, account_b"""
_TEMPLATES = "SELECT * FROM {templates} WHERE campaign_id = ? ORDER BY template_id"


def page(ask: Ask) -> Response:
    """The page, with how long each prompt is in the place of what it says."""
    run, row = ask.run, _row(ask)
    ask.note("kept a file", run=run.name, campaign=row["campaign_id"], file="campaign page")
    return _file(ask, run, row, clear=False)


def page_in_clear(ask: Ask) -> Response:
    """The page with prompts as they were sent, for a reason."""
    run, row, reason = ask.run, _row(ask), ask.reason()
    ask.note("kept a file", run=run.name, campaign=row["campaign_id"], file="campaign page in clear", reason=reason)
    return _file(ask, run, row, clear=True)


def _row(ask: Ask) -> dict[str, Any]:
    found = ask.run.arrow(_CAMPAIGN, ask.named["campaign"]).to_pylist()
    if not found:
        raise Refused(404, f"The run has no campaign {ask.named['campaign']}.")
    return {**dict.fromkeys(CAMPAIGNS.names), **found[0]}


def _file(ask: Ask, run: Run, row: Mapping[str, Any], *, clear: bool) -> Response:
    made = campaign_page(row, _tables(run, row), run.info, run=run.name, standing=_standing(ask, run, row), clear=clear)
    whole = f"{run.name}-{row['campaign_id']}"
    safe = "".join(letter if letter.isascii() and letter.isalnum() else "-" for letter in whole)
    headers = {"Content-Disposition": f'attachment; filename="{safe}.html"'}
    return Response(made, media_type="text/html; charset=utf-8", headers=headers)


def _tables(run: Run, row: Mapping[str, Any]) -> dict[str, pa.Table]:
    """What of the run's tables is about the campaign."""
    named = [*(row["account_ids"] or ()), *(row["bystander_ids"] or ())]
    name = row["campaign_id"]
    return {
        "accounts": run.arrow(_ACCOUNTS, named),
        "links": run.arrow(_LINKS, named, named) if run.has("links") else LINKS.empty_table(),
        "templates": run.arrow(_TEMPLATES, name) if run.has("templates") else TEMPLATES.empty_table(),
    }


def _standing(ask: Ask, run: Run, row: Mapping[str, Any]) -> list[str]:
    """What became of it: over the run's steps, at the console, and what persons say of its accounts."""
    name, cases = row["campaign_id"], ask.console.cases.cases()
    lines = list(history_lines(life_of(run.path, name)))
    for one in cases.by_subject.get((run.sha256, "campaign", name), ()):
        decision = cases.standings[one].decision
        proposed = f", proposed {decision.proposed}" if decision.proposed else ""
        approved = f", approved by {decision.approved_by}" if decision.approved_by else ""
        lines.append(f"Case {one}: {STAGE_WORDS[cases.stages[one]]}; {decision.verdict}{proposed}{approved}.")
    for word, ones in labelled(ask, row["account_ids"] or ()).items():
        are = "is" if len(ones) == 1 else "are"
        lines.append(f"{wording.plural(len(ones), 'account')} of these {are} {word} by a person\u2019s word.")
    return lines
