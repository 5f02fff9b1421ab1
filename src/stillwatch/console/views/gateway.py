"""What the gateway does about decisions, or in shadow mode would have done, beside what persons made of their cases."""

from __future__ import annotations

from typing import Any

from starlette.responses import Response

from stillwatch.console.asking import Ask, Refused
from stillwatch.console.listing import PAGE_ROWS, write_rows
from stillwatch.console.views.policy import fared_by_rule

__all__ = ["gateway"]

_MODES = ("shadow", "enforce")
_KINDS = ("action", "refusal", "rule")


def gateway(ask: Ask) -> Response:
    """Requests that were treated, by action, refusal, rule and account, as a page, CSV or JSON."""
    record, cases = ask.console.record, ask.console.cases.cases()
    if record is None:
        raise Refused(422, "This console knows no gateway: start it with --gateway and the folder of its record.")
    mode = ask.query.get("mode") or "shadow"
    if mode not in _MODES:
        raise Refused(422, "A gateway is in shadow mode, or it enforces.")
    rules = {name: tuple(sorted(one.decision.rule_ids)) for name, one in cases.standings.items()}
    counted = record.tally(mode, lambda: rules, tuple(rules))
    rows = counted.rows()
    form = ask.query.get("as")
    ask.note("looked at the gateway", mode=mode, form=form)
    if form in ("csv", "json"):
        return write_rows(form, f"gateway-{mode}", ({"accounts": None, **row} for row in rows))
    accounts = [row for row in rows if row["by"] == "account"]
    start = (ask.page_number - 1) * PAGE_ROWS
    return ask.show(
        "gateway.html.j2",
        mode=mode,
        tally=counted,
        kinds={kind: _of(rows, kind) for kind in _KINDS},
        fared=fared_by_rule(cases, None),
        listing=ask.listing(accounts[start : start + PAGE_ROWS], len(accounts), ("mode",)),
        latest=ask.console.runs.latest,
        folder=record.folder,
    )


def _of(rows: list[dict[str, Any]], kind: str) -> list[dict[str, Any]]:
    return sorted((row for row in rows if row["by"] == kind), key=lambda row: (-row["requests"], row["name"]))
