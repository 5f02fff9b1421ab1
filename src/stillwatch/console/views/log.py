"""The log of who looked at and did what, filtered by the URL, from its end backwards."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import Any

from starlette.responses import Response

from stillwatch.console.asking import Ask
from stillwatch.console.belonging import choices_of_all, plans_and_organisations
from stillwatch.console.listing import PAGE_ROWS, write_rows
from stillwatch.console.log_pages import Among, passes
from stillwatch.console.service import Console
from stillwatch.core import Entry, UnreadableInput

__all__ = ["log"]

_FILTERS = ("by", "what", "case", "account", "run", "campaign")
_ASKED = (*_FILTERS, "day", "org", "plan")
_LONGEST_OFFSET = 15
_AT_ONCE = 500
_MOST_RUNS = 20


def log(ask: Ask) -> Response:
    """A page of it, the latest entries first; every entry as CSV or JSON, with the whole chain verified."""
    wanted = {name: ask.query[name].strip() for name in _FILTERS if ask.query.get(name)}
    organisation, plan, day = (ask.query.get(name, "") for name in ("org", "plan", "day"))
    among = _belonging_to(ask.console, organisation, plan) if organisation or plan else None
    form, pages = ask.query.get("as"), ask.console.log_pages
    if form in ("csv", "json"):
        ask.note("kept the log", form=form)
        entries = (one for one in ask.console.audit.entries() if passes(one, wanted) and one.time.startswith(day))
        return write_rows(form, "log", (_row(one) for one in _those(entries, among)))
    before = ask.query.get("before", "")
    offset = int(before) if before.isascii() and before.isdigit() and len(before) <= _LONGEST_OFFSET else None
    more = pages.check()
    found = pages.page(wanted, offset, PAGE_ROWS, among, day)
    listing = ask.listing([{**_row(one), "told": _more(one)} for one in found.entries], len(found.entries), _ASKED)
    choices = choices_of_all(ask.console.runs.all()[:_MOST_RUNS])
    return ask.show(
        "audit.html.j2", listing=listing, found=found, checked=pages.checked, more=more, later=offset, choices=choices
    )


def _belonging_to(console: Console, organisation: str, plan: str) -> Among:
    """Whether entries are about an account of that organisation and plan, in the run that they name."""

    def among(entries: Sequence[Entry]) -> Sequence[bool]:
        kept = [False] * len(entries)
        for run in console.runs.all():
            named = {n: str(one.body["account"]) for n, one in enumerate(entries) if one.body.get("account")}
            try:
                told = plans_and_organisations(run, named.values())
            except UnreadableInput:
                continue
            for n, account in named.items():
                known = told.get(account) if entries[n].body.get("run") in (None, run.name) else None
                if known and organisation in ("", known["org_id"]) and plan in ("", known["plan"]):
                    kept[n] = True
        return kept

    return among


def _those(entries: Iterable[Entry], among: Among | None) -> Iterator[Entry]:
    """The entries that are asked for, some at once."""
    left = iter(entries)
    while together := list(islice(left, _AT_ONCE)):
        kept = among(together) if among else [True] * len(together)
        yield from (one for one, keeps in zip(together, kept, strict=True) if keeps)


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
