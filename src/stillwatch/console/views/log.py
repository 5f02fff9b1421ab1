"""The log of who looked at and did what, with its chain verified, filtered by the URL."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from typing import Any

from starlette.responses import Response

from stillwatch.console.asking import Ask
from stillwatch.console.listing import PAGE_ROWS, write_rows
from stillwatch.core import Entry

__all__ = ["log"]

_MOST_ENTRIES = 5_000
_FILTERS = ("by", "what", "case", "account")


def log(ask: Ask) -> Response:
    """Its last entries, the latest first, as a page; every entry as CSV or JSON."""
    wanted = {name: ask.query[name].strip() for name in _FILTERS if ask.query.get(name)}
    form = ask.query.get("as")
    if form in ("csv", "json"):
        ask.note("kept the log", form=form)
        return write_rows(form, "log", (_row(one) for one in ask.console.audit.entries() if _passes(one, wanted)))
    kept: deque[Entry] = deque(maxlen=_MOST_ENTRIES)
    head = ""
    for one in ask.console.audit.entries():
        head = one.hash
        if _passes(one, wanted):
            kept.append(one)
    start = (ask.page_number - 1) * PAGE_ROWS
    rows = [_row(one) for one in list(reversed(kept))[start : start + PAGE_ROWS]]
    return ask.show("audit.html.j2", listing=ask.listing(rows, len(kept), _FILTERS), head=head)


def _passes(one: Entry, wanted: Mapping[str, str]) -> bool:
    return all(str(one.body.get("kind" if name == "what" else name)) == value for name, value in wanted.items())


def _row(one: Entry) -> dict[str, Any]:
    body = one.body
    more = {name: value for name, value in body.items() if name not in ("kind", "by", "case", "account")}
    return {
        "n": one.n,
        "time": one.time,
        "by": body.get("by"),
        "what": body.get("kind"),
        "case": body.get("case"),
        "account": body.get("account"),
        "about": ", ".join(f"{name} {value}" for name, value in more.items()),
    }
