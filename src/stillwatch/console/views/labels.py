"""What persons said of accounts: confirmed or cleared, by whom, why, until when. ``calibrate --log`` goes by it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from datetime import UTC, datetime

from starlette.responses import Response

from stillwatch.console.asking import Ask, Refused
from stillwatch.console.days import is_on
from stillwatch.console.listing import PAGE_ROWS, write_rows
from stillwatch.console.views.addresses import account_url
from stillwatch.policy import Label, label_rows

__all__ = ["LASTS", "labelled", "labels", "said_by_form", "set_label"]

_FILTERS = ("label", "by", "state")

LASTS = {"": "until the next word", "30": "30 days", "90": "90 days", "180": "180 days", "365": "a year"}
"""How long a label may be said to hold, in days."""


def labels(ask: Ask) -> Response:
    """The last word on each account, the latest first, as a page, CSV or JSON."""
    said, now = ask.console.cases.labels().values(), datetime.now(UTC)
    wanted = {name: ask.query[name] for name in _FILTERS if ask.query.get(name)}
    rows = label_rows(sorted(said, key=lambda one: one.time, reverse=True), now)
    kept = [row for row in rows if all(row[name] == value for name, value in wanted.items())]
    kept = [row for row in kept if is_on(row["time"], ask.query.get("day"))]
    form = ask.query.get("as")
    ask.note("looked at labels", form=form)
    if form in ("csv", "json"):
        return write_rows(form, "labels", kept)
    start = (ask.page_number - 1) * PAGE_ROWS
    return ask.show(
        "labels.html.j2",
        listing=ask.listing(kept[start : start + PAGE_ROWS], len(kept), (*_FILTERS, "day")),
        counts=Counter(row["label"] for row in rows) + Counter(row["state"] for row in rows),
        log=ask.console.cases.log.path,
        latest=ask.console.runs.latest,
    )


def labelled(ask: Ask, accounts: Iterable[str]) -> dict[str, list[Label]]:
    """What persons say of some of these accounts and still holds, by word; nobody's word, no key."""
    said, now = ask.console.cases.labels(), datetime.now(UTC)
    found: dict[str, list[Label]] = {}
    for name in accounts if said else ():
        if (one := said.get(name)) is not None and one.holds(now):
            found.setdefault(one.label, []).append(one)
    return found


def said_by_form(ask: Ask) -> tuple[str | None, int | None, str]:
    """The label that a form gives, for how many days, and why; None: none any more, and until the next word."""
    label, days = ask.form.get("label", ""), ask.form.get("days", "")
    if label not in ("confirmed", "cleared", "none") or days not in LASTS:
        raise Refused(422, "An account is confirmed or cleared, for one of the times that the page offers.")
    return None if label == "none" else label, int(days) if days else None, ask.reason()


def set_label(ask: Ask) -> Response:
    """Say what an account is, with a reason and an end, or take that back."""
    run, name = ask.run, ask.form.get("id", "")
    if not len(run.of("account_rows", name, most=1)):
        raise Refused(404, "The run has no such account.")
    label, days, reason = said_by_form(ask)
    ask.console.cases.label(name, label, by=ask.person.name, reason=reason, days=days)
    ask.note("labelled", account=name, label=label or "none")
    return ask.go(account_url(run.name, name) + "#label")
