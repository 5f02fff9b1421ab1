"""The log of who looked at and did what, filtered by the URL, from its end backwards."""

from __future__ import annotations

from typing import Any

from starlette.responses import Response

from stillwatch.console.asking import Ask
from stillwatch.console.listing import PAGE_ROWS, write_rows
from stillwatch.console.log_pages import passes
from stillwatch.core import Entry

__all__ = ["log"]

_FILTERS = ("by", "what", "case", "account", "run", "campaign")
_LONGEST_OFFSET = 15


def log(ask: Ask) -> Response:
    """A page of it, the latest entries first; every entry as CSV or JSON, with the whole chain verified."""
    wanted = {name: ask.query[name].strip() for name in _FILTERS if ask.query.get(name)}
    form, pages = ask.query.get("as"), ask.console.log_pages
    if form in ("csv", "json"):
        ask.note("kept the log", form=form)
        return write_rows(form, "log", (_row(one) for one in ask.console.audit.entries() if passes(one, wanted)))
    before = ask.query.get("before", "")
    offset = int(before) if before.isascii() and before.isdigit() and len(before) <= _LONGEST_OFFSET else None
    more = pages.check()
    found = pages.page(wanted, offset, PAGE_ROWS)
    listing = ask.listing([{**_row(one), "told": _more(one)} for one in found.entries], len(found.entries), _FILTERS)
    return ask.show("audit.html.j2", listing=listing, found=found, checked=pages.checked, more=more, later=offset)


def _row(one: Entry) -> dict[str, Any]:
    body = one.body
    return {
        "n": one.n,
        "time": one.time,
        "by": body.get("by"),
        "what": body.get("kind"),
        "case": body.get("case"),
        "account": body.get("account"),
        "about": ", ".join(f"{name} {value}" for name, value in _more(one)),
    }


def _more(one: Entry) -> list[tuple[str, Any]]:
    """What an entry says beyond the columns."""
    return [(name, value) for name, value in one.body.items() if name not in ("kind", "by", "case", "account")]
